"""The journal: one writer thread, many streams, one commit for all that is waiting (group commit).

While the repository is away, outcomes go to the local spool and count as durable; intents wait, so
no new task starts. The writer comes back through `regain`, which takes the runner's locks again
and tells whether its fences still hold; then the spool is replayed before anything else is written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dtm.errors import DatabaseError, Degraded, Locked
from dtm.model.stream import Intent, Start
from dtm.repository.runs import Fenced
from dtm.repository.runs_rows import Write
from dtm.runner.spool import Spool


class Store(Protocol):
    """What the journal needs of a RunStore."""

    def write(self, batch: list[Write]) -> int: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long an intent waits for an absent repository; between attempts to return; how
    long an outcome may wait for the next intent, so that both are one commit."""

    outage_s: float = 300.0
    retry_s: float = 1.0
    linger_s: float = 0.05


@dataclass(eq=False, slots=True)
class QueuedWrite:
    """A write on its way; `done` is set when it is durable or has failed."""

    write: Write
    outage_s: float
    hurry: Callable[[QueuedWrite], None]
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None
    committed: bool = False  # in the repository itself
    awaited: bool = False
    given_up: bool = False

    @property
    def starts_work(self) -> bool:
        """Whether work follows it, so that it must be in the repository itself."""
        return any(isinstance(entry, Intent | Start) for entry in self.write.entries)

    def wait(self) -> None:
        """Return when durable."""
        self.hurry(self)
        if not self.done.wait(self.outage_s):
            # The writer drops it, unless it is writing it just now: then an attempt is recorded
            # that was never made, which the next start finds out.
            self.given_up = True
            raise Degraded(
                f"the repository was away for {self.outage_s:g} s; no new task is started",
                hint="run again on this machine when it is back",
            )
        if self.error is not None:
            raise self.error


