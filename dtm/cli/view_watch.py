"""Status, logs, history and errors of runs as text. Pure: values to strings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dtm.cli.view_events import stream_name
from dtm.model.states import AttemptState, RunState, StreamState
from dtm.repository.runs_rows import Event, RunRow
from dtm.runner.watch import (
    AttemptLine,
    ErrorGroup,
    HistoryLine,
    Logs,
    RunLine,
    RunStatus,
    SqlLine,
    StreamStatus,
)

_TROUBLED = (StreamState.FAILED, StreamState.UNKNOWN, StreamState.HALTED)
_RESUMABLE = (RunState.FAILED, RunState.HALTED, RunState.INTERRUPTED)
# The last word on an outcome is normally the answer of the call; other sources are told.
_BY_ANSWER = (None, "ANSWER", "RULE")


# ---------------------------------------------------------------- status


def runs_text(runs: Sequence[RunLine]) -> str:
    """A list of runs, open ones first."""
    if not runs:
        return "No runs yet. Start one: dtm run OPERATION --env ENVIRONMENT"
    rows: list[tuple[str, ...]] = [
        ("run", "operation", "env", "state", "done", "failed", "started (UTC)")
    ]
    rows += [_run_row(line.run, line.streams) for line in runs]
    return table(rows)


def _run_row(run: RunRow, streams: Mapping[StreamState, int]) -> tuple[str, ...]:
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


def history_text(lines: Sequence[HistoryLine]) -> str:
    """Runs of one operation with the mean seconds of each of their tasks."""
    if not lines:
        return "This operation never ran."
    text = []
    for line in lines:
        run = line.run
        ended = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
        text.append(f"{'  '.join(_run_row(run, line.streams))}  {duration(ended)}")
        totals: dict[str, tuple[int, float]] = {}
        for time in line.tasks:
            count, seconds = totals.get(time.task, (0, 0.0))
            totals[time.task] = (count + time.count, seconds + time.seconds)
        parts = [f"{task} {duration(s / n)} x{n}" for task, (n, s) in totals.items() if n]
        text += textwrap.wrap(
            ", ".join(parts),
            76,
            initial_indent="    ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    return "\n".join(text)


def status_text(status: RunStatus, most: int = 50) -> str:
    """One run: its head, and a line per stream with what it does now or why it stopped."""
    lines = [head(status.run), *_outlook(status), ""]
    rows: list[tuple[str, ...]] = [("stream", "state", "it", "tasks", "rows", "time", "now")]
    shown = status.streams[:most]
    rows += [_stream_row(stream, status.now) for stream in shown]
    lines.append(table(rows))
    if len(status.streams) > most:
        lines.append(f"... and {len(status.streams) - most} more streams")
    for stream in shown:
        row = stream.row
        reason = (stream.error.error_text if stream.error else None) or row.reason
        if row.record.state in _TROUBLED and reason:
            lines += ["", f"{row.label}: {row.record.state}", indent(reason)]
    if status.run.state in _RESUMABLE:
        again = f"dtm run {status.run.operation} --env {status.run.environment}"
        lines += ["", f"Resume it: {again}"]
        lines.append(f"Details:   dtm logs {status.run.run_id} --sql")
    return "\n".join(lines)


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
    """While it runs: how long it has run, and how long such runs usually take."""
    if status.run.state is not RunState.RUNNING:
        return []
    passed = (status.now - status.run.started_at).total_seconds()
    usual = f", usually takes {duration(status.typical_s)}" if status.typical_s else ""
    return [f"    running for {duration(passed)}{usual}"]


def _stream_row(stream: StreamStatus, now: datetime) -> tuple[str, ...]:
    row = stream.row
    end = row.ended_at or now
    seconds = (end - row.started_at).total_seconds() if row.started_at else None
    doing = [
        f"{task.task} {duration((now - task.started_at).total_seconds())}"
        for task in stream.running
    ]
    return (
        row.label,
        row.record.state.value,
        str(row.record.iteration or "-"),
        str(stream.tasks_done),
        f"{stream.rows:,}",
        duration(seconds),
        ", ".join(doing),
    )


# ---------------------------------------------------------------- logs


def log_text(log: Logs) -> str:
    """The run's attempts in order, failed ones with their whole error; then the audit trail."""
    lines = [head(log.run), ""]
    statements: dict[tuple[str, int | None, str | None], list[SqlLine]] = {}
    for line in log.sql:
        statements.setdefault((line.handle, line.iteration, line.task), []).append(line)
    rows = [attempt_row(attempt) for attempt in log.attempts]
    titles, *printed = table(
        [("time", "stream", "it", "task", "state", "elapsed"), *rows]
    ).splitlines()
    lines.append(titles)
    for text, attempt in zip(printed, log.attempts, strict=True):
        lines.append(text)
        key = (attempt.handle, attempt.iteration, attempt.task)
        lines += [_statement(each) for each in _of_attempt(statements.get(key, []), attempt)]
        if attempt.error_text and attempt.state is not AttemptState.DONE:
            lines.append(indent(attempt.error_text, 4))
    if log.events:
        lines += ["", "Audit trail", *(event_line(event) for event in log.events)]
    return "\n".join(lines)


