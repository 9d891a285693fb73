"""Expressions. PL/SQL Language Reference 19c, "Expressions": operators from loosest to tightest are
OR, AND, NOT, comparison, + - ||, * /, unary sign, **.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import cast

from dtm.plsql.lexer import BIND, CONDITIONAL, IDENT, NUMBER, OP, QUOTED, STRING
from dtm.sandbox.interpreter.syntax import literals
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.special import SPECIAL, SpecialForms
from dtm.sandbox.interpreter.syntax.stream import RESERVED
from dtm.sandbox.interpreter.syntax.tree import (
    Arg,
    Args,
    Attribute,
    Between,
    Binary,
    Bind,
    Expr,
    Ident,
    InList,
    IsOf,
    IsTest,
    Like,
    Literal,
    Pos,
    Ref,
    TypeRef,
    Unary,
    Upcast,
)
from dtm.sandbox.kernel.errors import Unsupported

_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_MULTISET = ("UNION", "INTERSECT", "EXCEPT")


class ExpressionParser(SpecialForms):
    """Parses expressions; statement and declaration parsers build on it."""

    def expression(self) -> Expr:
        """A whole expression."""
        self.enter()
        left = self._and()
        while self.at("OR"):
            pos = self.pos
            self.advance()
            left = Binary(pos, "OR", left, self._and())
        self.leave()
        return left

    def _and(self) -> Expr:
        left = self._not()
        while self.at("AND"):
            pos = self.pos
            self.advance()
            left = Binary(pos, "AND", left, self._not())
        return left

    def _not(self) -> Expr:
        if self.at("NOT"):
            pos = self.pos
            self.enter()
            self.advance()
            operand = self._not()
            self.leave()
            return Unary(pos, "NOT", operand)
        return self._comparison()

    def _comparison(self) -> Expr:
        left = self._additive()
        pos = self.pos
        if self.at(*_COMPARISONS):
            op = self.advance().value
            if self.at("ANY", "ALL", "SOME"):
                raise Unsupported(601, f"comparison with {self.token.value}", *pos)
            return Binary(pos, op, left, self._additive())
        if self.accept("IS"):
            return self._is(left, pos)
        negated = self.at("NOT") and self.peek().value in (
            "LIKE",
            "BETWEEN",
            "IN",
            "MEMBER",
            "SUBMULTISET",
        )
        if negated:
            self.advance()
        return self._condition(left, pos, negated=negated)

    def _is(self, left: Expr, pos: Pos) -> Expr:
        negated = self.accept("NOT")
        if self.accept("NULL"):
            return IsTest(pos, left, "NULL", negated)
        if self.accept("EMPTY"):
            return IsTest(pos, left, "EMPTY", negated)
        if self.accept("A", "SET"):
            return IsTest(pos, left, "SET", negated)
        if self.at("OF"):
            return self._is_of(left, pos, negated=negated)
        if self.at("NAN", "INFINITE"):
            return IsTest(pos, left, self.advance().value, negated)
        if self.at("DANGLING"):
            raise Unsupported(602, f"IS {self.token.value}", *pos)
        raise self.unexpected("null not")

    def _is_of(self, left: Expr, pos: Pos, *, negated: bool) -> Expr:
        self.expect("OF")
        self.accept("TYPE")
        self.expect("(")
        types: list[tuple[bool, TypeRef]] = []
        while True:
            only = self.accept("ONLY")
            types.append((only, self.data_type()))
            if not self.accept(","):
                break
        self.expect(")")
        return IsOf(pos, left, types, negated)

    def _condition(self, left: Expr, pos: Pos, *, negated: bool) -> Expr:
        if self.accept("LIKE"):
            pattern = self._additive()
            escape = self._additive() if self.accept("ESCAPE") else None
            return Like(pos, left, pattern, escape, negated)
        if self.accept("BETWEEN"):
            low = self._additive()
            self.expect("AND")
            return Between(pos, left, low, self._additive(), negated)
        if self.accept("IN"):
            return InList(pos, left, self._in_items(), negated)
        if self.accept("MEMBER"):
            self.accept("OF")
            return self._negate(Binary(pos, "MEMBER", left, self._additive()), negated=negated)
        if self.accept("SUBMULTISET"):
            self.accept("OF")
            return self._negate(
                Binary(pos, "SUBMULTISET", left, self._additive()), negated=negated
            )
        return left

    @staticmethod
    def _negate(expr: Binary, *, negated: bool) -> Expr:
        return Unary(expr.pos, "NOT", expr) if negated else expr

    def _in_items(self) -> list[Expr]:
        if not self.at("("):
            return [self._additive()]
        self.advance()
        if self.at("SELECT", "WITH"):
            raise pls(self.pos, 405)
        items = [self.expression()]
        while self.accept(","):
            items.append(self.expression())
        self.expect(")")
        return items

    def _additive(self) -> Expr:
        left = self._multiplicative()
        while True:
            pos = self.pos
            if self.at("+", "-", "||"):
                op = self.advance().value
                left = Binary(pos, op, left, self._multiplicative())
            elif self.at("MULTISET") and self.peek().value in _MULTISET:
                self.advance()
                op = f"MULTISET {self.advance().value}"
                if self.accept("DISTINCT"):
                    op += " DISTINCT"
                else:
                    self.accept("ALL")
                left = Binary(pos, op, left, self._multiplicative())
            else:
                return left

    def _multiplicative(self) -> Expr:
        left = self._unary()
        while self.at("*", "/", "MOD", "REM"):
            pos = self.pos
            if self.at("MOD", "REM") and self.token.kind != IDENT:
                return left
            op = self.advance().value
            left = Binary(pos, op, left, self._unary())
        return left

    def _unary(self) -> Expr:
        pos = self.pos
        if self.at("-", "+"):
            self.enter()
            op = self.advance().value
            operand = self._unary()
            self.leave()
            if op == "+":
                return operand
            if isinstance(operand, Literal) and operand.kind == "NUMBER":
                return Literal(pos, -operand.value, "NUMBER")
            return Unary(pos, op, operand)
        return self._power()

    def _power(self) -> Expr:
        base = self.primary()
        if self.at("**"):
            pos = self.pos
            self.advance()
            return Binary(pos, "**", base, self._unary())
        return base

    # -------------------------------------------------------------- primaries

    def primary(self) -> Expr:
        """A literal, a name, a bind or a parenthesised expression."""
        token = self.token
        pos = self.pos
        if token.kind == NUMBER:
            self.advance()
            return literals.number(token.value, pos)
        if token.kind == STRING:
            self.advance()
            return Literal(pos, token.value or None, "STRING")
        if token.kind == BIND:
            return self._bind()
        if token.kind == CONDITIONAL:
            return self.inquiry()
        if token.kind == OP and token.value == "(":
            return self._parenthesised()
        if token.kind == IDENT:
            special = SPECIAL.get(token.value)
            if special is not None:
                found = special(self)
                if found is not None:
                    return found
            if token.value == "EXISTS" and self.at_sequence("EXISTS", "("):
                raise pls(self.pos, 204, "EXISTS")
            if token.value in RESERVED and token.value != "SQL":
                self.fail("( - + case mod new not null <an identifier> <a bind variable>")
            return self.reference()
        if token.kind == QUOTED:
            return self.reference()
        raise self.unexpected("( - + case mod new not null <an identifier> <a bind variable>")

    def inquiry(self) -> Expr:
        """$$NAME: replaced before parsing; what is left was not known."""
        self.advance()
        return Literal(self.pos, None, "NULL")

    def _parenthesised(self) -> Expr:
        pos = self.pos
        self.enter()
        self.advance()
        inner = self.expression()
        if self.at(","):
            raise Unsupported(603, "row value constructor", *pos)
        if self.accept("AS"):
            inner = Upcast(pos, inner, self.data_type(), exact=True)
        self.expect(")")
        self.leave()
        return self.selected(inner)

    def selected(self, inner: Expr) -> Expr:
        """A value in parentheses, or TREAT(...), with what is selected of it."""
        if not isinstance(inner, Upcast) or not self.at("."):
            return inner
        return self.selectors(Ref(inner.pos, [inner]))

    def _bind(self) -> Expr:
        pos = self.pos
        token = self.advance()
        member = None
        if self.at(".") and self.peek().kind in (IDENT, QUOTED):
            self.advance()
            member = self.name(reserved_ok=True).name
        elif self.token.kind == BIND:
            self.advance()  # an indicator variable: the driver sends NULL itself
        return Bind(pos, token.value, member)

    def reference(self) -> Ref:
        """A name with its selectors."""
        pos = self.pos
        return self.selectors(Ref(pos, [self.name(reserved_ok=self.at("SQL"))]))

    def selectors(self, ref: Ref) -> Ref:
        """What follows a name: .field, (arguments), %attribute."""
        parts = ref.parts
        while True:
            if self.at("."):
                self.advance()
                parts.append(self.name(reserved_ok=True))
            elif self.at("(") and self._takes_arguments(parts[-1]):
                parts.append(self.arguments())
            elif self.at("%") and self.peek().kind == IDENT:
                self.advance()
                attribute_pos = self.pos
                parts.append(Attribute(self.advance().value, attribute_pos))
            elif self.at("@"):
                raise Unsupported(604, "database link", *self.pos)
            else:
                return ref

    @staticmethod
    def _takes_arguments(part: Ident | Args | Attribute | Upcast) -> bool:
        """SQL%BULK_ROWCOUNT(i) and SQL%BULK_EXCEPTIONS(i) are the attributes with a subscript."""
        return not isinstance(part, Attribute) or part.name.startswith("BULK_")

    def arguments(self) -> Args:
        """( [name =>] expression, ... )"""
        pos = self.pos
        self.enter()
        self.expect("(")
        args: list[Arg] = []
        named = False
        while not self.at(")"):
            name = None
            if self.token.kind in (IDENT, QUOTED) and self.peek().value == "=>":
                name = self.name(reserved_ok=True).name
                self.advance()
                named = True
            pos = self.pos
            value = self.expression()
            if self.accept("=>"):
                args.append(Arg(self.expression(), None, value))
            elif named and name is None:
                raise pls(pos, 312)
            else:
                args.append(Arg(value, name))
            if not self.accept(","):
                break
            if self.at(")"):
                self.fail("( - + case mod new not null <an identifier>")
        self.expect(")")
        self.leave()
        return Args(args, pos)

    def constant_number(self) -> int:
        """An unsigned integer literal, as in NUMBER(10)."""
        token = self.token
        if token.kind != NUMBER:
            self.fail("<a numeric literal>")
        self.advance()
        value = cast("int | Decimal | dt.datetime", literals.number(token.value, self.pos).value)
        if not isinstance(value, int):
            self.fail("<an integer>")
        return value
