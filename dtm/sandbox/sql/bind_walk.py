"""Walking the syntax tree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from dtm.sandbox.sql import parse_nodes as n

_FIELDS: dict[type[n.Node], tuple[str, ...]] = {}


def _fields(kind: type[n.Node]) -> tuple[str, ...]:
    known = _FIELDS.get(kind)
    if known is None:
        known = tuple(f.name for f in dataclasses.fields(kind) if f.name != "at")
        _FIELDS[kind] = known
    return known


def children(node: n.Node) -> Iterator[n.Node]:
    """The nodes directly below."""
    for name in _fields(type(node)):
        yield from _nodes(getattr(node, name))


def _nodes(value: object) -> Iterator[n.Node]:
    if isinstance(value, n.Node):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _nodes(item)


def walk(*roots: n.Node | None, subqueries: bool = False) -> Iterator[n.Node]:
    """Every node below, the roots included; queries inside expressions only if asked for."""
    stack = [r for r in reversed(roots) if r is not None]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, n.Query) and not subqueries:
            continue
        stack.extend(reversed(list(children(node))))


def conjuncts(condition: n.Node | None) -> list[n.Node]:
    """The operands of a chain of ANDs, in order."""
    result: list[n.Node] = []
    stack = [condition] if condition is not None else []
    while stack:
        node = stack.pop()
        if isinstance(node, n.Logical) and node.op == "AND":
            stack += [node.right, node.left]
        else:
            result.append(node)
    return result
