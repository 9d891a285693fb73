"""Names and function calls: CAST, EXTRACT, TRIM, aggregates with KEEP, WITHIN GROUP and OVER.

SQL Language Reference 19c, "Functions", "Analytic Functions", "Aggregate Functions".
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.plsql.lexer import IDENT, QUOTED
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_tokens import RESERVED, Cursor

_TYPES = {
    "INT": "INTEGER",
    "DEC": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "VARCHAR": "VARCHAR2",
    "CHARACTER": "CHAR",
}
# Reserved words that may stand behind a qualifier.
_PART_WORDS = frozenset({"ROWID", "ROWNUM", "LEVEL", "DELETE", "COLUMN_VALUE"})
# Functions the sandbox does not have whose arguments have words of their own between them.
OWN_SYNTAX = frozenset(
    (name,)
    for name in (
        "APPROX_PERCENTILE", "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_EXISTS", "JSON_MERGEPATCH",
        "JSON_OBJECT", "JSON_OBJECTAGG", "JSON_QUERY", "JSON_TEXTCONTAINS", "JSON_VALUE", "TREAT",
        "VALIDATE_CONVERSION", "XMLAGG", "XMLCAST", "XMLCOLATTVAL", "XMLELEMENT", "XMLEXISTS",
        "XMLFOREST", "XMLPARSE", "XMLPI", "XMLQUERY", "XMLROOT", "XMLSERIALIZE",
    )
)  # fmt: skip
_EXTRACT_FIELDS = frozenset((
    "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR",
    "TIMEZONE_MINUTE", "TIMEZONE_REGION", "TIMEZONE_ABBR",
))  # fmt: skip


class CallParser(Cursor):
    """Names and calls; expressions themselves are the subclass's."""

    def expression(self) -> n.Node:
        raise NotImplementedError

    def query(self) -> n.Query:
        raise NotImplementedError

    def query_rest(self, body: n.Query) -> n.Query:
        """Go on behind a parenthesised query: set operators, ORDER BY ..."""
        raise NotImplementedError

    def is_query_ahead(self, distance: int) -> bool:
        """Does a query begin `distance` tokens ahead?"""
        return self.word_ahead(distance, "SELECT", "WITH")

    def nested_query(self) -> n.Query:
        """A query that is an operand of an expression or condition."""
        raise NotImplementedError

    def _parenthesised_query(self, *, operand: bool = False) -> n.Query:
        self.expect_op("(", 906)
        query = self.nested_query() if operand else self.query()
        self.close_paren()
        return query

    # ------------------------------------------------------------ names

    def _name_or_call(self) -> n.Node:
        at = self.at
        special = _SPECIAL_CALLS.get(self.token.value)
        if special is not None and self.token.kind == IDENT and self.op_ahead(1, "("):
            return special(self)
        parts = [self._part(first=True)]
        while self.is_op("."):
            if self.op_ahead(1, "*"):
                self.fail(936)
            self.advance()
            parts.append(self._part(first=False))
        if self.is_op("@"):
            self.unsupported(110, "database links")
        if self.is_op("(") and not self._is_outer_mark():
            return self._call(at, tuple(parts))
        outer = self._is_outer_mark()
        if outer:
            self.index += 3
        return n.Name(at, tuple(parts), outer)

    def _part(self, *, first: bool) -> n.Ident:
        token = self.token
        if token.kind == IDENT and (first or token.value in _PART_WORDS):
            self.advance()
            if token.text.startswith("_"):
                raise OraError(911, offset=token.offset)
            if len(token.value.encode()) > 128:
                raise OraError(972, offset=token.offset)
            return n.Ident(token.value, token.offset)
        if token.kind not in (IDENT, QUOTED):
            self.fail(1747)
        if token.kind == IDENT and token.value in RESERVED:
            self.fail(1747)
        return self.identifier(1747)

    def _is_outer_mark(self) -> bool:
        return self.is_op("(") and self.op_ahead(1, "+") and self.op_ahead(2, ")")

    # ------------------------------------------------------------ calls

    def _is_wildcard(self) -> bool:
        """`*` or `alias.*`, for every column."""
        return self.is_op("*") or (self.op_ahead(1, ".") and self.op_ahead(2, "*"))

    def _call(self, at: int, parts: tuple[n.Ident, ...]) -> n.Call:
        self.expect_op("(", 906)
        call = n.Call(at, parts, [])
        if call.path == ("JSON_OBJECT",) and self._is_wildcard():
            self.unsupported(152, f"function {call.path[0]}", at)
        if self.is_op("*") and self.op_ahead(1, ")"):
            self.advance()
            call.star = True
        elif not self.is_op(")"):
            self._arguments(call)
        self._nulls_clause(call)
        if call.path in OWN_SYNTAX and not self.is_op(")"):
            self.unsupported(152, f"function {call.path[0]}", at)
        self.close_paren()
        self._after_call(call)
        if self.is_op("."):
            self.unsupported(111, "method or field of a function result")
        return call

    def _arguments(self, call: n.Call) -> None:
        call.quantifier = self.accept_any("DISTINCT", "UNIQUE", "ALL") or ""
        if call.quantifier == "UNIQUE":
            call.quantifier = "DISTINCT"
        while True:
            name = None
            if self.token.kind in (IDENT, QUOTED) and self.op_ahead(1, "=>"):
                name = self.advance().value
                self.advance()
            call.arguments.append(self.expression())
            call.names.append(name)
            if self.is_word("DEFAULT"):
                self._conversion_default(call)
            if not self.accept_op(","):
                break
        if self.is_word("ON") and self.word_ahead(1, "OVERFLOW"):
            self._overflow(call)
        if self.is_word("ORDER") and call.path == ("COLLECT",):
            call.within = self.order_by_clause()
        if self.is_word("USING"):
            self.unsupported(112, f"USING in {call.path[-1]}")

    def _conversion_default(self, call: n.Call) -> None:
        self.advance()
        call.default_on_error = self.expression()
        for word in ("ON", "CONVERSION", "ERROR"):
            self.expect(word, 905)

    def _overflow(self, call: n.Call) -> None:
        self.index += 2
        if self.accept("ERROR"):
            call.overflow = ("ERROR", None, False)
            return
        self.expect("TRUNCATE", 905)
        filler = self.string() if self.token.kind == "string" else "..."
        count = True
        if self.accept("WITHOUT", "COUNT"):
            count = False
        elif self.accept("WITH", "COUNT"):
            count = True
        call.overflow = ("TRUNCATE", filler, count)

    def _nulls_clause(self, call: n.Call) -> None:
        word = self.accept_any("IGNORE", "RESPECT")
        if word:
            self.expect("NULLS", 905)
            call.nulls = word

    def _after_call(self, call: n.Call) -> None:
        """FROM FIRST/LAST, IGNORE NULLS, WITHIN GROUP, KEEP, OVER."""
        if self.is_word("FROM") and self.word_ahead(1, "FIRST", "LAST"):
            self.advance()
            call.from_last = self.advance().value == "LAST"
        if self.is_word("IGNORE", "RESPECT") and self.word_ahead(1, "NULLS"):
            self._nulls_clause(call)
        if self.is_word("WITHIN") and self.word_ahead(1, "GROUP"):
            self.index += 2
            self.expect_op("(", 906)
            call.within = self.order_by_clause()
            self.close_paren()
        if self.is_word("KEEP") and self.op_ahead(1, "("):
            call.keep = self._keep()
        if self.is_word("OVER") and self.op_ahead(1, "("):
            call.over = self._window()

    def _keep(self) -> tuple[bool, list[n.OrderItem]]:
        self.index += 2
        self.expect("DENSE_RANK", 905)
        last = self.accept_any("FIRST", "LAST")
        if last is None:
            self.fail(905)
        order = self.order_by_clause()
        self.close_paren()
        return last == "LAST", order

    def order_by_clause(self) -> list[n.OrderItem]:
        """ORDER BY items."""
        self.expect("ORDER", 30491)
        self.expect("BY", 924)
        items = [self._order_item()]
        while self.accept_op(","):
            items.append(self._order_item())
        return items

    def _order_item(self) -> n.OrderItem:
        item = n.OrderItem(self.at, self.expression())
        item.descending = self.accept_any("ASC", "DESC") == "DESC"
        if self.is_word("NULLS"):
            self.advance()
            which = self.accept_any("FIRST", "LAST")
            if which is None:
                self.fail(905)
            item.nulls_first = which == "FIRST"
        return item

    # ------------------------------------------------------------ windows

    def _window(self) -> n.Window:
        at = self.advance().offset
        self.advance()
        window = n.Window(at, [], [], None)
        if self.accept("PARTITION"):
            self.expect("BY", 924)
            window.partition.append(self.expression())
            while self.accept_op(","):
                window.partition.append(self.expression())
        if self.is_word("ORDER"):
            window.order = self.order_by_clause()
        if self.is_word("ROWS", "RANGE"):
            window.frame = self._frame()
        self.close_paren()
        return window

    def _frame(self) -> n.Frame:
        at, unit = self.at, self.advance().value
        if not self.accept("BETWEEN"):
            return n.Frame(at, unit, self._bound(), None)
        start = self._bound()
        self.expect("AND", 905)
        return n.Frame(at, unit, start, self._bound())

    def _bound(self) -> tuple[str, n.Node | None]:
        if self.accept("CURRENT"):
            self.expect("ROW", 905)
            return "CURRENT ROW", None
        if self.accept("UNBOUNDED"):
            word = self.accept_any("PRECEDING", "FOLLOWING")
            if word is None:
                self.fail(905)
            return f"UNBOUNDED {word}", None
        amount = self.expression()
        word = self.accept_any("PRECEDING", "FOLLOWING")
        if word is None:
            self.fail(905)
        return word, amount

    # ------------------------------------------------------------ special forms

    def _cast(self) -> n.Node:
        at = self.advance().offset
        self.advance()
        operand = self._multiset() if self.is_word("MULTISET") else self.expression()
        self.expect("AS", 905)
        target = self.type_name()
        if self.is_word("DEFAULT"):
            operand = self._cast_default(operand, target)
        if self.is_op(","):
            self.unsupported(114, "format in CAST")
        self.close_paren()
        return n.Cast(at, operand, target)

    def _cast_default(self, operand: n.Node, target: n.TypeName) -> n.Node:
        """CAST(... DEFAULT value ON CONVERSION ERROR): the conversion function says the same."""
        name = _CAST_FUNCTIONS.get(target.name)
        if name is None or target.arguments:
            self.unsupported(113, f"DEFAULT ... ON CONVERSION ERROR in CAST to {target.name}")
        call = n.Call(operand.at, (n.Ident(name, operand.at),), [operand], [None])
        self._conversion_default(call)
        return call

    def _multiset(self) -> n.Node:
        """MULTISET(query) of CAST"""
        at = self.advance().offset
        if not self.accept_op("("):
            self.fail(906)
        query = self.query()
        self.close_paren()
        return n.Multiset(at, query)

    def type_name(self) -> n.TypeName:
        """A scalar data type; ORA-00902."""
        at = self.at
        if self.token.kind not in (IDENT, QUOTED):
            self.fail(902)
        name = self.advance().value
        if self.is_op("."):
            self.advance()
            return n.TypeName(at, "", path=(name, self.identifier(902).text))
        written = name
        name = _TYPES.get(name, name)
        if name == "CHAR" and self.accept("VARYING"):
            name = "VARCHAR2"
        if name == "DOUBLE":
            self.expect("PRECISION", 905)
        result = n.TypeName(at, name, path=(written,))
        if name == "INTERVAL":
            self._interval_type(result)
            return result
        if self.accept_op("("):
            self._type_arguments(result)
        if name == "TIMESTAMP" and self.accept("WITH"):
            local = self.accept("LOCAL")
            self.expect("TIME", 905)
            self.expect("ZONE", 905)
            result.name = f"TIMESTAMP WITH {'LOCAL ' if local else ''}TIME ZONE"
        return result

    def _type_arguments(self, result: n.TypeName) -> None:
        values = []
        if self.accept_op("*"):
            values.append(38)
        else:
            values.append(self.integer(906))
        if self.accept_op(","):
            sign = -1 if self.accept_op("-") else 1
            values.append(sign * self.integer(906))
        result.unit = self.accept_any("CHAR", "BYTE") or ""
        self.close_paren()
        result.arguments = tuple(values)

    def _interval_type(self, result: n.TypeName) -> None:
        first = self.accept_any("DAY", "YEAR")
        if first is None:
            self.fail(30089)
        lead = self._optional_precision(2)
        self.expect("TO", 905)
        self.expect("SECOND" if first == "DAY" else "MONTH", 905)
        fraction = self._optional_precision(6)
        result.name = "INTERVAL DAY TO SECOND" if first == "DAY" else "INTERVAL YEAR TO MONTH"
        result.arguments = (lead, fraction)

    def _optional_precision(self, default: int) -> int:
        if not self.accept_op("("):
            return default
        value = self.integer()
        self.close_paren()
        return value

    def _extract(self) -> n.Node:
        at = self.advance().offset
        parts = (n.Ident("EXTRACT", at),)
        self.advance()
        field_at = self.at
        if self.token.value not in _EXTRACT_FIELDS:
            if self.op_ahead(1, "(", ",", "."):
                self.unsupported(116, "EXTRACT of XML", at=at)
            self.fail(907 if self.token.kind != IDENT else 30089)
        field = self.advance().value
        self.expect("FROM", 907)
        operand = self.expression()
        self.close_paren()
        return n.Call(at, parts, [n.StringLiteral(field_at, field), operand], [None, None])

    def _trim(self) -> n.Node:
        at = self.advance().offset
        parts = (n.Ident("TRIM", at),)
        self.advance()
        side = self.accept_any("LEADING", "TRAILING", "BOTH")
        character: n.Node = n.StringLiteral(self.at, " ")
        if self.accept("FROM"):
            source = self.expression()
        else:
            source = self.expression()
            if self.accept("FROM"):
                character, source = source, self.expression()
            elif side is not None:
                self.fail(907)
        self.close_paren()
        arguments = [source, character, n.StringLiteral(at, side or "BOTH")]
        return n.Call(at, parts, arguments, [None, None, None])


_CAST_FUNCTIONS = {"NUMBER": "TO_NUMBER", "DATE": "TO_DATE", "TIMESTAMP": "TO_TIMESTAMP"}
_SPECIAL_CALLS: dict[str, Callable[[CallParser], n.Node]] = {
    "CAST": CallParser._cast,
    "EXTRACT": CallParser._extract,
    "TRIM": CallParser._trim,
}
