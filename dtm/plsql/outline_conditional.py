"""Conditional compilation: keep one branch of every $IF, so that the rest parses as a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dtm.plsql import lexer
from dtm.plsql.lexer import Token


def one_branch(source: Iterable[Token], *, first: bool) -> Iterator[Token]:
    """Drop directives and all branches but the first of each $IF, or but the last ($ELSE).

    A "/" line ends whatever is open: the next statement starts afresh.
    """
    tokens = iter(source)
    outer: list[bool] = []  # was the text around each open $IF kept?
    keeping = True
    for token in tokens:
        if token.kind == lexer.SLASH:
            outer, keeping = [], True
            yield token
        elif token.kind != lexer.CONDITIONAL:
            if keeping:
                yield token
        elif token.value == "$IF":
            outer.append(keeping)
            keeping = keeping and first
            _skip_behind(tokens, "$THEN")
        elif token.value == "$ELSIF" and outer:
            keeping = False
            _skip_behind(tokens, "$THEN")
        elif token.value == "$ELSE" and outer:
            keeping = outer[-1] and not first
        elif token.value == "$ERROR":
            _skip_behind(tokens, "$END")
        elif token.value == "$END":
            keeping = outer.pop() if outer else keeping
        elif keeping:
            yield token  # an inquiry: $$NAME


def _skip_behind(tokens: Iterator[Token], directive: str) -> None:
    for token in tokens:
        if token.kind == lexer.CONDITIONAL and token.value == directive:
            return
