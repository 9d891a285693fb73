"""The package part of a plan: what each instance holds against what it is meant to hold. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dtm.model.inventory import Inventory
from dtm.model.resources import Kind, ResourceId
from dtm.reconcile.changes import (
    Action,
    Change,
    Contact,
    InstanceReport,
    Risk,
    UnitChange,
    UnitState,
    Warned,
)
from dtm.reconcile.live import Live, LiveState
from dtm.reconcile.scope import Want
from dtm.repository.records import PackageVersion, Recorded, Role, UnitKey, VersionUnit


@dataclass
class Installs:
    """Builds one change per instance and package that needs one.

    `live` has no entry for an instance that was not looked at; `renamed` maps the name of a
    renamed instance to the one it is recorded under. `changes` fills `warnings`.
    """

    inventory: Inventory
    recorded: Recorded
    wants: tuple[Want, ...]
    live: Mapping[str, Live]
    renamed: Mapping[str, str]
    warnings: list[Warned] = field(default_factory=list)

    def __post_init__(self) -> None:
        recorded = self.recorded
        self._sent: dict[tuple[str, UnitKey, str], set[str]] = defaultdict(set)
        for back in recorded.readbacks:
            self._sent[back.instance, back.unit, back.readback_sha256].add(back.sent_sha256)
        self._open = {(intent.instance, intent.unit) for intent in recorded.intents}

    def changes(self) -> list[Change]:
        """Return installs and releases in the order in which they are rolled out."""
        found = []
        for want in sorted(self.wants, key=self._place):
            live = self.live.get(want.instance.name)
            if isinstance(live, LiveState):
                for package in want.packages:
                    found += self._package(want, package, live)
        return found

    def report(self, want: Want) -> InstanceReport:
        """Say how looking at the instance went."""
        name, environment = want.instance.name, want.instance.environment
        packages = tuple(package.package for package in want.packages)
        live = self.live.get(name)
        if live is None:
            return InstanceReport(name, environment, Contact.NOT_READ, packages=packages)
        if isinstance(live, LiveState):
            mark = live.fingerprint(want)
            return InstanceReport(
                name, environment, Contact.READ, fingerprint=mark, packages=packages
            )
        return InstanceReport(name, environment, live.contact, live.message, packages=packages)

    def _place(self, want: Want) -> tuple[bool, str, str]:
        environment = self.inventory.environments[want.instance.environment]
        return environment.protected, environment.name, want.instance.name

    def _package(self, want: Want, package: PackageVersion, live: LiveState) -> list[Change]:
        name = want.instance.name
        states = [self._unit(name, unit, live) for unit in package.units]
        self._warn(name, states)
        units = _to_install(states)
        released = self.recorded.releases.get((self._recorded_name(name), package.package))
        if not units and released == package.version:
            return []
        risks = self._risks(want, units)
        reason = _why(units) if units else "installed, but never released there"
        return [
            Change(
                Action.INSTALL if units else Action.RELEASE,
                ResourceId(Kind.PACKAGE, package.package),
                reason,
                environment=want.instance.environment,
                instance=name,
                units=units,
                version=package.version,
                risks=risks,
            )
        ]

    def _unit(self, instance: str, unit: VersionUnit, live: LiveState) -> UnitChange:
        key = UnitKey(unit.type, unit.name)
        if unit.role is Role.TABLE:
            return self._table(unit, key, live)
        found = live.units.get(key)
        where = self._recorded_name(instance)
        if found is None:
            state = UnitState.MISSING
        elif sent := self._sent.get((where, key, found.sha256)):
            current = UnitState.CURRENT if found.valid else UnitState.INVALID
            state = current if unit.sha256 in sent else UnitState.OLDER
        elif (where, key) in self._open:
            state = UnitState.INTERRUPTED
        elif found.matches:
            state = UnitState.UNRECORDED
        else:
            state = UnitState.DRIFT
        return UnitChange(unit.role, key, unit.file, state)

    def _table(self, unit: VersionUnit, key: UnitKey, live: LiveState) -> UnitChange:
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

    def _warn(self, instance: str, states: Iterable[UnitChange]) -> None:
        for unit in states:
            if unit.state is UnitState.DIFFERENT:
                message = f"{unit.key} differs from {unit.file} and is left alone: {unit.note}"
                self.warnings.append(Warned(instance, message))

    def _risks(self, want: Want, units: Iterable[UnitChange]) -> tuple[Risk, ...]:
        if not any(unit.state is UnitState.DRIFT for unit in units):
            return ()
        protected = self.inventory.environments[want.instance.environment].protected
        return (Risk.DRIFT, Risk.PROTECTED) if protected else (Risk.DRIFT,)

    def _recorded_name(self, instance: str) -> str:
        return self.renamed.get(instance, instance)


def _to_install(states: Iterable[UnitChange]) -> tuple[UnitChange, ...]:
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


def _why(units: Iterable[UnitChange]) -> str:
    states = {unit.state for unit in units}
    if states == {UnitState.MISSING}:
        return "not there yet"
    return ", ".join(text for state, text in _REASONS.items() if state in states)
