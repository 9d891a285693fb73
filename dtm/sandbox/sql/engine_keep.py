"""Aggregates with KEEP (DENSE_RANK FIRST | LAST ORDER BY ...).

SQL Language Reference 19c, "Functions", FIRST and LAST.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.types import OraType
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded, decode_number, number_key
from dtm.sandbox.sql.engine_aggregates import total_of
from dtm.sandbox.sql.engine_wrappers import encode_number
from dtm.sandbox.sql.functions import numeric


@lru_cache(maxsize=256)
def keep(inner: str, returns: OraType, directions: tuple[tuple[bool, bool], ...], *, last: bool,
         wide: bool) -> SqlFunction:  # fmt: skip
    """agg(x) KEEP (DENSE_RANK FIRST|LAST ORDER BY ...): arguments are x and the sort keys.

    `directions`: per key (descending?, nulls first?).
    """

    class Keep:
        """With OVER the frame is always the whole partition, so that nothing leaves it."""

        __slots__ = ("best", "values")

        def __init__(self) -> None:
            self.best: Any = None
            self.values: list[Encoded] = []

        def step(self, *arguments: Encoded) -> None:
            value, *keys = arguments or (None,)
            rank = tuple(_rank(k, *d) for k, d in zip(keys, directions, strict=True))
            order = 0 if self.best is None else _order(rank, self.best)
            if self.best is None or (order > 0 if last else order < 0):
                self.best, self.values = rank, [value]
            elif not order:
                self.values.append(value)

        def inverse(self, *arguments: Encoded) -> None:
            """SQLite empties the frame at a partition's end."""
            del arguments
            self.best, self.values = None, []

        def value(self) -> Encoded:
            return _apply(inner, [v for v in self.values if v is not None], wide=wide)

        def final(self) -> Encoded:
            return self.value()

    flags = "".join(f"{int(d)}{int(f)}" for d, f in directions)
    name = f"o_keep_{inner.lower()}_{flags}_{int(last)}_{int(wide)}_{returns.kind.name}"
    arity = 1 + len(directions)
    return SqlFunction(name, arity, lambda _: Keep, kind="window")


def _rank(key: Encoded, descending: bool, nulls_first: bool) -> tuple[int, Any, bool]:
    if key is None:
        return (0 if nulls_first else 2), None, False
    return 1, key, descending


def _order(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    for (group, key, descending), (other_group, other, _) in zip(left, right, strict=True):
        if group != other_group:
            return -1 if group < other_group else 1
        if group == 1 and key != other:
            smaller = key < other
            return -1 if smaller is not descending else 1
    return 0


def _apply(inner: str, values: list[Encoded], *, wide: bool) -> Encoded:
    if inner == "COUNT":
        return len(values)
    if not values:
        return None
    if inner in {"MIN", "MAX"}:
        choose: Callable[..., Any] = max if inner == "MAX" else min
        result: Encoded = choose(values, key=number_key if wide else None)
        return result
    total = total_of([decode_number(v) for v in values])
    if inner == "AVG":
        total = numeric.divide(total, len(values))
    return encode_number(total)
