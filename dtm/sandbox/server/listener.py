"""Accepts connections and gives each a thread."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

_log = logging.getLogger("sandbox.listener")

BACKLOG = 256
# PL/SQL recursion and SQL functions nest deeply in C; memory is only used when touched.
STACK_BYTES = 64 * 1024 * 1024


class Listener:
    """One listening socket. `serve(sock)` runs in a daemon thread per connection."""

    def __init__(
        self, host: str, port: int, serve: Callable[[socket.socket], None], *, limit: int = 1000
    ) -> None:
        self._serve = serve
        self._limit = limit
        self._socket = socket.create_server((host, port), backlog=BACKLOG)
        self._threads: set[threading.Thread] = set()
        self._guard = threading.Lock()
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def run(self) -> None:
        """Accept until `close`; returns then."""
        threading.stack_size(STACK_BYTES)
        number = 0
        while not self._closing.is_set():
            try:
                client, _ = self._socket.accept()
            except OSError as error:
                if self._closing.is_set():
                    return
                _log.warning("accept: %s", error)  # out of descriptors, or an aborted connect
                continue
            number += 1
            self._start(client, number)

    def _start(self, client: socket.socket, number: int) -> None:
        with self._guard:
            crowded = len(self._threads) >= self._limit
        if crowded:
            _log.warning("more than %d connections: one refused", self._limit)
            client.close()
            return
        thread = threading.Thread(
            target=self._run_one, args=(client,), name=f"client-{number}", daemon=True
        )
        with self._guard:
            self._threads.add(thread)
        thread.start()

    def _run_one(self, client: socket.socket) -> None:
        try:
            self._serve(client)
        finally:
            with self._guard:
                self._threads.discard(threading.current_thread())

    def close(self) -> None:
        """Stop accepting. Running connections go on."""
        self._closing.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes up accept()
        except OSError as error:
            _log.debug("shutdown: %s", error)
        self._socket.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the connections to end; False when some still run after `timeout_s`."""
        with self._guard:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s / max(len(threads), 1))
        return not any(thread.is_alive() for thread in threads)
