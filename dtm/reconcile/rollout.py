"""The rollout: wave by wave, environment by environment, within a failure budget per package.

Instances of a wave are installed in parallel threads; everything is recorded from this one. The
released version of a package advances for the instances of a wave that succeeded. A package whose
budget is spent stops there, in later environments too; the others go on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dtm.errors import DtmError
from dtm.model.environment import RolloutPolicy
from dtm.reconcile.changes import Action, Change
from dtm.reconcile.deps import ApplyOptions, Deps
from dtm.reconcile.events import Event, EventKind, Report
from dtm.reconcile.install import InstanceResult, Job, PackageResult, install_all
from dtm.reconcile.live import describe
from dtm.reconcile.make import Planned
from dtm.reconcile.parallel import run_each
from dtm.repository.config import ConfigStore
from dtm.repository.records import Intent, Outcome, Release

EVENTS = {
    Outcome.DONE: EventKind.INSTALLED,
    Outcome.FAILED: EventKind.FAILED,
    Outcome.SKIPPED: EventKind.SKIPPED,
    Outcome.BUSY: EventKind.BUSY,
    Outcome.UNREACHABLE: EventKind.AWAY,
    Outcome.STALE: EventKind.FAILED,
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one change; `message` says why it is not DONE."""

    change: Change
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """Instances of one environment that are installed together; `number` counts from 1."""

    environment: str
    number: int
    of: int
    instances: tuple[str, ...]


def waves(changes: Sequence[Change], policies: Mapping[str, RolloutPolicy]) -> Iterator[Wave]:
    """Cut the instances that changes touch into waves, in the order of the plan."""
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for change in changes:
        if change.instance and change.environment:
            names[change.environment][change.instance] = None
    for environment, ordered in names.items():
        members = tuple(ordered)
        slices = policies[environment].slices(len(members))
        for number, part in enumerate(slices, start=1):
            yield Wave(environment, number, len(slices), members[part])


@dataclass
class Budget:
    """Failures per package in one environment; what is stopped stays stopped everywhere."""

    stopped: dict[str, str] = field(default_factory=dict)
    _failures: Counter[tuple[str, str]] = field(default_factory=Counter)

    def failed(self, environment: str, package: str, allowed: int | None) -> None:
        """Count a failure and stop the package when there are more than `allowed`."""
        self._failures[environment, package] += 1
        count = self._failures[environment, package]
        if allowed is not None and count > allowed and package not in self.stopped:
            self.stopped[package] = (
                f"{package} failed on {_instances(count)} of {environment} ({allowed} allowed)"
            )


