"""The tokens a statement's parser sees: without SQL*Plus "#command" lines, with one branch of each
$IF, and, when asked, without the lines that a substitution variable may comment out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dtm.plsql import lexer
from dtm.plsql.lexer import Lexer, Problem, Token
from dtm.plsql.outline_conditional import one_branch

_CONDITIONAL = re.compile(r"\$(?:if|error)\b", re.IGNORECASE)
_HASH_LINE = re.compile(r"^[ \t]*\#[ \t]*[A-Za-z]", re.MULTILINE)
_VARIABLE_LINE = re.compile(r"^[ \t]*&", re.MULTILINE)
_BLANK = " \t\ufeff\x00\r\f"
_BLANK_REST = re.compile(rf"[{_BLANK}]*(?:\n|\Z)")


KEPT, ALONE, LINES = "kept", "alone", "lines"  # drop none, those alone on a line, their lines


class Reading(NamedTuple):
    """One way to read a text where the text alone does not say what runs."""

    conditional: bool = False  # has $IF
    first: bool = True  # the first branch of each $IF, else the last
    commands: bool = False  # may have "#command" lines
    variables: str = KEPT  # what to do with &variables in front of a line, which may mean "--"


def readings(text: str) -> tuple[Reading, ...]:
    """The ways to read `text`, the likeliest first."""
    conditional = _CONDITIONAL.search(text) is not None
    plain = Reading(conditional, commands="#" in text and _HASH_LINE.search(text) is not None)
    found = [plain]
    if conditional:
        found.append(plain._replace(first=False))
    if "&" in text and _VARIABLE_LINE.search(text):
        found += [plain._replace(variables=ALONE), plain._replace(variables=LINES)]
    return tuple(found)


class Source:
    """Iterate it once to get the tokens of `text` from `offset` on."""

    def __init__(self, text: str, offset: int, line: int, reading: Reading) -> None:
        self._text = text
        self._reading = reading
        self._lexers = [Lexer(text, offset, line)]

    def __iter__(self) -> Iterator[Token]:
        reading = self._reading
        tokens: Iterator[Token] = iter(self._lexers[0])
        if reading.commands:
            tokens = self._without_commands()
        if reading.variables == ALONE:
            tokens = (token for token in tokens if not self._is_bare_variable(token))
        if reading.variables == LINES:
            tokens = _without_variable_lines(tokens)
        if reading.conditional:
            tokens = one_branch(tokens, first=reading.first)
        return tokens

    def _is_bare_variable(self, token: Token) -> bool:
        text = self._text
        return (
            token.kind == lexer.SUBSTITUTION
            and starts_line(text, token.offset)
            and ends_line(text, token.end)
        )

    @property
    def problems(self) -> list[Problem]:
        """What was malformed in the text read so far."""
        return [problem for one in self._lexers for problem in one.problems]

    def _without_commands(self) -> Iterator[Token]:
        """SQL*Plus runs "#command" lines at once, even in the middle of a unit (SET SQLPREFIX)."""
        end: int | None = 0
        while end is not None:
            end = None
            for token in self._lexers[-1]:
                if token.value == "#" and starts_line(self._text, token.offset):
                    end = self._text.find("\n", token.offset)
                    break
                yield token
            if end is None or end < 0:
                return
            self._lexers.append(Lexer(self._text, end, token.line))


def _without_variable_lines(tokens: Iterable[Token]) -> Iterator[Token]:
    line = dropped = 0
    for token in tokens:
        if token.line > line and token.kind == lexer.SUBSTITUTION and token.text[0] == "&":
            dropped = token.line
        if token.line != dropped:
            yield token
        line = token.line + token.text.count("\n")


def starts_line(text: str, offset: int) -> bool:
    """Is there nothing but blanks in front of `offset` on its line?"""
    while offset > 0 and text[offset - 1] in _BLANK:  # not by lines: one may be the whole text
        offset -= 1
    return offset == 0 or text[offset - 1] == "\n"


def ends_line(text: str, offset: int) -> bool:
    """Is there nothing but blanks from `offset` on to the end of its line?"""
    return _BLANK_REST.match(text, offset) is not None


def alone(text: str, offset: int) -> bool:
    """Is the character at `offset` the only one on its line?"""
    return starts_line(text, offset) and ends_line(text, offset + 1)
