"""Conversions, comparisons and order: where static types decide what SQLite is told.

SQL Language Reference 19c, "Data Types", "Data Type Comparison Rules" and "Data Conversion".
"""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import NO_LITERAL, Relation, Scope, SqlFunction, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions import conversion, datetimes, numeric, typing_rules
from dtm.sandbox.sql.functions.conversion import FLOATS, family

NATIVE_DIGITS = 18  # integers of so many digits never overflow 64 bits


def quote_text(value: str) -> str:
    """A text as SQLite writes it; a NUL character cannot stand in SQL text."""
    body = "'" + value.replace("'", "''") + "'"
    if "\x00" in value or "\x02" in value:
        return f"CAST(x'{value.encode().hex()}' AS TEXT)"
    return body


def null_of(ora_type: OraType) -> Typed:
    return Typed("NULL", ora_type)


class TranslatorBase:
    """Shared by all translating classes."""

    def __init__(self, context: Context) -> None:
        self.context = context

    # The pieces the subclasses provide.

    def expression(self, node: n.Node, scope: Scope) -> Typed:
        raise NotImplementedError

    def condition(self, node: n.Node, scope: Scope) -> str:
        raise NotImplementedError

    def query(self, node: n.Query, parent: Scope | None, *, nested: bool = True) -> Relation:
        raise NotImplementedError

    # ------------------------------------------------------------ helpers

    def located(self, error: OraError, at: int) -> OraError:
        """Give an error its place, unless it has one."""
        if not error.offset:
            error.offset = at
        return error

    def udf(self, function: SqlFunction, *arguments: str) -> str:
        return f"{self.context.function(function)}({', '.join(arguments)})"

    def constant(self, node: n.Node, at: int) -> Encoded:
        """The value of an expression without columns and binds, computed now."""
        context = self.context
        if context.evaluate is None or any(isinstance(x, n.Bind) for x in walk(node)):
            raise OraError(30496, offset=at)
        inner = context.apart()
        value = type(self)(inner).expression(node, Scope(None))
        return context.evaluate(inner.needs, f"SELECT {value.sql}")

    # ------------------------------------------------------------ conversion

    def convert(self, value: Typed, target: OraType, at: int) -> Typed:
        """The value in another type; ORA-00932 when Oracle has no implicit conversion."""
        if value.is_null:
            return replace(value, type=target)
        try:
            needed = conversion.converter(value.type, target)
        except OraError as error:
            raise self.located(error, at) from None
        if needed is None:
            same = family(value.type) == family(target)
            return replace(value, type=value.type if same else target, row=None)
        if family(target) in {"T", "L"} and value.digits is not None:
            text = f"CAST({value.sql} AS TEXT)"
            return Typed(text, typing_rules.text(value.digits + 1), value.nullable)
        function = wrappers.conversion(value.type, target)
        returns = target
        if family(target) == "T" and target.kind is not Kind.CHAR:
            returns = typing_rules.text(typing_rules.text_width(value.type))
        return Typed(
            self.udf(function, value.sql), returns, value.nullable, wide=family(target) == "N"
        )

    def to_text(self, value: Typed, at: int) -> Typed:
        if family(value.type) in {"T", "L"}:
            return value
        return self.convert(value, typing_rules.text(), at)

    def unify(self, values: list[Typed], target: OraType, at: int) -> list[Typed]:
        return [self.convert(v, target, at) for v in values]

    def merged(self, sql: str, target: OraType, values: list[Typed]) -> Typed:
        """The value of a CASE-like construct over converted branches."""
        digits: int | None = 0
        for value in values:
            if value.is_null or value.sql == "NULL":
                continue
            digits = None if digits is None or value.digits is None else max(digits, value.digits)
        return Typed(
            sql,
            target,
            digits=digits if family(target) == "N" and digits else None,
            wide=any(v.wide for v in values),
        )

    # ------------------------------------------------------------ comparison

    def comparable(self, left: Typed, right: Typed, at: int) -> tuple[Typed, Typed]:
        """Both sides in the type they are compared in."""
        try:
            target = datetimes.comparable(left.type, right.type)
        except OraError as error:
            raise self.located(error, at) from None
        if family(target) == "N" and {left.type.kind, right.type.kind} & FLOATS:
            target = OraType(Kind.BINARY_DOUBLE)
        if family(target) in "LB" and not (left.is_null or right.is_null):
            raise OraError(932, "-", target.kind.value, offset=at)
        left, right = self.convert(left, target, at), self.convert(right, target, at)
        if family(target) == "T":
            return self._padded(left, right)
        return left, right

    def _padded(self, left: Typed, right: Typed) -> tuple[Typed, Typed]:
        """Blank-padded comparison when both sides are CHAR (text literals are)."""
        if left.type.kind is not Kind.CHAR or right.type.kind is not Kind.CHAR:
            return left, right
        if left.is_literal and right.is_literal:
            return self._blank_trimmed(left), self._blank_trimmed(right)
        for one, other, swap in ((left, right, False), (right, left, True)):
            if other.is_literal and one.type.length:
                text = str(other.literal).rstrip(" ")
                size = one.type.length
                width = len(text) if one.type.char_used else len(text.encode())
                if width <= size:
                    padded = text + " " * (size - width)
                    other = replace(other, sql=quote_text(padded), literal=padded)
                return (other, one) if swap else (one, other)
        if left.type.length == right.type.length and left.type.char_used == right.type.char_used:
            return left, right
        return self._blank_trimmed(left), self._blank_trimmed(right)

    def _blank_trimmed(self, value: Typed) -> Typed:
        if value.is_literal:
            text = str(value.literal).rstrip(" ")
            return replace(value, sql=quote_text(text), literal=text)
        return replace(value, sql=f"rtrim({value.sql}, ' ')", literal=NO_LITERAL)

    def key(self, value: Typed) -> str:
        """SQL that sorts as the value does."""
        kind = family(value.type)
        if kind == "N" and value.wide and value.type.kind not in FLOATS:
            return self.udf(wrappers.NUMBER_KEY, value.sql)
        if value.type.kind is Kind.TIMESTAMP_TZ:
            return self.udf(wrappers.INSTANT_KEY, value.sql)
        return value.sql

    def equality_key(self, value: Typed) -> str:
        """SQL equal for equal values."""
        if value.type.kind is Kind.TIMESTAMP_TZ:
            return self.udf(wrappers.INSTANT_KEY, value.sql)
        return value.sql

    def compare(self, op: str, left: Typed, right: Typed, at: int) -> str:
        """SQL of `left op right`."""
        if op in {"=", "<>"}:
            by_row = self._compare_rows(op, left, right)
            if by_row is not None:
                return by_row
        left, right = self.comparable(left, right, at)
        if op in {"=", "<>"}:
            return f"({self.equality_key(left)} {op} {self.equality_key(right)})"
        if family(left.type) == "N" and (left.wide or right.wide):
            left, right = replace(left, wide=True), replace(right, wide=True)
        return f"({self.key(left)} {op} {self.key(right)})"

    def _compare_rows(self, op: str, left: Typed, right: Typed) -> str | None:
        """ROWID = value looks the row up by its number."""
        if left.row is None:
            left, right = right, left
        if left.row is None:
            return None
        if right.row is not None and right.row.table.id == left.row.table.id:
            return f"({left.row.sql} {op} {right.row.sql})"
        if family(right.type) not in "T?":
            return None
        row = self.udf(wrappers.ROWID_ROW, str(left.row.table.id), right.sql)
        if op == "=":
            return f"({left.row.sql} = {row})"
        return None

    # ------------------------------------------------------------ literals

    def number(self, text: str, at: int) -> Typed:
        """A numeric literal."""
        if text[-1] in "FD":
            kind = Kind.BINARY_FLOAT if text[-1] == "F" else Kind.BINARY_DOUBLE
            return Typed(repr(float(text[:-1])), OraType(kind), nullable=False)
        try:
            value = numeric.text_to_number(text)
        except OraError as error:
            raise self.located(error, at) from None
        return self.number_value(value)

    def number_value(self, value: numeric.Number) -> Typed:
        sql, wide = wrappers.number_sql(value)
        digits = len(str(abs(value))) if isinstance(value, int) and not wide else None
        return Typed(
            sql, OraType(Kind.NUMBER), nullable=False, digits=digits, wide=wide, literal=value
        )

    def text(self, value: str) -> Typed:
        ora_type = OraType(Kind.CHAR, length=len(value.encode()))
        return Typed(quote_text(value), ora_type, nullable=False, literal=value)
