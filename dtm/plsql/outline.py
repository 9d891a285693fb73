"""Scripts and PL/SQL source to an outline: units, subprograms, signatures, places.

Tolerant and total: any string gives an outline, never an exception, in time linear in its length;
what cannot be is a diagnostic. It checks structure, not meaning: names and types are not resolved.

    outline(text).units[0].find("PURGE")[0].parameters
"""

from __future__ import annotations

import re

from dtm.plsql import lexer
from dtm.plsql.outline_model import (
    ERROR,
    NOTE,
    Diagnostic,
    Outline,
    Parameter,
    Pragma,
    Span,
    Subprogram,
    Unit,
)
from dtm.plsql.outline_units import STARTERS, parse_unit
from dtm.plsql.outline_window import FIRST, Window

__all__ = [
    "ERROR",
    "NOTE",
    "Diagnostic",
    "Outline",
    "Parameter",
    "Pragma",
    "Span",
    "Subprogram",
    "Unit",
    "outline",
]

_CONDITIONAL = re.compile(r"\$(?:if|error)\b", re.IGNORECASE)
# Commands of SQL*Plus and SQLcl: what must be written, what may be left out.
# Source: "SQL*Plus User's Guide and Reference", 19c, "SQL*Plus Command Reference".
_COMMANDS = """
    acc|ept archive bre|ak bti|tle cd cl|ear col|umn comp|ute conn|ect copy ddl def|ine desc|ribe
    disc|onnect ed|it exec|ute exit get history ho|st l|ist liquibase oerr passw|ord pau|se pri|nt
    pro|mpt quit r rem|ark repf|ooter reph|eader run sav|e script sho|w shutdown spo|ol sta|rt
    startup store timi|ng tti|tle undef|ine var|iable whenever xquery
"""


def _abbreviated(command: str) -> str:
    """A pattern for a command: "pro|mpt" matches pro, prom, promp and prompt."""
    needed, _, rest = command.partition("|")
    return needed + "".join(f"(?:{letter}" for letter in rest) + ")?" * len(rest)


_WORDS = "|".join(_abbreviated(one) for one in _COMMANDS.split())
_SQLPLUS = re.compile(
    rf"""(?:
      (?:{_WORDS})(?=[\s;]|$)
    | set[ \t]+(?!role\b|transaction\b|constraints?\b)
    | @ | ! | \$(?!\$|if|else|end|error)
    )[^\n]*""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMAND_WORD = re.compile(r"\w+|@@?")
# "#command" lines: SQL*Plus runs them at once, even in the middle of a unit.
_HASH_LINE = re.compile(r"^[ \t]*\#[ \t]*[A-Za-z][^\n]*", re.MULTILINE)
_BLANK = re.compile(r"\s*")


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def outline(text: str) -> Outline:
    """Outline a whole script, or the source of one unit with or without CREATE."""
    return _Script(text).read()


class _Script:
    """Walks a text statement by statement."""

    def __init__(self, text: str) -> None:
        self._source = text
        self._text = _HASH_LINE.sub(_blanks, text) if "#" in text else text
        self._branch = FIRST if _CONDITIONAL.search(text) else None
        self._units: list[Unit] = []
        self._between: list[Diagnostic] = []
        self._bare = True  # a unit may begin without CREATE: at the start and behind a "/"

    def read(self) -> Outline:
        window: Window | None = self._window(0, 1)
        while window is not None:
            window = self._step(window)
        found = [one for unit in self._units for one in unit.diagnostics] + self._between
        found.sort(key=lambda one: one.offset)
        return Outline(tuple(self._units), tuple(found))

    def _window(self, offset: int, line: int) -> Window:
        return Window(self._text, offset, line, self._branch, self._source)

    def _step(self, window: Window) -> Window | None:
        """Read what is at the window's token; the window to go on with, None at the end."""
        token = window.token()
        if token is None:
            self._between += window.problems(len(self._text))
            return None
        if token.kind == lexer.SLASH or token.value == ";":
            self._bare = token.kind == lexer.SLASH
            window.at += 1
            return window
        if self._starts_line(token.offset):
            command = _SQLPLUS.match(self._text, token.offset)
            if command:
                return self._command(window, token, command.end())
        return self._unit(window)

    def _starts_line(self, offset: int) -> bool:
        start = self._text.rfind("\n", 0, offset) + 1
        return not self._text[start:offset].strip(" \t\ufeff\x00\r\f")

    def _command(self, window: Window, token: lexer.Token, end: int) -> Window:
        """SQL*Plus lines from `token` on, as many as follow each other."""
        text = self._text
        self._between += window.problems(token.offset)
        start, line, column = token.offset, token.line, token.column
        while True:
            end = self._continued(start, end)
            lines = text.count("\n", start, end)
            word = _COMMAND_WORD.match(text, start)
            name = word.group().upper() if word else text[start]
            span = Span(start, end, line, column, line + lines, 1)
            self._units.append(Unit("SQLPLUS", None, name, None, False, True, (), (), (), span))
            blank = _BLANK.match(text, end)
            begin = blank.end() if blank else end
            line += lines + text.count("\n", end, begin)
            command = _SQLPLUS.match(text, begin)
            if command is None or not text.count("\n", end, begin):
                return self._window(end, span.end_line)
            column = begin - text.rfind("\n", 0, begin)
            start, end = begin, command.end()

    def _continued(self, start: int, end: int) -> int:
        """The end of a command whose line ends at `end`: a "-" at its end continues it."""
        text = self._text
        while text[start:end].rstrip(" \t\r").endswith("-") and end < len(text):
            line_end = text.find("\n", end + 1)
            end = len(text) if line_end < 0 else line_end
        return end

    def _unit(self, window: Window) -> Window:
        unit, window, resume = parse_unit(self._text, window, bare=self._bare)
        self._units.append(unit)
        if resume is not None:
            self._between += window.problems(unit.span.start)
            self._bare = True
            line = unit.span.line + self._text.count("\n", unit.span.start, resume)
            return self._window(resume, line)
        self._bare = unit.terminated
        if unit.kind in ("SQL", "VIEW", "TABLE", "SEQUENCE", "SYNONYM", "INDEX", "LIBRARY"):
            return window
        if not unit.terminated:
            self._behind(window)
        return window

    def _behind(self, window: Window) -> None:
        """What follows a PL/SQL unit that no "/" ended."""
        token = window.token()
        if token is None:
            return
        if token.value == "." and self._ends_buffer(token.offset):
            window.at += 1  # SQL*Plus: the buffer ends here and is not run
            return
        if window.word() in STARTERS or (
            self._starts_line(token.offset) and _SQLPLUS.match(self._text, token.offset)
        ):
            self._report(NOTE, "'/' missing in front of this", token)
            return
        self._report(ERROR, "text behind the end of the unit", token)
        while not window.is_slash():
            window.at += 1

    def _ends_buffer(self, offset: int) -> bool:
        line_end = self._text.find("\n", offset)
        rest = self._text[offset + 1 : line_end if line_end >= 0 else len(self._text)]
        return self._starts_line(offset) and not rest.strip()

    def _report(self, severity: str, message: str, token: lexer.Token) -> None:
        self._between.append(Diagnostic(severity, message, token.offset, token.line, token.column))
