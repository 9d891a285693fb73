"""Pieces of query blocks: what is known while one is assembled, grouping sets, stages."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Stage
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.parse_queries import item_sets
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
    counted: list[n.Node] = field(default_factory=list)  # conditions tested with ROWNUM row by row


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
        result = [left + right for left in result for right in item_sets(item)]
    return result


def ranked(select: n.Select, order: list[n.OrderItem]) -> n.Select:
    """The block with RANK() over its ORDER BY as a hidden last column (FETCH ... WITH TIES)."""
    if select.distinct:
        raise OraError(30486, offset=select.at)
    items = [dataclasses.replace(o, operand=_meant(o.operand, select.items)) for o in order]
    window = n.Window(select.at, [], items, None)
    call = n.Call(select.at, (n.Ident("RANK", select.at),), [], over=window)
    hidden = n.SelectItem(select.at, call, n.Ident("$RANK", select.at, quoted=True), "$RANK")
    return dataclasses.replace(select, items=[*select.items, hidden])


def _meant(operand: n.Node, items: list[n.SelectItem]) -> n.Node:
    """What a position or an alias of the select list stands for in ORDER BY."""
    if isinstance(operand, n.NumberLiteral) and operand.text.isdigit():
        place = int(operand.text)
        if not 1 <= place <= len(items) or isinstance(items[place - 1].expression, n.Star):
            raise OraError(1785, offset=operand.at)
        return items[place - 1].expression
    if isinstance(operand, n.Name) and len(operand.parts) == 1:
        for item in items:
            if item.alias is not None and item.alias.text == operand.path[0]:
                return item.expression
    return operand
