"""What a runner tells while it works: frozen values, drawn by the cli."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class EventKind(StrEnum):
    """What happened."""

    RUN_STARTED = "run-started"
    RUN_RESUMED = "run-resumed"
    CONNECTING = "connecting"
    STREAM_STARTED = "stream-started"
    ITERATION = "iteration"
    TASK_STARTED = "task-started"
    TASK_DONE = "task-done"
    TASK_FAILED = "task-failed"
    TASK_RETRY = "task-retry"
    TASK_UNKNOWN = "task-unknown"
    STREAM_ENDED = "stream-ended"
    LEFT_OUT = "left-out"
    INSTALL = "install"
    WAITING = "waiting"
    LOCKED = "locked"
    HALTING = "halting"
    DEGRADED = "degraded"
    RUN_ENDED = "run-ended"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One piece of progress. `message` is a sentence for people; names are as in the manifests.

    `handle` tells streams apart; `elapsed_s` is of the task (task-*) or of the stream or run.
    `streams`: how many a run works on, when it begins.
    """

    kind: EventKind
    message: str = ""
    run_id: str | None = None
    handle: str | None = None
    instance: str | None = None
    object: str | None = None
    iteration: int | None = None
    phase: str | None = None
    task: str | None = None
    state: str | None = None
    elapsed_s: float | None = None
    streams: int | None = None


class Reporter(Protocol):
    """Receives events, one at a time, from whichever thread they happen in."""

    def report(self, event: RunEvent) -> None:
        """Take note; must not block for long and must not raise."""


class Silent:
    """Reports to nobody."""

    def report(self, event: RunEvent) -> None:
        """Do nothing."""


class OneAtATime:
    """Serialises the events of many threads for a reporter that need not be thread-safe."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._lock = threading.Lock()

    def report(self, event: RunEvent) -> None:
        """Pass `event` on."""
        with self._lock:
            self._reporter.report(event)
