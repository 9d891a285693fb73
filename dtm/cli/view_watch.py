"""Logs, history and errors of runs as text. Pure: values to strings."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from dtm.cli.layout import duration, indent, paragraph, some, table
from dtm.cli.view_events import stream_name
from dtm.cli.view_status import head, run_row
from dtm.model.states import AttemptState
from dtm.repository.runs_rows import Event, RunRow
from dtm.runner.watch import AttemptLine, ErrorGroup, HistoryLine, Logs, SqlLine

# The last word on an outcome is normally the answer of the call; other sources are told.
_BY_ANSWER = (None, "ANSWER", "RULE")


# ---------------------------------------------------------------- history


def history_text(lines: Sequence[HistoryLine]) -> str:
    """Runs of one operation with the mean seconds of each of their tasks."""
    if not lines:
        return "This operation never ran."
    titles = ("run", "operation", "env", "state", "done", "failed", "started (UTC)", "took")
    rows = [(*run_row(line.run, line.streams), duration(_took(line.run))) for line in lines]
    heading, *printed = table([titles, *rows]).splitlines()
    text = [heading]
    for first, line in zip(printed, lines, strict=True):
        text.append(first)
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


def _took(run: RunRow) -> float | None:
    return (run.ended_at - run.started_at).total_seconds() if run.ended_at else None


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


def statement_line(line: SqlLine) -> str:
    """One statement behind the name of its stream, as it is when it is followed."""
    return f"{stream_name(line.instance, line.object)}  {line.task or ''}\n{_statement(line)}"


def _statement(line: SqlLine) -> str:
    rows = "" if line.row_count is None else f"{line.row_count:,} rows  "
    servers = f"  {line.px_servers} parallel servers" if line.px_servers else ""
    undone = "  rolled back" if line.rolled_back else ""
    first = f"    sql {line.state}  {rows}{duration(line.elapsed_s)}{servers}{undone}"
    body = textwrap.wrap(" ".join(line.sql_text.split()), 72) or ["(no text)"]
    before = textwrap.wrap(" ".join((line.alter_session or "").split()), 72)
    return "\n".join([first, *(f"      {each}" for each in (*before, *body))])


def event_line(event: Event) -> str:
    """One entry of the audit trail."""
    text = f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.kind} by {event.actor}"
    return f"{text}\n{indent(event.message, 6)}" if event.message else text


# ---------------------------------------------------------------- errors


def errors_text(groups: Sequence[ErrorGroup], most: int = 10, *, advice: bool = True) -> str:
    """Failures grouped by code and task: one fix, one group."""
    if not groups:
        return "No failed streams."
    lines = []
    for group in groups:
        count = len(group.failures)
        place = f"at {group.task}" if group.task else "before any task"
        lines.append(
            f"{group.number}. {group.code or 'no code'} {place}:"
            f" {count} stream{'s' if count != 1 else ''}"
        )
        names = [stream_name(each.instance, each.object) for each in group.failures]
        lines.append(paragraph(some(names, most), "   ", "   "))
        example = next((each.error_text for each in group.failures if each.error_text), None)
        if example:
            lines.append(indent(example, 6))
    if advice:
        lines += ["", "After fixing one cause: dtm run OPERATION --env E --only-group N"]
    return "\n".join(lines)
