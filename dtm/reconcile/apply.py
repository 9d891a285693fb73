"""Applying a plan: under the repository lock, configuration in one transaction, then the rollout.

What is applied is what was shown: the same plan value. Killed anywhere it is simply run again: a
new plan sees what is done already.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dtm.errors import DatabaseError, DtmError, ExitCode, Locked, StalePlan, UsageError, worst
from dtm.model.database import Session
from dtm.model.resources import Kind
from dtm.model.run import OpenRun
from dtm.reconcile import planfile
from dtm.reconcile.changes import CONFIG_ACTIONS, Action, Change, Plan
from dtm.reconcile.deps import ApplyOptions, Deps
from dtm.reconcile.events import Event, EventKind, Report, ignore
from dtm.reconcile.live import describe
from dtm.reconcile.make import Planned, moved_instances
from dtm.reconcile.resume import tolerated
from dtm.reconcile.rollout import Applied, Rollout
from dtm.reconcile.scope import selections
from dtm.repository.applies import ApplyLog
from dtm.repository.config import ConfigStore, ConfigWrite
from dtm.repository.migrator import Migrator
from dtm.repository.records import (
    ApplyHeader,
    ApplyRecord,
    ApplyState,
    ChangeRecord,
    FieldRecord,
    Outcome,
    PackageVersion,
    RepositoryState,
)
from dtm.repository.versions import version_of


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What an apply did. `apply_id` None: there was nothing to do."""

    plan: Plan
    apply_id: int | None = None
    serial: int | None = None
    applied: tuple[Applied, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0 done, 3 an install failed, 4 code in use, 5 stale there, 6 instances away, 1 an instance
        is another database than it should be."""
        codes = {
            Outcome.FAILED: ExitCode.FAILED,
            Outcome.SKIPPED: ExitCode.FAILED,
            Outcome.BUSY: ExitCode.LOCKED,
            Outcome.STALE: ExitCode.STALE,
            Outcome.UNREACHABLE: ExitCode.DEGRADED,
        }
        found = [codes.get(one.outcome, ExitCode.OK) for one in self.applied]
        if self.plan.away:
            found.append(ExitCode.ERROR if self.plan.refused else ExitCode.DEGRADED)
        return worst(found)

    def count(self, outcome: Outcome) -> int:
        """Count changes with that outcome."""
        return sum(one.outcome is outcome for one in self.applied)


def initialise(deps: Deps, report: Report = ignore) -> RepositoryState:
    """Bring the repository's schema up to date and give a new one its lineage (`dtm init`)."""
    session = deps.repository()
    try:
        with deps.lock(session):
            return _prepare(session, deps, report)
    finally:
        session.close()


def apply_plan(
    planned: Planned, deps: Deps, options: ApplyOptions | None = None, report: Report = ignore
) -> ApplyReport:
    """Carry out a plan that `make_plan` has just made (and somebody has said yes to).

    UsageError on too many deletions or a missing confirmation; Locked while another apply is at
    it or a run needs what is removed; StalePlan if the repository moved on - in each case nothing
    is changed. Failed installs are in the report.
    """
    options = options or ApplyOptions()
    plan = planned.plan
    if options.saved is not None:
        _check_saved(options.saved, plan, deps)
    check_limits(plan, options)
    if plan.empty:
        return ApplyReport(plan)
    session = deps.repository()
    try:
        with deps.lock(session):
            return _locked(planned, session, deps, options, report)
    finally:
        session.close()


def check_limits(plan: Plan, options: ApplyOptions) -> None:
    """Raise UsageError for what the plan may not do without being told so."""
    if plan.deletions > options.max_deletions:
        raise UsageError(
            f"the plan removes {plan.deletions} resources; --max-deletions is "
            f"{options.max_deletions}",
            hint=f"if that is meant: --max-deletions {plan.deletions}",
        )
    missing = [name for name in plan.needs_confirmation if name not in options.confirmed]
    if missing:
        words = " ".join(f"--confirm {name}" for name in missing)
        raise UsageError(
            f"the plan destroys something in protected environment {', '.join(missing)}",
            hint=f"if that is meant: {words}",
        )


def _check_saved(saved: Plan, current: Plan, deps: Deps) -> None:
    if saved.offline:
        raise UsageError(
            "the saved plan was made --offline and has not looked at the instances",
            hint="plan again without --offline",
        )
    if not any(planfile.stale(saved, current)):
        return
    planfile.check(saved, tolerated(saved, current, *_last_apply(current, deps)))


def _last_apply(current: Plan, deps: Deps) -> tuple[ApplyRecord | None, frozenset[str]]:
    if not current.base.lineage:
        return None, frozenset()
    session = deps.repository()
    try:
        log = ApplyLog(session)
        last = next(iter(log.applies()), None)
        return last, log.touched(last.apply_id) if last else frozenset()
    finally:
        session.close()


def _locked(
    planned: Planned, session: Session, deps: Deps, options: ApplyOptions, report: Report
) -> ApplyReport:
    """Apply with the repository lock held."""
    plan = planned.plan
    store = ConfigStore(session)
    _check_base(plan, store.state())
    state = _prepare(session, deps, report)
    if not plan.changes:
        return ApplyReport(plan, serial=state.serial)
    check_runs(plan, deps.open_runs(session))
    log = ApplyLog(session)
    header = _header(options.saved or plan, plan, deps, state)
    apply_id = log.begin(header, _records(plan))
    try:
        serial = _write(planned, store, log, deps, session, apply_id, state)
        applied = [Applied(c, Outcome.DONE) for c in plan.changes if c.action in CONFIG_ACTIONS]
        report(Event(EventKind.WRITTEN, message=f"serial {serial}"))
        seqs = {change.id: seq for seq, change in enumerate(plan.changes, start=1)}
        _note(log, apply_id, seqs, applied)
        for settled in Rollout(planned, store, deps, options, report).run(apply_id):
            _note(log, apply_id, seqs, settled)
            applied += settled
    except DtmError as error:
        _record_failure(session, log, apply_id, error)
        raise
    result = ApplyReport(plan, apply_id, serial, tuple(applied))
    log.finish(apply_id, _state(result))
    return result


def _record_failure(session: Session, log: ApplyLog, apply_id: int, error: DtmError) -> None:
    try:
        session.rollback()
        log.finish(apply_id, ApplyState.FAILED, describe(error))
    except DatabaseError as second:
        # the repository is away; the next apply finds this one RUNNING and knows it is dead
        error.add_note(f"it could not be recorded either: {describe(second)}")


def _check_base(plan: Plan, state: RepositoryState) -> None:
    base = plan.base
    if (base.lineage, base.serial) != (state.lineage, state.serial):
        what = "lineage" if base.lineage != state.lineage else "serial"
        raise StalePlan(
            f"the repository's {what} changed while the plan was being looked at "
            f"(serial {base.serial}, now {state.serial})",
            hint="somebody else has applied; plan again",
        )


def _prepare(session: Session, deps: Deps, report: Report) -> RepositoryState:
    """Migrate the schema and give it a lineage; both only where it is needed."""
    migrator = Migrator(session, deps.tool_version)
    migrator.apply(lambda name: report(Event(EventKind.MIGRATED, message=name)))
    store = ConfigStore(session)
    state = store.state()
    if not state.initialised:
        store.initialise(str(uuid.uuid4()))
        state = store.state()
    return state


def check_runs(plan: Plan, runs: Sequence[OpenRun]) -> None:
    """Refuse to remove or rename what an open run works with."""
    for change in plan.changes:
        if change.action not in (Action.DELETE, Action.RENAME):
            continue
        name = change.renamed_from or change.target.name
        for run in runs:
            if not _uses(run, change.target.kind, name):
                continue
            message = f"{change.target.kind.value} {name} is used by run {run.run_id}"
            if run.running:
                raise Locked(f"{message}, which is active", hint="disable it first, and wait")
            raise UsageError(
                f"{message}, which is not finished",
                hint=f"finish it, or give it up: dtm abandon {run.run_id}",
            )


def _uses(run: OpenRun, kind: Kind, name: str) -> bool:
    used: dict[Kind, tuple[str, ...]] = {
        Kind.ENVIRONMENT: (run.environment,),
        Kind.INSTANCE: run.instances,
        Kind.OPERATION: (run.operation,),
        Kind.ASSIGNMENT: (run.assignment,),
    }
    return name in used.get(kind, ())


def _write(
    planned: Planned,
    store: ConfigStore,
    log: ApplyLog,
    deps: Deps,
    session: Session,
    apply_id: int,
    state: RepositoryState,
) -> int:
    plan, inventory = planned.plan, planned.inventory
    by_action: Mapping[Action, list[Change]] = {
        action: [change for change in plan.changes if change.action is action] for action in Action
    }
    written = [
        change.target
        for change in plan.changes
        if change.action in (Action.CREATE, Action.UPDATE, Action.RENAME)
    ]
    renames = tuple(
        (change.target.kind, change.renamed_from or "", change.target.name)
        for change in by_action[Action.RENAME]
    )
    selecting = {Kind.INSTANCE, Kind.ASSIGNMENT}
    reselect = any(c.action in CONFIG_ACTIONS and c.target.kind in selecting for c in plan.changes)
    change = ConfigWrite(
        apply_id=apply_id,
        expected=state,
        upserts=tuple(inventory.resources[one] for one in written),
        deletes=tuple(change.target for change in by_action[Action.DELETE]),
        renames=renames,
        versions=_versions(planned),
        selections=selections(inventory) if reselect else None,
        forget_facts=tuple(sorted(moved_instances(inventory, planned.recorded))),
    )

    def before_commit(serial: int) -> None:
        for kind, old, new in renames:
            deps.rename_history(session, kind, old, new)
        log.serial_written(apply_id, serial)

    return store.write(change, before_commit)


def _versions(planned: Planned) -> tuple[PackageVersion, ...]:
    """Return what instances will hold, and what the recorded packages consist of."""
    from_wants = {
        (package.package, package.version): package
        for want in planned.wants
        for package in want.packages
    }
    packages = planned.inventory.packages.values()
    from_packages = {(v.package, v.version): v for v in map(version_of, packages)}
    return tuple((from_packages | from_wants).values())


def _header(shown: Plan, plan: Plan, deps: Deps, state: RepositoryState) -> ApplyHeader:
    return ApplyHeader(
        os_user=deps.who.os_user,
        host=deps.who.host,
        commit=plan.base.commit,
        plan_digest=planfile.digest(shown),
        manifest_digest=plan.base.manifest_digest,
        tool_version=deps.tool_version,
        serial_before=state.serial,
    )


def _records(plan: Plan) -> list[ChangeRecord]:
    return [
        ChangeRecord(
            seq=seq,
            action=change.action.value,
            kind=change.target.kind,
            name=change.target.name,
            instance=change.instance,
            environment=change.environment,
            reason=change.reason,
            fields=_fields(change),
        )
        for seq, change in enumerate(plan.changes, start=1)
    ]


def _fields(change: Change) -> tuple[FieldRecord, ...]:
    """What a change touched; of a new resource that is all of it, and stands in DTM_RESOURCES."""
    if change.action is Action.CREATE:
        return ()
    return tuple(FieldRecord(field.path, field.old, field.new) for field in change.fields)


def _note(
    log: ApplyLog, apply_id: int, seqs: Mapping[str, int], applied: Sequence[Applied]
) -> None:
    outcomes = [(seqs[one.change.id], one.outcome, one.message or None) for one in applied]
    log.set_outcomes(apply_id, outcomes)


def _state(report: ApplyReport) -> ApplyState:
    if report.exit_code is ExitCode.OK:
        return ApplyState.DONE
    failed = report.count(Outcome.FAILED) + report.count(Outcome.SKIPPED)
    return ApplyState.FAILED if failed else ApplyState.DEGRADED
