"""What a source file creates: the type and name of its one CREATE statement."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.plsql.lexer import IDENT, QUOTED, SLASH, Lexed, Token, lex

_BEFORE_TYPE = {"OR", "REPLACE", "EDITIONABLE", "NONEDITIONABLE", "FORCE", "NO"}
_WITH_BODY = {"PACKAGE", "TYPE"}
_UNIT_TYPES = {"PACKAGE", "TYPE", "FUNCTION", "PROCEDURE", "TRIGGER", "VIEW"}
_TABLE_WORDS = {"GLOBAL", "TEMPORARY", "PRIVATE"}

# A unit can be compiled when what it refers to exists: specifications first, bodies last.
INSTALL_ORDER = (
    "TYPE",
    "PACKAGE",
    "FUNCTION",
    "PROCEDURE",
    "VIEW",
    "TYPE BODY",
    "PACKAGE BODY",
    "TRIGGER",
)


class UnitError(Exception):
    """A source file that is not one CREATE statement; `line` and `column` count from 1."""

    def __init__(self, message: str, token: Token | None, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = token.line if token else 1
        self.column = token.column if token else 1
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class UnitHead:
    """`type` as in USER_OBJECTS, `name` as stored; `line` is where USER_SOURCE's line 1 begins."""

    type: str
    name: str
    line: int


def head(text: str) -> UnitHead:
    """Return what a source file creates; raises UnitError."""
    lexed = lex(text)
    unit_type, start, name = _begin(lexed.tokens)
    _refuse_second(lexed)
    return UnitHead(unit_type, _name(lexed.tokens, name), start.line)


def without_owner(text: str) -> str:
    """Return a source file without the owner before the name it creates, as ODTM exports it
    (`"DOMOWN"."DOM$PURGE"`); lines stay. What is no unit is returned as it is."""
    words = lex(text).tokens
    try:
        _, _, name = _begin(words)
    except UnitError:
        return text
    if name + 2 < len(words) and words[name + 1].text == ".":
        return text[: words[name].offset] + text[words[name + 2].offset :]
    return text


def _begin(words: list[Token]) -> tuple[str, Token, int]:
    """Return the unit's type, the token it begins with and the number of the name's token."""
    if not words:
        raise UnitError("the file holds no statement", None)
    if words[0].value != "CREATE":
        hint = "begin with CREATE OR REPLACE PACKAGE ..."
        raise UnitError(f"expected CREATE, found {words[0].text}", words[0], hint)
    number = 1
    while number < len(words) and words[number].value in _BEFORE_TYPE | _TABLE_WORDS:
        number += 1
    if number >= len(words):
        raise UnitError("the statement ends after CREATE", words[-1])
    kind = words[number]
    if kind.value == "TABLE":
        unit_type = "TABLE"
    elif kind.value in _UNIT_TYPES:
        unit_type = kind.value
        if (
            number + 1 < len(words)
            and words[number + 1].value == "BODY"
            and kind.value in _WITH_BODY
        ):
            unit_type += " BODY"
            number += 1
    else:
        allowed = ", ".join(sorted(_UNIT_TYPES))
        raise UnitError(
            f"CREATE {kind.text} cannot be part of a package", kind, f"one of {allowed}"
        )
    return unit_type, kind, number + 1


def _name(words: list[Token], number: int) -> str:
    if number >= len(words) or words[number].kind not in (IDENT, QUOTED):
        raise UnitError("the name is missing", words[min(number, len(words) - 1)])
    token = words[number]
    if number + 1 < len(words) and words[number + 1].text == ".":
        hint = "dtm installs it into the client schema of each instance; leave the owner out"
        raise UnitError(f"the name has an owner, {token.text}", token, hint)
    return token.value


def _refuse_second(lexed: Lexed) -> None:
    """One unit per file: nothing may follow the `/` that ends it."""
    for number, token in enumerate(lexed.tokens[:-1]):
        if token.kind == SLASH:
            after = lexed.tokens[number + 1]
            hint = "put each unit into a file of its own"
            raise UnitError("a second statement follows the /", after, hint)


def statement_text(text: str, unit_type: str) -> str:
    """Return the text to send: without the closing `/`, without trailing blanks, and for a table
    without `;` (SQL has none, PL/SQL needs its own)."""
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    while lines and lines[-1] in ("/", ""):
        lines.pop()
    result = "\n".join(lines)
    if unit_type in ("TABLE", "VIEW"):
        result = result.rstrip().removesuffix(";").rstrip()
    return result + "\n"
