"""Retention: remove what finished runs left on their clients and in the repository.

Of runs that are COMPLETED or ABANDONED and ended long enough ago: on the client the stream with its
completion markers, parameters and SQL log; in the repository attempts, SQL log and parameters. Runs,
streams and the audit trail stay, with a note of what was removed. Nothing of an open run is touched.
The client goes first: a stream whose client is away stays as it is and is pruned the next time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import timedelta

from dtm.errors import DtmError
from dtm.oracle import calls
from dtm.oracle.identity import check_name, check_recorded
from dtm.repository.config import ConfigStore
from dtm.repository.pruning import OldStream, PruneStore
from dtm.repository.runs import RunStore
from dtm.runner.deps import Deps
from dtm.runner.prepare import Applied, event, read_applied
from dtm.runner.threads import DaemonExecutor

SIDE_BY_SIDE = 32  # instances at a time


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or (`dry`) would be. `away`: instances that kept theirs, with why.

    `on_clients` counts rows of markers, parameters, SQL log and streams; 0 in a dry run, which
    does not connect to clients.
    """

    streams: tuple[OldStream, ...]
    on_clients: int
    away: Mapping[str, str]
    dry: bool

    @property
    def runs(self) -> int:
        """How many runs they belong to."""
        return len({stream.run_id for stream in self.streams})

    @property
    def statements(self) -> int:
        """Rows of the repository's SQL log."""
        return sum(stream.statements for stream in self.streams)

    @property
    def attempts(self) -> int:
        """Rows of attempts."""
        return sum(stream.attempts for stream in self.streams)


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """`older_than_s`: seconds since the end of a run, by the repository's clock."""

    older_than_s: float
    environment: str | None = None
    operation: str | None = None
    dry: bool = False


def prune(request: PruneRequest, deps: Deps) -> Pruned:
    """Remove, or only count, what the request means."""
    session = deps.repository("prune")
    try:
        store = PruneStore(session)
        now = RunStore(session).now()
        before = now - timedelta(seconds=request.older_than_s)
        found = store.candidates(before, request.environment, request.operation)
        if request.dry or not found:
            return Pruned(found, 0, {}, request.dry)
        rows, away = _on_clients(found, read_applied(ConfigStore(session)), deps)
        gone = tuple(
            stream
            for stream in found
            if stream.instance not in away and store.prune(stream.handle, now)
        )
        for run_id, streams in _by(gone, "run_id").items():
            text = (
                f"streams: {len(streams)}, attempts: {sum(s.attempts for s in streams)},"
                f" statements: {sum(s.statements for s in streams)}"
            )
            store.record(event(run_id, "PRUNE", deps.actor, text, now))
        return Pruned(gone, rows, away, dry=False)
    finally:
        session.close()


def _on_clients(
    streams: Sequence[OldStream], applied: Applied, deps: Deps
) -> tuple[int, dict[str, str]]:
    """Forget the streams on their clients; rows removed, and the instances that could not be asked.

    An instance that is no longer declared has nothing to ask. One that hangs is left to its daemon
    thread: it holds up its own batch, and that for a bounded time.
    """
    by_instance = _by([s for s in streams if s.began], "instance")
    names = sorted(name for name in by_instance if name in applied.inventory.all_instances)
    executor = DaemonExecutor("dtm-prune")
    rows, away = 0, {}
    for first in range(0, len(names), SIDE_BY_SIDE):
        batch = {
            name: executor.submit(_forget, name, by_instance[name], applied, deps)
            for name in names[first : first + SIDE_BY_SIDE]
        }
        wait(batch.values(), timeout=deps.tuning.prune_s)
        for name, future in batch.items():
            if not future.done():
                away[name] = f"no answer within {deps.tuning.prune_s:g} s"
            elif isinstance(error := future.exception(), DtmError):
                away[name] = error.message
            else:
                rows += future.result()
    return rows, away


def _forget(name: str, streams: Sequence[OldStream], applied: Applied, deps: Deps) -> int:
    instance = applied.inventory.instance(name)
    session = deps.connect(instance, "dtm prune")
    try:
        identity = session.identity()
        check_name(identity, instance.expect_db_unique_names, name)
        if known := applied.facts.get(name):
            check_recorded(identity, known.dbid, known.pdb_guid, name)
        return sum(calls.forget_stream(session, stream.handle) for stream in streams)
    finally:
        session.close()


def _by(streams: Sequence[OldStream], attribute: str) -> dict[str, list[OldStream]]:
    found: dict[str, list[OldStream]] = defaultdict(list)
    for stream in streams:
        found[getattr(stream, attribute)].append(stream)
    return found
