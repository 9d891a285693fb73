"""What is due: schedules, windows, time zones, and runs that wait for a person or do not."""

# ruff: noqa: DTZ001 - times are naive UTC, as in the repository

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from dtm.model.assignment import Assignment, Window
from dtm.model.cron import Cron
from dtm.model.states import RunState
from dtm.repository.runs_rows import RunRow
from dtm.runner.due import Action, _judge, last_scheduled

SATURDAY = datetime(2026, 7, 4, 21, 30)  # 22:30 in London
WEEKLY = Assignment(
    "purge",
    "purge-orders",
    "prod",
    window=Window("22:00", 6 * 3600, ("SAT",), "Europe/London"),
    schedule="0 22 * * SAT",
)


def run(state: RunState, halt: str | None = None, started: datetime = SATURDAY) -> RunRow:
    is_open = state not in (RunState.COMPLETED, RunState.ABANDONED)
    return RunRow(
        run_id="r",
        operation="purge-orders",
        environment="prod",
        assignment="purge",
        test=False,
        state=state,
        definition_digest="",
        requested_by="me",
        tool_version="1",
        max_parallel=None,
        start_count=1,
        halt_kind=halt,
        reason="because",
        started_at=started,
        resumed_at=started,
        ended_at=None,
        open=is_open,
    )


def test_scheduled_time_is_in_the_windows_zone() -> None:
    assert last_scheduled(WEEKLY, SATURDAY) == datetime(2026, 7, 4, 21, 0)
    winter = datetime(2026, 1, 3, 23, 0)
    assert last_scheduled(WEEKLY, winter) == datetime(2026, 1, 3, 22, 0)
    assert last_scheduled(WEEKLY, datetime(2026, 7, 4, 20, 59)) == datetime(2026, 6, 27, 21, 0)


@pytest.mark.parametrize(
    ("latest", "now", "action"),
    [
        (None, SATURDAY, Action.START),
        (run(RunState.COMPLETED), SATURDAY, Action.NOTHING),
        (run(RunState.COMPLETED, started=datetime(2026, 6, 27, 21)), SATURDAY, Action.START),
        (None, datetime(2026, 7, 5, 12), Action.WAIT),
        (run(RunState.HALTED, "WINDOW"), SATURDAY, Action.RESUME),
        (run(RunState.HALTED, "DURATION"), SATURDAY, Action.RESUME),
        (run(RunState.HALTED, "PERSON"), SATURDAY, Action.PERSON),
        (run(RunState.HALTED, "BUDGET"), SATURDAY, Action.PERSON),
        (run(RunState.HALTED, "WINDOW"), datetime(2026, 7, 5, 12), Action.WAIT),
        (run(RunState.FAILED), SATURDAY, Action.PERSON),
        (run(RunState.INTERRUPTED, "SIGNAL"), SATURDAY, Action.PERSON),
        (run(RunState.RUNNING), SATURDAY, Action.RESUME),
    ],
)
def test_what_is_to_be_done(latest: RunRow | None, now: datetime, action: Action) -> None:
    found = _judge(WEEKLY, latest, now)
    assert found.action is action
    assert (found.request is not None) == (action in (Action.START, Action.RESUME))


def test_without_a_window_the_schedule_is_utc_and_never_waits() -> None:
    free = replace(WEEKLY, window=None)
    assert last_scheduled(free, SATURDAY) == datetime(2026, 6, 27, 22, 0)
    assert _judge(free, None, SATURDAY).action is Action.START


@pytest.mark.parametrize(
    ("text", "moment", "matches"),
    [
        ("*/15 * * * *", datetime(2026, 1, 1, 3, 45), True),
        ("*/15 * * * *", datetime(2026, 1, 1, 3, 46), False),
        ("0 2 1 * *", datetime(2026, 5, 1, 2), True),
        ("0 2 * * 7", datetime(2026, 7, 5, 2), True),
        ("0 2 * * SUN", datetime(2026, 7, 5, 2), True),
        ("0 2 13 * FRI", datetime(2026, 7, 3, 2), True),  # either day field, when both are given
        ("0 2 13 * FRI", datetime(2026, 7, 13, 2), True),
        ("0 2 13 * FRI", datetime(2026, 7, 14, 2), False),
        ("0 2 * JAN-MAR *", datetime(2026, 3, 9, 2), True),
        ("0 2 * JAN-MAR *", datetime(2026, 4, 9, 2), False),
        ("0 2 * * FRI-MON", datetime(2026, 7, 5, 2), True),
        ("0 2 * * FRI-MON", datetime(2026, 7, 7, 2), False),
        ("5-10/5 * * * *", datetime(2026, 4, 9, 2, 10), True),
    ],
)
def test_cron_fields(text: str, moment: datetime, matches: bool) -> None:
    assert (moment in Cron.parse(text).times(moment.date())) is matches


@pytest.mark.parametrize(
    "text", ["* * * *", "60 * * * *", "*/0 * * * *", "x * * * *", "5-1 * * * *"]
)
def test_cron_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Cron.parse(text)
