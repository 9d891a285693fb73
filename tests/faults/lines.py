"""TCP lines between a runner and a database that tests can make sick: silent, slow, dead, swapped."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from enum import StrEnum
from types import TracebackType

_CHUNK = 65536


class Health(StrEnum):
    """How a line treats connections, those made before included."""

    GOOD = "good"
    SILENT = "silent"  # accepts, and never says a word
    SLOW = "slow"  # one byte a second towards the runner
    BLACK_HOLE = "black hole"  # what was answered never arrives, connections made before included


class Line:
    """Listens on `port` and forwards to `target` (host, port), as healthy as `health` says.

    `refuse` closes the listener: connecting is refused. `target` may be changed: new connections
    go there, as after a changed name server entry.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.health = Health.GOOD
        self.accepted = 0
        self._server: socket.socket | None = None
        self._sockets: list[socket.socket] = []
        self._frozen: set[socket.socket] = set()
        self.port = 0
        self.accept()

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()
        for each in self._sockets:
            each.close()

    def accept(self) -> None:
        """Listen, on the port it had before."""
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()

    def refuse(self) -> None:
        """Listen no more."""
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
            self._server.close()
            self._server = None

    def freeze(self) -> None:
        """Nothing passes any more on the connections that are open, except their end; new ones are
        good. As when a firewall forgets a connection."""
        self._frozen = set(self._sockets)

    def _serve(self, server: socket.socket) -> None:
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return  # closed
            self.accepted += 1
            self._sockets.append(near)
            if self.health is Health.SILENT:
                continue
            far = socket.create_connection(self.target)
            self._sockets.append(far)
            for source, sink, inwards in ((near, far, False), (far, near, True)):
                pump = threading.Thread(
                    target=self._pump, args=(source, sink, inwards), daemon=True
                )
                pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, inwards: bool) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                while self.health is Health.SLOW and inwards and data:
                    sink.sendall(data[:1])
                    data = data[1:]
                    time.sleep(1)
                if self.health is not Health.BLACK_HOLE and source not in self._frozen:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
