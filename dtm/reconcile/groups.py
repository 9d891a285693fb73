"""Changes that differ only in where they happen, put together: "same on 212 of 214". Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass

from dtm.reconcile.changes import Action, Change, Plan


@dataclass(frozen=True, slots=True)
class Group:
    """Changes in plan order. `total` counts the places where the like of it could happen."""

    changes: tuple[Change, ...]
    total: int

    @property
    def first(self) -> Change:
        """The change that speaks for all."""
        return self.changes[0]

    @property
    def places(self) -> tuple[str, ...]:
        """Instances for installs and releases, names of resources otherwise."""
        return tuple(change.instance or change.target.name for change in self.changes)


def groups(plan: Plan) -> tuple[Group, ...]:
    """Group the changes of a plan; a group stands where its first change stands."""
    members: dict[Hashable, list[Change]] = {}
    for change in plan.changes:
        members.setdefault(_key(change), []).append(change)
    having = Counter(name for report in plan.instances for name in report.packages)
    return tuple(Group(tuple(changes), _total(changes, having)) for changes in members.values())


def _key(change: Change) -> Hashable:
    common = (change.action, change.target.kind, change.risks)
    if change.instance is not None:
        return (*common, change.target.name, change.version, change.reason, change.units)
    if change.action in (Action.CREATE, Action.DELETE):
        return common
    if change.action is Action.RENAME:
        return (*common, change.target.name)
    return (*common, change.fields)


def _total(changes: list[Change], having: Counter[str]) -> int:
    first = changes[0]
    return having[first.target.name] if first.instance is not None else len(changes)
