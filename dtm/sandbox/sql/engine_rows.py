"""Rows handed over inside one value: what SQLite reads with json_each.

LATERAL views and TABLE(function) see the tables on their left; in SQLite only table-valued
functions do. So their rows travel as a JSON array of arrays of encoded values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded


def rows_json(rows: Iterable[Iterable[Encoded]]) -> str:
    """Rows as text; bytes as an object."""
    return json.dumps(
        [[{"x": v.hex()} if isinstance(v, bytes) else v for v in row] for row in rows]
    )


def _cell(row: Encoded, index: Encoded) -> Encoded:
    if row is None:
        return None
    value: Any = json.loads(str(row))[int(index or 0)]
    return bytes.fromhex(value["x"]) if isinstance(value, dict) else value


CELL = SqlFunction("o_cell", 2, lambda _: _cell)


class _Rows:
    """Collects the rows of a subquery."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: list[tuple[Encoded, ...]] = []

    def step(self, *values: Encoded) -> None:
        self.rows.append(values)

    def final(self) -> Encoded:
        return rows_json(self.rows)


@lru_cache(maxsize=64)
def rows_of(count: int) -> SqlFunction:
    """An aggregate over `count` columns: all rows as JSON."""
    return SqlFunction(f"o_rows_{count}", count, lambda _: _Rows, kind="aggregate")
