"""Spool files that earlier runners left on this machine, brought to the repository."""

from __future__ import annotations

from pathlib import Path

from dtm.oracle.errors import OracleError
from dtm.repository.runs import Fenced, RunStore
from dtm.repository.runs_rows import Write
from dtm.runner.deps import Deps
from dtm.runner.events import EventKind, RunEvent
from dtm.runner.spool import LeftBehind, left_behind

NO_PARENT = "ORA-02291"


def replay_spools(store: RunStore, deps: Deps) -> int:
    """Replay every spool whose runner is gone; returns how many writes there were.

    A stream that somebody took over meanwhile keeps what was found out then; its log rows and
    outcomes are added where they are still open. What cannot be read, or is about a run that this
    repository does not know (it was restored, or is another one), is said and kept in its file:
    the attempts it was about are looked up on the clients.
    """
    count = 0
    for path in sorted((deps.state_dir / "spool").glob("*.jsonl")):
        try:
            with left_behind(path) as found:
                if found is None:
                    continue
                for write in found.writes:
                    _replay(store, write, found)
                count += len(found.writes) - len(found.skipped)
                _tell(deps, path, found)
        except OSError as error:
            text = f"the spool {path} cannot be read or removed: {error.strerror}"
            deps.reporter.report(RunEvent(EventKind.DEGRADED, text))
    return count


def _replay(store: RunStore, write: Write, found: LeftBehind) -> None:
    try:
        try:
            store.write([write])
        except Fenced:
            store.add_late(write)
    except OracleError as error:
        if NO_PARENT not in error.codes:
            raise
        found.skipped.append(f"stream {write.handle} is not known here")


def _tell(deps: Deps, path: Path, found: LeftBehind) -> None:
    lost = (*found.broken, *dict.fromkeys(found.skipped))
    text = f"replayed {len(found.writes) - len(found.skipped)} journal writes of {path.name}"
    if lost:
        text += f", not {len(found.broken) + len(found.skipped)} (kept in {path.name}.kept): "
        text += "; ".join(lost[:3])
    deps.reporter.report(RunEvent(EventKind.DEGRADED, text))
