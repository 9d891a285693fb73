"""What planning and applying tell while they work; called from one thread only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """What happened."""

    READ = "read"  # an instance was looked at
    AWAY = "away"  # an instance could not be looked at
    MIGRATED = "migrated"  # a migration of the repository begins; message: its name
    WRITTEN = "written"  # the configuration is written; message: how much
    WAVE = "wave"  # a wave begins; message: environment, number, instances
    INSTALLED = "installed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BUSY = "busy"
    RELEASED = "released"  # a wave succeeded; message: packages and instances


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for the cli to draw."""

    kind: EventKind
    instance: str | None = None
    package: str | None = None
    message: str = ""


Report = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Tell nobody."""
