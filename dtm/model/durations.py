"""Durations as people write them (`2h`, `1h30m`, `30s`), in whole seconds; dates in ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\Z")
_LONGEST_S = 366 * 86400
_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?)?\Z", re.ASCII
)


def parse_duration(text: str) -> int:
    """Return the seconds of `2h`, `1h30m`, `1d`; ValueError says what would be right."""
    match = _DURATION.match(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a duration; write 30s, 10m, 2h, 1h30m or 1d")
    amounts = match.groups(default="0")
    if max(map(len, amounts)) > 9:
        raise ValueError(f"{text!r} is longer than a year")
    seconds = sum(
        int(amount) * unit for amount, unit in zip(amounts, _UNITS.values(), strict=True)
    )
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!r} is longer than a year")
    return seconds


def format_duration(seconds: int) -> str:
    """Return the one canonical text of a duration: `90m` and `1h30m` both give `1h30m`."""
    parts = []
    for unit, size in _UNITS.items():
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


def parse_date(text: str) -> datetime:
    """Return an ISO 8601 date or date-time as a naive datetime, to the second.

    Without an offset it is taken as written (an Oracle DATE has no zone); with one it is
    converted to UTC. Nothing depends on NLS settings or on the machine's zone.
    """
    if not _DATE.match(text):
        raise ValueError(
            f"{text!r} is not an ISO 8601 date; write 2024-12-31 or 2024-12-31T23:59:00"
        )
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date: {error}") from None
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value


def format_date(value: datetime) -> str:
    """Return the canonical text of a naive date: `YYYY-MM-DDTHH:MM:SS`."""
    return value.strftime("%Y-%m-%dT%H:%M:%S") if value.year >= 1000 else value.isoformat()
