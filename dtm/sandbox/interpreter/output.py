"""The DBMS_OUTPUT buffer of one session."""

from __future__ import annotations

from collections import deque

from dtm.sandbox.kernel.errors import OraError

MAX_LINE = 32767


class Output:
    """Lines put and not yet read. Disabled until ENABLE; PL/SQL Packages and Types Reference 19c,
    "DBMS_OUTPUT". `limit` in bytes, None is unlimited."""

    def __init__(self) -> None:
        self.enabled = False
        self.limit: int | None = 20000
        self.lines: deque[str] = deque()
        self.size = 0
        self.open = ""  # the line PUT has begun
        self.reading = False

    def enable(self, limit: int | None) -> None:
        """ENABLE: sizes below 2000 count as 2000."""
        self.enabled = True
        self.limit = None if limit is None else max(limit, 2000)

    def disable(self) -> None:
        """DISABLE drops what is there."""
        self.enabled = False
        self.lines.clear()
        self.size = 0
        self.open = ""

    def put(self, text: str) -> None:
        """PUT: ORA-20000 when the line or the buffer overflows."""
        if not self.enabled:
            return
        self._forget_read()
        if len((self.open + text).encode()) > MAX_LINE:
            raise OraError(
                20000, message="ORU-10028: line length overflow, limit of 32767 bytes per line"
            )
        self.open += text

    def new_line(self) -> None:
        """NEW_LINE ends the line."""
        if not self.enabled:
            return
        size = len(self.open.encode())
        if self.limit is not None and self.size + size > self.limit:
            raise OraError(
                20000, message=f"ORU-10027: buffer overflow, limit of {self.limit} bytes"
            )
        self.size += size
        self.lines.append(self.open)
        self.open = ""

    def _forget_read(self) -> None:
        """After a GET_LINE, the next PUT drops what was not read."""
        if self.reading:
            self.lines.clear()
            self.size = 0
            self.reading = False

    def get_line(self) -> str | None:
        """The next line, None when there is none."""
        self.reading = True
        if not self.lines:
            return None
        line = self.lines.popleft()
        self.size -= len(line.encode())
        return line
