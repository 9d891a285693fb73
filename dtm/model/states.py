"""States of runs, streams, task attempts and SQL statements, as the repository stores them."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """A run is open until COMPLETED or ABANDONED."""

    RUNNING = "RUNNING"
    FAILED = "FAILED"  # ended with at least one failed stream; resumable
    HALTED = "HALTED"
    INTERRUPTED = "INTERRUPTED"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class StreamState(StrEnum):
    """One (run, instance, object)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # an outcome only a person can resolve
    HALTED = "HALTED"
    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"


class AttemptState(StrEnum):
    """One attempt at one task. RUNNING is the intent; the rest are outcomes."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"
    ABANDONED = "ABANDONED"  # its runner died; a later attempt replaced it


class Phase(StrEnum):
    """Where in a stream's life a task stands."""

    ITERATOR = "ITERATOR"
    INITIAL = "INITIAL"
    TASK = "TASK"
    FINAL = "FINAL"
