"""Expressions other than names, operators and CASE."""

from __future__ import annotations

import math
from typing import Any

from dtm.sandbox.interpreter.compiler.cases import CaseMixin
from dtm.sandbox.interpreter.compiler.matching import (
    is_empty,
    is_set,
    like_pattern,
    multiset,
    submultiset,
)
from dtm.sandbox.interpreter.compiler.symbols import Code, Place, Run
from dtm.sandbox.interpreter.runtime import Frame, FunctionSite
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Expr
from dtm.sandbox.interpreter.types import (
    BOOLEAN,
    CHAR,
    DATE,
    DOUBLE,
    NULL,
    NUMBER,
    PLS_INTEGER,
    PLS_MAX,
    PLS_MIN,
    STANDARD_TYPES,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR2,
    CollectionType,
    PlType,
    Scalar,
    ora_type,
)
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql.functions import registry

Value = Any
_ARITHMETIC = ("+", "-", "*", "/")
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_LITERAL_TYPES: dict[str, PlType] = {
    "BOOLEAN": BOOLEAN,
    "NULL": NULL,
    "DATE": DATE,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMP_TZ": TIMESTAMP_TZ,
    "FLOAT": DOUBLE,
    "DOUBLE": DOUBLE,
}


class ExpressionMixin(CaseMixin):
    """Compiles expressions."""

    def expression(self, expr: Expr) -> Code:
        """Dispatch on the node."""
        if isinstance(expr, tree.Ref):
            return self.value_of(expr)
        if isinstance(expr, tree.Literal):
            return self._literal(expr)
        if isinstance(expr, tree.Binary):
            return self._binary(expr)
        if isinstance(expr, tree.Unary):
            return self._unary(expr)
        if isinstance(expr, tree.Bind):
            place = self.bind_place(expr)
            return Code(place.load, place.type)
        return self._special(expr)

    def _special(self, expr: Expr) -> Code:
        if isinstance(expr, tree.IsTest):
            return self._is(expr)
        if isinstance(expr, tree.Like):
            return self._like(expr)
        if isinstance(expr, tree.Between):
            return self._between(expr)
        if isinstance(expr, tree.InList):
            return self._in(expr)
        if isinstance(expr, tree.CaseExpr):
            return self.case(expr)
        if isinstance(expr, tree.Cast):
            return self._cast(expr)
        if isinstance(expr, tree.Extract):
            return self._extract(expr)
        return self._worded(expr)

    def _worded(self, expr: Expr) -> Code:
        if isinstance(expr, tree.Trim):
            return self._trim(expr)
        if isinstance(expr, tree.Upcast):
            thing = self.upcast(expr)
            return Code(thing.load, thing.type) if isinstance(thing, Place) else thing
        if isinstance(expr, tree.IsOf):
            return self.is_of(expr)
        raise pls(expr.pos, 382)

    def is_of(self, expr: tree.IsOf) -> Code:
        """IS OF; the compiler of objects has it."""
        raise NotImplementedError

    def _literal(self, expr: tree.Literal) -> Code:
        value = expr.value
        kind: PlType
        if expr.kind == "NUMBER":
            small = isinstance(value, int) and PLS_MIN <= value <= PLS_MAX
            kind = PLS_INTEGER if small else NUMBER
        elif expr.kind == "STRING":
            kind = CHAR
            if value is None:
                kind = VARCHAR2
        elif expr.kind == "INTERVAL":
            kind = STANDARD_TYPES["YMINTERVAL_UNCONSTRAINED" if "YEAR" in expr.qualifier
                                  else "DSINTERVAL_UNCONSTRAINED"]  # fmt: skip
        else:
            kind = _LITERAL_TYPES[expr.kind]
        return Code(lambda _f: value, kind, literal=True, value=value)

    def _binary(self, expr: tree.Binary) -> Code:
        op = expr.op
        left = self.expression(expr.left)
        right = self.expression(expr.right)
        if op == "AND":
            return Code(
                self.both(self.boolean(left, expr.left.pos), self.boolean(right, expr.right.pos)),
                BOOLEAN,
            )
        if op == "OR":
            return Code(
                self.either(
                    self.boolean(left, expr.left.pos), self.boolean(right, expr.right.pos)
                ),
                BOOLEAN,
            )
        if op in _COMPARISONS:
            return self.comparison(op, left, right, expr.pos)
        if op == "||":
            return self.concatenation(left, right, expr.pos)
        if op in _ARITHMETIC:
            return self.arithmetic(op, left, right, expr.pos)
        if op == "**":
            return self.power(left, right, expr.pos)
        if op in ("MOD", "REM"):
            return self.modulo(left, right, expr.pos)
        return self._collection_operator(op, left, right, expr)

    def _unary(self, expr: tree.Unary) -> Code:
        operand = self.expression(expr.operand)
        if expr.op == "NOT":
            return Code(self.negation(self.boolean(operand, expr.operand.pos)), BOOLEAN)
        return self.minus(operand, expr.pos)

    # -------------------------------------------------------------- tests

    def _is(self, expr: tree.IsTest) -> Code:
        operand = self.expression(expr.operand)
        run = operand.run
        if expr.what == "NULL":
            if operand.type.kind is Kind.RECORD:
                raise pls(expr.pos, 306, "IS NULL")
            if isinstance(operand.type, CollectionType) and operand.type.how == "ASSOC":
                raise pls(expr.pos, 306, "IS NULL")
            if expr.negated:
                return Code(lambda f: run(f) is not None, BOOLEAN)
            return Code(lambda f: run(f) is None, BOOLEAN)
        if expr.what in ("NAN", "INFINITE"):
            return self._is_float(operand, expr)
        if not isinstance(operand.type, CollectionType) or operand.type.how != "NESTED":
            raise pls(expr.pos, 306, f"IS {expr.what}")
        test = is_set if expr.what == "SET" else is_empty
        negated = expr.negated

        def check(f: Frame) -> Value:
            value = run(f)
            return None if value is None else test(value) != negated

        return Code(check, BOOLEAN)

    def _is_float(self, operand: Code, expr: tree.IsTest) -> Code:
        """IS NAN, IS INFINITE: a NUMBER never is."""
        run = self.converted(operand, DOUBLE, expr.pos)
        wanted = math.isnan if expr.what == "NAN" else math.isinf
        negated = expr.negated

        def test(f: Frame) -> Value:
            value = run(f)
            return None if value is None else wanted(value) != negated

        return Code(test, BOOLEAN)

    def _between(self, expr: tree.Between) -> Code:
        operand = self.expression(expr.operand)
        low = self.comparison(">=", operand, self.expression(expr.low), expr.pos)
        high = self.comparison("<=", operand, self.expression(expr.high), expr.pos)
        run = self.both(low.run, high.run)
        return Code(self.negation(run) if expr.negated else run, BOOLEAN)

    def _in(self, expr: tree.InList) -> Code:
        operand = self.expression(expr.operand)
        tests = [
            self.comparison("=", operand, self.expression(item), item.pos).run
            for item in expr.items
        ]
        run = tests[0]
        for test in tests[1:]:
            run = self.either(run, test)
        return Code(self.negation(run) if expr.negated else run, BOOLEAN)

    def _like(self, expr: tree.Like) -> Code:
        operand = self.converted(self.expression(expr.operand), VARCHAR2, expr.pos)
        pattern = self.converted(self.expression(expr.pattern), VARCHAR2, expr.pos)
        escape = None
        if expr.escape is not None:
            escape = self.converted(self.expression(expr.escape), VARCHAR2, expr.pos)
        negated = expr.negated

        def run(f: Frame) -> Value:
            text = operand(f)
            like = pattern(f)
            if text is None or like is None:
                return None
            mark = None if escape is None else escape(f)
            return (like_pattern(like, mark).match(text) is not None) != negated

        return Code(run, BOOLEAN)

    # -------------------------------------------------------------- function syntax

    def registry_call(self, name: str, codes: list[Code], pos: tree.Pos) -> Code:
        """A function of the SQL engine's registry on PL/SQL values."""
        for code in codes:
            if not isinstance(code.type, Scalar) or code.type.kind is Kind.BOOLEAN:
                raise pls(pos, 306, name)
        try:
            call = registry.resolve(name, [ora_type(code.type) for code in codes])
        except OraError as error:
            if isinstance(error, Unsupported):
                raise
            raise pls(pos, 306, name) from None
        site = FunctionSite(call)
        runs = [code.run for code in codes]
        result = Scalar(_unlimited(call.returns))
        if len(runs) == 1:
            only = runs[0]
            return Code(lambda f: _plsql_error(f.rt.function(site), pos, only(f)), result)
        return Code(
            lambda f: _plsql_error(f.rt.function(site), pos, *[run(f) for run in runs]), result
        )

    def _cast(self, expr: tree.Cast) -> Code:
        target = self.type_of(expr.type, sized=True)
        code = self.expression(expr.operand)
        if code.type == NULL and isinstance(target, CollectionType) and target.how == "ASSOC":
            return Code(self.initial_value(target), target)  # there is no NULL of such a type
        return Code(self.converted(code, target, expr.pos), target)

    def _extract(self, expr: tree.Extract) -> Code:
        operand = self.expression(expr.operand)
        unit = expr.unit
        return self.registry_call(
            "EXTRACT",
            [Code(lambda _f: unit, VARCHAR2, literal=True, value=unit), operand],
            expr.pos,
        )

    def _trim(self, expr: tree.Trim) -> Code:
        operand = self.converted(self.expression(expr.operand), VARCHAR2, expr.pos)
        chars: Run = lambda _f: " "  # noqa: E731
        if expr.chars is not None:
            chars = self.converted(self.expression(expr.chars), VARCHAR2, expr.pos)
        side = expr.side

        def run(f: Frame) -> Value:
            text = operand(f)
            mark = chars(f)
            if text is None or mark is None:
                return None
            if len(mark) != 1:
                raise OraError(30001)
            if side in ("BOTH", "LEADING"):
                text = text.lstrip(mark)
            if side in ("BOTH", "TRAILING"):
                text = text.rstrip(mark)
            return text or None

        return Code(run, VARCHAR2)

    def _collection_operator(self, op: str, left: Code, right: Code, expr: tree.Binary) -> Code:
        kind = right.type
        if not isinstance(kind, CollectionType) or kind.how != "NESTED":
            raise pls(expr.pos, 306, op)
        a, b = left.run, right.run
        if op == "MEMBER":
            value = self.converted(left, kind.element, expr.pos)

            def member(f: Frame) -> Value:
                item = value(f)
                table = b(f)
                return None if item is None or table is None else item in list(table.items())

            return Code(member, BOOLEAN)
        if left.type is not kind:
            raise pls(expr.pos, 306, op)
        if op == "SUBMULTISET":
            return Code(lambda f: submultiset(a(f), b(f)), BOOLEAN)
        return Code(lambda f: multiset(op, a(f), b(f), kind), kind)


def _plsql_error(function: Any, pos: tree.Pos, *values: Value) -> Value:
    """Call a SQL function; a failed number conversion is PL/SQL's error here."""
    try:
        return function(*values)
    except Unsupported as refusal:
        refusal.put(*pos)
        raise
    except OraError as error:
        if error.code == 1722:
            raise OraError(6502, ": character to number conversion error") from None
        raise


def _unlimited(ora: Any) -> Any:
    """PL/SQL's strings go to 32767 bytes: a function's result has no SQL limit."""
    return VARCHAR2.ora if ora.kind is Kind.VARCHAR2 else ora
