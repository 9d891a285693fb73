"""A journal batch as rows: entries of a stream share a row in the order in which it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import (
    Attempt,
    Ended,
    Entry,
    Intent,
    Outcome,
    OutcomeBy,
    Start,
    StreamRecord,
    TaskKey,
)
from dtm.repository.runs_binds import NOTHING, statements
from dtm.repository.runs_journal import SIZES, write_batch
from dtm.repository.runs_rows import SqlRow, Write

AT = datetime(2026, 1, 2, 3, 4, 5, 0, UTC).replace(tzinfo=None)


def record(handle: str = "1", seq: int = 0) -> StreamRecord:
    return StreamRecord(handle, state=StreamState.RUNNING, fence=7, last_seq=seq)


def intent(seq: int) -> Intent:
    key = TaskKey(1, Phase.TASK, f"t{seq}")
    return Intent(Attempt(seq, key, 1, 0, 7, AttemptState.RUNNING))


def outcome(seq: int) -> Outcome:
    return Outcome(seq, AttemptState.DONE, OutcomeBy.ANSWER)


def written(*entries: Entry, handle: str = "1", seq: int = 0) -> Write:
    return Write(record(handle, seq), AT, entries)


def places(batch: list[Write]) -> list[tuple[Any, ...]]:
    """(handle, start, outcome, intent, end) of each row: what it holds."""
    rows = statements(batch).streams
    keys = ("start_at", "done_seq", "seq", "end_at")
    return [(row["handle"], *(row[key] for key in keys)) for row in rows]


def test_outcome_and_the_next_intent_are_one_row_with_the_latest_record():
    batch = [written(outcome(1), seq=1), written(intent(2), seq=2)]
    assert places(batch) == [("1", None, 1, 2, None)]
    assert statements(batch).streams[0]["last_seq"] == 2


def test_an_outcome_after_an_intent_is_a_row_of_its_own():
    """A parallel group: the outcome may be of the attempt that the row before it begins."""
    batch = [written(intent(1)), written(intent(2)), written(outcome(1)), written(outcome(2))]
    assert places(batch) == [
        ("1", None, None, 1, None),
        ("1", None, None, 2, None),
        ("1", None, 1, None, None),
        ("1", None, 2, None, None),
    ]


def test_a_whole_stream_is_one_row_and_streams_are_in_order():
    start, end = Start(7), Ended(StreamState.COMPLETED, "complete")
    batch = [written(start, handle="2"), written(handle="1"), written(outcome(3), handle="2"),
             written(end, handle="2")]  # fmt: skip
    assert places(batch) == [("1", None, None, None, None), ("2", AT, 3, None, AT)]


def test_what_a_row_does_not_hold_is_null_in_it():
    (row,) = statements([written()]).streams
    assert row.keys() == statements([written(Start(7), outcome(1), intent(2))]).streams[0].keys()
    assert {name for name, value in row.items() if value is None} == set(NOTHING)


class Fake:
    """A session that notes its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, bool]] = []

    def call(self, block, binds, out, *, types, commit=False):
        assert set(types) <= set(binds)
        self.calls.append((block, len(binds), commit))
        return {"fenced": 0, "halts": 0}

    def execute_many(self, sql, rows, *, commit=False):
        assert not rows


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 40])
def test_a_batch_is_few_round_trips_and_the_last_one_commits(count):
    session: Any = Fake()
    batch = [written(intent(1), handle=str(n)) for n in range(count)]
    write_batch(session, batch)
    assert len(session.calls) == -(-count // SIZES[-1])
    assert [commit for _, _, commit in session.calls] == [False] * (len(session.calls) - 1) + [
        True
    ]


def test_logged_statements_are_one_round_trip_more():
    session: Any = Fake()
    write_batch(session, [Write(record(), AT, (), (SqlRow("a", "DONE"), SqlRow("b", "DONE")))])
    assert [commit for _, _, commit in session.calls] == [False, True]
