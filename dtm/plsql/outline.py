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
from dtm.plsql.outline_source import alone, readings, starts_line
from dtm.plsql.outline_units import STARTERS, STORED, parse_unit
from dtm.plsql.outline_window import Window

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

# Commands of SQL*Plus and SQLcl: what must be written, what may be left out.
# Source: "SQL*Plus User's Guide and Reference", 19c, "SQL*Plus Command Reference".
_COMMANDS = """
    acc|ept archive bre|ak bti|tle cd cl|ear col|umn comp|ute conn|ect copy ddl def|ine desc|ribe
    disc|onnect doc|ument ed|it exec|ute exit get history ho|st l|ist liquibase oerr passw|ord pau|se pri|nt
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
    | rem(?:a(?:r(?:k)?)?)?(?=[^\w$\#.:(])
    | set[ \t]+(?!role\b|transaction\b|constraints?\b)
    | @ | ! | \$(?!\$|if|else|end|error)
    )[^\n]*""",
    re.VERBOSE | re.IGNORECASE,
)
_COMMAND_WORD = re.compile(r"\w+|@@?")
_BLANK = re.compile(r"\s*")
_HASH = re.compile(r"\n[ \t]*\#[ \t\r]*(?=\n|\Z)")  # ends the text behind DOC[UMENT]
_DOCUMENT = ("DOC", "DOCU", "DOCUM", "DOCUME", "DOCUMEN", "DOCUMENT")
_LONGEST = 80  # characters of a line that is a bare DOCUMENT


def outline(text: str) -> Outline:
    """Outline a whole script, or the source of one unit with or without CREATE."""
    return _Script(text).read()


class _Script:
    """Walks a text statement by statement."""

    def __init__(self, text: str) -> None:
        # Lines may end in a bare carriage return; offsets stay.
        self._text = text if "\n" in text or "\r" not in text else text.replace("\r", "\n")
        self._ways = readings(self._text)
        self._last_hash: int | None = None  # where the last line of nothing but "#" ends
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
        return Window(self._text, offset, line, self._ways[0])

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
        if starts_line(self._text, token.offset):
            command = _SQLPLUS.match(self._text, token.offset)
            if command:
                return self._command(window, token, command.end())
        return self._unit(window)

    def _command(self, window: Window, token: lexer.Token, end: int) -> Window:
        """SQL*Plus lines from `token` on, as many as follow each other."""
        text = self._text
        self._between += window.problems(token.offset)
        start, line, column = token.offset, token.line, token.column
        while True:
            end = self._continued(start, end)
            if end - start < _LONGEST and text[start:end].strip().upper() in _DOCUMENT:
                end = self._documented(end)
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
        while end < len(text):
            last = end - 1
            while last > start and text[last] in " \t\r":
                last -= 1
            if text[last] != "-":
                break
            line_end = text.find("\n", end + 1)
            end = len(text) if line_end < 0 else line_end
        return end

    def _documented(self, end: int) -> int:
        """The end of the text behind DOC[UMENT]: a line with nothing but "#"."""
        if self._last_hash is None:
            self._last_hash = max((one.end() for one in _HASH.finditer(self._text)), default=0)
        if end >= self._last_hash:
            return end
        hashed = _HASH.search(self._text, end)
        return hashed.end() if hashed else end

    def _unit(self, window: Window) -> Window:
        unit, window, resume = parse_unit(self._text, window, self._ways, bare=self._bare)
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
            self._behind(window, unit)
        return window

    def _behind(self, window: Window, unit: Unit) -> None:
        """What follows a PL/SQL unit that no "/" ended."""
        token = window.token()
        if token is None:
            return
        if token.value == "." and alone(self._text, token.offset):
            window.at += 1  # SQL*Plus: the buffer ends here and is not run
            return
        if window.word() in STARTERS or (
            starts_line(self._text, token.offset) and _SQLPLUS.match(self._text, token.offset)
        ):
            self._report(NOTE, "'/' missing in front of this", token)
            return
        if unit.kind in ("PROCEDURE", "FUNCTION", "TYPE") and self._is_fragment(window, unit):
            self._bare = True
            self._report(NOTE, "'/' missing in front of this", token)
            return
        self._report(ERROR, "text behind the end of the unit", token)
        while not window.is_slash():
            window.at += 1

    def _is_fragment(self, window: Window, unit: Unit) -> bool:
        """Do subprograms follow each other without CREATE, as in the declarations of a block?"""
        start = self._text[unit.span.start : unit.span.start + len("CREATE")]
        return start.upper() != "CREATE" and window.word() in STORED and window.is_name(1)

    def _report(self, severity: str, message: str, token: lexer.Token) -> None:
        self._between.append(Diagnostic(severity, message, token.offset, token.line, token.column))
