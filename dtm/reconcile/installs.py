"""The package part of a plan: what each instance holds against what it is meant to hold. Pure."""

from __future__ import annotations

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
from dtm.reconcile.states import History, to_install, why
from dtm.repository.records import PackageVersion, Recorded


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
        self._history = History(self.recorded.readbacks, self.recorded.intents)

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
        recorded_as = self.renamed.get(name, name)
        states = self._history.states(recorded_as, package, live)
        self._warn(name, states)
        units = to_install(states)
        released = self.recorded.releases.get((recorded_as, package.package))
        begun = self._history.begun(recorded_as, package.package)
        if not units and released == package.version and not begun:
            return []
        risks = self._risks(want, units)
        in_place = "in place, but not recorded" if begun else "installed, but never released there"
        reason = why(units) if units else in_place
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
