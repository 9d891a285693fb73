"""SQL-log rows of tasks that are still running, brought home by a session of their own.

A task's rows come with its outcome; a long task's rows should not have to wait for that. One daemon
thread and one session per instance that has a long call, as long as it has one: a sick instance
delays nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from dtm.errors import DtmError
from dtm.runner.halting import Halting, RunningCall
from dtm.runner.ports import Client, Opener
from dtm.runner.stream import Stream


class Harvester:
    """`look` is called regularly by the supervisor and never waits."""

    def __init__(
        self,
        halting: Halting,
        open_client: Opener,
        streams: Callable[[str], Stream | None],
        every_s: float,
    ) -> None:
        self._halting = halting
        self._open = open_client
        self._streams = streams
        self._every_s = every_s
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def look(self) -> None:
        """Start harvesting where a call has been running for long."""
        for instance in {call.instance for call in self._long()}:
            with self._lock:
                if instance in self._busy or self._closed.is_set():
                    continue
                self._busy.add(instance)
            threading.Thread(
                target=self._harvest, args=(instance,), daemon=True, name="dtm-harvest"
            ).start()

    def close(self) -> None:
        """Stop harvesting at the next opportunity."""
        self._closed.set()

    def _long(self) -> list[RunningCall]:
        since = self._halting.now() - self._every_s
        return [call for call in self._halting.running_calls() if call.started <= since]

    def _harvest(self, instance: str) -> None:
        try:
            # A session that cannot be had, or breaks, costs only timeliness: the rows stay on the
            # client and come with their task's outcome.
            with suppress(DtmError):
                client = self._open(instance)
                try:
                    self._until_done(instance, client)
                finally:
                    client.close()
        finally:
            with self._lock:
                self._busy.discard(instance)

    def _until_done(self, instance: str, client: Client) -> None:
        while not self._closed.is_set():
            handles = {call.handle for call in self._long() if call.instance == instance}
            if not handles:
                return
            for handle in sorted(handles):
                self._one(client, handle)
            self._closed.wait(self._every_s)

    def _one(self, client: Client, handle: str) -> None:
        stream = self._streams(handle)
        rows = client.harvest(handle)
        if stream is not None and rows and stream.log(rows):
            client.acknowledge(rows)
