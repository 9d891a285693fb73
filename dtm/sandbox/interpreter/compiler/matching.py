"""LIKE patterns and the operators of nested tables."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dtm.sandbox.interpreter.types import (
    CollectionType,
)
from dtm.sandbox.interpreter.values import Table
from dtm.sandbox.kernel.errors import OraError

Value = Any


@lru_cache(maxsize=512)
def like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    """LIKE as a regular expression; ORA-01424 / 01425 for a bad escape."""
    if escape is not None and len(escape) != 1:
        raise OraError(1425, message="escape character must be character string of length 1")
    out: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == escape:
            index += 1
            if index >= len(pattern) or pattern[index] not in ("%", "_", escape):
                raise OraError(
                    1424, message="missing or illegal character following the escape character"
                )
            out.append(re.escape(pattern[index]))
        elif char == "%":
            if not out or out[-1] != ".*":
                out.append(".*")
        else:
            out.append("." if char == "_" else re.escape(char))
        index += 1
    return re.compile("".join(out) + r"\Z", re.DOTALL)


def is_empty(table: Table) -> bool:
    return table.count() == 0


def is_set(table: Table) -> bool:
    items = list(table.items())
    return all(item not in items[:index] for index, item in enumerate(items))


def submultiset(left: Table | None, right: Table | None) -> bool | None:
    if left is None or right is None:
        return None
    rest = list(right.items())
    for item in left.items():
        if item not in rest:
            return False
        rest.remove(item)
    return True


def distinct(table: Table | None) -> Table | None:
    """SET: each element once."""
    if table is None:
        return None
    items: list[Value] = []
    for item in table.items():
        if item not in items:
            items.append(item)
    return Table(table.type, items)


def multiset(op: str, left: Table | None, right: Table | None, kind: CollectionType) -> Value:
    if left is None or right is None:
        return None
    items: list[Value]
    rest = list(right.items())
    if "UNION" in op:
        items = [*left.items(), *rest]
    else:
        keep = "INTERSECT" in op
        items = []
        for item in left.items():
            found = item in rest
            if found:
                rest.remove(item)
            if found == keep:
                items.append(item)
    if op.endswith("DISTINCT"):
        items = [item for index, item in enumerate(items) if item not in items[:index]]
    return Table(kind, items)
