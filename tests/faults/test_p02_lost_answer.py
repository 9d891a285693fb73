"""P2: a lost commit answer is resolved by looking (marker, probe), never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dtm.errors import ExitCode
from dtm.runner import control
from dtm.runner.ports import Point
from tests.conftest import Database
from tests.faults import reference
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld, fault_world


def kill_when_waiting(ref: FaultWorld, task: str) -> None:
    """Kill the runner while `task` works on the server, and let the server finish."""
    ref.tell("east", task, "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", task)
        process.kill()
        open_gate()


def test_answer_of_an_atomic_task_is_found_by_its_marker(ref: FaultWorld) -> None:
    kill_when_waiting(ref, "a")
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    assert ref.calls("east")["a"] == 1
    assert ("east", "a", "DONE", "MARKER") in ref.attempts(report.run_id)


def test_answer_of_a_probe_task_is_asked_for(ref: FaultWorld) -> None:
    ref.tell("east", "p", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "p")
        process.kill()
        open_gate()
    report = ref.run(wait_s=20)
    assert report.exit_code is ExitCode.OK, report
    ref.assert_each_once("east")


def test_manual_task_waits_for_a_person(make: Make) -> None:
    with make(tasks=[*reference.TASKS, reference.MANUAL]) as ref:
        ref.tell("east", "m", "FAIL")
        report = ref.run()
        assert (report.exit_code, report.streams[0].state) == (ExitCode.FAILED, "UNKNOWN")
        control.resolve(report.run_id, "east", "m", "looked at it", ref.runner_deps(), done=False)
        again = ref.run()
        assert again.exit_code is ExitCode.OK, again
        assert ref.calls("east")["m"] == 2
        events = ref.query("SELECT kind FROM dtm_run_events WHERE run_id = :r", r=again.run_id)
        assert ("RESOLVE",) in events


def test_manual_task_that_a_person_calls_done_is_not_repeated(make: Make) -> None:
    with make(tasks=[*reference.TASKS, reference.MANUAL]) as ref:
        ref.tell("east", "m", "FAIL")
        report = ref.run()
        control.resolve(report.run_id, "east", "m", "did it by hand", ref.runner_deps(), done=True)
        assert ref.run().exit_code is ExitCode.OK
        assert ref.calls("east")["m"] == 1


def test_manual_task_with_a_marker_needs_no_person(make: Make) -> None:
    """Its marker was committed, only the runner did not live to see it."""
    with make(tasks=[*reference.TASKS, reference.MANUAL]) as ref:
        process = ref.process(point=Point.ANSWER_RECEIVED.value, where="m")
        assert process.wait() == -9, process.output()
        report = ref.run(wait_s=10)
        assert report.exit_code is ExitCode.OK, report
        assert ref.calls("east")["m"] == 1


def test_not_atomic_task_can_be_resolved_for_repetition(ref: FaultWorld) -> None:
    ref.tell("east", "a", "COMMIT")
    report = ref.run()
    assert report.streams[0].state == "UNKNOWN"
    control.resolve(report.run_id, "east", "a", "cleaned up", ref.runner_deps(), done=False)
    assert ref.run().exit_code is ExitCode.OK
    assert ref.calls("east")["a"] == 2


@pytest.mark.parametrize("task", ["a", "b", "d"])
def test_killed_server_loses_nothing_and_repeats_nothing(
    own: Database, tmp_path: Path, task: str
) -> None:
    with fault_world(own, tmp_path / "state") as ref:
        assert own.sandbox is not None
        ref.tell("east", task, "WAIT")
        with ref.gate("east"):
            process = ref.process()
            ref.wait_for_call("east", task)
            own.sandbox.kill()
            process.kill()
        own.sandbox.start()
        report = ref.run(wait_s=20)
        assert report.exit_code is ExitCode.OK, report
        ref.assert_each_once("east")
