"""Journal entries as bind values: a row per stream, and per logged statement. Pure.

Every row is absolute, so that writing a batch twice changes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dtm.model.stream import Ended, Entry, Intent, Outcome, Start
from dtm.repository.runs_rows import Event, SqlRow, Write

Binds = dict[str, Any]
Types = Mapping[str, type[int] | type[datetime]]

# What else may be None, so that a bind always has the same type: those that are not text.
STREAM_TYPES: Types = {
    **dict.fromkeys(("at", "start_at", "done_at", "began_at", "end_at"), datetime),
    **dict.fromkeys(("done_seq", "elapsed_s", "seq"), int),
    **dict.fromkeys(("task_iteration", "attempt_no", "marker_no"), int),
}
SQL_TYPES: Types = {
    **dict.fromkeys(("started_at", "ended_at"), datetime),
    **dict.fromkeys(("attempt_seq", "iteration", "elapsed_s", "row_count"), int),
    **dict.fromkeys(("px_queries", "px_dml", "px_ddl", "px_servers"), int),
}
_NO_START = dict.fromkeys(("start_at", "liveness", "client_session", "fresh"))
_NO_OUTCOME = {
    **dict.fromkeys(("done_seq", "outcome", "outcome_by", "done_at", "elapsed_s")),
    **dict.fromkeys(("error_code", "error_class", "error_text")),
}
_NO_INTENT = {
    **dict.fromkeys(("seq", "task_iteration", "phase", "task_name", "attempt_no")),
    **dict.fromkeys(("marker_no", "after_error", "task_kind", "began_at")),
}
_NO_END = dict.fromkeys(("end_at", "reason", "halt"))
NOTHING: Binds = {**_NO_START, **_NO_OUTCOME, **_NO_INTENT, **_NO_END}
# In which order the pieces of a row are written.
_ORDER = (Start, Outcome, Intent, Ended)


@dataclass(slots=True)
class Statements:
    """Bind rows: of streams in the order of their handles, each stream's in order of time."""

    streams: list[Binds] = field(default_factory=list)
    sql: list[Binds] = field(default_factory=list)
    events: list[Binds] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """The row of a stream that may still take entries; `place`: of the last one, in `_ORDER`."""

    binds: Binds
    place: int = -1


def statements(writes: Iterable[Write]) -> Statements:
    """Turn a batch into bind rows; writes of one stream must come in their order.

    Entries of a stream share a row as long as they happened in the order in which a row is written.
    """
    rows: dict[str, list[_Open]] = {}
    result = Statements()
    for write in writes:
        own = rows.setdefault(write.handle, [])
        if not own:
            own.append(_Open(stream_binds(write) | NOTHING))
        for entry in write.entries:
            place = _ORDER.index(type(entry))
            if place <= own[-1].place:
                own.append(_Open(stream_binds(write) | NOTHING))
            own[-1].binds |= _entry_binds(write, entry)
            own[-1].place = place
        own[-1].binds |= stream_binds(write)
        handle = {"handle": write.handle}
        result.sql += [handle | _sql_binds(row) for row in write.sql]
        result.events += [event_binds(event) for event in write.events]
    # In order of handles, so that two runners lock rows in the same order.
    result.streams = [row.binds for handle in sorted(rows) for row in rows[handle]]
    return result


def _entry_binds(write: Write, entry: Entry) -> Binds:
    match entry:
        case Start():
            return {
                "start_at": entry.at or write.at,
                "liveness": entry.liveness,
                "client_session": entry.client_session,
                "fresh": flag(entry.fresh),
            }
        case Intent():
            return _intent_binds(entry, write.at)
        case Outcome():
            return outcome_binds(entry, write.at)
        case Ended():
            end = entry.at or write.at
            return {"end_at": end, "reason": cut(entry.reason), "halt": entry.halt}


def stream_binds(write: Write) -> Binds:
    """Where the stream stands after a write."""
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


def _intent_binds(entry: Intent, at: datetime) -> Binds:
    attempt = entry.attempt
    return {
        "seq": attempt.seq,
        "task_iteration": attempt.key.iteration,
        "phase": attempt.key.phase.value,
        "task_name": attempt.key.task,
        "attempt_no": attempt.attempt_no,
        "marker_no": attempt.marker_no,
        "after_error": flag(attempt.key.after_error),
        "task_kind": entry.task_kind,
        "began_at": entry.at or at,
    }


def outcome_binds(entry: Outcome, at: datetime) -> Binds:
    """What became of an attempt."""
    return {
        "done_seq": entry.seq,
        "outcome": entry.state.value,
        "outcome_by": entry.by.value,
        "done_at": entry.at or at,
        "elapsed_s": None if entry.elapsed_s is None else round(entry.elapsed_s, 6),
        "error_code": entry.error_code,
        "error_class": entry.error_class,
        "error_text": entry.error_text,
    }


def _sql_binds(row: SqlRow) -> Binds:
    return {
        "client_key": row.client_key,
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
        "alter_session": cut(row.alter_session),
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
