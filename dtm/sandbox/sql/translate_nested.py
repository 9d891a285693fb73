"""Aggregates of aggregates: MAX(COUNT(*)) ... GROUP BY becomes a query over a grouped query.

SQL Language Reference 19c, "Functions", "Aggregate Functions": nesting aggregate functions.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.translate_aggregates import AGGREGATES


def is_aggregate_call(node: n.Node) -> bool:
    return (
        isinstance(node, n.Call)
        and node.over is None
        and len(node.parts) == 1
        and node.path[0] in AGGREGATES
    )


def has_nested(select: n.Select) -> bool:
    """Does the select list have an aggregate inside an aggregate? ORA-00935 for a third level."""
    if select.group_by is None:
        return False
    inner = [
        call
        for item in select.items
        for outer in walk(item.expression)
        if is_aggregate_call(outer)
        for call in _inner_calls(outer)
    ]
    for call in inner:
        if _inner_calls(call):
            raise OraError(935, offset=call.at)
    return bool(inner)


def _inner_calls(outer: n.Node) -> list[n.Call]:
    arguments = outer.arguments if isinstance(outer, n.Call) else []
    return [x for x in walk(*arguments) if isinstance(x, n.Call) and is_aggregate_call(x)]


def unnested(select: n.Select) -> n.Select:
    """The same as a plain aggregate query over an inline view with the inner aggregates."""
    inner_items: list[n.SelectItem] = []
    items = []
    for item in select.items:
        expression = _replaced(item.expression, inner_items, inside=False)
        items.append(n.SelectItem(item.at, expression, item.alias, item.text))
    inner = dataclasses.replace(select, items=inner_items, distinct=False)
    source = n.DerivedTable(select.at, n.Query(select.at, inner), None)
    return n.Select(select.at, select.distinct, items, [source])


def _replaced(node: n.Node, found: list[n.SelectItem], *, inside: bool) -> n.Node:
    """The expression with every aggregate inside an aggregate named instead of computed."""
    if is_aggregate_call(node):
        if inside:
            name = n.Ident(f"$A{len(found) + 1}", node.at, quoted=True)
            found.append(n.SelectItem(node.at, node, name, name.text))
            return n.Name(node.at, (name,))
        inside = True
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        changed = _replaced_value(value, found, inside=inside)
        if changed is not value:
            changes[field.name] = changed
    return dataclasses.replace(node, **changes) if changes else node


def _replaced_value(value: object, found: list[n.SelectItem], *, inside: bool) -> object:
    if isinstance(value, n.Query):
        return value
    if isinstance(value, n.Node):
        return _replaced(value, found, inside=inside)
    if isinstance(value, list) and any(isinstance(v, n.Node | tuple) for v in value):
        return [_replaced_value(v, found, inside=inside) for v in value]
    if isinstance(value, tuple) and any(isinstance(v, n.Node) for v in value):
        return tuple(_replaced_value(v, found, inside=inside) for v in value)
    return value
