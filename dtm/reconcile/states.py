"""In which state an instance holds what a package consists of. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dtm.model.package import UnitKey
from dtm.reconcile.changes import UnitChange, UnitState
from dtm.reconcile.live import LiveState
from dtm.repository.records import Intent, PackageVersion, ReadBack, Role, VersionUnit


class History:
    """What dtm ever sent and read back, by instance; and which installs it never recorded."""

    def __init__(self, readbacks: Iterable[ReadBack], intents: Iterable[Intent]) -> None:
        self._sent: dict[tuple[str, UnitKey, str], set[str]] = defaultdict(set)
        for back in readbacks:
            self._sent[back.instance, back.unit, back.readback_sha256].add(back.sent_sha256)
        found = tuple(intents)
        self._open = {(intent.instance, intent.unit) for intent in found}
        self._begun = {(intent.instance, intent.package) for intent in found}

    def begun(self, instance: str, package: str) -> bool:
        """Say whether an install of the package was begun there and never recorded."""
        return (instance, package) in self._begun

    def states(
        self, instance: str, package: PackageVersion, live: LiveState
    ) -> tuple[UnitChange, ...]:
        """Compare every member of a package with what was read; `instance` as it is recorded."""
        return tuple(self._member(instance, unit, live) for unit in package.units)

    def _member(self, instance: str, unit: VersionUnit, live: LiveState) -> UnitChange:
        key = UnitKey(unit.type, unit.name)
        if unit.role is Role.TABLE:
            return _table(unit, key, live)
        return UnitChange(unit.role, key, unit.file, self._unit(instance, key, unit, live))

    def _unit(self, instance: str, key: UnitKey, unit: VersionUnit, live: LiveState) -> UnitState:
        found = live.units.get(key)
        if found is None:
            return UnitState.MISSING
        if sent := self._sent.get((instance, key, found.sha256)):
            current = UnitState.CURRENT if found.valid else UnitState.INVALID
            return current if unit.sha256 in sent else UnitState.OLDER
        if (instance, key) in self._open:
            return UnitState.INTERRUPTED
        return UnitState.UNRECORDED if found.matches else UnitState.DRIFT


def _table(unit: VersionUnit, key: UnitKey, live: LiveState) -> UnitChange:
    table = live.tables.get(key)
    if table is None or not table.exists:
        return UnitChange(unit.role, key, unit.file, UnitState.MISSING)
    if table.missing:
        note = ", ".join(table.missing)
        return UnitChange(unit.role, key, unit.file, UnitState.EXTEND, note)
    if table.differences:
        note = "; ".join(table.differences)
        return UnitChange(unit.role, key, unit.file, UnitState.DIFFERENT, note)
    return UnitChange(unit.role, key, unit.file, UnitState.CURRENT)


def to_install(states: Iterable[UnitChange]) -> tuple[UnitChange, ...]:
    """Keep what must be done: tables to create or extend, and every unit from the first one that
    is not current - a new spec makes its body invalid, so the body follows."""
    kept: list[UnitChange] = []
    behind = False
    for unit in states:
        if unit.role is Role.TABLE:
            if unit.state in (UnitState.MISSING, UnitState.EXTEND):
                kept.append(unit)
            continue
        behind = behind or unit.state is not UnitState.CURRENT
        if behind:
            kept.append(unit)
    return tuple(kept)


_REASONS = {
    UnitState.DRIFT: "changed there by somebody else (drift)",
    UnitState.INTERRUPTED: "an install was interrupted",
    UnitState.UNRECORDED: "there already, but not recorded",
    UnitState.INVALID: "does not compile there",
    UnitState.MISSING: "missing",
    UnitState.OLDER: "older than the working tree",
    UnitState.EXTEND: "state table lacks columns",
}


def why(units: Iterable[UnitChange]) -> str:
    """Say in words why units are to be installed."""
    states = {unit.state for unit in units}
    if states == {UnitState.MISSING}:
        return "not there yet"
    return ", ".join(text for state, text in _REASONS.items() if state in states)
