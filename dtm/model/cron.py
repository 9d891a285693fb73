"""Cron expressions of five fields: minute, hour, day of month, month, day of week. Pure.

As in Vixie cron, a day matches either of the two day fields when both are restricted. Times are
wall-clock times; whoever asks turns them into instants of a zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True)
class Cron:
    """Which values of each field match; `days` of week count from 0, Sunday."""

    minutes: frozenset[int]
    hours: frozenset[int]
    monthdays: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_monthday: bool
    any_weekday: bool
    every_hour: bool = False

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read an expression; ValueError says which field is wrong."""
        fields = text.split()
        if len(fields) != 5:
            raise ValueError(
                f"{text!r} has {len(fields)} fields, not minute hour day month weekday"
            )
        weekdays = {day % 7 for day in _field(fields[4], 0, 7, _DAYS)}
        return cls(
            minutes=frozenset(_field(fields[0], 0, 59)),
            hours=frozenset(_field(fields[1], 0, 23)),
            monthdays=frozenset(_field(fields[2], 1, 31)),
            months=frozenset(_field(fields[3], 1, 12, _MONTHS)),
            weekdays=frozenset(weekdays),
            any_monthday=fields[2].startswith("*"),
            any_weekday=fields[4].startswith("*"),
            every_hour=fields[1] == "*",
        )

    def on(self, day: date) -> bool:
        """Whether the expression matches at any time of that day."""
        if day.month not in self.months:
            return False
        monthday = day.day in self.monthdays
        weekday = day.isoweekday() % 7 in self.weekdays
        if self.any_monthday or self.any_weekday:
            return monthday and weekday
        return monthday or weekday

    def times(self, day: date) -> Iterator[datetime]:
        """The wall-clock times of one day, earliest first."""
        if self.on(day):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    yield datetime.combine(day, time(hour, minute))

    def days_back(self, day: date, limit: int) -> Iterator[date]:
        """Matching days from `day` backwards, at most `limit` days away."""
        for offset in range(limit + 1):
            candidate = day - timedelta(days=offset)
            if self.on(candidate):
                yield candidate


def _field(text: str, least: int, greatest: int, names: tuple[str, ...] = ()) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        values |= _part(part, least, greatest, names)
    return values


def _part(part: str, least: int, greatest: int, names: tuple[str, ...]) -> set[int]:
    span, slash, step_text = part.partition("/")
    step = int(step_text) if slash else 1
    if step < 1:
        raise ValueError(f"{part!r}: a step is at least 1")
    if span == "*":
        low, high = least, greatest
    else:
        first, dash, last = span.partition("-")
        low = _number(first, least, names)
        high = _number(last, least, names) if dash else (greatest if slash else low)
    if greatest == 7 and high < low:
        high += 7  # FRI-MON reaches across the week's end
    elif high > greatest or high < low:
        raise ValueError(f"{part!r} is not within {least}-{greatest}")
    if low < least or low > greatest:
        raise ValueError(f"{part!r} is not within {least}-{greatest}")
    return set(range(low, high + 1, step))


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + least
    return int(text)
