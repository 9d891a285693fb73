"""How long what runs will probably still take, judged by earlier runs. Pure.

An estimate for people who wait; nothing decides by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from dtm.model.states import StreamState
from dtm.repository.runs_read import RunningTask, StreamTime
from dtm.repository.runs_rows import StreamRow


@dataclass(frozen=True, slots=True)
class Work:
    """A stream, the seconds its ended attempts took, and its running ones."""

    row: StreamRow
    busy_s: float
    running: Sequence[RunningTask]


class Typical:
    """Median seconds of a stream: on its instance, else of its object, else of any."""

    def __init__(self, past: Iterable[StreamTime]) -> None:
        found: dict[tuple[str | None, str | None], list[float]] = defaultdict(list)
        for time in past:
            for key in ((time.instance, time.object), (None, time.object), (None, None)):
                found[key].append(time.seconds)
        self._medians = {key: median(seconds) for key, seconds in found.items()}

    def of(self, row: StreamRow) -> float | None:
        """Seconds; None: nothing like it ever completed."""
        keys = ((row.instance, row.object), (None, row.object), (None, None))
        return next((self._medians[key] for key in keys if key in self._medians), None)


def left(streams: Iterable[Work], typical: Typical, now: datetime) -> dict[str, float]:
    """Seconds each running or waiting stream will probably still take, by handle."""
    found = {}
    for work in streams:
        row = work.row
        usual = typical.of(row)
        if usual is None or row.record.state not in (StreamState.RUNNING, StreamState.PENDING):
            continue
        found[row.handle] = max(usual - _spent(work, now), 0.0)
    return found


def overall(
    streams: Iterable[StreamRow], left_s: Mapping[str, float], side_by_side: int
) -> float | None:
    """Seconds until the last of them ends: those of an instance one after another, so many
    instances side by side. None: there is nothing to estimate."""
    lanes: dict[str, float] = defaultdict(float)
    for row in streams:
        if row.handle in left_s:
            lanes[row.instance] += left_s[row.handle]
    if not lanes:
        return None
    return max(max(lanes.values()), sum(lanes.values()) / max(side_by_side, 1))


def _spent(work: Work, now: datetime) -> float:
    """Seconds of work so far. A resumed stream has stood still between its starts: for it the time
    in tasks counts."""
    if work.row.started_at is None:
        return 0.0
    if work.row.record.start_count == 1:
        return (now - work.row.started_at).total_seconds()
    running = max(((now - task.started_at).total_seconds() for task in work.running), default=0.0)
    return work.busy_s + running
