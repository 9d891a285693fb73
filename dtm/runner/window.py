"""Maintenance windows and cron schedules in their own time zone. Pure: `now` is given, in UTC.

A window begins at a wall-clock time and lasts a real duration, so it is as long as declared also
in the nights when clocks change. A start time that does not exist in that night (spring) begins at
the instant the clock jumps; one that exists twice (autumn) begins the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dtm.errors import UsageError
from dtm.model.assignment import Window

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of time, naive UTC; `end` is excluded."""

    start: datetime
    end: datetime


def current_span(window: Window, now: datetime) -> Span | None:
    """The occurrence of the window that `now` (naive UTC) is in."""
    return next((span for span in _around(window, now) if span.start <= now < span.end), None)


def next_span(window: Window, now: datetime) -> Span | None:
    """The first occurrence that begins after `now`; None if it never does within two weeks."""
    return next((span for span in _around(window, now) if span.start > now), None)


def _around(window: Window, now: datetime) -> Iterator[Span]:
    zone = zone_of(window.timezone)
    begin = time.fromisoformat(window.start)
    length = timedelta(seconds=window.duration_s)
    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    back = -(window.duration_s // 86400) - 2
    for offset in range(back, 15):
        day = today + timedelta(days=offset)
        if window.days and _DAYS[day.weekday()] not in window.days:
            continue
        start = to_utc(datetime.combine(day, begin), zone)
        yield Span(start, start + length)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that IANA name; UsageError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise UsageError(f'there is no time zone "{name}"', hint="write Europe/London") from None


def to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Naive UTC of a naive wall-clock time; see the module for gaps and repetitions."""
    first = local.replace(tzinfo=zone, fold=0)
    utc = first.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local:
        return utc.replace(tzinfo=None)
    # In a gap: fold=0 used the offset from before the jump, which lands just as far behind it.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump_between(before, utc, zone).replace(tzinfo=None)


def _jump_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the zone's offset changes, to the minute."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)