def _of_attempt(found: Sequence[SqlLine], attempt: AttemptLine) -> list[SqlLine]:
    """The statements of one attempt among those of its task: by the time they started."""
    return [
        line
        for line in found
        if line.started_at is None
        or (
            line.started_at >= attempt.started_at
            and (attempt.ended_at is None or line.started_at <= attempt.ended_at)
        )
    ]


def attempt_row(attempt: AttemptLine) -> tuple[str, ...]:
    """The cells of one attempt."""
    again = f" (attempt {attempt.attempt_no})" if attempt.attempt_no > 1 else ""
    known = "" if attempt.outcome_by in _BY_ANSWER else f" ({attempt.outcome_by.lower()})"
    return (
        f"{attempt.started_at:%H:%M:%S}",
        stream_name(attempt.instance, attempt.object),
        str(attempt.iteration),
        attempt.task + again,
        attempt.state.value + known,
        duration(attempt.elapsed_s),
    )


def attempt_line(attempt: AttemptLine) -> str:
    """One attempt on a line of its own, with the first line of its error."""
    text = "  ".join(attempt_row(attempt))
    error = (attempt.error_text or "").strip().splitlines()
    return f"{text}  {error[0]}" if error and attempt.state is not AttemptState.DONE else text


def _statement(line: SqlLine) -> str:
    rows = "" if line.row_count is None else f"{line.row_count:,} rows  "
    servers = f"  {line.px_servers} parallel servers" if line.px_servers else ""
    undone = "  rolled back" if line.rolled_back else ""
    first = f"    sql {line.state}  {rows}{duration(line.elapsed_s)}{servers}{undone}"
    body = textwrap.wrap(" ".join(line.sql_text.split()), 72) or ["(no text)"]
    return "\n".join([first, *(f"      {each}" for each in body)])


def event_line(event: Event) -> str:
    """One entry of the audit trail."""
    text = f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.kind} by {event.actor}"
    return f"{text}\n{indent(event.message, 6)}" if event.message else text


# ---------------------------------------------------------------- errors


def errors_text(groups: Sequence[ErrorGroup], most: int = 10) -> str:
    """Failures grouped by code and task: one fix, one group."""
    if not groups:
        return "No failed streams."
    lines = []
    for group in groups:
        count = len(group.failures)
        lines.append(
            f"{group.number}. {group.code or 'no code'} at {group.task}:"
            f" {count} stream{'s' if count != 1 else ''}"
        )
        names = [stream_name(each.instance, each.object) for each in group.failures]
        shown = ", ".join(names[:most]) + (f" and {count - most} more" if count > most else "")
        lines += textwrap.wrap(shown, 74, initial_indent="   ", subsequent_indent="   ")
        example = next((each.error_text for each in group.failures if each.error_text), None)
        if example:
            lines.append(indent(example, 6))
    lines += ["", "After fixing one cause: dtm run OPERATION --env E --only-group N"]
    return "\n".join(lines)


# ---------------------------------------------------------------- pieces


def duration(seconds: float | None) -> str:
    """`40 ms`, `1.4 s`, `12 s`, `3m 20s`, `2h 05m`; `-` for none."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def indent(text: str, by: int = 2) -> str:
    """Every line of `text` moved to the right."""
    return textwrap.indent(text.rstrip(), " " * by)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart, no trailing blanks."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
