"""Text of DDL statements as it is sent and as USER_SOURCE shows it; pure.

Oracle drops `CREATE OR REPLACE [EDITIONABLE]` from USER_SOURCE and blanks an owner before the name,
so dtm sends the unqualified name with "\\n" line ends and nothing behind the last character.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice

from dtm.errors import UsageError
from dtm.plsql.lexer import IDENT, QUOTED, Lexer, Token

UNIT_TYPES = (
    ("PACKAGE", "BODY"),
    ("TYPE", "BODY"),
    ("PACKAGE",),
    ("TYPE",),
    ("PROCEDURE",),
    ("FUNCTION",),
    ("TRIGGER",),
)
_HEADER_TOKENS = 12


@dataclass(frozen=True, slots=True)
class Sent:
    """A unit ready to send. `source`: what USER_SOURCE should show; a match with it proves that
    live equals wanted, a mismatch proves nothing. `line`, `column`: where it begins in the file."""

    type: str
    name: str
    statement: str
    source: str
    line: int
    column: int


def sha256(text: str) -> str:
    """Return the hex digest that fingerprints are compared by."""
    return hashlib.sha256(text.encode()).hexdigest()


def sent(text: str, file: str = "source") -> Sent:
    """Return the CREATE statement for a PL/SQL file; raises UsageError when there is none."""
    text = trimmed(text)
    header = list(islice(Lexer(text), _HEADER_TOKENS))
    words = [token.value if token.kind == IDENT else "" for token in header]
    position = _skip(words, ("CREATE",), ("OR", "REPLACE"))
    modifier = words[position] if position < len(words) else ""
    if modifier in ("EDITIONABLE", "NONEDITIONABLE"):
        position += 1
    for unit_type in UNIT_TYPES:
        if position and tuple(words[position : position + len(unit_type)]) == unit_type:
            break
    else:
        raise UsageError(f"{file}: not a CREATE statement of a PL/SQL unit")
    first = header[position]
    after = header[position + len(unit_type) :]
    owner, name = _name(after, file)
    source = text[first.offset :]
    if owner is not None:
        # Only the owner and its dot go: line numbers of compile errors stay those of the file.
        source = text[first.offset : owner.offset] + text[name.offset :]
    edition = "NONEDITIONABLE " if modifier == "NONEDITIONABLE" else ""
    return Sent(
        " ".join(unit_type),
        name.value,
        f"CREATE OR REPLACE {edition}{source}",
        source,
        first.line,
        first.column,
    )


def trimmed(text: str) -> str:
    """Return text with "\\n" line ends, without byte order mark, trailing blanks and "/" lines."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and lines[-1].strip() in ("", "/"):
        lines.pop()
    return "\n".join(lines).rstrip()


def split_statements(text: str) -> list[str]:
    """Split SQL text at lines that hold only "/"; drop comment-only pieces and a final ";"."""
    statements: list[str] = []
    piece: list[str] = []
    for line in [*trimmed(text).split("\n"), "/"]:
        if line.strip() != "/":
            piece.append(line)
            continue
        statement = "\n".join(piece).strip()
        piece = []
        if next(iter(Lexer(statement)), None) is not None:
            statements.append(statement.removesuffix(";").rstrip())
    return statements


def _skip(words: list[str], *groups: tuple[str, ...]) -> int:
    """Return the position behind the groups; 0 when the first is missing."""
    position = 0
    for number, group in enumerate(groups):
        if tuple(words[position : position + len(group)]) == group:
            position += len(group)
        elif number == 0:
            return 0
    return position


def _name(tokens: list[Token], file: str) -> tuple[Token | None, Token]:
    if len(tokens) >= 2 and tokens[0].value == "IF":
        raise UsageError(f"{file}: CREATE ... IF NOT EXISTS is not supported")
    if len(tokens) >= 3 and tokens[1].text == "." and tokens[2].kind in (IDENT, QUOTED):
        return tokens[0], tokens[2]
    if tokens and tokens[0].kind in (IDENT, QUOTED):
        return None, tokens[0]
    raise UsageError(f"{file}: the unit has no name")
