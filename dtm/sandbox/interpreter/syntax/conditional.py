"""Conditional compilation: $IF, $ELSIF, $ELSE, $END, $ERROR and $$ inquiry directives.

PL/SQL Language Reference 19c, "Conditional Compilation". Works on tokens, before parsing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dtm.plsql.lexer import CONDITIONAL, IDENT, NUMBER, STRING, Token
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.expressions import ExpressionParser
from dtm.sandbox.interpreter.syntax.tree import (
    Args,
    Attribute,
    Binary,
    Expr,
    IsTest,
    Literal,
    Pos,
    Ref,
    Unary,
)

Constant = Callable[[tuple[str, ...]], Any]  # raises KeyError when it is no static constant
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


class Preprocessor:
    """Selects the tokens of the branches that hold and replaces inquiry directives."""

    def __init__(self, source: str, inquiries: Mapping[str, Any], constant: Constant) -> None:
        self.source = source
        self.inquiries = inquiries
        self.constant = constant

    def run(self, tokens: list[Token]) -> list[Token]:
        """The tokens to parse."""
        if not any(token.kind == CONDITIONAL for token in tokens):
            return tokens
        out: list[Token] = []
        index = self._sequence(tokens, 0, out, active=True)
        if index < len(tokens):
            raise pls(_pos(tokens[index]), 103, f'Encountered the symbol "{tokens[index].text}"')
        return out

    def _sequence(self, tokens: list[Token], index: int, out: list[Token], *, active: bool) -> int:
        """Up to the $ELSIF, $ELSE or $END that closes this branch, or the end."""
        while index < len(tokens):
            token = tokens[index]
            if token.kind != CONDITIONAL:
                if active:
                    out.append(token)
                index += 1
            elif token.value == "$IF":
                index = self._selection(tokens, index, out, active=active)
            elif token.value == "$ERROR":
                index = self._error(tokens, index, active=active)
            elif token.value.startswith("$$"):
                if active:
                    out.append(self._inquiry(token))
                index += 1
            else:
                return index
        return index

    def _selection(
        self, tokens: list[Token], index: int, out: list[Token], *, active: bool
    ) -> int:
        start = tokens[index]
        done = False
        while True:
            word = tokens[index].value
            index += 1
            holds = active and not done
            if word in ("$IF", "$ELSIF"):
                end = index
                while end < len(tokens) and tokens[end].value != "$THEN":
                    end += 1
                if end == len(tokens):
                    raise pls(_pos(start), 103, 'Encountered the symbol "end-of-file"')
                holds = holds and self._condition(tokens[index:end])
                index = end + 1
            done = done or holds
            index = self._sequence(tokens, index, out, active=holds)
            if index >= len(tokens):
                raise pls(_pos(start), 103, 'Encountered the symbol "end-of-file"')
            if tokens[index].value == "$END":
                return index + 1
            if tokens[index].value not in ("$ELSIF", "$ELSE") or word == "$ELSE":
                raise pls(
                    _pos(tokens[index]), 103, f'Encountered the symbol "{tokens[index].text}"'
                )

    def _error(self, tokens: list[Token], index: int, *, active: bool) -> int:
        end = index + 1
        while end < len(tokens) and tokens[end].value != "$END":
            end += 1
        if active:
            text = self._value(tokens[index + 1 : end])
            raise CompileError(_pos(tokens[index]), f"PLS-00179: $ERROR: {text}")
        return end + 1

    def _inquiry(self, token: Token) -> Token:
        name = token.value[2:]
        value = token.line if name == "PLSQL_LINE" else self.inquiries.get(name)
        if isinstance(value, bool) or value is None:
            word = {True: "TRUE", False: "FALSE", None: "NULL"}[value]
            return token._replace(kind=IDENT, value=word)
        if isinstance(value, int):
            return token._replace(kind=NUMBER, value=str(value))
        return token._replace(kind=STRING, value=str(value))

    def _value(self, tokens: list[Token]) -> Any:
        replaced = [
            self._inquiry(t) if t.kind == CONDITIONAL and t.value.startswith("$$") else t
            for t in tokens
        ]
        parser = ExpressionParser(self.source, replaced)
        return self.evaluate(parser.expression())

    def _condition(self, tokens: list[Token]) -> bool:
        value = self._value(tokens)
        if value is not None and not isinstance(value, bool):
            raise CompileError(
                _pos(tokens[0]), "PLS-00174: a static boolean expression must be used"
            )
        return value is True

    def evaluate(self, expr: Expr) -> Any:
        """A static expression's value; PLS-00174 for anything that is not static."""
        if isinstance(expr, Literal):
            return expr.value
        if isinstance(expr, Ref) and not any(isinstance(p, Args | Attribute) for p in expr.parts):
            try:
                return self.constant(tuple(p.name for p in expr.parts))  # type: ignore[union-attr]
            except KeyError:
                pass
        if isinstance(expr, IsTest) and expr.what == "NULL":
            return (self.evaluate(expr.operand) is None) != expr.negated
        if isinstance(expr, Unary) and expr.op == "NOT":
            value = self.evaluate(expr.operand)
            return None if value is None else not value
        if isinstance(expr, Binary):
            return self._binary(expr)
        raise CompileError(expr.pos, "PLS-00174: a static boolean expression must be used")

    def _binary(self, expr: Binary) -> Any:
        left, right = self.evaluate(expr.left), self.evaluate(expr.right)
        if expr.op in ("AND", "OR"):
            decides = expr.op == "OR"
            if left is decides or right is decides:
                return decides
            return None if left is None or right is None else not decides
        if expr.op == "||":
            return f"{'' if left is None else left}{'' if right is None else right}"
        if expr.op not in _COMPARE:
            raise CompileError(expr.pos, "PLS-00174: a static boolean expression must be used")
        return None if left is None or right is None else _COMPARE[expr.op](left, right)


def _pos(token: Token) -> Pos:
    return (token.line, token.column)
