"""P9: no lock ever needs a human after a crash."""

from __future__ import annotations

import pytest

from dtm.errors import ExitCode
from dtm.runner.ports import Point
from tests.faults.world import FaultWorld


@pytest.mark.parametrize(
    "point", [Point.BEFORE_LOCK, Point.RUN_WRITTEN, Point.LOCK_HELD, Point.BETWEEN_TASKS]
)
def test_every_lock_is_gone_soon_after_kill_9(ref: FaultWorld, point: Point) -> None:
    process = ref.process(point=point.value)
    assert process.wait() == -9, process.output()
    ref.assert_no_locks()
    report = ref.run()
    assert report.exit_code is ExitCode.OK, report


def test_locks_are_given_back_when_a_run_fails(ref: FaultWorld) -> None:
    ref.tell("east", "c", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    ref.assert_no_locks()
