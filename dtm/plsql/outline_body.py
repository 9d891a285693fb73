"""Declarations and statements: one loop with a stack of what is open, so that nesting costs no
recursion and any input ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.plsql.outline_headers import PREFIXES, Header, read_header, read_pragma
from dtm.plsql.outline_model import Pragma, Subprogram
from dtm.plsql.outline_source import alone, starts_line
from dtm.plsql.outline_window import END, Window

_HOLDERS = frozenset({"UNIT", "SUBPROGRAM", "COMPOUND"})
_BLOCKS = _HOLDERS | {"BLOCK", "SECTION"}
_TIMINGS = frozenset({"BEFORE", "AFTER", "INSTEAD"})
_EXTERNAL = frozenset({"LANGUAGE", "EXTERNAL"})
_CLOSERS = frozenset({"IF", "LOOP", "CASE"})


@dataclass(slots=True)
class Frame:
    """Something open. `kind`: UNIT, SUBPROGRAM, COMPOUND (trigger), SECTION (of one), BLOCK,
    IF, LOOP or CASE."""

    kind: str
    declares: bool  # in the declarations of a block, else among its statements
    name: str | None = None
    header: Header | None = None
    children: list[Subprogram] = field(default_factory=list)
    pragmas: list[Pragma] = field(default_factory=list)


class BodyParser:
    """Parses from the current token on until the outermost frame is closed.

    `root` receives what no other frame holds; it may be the outermost frame itself.
    """

    def __init__(self, window: Window, outermost: Frame, root: Frame) -> None:
        self._window = window
        self._stack = [outermost]
        self._root = root

    def parse(self) -> bool:
        """Run; True when the outermost frame was closed by its END (or ";")."""
        window = self._window
        while self._stack:
            if window.is_slash():
                self._unclosed()
                return False
            word = window.word()
            if word in (".", "@"):
                if self._sqlplus(word):
                    return False
            elif self._stack[-1].declares:
                self._declaration(word)
            else:
                self._statement(word)
        return True

    def _sqlplus(self, word: str) -> bool:
        """A line of SQL*Plus within the buffer: "@file" is replaced by the file's text; "." alone
        ends the buffer, which is not run (True). Anything else is skipped as a statement.
        """
        window = self._window
        offset = window.tokens[window.at].offset
        if word == "." and alone(window.text, offset):
            window.note("the buffer ends within the unit")
            while self._stack:
                self._close_frame(self._stack.pop())
            return True
        if word == "@" and starts_line(window.text, offset):
            window.skip_line()
        else:
            window.skip_statement()
        return False

    def _unclosed(self) -> None:
        frame = self._stack[-1]
        self._window.error(f"END of {frame.name or frame.kind} expected")
        while self._stack:
            self._close_frame(self._stack.pop())

    # ------------------------------------------------------------------ declarations

    def _declaration(self, word: str) -> None:
        window = self._window
        if word in ("PROCEDURE", "FUNCTION"):
            self._subprogram("", window.at)
        elif word == "BEGIN":
            self._stack[-1].declares = False
            window.at += 1
        elif word == "END":
            self._end()
        elif word == "PRAGMA":
            self._holder().pragmas.append(read_pragma(window))
            window.skip_statement()
        elif word in PREFIXES and self._method():
            return
        elif word in _TIMINGS and self._stack[-1].kind == "COMPOUND":
            if window.until(("IS",), "IS"):
                window.at += 1
                self._stack.append(Frame("SECTION", True))
            else:
                window.skip_statement()
        elif word == ";":
            window.at += 1
        else:
            window.skip_statement()

    def _method(self) -> bool:
        """A method with prefixes (MAP MEMBER FUNCTION ...); False when it is none."""
        window = self._window
        start = window.at
        words: list[str] = []
        while window.word(len(words)) in PREFIXES:
            words.append(window.word(len(words)))
        if window.word(len(words)) not in ("PROCEDURE", "FUNCTION"):
            return False
        window.at += len(words)
        self._subprogram(" ".join(words), start)
        return True

    def standalone(self, header: Header) -> None:
        """The rest of a stand-alone procedure or function behind its header."""
        self._behind_header(header)
        if len(self._stack) > 1:
            del self._stack[0]
            self.parse()

    def declared(self, header: Header, *, has_body: bool = False) -> None:
        """A method of a type, or a call specification: nothing but its header."""
        self._add(header, has_body=has_body)

    def _subprogram(self, prefix: str, start: int) -> None:
        """A header; its body, if it has one, becomes a frame."""
        self._behind_header(read_header(self._window, prefix, start))

    def _behind_header(self, header: Header) -> None:
        window = self._window
        if window.word() in ("IS", "AS"):
            window.at += 1
            if window.word() in _EXTERNAL or (
                window.word() == "MLE" and window.word(1) in ("MODULE", "LANGUAGE")
            ):
                window.skip_statement()
                self._add(header, has_body=True)
                return
            self._stack.append(Frame("SUBPROGRAM", True, header.name, header))
            return
        if window.word() == ";":
            window.at += 1
        elif not window.is_slash():
            window.error(f"IS, AS or ';' expected, found {window.shown()}")
            window.skip_statement()
        self._add(header, has_body=False)

    def _holder(self) -> Frame:
        """The frame that owns pragmas and subprograms: the innermost unit or subprogram."""
        for frame in reversed(self._stack):
            if frame.kind in _HOLDERS:
                return frame
        return self._root

    def _add(self, header: Header, *, has_body: bool, closed: Frame | None = None) -> None:
        window = self._window
        self._holder().children.append(
            Subprogram(
                header.kind,
                header.name,
                header.parameters,
                header.returns,
                has_body,
                header.attributes,
                header.prefix,
                tuple(closed.pragmas) if closed else (),
                tuple(closed.children) if closed else (),
                window.span(header.start, window.at),
            )
        )

    # ------------------------------------------------------------------ statements

    def _statement(self, word: str) -> None:
        window = self._window
        match word:
            case "IF":
                self._open("IF", "THEN")
            case "FOR" | "WHILE":
                self._open("LOOP", "LOOP")
            case "LOOP":
                window.at += 1
                self._stack.append(Frame("LOOP", False))
            case "CASE":
                self._case()
            case "DECLARE" | "BEGIN":
                window.at += 1
                self._stack.append(Frame("BLOCK", word == "DECLARE"))
            case "END":
                self._end()
            case "ELSIF" | "WHEN":
                if window.until(("THEN",), "THEN"):
                    window.at += 1
                else:
                    window.skip_statement()
            case "ELSE" | "EXCEPTION" | ";":
                window.at += 1
            case "<<":
                self._label()
            case _:
                window.skip_statement()

    def _open(self, kind: str, keyword: str) -> None:
        window = self._window
        if window.until((keyword,), keyword):
            window.at += 1
            self._stack.append(Frame(kind, False))
        else:
            window.skip_statement()

    def _case(self) -> None:
        window = self._window
        window.at += 1
        if window.word() == "WHEN" or window.until(("WHEN",), "WHEN"):
            self._stack.append(Frame("CASE", False))
        else:
            window.skip_statement()

    def _label(self) -> None:
        window = self._window
        for _ in range(3):  # << name >>
            if window.word() == ">>" or window.is_slash():
                break
            window.at += 1
        if window.word() == ">>":
            window.at += 1

    # ------------------------------------------------------------------ END

    def _end(self) -> None:
        """END, END IF, END LOOP, END CASE, END name: close the frame it belongs to."""
        window = self._window
        window.at += 1
        word = window.word()
        kind = word if word in _CLOSERS else ""
        if kind:
            window.at += 1
        self._close(kind)

    def _close(self, kind: str) -> None:
        window = self._window
        fits = {kind} if kind else _BLOCKS
        if self._stack[-1].kind not in fits:
            window.error(f"END {self._stack[-1].kind} expected, found END {kind}".rstrip())
            if not any(frame.kind in fits for frame in self._stack):
                window.skip_statement()
                return
            while self._stack[-1].kind not in fits:
                self._stack.pop()
        frame = self._stack.pop()
        self._label_behind_end(frame)
        if window.word() == ";":
            window.at += 1
        elif window.word() != END:
            window.error(f"';' expected behind END, found {window.shown()}")
        self._close_frame(frame)

    def _label_behind_end(self, frame: Frame) -> None:
        window = self._window
        if not window.is_name():
            return
        if frame.kind == "SECTION":  # END BEFORE EACH ROW
            while window.is_name():
                window.at += 1
            return
        label, _ = window.name()
        if frame.name and label.upper() != frame.name.upper():
            window.note(f"END {label} closes {frame.name}", ahead=-1)

    def _close_frame(self, frame: Frame) -> None:
        if frame.header is not None:
            self._add(frame.header, has_body=True, closed=frame)
