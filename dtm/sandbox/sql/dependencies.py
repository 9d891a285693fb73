"""Who depends on what (Development Guide 19c, "Understanding Schema Object Dependency")."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dtm.plsql.lexer import IDENT, OP, QUOTED, lex
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Table, TableColumn, Unit, View

_LEAVES = ("PACKAGE BODY", "TYPE BODY", "TRIGGER")  # nothing depends on these
_WHOLE, _CAPTURED = "*", "+"  # as kernel.ports.CatalogPort.set_dependencies has them


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What ALTER TABLE did to the columns: names added; names modified, renamed or dropped."""

    added: frozenset[str]
    changed: frozenset[str]

    @classmethod
    def between(cls, old: Table, new: Table) -> ColumnChange:
        """The difference of two states of a table."""
        before = {c.name: c for c in old.columns if not c.unused}
        after = {c.name: c for c in new.columns if not c.unused}
        changed = {n for n, c in before.items() if n not in after or _differs(c, after[n])}
        return cls(frozenset(after.keys() - before.keys()), frozenset(changed))

    def concerns(self, used: tuple[str, ...]) -> bool:
        """Does it change what these columns, "*" or "+" mean?"""
        if _WHOLE in used and (self.added or self.changed):
            return True
        return bool(self.changed & set(used)) or (_CAPTURED in used and bool(self.added))


def _differs(old: TableColumn, new: TableColumn) -> bool:
    return replace(old, comment=None, properties={}) != replace(new, comment=None, properties={})


def invalidate(
    catalog: Catalog, owner: str, name: str, by: str = "", change: ColumnChange | None = None
) -> None:
    """A definition changed: views and PL/SQL units that depend on it become INVALID, and what
    depends on those. `by`: the type of the changed object; its own body becomes INVALID too.
    `change`: only what uses these columns."""
    if change is not None and not change.added and not change.changed:
        return
    _invalidate_body(catalog, owner, name, by)
    seen = {(owner, name)}
    todo = _dependents(catalog, (owner, name), seen, change)
    while todo:
        found = todo.pop()
        if found not in seen:
            seen.add(found)
            todo += _dependents(catalog, found, seen, None)


def _dependents(
    catalog: Catalog,
    target: tuple[str, str],
    seen: set[tuple[str, str]],
    change: ColumnChange | None,
) -> list[tuple[str, str]]:
    """Make what depends on `target` INVALID; the objects others may depend on in turn."""
    further = []
    for unit in catalog.all(Unit):
        name = (unit.owner, unit.name)
        if name == target or all(used[:2] != target for used in unit.depends_on):
            continue
        used = unit.uses.get(".".join(target))
        if change is not None and used is not None and not change.concerns(used):
            continue
        if unit.status == "VALID":
            catalog.put(replace(unit, status="INVALID"))
        _invalidate_body(catalog, *name, unit.type)
        if unit.type not in _LEAVES and name not in seen:
            further.append(name)
    for view in catalog.all(View):
        if view.status == "VALID" and target in view.depends_on:
            if change is not None and not _view_concerned(view, change):
                continue
            catalog.put(replace(view, status="INVALID"))
            further.append((view.owner, view.name))
    return further


def _view_concerned(view: View, change: ColumnChange) -> bool:
    """A new column is nothing to a view; SELECT * means the columns there were."""
    tokens = lex(view.text).tokens
    words = {t.value for t in tokens if t.kind in (IDENT, QUOTED)}
    if any(t.kind == OP and t.value == "*" for t in tokens):
        words |= {column.name for column in view.columns}
    return bool(change.changed & words)


def _invalidate_body(catalog: Catalog, owner: str, name: str, kind: str) -> None:
    if kind in ("PACKAGE", "TYPE"):
        body = catalog.unit(owner, name, f"{kind} BODY")
        if body is not None and body.status == "VALID":
            catalog.put(replace(body, status="INVALID"))