class Rollout:
    """Carries out the installs and releases of a plan; one per apply."""

    def __init__(
        self,
        planned: Planned,
        store: ConfigStore,
        deps: Deps,
        options: ApplyOptions,
        report: Report,
    ) -> None:
        self._planned = planned
        self._store = store
        self._deps = deps
        self._options = options
        self._report = report
        self._budget = Budget()
        self._wants = {want.instance.name: want for want in planned.wants}
        self._fingerprints = {r.name: r.fingerprint for r in planned.plan.instances}
        self._changes: dict[str, list[Change]] = defaultdict(list)
        for change in planned.plan.changes:
            if change.instance is not None:
                self._changes[change.instance].append(change)

    def run(self, apply_id: int) -> Iterator[list[Applied]]:
        """Roll out; yield what became of the changes of each wave."""
        plan = self._planned.plan
        policies = {
            name: env.rollout for name, env in self._planned.inventory.environments.items()
        }
        for wave in waves(plan.changes, policies):
            yield self._wave(wave, policies[wave.environment], apply_id)

    def _wave(self, wave: Wave, policy: RolloutPolicy, apply_id: int) -> list[Applied]:
        count = len(wave.instances)
        title = f"{wave.environment}: wave {wave.number} of {wave.of}, {_instances(count)}"
        self._say(EventKind.WAVE, message=title)
        jobs = {name: self._job(name, apply_id) for name in wave.instances}
        intents = [intent for job in jobs.values() for intent in _intents(job)]
        if intents:
            self._store.record_intents(intents)
        applied: list[Applied] = []
        work = {name: self._work(job) for name, job in jobs.items()}
        running = run_each(
            work,
            limit=self._options.max_parallel,
            deadline_s=self._options.deadline_s,
            beat=self._store.schema,  # the session holds the repository lock: it must not idle
        )
        for name, result in running:
            job = jobs[name]
            if isinstance(result, DtmError):
                result = job.all(Outcome.FAILED, describe(result))
            else:
                self._record(job, result)
            for change, package in zip(job.changes, result.packages, strict=True):
                self._settle(change, package, policy)
                applied.append(Applied(change, package.outcome, package.message))
        return self._release(wave, applied, apply_id)

    def _settle(self, change: Change, package: PackageResult, policy: RolloutPolicy) -> None:
        if package.outcome is Outcome.FAILED:
            environment = change.environment or ""
            self._budget.failed(environment, package.package, policy.max_failures)
        if package.outcome is not Outcome.DONE or change.action is Action.INSTALL:
            kind = EVENTS[package.outcome]
            self._say(kind, change.instance, package.package, package.message)

    def _release(self, wave: Wave, applied: Sequence[Applied], apply_id: int) -> list[Applied]:
        """Advance released versions of the wave; a package that was stopped is not released."""
        releases, settled = [], []
        for one in applied:
            change = one.change
            reason = self._budget.stopped.get(change.target.name)
            if one.outcome is Outcome.DONE and reason is not None:
                message = f"installed, but not released: {reason}"
                settled.append(Applied(change, Outcome.SKIPPED, message))
                continue
            settled.append(one)
            if one.outcome is Outcome.DONE:
                where, what = change.instance or "", change.target.name
                releases.append(Release(where, what, change.version or ""))
        if releases:
            self._store.release(releases, apply_id)
            packages = ", ".join(sorted({release.package for release in releases}))
            count = len({release.instance for release in releases})
            message = f"{wave.environment}: {packages} on {_instances(count)}"
            self._say(EventKind.RELEASED, message=message)
        return settled

    def _job(self, name: str, apply_id: int) -> Job:
        return Job(
            want=self._wants[name],
            changes=tuple(self._changes[name]),
            fingerprint=self._fingerprints[name],
            known=self._planned.known.get(name),
            apply_id=apply_id,
            gate_s=self._options.gate_s,
            locate=self._planned.desired.locate,
        )

    def _work(self, job: Job) -> Callable[[], InstanceResult]:
        """Decide when the job starts, not when the wave does, which packages are stopped."""

        def work() -> InstanceResult:
            stopped = dict(self._budget.stopped)
            going = tuple(c for c in job.changes if c.target.name not in stopped)
            if not going:
                return job.all(Outcome.SKIPPED, "; ".join(sorted(stopped.values())))
            result = install_all(replace(job, changes=going), self._deps.connect)
            done = {package.package: package for package in result.packages}
            packages = (
                done.get(name) or PackageResult(name, Outcome.SKIPPED, stopped[name])
                for name in (change.target.name for change in job.changes)
            )
            return replace(result, packages=tuple(packages))

        return work

    def _record(self, job: Job, result: InstanceResult) -> None:
        if result.facts is not None:
            self._store.record_facts([result.facts])
        records = [record for package in result.packages for record in package.installs]
        if records:
            self._store.record_installs(records)
        recorded = {record.unit for record in records}
        left = [intent for intent in _intents(job) if intent.unit not in recorded]
        if left:
            self._store.forget_intents(left)
        self._store.settle(
            job.want.instance.name,
            [package.package for package in result.packages if package.outcome is Outcome.DONE],
        )

    def _say(
        self,
        kind: EventKind,
        instance: str | None = None,
        package: str | None = None,
        message: str = "",
    ) -> None:
        self._report(Event(kind, instance, package, message))


def _instances(count: int) -> str:
    return f"{count} instance" if count == 1 else f"{count} instances"


def _intents(job: Job) -> list[Intent]:
    versions = {package.package: package for package in job.want.packages}
    texts = {
        (change.target.name, unit.type, unit.name): unit.sha256
        for change in job.changes
        for unit in versions[change.target.name].units
    }
    return [
        Intent(
            job.want.instance.name,
            unit.key,
            change.target.name,
            texts[change.target.name, unit.key.type, unit.key.name],
            job.apply_id,
        )
        for change in job.changes
        for unit in change.units
    ]
