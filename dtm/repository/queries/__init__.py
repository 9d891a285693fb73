"""Named, described SQL: every statement of the repository room stands in a .sql file here.

A file holds blocks:

    -- name: state
    -- What the repository is and how often its configuration was written.
    SELECT ...

The name is lower_snake; the description is mandatory; the text has no trailing `;` or `/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$")


class QueryFileError(ValueError):
    """A .sql file of this package is malformed; a programming error, found by the tests."""


def parse(text: str, origin: str) -> dict[str, str]:
    """Split a query file into {name: SQL}; `origin` names it in errors."""
    found: dict[str, str] = {}
    for block in _blocks(text, origin):
        head, lines = block[0], block[1:]
        described = [line for line in lines if line.startswith("-- ")]
        body = "\n".join(line for line in lines if not line.startswith("--")).strip()
        name = head.removeprefix("-- name: ")
        if not described or not body:
            raise QueryFileError(f"{origin}: query {name} needs a description and a statement")
        if name in found:
            raise QueryFileError(f"{origin}: two queries are called {name}")
        found[name] = body
    return found


def _blocks(text: str, origin: str) -> list[list[str]]:
    blocks: list[list[str]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.rstrip()
        if _NAME.match(line):
            blocks.append([line])
        elif line.startswith("-- name:"):
            raise QueryFileError(f"{origin}:{number}: not a query name: {line}")
        elif blocks:
            blocks[-1].append(line)
        elif line and not line.startswith("--"):
            raise QueryFileError(f"{origin}:{number}: text before the first `-- name:`")
    return blocks


@cache
def load(name: str) -> Mapping[str, str]:
    """Return the queries of `<name>.sql` by name. KeyError on use of an unknown one."""
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return MappingProxyType(parse(text, f"{name}.sql"))
