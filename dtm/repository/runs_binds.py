"""Journal entries as bind values: one row per query and entry, in the order they have to run. Pure.

Every row is absolute, so that writing a batch twice changes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dtm.model.stream import Ended, Entry, Intent, Outcome, Start
from dtm.repository.runs_rows import Event, SqlRow, Write

Binds = dict[str, Any]


@dataclass(slots=True)
class Statements:
    """Bind rows per query name, in the order the queries have to run."""

    rows: dict[str, list[Binds]] = field(default_factory=dict)

    def add(self, name: str, binds: Binds) -> None:
        """Add one row for query `name`."""
        self.rows.setdefault(name, []).append(binds)


# The stream row first: it carries the fence check, and locks the row against a takeover.
ORDER = (
    "write_stream",
    "write_start",
    "forget_open_attempts",
    "write_intent",
    "write_outcome",
    "write_end",
    "add_sql_key",
    "write_sql",
    "write_event",
)


def statements(writes: Iterable[Write]) -> Statements:
    """Turn a batch into bind rows; writes of one stream must come in their order."""
    result = Statements()
    latest: dict[str, Binds] = {}
    for write in writes:
        latest[write.handle] = _stream_binds(write)
        for entry in write.entries:
            _add_entry(result, write, entry)
        for row in write.sql:
            key = {"handle": write.handle, "client_key": row.client_key}
            result.add("add_sql_key", key)
            result.add("write_sql", key | _sql_binds(row))
        for event in write.events:
            result.add("write_event", event_binds(event))
    # In order of handles, so that two runners lock rows in the same order.
    result.rows["write_stream"] = [latest[handle] for handle in sorted(latest)]
    return result


def _add_entry(result: Statements, write: Write, entry: Entry) -> None:
    handle, at = write.handle, write.at
    owner = {"handle": handle, "fence": write.record.fence}
    match entry:
        case Start():
            session = {"liveness": entry.liveness, "client_session": entry.client_session}
            result.add("write_start", owner | session | {"at": entry.at or at})
            if entry.fresh:
                result.add("forget_open_attempts", {"handle": handle, "at": entry.at or at})
        case Intent():
            result.add("write_intent", _intent_binds(handle, entry, at))
        case Outcome():
            result.add("write_outcome", _outcome_binds(handle, entry, at))
        case Ended():
            end = {"at": entry.at or at, "reason": cut(entry.reason), "halt": entry.halt}
            result.add("write_end", owner | end)


def _stream_binds(write: Write) -> Binds:
    record = write.record
    return {
        "handle": record.handle,
        "fence": record.fence,
        "state": record.state.value,
        "iteration": record.iteration,
        "exhausted": flag(record.exhausted),
        "start_count": record.start_count,
        "start_iteration": record.start_iteration,
        "initial_fence": record.initial_fence,
        "last_seq": record.last_seq,
        "at": write.at,
    }


def _intent_binds(handle: str, entry: Intent, at: datetime) -> Binds:
    attempt = entry.attempt
    return {
        "handle": handle,
        "seq": attempt.seq,
        "iteration": attempt.key.iteration,
        "phase": attempt.key.phase.value,
        "task_name": attempt.key.task,
        "attempt_no": attempt.attempt_no,
        "marker_no": attempt.marker_no,
        "after_error": flag(attempt.key.after_error),
        "task_kind": entry.task_kind,
        "fence": attempt.fence,
        "at": entry.at or at,
    }


def _outcome_binds(handle: str, entry: Outcome, at: datetime) -> Binds:
    return {
        "handle": handle,
        "seq": entry.seq,
        "state": entry.state.value,
        "outcome_by": entry.by.value,
        "at": entry.at or at,
        "elapsed_s": None if entry.elapsed_s is None else round(entry.elapsed_s, 6),
        "error_code": entry.error_code,
        "error_class": entry.error_class,
        "error_text": entry.error_text,
    }


def _sql_binds(row: SqlRow) -> Binds:
    return {
        "attempt_seq": row.attempt_seq,
        "iteration": row.iteration,
        "task_name": row.task,
        "state": row.state,
        "sql_text": row.sql_text,
        "sql_id": row.sql_id,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "elapsed_s": row.elapsed_s,
        "row_count": row.row_count,
        "error_code": row.error_code,
        "error_text": row.error_text,
        "px_queries": row.px_queries,
        "px_dml": row.px_dml,
        "px_ddl": row.px_ddl,
        "px_servers": row.px_servers,
    }


def event_binds(event: Event) -> Binds:
    """Bind values of an audit line."""
    return {
        "event_key": event.key,
        "run_id": event.run_id,
        "handle": event.handle,
        "at": event.at,
        "kind": event.kind,
        "actor": cut(event.actor, 256),
        "message": cut(event.message),
    }


def flag(value: bool) -> str:
    """Y or N."""
    return "Y" if value else "N"


def cut(text: str | None, size: int = 4000) -> str | None:
    """Cut text to `size` bytes of UTF-8; full texts stand in CLOBs."""
    if text is None or len(text.encode()) <= size:
        return text
    return text.encode()[: size - 4].decode(errors="ignore") + " ..."
