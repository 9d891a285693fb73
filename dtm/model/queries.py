"""Named SQL statements: the text of a .sql file in, a mapping from name to statement out.

A file is a sequence of blocks: `-- name: <lower_snake>`, at least one `-- <description>` line,
then one statement without terminator. Each room reads its own files; parsing is pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"^--\s*name:\s*(\S+)\s*$", re.MULTILINE)
_SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")


class InvalidQueries(ValueError):
    """A .sql file of named statements is malformed; the message names file and block."""


def parse(text: str, source: str) -> Mapping[str, str]:
    """Return {name: statement}; `source` is the file's name for messages.

    Raises InvalidQueries for a doubled or malformed name, a missing description, an empty
    statement, or text before the first name that is not a comment.
    """
    pieces = _NAME.split(text)
    if any(line.strip() and not line.startswith("--") for line in pieces[0].splitlines()):
        raise InvalidQueries(f"{source}: text before the first `-- name:`")
    statements: dict[str, str] = {}
    for name, block in zip(pieces[1::2], pieces[2::2], strict=True):
        where = f"{source}: {name}"
        if not _SNAKE.match(name):
            raise InvalidQueries(f"{where}: a name is lower_snake")
        if name in statements:
            raise InvalidQueries(f"{where}: this name is used twice")
        statements[name] = _statement(block, where)
    return statements


def _statement(block: str, where: str) -> str:
    lines = block.strip().splitlines()
    described = 0
    while described < len(lines) and lines[described].startswith("--"):
        described += 1
    if not described or not lines[0].lstrip("- ").strip():
        raise InvalidQueries(f"{where}: a description comment is missing")
    statement = "\n".join(lines[described:]).strip()
    if not statement:
        raise InvalidQueries(f"{where}: the statement is missing")
    return statement
