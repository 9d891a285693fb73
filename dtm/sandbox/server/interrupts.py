"""What can stop a running call: the client's break, a cancel, a kill, the server's shutdown."""

from __future__ import annotations

import time

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.serving import ClientLink

_LOOK_EVERY_S = 0.003  # at the socket
_AGAIN_AFTER_S = 1.0  # a cancel that an exception handler swallowed is raised again


class Interrupt:
    """One session's interrupt state. `check` belongs to the session's thread; the rest to any."""

    def __init__(self, link: ClientLink) -> None:
        self._link = link
        self._fatal: int | None = None
        self._cancelled = False
        self._look_at = 0.0
        self._quiet_until = 0.0

    def check(self) -> None:
        """Raise ORA-01013 for a break or cancel, ORA-00028 or ORA-01089 when the session ends."""
        if self._fatal is not None:
            raise OraError(self._fatal)
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY_S
        if self._cancelled:
            self._cancelled = False
            raise OraError(1013)
        if now >= self._quiet_until and self._link.poll():
            self._quiet_until = now + _AGAIN_AFTER_S
            raise OraError(1013)

    def begin_call(self) -> None:
        """A new call starts: a cancel meant for the last one is void."""
        self._cancelled = False
        self._quiet_until = 0.0

    def cancel(self) -> None:
        """ALTER SYSTEM CANCEL SQL: end the running call only."""
        self._cancelled = True

    def end(self, code: int) -> None:
        """End the session: at once when it is idle, at its next check when it is working."""
        self._fatal = code
        self._link.wake()

    @property
    def ended(self) -> bool:
        return self._fatal is not None
