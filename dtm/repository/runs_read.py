"""Set-based reads of runs for people; one statement each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from dtm.model.database import Session
from dtm.model.run import OpenRun
from dtm.model.states import AttemptState, Phase, RunState, StreamState
from dtm.repository.queries import load
from dtm.repository.runs import RunStore
from dtm.repository.runs_rows import Event, RunRow, integer_or_none, run_row


@dataclass(frozen=True, slots=True)
class RunningTask:
    """An attempt without an outcome: running, or left by a runner that died."""

    handle: str
    task: str
    phase: Phase
    iteration: int
    attempt_no: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt at one task."""

    instance: str
    object: str | None
    handle: str
    seq: int
    iteration: int
    phase: Phase
    task: str
    attempt_no: int
    after_error: bool
    state: AttemptState
    outcome_by: str | None
    started_at: datetime
    ended_at: datetime | None
    elapsed_s: float | None
    error_code: str | None
    error_class: str | None
    error_text: str | None


@dataclass(frozen=True, slots=True)
class SqlLine:
    """One logged statement. `rolled_back` None: not known."""

    instance: str
    object: str | None
    handle: str
    client_key: str
    iteration: int | None
    task: str | None
    state: str
    sql_text: str
    started_at: datetime | None
    elapsed_s: float | None
    row_count: int | None
    error_code: str | None
    error_text: str | None
    px_servers: int | None
    rolled_back: bool | None
    alter_session: str | None = None


@dataclass(frozen=True, slots=True)
class FailureLine:
    """An error a stream waits with. `phase` None, task "": it was refused before any task."""

    instance: str
    object: str | None
    handle: str
    phase: Phase | None
    task: str
    iteration: int
    error_code: str | None
    error_class: str | None
    error_text: str | None
    state: AttemptState | StreamState
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskTime:
    """What a task took on an instance in one run: completed attempts, and seconds in all."""

    run_id: str
    instance: str
    task: str
    phase: Phase
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class StreamTime:
    """How long a stream took in an earlier run, without a stop in between."""

    instance: str
    object: str | None
    seconds: float


