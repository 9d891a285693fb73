"""Order and concurrency of streams, windows and time zones."""

# ruff: noqa: DTZ001 - times are naive UTC, as in the repository

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dtm.errors import UsageError
from dtm.model.assignment import Window
from dtm.runner.schedule import Capacity, Place, Progress, startable, stuck
from dtm.runner.window import current_span, next_span, to_utc, zone_of

TWO = [
    Place("i1a", "i1", 1, 1, 1),
    Place("i1b", "i1", 2, 1, 1),
    Place("i2a", "i2", 1, 1, 1),
    Place("i2b", "i2", 2, 1, 1),
]
SIDE = [
    Place("x", "i1", 1, 1, 1),
    Place("y", "i1", 1, 2, 1),
    Place("z", "i1", 2, 1, 1),
]
FREE = Capacity(None, 10)


def test_objects_run_in_order_and_instances_side_by_side() -> None:
    assert startable(TWO, Progress(), FREE) == ("i1a", "i2a")
    assert startable(TWO, Progress(running={"i1a", "i2a"}), FREE) == ()
    assert startable(TWO, Progress(completed={"i1a"}, running={"i2a"}), FREE) == ("i1b",)


def test_failed_object_holds_back_those_behind_it_on_its_instance_only() -> None:
    progress = Progress(completed={"i2a"}, ended={"i1a"})
    assert startable(TWO, progress, FREE) == ("i2b",)
    assert stuck(TWO, progress) == ("i1b",)


def test_left_out_object_holds_nothing_up() -> None:
    assert startable(TWO, Progress(passed={"i1a", "i2a"}), FREE) == ("i1b", "i2b")


def test_members_of_an_inner_list_side_by_side_up_to_per_instance() -> None:
    assert startable(SIDE, Progress(), Capacity(None, 2)) == ("x", "y")
    assert startable(SIDE, Progress(), Capacity(None, 1)) == ("x",)
    assert startable(SIDE, Progress(completed={"x"}, running={"y"}), Capacity(None, 2)) == ()
    assert startable(SIDE, Progress(completed={"x", "y"}), Capacity(None, 2)) == ("z",)


def test_overall_capacity_counts_what_runs() -> None:
    assert startable(TWO, Progress(), Capacity(1, 1)) == ("i1a",)
    assert startable(TWO, Progress(running={"i1a"}), Capacity(1, 1)) == ()


def test_next_wave_waits_for_the_end_of_the_one_before() -> None:
    places = [Place("a", "i1", 1, 1, 1), Place("b", "i2", 1, 1, 2), Place("c", "i3", 1, 1, 2)]
    assert startable(places, Progress(), FREE) == ("a",)
    assert startable(places, Progress(running={"a"}), FREE) == ()
    assert startable(places, Progress(ended={"a"}), FREE) == ("b", "c")
    assert startable(places, Progress(passed={"a"}), FREE) == ("b", "c")


LONDON = Window("22:00", 6 * 3600, ("SAT", "SUN"), "Europe/London")


def test_window_in_summer_and_winter() -> None:
    summer = current_span(LONDON, datetime(2026, 7, 4, 21, 30))  # Saturday, 22:30 in London
    assert summer is not None
    assert (summer.start, summer.end) == (datetime(2026, 7, 4, 21), datetime(2026, 7, 5, 3))
    assert current_span(LONDON, datetime(2026, 1, 3, 21, 30)) is None
    assert current_span(LONDON, datetime(2026, 1, 3, 22, 30)) is not None


def test_window_reaches_into_the_next_day_and_days_are_those_it_begins_on() -> None:
    assert current_span(LONDON, datetime(2026, 1, 5, 3, 59)) is not None  # Monday: Sunday's
    assert current_span(LONDON, datetime(2026, 1, 5, 4, 0)) is None
    following = next_span(LONDON, datetime(2026, 1, 5, 4, 0))
    assert following is not None
    assert following.start == datetime(2026, 1, 10, 22)


def test_window_lasts_its_real_duration_through_a_clock_change() -> None:
    window = Window("00:30", 4 * 3600, (), "Europe/London")
    span = current_span(window, datetime(2026, 10, 25, 2, 0))
    assert span is not None
    assert span.end - span.start == timedelta(hours=4)


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2026, 7, 1, 1, 30), datetime(2026, 7, 1, 0, 30)),
        (datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 29, 1, 0)),  # does not exist: the jump
        (datetime(2026, 10, 25, 1, 30), datetime(2026, 10, 25, 0, 30)),  # exists twice: the first
    ],
)
def test_wall_clock_times_of_odd_nights(local: datetime, utc: datetime) -> None:
    assert to_utc(local, ZoneInfo("Europe/London")) == utc


def test_unknown_zone() -> None:
    with pytest.raises(UsageError, match="Mars"):
        zone_of("Mars/Olympus")
