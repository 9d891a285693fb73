"""Installing what a plan wants on one connected instance: one package after the other.

Runs in the instance's own thread; it touches the instance only and returns what is to be recorded.
A package that does not compile is put back as it was; the others go on, unless it is the helper.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from dtm.errors import DtmError, Locked
from dtm.model.instance import Instance
from dtm.model.package import UnitKey
from dtm.model.resources import Location
from dtm.reconcile.changes import Action, Change
from dtm.reconcile.deps import Locate, nowhere
from dtm.reconcile.live import check_identity, describe, look
from dtm.reconcile.scope import Want
from dtm.reconcile.target import CompileError, Installed, Target
from dtm.repository.records import (
    Facts,
    InstallRecord,
    InstallStatus,
    Outcome,
    PackageVersion,
    Role,
    VersionUnit,
)

HELPERS = frozenset({"DTM", "DOM"})


@dataclass(frozen=True, slots=True)
class PackageResult:
    """What became of one package; `message` says why it is not DONE."""

    package: str
    outcome: Outcome
    message: str = ""
    installs: tuple[InstallRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceResult:
    """What became of one instance."""

    packages: tuple[PackageResult, ...]
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One instance's share of a rollout; `changes` in install order.

    `fingerprint` is what the plan saw there: anything else means that somebody was faster.
    """

    want: Want
    changes: tuple[Change, ...]
    fingerprint: str | None
    known: Facts | None
    apply_id: int
    gate_s: float
    locate: Locate = nowhere

    def all(self, outcome: Outcome, message: str) -> InstanceResult:
        """Give every package the same outcome."""
        packages = (PackageResult(c.target.name, outcome, message) for c in self.changes)
        return InstanceResult(tuple(packages))


def install_all(job: Job, connect: Callable[[Instance], Target]) -> InstanceResult:
    """Connect, make sure nothing changed since the plan, and install; reports, never raises
    DtmError."""
    try:
        target = connect(job.want.instance)
    except DtmError as error:
        return job.all(Outcome.UNREACHABLE, describe(error))
    try:
        return _connected(job, target)
    except Locked as error:
        return job.all(Outcome.BUSY, describe(error))
    except DtmError as error:
        return job.all(Outcome.FAILED, describe(error))
    finally:
        target.close()


def _connected(job: Job, target: Target) -> InstanceResult:
    facts = target.facts(job.want.instance.name)
    check_identity(job.want.instance, facts, job.known)
    if all(change.action is Action.RELEASE for change in job.changes):
        stale = look(target, job.want, facts).fingerprint(job.want) != job.fingerprint
        return job.all(Outcome.STALE, _CHANGED) if stale else job.all(Outcome.DONE, "")
    with target.code_gate(job.gate_s):
        if look(target, job.want, facts).fingerprint(job.want) != job.fingerprint:
            return job.all(Outcome.STALE, _CHANGED)
        return InstanceResult(tuple(_packages(job, target)), facts)


_CHANGED = "the instance changed after the plan was made; plan again"


def _packages(job: Job, target: Target) -> Iterable[PackageResult]:
    helper_failed = False
    versions = {package.package: package for package in job.want.packages}
    for change in job.changes:
        name = change.target.name
        if helper_failed:
            yield PackageResult(name, Outcome.SKIPPED, "the helper package failed")
            continue
        wanted = frozenset(unit.key for unit in change.units)
        install = PackageInstall(
            target,
            job.want.instance.name,
            versions[name],
            apply_id=job.apply_id,
            locate=job.locate,
        )
        result = install.run(wanted)
        helper_failed = result.outcome is not Outcome.DONE and name in HELPERS
        yield result


@dataclass
class PackageInstall:
    """One package on its way to one instance, by an apply or by a run."""

    target: Target
    instance: str
    version: PackageVersion
    apply_id: int | None = None
    run_id: str | None = None
    locate: Locate = nowhere
    _records: list[InstallRecord] = field(default_factory=list, init=False)
    _done: list[tuple[VersionUnit, Installed]] = field(default_factory=list, init=False)

    def run(self, wanted: Container[UnitKey]) -> PackageResult:
        """Install the wanted members; on failure put back what was replaced."""
        try:
            for unit in self.version.units:
                if UnitKey(unit.type, unit.name) not in wanted:
                    continue
                problem = self._table(unit) if unit.role is Role.TABLE else self._unit(unit)
                if problem:
                    return self._failed(problem)
        except DtmError as error:
            return self._failed(describe(error))
        return PackageResult(self.version.package, Outcome.DONE, installs=tuple(self._records))

    def _table(self, table: VersionUnit) -> str:
        self.target.ensure_table(table)
        self._record(table, InstallStatus.INSTALLED)
        return ""

    def _unit(self, unit: VersionUnit) -> str:
        installed = self.target.install(unit)
        self._done.append((unit, installed))
        problem = self._problem(unit, installed)
        self._record(
            unit,
            InstallStatus.FAILED if problem else InstallStatus.INSTALLED,
            readback=installed.readback_sha256,
            previous=installed.previous_text,
            error=problem or None,
        )
        return problem

    def _problem(self, unit: VersionUnit, installed: Installed) -> str:
        """Say what is wrong with an installed unit; '' for nothing."""
        if installed.errors:
            return "\n".join(self._located(unit.file, error) for error in installed.errors)
        if installed.broken:
            return f"{unit.type} {unit.name} breaks {', '.join(installed.broken)}"
        if not installed.valid:
            return f"{unit.file}: {unit.type} {unit.name} is invalid after the install"
        return ""

    def _located(self, file: str, error: CompileError) -> str:
        """Write a compile error as `file:line:column: text`, the file relative to the tree."""
        found = self.locate(self.version.package, file, error.line, error.position)
        place = found or Location(file, error.line, error.position)
        return f"{place}: {' '.join(error.text.split())}"

    def _failed(self, problem: str) -> PackageResult:
        """Restore in reverse order; a unit that cannot be restored is said so, the rest goes on."""
        trouble = [problem]
        for unit, installed in reversed(self._done):
            if not installed.changed:
                continue
            key = UnitKey(unit.type, unit.name)
            try:
                self.target.restore(key, installed.previous_text)
            except DtmError as error:
                trouble.append(f"{key} could not be put back: {describe(error)}")
                continue
            dropped = installed.previous_text is None
            self._record(unit, InstallStatus.DROPPED if dropped else InstallStatus.RESTORED)
        message = "\n".join(trouble)
        return PackageResult(self.version.package, Outcome.FAILED, message, tuple(self._records))

    def _record(
        self,
        unit: VersionUnit,
        status: InstallStatus,
        *,
        readback: str | None = None,
        previous: str | None = None,
        error: str | None = None,
    ) -> None:
        self._records.append(
            InstallRecord(
                instance=self.instance,
                package=self.version.package,
                version=self.version.version,
                unit=UnitKey(unit.type, unit.name),
                sent_sha256=unit.sha256,
                readback_sha256=readback,
                previous_text=previous,
                status=status,
                error=error,
                apply_id=self.apply_id,
                run_id=self.run_id,
            )
        )
