"""P16: SIGINT and SIGTERM: stop at the boundary, cancel, exit; always resumable."""

from __future__ import annotations

import signal
import time

import pytest

from dtm.errors import ExitCode
from tests.faults.world import FaultWorld


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_stops_at_the_boundary(ref: FaultWorld, number: int) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")
        process.signal(number)
        time.sleep(0.3)
        assert process.popen.poll() is None, "the running task is not disturbed"
        open_gate()
        assert process.wait() == ExitCode.INTERRUPTED, process.output()
    assert ref.ledger("east")[1, "a"] == 1
    assert ref.query("SELECT state FROM dtm_runs") == [("INTERRUPTED",)]
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_second_signal_cancels_the_call(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east"):
        process = ref.process()
        ref.wait_for_call("east", "a")
        process.signal(signal.SIGINT)
        time.sleep(0.3)
        process.signal(signal.SIGINT)
        assert process.wait() == ExitCode.INTERRUPTED, process.output()
    assert ref.ledger("east")[1, "a"] == 0
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_third_signal_exits_at_once_and_the_run_is_resumable(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")
        for _ in range(3):
            process.signal(signal.SIGTERM)
            time.sleep(0.1)
        assert process.wait() == ExitCode.INTERRUPTED, process.output()
        open_gate()
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    ref.assert_each_once("east")
