"""P1: an atomic task never completes twice; no task with recorded completion runs again."""

from __future__ import annotations

import itertools

import pytest

from dtm.errors import ExitCode
from dtm.runner.ports import Point
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld

AROUND = (Point.INTENT_RECORDED, Point.ANSWER_RECEIVED)
NAMES = ("iterator", "initial", "a", "b", "c", "s", "p", "d", "final")
OTHERS = (Point.BEFORE_LOCK, Point.LOCK_HELD, Point.RUN_WRITTEN, Point.BETWEEN_TASKS)


def struck_then_resumed(ref: FaultWorld, point: Point, where: str, count: int = 1) -> None:
    process = ref.process(point=point.value, where=where, count=count)
    status = process.wait()
    output = process.output()
    assert f"STRUCK {point.value}" in output, output
    assert status == -9, output
    report = ref.run(wait_s=10)
    assert report.exit_code is ExitCode.OK, report
    ref.assert_each_once("east")
    ref.assert_no_locks()


@pytest.mark.parametrize(
    ("point", "where"),
    [
        (Point.INTENT_RECORDED, "a"),
        (Point.ANSWER_RECEIVED, "a"),
        (Point.ANSWER_RECEIVED, "c"),
        (Point.ANSWER_RECEIVED, "iterator"),
        (Point.RUN_WRITTEN, ""),
        (Point.IN_FINAL, ""),
    ],
)
def test_killed_runner_is_resumed(ref: FaultWorld, point: Point, where: str) -> None:
    struck_then_resumed(ref, point, where)


@pytest.mark.slow
@pytest.mark.parametrize(("point", "where"), list(itertools.product(AROUND, NAMES)))
def test_killed_around_every_task(ref: FaultWorld, point: Point, where: str) -> None:
    struck_then_resumed(ref, point, where)


@pytest.mark.slow
@pytest.mark.parametrize("point", OTHERS)
def test_killed_at_every_other_point(ref: FaultWorld, point: Point) -> None:
    struck_then_resumed(ref, point, "")


def test_killed_again_and_again_until_it_is_done(make: Make) -> None:
    """Every start is killed one task later than the one before."""
    with make(iterations=2) as ref:
        starts = 0
        while ref.process(point=Point.ANSWER_RECEIVED.value, count=3, wait_s=10).wait() == -9:
            starts += 1
            assert starts < 30
        assert starts > 3
        ref.assert_each_once("east", iterations=2)
        ref.assert_no_locks()


def test_killed_in_the_middle_of_a_call_that_then_rolls_back(ref: FaultWorld) -> None:
    ref.tell("east", "d", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "d")
        process.kill()
        open_gate()
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    ref.assert_each_once("east")
