"""Reading runs for people: status, logs, history, errors. Values only; the cli draws them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from dtm.errors import UsageError
from dtm.model.alike import code_of, sense
from dtm.model.states import AttemptState, Phase, RunState, StreamState
from dtm.repository.runs import RunStore
from dtm.repository.runs_read import (
    AttemptLine,
    FailureLine,
    RunningTask,
    RunReader,
    SqlLine,
    TaskTime,
)
from dtm.repository.runs_rows import Event, PackagePin, RunRow, StreamRow
from dtm.runner.deps import Deps
from dtm.runner.estimate import Typical, Work, left, overall


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream as `dtm status` shows it. `rows`: processed by logged statements so far.

    `eta_s`: estimated seconds to its end, from history; None: no history, or it is over.
    """

    row: StreamRow
    running: tuple[RunningTask, ...]
    tasks_done: int
    tasks_failed: int
    statements: int
    rows: int
    busy_s: float
    error: FailureLine | None
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One run with its streams, those that need attention first.

    `eta_s`: estimated seconds to its end, from history; None: no history, or it does not run.
    """

    run: RunRow
    streams: tuple[StreamStatus, ...]
    packages: tuple[PackagePin, ...]
    now: datetime
    typical_s: float | None  # how long completed runs of the operation took, median
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a list, with how many of its streams are in each state."""

    run: RunRow
    streams: dict[StreamState, int]


