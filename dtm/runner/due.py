"""What schedules and windows ask for now; safe to call every minute, twice at once included.

A scheduled time is due until a run of the assignment was started at or after it: what was missed,
because nobody asked, is made up for once. Times before the last change of an assignment are not:
applying a manifest never starts a run. A run that a window ended is due again when the window is
open; one that a person halted, or that failed, waits for a person. Nothing is remembered here: the
runs themselves are the memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dtm.model.assignment import Assignment
from dtm.model.cron import Cron
from dtm.model.inventory import Inventory
from dtm.model.states import RunState
from dtm.model.targets import targets
from dtm.repository.config import ConfigStore
from dtm.repository.runs import RunStore
from dtm.repository.runs_read import RunReader
from dtm.repository.runs_rows import RunRow
from dtm.runner.decide import HaltKind
from dtm.runner.deps import Deps
from dtm.runner.prepare import read_applied
from dtm.runner.request import RunRequest
from dtm.runner.window import current_span, to_utc, zone_of

# How far back a missed schedule is still made up for.
_DAYS_BACK = 31
# No clock is moved by more than this.
_NEAR = timedelta(hours=3)
# Halts that end by themselves: the run goes on as soon as it may.
_RESUMED = frozenset({HaltKind.WINDOW.value, HaltKind.DURATION.value, HaltKind.ITERATIONS.value})


class Action(StrEnum):
    """What is to be done with an assignment now."""

    START = "start"
    RESUME = "resume"
    WAIT = "wait"  # due, but its window is closed
    PERSON = "person"  # open, and waits for a person
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Due:
    """One scheduled assignment. `since`: the scheduled time that is due, UTC."""

    assignment: str
    operation: str
    environment: str
    action: Action
    reason: str
    since: datetime | None = None
    run_id: str | None = None

    @property
    def request(self) -> RunRequest | None:
        """The request that does it; None where there is nothing to do now."""
        if self.action not in (Action.START, Action.RESUME):
            return None
        return RunRequest(
            self.operation,
            self.environment,
            assignment=self.assignment,
            automatic=True,
            due_since=self.since if self.action is Action.START else None,
        )


def due(deps: Deps, environment: str | None = None) -> tuple[Due, ...]:
    """What is due now, by the repository's clock; by assignment."""
    session = deps.repository("due")
    try:
        store = RunStore(session)
        inventory = read_applied(ConfigStore(session)).inventory
        now = store.now()
        reader = RunReader(session, store)
        runs, changed = reader.runs(None, environment), reader.assignments_changed()
    finally:
        session.close()
    latest: dict[str, RunRow] = {}
    for run in runs:  # newest first
        if not run.test:
            latest.setdefault(run.assignment, run)
    return judge(inventory, latest, now, environment, changed)


def judge(
    inventory: Inventory,
    latest: Mapping[str, RunRow],
    now: datetime,
    environment: str | None,
    changed: Mapping[str, datetime],
) -> tuple[Due, ...]:
    """The pure part: `latest` is the newest real run of each assignment, `changed` when it was
    changed last."""
    return tuple(
        _judge(assignment, latest.get(assignment.name), now, changed.get(assignment.name))
        for assignment in inventory.assignments(env=environment)
        if assignment.schedule is not None and _enabled(inventory, assignment)
    )


def last_scheduled(assignment: Assignment, now: datetime) -> datetime | None:
    """The newest scheduled time at or before `now` (UTC), within the last month."""
    if assignment.schedule is None:
        return None
    zone = zone_of(assignment.window.timezone if assignment.window else "UTC")
    cron = Cron.parse(assignment.schedule)
    here = now.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    for day in cron.days_back(here.date(), _DAYS_BACK):
        times = list(cron.times(day))
        recent = [local for local in times if here - _NEAR <= local <= here + _NEAR]
        for some in (recent, times):  # mostly the first few minutes tell
            found = (utc for local in some for utc in _instants(cron, local, zone))
            passed = [utc for utc in found if utc <= now]
            if passed:
                return max(passed)
    return None


def _instants(cron: Cron, local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When a wall-clock time is, UTC. One that a night skips is where the clock jumps to; one that
    a night has twice counts once - or twice, for a schedule of every hour. As in Vixie cron."""
    first = to_utc(local, zone)
    if not cron.every_hour:
        return (first,)
    again = local.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(tzinfo=None)
    return (first, again) if again > first else (first,)


def _judge(
    assignment: Assignment, run: RunRow | None, now: datetime, changed: datetime | None = None
) -> Due:
    since = last_scheduled(assignment, now)
    if since is not None and changed is not None and since < changed:
        since = None
    action, reason = _action(assignment, run, since, now)
    return Due(
        assignment.name,
        assignment.operation,
        assignment.environment,
        action,
        reason,
        since,
        run.run_id if run and run.open else None,
    )


def _action(
    assignment: Assignment, run: RunRow | None, since: datetime | None, now: datetime
) -> tuple[Action, str]:
    window = assignment.window
    shut = window is not None and current_span(window, now) is None
    if run is not None and run.open:
        if run.state is RunState.RUNNING:
            # Its runner may have died: running it again finds out, and resumes it if so.
            return (Action.WAIT, "its window is closed") if shut else (Action.RESUME, "unfinished")
        if run.state is not RunState.HALTED or run.halt_kind not in _RESUMED:
            return Action.PERSON, f"run {run.run_id} is {run.state.lower()}: {run.reason}"
        if shut:
            return Action.WAIT, "halted, and its window is closed"
        return Action.RESUME, f"halted: {run.reason}"
    if since is None or (run is not None and run.started_at >= since):
        return Action.NOTHING, "not due"
    return (Action.WAIT, "due, but its window is closed") if shut else (Action.START, "due")


def _enabled(inventory: Inventory, assignment: Assignment) -> bool:
    return any(target.left_out is None for target in targets(inventory, assignment))
