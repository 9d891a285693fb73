"""One statement of a script: what kind it is, its name, its subprograms, where it ends."""

from __future__ import annotations

import re
from itertools import pairwise

from dtm.plsql.outline_body import BodyParser, Frame
from dtm.plsql.outline_headers import PREFIXES, read_header
from dtm.plsql.outline_model import ERROR, Diagnostic, Span, Unit
from dtm.plsql.outline_source import Reading
from dtm.plsql.outline_window import END, Window

_MODIFIERS = frozenset(
    {
        "OR", "REPLACE", "EDITIONABLE", "NONEDITIONABLE", "EDITIONING", "FORCE", "NOFORCE", "NO",
        "AND", "RESOLVE", "COMPILE", "GLOBAL", "PRIVATE", "TEMPORARY", "PUBLIC", "UNIQUE",
        "BITMAP", "SHARDED", "IMMUTABLE", "BLOCKCHAIN", "DUPLICATED",
    }
)  # fmt: skip
STORED = frozenset({"PACKAGE", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE"})
_TABLE_LIKE = frozenset({"VIEW", "TABLE", "SEQUENCE", "SYNONYM", "INDEX"})
_BLOCK_STARTS = frozenset({"DECLARE", "BEGIN", "<<"})
_TRIGGER_BODIES = frozenset({"DECLARE", "BEGIN", "COMPOUND", "CALL", "<<"})
_SLASH_LINE = re.compile(r"^[ \t]*/[ \t\r]*$", re.MULTILINE)
# What may follow a unit although its "/" is missing.
STARTERS = frozenset(
    {
        "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT", "INSERT", "UPDATE", "DELETE",
        "MERGE", "SELECT", "WITH", "COMMIT", "ROLLBACK", "SAVEPOINT", "LOCK", "CALL", "TRUNCATE",
        "ANALYZE", "AUDIT", "NOAUDIT", "PURGE", "RENAME", "EXPLAIN", "SET", "DECLARE", "BEGIN",
        "<<",
    }
)  # fmt: skip


class UnitParser:
    """Parses the statement at the window's current token."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._start = window.at
        self._kind = "SQL"
        self._name = ""
        self._owner: str | None = None
        self._authid: str | None = None
        self._wrapped = False
        self._root = Frame("ROOT", False)
        self.resume: int | None = None  # offset to go on lexing at, behind text that is no PL/SQL

    def parse(self, *, bare: bool) -> Unit:
        """Read one statement. `bare`: a unit may begin without CREATE, as in USER_SOURCE."""
        window = self._window
        before = len(window.diagnostics)
        self._dispatch(bare=bare)
        window.word()  # lexes up to here
        window.at = max(min(window.at, len(window.tokens)), self._start + 1)
        span = window.span(self._start, window.at)
        if self.resume is not None:
            span = Span(span.start, self.resume, span.line, span.column, span.end_line, 1)
        is_sql = self._kind == "SQL" or self._kind in _TABLE_LIKE
        ended = window.words[window.at - 1] == ";" if is_sql else window.is_slash()
        slash = window.token() is not None and window.is_slash()
        if slash:
            window.at += 1
        return Unit(
            self._kind,
            self._owner,
            self._name,
            self._authid,
            self._wrapped,
            slash or (is_sql and ended) or self.resume is not None,
            tuple(self._root.children),
            tuple(self._root.pragmas),
            tuple(window.diagnostics[before:]),
            span,
        )

    def _dispatch(self, *, bare: bool) -> None:
        window = self._window
        word = window.word()
        if word == "CREATE":
            window.at += 1
            while window.word() in _MODIFIERS:
                window.at += 1
            self._created(window.word())
        elif word in _BLOCK_STARTS:
            self._kind = "BLOCK"
            self._block(word)
        elif bare and word in STORED and window.is_name(1):
            self._created(word)
        elif word == "WITH" and window.word(1) in ("FUNCTION", "PROCEDURE"):
            self._to_slash()
        else:
            self._skip_sql()

    def _created(self, word: str) -> None:
        window = self._window
        if word in STORED:
            self._stored(word)
        elif word == "JAVA" or (word == "MLE" and window.word(1) == "MODULE"):
            self._kind = word
            self._skip_text()
        elif word == "LIBRARY" or word in _TABLE_LIKE:
            self._kind = word
            window.at += 1
            self._skip_if_not_exists()
            self._name, self._owner = window.name()
            self._skip_sql()
        else:
            self._skip_sql()

    def _skip_sql(self) -> None:
        """Go behind the ";" of a SQL statement, or up to the "/" line or the end."""
        window = self._window
        start = window.at
        if not window.skip_sql(STORED):
            window.note("';' missing in front of this")
        declared = (("WITH", "FUNCTION"), ("WITH", "PROCEDURE"))
        if any(pair in declared for pair in pairwise(window.words[start : window.at])):
            self._to_slash()  # a query with declarations of its own

    def _to_slash(self) -> None:
        while not self._window.is_slash():
            self._window.at += 1

    def _skip_if_not_exists(self) -> None:
        window = self._window
        if window.word() == "IF" and window.word(1) == "NOT":
            window.at += 3

    def _skip_text(self) -> None:
        """Skip text that is no PL/SQL (Java, wrapped code) up to the "/" line or the end."""
        window = self._window
        token = window.token() or window.tokens[-1]
        found = _SLASH_LINE.search(window.text, token.offset)
        self.resume = found.end() if found else len(window.text)

    # ------------------------------------------------------------------ stored units

    def _stored(self, word: str) -> None:
        window = self._window
        self._kind = word
        if word in ("PROCEDURE", "FUNCTION"):
            self._standalone()
            return
        window.at += 1
        if window.word() == "BODY" and word in ("PACKAGE", "TYPE"):
            self._kind = f"{word} BODY"
            window.at += 1
        self._skip_if_not_exists()
        self._name, self._owner = window.name()
        if window.word() == "WRAPPED":
            self._wrapped = True
            self._skip_text()
        elif word == "TRIGGER":
            self._trigger()
        elif self._kind == "TYPE":
            self._type()
        else:
            self._package()

    def _standalone(self) -> None:
        window = self._window
        header = read_header(window, "", window.at)
        self._name, self._owner = header.name, header.owner
        self._note_authid(header.attributes)
        if header.wrapped:
            self._wrapped = True
            self._skip_text()
            return
        body = BodyParser(window, Frame("ROOT", True), self._root)
        if window.word(1) == "MLE" and window.word(2) == "LANGUAGE":
            body.declared(header, has_body=True)
            self._skip_text()  # JavaScript
            return
        body.standalone(header)

    def _note_authid(self, attributes: tuple[str, ...]) -> None:
        if "AUTHID" in attributes[:-1]:
            self._authid = attributes[attributes.index("AUTHID") + 1]

    def _package(self) -> None:
        window = self._window
        while window.word() not in ("IS", "AS", ";", END) and not window.is_slash():
            if window.word() == "AUTHID":
                self._authid = window.word(1)
            window.at += 1
        if window.word() not in ("IS", "AS"):
            window.error("IS or AS expected")
            return
        window.at += 1
        self._root = Frame("UNIT", True, self._name)
        BodyParser(window, self._root, self._root).parse()

    def _type(self) -> None:
        """An object or collection type: its methods are headers separated by commas."""
        window = self._window
        while not window.is_slash() and window.word() != ";":
            if window.word() == "AUTHID":
                self._authid = window.word(1)
            start = window.at
            words = []
            while window.word() in PREFIXES:
                words.append(window.word())
                window.at += 1
            if words and window.word() in ("PROCEDURE", "FUNCTION"):
                header = read_header(window, " ".join(words), start)
                BodyParser(window, self._root, self._root).declared(header)
            elif not words:
                window.at += 1
        if window.word() == ";":
            window.at += 1

    def _trigger(self) -> None:
        window = self._window
        if not window.until(_TRIGGER_BODIES, "the trigger's body"):
            return
        word = window.word()
        if word == "COMPOUND":
            window.at += 2
            self._root = Frame("COMPOUND", True, self._name)
            BodyParser(window, self._root, self._root).parse()
        elif word == "CALL":
            self._skip_sql()
        else:
            self._block(word)

    def _block(self, word: str) -> None:
        """An anonymous block or a trigger's body, possibly with a label."""
        window = self._window
        while window.word() == "<<":
            while window.word() != ">>" and not window.is_slash():
                window.at += 1
            window.at += 1
            word = window.word()
        if word not in ("DECLARE", "BEGIN"):
            window.error(f"BEGIN expected, found {window.shown()}")
            return
        window.at += 1
        name = self._name if self._kind == "TRIGGER" else None
        BodyParser(window, Frame("BLOCK", word == "DECLARE", name), self._root).parse()


def parse_unit(
    text: str, window: Window, ways: tuple[Reading, ...], *, bare: bool
) -> tuple[Unit, Window, int | None]:
    """Parse the statement at the window's token: the unit, the window to go on with, and the
    offset to go on lexing at when what was skipped is no PL/SQL.

    `ways`: how the text can be read, the window's own way first; the one with the fewest errors
    is taken.
    """
    parser = UnitParser(window)
    first = window.token()
    unit = parser.parse(bare=bare)
    resume = parser.resume
    for way in ways[1:]:
        if first is None or not _errors(unit.diagnostics):
            break
        other = Window(text, first.offset, first.line, way)
        parser = UnitParser(other)
        found = parser.parse(bare=bare)
        if _errors(found.diagnostics) < _errors(unit.diagnostics):
            # The next statement is read in the likeliest way again.
            unit, resume = found, parser.resume
            window = Window(text, _end_of(other), _line_at(other), ways[0])
    return unit, window, resume


def _end_of(window: Window) -> int:
    """Offset behind the tokens read so far."""
    return window.tokens[window.at - 1].end


def _line_at(window: Window) -> int:
    last = window.tokens[window.at - 1]
    return last.line + last.text.count("\n")


def _errors(diagnostics: tuple[Diagnostic, ...]) -> int:
    return sum(one.severity == ERROR for one in diagnostics)