@dataclass(frozen=True, slots=True)
class Logs:
    """What `dtm logs` shows; `sql` is empty unless it was asked for."""

    run: RunRow
    attempts: tuple[AttemptLine, ...]
    sql: tuple[SqlLine, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Failures alike: same code, same task. `number` counts from 1, the largest group first.

    Task "": the streams were refused, or not reached, before any task.
    """

    number: int
    code: str | None
    task: str
    failures: tuple[FailureLine, ...]

    @property
    def handles(self) -> tuple[str, ...]:
        """The streams that failed so, for `dtm run ... --only-group N`."""
        return tuple(sorted({failure.handle for failure in self.failures}))


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One past or present run of an operation, with the seconds its tasks took."""

    run: RunRow
    streams: dict[StreamState, int]
    tasks: tuple[TaskTime, ...]


_URGENCY = (
    StreamState.UNKNOWN,
    StreamState.FAILED,
    StreamState.RUNNING,
    StreamState.HALTED,
    StreamState.PENDING,
    StreamState.COMPLETED,
    StreamState.SKIPPED,
)


def runs(
    deps: Deps, *, operation: str | None = None, environment: str | None = None, limit: int = 20
) -> tuple[RunLine, ...]:
    """The newest runs, open ones first."""
    with _reader(deps) as reader:
        counts = reader.state_counts()
        rows = reader.runs(operation, environment)
    ordered = sorted(rows, key=lambda row: not row.open)  # stable: newest first within each
    return tuple(RunLine(row, counts.get(row.run_id, {})) for row in ordered[:limit])


def status(deps: Deps, run: str = "latest") -> RunStatus:
    """One run in detail; `run` is an id, its unique beginning, or "latest"."""
    with _reader(deps) as reader:
        store = reader.store
        row = store.run(store.find(run))
        return _status(reader, row)


def _status(reader: RunReader, row: RunRow) -> RunStatus:
    run_id = row.run_id
    running: dict[str, list[RunningTask]] = defaultdict(list)
    for task in reader.running_tasks(run_id):
        running[task.handle].append(task)
    attempts = reader.attempt_counts(run_id)
    statements = reader.sql_counts(run_id)
    streams = reader.store.streams(run_id)
    errors = {failure.handle: failure for failure in reversed(_failures(reader, row, streams))}
    now = reader.store.now()
    works = [
        Work(stream, attempts.get(stream.handle, (0, 0, 0.0))[2], running[stream.handle])
        for stream in streams
    ]
    left_s, eta_s = _estimate(reader, row, works, now)
    found = []
    for stream in streams:
        done, failed, busy_s = attempts.get(stream.handle, (0, 0, 0.0))
        count, rows = statements.get(stream.handle, (0, 0))
        found.append(
            StreamStatus(
                row=stream,
                running=tuple(running[stream.handle]),
                tasks_done=done,
                tasks_failed=failed,
                statements=count,
                rows=rows,
                busy_s=busy_s,
                error=errors.get(stream.handle),
                eta_s=left_s.get(stream.handle),
            )
        )
    found.sort(key=lambda s: (_URGENCY.index(s.row.record.state), s.row.instance))
    pins = tuple(reader.store.packages(run_id).values())
    past = reader.runs(row.operation, row.environment)
    return RunStatus(row, tuple(found), pins, now, _typical(past), eta_s)


def _estimate(
    reader: RunReader, run: RunRow, works: list[Work], now: datetime
) -> tuple[dict[str, float], float | None]:
    """Seconds left by handle, and of the run; nothing while it does not run."""
    if run.state is not RunState.RUNNING:
        return {}, None
    typical = Typical(reader.stream_times(run.operation, run.environment))
    left_s = left(works, typical, now)
    at_work = sum(work.row.record.state is StreamState.RUNNING for work in works)
    return left_s, overall((work.row for work in works), left_s, at_work)


def logs(
    deps: Deps,
    run: str = "latest",
    *,
    instance: str | None = None,
    task: str | None = None,
    sql: bool = False,
) -> Logs:
    """Attempts (and statements) of a run, narrowed by instance and task."""
    with _reader(deps) as reader:
        row = reader.store.run(reader.store.find(run))
        return Logs(
            run=row,
            attempts=reader.attempts(row.run_id, instance, task),
            sql=reader.statements(row.run_id, instance, task) if sql else (),
            events=reader.events(row.run_id),
        )


def history(
    deps: Deps, operation: str, environment: str | None = None, limit: int = 20
) -> tuple[HistoryLine, ...]:
    """Runs of an operation, newest first, with what their tasks took."""
    with _reader(deps) as reader:
        counts = reader.state_counts()
        times: dict[str, list[TaskTime]] = defaultdict(list)
        for time in reader.task_times(operation):
            times[time.run_id].append(time)
        rows = reader.runs(operation, environment)[:limit]
    return tuple(
        HistoryLine(row, counts.get(row.run_id, {}), tuple(times[row.run_id])) for row in rows
    )


def errors(deps: Deps, run: str = "latest") -> tuple[ErrorGroup, ...]:
    """The errors that a run's streams wait with, alike ones together, the most frequent first."""
    with _reader(deps) as reader:
        row = reader.store.run(reader.store.find(run))
        return group(_failures(reader, row, reader.store.streams(row.run_id)))


def open_run(
    deps: Deps, operation: str, environment: str, assignment: str | None, *, test: bool
) -> str:
    """The id of the open run that `dtm run` with these options resumes; UsageError for none."""
    with _reader(deps) as reader:
        for run in reader.runs(operation, environment):
            if run.open and run.test is test and assignment in (None, run.assignment):
                return run.run_id
    raise UsageError(
        f"{operation} in {environment} has no open run", hint="`dtm status` lists runs"
    )


def _failures(
    reader: RunReader, run: RunRow, streams: Iterable[StreamRow]
) -> tuple[FailureLine, ...]:
    """Failed attempts, and the streams that stopped for another reason than a task or a halt."""
    attempts = reader.failures(run.run_id)
    told = {failure.handle for failure in attempts}
    refused = (s for s in streams if s.handle not in told and _refused(run, s))
    return (*attempts, *map(_refusal, refused))


def _refused(run: RunRow, stream: StreamRow) -> bool:
    """In its last start it was turned away, not reached or lost; no task failed, nobody halted."""
    if not stream.reason or stream.ended_at is None or stream.ended_at < run.resumed_at:
        return False
    state = stream.record.state
    by_itself = state in (StreamState.PENDING, StreamState.HALTED) and stream.halt_kind is None
    return by_itself or state is StreamState.FAILED


def _refusal(stream: StreamRow) -> FailureLine:
    return FailureLine(
        instance=stream.instance,
        object=stream.object,
        handle=stream.handle,
        phase=None,
        task="",
        iteration=stream.record.iteration,
        error_code=code_of(stream.reason or ""),
        error_class=None,
        error_text=stream.reason,
        state=stream.record.state,
        ended_at=stream.ended_at,
    )


def group(failures: Iterable[FailureLine]) -> tuple[ErrorGroup, ...]:
    """Group failures by code and task; the order does not depend on the order of `failures`."""
    found: dict[tuple[str, str], list[FailureLine]] = defaultdict(list)
    for failure in failures:
        what = failure.error_code or sense(failure.error_text or "", failure.instance)
        found[what, failure.task].append(failure)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        ErrorGroup(
            number,
            members[0].error_code,
            task,
            tuple(sorted(members, key=lambda f: (f.instance, f.object or ""))),
        )
        for number, ((_, task), members) in enumerate(ordered, start=1)
    )


def _typical(past: Iterable[RunRow]) -> float | None:
    seconds = sorted(
        (run.ended_at - run.started_at).total_seconds()
        for run in past
        if run.state is RunState.COMPLETED
        and run.ended_at
        and not run.test
        and run.start_count == 1
    )
    return seconds[len(seconds) // 2] if seconds else None


@contextmanager
def _reader(deps: Deps) -> Iterator[RunReader]:
    session = deps.repository("watch")
    try:
        yield RunReader(session, RunStore(session))
    finally:
        session.close()


__all__ = [
    "AttemptLine",
    "AttemptState",
    "ErrorGroup",
    "FailureLine",
    "HistoryLine",
    "Logs",
    "Phase",
    "RunLine",
    "RunStatus",
    "SqlLine",
    "StreamStatus",
    "errors",
    "history",
    "logs",
    "runs",
    "status",
]
