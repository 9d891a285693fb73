"""What is due: schedules, windows, time zones, and runs that wait for a person or do not."""

# ruff: noqa: DTZ001 - times are naive UTC, as in the repository

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dtm.model.assignment import Assignment, Window
from dtm.model.cron import Cron
from dtm.model.states import RunState
from dtm.repository.runs_rows import RunRow
from dtm.runner.due import Action, _judge, last_scheduled
from dtm.runner.window import current_span

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


def at(text: str, zone: str, now: str) -> str | None:
    """The scheduled time before `now`, both ISO, UTC."""
    window = Window("00:00", 86400, (), zone)
    found = last_scheduled(
        replace(WEEKLY, schedule=text, window=window), datetime.fromisoformat(now)
    )
    return None if found is None else found.isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("zone", "text", "now", "scheduled"),
    [
        # Berlin, 29 March 2026: 02:00 CET is 03:00 CEST (01:00 UTC). 02:30 does not exist.
        ("Europe/Berlin", "30 2 * * *", "2026-03-29T00:59", "2026-03-28T01:30"),
        ("Europe/Berlin", "30 2 * * *", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "30 2 * * *", "2026-03-30T00:30", "2026-03-30T00:30"),
        # Berlin, 25 October 2026: 02:30 is at 00:30 and at 01:30 UTC; only the first counts.
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T00:30", "2026-10-25T00:30"),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T03:00", "2026-10-25T00:30"),
        # ... but what is to run in every hour runs in both.
        ("Europe/Berlin", "30 * * * *", "2026-10-25T01:29", "2026-10-25T00:30"),
        ("Europe/Berlin", "30 * * * *", "2026-10-25T01:31", "2026-10-25T01:30"),
        ("Europe/Berlin", "*/5 * * * *", "2026-10-25T01:12", "2026-10-25T01:10"),
        ("Europe/Berlin", "*/5 * * * *", "2026-03-29T01:04", "2026-03-29T01:00"),
        # New York, 8 March 2026: 02:00 EST is 03:00 EDT (07:00 UTC); 1 November 01:30 twice.
        ("America/New_York", "30 2 * * *", "2026-03-08T07:00", "2026-03-08T07:00"),
        ("America/New_York", "30 1 * * *", "2026-11-01T06:45", "2026-11-01T05:30"),
        ("America/New_York", "30 * * * *", "2026-11-01T06:45", "2026-11-01T06:30"),
        # Lord Howe moves by 30 minutes: 4 October 2026 02:00 is 02:30 (15:30 UTC the day before);
        # 5 April 2026 02:00 is 01:30 (15:00 UTC), so 01:45 is there twice.
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T15:29", "2026-10-02T15:45"),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T15:30", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T15:20", "2026-04-04T14:45"),
        ("Australia/Lord_Howe", "*/15 * * * *", "2026-04-04T15:20", "2026-04-04T15:15"),
        ("Asia/Kolkata", "0 0 * * *", "2026-07-04T18:31", "2026-07-04T18:30"),
    ],
)
def test_schedules_when_clocks_change(zone: str, text: str, now: str, scheduled: str) -> None:
    assert at(text, zone, now) == scheduled


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("text", ["30 2 * * *", "*/10 * * * *", "0 * * * *"])
def test_asked_again_and_again_due_times_only_grow(zone: str, text: str) -> None:
    """Around both changes of the clock: none goes back, none lies ahead."""
    for month, day in ((3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31)):
        now, before = datetime(2026, month, day, 12), None
        for minute in range(0, 28 * 60, 29):
            moment = now + timedelta(minutes=minute)
            found = at(text, zone, moment.isoformat())
            assert found is not None
            assert found <= moment.isoformat(timespec="minutes")
            assert before is None or found >= before
            before = found


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-03-28T20:59", False),  # 21:59 in Berlin
        ("2026-03-28T21:00", True),
        ("2026-03-29T02:59", True),  # six real hours, one of which the clock skips
        ("2026-03-29T03:00", False),
        ("2026-10-24T20:00", True),  # 22:00 summer time
        ("2026-10-25T01:59", True),
        ("2026-10-25T02:00", False),
    ],
)
def test_a_window_over_midnight_lasts_as_long_as_declared(now: str, is_open: bool) -> None:
    window = Window("22:00", 6 * 3600, ("SAT",), "Europe/Berlin")
    found = current_span(window, datetime.fromisoformat(now))
    assert (found is not None) is is_open


def test_what_was_missed_for_days_is_made_up_for_once() -> None:
    daily = replace(WEEKLY, schedule="0 2 * * *", window=None)
    now = datetime(2026, 7, 4, 12)
    last = run(RunState.COMPLETED, started=datetime(2026, 6, 30, 2, 0, 5))
    found = _judge(daily, last, now)
    assert (found.action, found.since) == (Action.START, datetime(2026, 7, 4, 2))
    made_up = run(RunState.COMPLETED, started=now)
    assert _judge(daily, made_up, now + timedelta(minutes=1)).action is Action.NOTHING


def test_applying_an_assignment_never_starts_it() -> None:
    daily = replace(WEEKLY, schedule="0 2 * * *", window=None)
    now, changed = datetime(2026, 7, 4, 12), datetime(2026, 7, 4, 11)
    assert _judge(daily, None, now, changed).action is Action.NOTHING
    tomorrow = datetime(2026, 7, 5, 2, 0)
    assert _judge(daily, None, tomorrow, changed).action is Action.START
