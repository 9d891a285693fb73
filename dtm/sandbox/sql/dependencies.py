"""Who depends on what (Development Guide 19c, "Understanding Schema Object Dependency")."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Unit, View

_LEAVES = ("PACKAGE BODY", "TYPE BODY", "TRIGGER")  # nothing depends on these


def invalidate(catalog: Catalog, owner: str, name: str, by: str = "") -> None:
    """A definition changed: views and PL/SQL units that depend on it become INVALID, and what
    depends on those. `by`: the type of the changed object; its own body becomes INVALID too."""
    _invalidate_body(catalog, owner, name, by)
    todo = [(owner, name)]
    seen = set(todo)
    while todo:
        for found in _dependents(catalog, todo.pop(), seen):
            seen.add(found)
            todo.append(found)


def _dependents(
    catalog: Catalog, target: tuple[str, str], seen: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Make what depends on `target` INVALID; the objects others may depend on in turn."""
    further = []
    for unit in catalog.all(Unit):
        name = (unit.owner, unit.name)
        if name == target or all(used[:2] != target for used in unit.depends_on):
            continue
        if unit.status == "VALID":
            catalog.put(replace(unit, status="INVALID"))
        _invalidate_body(catalog, *name, unit.type)
        if unit.type not in _LEAVES and name not in seen:
            further.append(name)
    for view in catalog.all(View):
        if view.status == "VALID" and target in view.depends_on:
            catalog.put(replace(view, status="INVALID"))
            further.append((view.owner, view.name))
    return further


def _invalidate_body(catalog: Catalog, owner: str, name: str, kind: str) -> None:
    if kind in ("PACKAGE", "TYPE"):
        body = catalog.unit(owner, name, f"{kind} BODY")
        if body is not None and body.status == "VALID":
            catalog.put(replace(body, status="INVALID"))