class GroupJournal:
    """Thread-safe; `close` ends the writer after what is queued.

    `on_requests` is told, in the writer's thread and before anybody waiting is woken, how many
    requests to halt the run were outstanding when a batch was committed.
    """

    def __init__(
        self,
        store: Store,
        spool: Spool,
        regain: Callable[[], Store],
        patience: Patience = Patience(),
        on_outage: Callable[[str], None] = lambda _message: None,
        on_requests: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._store: Store | None = store
        self._spool = spool
        self._spooled: list[Write] = []
        self._unsaved: list[Write] = []  # of these, what the spool could not take either
        self._regain = regain
        self._patience = patience
        self._on_outage = on_outage
        self._on_requests = on_requests
        self._queue: list[QueuedWrite] = []
        self._work = threading.Condition()
        self._closing = False
        self._refused: Exception | None = None
        self._retry_at = 0.0
        self.batches = 0
        self.lost_local: str | None = None  # why the spool itself could not be written
        self._thread = threading.Thread(target=self._run, daemon=True, name="dtm-journal")
        self._thread.start()

    @property
    def away(self) -> bool:
        """Whether the repository is away now."""
        return self._store is None

    @property
    def spooled(self) -> bool:
        """Whether there are writes that only the local spool holds."""
        return bool(self._spooled)

    def submit(self, write: Write) -> QueuedWrite:
        """Queue a write; see `ports.Journal`."""
        queued = QueuedWrite(write, self._patience.outage_s, self._hurry)
        with self._work:
            if self._refused is not None:
                self._refuse([queued], self._refused)
                return queued
            self._queue.append(queued)
            self._work.notify_all()
        return queued

    def _hurry(self, queued: QueuedWrite) -> None:
        with self._work:
            queued.awaited = True
            self._work.notify_all()

    def repository_lost(self) -> None:
        """The lock session is gone: write nothing more before the locks are held again."""
        with self._work:
            self._store = None
            self._work.notify_all()

    def close(self, timeout_s: float) -> bool:
        """Write what is queued and end; False if something stayed in the spool."""
        with self._work:
            self._closing = True
            self._work.notify_all()
        self._thread.join(timeout_s)
        self._spool.close()
        return not self._spooled and not self._thread.is_alive()

    # the writer thread

    def _run(self) -> None:
        try:
            self._serve()
        except Exception as error:
            with self._work:
                self._refused = error
                waiting, self._queue = self._queue, []
            self._refuse(waiting, error)
            raise

    def _serve(self) -> None:
        while True:
            with self._work:
                while not self._queue and not self._closing and not self._can_retry():
                    self._work.wait(self._patience.retry_s if self.away else None)
                self._linger()
                batch, self._queue = self._queue, []
                if not batch and self._closing and (not self._spooled or self.away):
                    return
            batch = [q for q in batch if not q.given_up]
            if self._store is None and self._can_retry():
                self._come_back()
            if self._refused is not None:
                self._refuse(batch, self._refused)
                continue
            self._write(batch)
            if self._store is None:
                self._keep(batch)

    def _linger(self) -> None:
        """Wait a moment while nobody waits for what is queued: more will come."""
        until = time.monotonic() + self._patience.linger_s
        while self._queue and not self._closing and not any(q.awaited for q in self._queue):
            left = until - time.monotonic()
            if left <= 0 or self.away:
                return
            self._work.wait(left)

    def _can_retry(self) -> bool:
        away = self._store is None and self._refused is None
        return away and time.monotonic() >= self._retry_at

    def _write(self, batch: list[QueuedWrite]) -> None:
        store = self._store
        if not batch or store is None:
            return
        try:
            requests = store.write([queued.write for queued in batch])
        except Fenced:
            self._write_one_by_one(batch)
        except DatabaseError as error:
            self._lose(error.message)
        else:
            self.batches += 1
            self._written(batch, requests)

    def _write_one_by_one(self, batch: list[QueuedWrite]) -> None:
        """Some stream was taken over: find out which, and write the others'."""
        for queued in batch:
            store = self._store
            if store is None:
                return
            try:
                requests = store.write([queued.write])
            except Fenced as error:
                queued.error = error
                queued.done.set()
            except DatabaseError as error:
                self._lose(error.message)
                return
            else:
                self._written([queued], requests)

    def _written(self, batch: list[QueuedWrite], requests: int) -> None:
        """It is durable. Whoever waits for its intent must know of every halt that was asked for
        before it was committed: those are told first."""
        for queued in batch:
            queued.committed = True
        try:
            self._on_requests(requests)
        except DatabaseError as error:
            self._lose(error.message)
        for queued in batch:
            queued.done.set()

    def _lose(self, message: str) -> None:
        self._store = None
        self._retry_at = time.monotonic() + self._patience.retry_s
        self._on_outage(message)

    def _keep(self, batch: list[QueuedWrite]) -> None:
        """The repository is away: outcomes to the spool, intents back into the queue."""
        waiting = [q for q in batch if not q.done.is_set()]
        outcomes = [q for q in waiting if not q.starts_work]
        self._unsaved += [q.write for q in outcomes]
        try:
            self._spool.append(self._unsaved)
        except OSError as error:
            if self.lost_local is None:
                self._on_outage(
                    f"the local spool cannot be written either: {error.strerror or error}"
                )
            self.lost_local = error.strerror or str(error)
        else:
            self._unsaved, self.lost_local = [], None
        self._spooled += [q.write for q in outcomes]
        for queued in outcomes:
            queued.done.set()
        with self._work:
            self._queue = [q for q in waiting if q.starts_work] + self._queue
            if not self._closing:
                self._work.wait(self._patience.retry_s)

    def _come_back(self) -> None:
        """Regain session and locks; replay the spool."""
        self._retry_at = time.monotonic() + self._patience.retry_s
        try:
            store = self._regain()
            for write in self._spooled:
                self._replay(store, write)
        except Locked as error:
            self._refuse_all(error)
        except DatabaseError:
            return  # still away; the outage was reported when it began
        else:
            self._spooled, self._unsaved, self.lost_local = [], [], None
            self._spool.clear()
            self._store = store

    def _replay(self, store: Store, write: Write) -> None:
        try:
            store.write([write])
        except Fenced:
            return  # whoever took the stream over has looked the outcome up himself

    def _refuse_all(self, error: Locked) -> None:
        """Somebody else holds the locks now: whoever waits is told, and writes nothing more."""
        refusal = Fenced(error.message, hint=error.hint)
        with self._work:
            self._refused = refusal
            waiting, self._queue = self._queue, []
        self._refuse(waiting, refusal)

    @staticmethod
    def _refuse(waiting: list[QueuedWrite], refusal: Exception) -> None:
        for queued in waiting:
            queued.error = refusal
            queued.done.set()
