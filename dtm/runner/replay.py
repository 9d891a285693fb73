"""Spool files that earlier runners left on this machine, brought to the repository."""

from __future__ import annotations

from dtm.repository.runs import Fenced, RunStore
from dtm.repository.runs_rows import Write
from dtm.runner.deps import Deps
from dtm.runner.events import EventKind, RunEvent
from dtm.runner.spool import left_behind


def replay_spools(store: RunStore, deps: Deps) -> int:
    """Replay every spool whose runner is gone; returns how many writes there were.

    A stream that somebody took over meanwhile keeps what was found out then; its log rows and
    outcomes are added where they are still open.
    """
    count = 0
    for path in sorted((deps.state_dir / "spool").glob("*.jsonl")):
        with left_behind(path) as writes:
            if writes is None:
                continue
            for write in writes:
                _replay(store, write)
            count += len(writes)
            text = f"replayed {len(writes)} journal writes of {path.name}"
            deps.reporter.report(RunEvent(EventKind.DEGRADED, text))
    return count


def _replay(store: RunStore, write: Write) -> None:
    try:
        store.write([write])
    except Fenced:
        store.add_late(write)
