"""Reading runs for people: status, logs, history, errors. Values only; the cli draws them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream as `dtm status` shows it. `rows`: processed by logged statements so far.

    `eta_s`: estimated seconds to the end of the iteration, from history; None: no history.
    """

    row: StreamRow
    running: tuple[RunningTask, ...]
    tasks_done: int
    tasks_failed: int
    statements: int
    rows: int
    busy_s: float
    error: FailureLine | None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One run with its streams, those that need attention first."""

    run: RunRow
    streams: tuple[StreamStatus, ...]
    packages: tuple[PackagePin, ...]
    now: datetime
    typical_s: float | None  # how long completed runs of the operation took, median


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
    """Failures alike: same code, same task. `number` counts from 1, the largest group first."""

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
    errors = {failure.handle: failure for failure in reversed(reader.failures(run_id))}
    found = []
    for stream in reader.store.streams(run_id):
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
            )
        )
    found.sort(key=lambda s: (_URGENCY.index(s.row.record.state), s.row.instance))
    pins = tuple(reader.store.packages(run_id).values())
    past = reader.runs(row.operation, row.environment)
    return RunStatus(row, tuple(found), pins, reader.store.now(), _typical(past))


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
        return group(reader.failures(row.run_id))


def group(failures: Iterable[FailureLine]) -> tuple[ErrorGroup, ...]:
    """Group failures by code and task; the order does not depend on the order of `failures`."""
    found: dict[tuple[str, str], list[FailureLine]] = defaultdict(list)
    for failure in failures:
        found[failure.error_code or "", failure.task].append(failure)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        ErrorGroup(
            number,
            code or None,
            task,
            tuple(sorted(members, key=lambda f: (f.instance, f.object or ""))),
        )
        for number, ((code, task), members) in enumerate(ordered, start=1)
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
