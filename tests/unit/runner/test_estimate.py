"""Estimates of what is left, from earlier runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from dtm.model.states import StreamState
from dtm.model.stream import StreamRecord
from dtm.repository.runs_read import StreamTime
from dtm.repository.runs_rows import StreamRow
from dtm.runner.estimate import Typical, Work, left, overall

NOW = datetime(2026, 2, 3, 4, 0)  # noqa: DTZ001 - naive UTC, as the repository's
PAST = [
    StreamTime("emea", "S.A", 100.0),
    StreamTime("emea", "S.A", 300.0),
    StreamTime("emea", "S.A", 110.0),
    StreamTime("apac", "S.B", 40.0),
]


def stream(
    instance: str, name: str, state: StreamState, ago_s: float | None = None, starts: int = 1
) -> StreamRow:
    started = None if ago_s is None else NOW - timedelta(seconds=ago_s)
    record = StreamRecord(f"{instance}{name}", state=state, start_count=starts)
    return StreamRow(record.handle, "R", instance, name, 1, 1, 1, record, started_at=started)


def test_median_of_the_instance_then_of_the_object_then_of_any() -> None:
    typical = Typical(PAST)
    assert typical.of(stream("emea", "S.A", StreamState.PENDING)) == 110.0
    assert typical.of(stream("apac", "S.A", StreamState.PENDING)) == 110.0
    assert typical.of(stream("amer", "S.C", StreamState.PENDING)) == 105.0
    assert Typical([]).of(stream("emea", "S.A", StreamState.PENDING)) is None


def test_what_is_left_of_each_stream() -> None:
    works = [
        Work(stream("emea", "S.A", StreamState.RUNNING, 30.0), 0.0, ()),
        Work(stream("apac", "S.B", StreamState.RUNNING, 90.0), 0.0, ()),
        Work(stream("amer", "S.B", StreamState.RUNNING, 9000.0, starts=2), 15.0, ()),
        Work(stream("emea", "S.B", StreamState.PENDING), 0.0, ()),
        Work(stream("asia", "S.B", StreamState.COMPLETED, 50.0), 50.0, ()),
    ]
    found = left(works, Typical(PAST), NOW)
    assert found == {"emeaS.A": 80.0, "apacS.B": 0.0, "amerS.B": 25.0, "emeaS.B": 40.0}


def test_the_whole_takes_as_long_as_its_longest_lane_or_its_share() -> None:
    rows = [stream(name, "S.A", StreamState.RUNNING, 0.0) for name in ("a", "b", "c", "d")]
    each = {row.handle: 100.0 for row in rows}
    assert overall(rows, each, 4) == 100.0
    assert overall(rows, each, 2) == 200.0
    lane = [stream("a", name, StreamState.PENDING) for name in ("S.A", "S.B")]
    assert overall(lane, {row.handle: 100.0 for row in lane}, 8) == 200.0
    assert overall(rows, {}, 4) is None
