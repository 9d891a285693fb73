"""Status, logs, history and errors of runs as JSON documents with a format version. Pure.

Keys are snake_case; times are ISO 8601 in UTC; a handle is a string (it exceeds 53 bits).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dtm.model.states import StreamState
from dtm.repository.runs_rows import RunRow
from dtm.runner.watch import ErrorGroup, HistoryLine, Logs, RunLine, RunStatus, StreamStatus

FORMAT_VERSION = 1


def runs_json(lines: Sequence[RunLine]) -> str:
    """`runs`: each with its streams counted by state."""
    return _document(runs=[{**_run(line.run), "streams": _counts(line.streams)} for line in lines])


def history_json(lines: Sequence[HistoryLine]) -> str:
    """`runs`: as `runs_json`, with `tasks`: completed attempts and their seconds."""
    return _document(
        runs=[
            {**_run(line.run), "streams": _counts(line.streams), "tasks": _all(line.tasks)}
            for line in lines
        ]
    )


def status_json(status: RunStatus) -> str:
    """`status`: the run and its streams, those that need attention first."""
    return _document(
        status={
            "run": _run(status.run),
            "streams": [_stream(stream) for stream in status.streams],
            "packages": _all(status.packages),
            "now": status.now,
            "typical_s": status.typical_s,
            "eta_s": status.eta_s,
        }
    )


def log_json(log: Logs) -> str:
    """`log`: attempts, statements (where asked for) and the audit trail."""
    return _document(
        log={
            "run": _run(log.run),
            "attempts": _all(log.attempts),
            "sql": _all(log.sql),
            "events": _all(log.events),
        }
    )


def errors_json(groups: Sequence[ErrorGroup]) -> str:
    """`errors`: groups of failures alike."""
    return _document(errors=_all(groups))


def _document(**content: Any) -> str:
    return json.dumps({"format_version": FORMAT_VERSION, **content}, indent=2, default=_plain)


def _run(run: RunRow) -> dict[str, Any]:
    return dataclasses.asdict(run)


def _stream(stream: StreamStatus) -> dict[str, Any]:
    row = stream.row
    return {
        "handle": row.handle,
        "instance": row.instance,
        "object": row.object,
        "state": row.record.state,
        "reason": row.reason,
        "iteration": row.record.iteration,
        "tasks_done": stream.tasks_done,
        "tasks_failed": stream.tasks_failed,
        "statements": stream.statements,
        "rows": stream.rows,
        "busy_s": stream.busy_s,
        "eta_s": stream.eta_s,
        "liveness": row.liveness,
        "client_session": row.client_session,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "running": _all(stream.running),
        "error": dataclasses.asdict(stream.error) if stream.error else None,
    }


def _counts(streams: Mapping[StreamState, int]) -> dict[str, int]:
    return {state.value: streams.get(state, 0) for state in StreamState if streams.get(state)}


def _all(values: Sequence[Any]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(value) for value in values]


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    return str(value)
