"""A network that can lose connections: a TCP relay between a runner and its database."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PIECE = 65536


class Relay:
    """Relays every connection to `dsn` (host:port/service); `dsn` of the relay leads to it."""

    def __init__(self, dsn: str) -> None:
        address, _, service = dsn.partition("/")
        host, _, port = address.partition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.dsn = f"127.0.0.1:{self._listener.getsockname()[1]}/{service}"
        self._guard = threading.Lock()
        self._lines: set[_Line] = set()
        threading.Thread(target=self._accept, daemon=True, name="relay").start()

    def cut(self) -> int:
        """Lose every connection now, before any further answer; how many there were."""
        with self._guard:
            lines = list(self._lines)
        for line in lines:
            line.close()
        return len(lines)

    def swallow(self) -> int:
        """Lose every connection when its next answer comes: the server has done the work.

        A call that is being answered already counts as the next one.
        """
        with self._guard:
            lines = list(self._lines)
        for line in lines:
            line.swallowing = True
        return len(lines)

    def close(self) -> None:
        """Lose everything, and take no new connections."""
        with suppress(OSError):  # wakes the accepting thread
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            line = _Line(near, far, self._forget)
            with self._guard:
                self._lines.add(line)
            line.start()

    def _forget(self, line: _Line) -> None:
        with self._guard:
            self._lines.discard(line)


class _Line:
    """One connection: two sockets and a thread for each direction."""

    def __init__(
        self, near: socket.socket, far: socket.socket, ended: Callable[[_Line], None]
    ) -> None:
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._near, self._far = near, far
        self._ended = ended
        self.swallowing = False
        self._left = 2
        self._guard = threading.Lock()

    def start(self) -> None:
        for source, sink, answers in (
            (self._near, self._far, False),
            (self._far, self._near, True),
        ):
            threading.Thread(
                target=self._carry, args=(source, sink, answers), daemon=True, name="line"
            ).start()

    def close(self) -> None:
        for end in (self._near, self._far):
            with suppress(OSError):  # closed by the other side already
                end.shutdown(socket.SHUT_RDWR)

    def _carry(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while piece := source.recv(PIECE):
                if answers and self.swallowing:
                    return
                sink.sendall(piece)
        except OSError:
            return  # cut while it carried something
        finally:
            self._end()

    def _end(self) -> None:
        self.close()
        with self._guard:
            self._left -= 1
            last = self._left == 0
        if last:
            self._near.close()
            self._far.close()
            self._ended(self)


@contextmanager
def relay(dsn: str) -> Iterator[Relay]:
    """A relay for the time of the block."""
    made = Relay(dsn)
    try:
        yield made
    finally:
        made.close()
