"""The faults of the original system (numbers as in its review), each ruled out by a test.

1 and 4 are in tests/unit/runner/test_sixteen_faults.py. The shipped example itself is run in test
mode, and for many iterations, by tests/acceptance.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dtm
from dtm.errors import ExitCode, Locked
from dtm.manifests import load
from dtm.runner import control
from dtm.runner.ports import Point
from tests.faults import reference
from tests.faults.conftest import Make
from tests.faults.process import begin_together, wait_until
from tests.faults.world import FaultWorld

OTHER_STATEMENT = (
    "INSERT INTO dtm_sql_log (log_key, handle, statement_no, status, sql_text, started_at)"
    " VALUES ('other', '1', 1, 'RUNNING', 'DELETE FROM t', SYSTIMESTAMP)"
)
CLIENT = Path(dtm.__file__).parent / "oracle" / "client"


def test_fault_02_a_restart_applies_the_failed_task_to_the_right_database(
    two: FaultWorld,
) -> None:
    two.tell("west", "a", "FAIL")
    assert two.run().exit_code is ExitCode.FAILED
    before = two.calls("east")
    assert two.run().exit_code is ExitCode.OK
    assert two.calls("east") == before
    assert two.calls("west")["a"] == 2
    two.assert_each_once("west")


def test_fault_03_an_object_disabled_meanwhile_does_not_complete_the_run(make: Make) -> None:
    with make(objects=["APP.ONE", "APP.TWO"]) as ref:
        ref.tell("east", "a", "FAIL")
        run_id = ref.run().run_id
        ref.objects = [{"object": "APP.ONE", "enabled": False}, "APP.TWO"]
        assert ref.apply().exit_code == 0
        report = ref.run()
        assert report.run_id == run_id
        assert report.exit_code is ExitCode.HALTED
        assert report.state == "FAILED"
        by_object = {stream.object: stream for stream in report.streams}
        assert by_object["APP.ONE"].state == "FAILED"
        assert by_object["APP.TWO"].state == "COMPLETED"


@pytest.mark.timeout(600)
def test_fault_05_two_that_start_together_do_not_both_run(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        both = [ref.process(held=True), ref.process(held=True)]
        begin_together(both)
        ref.wait_for_call("east", "a")
        wait_until(lambda: any(p.popen.poll() == 4 for p in both), "one is refused")
        open_gate()
        assert sorted(process.wait() for process in both) == [0, 4]
    assert ref.query("SELECT start_count FROM dtm_runs") == [(1,)], "the other never had it"


def test_fault_06_taking_one_stream_over_touches_no_other_running_statement(
    two: FaultWorld,
) -> None:
    for name in ("east", "west"):
        two.tell(name, "a", "WAIT")
    with two.gate("east") as open_east, two.gate("west") as open_west:
        process = two.process()
        two.wait_for_call("east", "a")
        two.wait_for_call("west", "a")
        process.kill()
        two.do("east", OTHER_STATEMENT)
        open_east()
        report = two.run(instances=("east",), wait_s=20)
        assert {s.instance: s.exit_code for s in report.streams}["east"] is ExitCode.OK
        running = two.on("west", "SELECT COUNT(*) FROM dtm_sql_log WHERE status = 'ABANDONED'")
        assert running == [(0,)]
        other = two.on("east", "SELECT status FROM dtm_sql_log WHERE log_key = 'other'")
        assert other == [("RUNNING",)], "of another run, on the same client"
        open_west()
    assert two.run(wait_s=20).exit_code is ExitCode.OK


def test_fault_07_a_refused_call_changes_nothing_of_the_run_that_is_there(
    ref: FaultWorld,
) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")
        before = ref.query("SELECT state, start_count FROM dtm_runs")
        with pytest.raises(Locked):
            ref.run()
        with pytest.raises(Locked):
            control.abandon("latest", "by mistake", ref.runner_deps())
        assert ref.query("SELECT state, start_count FROM dtm_runs") == before
        open_gate()
        assert process.wait() == 0, process.output()


def test_fault_08_errors_20000_and_20001_of_user_code_leave_nothing_running(
    make: Make,
) -> None:
    for code in ("-20000", "-20001"):
        with make() as ref:
            ref.body = ref.body.replace("-20500", code)
            assert ref.apply().exit_code == 0
            ref.tell("east", "c", "FAIL")
            assert ref.run().exit_code is ExitCode.FAILED
            assert ref.query("SELECT state FROM dtm_runs") == [("FAILED",)]
            states = {state for _, _, state, _ in ref.attempts(ref.store().find("latest"))}
            assert states == {"DONE", "FAILED"}
            assert ref.run().exit_code is ExitCode.OK


def test_fault_09_a_remote_session_still_at_work_is_not_called_stale(ref: FaultWorld) -> None:
    """A member of a group: the stream's own session is gone, this one works on."""
    ref.tell("east", "b", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "b")
        process.kill()
        assert ref.run().exit_code is ExitCode.LOCKED
        open_gate()
    assert ref.run(wait_s=20).exit_code is ExitCode.OK
    assert ref.calls("east")["b"] == 1


