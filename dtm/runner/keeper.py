"""The runner's repository locks: one session holds them, one thread keeps it alive.

The same round trip that keeps the session alive reads what people ask of the run: halts, another
parallelism. When the session is lost nothing more is written until the locks are held again, and
the fences tell whether anybody was there meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dtm.errors import DatabaseError, DtmError, Locked
from dtm.model.names import lock_name
from dtm.oracle import locks
from dtm.oracle.locks import LockResult, Mode, SessionInfo
from dtm.oracle.session import OracleSession
from dtm.repository.runs import Fenced, RunStore
from dtm.repository.runs_rows import HaltRequest

Open = Callable[[str], OracleSession]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people ask of a running run."""

    halts: tuple[HaltRequest, ...]
    max_parallel: int | None


class Keeper:
    """Locks of one operation in one environment; `session` belongs to one thread at a time."""

    def __init__(self, open_session: Open, operation: str, environment: str) -> None:
        self._open = open_session
        self._operation = operation
        self._environment = environment
        self._held: list[str] = []
        self._tag = f"dtm:{lock_name('RUN', operation, environment)[8:32]}"
        self._session = self._opened()
        self.liveness = "strong"

    @property
    def session(self) -> OracleSession:
        """The lock session."""
        return self._session

    @property
    def held(self) -> tuple[str, ...]:
        """Instances whose lock is held."""
        return tuple(self._held)

    @contextmanager
    def registry(self, patience_s: float) -> Iterator[None]:
        """Only one runner at a time finds, creates or claims a run of this operation."""
        name = lock_name("REG", self._operation, self._environment)
        result = locks.request(self._session, name, Mode.X, max(int(patience_s), 0))
        if result is LockResult.BUSY:
            raise self._locked("another runner is starting", locks.holders(self._session, name))
        try:
            yield
        finally:
            if not self._session.in_doubt:
                locks.release(self._session, name)

    def take(self, instances: Iterable[str]) -> dict[str, Locked]:
        """Take the lock of each instance without waiting; return those that are busy, with who."""
        busy = {}
        for instance in sorted(set(instances) - set(self._held)):
            name = self._name(instance)
            result = locks.request(self._session, name, Mode.X)
            if result is LockResult.BUSY:
                found = locks.holders(self._session, name)
                busy[instance] = self._locked("another runner is at work", found)
                continue
            if result is LockResult.NOT_GRANTED:
                self._without_locks()
            self._held.append(instance)
        return busy

    def regain(self, store: RunStore, run_id: str, fence: int) -> None:
        """Take every lock again in a new session.

        Fenced if another runner was there meanwhile; DatabaseError if it must be tried again (the
        server may not have noticed yet that the old session is dead).
        """
        self._session.close()  # if it is not dead, its locks would be in the way
        session = self._opened()
        try:
            busy = self._first_busy(session)
            _refuse(busy, outdated=store.newest_fence(run_id, self._held) > fence)
        except DtmError:
            session.close()
            raise
        self._session = session

    def _first_busy(self, session: OracleSession) -> str | None:
        for instance in self._held:
            if locks.request(session, self._name(instance), Mode.X) is LockResult.BUSY:
                return instance
        return None

    def close(self) -> None:
        """Let go of everything."""
        self._session.close()

    def _name(self, instance: str) -> str:
        return lock_name("RUN", self._operation, self._environment, instance)

    def _opened(self) -> OracleSession:
        session = self._open("locks")
        session.tag(
            module=f"DTM.{self._operation}",
            action="locks",
            client_identifier=f"{self._tag}:{id(self)}",
        )
        return session

    def _without_locks(self) -> None:
        """DBMS_LOCK is not granted: nobody else may be tagged as a runner of this operation."""
        if self.liveness == "weak":
            return
        found = locks.tagged_sessions(self._session, f"{self._tag}:")
        if found:
            raise self._locked("another runner is at work", found)
        self.liveness = "weak"

    def _locked(self, why: str, found: Sequence[SessionInfo]) -> Locked:
        shown = "; ".join(map(str, found)) or "its session is not visible"
        return Locked(
            f"{self._operation} in {self._environment}: {why}: {shown}",
            hint="wait for it (--wait 30m), or halt it with `dtm halt`",
        )


class Heartbeat:
    """Keeps the lock session alive and reads wishes, in a daemon thread.

    `on_lost` is called once per loss; the thread then rests until `resume`.
    """

    def __init__(
        self,
        keeper: Keeper,
        run_id: str,
        poll_s: float,
        on_wishes: Callable[[Wishes], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._keeper = keeper
        self._run_id = run_id
        self._poll_s = poll_s
        self._on_wishes = on_wishes
        self._on_lost = on_lost
        self._stopped = threading.Event()
        self._healthy = threading.Event()
        self._healthy.set()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="dtm-heartbeat")
        self._thread.start()

    def resume(self) -> None:
        """The locks are held again."""
        self._healthy.set()

    def stop(self, timeout_s: float) -> None:
        """End the thread, so that the session can be used or closed elsewhere."""
        self._stopped.set()
        self._healthy.set()
        self._thread.join(timeout_s)

    def _beat(self) -> None:
        while not self._stopped.wait(self._poll_s):
            if not self._healthy.is_set():
                self._healthy.wait()
                continue
            try:
                store = RunStore(self._keeper.session)
                wishes = Wishes(
                    store.outstanding_halts(self._run_id), store.max_parallel(self._run_id)
                )
            except DatabaseError as error:
                self._healthy.clear()
                self._on_lost(error.message)
            else:
                self._on_wishes(wishes)


def _refuse(busy: str | None, *, outdated: bool) -> None:
    if outdated:
        raise Fenced("another runner took the run over while the repository was away")
    if busy is not None:
        raise DatabaseError(f"the lock of the lost session on {busy} is still held")
