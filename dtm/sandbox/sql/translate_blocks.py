"""Pieces of query blocks: what is known while one is assembled, grouping sets, stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Stage
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.translate_aggregates import AGGREGATES


@dataclass(slots=True)
class Block:
    """A query block while it is assembled."""

    scope: Scope
    from_sql: str = ""
    where: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    finish: Callable[[], str] | None = None  # gives FROM when a stage wraps the row source
    late_where: list[str] = field(default_factory=list)


def has_aggregates(*nodes: n.Node | None) -> bool:
    """Is there an aggregate function of this block (not an analytic one)?"""
    return any(
        isinstance(x, n.Call) and x.over is None and len(x.parts) == 1 and x.path[-1] in AGGREGATES
        for x in walk(*nodes)
    )


def has_windows(*nodes: n.Node | None) -> bool:
    return any(isinstance(x, n.Call) and x.over is not None for x in walk(*nodes))


class StageThrough(Stage):
    """A stage over another one: names go through both."""

    __slots__ = ("inner",)

    def __init__(self, alias: str, names: dict[str, str], inner: Stage) -> None:
        super().__init__(alias, names)
        self.inner = inner

    def outside(self, inside: str) -> str:
        return super().outside(self.inner.outside(inside))


def all_sets(node: n.Select) -> list[list[n.Node]]:
    """The grouping sets a GROUP BY clause means: the product of its items' sets."""
    result: list[list[n.Node]] = [[]]
    for item in node.group_by or []:
        result = [left + right for left in result for right in _item_sets(item)]
    return result


def _item_sets(item: n.GroupItem) -> list[list[n.Node]]:
    if item.kind == "ROLLUP":
        count = len(item.sets)
        return [[k for s in item.sets[:size] for k in s] for size in range(count, -1, -1)]
    if item.kind == "CUBE":
        subsets: list[list[n.Node]] = [[]]
        for group in item.sets:
            subsets = [s + group for s in subsets] + subsets
        return subsets
    return list(item.sets)
