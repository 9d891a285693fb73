"""Views are pure: the same values give the same text, readable in 80 columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dtm.cli import layout, view_events, view_run, view_status, view_watch, view_watch_json
from dtm.cli.console import make_terminal
from dtm.errors import PRECEDENCE, ExitCode, worst
from dtm.model.states import AttemptState, Phase, RunState, StreamState
from dtm.model.stream import StreamRecord
from dtm.repository.runs_rows import Event, RunRow, StreamRow
from dtm.runner.events import EventKind, RunEvent
from dtm.runner.request import RunReport, StreamReport
from dtm.runner.watch import (
    AttemptLine,
    ErrorGroup,
    FailureLine,
    HistoryLine,
    Logs,
    RunLine,
    RunStatus,
    SqlLine,
    StreamStatus,
)

AT = datetime(2026, 2, 3, 4, 5, 6)  # noqa: DTZ001 - naive UTC, as the repository gives it
ERROR = "ORA-01653: unable to extend table A.B by 8 in tablespace C\nORA-06512: at line 3"


def _run(state: RunState = RunState.FAILED) -> RunRow:
    return RunRow(
        run_id="20260203-040506-abcd", operation="purge", environment="prod", assignment="a",
        test=False, state=state, definition_digest="d", requested_by="me@here", tool_version="1",
        max_parallel=None, start_count=2, halt_kind=None, reason=None, started_at=AT,
        resumed_at=AT, ended_at=AT + timedelta(seconds=90), open=True,
    )  # fmt: skip


def _stream(state: StreamState, *, error: str | None = None) -> StreamStatus:
    row = StreamRow(
        handle="1882575074646458310", run_id="20260203-040506-abcd", instance="emea-1",
        object="S.T", position=1, member=1, wave=1,
        record=StreamRecord(handle="1882575074646458310", state=state, iteration=2),
        started_at=AT, ended_at=AT + timedelta(seconds=5),
    )  # fmt: skip
    failure = _failure(error) if error else None
    return StreamStatus(row, (), 7, 1, 4, 12345, 3.0, failure)


def _failure(text: str) -> FailureLine:
    return FailureLine(
        "emea-1", "S.T", "1882575074646458310", Phase.TASK, "copy", 2, "ORA-01653", "SPACE", text,
        AttemptState.FAILED, AT,
    )  # fmt: skip


def test_status_shows_why_a_stream_failed_and_how_to_go_on() -> None:
    status = RunStatus(_run(), (_stream(StreamState.FAILED, error=ERROR),), (), AT, None)
    text = view_status.status_text(status)
    assert "emea-1/S.T  FAILED  2   7      12,345  5.0 s" in text
    assert "  ORA-06512: at line 3" in text
    assert "Resume it: dtm run purge --env prod" in text
    assert "started 2 times" in text


def _refused(name: str, reason: str, state: StreamState = StreamState.FAILED) -> StreamStatus:
    stream = _stream(state)
    record = StreamRecord(handle=name, state=state)
    row = replace(stream.row, handle=name, instance=name, record=record, reason=reason)
    return replace(stream, row=row)


def test_a_reason_many_instances_share_is_told_once() -> None:
    streams = [_refused(f"db-{n}", f"ORA-01017: logon denied to db-{n}") for n in range(98)]
    streams += [_stream(StreamState.COMPLETED), _refused("db-x", "PKG requires CREATE TABLE")]
    text = view_status.status_text(RunStatus(_run(), tuple(streams), (), AT, None))
    assert "FAILED, the same on 98 of 100 streams:" in text
    assert "and 88 more" in text
    assert text.count("ORA-01017") == 1
    assert "db-x/S.T: FAILED\n  PKG requires CREATE TABLE" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(("width", "height"), [(60, 12), (80, 24), (132, 60)])
def test_the_live_status_fits_the_screen(width: int, height: int) -> None:
    long = "SALES_ARCHIVE.ORDER_LINES_PARTITIONED_BY_MONTH"
    streams = [_refused(f"db-{n}", f"ORA-01017: logon denied to db-{n}") for n in range(150)]
    streams += [_stream(StreamState.RUNNING)] * 50
    streams = [replace(s, row=replace(s.row, object=long), eta_s=90.0) for s in streams]
    run = replace(_run(RunState.RUNNING), reason=None)
    shown = RunStatus(run, tuple(streams), (), AT, None, eta_s=90.0)
    lines = view_status.live_text(shown, width, height).splitlines()
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert any(line.startswith("... and ") for line in lines)
    assert any("1m 30s left" in line for line in lines)
    assert any("ORA-01017"[: max(5, width - 60)] in line for line in lines)


def test_a_completed_run_gives_no_advice() -> None:
    status = RunStatus(_run(RunState.COMPLETED), (_stream(StreamState.COMPLETED),), (), AT, None)
    assert "Resume" not in view_status.status_text(status)


def test_logs_show_statements_under_their_attempt_and_the_whole_error() -> None:
    attempt = AttemptLine(
        "emea-1", "S.T", "1", 3, 2, Phase.TASK, "copy", 2, False, AttemptState.FAILED, "ANSWER", AT,
        AT + timedelta(seconds=2), 2.0, "ORA-01653", "SPACE", ERROR,
    )  # fmt: skip
    statement = SqlLine(
        "emea-1", "S.T", "1", "K", 2, "copy", "FAILED", "INSERT INTO t\n  SELECT 1", AT, 0.25, 10,
        "ORA-01653", ERROR, None, True,
    )  # fmt: skip
    event = Event("k", "20260203-040506-abcd", "HALT", "me@here", "storage at work", AT)
    text = view_watch.log_text(Logs(_run(), (attempt,), (statement,), (event,)))
    lines = text.splitlines()
    row = next(i for i, line in enumerate(lines) if "copy (attempt 2)" in line)
    assert "FAILED" in lines[row]
    assert lines[row + 1] == "    sql FAILED  10 rows  250 ms  rolled back"
    assert lines[row + 2] == "      INSERT INTO t SELECT 1"
    assert "    ORA-06512: at line 3" in lines
    assert "  2026-02-03 04:05:06  HALT by me@here" in lines
    assert "      storage at work" in lines


def test_a_followed_statement_names_its_stream() -> None:
    statement = SqlLine(
        "emea-1", "S.T", "1", "K", 2, "copy", "RUNNING", "INSERT INTO t", AT, None, None,
        None, None, None, None, "ALTER SESSION ENABLE PARALLEL DML",
    )  # fmt: skip
    assert view_watch.statement_line(statement).splitlines() == [
        "emea-1/S.T  copy",
        "    sql RUNNING  -",
        "      ALTER SESSION ENABLE PARALLEL DML",
        "      INSERT INTO t",
    ]


def test_errors_are_grouped_with_one_example() -> None:
    group = ErrorGroup(1, "ORA-01653", "copy", tuple(_failure(ERROR) for _ in range(12)))
    text = view_watch.errors_text((group,))
    assert text.startswith("1. ORA-01653 at copy: 12 streams")
    assert "and 2 more" in text
    assert text.count("ORA-06512") == 1
    assert "--only-group N" in text


def test_json_keeps_a_handle_as_text_and_times_in_utc() -> None:
    status = RunStatus(_run(), (_stream(StreamState.FAILED, error=ERROR),), (), AT, None)
    text = view_watch_json.status_json(status)
    assert '"handle": "1882575074646458310"' in text
    assert '"started_at": "2026-02-03T04:05:06.000Z"' in text
    assert '"format_version": 1' in text


def test_run_lists_count_streams() -> None:
    line = RunLine(_run(), {StreamState.COMPLETED: 3, StreamState.FAILED: 1})
    assert "3/4   1       02-03 04:05:06" in view_status.runs_text([line])
    assert "dtm run" in view_status.runs_text([])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.04, "40 ms"),
        (1.44, "1.4 s"),
        (59.4, "59 s"),
        (200, "3m 20s"),
        (7500, "2h 05m"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert layout.duration(seconds) == text


def test_an_event_is_one_line_and_an_error_is_whole() -> None:
    done = RunEvent(
        EventKind.TASK_DONE,
        instance="emea-1",
        object="S.T",
        iteration=2,
        task="copy",
        elapsed_s=0.4,
    )
    assert view_events.line(done) == "emea-1/S.T                 DONE       2 copy  0.4 s"
    failed = RunEvent(EventKind.TASK_FAILED, message=ERROR, instance="emea-1", task="copy")
    assert view_events.line(failed).splitlines()[1:] == [
        f"    {line}" for line in ERROR.splitlines()
    ]
    assert view_events.line(RunEvent(EventKind.RUN_STARTED, message="run X")) == "Run X starts"


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_event_has_a_line(kind: EventKind) -> None:
    assert view_events.line(RunEvent(kind, message="m", instance="one"))
    assert view_events.line(RunEvent(kind, message="m"))


def test_the_report_says_what_to_do() -> None:
    stream = StreamReport("1", "emea-1", "S.T", StreamState.FAILED, ExitCode.FAILED, ERROR)
    report = RunReport("R", RunState.FAILED, ExitCode.FAILED, (stream,), False)
    text = view_run.report_text(report)
    assert text.startswith("Run R: FAILED (1 FAILED)")
    assert "the same command again" in text
    assert '"exit_code": 3' in view_run.report_json(report)


def test_the_report_tells_a_shared_reason_once() -> None:
    streams = tuple(
        StreamReport(
            str(n), f"db-{n}", None, StreamState.FAILED, ExitCode.ERROR,
            f"FLEET requires what the client schema lacks: SELECT ON T{'X' * (n == 7)}",
        )
        for n in range(100)
    )  # fmt: skip
    text = view_run.report_text(RunReport("R", RunState.FAILED, ExitCode.ERROR, streams, False))
    assert "FAILED, the same on 99 of 100 streams" in text
    assert "  db-7: FAILED  FLEET requires" in text
    assert max(map(len, text.splitlines())) <= 80


def test_exit_codes_combine_by_precedence() -> None:
    assert set(PRECEDENCE) == set(ExitCode)
    assert worst([]) is ExitCode.OK
    assert worst([ExitCode.DEGRADED, ExitCode.FAILED, ExitCode.LOCKED]) is ExitCode.FAILED
    assert worst([ExitCode.ERROR, ExitCode.INTERRUPTED]) is ExitCode.INTERRUPTED


def test_a_line_number_is_not_an_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    make_terminal().show("pkg.pkb:100:12: PLS-00201 [not markup] [/]")
    assert capsys.readouterr().out == "pkg.pkb:100:12: PLS-00201 [not markup] [/]\n"


def test_history_has_headings_over_aligned_columns() -> None:
    lines = [
        HistoryLine(_run(state), {StreamState.COMPLETED: 3}, ())
        for state in (RunState.COMPLETED, RunState.FAILED)
    ]
    heading, first, second = view_watch.history_text(lines).splitlines()
    assert heading.split()[-1] == "took"
    place = heading.index("took")
    assert first[place:] == second[place:] == "1m 30s"
