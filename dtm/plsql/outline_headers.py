"""Headers of procedures and functions: name, parameters, RETURN type, attributes."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.plsql import lexer
from dtm.plsql.outline_model import Parameter, Pragma
from dtm.plsql.outline_window import END, Window

PREFIXES = frozenset(
    {
        "MEMBER", "STATIC", "CONSTRUCTOR", "MAP", "ORDER", "OVERRIDING", "FINAL",
        "INSTANTIABLE", "NOT",
    }
)  # fmt: skip
_MODES = frozenset({"IN", "OUT", "NOCOPY"})
_BEHIND_RETURN = frozenset(
    {
        "IS", "AS", "DETERMINISTIC", "PIPELINED", "PARALLEL_ENABLE", "RESULT_CACHE", "AGGREGATE",
        "AUTHID", "ACCESSIBLE", "SQL_MACRO", "DEFAULT", ";", ",", ")", END,
    }
)  # fmt: skip
_BEHIND_HEADER = frozenset({"IS", "AS", ";", ")", ",", END})


@dataclass(slots=True)
class Header:
    """What stands before IS, AS or ";". `start` is the token index of PROCEDURE or FUNCTION
    (or of the method prefix)."""

    kind: str
    name: str
    owner: str | None
    parameters: tuple[Parameter, ...]
    returns: str | None
    attributes: tuple[str, ...]
    prefix: str
    start: int
    wrapped: bool = False


def read_header(window: Window, prefix: str, start: int) -> Header:
    """Read from PROCEDURE or FUNCTION up to IS, AS, ";" or whatever ends it."""
    kind = window.word()
    window.at += 1
    if window.word() == "IF" and window.word(1) == "NOT":
        window.note("IF NOT EXISTS needs 23ai")
        window.at += 3
    name, owner = window.name()
    if window.word() == "WRAPPED":
        return Header(kind, name, owner, (), None, (), prefix, start, wrapped=True)
    parameters = _parameters(window)
    returns = _return_type(window) if window.word() == "RETURN" else None
    attributes = []
    while window.word() not in _BEHIND_HEADER and not window.is_slash():
        if window.word() == "(":
            first = window.at
            window.skip_parentheses()
            attributes.append(window.source(first, window.at))
            if window.word() == ";":
                break
            continue
        attributes.append(window.word())
        window.at += 1
        if attributes[-1] == "USING" and window.is_name():
            implementation, _ = window.name()
            attributes.append(implementation)
    return Header(kind, name, owner, parameters, returns, tuple(attributes), prefix, start)


def _parameters(window: Window) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    if window.word() != "(":
        return ()
    window.at += 1
    while window.word() != ")":
        token = window.token()
        if token is None or token.kind == lexer.SLASH or token.value == ";":
            window.error("')' expected behind the parameters")
            return tuple(found)
        window.at += 1
        modes = []
        while window.word() in _MODES:
            modes.append(window.word())
            window.at += 1
        first = window.at
        assigned = _skip_parameter(window)
        last = window.at
        default = None if assigned is None else window.source(assigned + 1, last)
        type_end = last if assigned is None else assigned
        mode = " ".join(one for one in modes if one != "NOCOPY") or "IN"
        shown = type_text(window, first, type_end)
        found.append(Parameter(token.value, mode, shown, default, token.line, token.column))
        if window.word() == ",":
            window.at += 1
    window.at += 1
    return tuple(found)


def _skip_parameter(window: Window) -> int | None:
    """Go to the "," or ")" behind a parameter; the index of := or DEFAULT, if it has one."""
    depth = 0
    assigned = None
    while True:
        word = window.word()
        if word in (END, ";") or window.is_slash():
            return assigned
        if depth == 0 and word in (",", ")"):
            return assigned
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth == 0 and assigned is None and word in (":=", "DEFAULT"):
            assigned = window.at
        window.at += 1


def _return_type(window: Window) -> str:
    window.at += 1
    if window.word() == "SELF" and window.word(1) == "AS":
        window.at += 3
        return "SELF AS RESULT"
    first = window.at
    while window.word() not in _BEHIND_RETURN and not window.is_slash():
        if window.word() == "(":
            window.skip_parentheses()
        else:
            window.at += 1
    return type_text(window, first, window.at)


def type_text(window: Window, start: int, end: int) -> str:
    """A type in one spelling: names in upper case, one space between words only."""
    parts: list[str] = []
    wordy = False
    for token in window.tokens[start:end]:
        text = token.text if token.kind in (lexer.QUOTED, lexer.STRING) else token.value
        is_word = token.kind != lexer.OP
        if wordy and is_word:
            parts.append(" ")
        parts.append(text)
        wordy = is_word
    return "".join(parts)


def read_pragma(window: Window) -> Pragma:
    """Read PRAGMA name [(...)]; the ";" is left to the caller."""
    token = window.token()
    line = token.line if token else 0
    window.at += 1
    name = window.word()
    window.at += 1
    first = window.at
    if window.word() == "(":
        window.skip_parentheses()
        return Pragma(name, window.source(first + 1, window.at - 1), line)
    return Pragma(name, "", line)
