"""A run that is not over, as others must know of it: an apply, say, that would touch its resources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenRun:
    """An open run and the instances it has unfinished streams on; `running`: its runner may live."""

    run_id: str
    operation: str
    assignment: str
    environment: str
    instances: tuple[str, ...]
    running: bool
