"""What a text says of itself before it is compiled: the header of a CREATE, a CALL as a block."""

from __future__ import annotations

from dtm.plsql.lexer import BIND, IDENT, QUOTED, Token, lex
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import StoredUnit

_UNIT_TYPES = ("PACKAGE", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE")


def call_block(text: str) -> str:
    """CALL p(...) [INTO :x] as a block. SQL Language Reference 19c, "CALL"."""
    tokens = lex(text).tokens
    start = tokens[0].end
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.kind == IDENT and token.value == "INTO":
            target = tokens[index + 1] if index + 1 < len(tokens) else None
            if target is None or target.kind != BIND:
                break
            return f"BEGIN {target.text} := {text[start : token.offset]}; END;"
    body = text[start:].rstrip().rstrip(";")
    return f"BEGIN {body}; END;"


class Header:
    """What a CREATE names: read without parsing the rest, which may be wrong."""

    __slots__ = ("name", "owner", "replace", "source", "start", "type")

    def __init__(self, tokens: list[Token], index: int, text: str, *, replace: bool) -> None:
        self.replace = replace
        kind = tokens[index].value
        self.start = tokens[index].offset
        index += 1
        if index < len(tokens) and tokens[index].value == "BODY" and kind in ("PACKAGE", "TYPE"):
            kind += " BODY"
            index += 1
        self.type = kind
        names: list[str] = []
        while index < len(tokens) and tokens[index].kind in (IDENT, QUOTED):
            names.append(tokens[index].value)
            if index + 1 >= len(tokens) or tokens[index + 1].text != ".":
                break
            index += 2
        if not names or len(names) > 2:
            raise OraError(4050)
        self.name = names[-1]
        self.owner = names[0] if len(names) == 2 else None
        self.source = text[self.start :].rstrip()


def announced(unit: StoredUnit) -> bool:
    """CREATE TYPE name; only says that there will be a type: completing it is no replacement."""
    return (
        unit.type == "TYPE"
        and len(lex(unit.text).tokens) <= 5
        and not any(token.value in ("AS", "IS", "UNDER") for token in lex(unit.text).tokens)
    )


def unit_header(text: str) -> Header:
    """Read CREATE [OR REPLACE] [EDITIONABLE] type [owner.]name; ORA-04050 when there is no name."""
    tokens = lex(text).tokens
    index = 0
    replace = False
    while index < len(tokens) and tokens[index].value not in _UNIT_TYPES:
        replace = replace or tokens[index].value == "REPLACE"
        index += 1
    if index >= len(tokens):
        raise OraError(900)
    return Header(tokens, index, text, replace=replace)
