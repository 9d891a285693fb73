"""SIGINT and SIGTERM: the first stops at the boundary, the second cancels the calls, the third exits.

Nothing is lost at the third either: intents without outcome are looked up by the next start.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from dtm.errors import ExitCode


class SignalLadder:
    """Counts signals. Handlers only count: the supervisor acts."""

    def __init__(self) -> None:
        self._level = 0
        self._changed = threading.Event()

    @property
    def level(self) -> int:
        """How many signals came."""
        return self._level

    def install(self) -> None:
        """Handle SIGINT and SIGTERM; in the main thread only."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def rest(self) -> None:
        """The run has ended: what still comes must not cut off its report or change its exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - its shape
        self._level += 1
        self._changed.set()
        if self._level >= 3:
            os._exit(int(ExitCode.INTERRUPTED))