def test_fault_10_test_mode_goes_through_and_the_operation_iterates_twice(make: Make) -> None:
    tasks = [t for t in reference.TASKS if "kind" not in t]
    with make(tasks=tasks, iterations=2) as ref:
        assert ref.run(test=True).exit_code is ExitCode.OK
        assert ref.ledger("east") == {}
        assert ref.query("SELECT DISTINCT state FROM dtm_run_sql") == [("TESTED",)]
        assert ref.run().exit_code is ExitCode.OK
        for iteration in (1, 2):
            assert all(ref.ledger("east")[iteration, task] == 1 for task in "abcd")


def test_fault_11_the_first_failure_does_not_stop_everything(two: FaultWorld) -> None:
    two.tell("east", "iterator", "FAIL")
    report = two.run()
    assert [s.exit_code for s in report.streams] == [ExitCode.FAILED, ExitCode.OK]


def test_fault_12_no_database_link_anywhere() -> None:
    for path in CLIENT.glob("*.p??"):
        code = re.sub(r"--.*|'[^']*'", "", path.read_text(encoding="utf-8"))
        assert "@" not in code, path.name


def test_fault_13_an_edit_on_the_client_is_drift_and_not_newer(make: Make) -> None:
    with make() as ref:
        edited = ref.body.replace("was told to fail", "was edited by hand").rstrip("/\n ")
        ref.do("east", edited)
        assert ref.run().exit_code is ExitCode.ERROR
        assert ref.calls("east") == {}


def test_fault_14_a_task_that_commits_and_loses_its_connection_does_not_run_twice(
    ref: FaultWorld,
) -> None:
    process = ref.process(point=Point.ANSWER_RECEIVED.value, where="a")
    assert process.wait() == -9
    report = ref.run(wait_s=10)
    assert report.exit_code is ExitCode.OK
    assert ref.calls("east")["a"] == 1


def test_fault_15_parameters_changed_in_mid_run_do_not_alter_it(make: Make) -> None:
    with make(iterations=2) as ref:
        ref.tell("east", "a", "FAIL")
        assert ref.run().exit_code is ExitCode.FAILED
        ref.iterations = 5
        assert ref.apply().exit_code == 0
        assert ref.run().exit_code is ExitCode.OK
        ref.assert_each_once("east", iterations=2)
        assert max(iteration for iteration, _ in ref.ledger("east")) == 2


def test_fault_16_a_mistake_is_found_and_a_change_is_shown_before_anything_is_written(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "dtm.yaml").write_text("apiVersion: dtm/v1\n")
    (tmp_path / "op.yaml").write_text(
        "apiVersion: dtm/v1\nkind: Assignment\nmetadata: {name: a1}\n"
        "spec: {operation: nobody-wrote-it, environment: e1}\n"
    )
    assert any("nobody-wrote-it" in problem.message for problem in load(tmp_path).errors)
    with make() as ref:
        before = ref.query("SELECT name, digest FROM dtm_resources ORDER BY name")
        ref.iterations = 5
        (change,) = ref.plan().plan.changes
        shown = [(field.path, field.old, field.new) for field in change.fields]
        assert shown == [("spec.parameters.ITERATIONS.default", "1", "5")]
        assert ref.query("SELECT name, digest FROM dtm_resources ORDER BY name") == before
