"""What a run does before its first task: make sure the instance holds the released versions.

The same comparison and the same install as a rollout, for one instance. What is current costs one
look. A version that was never released is never installed: the caller says which ones are.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dtm.errors import DtmError, Locked, NotApplied, TaskFailed
from dtm.model.instance import Instance
from dtm.model.package import UnitKey
from dtm.model.resources import Kind, ResourceId
from dtm.reconcile.changes import UnitChange, UnitState
from dtm.reconcile.deps import Deps
from dtm.reconcile.install import HELPERS, PackageInstall
from dtm.reconcile.live import LiveState, check_identity, look
from dtm.reconcile.scope import Want
from dtm.reconcile.states import History, to_install, why
from dtm.reconcile.target import Target
from dtm.repository.config import ConfigStore
from dtm.repository.records import Facts, Intent, Outcome, PackageVersion

GATE_S = 10.0


def ensure_released(
    deps: Deps,
    instance: str,
    versions: tuple[PackageVersion, ...],
    *,
    run_id: str,
    repair: bool,
    gate_s: float = GATE_S,
) -> tuple[str, ...]:
    """Install what is missing, older or broken; return one sentence per package installed.

    DtmError on drift unless `repair` (or where the instance is not reachable, or another
    database); Locked while tasks use the code; TaskFailed when it does not compile - then the
    previous text is back. `gate_s`: how long to wait for tasks that use the code.
    """
    session = deps.repository()
    try:
        run = _Run(
            deps, ConfigStore(session), instance, _in_order(versions), run_id, repair, gate_s
        )
        return run.ensure()
    finally:
        session.close()


def _in_order(versions: Sequence[PackageVersion]) -> tuple[PackageVersion, ...]:
    """The helper goes first (DTM before its alias), then packages by name."""

    def place(version: PackageVersion) -> tuple[bool, bool, str]:
        return version.package not in HELPERS, version.package != "DTM", version.package

    return tuple(sorted(versions, key=place))


Todo = list[tuple[PackageVersion, tuple[UnitChange, ...]]]


@dataclass(frozen=True, slots=True)
class _Run:
    deps: Deps
    store: ConfigStore
    name: str
    versions: tuple[PackageVersion, ...]
    run_id: str
    repair: bool
    gate_s: float

    def ensure(self) -> tuple[str, ...]:
        want = Want(self._instance(), self.versions)
        known = self.store.facts().get(self.name)
        history = self._history()
        target = self.deps.connect(want.instance)
        try:
            facts = target.facts(self.name)
            check_identity(want.instance, facts, known)
            if known is None:
                self.store.record_facts([facts])
            if self._todo(history, look(target, want, facts)):
                return self._install(target, want, facts, self.gate_s)
            if any(history.begun(self.name, version.package) for version in self.versions):
                with suppress(Locked):  # whoever uses the code now, the next run tidies up
                    return self._install(target, want, facts, 0.0)
            return ()
        finally:
            target.close()

    def _install(self, target: Target, want: Want, facts: Facts, gate_s: float) -> tuple[str, ...]:
        """Look once more behind the gate: another run may have been faster.

        Then everything is in place, and no install that died on the way is open any more.
        """
        with target.code_gate(gate_s):
            todo = self._todo(self._history(), look(target, want, facts))
            done = tuple(self._package(target, version, units) for version, units in todo)
            self.store.settle(self.name, [version.package for version in self.versions])
            return done

    def _package(
        self, target: Target, version: PackageVersion, units: tuple[UnitChange, ...]
    ) -> str:
        intents = self._intents(version, units)
        self.store.record_intents(intents)
        install = PackageInstall(target, self.name, version, run_id=self.run_id)
        result = install.run(frozenset(unit.key for unit in units))
        self.store.record_installs(result.installs)
        begun = {record.unit for record in result.installs}
        self.store.forget_intents([intent for intent in intents if intent.unit not in begun])
        if result.outcome is not Outcome.DONE:
            raise TaskFailed(
                f"{version.package} could not be installed: {result.message}",
                where=f"instance {self.name}",
                hint="what was there before is back; see dtm plan",
            )
        return f"{version.package} {version.version[:12]} installed: {why(units)}"

    def _todo(self, history: History, live: LiveState) -> Todo:
        found: Todo = []
        for version in self.versions:
            units = to_install(history.states(self.name, version, live))
            drifted = [str(unit.key) for unit in units if unit.state is UnitState.DRIFT]
            if drifted and not self.repair:
                raise DtmError(
                    f"{', '.join(drifted)} was changed by somebody else (drift)",
                    where=f"instance {self.name}",
                    hint="look with dtm plan; dtm apply or dtm run --repair replaces it",
                )
            if units:
                found.append((version, units))
        return found

    def _intents(self, version: PackageVersion, units: tuple[UnitChange, ...]) -> list[Intent]:
        texts = {UnitKey(unit.type, unit.name): unit.sha256 for unit in version.units}
        return [Intent(self.name, unit.key, version.package, texts[unit.key]) for unit in units]

    def _history(self) -> History:
        return History(self.store.readbacks(self.name), self.store.intents())

    def _instance(self) -> Instance:
        key = ResourceId(Kind.INSTANCE, self.name)
        found = self.store.resources([key]).get(key)
        if found is None:
            raise NotApplied(f"instance {self.name} is not in the repository", hint="dtm apply")
        return Instance.from_resource(found)
