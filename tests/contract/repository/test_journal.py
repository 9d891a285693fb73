"""Journal batches against the database: large ones, long texts, streams that were taken over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dtm.model.database import Row
from dtm.model.states import AttemptState, Phase
from dtm.model.stream import Attempt, Intent, Outcome, OutcomeBy, Start, TaskKey
from dtm.repository.runs import Fenced, RunStore
from dtm.repository.runs_rows import (
    Event,
    HaltRequest,
    NewRun,
    NewStream,
    SqlRow,
    StreamRow,
    Write,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678900, UTC).replace(tzinfo=None)
STREAMS = 20
LONG = "long \u20ac " * 8000  # 72,000 bytes
ERROR = "ORA-00001: unique constraint \u20ac violated\n" * 700  # 30,000 bytes


@pytest.fixture
def store(one):
    session = one.repository.connect()
    yield RunStore(session)
    session.close()


def event(kind: str = "START") -> Event:
    return Event(f"{kind} {NOW}", "run", kind, "me", "", NOW)


def claimed(store: RunStore) -> tuple[list[StreamRow], int]:
    """Streams of a new run, in order of their handles, and their fence."""
    streams = tuple(NewStream(f"{n:02d}", "east", None, 1, n, 1) for n in range(STREAMS))
    new = NewRun("run", "op", "test", "as", False, "d", "me", "1.0", None, streams, ())
    store.create(new, event())
    fence = store.take_fence(store.run("run"), ["east"], "me")
    return sorted(store.streams("run"), key=lambda row: row.handle), fence


def begun(row: StreamRow, fence: int) -> Write:
    """What a stream has to say when it starts its first task, in one write."""
    attempt = Attempt(1, TaskKey(1, Phase.TASK, "t"), 1, 0, fence, AttemptState.RUNNING)
    start, intent = Start(fence), Intent(attempt)
    return Write(row.record.apply(start).apply(intent), NOW, (start, intent))


def done(write: Write, sql: tuple[SqlRow, ...] = (), **error: Any) -> Write:
    entry = Outcome(1, AttemptState.FAILED, OutcomeBy.ANSWER, elapsed_s=1.5, **error)
    return Write(write.record.apply(entry), NOW, (entry,), sql)


def attempts(store: RunStore) -> list[Row]:
    query = "SELECT handle, state FROM dtm_run_attempts ORDER BY handle"
    return store._session.query(query)


def test_a_large_batch_twice_and_its_outcomes(store):
    rows, fence = claimed(store)
    batch = [begun(row, fence) for row in rows]
    assert store.write(batch) == 0
    store.write(batch)
    assert attempts(store) == [(row.handle, "RUNNING") for row in rows]
    store.write([done(write) for write in batch])
    store.write(batch)  # older than the outcome, and changes nothing of it
    assert attempts(store) == [(row.handle, "FAILED") for row in rows]
    row = store.streams("run")[0]
    assert (row.record.last_seq, row.started_at, row.liveness) == (1, NOW, "strong")


def test_long_texts_and_absent_values(store):
    rows, fence = claimed(store)
    first = begun(rows[0], fence)
    sql = (
        SqlRow("short", "DONE", attempt_seq=1, sql_text="DELETE FROM t", started_at=NOW),
        SqlRow("long", "FAILED", sql_text=LONG, error_text=ERROR, elapsed_s=0.25, row_count=3),
        SqlRow("none", "RUNNING"),
    )
    store.write([first, done(first, sql, error_code="ORA-00001", error_text=ERROR)])
    select = "SELECT client_key, sql_text, error_text, elapsed_s, row_count, started_at"
    assert store._session.query(f"{select} FROM dtm_run_sql ORDER BY client_key") == [
        ("long", LONG, ERROR, pytest.approx(0.25), 3, None),
        ("none", None, None, None, None, None),
        ("short", "DELETE FROM t", None, None, None, NOW),
    ]
    query = "SELECT error_text, error_code, elapsed_s, ended_at FROM dtm_run_attempts"
    assert store._session.query(query) == [(ERROR, "ORA-00001", pytest.approx(1.5), NOW)]


def test_a_stream_that_was_taken_over_writes_nothing(store):
    rows, fence = claimed(store)
    batch = [begun(row, fence) for row in rows[:3]]
    lost = batch[1]
    stale = replace(lost, record=replace(lost.record, fence=fence - 1), sql=(SqlRow("k", "DONE"),))
    with pytest.raises(Fenced):
        store.write([batch[0], stale, batch[2]])
    assert rows[1].handle not in {handle for handle, _ in attempts(store)}
    assert store._session.query("SELECT COUNT(*) FROM dtm_run_sql") == [(0,)]
    for write in (batch[0], batch[2]):
        store.write([write])
    assert len(attempts(store)) == 2
    with pytest.raises(Fenced):
        store.write([stale])
    assert len(attempts(store)) == 2


def test_requests_to_halt_are_counted(store):
    rows, fence = claimed(store)
    assert store.write([begun(rows[0], fence)]) == 0
    halt = HaltRequest("h", "east", "TASK", "why", "me", NOW)
    store.request_halt("run", halt, event("HALT"))
    assert store.write([begun(rows[0], fence)]) == 1
    store.settle("run", fence - 1, event=lambda _: event("END"), honoured=["h"])
    assert store.write([begun(rows[0], fence)]) == 1, "a fenced-out runner honours nothing"
    store.settle("run", fence, event=lambda _: event("END"), honoured=["h"])
    assert store.write([begun(rows[0], fence)]) == 0
