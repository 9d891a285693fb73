"""Lists of runs, and where every stream of one run stands, as text. Pure: values to strings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dtm.cli.layout import clip, duration, indent, paragraph, share, some, table
from dtm.model.alike import grouped
from dtm.model.states import RunState, StreamState
from dtm.repository.runs_rows import RunRow
from dtm.runner.watch import RunLine, RunStatus, StreamStatus

_TROUBLED = (StreamState.FAILED, StreamState.UNKNOWN, StreamState.HALTED, StreamState.PENDING)
_RESUMABLE = (RunState.FAILED, RunState.HALTED, RunState.INTERRUPTED)
_NARROW = 72  # columns; below, the table leaves out what can be spared
_LEAST_NAME = 12


def runs_text(runs: Sequence[RunLine]) -> str:
    """A list of runs, open ones first."""
    if not runs:
        return "No runs yet. Start one: dtm run OPERATION --env ENVIRONMENT"
    rows: list[tuple[str, ...]] = [
        ("run", "operation", "env", "state", "done", "failed", "started (UTC)")
    ]
    rows += [run_row(line.run, line.streams) for line in runs]
    return table(rows)


def run_row(run: RunRow, streams: Mapping[StreamState, int]) -> tuple[str, ...]:
    """The cells of one run in a list."""
    failed = streams.get(StreamState.FAILED, 0) + streams.get(StreamState.UNKNOWN, 0)
    return (
        run.run_id,
        run.operation + (" (test)" if run.test else ""),
        run.environment,
        run.state.value,
        f"{streams.get(StreamState.COMPLETED, 0)}/{sum(streams.values())}",
        str(failed or "-"),
        f"{run.started_at:%m-%d %H:%M:%S}",
    )


def status_text(status: RunStatus, most: int = 50) -> str:
    """One run for reading: its head, a line per stream, then the problems in full, alike ones
    once, and how to go on."""
    lines = [head(status.run), *_outlook(status), ""]
    lines += _streams(status, most, None)
    lines += _problems(status)
    if status.run.state in _RESUMABLE:
        again = f"dtm run {status.run.operation} --env {status.run.environment}"
        lines += ["", f"Resume it: {again}"]
        lines.append(f"Details:   dtm logs {status.run.run_id} --sql")
    return "\n".join(lines)


def live_text(status: RunStatus, width: int, height: int) -> str:
    """One run for a screen of that size: head, counts, then streams, failed ones first, with what
    they do or why they stopped."""
    lines = [*head(status.run).splitlines(), *_outlook(status), ""]
    lines = [clip(line, width) for line in lines]
    room = max(height - len(lines) - 2, 1)  # the table's heading, and what is left out
    return "\n".join([*lines, *_streams(status, room, width)])


def head(run: RunRow) -> str:
    """`Run ID  operation in env  STATE`, when and by whom."""
    test = ", test mode" if run.test else ""
    resumed = f", started {run.start_count} times" if run.start_count > 1 else ""
    lines = [
        f"Run {run.run_id}  {run.operation} in {run.environment}  {run.state}{test}",
        f"    started {run.started_at:%Y-%m-%d %H:%M:%S} UTC by {run.requested_by}{resumed}",
    ]
    if run.reason:
        lines.append(indent(run.reason, 4))
    return "\n".join(lines)


def _outlook(status: RunStatus) -> list[str]:
    """While it runs: how long it has run, how far it is, and when it will probably end."""
    if status.run.state is not RunState.RUNNING:
        return []
    passed = (status.now - status.run.resumed_at).total_seconds()
    lines = [f"    running for {duration(passed)}; {_counts(status.streams)}"]
    if status.eta_s is not None:
        lines.append(f"    {_outlook_words(status.now, status.eta_s)}")
    return lines


def _outlook_words(now: datetime, eta_s: float) -> str:
    if eta_s <= 0:
        return "takes longer than earlier runs did"
    end = now + timedelta(seconds=eta_s)
    return f"probably {duration(eta_s)} left, until {end:%H:%M:%S} UTC (as earlier runs took)"


def _counts(streams: Sequence[StreamStatus]) -> str:
    counts = Counter(stream.row.record.state for stream in streams)
    return ", ".join(f"{counts[state]} {state.lower()}" for state in StreamState if counts[state])


# ---------------------------------------------------------------- the table


def _streams(status: RunStatus, most: int, width: int | None) -> list[str]:
    shown, hidden = status.streams[:most], status.streams[most:]
    rows: list[tuple[str, ...]] = [
        ("stream", "state", "it", "tasks", "rows", "time", "left", "now")
    ]
    rows += [_row(stream, status.now, reasons=width is not None) for stream in shown]
    lines = _fitted(rows, width)
    if hidden:
        lines.append(clip(f"... and {len(hidden)} more: {_counts(hidden)}", width or 1000))
    return lines


def _fitted(rows: list[tuple[str, ...]], width: int | None) -> list[str]:
    """The table; on a narrow screen without what can be spared, names clipped, one line a row."""
    kept = [i for i in range(8) if i != 6 or any(row[6] not in ("", "left") for row in rows)]
    if width is None:
        return table([[row[i] for i in kept] for row in rows]).splitlines()
    if width < _NARROW:
        kept = [i for i in kept if i not in (2, 4)]
    used = sum(max(len(row[i]) for row in rows) + 2 for i in kept if i not in (0, 7))
    name = max(len(row[0]) for row in rows)
    now = min(24, max(len(row[7]) for row in rows))
    name = max(min(name, width - used - now - 2), _LEAST_NAME)
    cells = [[clip(row[0], name), *(row[i] for i in kept[1:])] for row in rows]
    return [clip(line, width) for line in table(cells).splitlines()]


def _row(stream: StreamStatus, now: datetime, *, reasons: bool) -> tuple[str, ...]:
    row = stream.row
    end = row.ended_at or now
    seconds = (end - row.started_at).total_seconds() if row.started_at else None
    doing = ", ".join(
        f"{task.task} {duration((now - task.started_at).total_seconds())}"
        for task in stream.running
    )
    if reasons and not doing and row.record.state in _TROUBLED:
        doing = (_reason(stream) or "").partition("\n")[0]
    return (
        row.label,
        row.record.state.value,
        str(row.record.iteration or "-"),
        str(stream.tasks_done),
        f"{stream.rows:,}",
        duration(seconds),
        _left(stream.eta_s),
        doing,
    )


def _left(eta_s: float | None) -> str:
    if eta_s is None:
        return ""
    return duration(eta_s) if eta_s > 0 else "late"


# ---------------------------------------------------------------- problems


def _problems(status: RunStatus) -> list[str]:
    """Why streams stopped, in full; the same on many instances is told once."""
    running = status.run.state is RunState.RUNNING
    waiting = (StreamState.PENDING, StreamState.HALTED) if running else ()
    troubled = [
        stream
        for stream in status.streams
        if stream.row.record.state in _TROUBLED
        and _reason(stream)
        and (stream.error or stream.row.record.state not in waiting)
    ]
    lines: list[str] = []
    alike = grouped(
        troubled,
        lambda s: _reason(s) or "",
        lambda s: s.row.instance,
        lambda s: s.row.record.state,
    )
    for group in alike:
        first = group[0]
        if len(group) == 1:
            lines += ["", f"{first.row.label}: {first.row.record.state}"]
        else:
            count = share(len(group), len(status.streams))
            names = some([stream.row.label for stream in group])
            lines += ["", f"{first.row.record.state}, the same on {count}:"]
            lines.append(paragraph(names, "  ", "  "))
        lines.append(indent(_reason(first) or "", 2 if len(group) == 1 else 4))
    return lines


def _reason(stream: StreamStatus) -> str | None:
    return (stream.error.error_text if stream.error else None) or stream.row.reason
