"""Removing what finished runs leave in the repository, stream by stream; never of an open run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dtm.model.database import Session
from dtm.repository.queries import load
from dtm.repository.runs_binds import event_binds
from dtm.repository.runs_rows import Event


@dataclass(frozen=True, slots=True)
class OldStream:
    """A stream of a finished run and the rows the repository keeps of it. `began`: a client may
    keep something, too."""

    run_id: str
    operation: str
    environment: str
    ended_at: datetime
    handle: str
    instance: str
    began: bool
    attempts: int
    statements: int


class PruneStore:
    """Over one repository session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sql = load("prune")

    def candidates(
        self, before: datetime, environment: str | None, operation: str | None
    ) -> tuple[OldStream, ...]:
        """Streams of runs that finished before `before` (naive UTC) and were not pruned."""
        binds = {
            "before_time": before,
            "environment_name": environment,
            "operation_name": operation,
        }
        rows = self._session.query(self._sql["candidates"], binds)
        return tuple(
            OldStream(r[0], r[1], r[2], r[3], r[4], r[5], int(r[6]) > 0, int(r[7]), int(r[8]))
            for r in rows
        )

    def prune(self, handle: str, at: datetime) -> bool:
        """Remove a stream's attempts, SQL log and parameters in one transaction; False and nothing
        changed if its run is open or somebody pruned it before."""
        if self._session.execute(self._sql["mark"], {"handle": handle, "at": at}) != 1:
            self._session.rollback()
            return False
        for name in ("delete_sql", "delete_attempts", "delete_parameters"):
            self._session.execute(self._sql[name], {"handle": handle})
        self._session.commit()
        return True

    def record(self, event: Event) -> None:
        """Add to the audit trail of a run what was removed of it."""
        self._session.execute(load("runs")["write_event"], event_binds(event))
        self._session.commit()
