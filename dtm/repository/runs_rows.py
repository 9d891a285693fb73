"""Rows of the run tables as values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from dtm.model.database import Row
from dtm.model.states import AttemptState, Phase, RunState, StreamState
from dtm.model.stream import (
    Attempt,
    Entry,
    OutcomeBy,
    StreamRecord,
    TaskKey,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. Times are naive UTC of the repository; `state` is not final while `open`."""

    run_id: str
    operation: str
    environment: str
    assignment: str
    test: bool
    state: RunState
    definition_digest: str
    requested_by: str
    tool_version: str
    max_parallel: int | None
    start_count: int
    halt_kind: str | None
    reason: str | None
    started_at: datetime
    resumed_at: datetime
    ended_at: datetime | None
    open: bool


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream with the record of where it stands (without attempts, unless they were loaded)."""

    handle: str
    run_id: str
    instance: str
    object: str | None
    position: int
    member: int
    wave: int
    record: StreamRecord
    reason: str | None = None
    halt_kind: str | None = None
    liveness: str | None = None
    client_session: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def label(self) -> str:
        """`instance` or `instance/object`, as people name a stream."""
        return f"{self.instance}/{self.object}" if self.object else self.instance


@dataclass(frozen=True, slots=True)
class ParameterPin:
    """A parameter frozen for one stream; `value` is text without NLS (None: not set)."""

    name: str
    type: str
    value: str | None
    layer: str
    origin: str


@dataclass(frozen=True, slots=True)
class PackagePin:
    """The version of a package that a run uses on an instance; the highest `number` counts."""

    instance: str
    package: str
    number: int
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewStream:
    """A stream to be created, with its frozen parameters."""

    handle: str
    instance: str
    object: str | None
    position: int
    member: int
    wave: int
    parameters: tuple[ParameterPin, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be created, with its streams and package pins."""

    run_id: str
    operation: str
    environment: str
    assignment: str
    test: bool
    definition_digest: str
    requested_by: str
    tool_version: str
    max_parallel: int | None
    streams: tuple[NewStream, ...]
    packages: tuple[PackagePin, ...]


@dataclass(frozen=True, slots=True)
class SqlRow:
    """One statement of the SQL log; `client_key` is unique on its client."""

    client_key: str
    state: str
    attempt_seq: int | None = None
    iteration: int | None = None
    task: str | None = None
    sql_text: str | None = None
    sql_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    elapsed_s: float | None = None
    row_count: int | None = None
    error_code: str | None = None
    error_text: str | None = None
    px_queries: int | None = None
    px_dml: int | None = None
    px_ddl: int | None = None
    px_servers: int | None = None
    alter_session: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the audit trail; `key` makes writing it idempotent."""

    key: str
    run_id: str
    kind: str
    actor: str
    message: str
    at: datetime
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """What one stream wants durable in one piece: entries, and the record after them."""

    record: StreamRecord
    at: datetime
    entries: tuple[Entry, ...] = ()
    sql: tuple[SqlRow, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def handle(self) -> str:
        """The stream's handle."""
        return self.record.handle


@dataclass(frozen=True, slots=True)
class HaltRequest:
    """An outstanding request to halt a run, or its streams on one instance."""

    halt_id: str
    instance: str | None
    mode: str  # NOW, TASK, ITERATION
    reason: str
    requested_by: str
    requested_at: datetime


def run_row(row: Row) -> RunRow:
    """Read a row of query `run`."""
    return RunRow(
        run_id=row[0],
        operation=row[1],
        environment=row[2],
        assignment=row[3],
        test=row[4] == "T",
        state=RunState(row[5]),
        definition_digest=row[6],
        requested_by=row[7],
        tool_version=row[8],
        max_parallel=integer_or_none(row[9]),
        start_count=int(row[10]),
        halt_kind=row[11],
        reason=row[12],
        started_at=row[13],
        resumed_at=row[14],
        ended_at=row[15],
        open=row[16] is not None,
    )


def stream_row(row: Row, attempts: Sequence[Attempt] = ()) -> StreamRow:
    """Read a row of query `streams`."""
    record = StreamRecord(
        handle=row[0],
        state=StreamState(row[7]),
        iteration=int(row[10]),
        exhausted=row[11] == "Y",
        start_count=int(row[12]),
        start_iteration=int(row[13]),
        fence=int(row[14]),
        initial_fence=int(row[15]),
        last_seq=int(row[16]),
        attempts=tuple(attempts),
    )
    return StreamRow(
        handle=row[0],
        run_id=row[1],
        instance=row[2],
        object=row[3],
        position=int(row[4]),
        member=int(row[5]),
        wave=int(row[6]),
        record=record,
        reason=row[8],
        halt_kind=row[9],
        liveness=row[17],
        client_session=row[18],
        started_at=row[19],
        ended_at=row[20],
    )


def attempt_of(row: Row) -> tuple[str, Attempt]:
    """Read a row of query `live_attempts`: handle and attempt."""
    key = TaskKey(int(row[2]), Phase(row[3]), row[4], row[7] == "Y")
    return row[0], Attempt(
        seq=int(row[1]),
        key=key,
        attempt_no=int(row[5]),
        marker_no=int(row[6]),
        fence=int(row[8]),
        state=AttemptState(row[9]),
        outcome_by=OutcomeBy(row[10]) if row[10] else None,
        error_code=row[11],
    )


def settled(
    states: Mapping[tuple[str, str | None], int], halt: str | None = None
) -> tuple[RunState, str | None, str]:
    """What the streams make of their run: state, who halted it, why in words.

    `states` counts streams by (state, halt kind). `halt`: the kind of halt in force, where it came
    before any stream had started.
    """
    counts: dict[str, int] = {}
    for (state, _), number in states.items():
        counts[state] = counts.get(state, 0) + number
    kinds = {kind for (state, kind) in states if state == "HALTED" and kind}
    kinds = kinds or ({halt} if halt else set())
    words = ", ".join(f"{counts[s]} {s.lower()}" for s in sorted(counts))
    if counts.get("RUNNING"):
        return RunState.RUNNING, None, words
    if counts.get("FAILED") or counts.get("UNKNOWN"):
        return RunState.FAILED, _first(kinds), words
    if set(counts) <= {"COMPLETED", "SKIPPED"}:
        return RunState.COMPLETED, None, words
    if "SIGNAL" in kinds:
        return RunState.INTERRUPTED, "SIGNAL", words
    return RunState.HALTED, _first(kinds), words


def _first(kinds: set[str]) -> str | None:
    # A person's halt outranks the rest: nothing automatic may resume it.
    return "PERSON" if "PERSON" in kinds else min(kinds, default=None)


def milliseconds(at: datetime) -> int:
    """UTC milliseconds since 1970 of a naive UTC time."""
    return int((at.replace(tzinfo=UTC) - _EPOCH).total_seconds() * 1000)


def integer_or_none(value: int | Decimal | None) -> int | None:
    """NUMBER without fraction, or None."""
    return None if value is None else int(value)
