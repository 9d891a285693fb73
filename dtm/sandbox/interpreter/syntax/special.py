"""Expressions with a syntax of their own: CASE, CAST, EXTRACT, TRIM, datetime literals."""

from __future__ import annotations

from collections.abc import Callable

from dtm.plsql.lexer import IDENT, OP, QUOTED, STRING
from dtm.sandbox.interpreter.syntax import literals
from dtm.sandbox.interpreter.syntax.stream import RESERVED, Stream
from dtm.sandbox.interpreter.syntax.tree import (
    CaseExpr,
    Cast,
    Expr,
    Extract,
    Literal,
    Ref,
    Trim,
    TypeRef,
    Upcast,
)
from dtm.sandbox.kernel.errors import Unsupported

_DAY_UNITS = ("DAY", "HOUR", "MINUTE", "SECOND")


class SpecialForms(Stream):
    """Forms that begin with a word. A method gives None when the word is a name here."""

    def expression(self) -> Expr:
        """A whole expression; the expression parser has it."""
        raise NotImplementedError

    def reference(self) -> Ref:
        """A name with its selectors; the expression parser has it."""
        raise NotImplementedError

    def selected(self, inner: Expr) -> Expr:
        """What is selected of a value; the expression parser has it."""
        raise NotImplementedError

    def data_type(self) -> TypeRef:
        """A type; the declaration parser has the grammar."""
        raise NotImplementedError

    def _case(self) -> Expr | None:
        pos = self.pos
        self.enter()
        self.advance()
        selector = None if self.at("WHEN") else self.expression()
        whens: list[tuple[Expr, Expr]] = []
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            whens.append((condition, self.expression()))
        if not whens:
            self.fail("when")
        otherwise = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        self.accept("CASE")
        self.leave()
        return CaseExpr(pos, selector, whens, otherwise)

    def _null(self) -> Expr | None:
        pos = self.pos
        self.advance()
        return Literal(pos, None, "NULL")

    def _boolean(self) -> Expr | None:
        pos = self.pos
        if self.peek().value in (".", "(", "%") and self.peek().kind == OP:
            return None
        return Literal(pos, self.advance().value == "TRUE", "BOOLEAN")

    def _datetime(self) -> Expr | None:
        if self.peek().kind != STRING:
            return None
        pos = self.pos
        word = self.advance().value
        return literals.datetime_literal(word, self.advance().value, pos)

    def _interval(self) -> Expr | None:
        if self.peek().kind != STRING:
            return None
        pos = self.pos
        self.advance()
        text = self.advance().value
        first = self._interval_field()
        last = self._interval_field() if self.accept("TO") else first
        return literals.interval(text, first, last, pos)

    def _interval_field(self) -> str:
        if not self.at(*_DAY_UNITS, "YEAR", "MONTH"):
            self.fail("day hour minute month second year")
        word = self.advance().value
        if self.accept("("):
            self.advance()
            if self.accept(","):
                self.advance()
            self.expect(")")
        return word

    def _extract(self) -> Expr | None:
        if self.peek().value != "(" or self.peek(3).value != "FROM":
            return None
        pos = self.pos
        self.advance()
        self.advance()
        unit = self.advance().value
        self.expect("FROM")
        operand = self.expression()
        self.expect(")")
        return Extract(pos, unit, operand)

    def _cast(self) -> Expr | None:
        if self.peek().value != "(":
            return None
        pos = self.pos
        self.advance()
        self.advance()
        if self.at("MULTISET"):
            raise Unsupported(605, "CAST(MULTISET ...)", *pos)
        operand = self.expression()
        self.expect("AS")
        target = self.data_type()
        self.expect(")")
        return Cast(pos, operand, target)

    def _trim(self) -> Expr | None:
        """TRIM([[LEADING | TRAILING | BOTH] [chars] FROM] text)"""
        if self.peek().value != "(":
            return None
        pos = self.pos
        start = self.index
        self.advance()
        self.advance()
        side = "BOTH"
        sided = self.at("LEADING", "TRAILING", "BOTH") and self.peek().value not in (",", ")")
        if sided:
            side = self.advance().value
        chars = None if self.at("FROM") else self.expression()
        if not self.accept("FROM"):
            if sided or chars is None:
                self.fail("from")
            self.index = start
            return None
        operand = self.expression()
        self.expect(")")
        return Trim(pos, side, chars, operand)

    def _treat(self) -> Expr | None:
        if self.peek().value != "(":
            return None
        pos = self.pos
        self.advance()
        self.advance()
        operand = self.expression()
        self.expect("AS")
        target = self.data_type()
        self.expect(")")
        return self.selected(Upcast(pos, operand, target))

    def _new(self) -> Expr | None:
        if self.peek().kind not in (IDENT, QUOTED) or self.peek().value in RESERVED:
            return None
        self.advance()
        return self.reference()

    def _cursor_expression(self) -> Expr | None:
        raise Unsupported(606, "CURSOR expression", *self.pos)


SPECIAL: dict[str, Callable[[SpecialForms], Expr | None]] = {
    "CASE": SpecialForms._case,
    "NULL": SpecialForms._null,
    "TRUE": SpecialForms._boolean,
    "FALSE": SpecialForms._boolean,
    "DATE": SpecialForms._datetime,
    "TIMESTAMP": SpecialForms._datetime,
    "INTERVAL": SpecialForms._interval,
    "EXTRACT": SpecialForms._extract,
    "CAST": SpecialForms._cast,
    "TRIM": SpecialForms._trim,
    "NEW": SpecialForms._new,
    "TREAT": SpecialForms._treat,
    "CURSOR": SpecialForms._cursor_expression,
}
