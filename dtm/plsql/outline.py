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
# Command lines of SQL*Plus and SQLcl; source: "SQL*Plus User's Guide and Reference", 19c.
_SQLPLUS = re.compile(
    r"""(?:
    (?:prom(?:pt?)?|rem(?:ark)?|def(?:ine)?|undef(?:ine)?|spo(?:ol)?|whenever|sho(?:w)?
      |exec(?:ute)?|col(?:umn)?|acc(?:ept)?|pau(?:se)?|tti(?:tle)?|bti(?:tle)?|bre(?:ak)?
      |comp(?:ute)?|conn(?:ect)?|disc(?:onnect)?|exit|quit|ho(?:st)?|cle(?:ar)?|l(?:ist)?
      |sta(?:rt)?|var(?:iable)?|print|timi(?:ng)?|desc(?:ribe)?|ed(?:it)?|save|get|run|r
      |repf(?:ooter)?|reph(?:eader)?|archive|store|password|startup|shutdown|liquibase|cd
      |script|ddl)(?=[\s;]|$)
    |set[ \t]+(?!role\b|transaction\b|constraints?\b)
    |@|!|\$(?!\$|if|else|end|error)|\#
    )[^\n]*""",
    re.VERBOSE | re.IGNORECASE,
)


def outline(text: str) -> Outline:
    """Outline a whole script, or the source of one unit with or without CREATE."""
    return _Script(text).read()


class _Script:
    """Walks a text statement by statement."""

    def __init__(self, text: str) -> None:
        self._text = text
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
        return Window(self._text, offset, line, self._branch)

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
        """A SQL*Plus line; a "-" at its end continues it."""
        text = self._text
        while text[token.offset : end].rstrip(" \t\r").endswith("-") and end < len(text):
            line_end = text.find("\n", end + 1)
            end = len(text) if line_end < 0 else line_end
        lines = text.count("\n", token.offset, end)
        self._between += window.problems(token.offset)
        word = re.split(r"[\s;]", token.text, maxsplit=1)[0].upper()
        span = Span(token.offset, end, token.line, token.column, token.line + lines, 1)
        self._units.append(Unit("SQLPLUS", None, word, None, False, True, (), (), (), span))
        return self._window(end, token.line + lines)

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
        if window.word() in STARTERS or (
            self._starts_line(token.offset) and _SQLPLUS.match(self._text, token.offset)
        ):
            self._report(NOTE, "'/' missing in front of this", token)
            return
        self._report(ERROR, "text behind the end of the unit", token)
        while not window.is_slash():
            window.at += 1

    def _report(self, severity: str, message: str, token: lexer.Token) -> None:
        self._between.append(Diagnostic(severity, message, token.offset, token.line, token.column))
