"""Ids that a restored repository cannot hand out again: time and chance, never a sequence. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dtm.repository.runs import milliseconds

RANDOM_BITS = 20


def handle(now: datetime, random: Callable[[], float]) -> str:
    """A stream's handle: UTC milliseconds and 20 random bits, as a decimal string."""
    return str(milliseconds(now) << RANDOM_BITS | int(random() * (1 << RANDOM_BITS)))


def handles(now: datetime, random: Callable[[], float], count: int) -> list[str]:
    """Distinct handles."""
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(handle(now, random))
    return list(found)


def run_id(now: datetime, random: Callable[[], float]) -> str:
    """A run's id: UTC time and four hex digits, such as `20261122-144231-7f3a`."""
    return f"{now:%Y%m%d-%H%M%S}-{int(random() * 0x10000):04x}"