class RunReader:
    """Reads over one repository session; `store` shares it."""

    def __init__(self, session: Session, store: RunStore) -> None:
        self._session = session
        self._sql = load("watch")
        self.store = store

    def runs(self, operation: str | None, environment: str | None) -> list[RunRow]:
        """Runs, newest first."""
        binds = {"operation_name": operation, "environment_name": environment}
        return [run_row(row) for row in self._session.query(self._sql["runs"], binds)]

    def state_counts(self) -> dict[str, dict[StreamState, int]]:
        """Streams by state, per run."""
        counts: dict[str, dict[StreamState, int]] = defaultdict(dict)
        for run_id, state, number in self._session.query(self._sql["state_counts"]):
            counts[run_id][StreamState(state)] = int(number)
        return counts

    def running_tasks(self, run_id: str) -> tuple[RunningTask, ...]:
        """Attempts without an outcome."""
        rows = self._session.query(self._sql["running_tasks"], {"run_id": run_id})
        return tuple(
            RunningTask(r[0], r[1], Phase(r[2]), int(r[3]), int(r[4]), r[5]) for r in rows
        )

    def attempt_counts(self, run_id: str) -> dict[str, tuple[int, int, float]]:
        """Per handle: attempts done, failed, and seconds spent."""
        rows = self._session.query(self._sql["attempt_counts"], {"run_id": run_id})
        return {r[0]: (int(r[1]), int(r[2]), float(r[3])) for r in rows}

    def sql_counts(self, run_id: str) -> dict[str, tuple[int, int]]:
        """Per handle: statements, and rows they processed."""
        rows = self._session.query(self._sql["sql_counts"], {"run_id": run_id})
        return {r[0]: (int(r[1]), int(r[2])) for r in rows}

    def attempts(
        self, run_id: str, instance: str | None, task: str | None
    ) -> tuple[AttemptLine, ...]:
        """Attempts in the order of streams and time."""
        rows = self._session.query(self._sql["attempts"], _narrowed(run_id, instance, task))
        return tuple(
            AttemptLine(
                instance=r[0],
                object=r[1],
                handle=r[2],
                seq=int(r[3]),
                iteration=int(r[4]),
                phase=Phase(r[5]),
                task=r[6],
                attempt_no=int(r[7]),
                after_error=r[8] == "Y",
                state=AttemptState(r[9]),
                outcome_by=r[10],
                started_at=r[11],
                ended_at=r[12],
                elapsed_s=_float(r[13]),
                error_code=r[14],
                error_class=r[15],
                error_text=r[16],
            )
            for r in rows
        )

    def statements(
        self, run_id: str, instance: str | None, task: str | None
    ) -> tuple[SqlLine, ...]:
        """Logged statements in order of start."""
        rows = self._session.query(self._sql["statements"], _narrowed(run_id, instance, task))
        return tuple(
            SqlLine(
                instance=r[0],
                object=r[1],
                handle=r[2],
                client_key=r[3],
                iteration=integer_or_none(r[4]),
                task=r[5],
                state=r[6],
                sql_text=r[7] or "",
                started_at=r[8],
                elapsed_s=_float(r[9]),
                row_count=integer_or_none(r[10]),
                error_code=r[11],
                error_text=r[12],
                px_servers=integer_or_none(r[13]),
                rolled_back=None if r[14] is None else r[14] == "Y",
                alter_session=r[15],
            )
            for r in rows
        )

    def events(self, run_id: str) -> tuple[Event, ...]:
        """The audit trail."""
        rows = self._session.query(self._sql["events"], {"run_id": run_id})
        return tuple(Event(r[0], r[1], r[2], r[3], r[4] or "", r[5], r[6]) for r in rows)

    def failures(self, run_id: str) -> tuple[FailureLine, ...]:
        """What unfinished streams failed with in their last start."""
        rows = self._session.query(self._sql["failures"], {"run_id": run_id})
        return tuple(
            FailureLine(
                instance=r[0],
                object=r[1],
                handle=r[2],
                phase=Phase(r[3]),
                task=r[4],
                iteration=int(r[5]),
                error_code=r[6],
                error_class=r[7],
                error_text=r[8],
                state=AttemptState(r[9]),
                ended_at=r[10],
            )
            for r in rows
        )

    def task_times(self, operation: str) -> tuple[TaskTime, ...]:
        """What tasks of an operation took, per run and instance."""
        rows = self._session.query(self._sql["task_times"], {"operation_name": operation})
        return tuple(
            TaskTime(r[0], r[1], r[2], Phase(r[3]), int(r[4]), float(r[5] or 0)) for r in rows
        )

    def open_runs(self) -> tuple[OpenRun, ...]:
        """Open runs and where they still have work."""
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for row in self._session.query(load("runs")["open_runs"]):
            found[row[0]].append(row)
        return tuple(
            OpenRun(
                run_id=run_id,
                operation=rows[0][1],
                assignment=rows[0][2],
                environment=rows[0][3],
                instances=tuple(sorted({row[5] for row in rows})),
                running=rows[0][4] == RunState.RUNNING,
            )
            for run_id, rows in found.items()
        )

    def assignments_changed(self) -> dict[str, datetime]:
        """When each recorded assignment was changed last, by name."""
        return dict(self._session.query(load("runs")["assignments_changed"]))

    def stream_times(self, operation: str, environment: str) -> list[StreamTime]:
        """What streams of earlier runs took, newest first."""
        binds = {"operation_name": operation, "environment_name": environment}
        rows = self._session.query(self._sql["stream_times"], binds)
        return [StreamTime(r[0], r[1], (r[3] - r[2]).total_seconds()) for r in rows]


def _narrowed(run_id: str, instance: str | None, task: str | None) -> dict[str, str | None]:
    return {"run_id": run_id, "instance_name": instance, "task_name": task}


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))
