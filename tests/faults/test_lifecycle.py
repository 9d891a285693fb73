"""The order of a stream on a database: iterator, initial, tasks, final, in every case."""

from __future__ import annotations

from dtm.errors import ExitCode
from tests.faults import reference
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld


def test_runs_to_completion_and_the_next_run_is_a_new_one(make: Make) -> None:
    with make(iterations=2) as ref:
        first = ref.run()
        assert first.exit_code is ExitCode.OK, first
        ref.assert_each_once("east", iterations=2)
        ref.assert_no_locks()
        second = ref.run()
        assert second.exit_code is ExitCode.OK
        assert second.run_id != first.run_id
        assert not second.resumed


def test_failed_task_stops_its_own_stream_and_is_resumed(two: FaultWorld) -> None:
    two.tell("east", "d", "FAIL")
    failed = two.run()
    assert failed.exit_code is ExitCode.FAILED
    assert [s.exit_code for s in failed.streams] == [ExitCode.FAILED, ExitCode.OK]
    assert two.calls("east")["finalY"] == 1
    resumed = two.run()
    assert resumed.exit_code is ExitCode.OK, resumed
    assert resumed.run_id == failed.run_id
    two.assert_each_once("east")
    two.assert_each_once("west")
    assert two.calls("east")["a"] == 1
    assert two.calls("west")["a"] == 1


def test_failed_initial_skips_nothing(ref: FaultWorld) -> None:
    ref.tell("east", "initial", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    assert ref.calls("east")["finalY"] == 0, "initial did not run, so final does not"
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_failed_final_resumes_with_initial_and_final_only(ref: FaultWorld) -> None:
    ref.tell("east", "finalN", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    before = ref.calls("east")
    assert ref.run().exit_code is ExitCode.OK
    after = ref.calls("east") - before
    assert set(after) == {"initial", "finalN"}
    ref.assert_each_once("east")


def test_failed_iterator_is_called_again_in_the_next_start(ref: FaultWorld) -> None:
    ref.tell("east", "iterator", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    assert ref.calls("east")["initial"] == 0
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_iterator_complete_at_once_runs_neither_initial_nor_final(make: Make) -> None:
    with make(iterations=0) as ref:
        assert ref.run().exit_code is ExitCode.OK
        assert set(ref.calls("east")) == {"iterator"}


def test_complete_raised_by_a_task_is_an_ordinary_error(ref: FaultWorld) -> None:
    ref.tell("east", "a", "COMPLETE")
    report = ref.run()
    assert report.exit_code is ExitCode.FAILED
    assert "ORA-20100" in report.streams[0].message
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_parallel_members_overlap_in_two_sessions(ref: FaultWorld) -> None:
    """Each waits for the other's signal: one after the other they would never end."""
    ref.tell("east", "b", "MEET C")
    ref.tell("east", "c", "MEET B")
    assert ref.run().exit_code is ExitCode.OK
    sids = dict(ref.on("east", "SELECT task, sid FROM ref_ledger WHERE task IN ('b', 'c')"))
    assert len(set(sids.values())) == 2, sids


def test_logs_hold_every_attempt_and_statement(ref: FaultWorld) -> None:
    ref.tell("east", "a", "FAIL")
    run_id = ref.run().run_id
    ref.run()
    states = [(task, state) for _, task, state, _ in ref.attempts(run_id)]
    assert ("a", "FAILED") in states
    assert ("a", "DONE") in states
    sql = "SELECT task_name, state, row_count, rolled_back FROM dtm_v_sql WHERE run_id = :run_id"
    rows = ref.query(f"{sql} AND task_name = 'a' ORDER BY started_at", run_id=run_id)
    assert rows == [("a", "DONE", 1, "Y"), ("a", "DONE", 1, "N")]
    errors = ref.query(
        "SELECT error_code, error_text FROM dtm_v_history WHERE run_id = :r AND state = 'FAILED'",
        r=run_id,
    )
    assert errors[0][0] == "ORA-20500"
    assert "was told to fail" in errors[0][1]


def test_not_atomic_task_is_found_out_and_waits_for_a_person(ref: FaultWorld) -> None:
    ref.tell("east", "a", "COMMIT")
    report = ref.run()
    assert report.exit_code is ExitCode.FAILED
    assert report.streams[0].state == "UNKNOWN"
    assert ref.run().exit_code is ExitCode.FAILED, "it is not repeated"
    assert ref.calls("east")["a"] == 1


def test_test_mode_logs_statements_and_executes_none(make: Make) -> None:
    tasks = [t for t in reference.TASKS if "kind" not in t]
    with make(tasks=tasks) as ref:
        report = ref.run(test=True)
        assert report.exit_code is ExitCode.OK, report
        assert ref.ledger("east") == {}
        assert ref.on("east", "SELECT COUNT(*) FROM ref_state") == [(0,)]
        assert ref.on("east", "SELECT COUNT(*) FROM dtm_markers") == [(0,)]
        logged = ref.query("SELECT COUNT(*) FROM dtm_run_sql WHERE state = 'TESTED'")
        assert logged[0][0] > 0
        assert ref.run().exit_code is ExitCode.OK, "a real run is another run"
        ref.tasks = tasks


def test_dropped_package_is_noticed_and_installed_again(make: Make) -> None:
    with make() as ref:
        ref.do("east", "DROP PACKAGE ref_op")
        assert ref.run().exit_code is ExitCode.OK
        ref.assert_each_once("east")
        assert any(event.kind == "install" for event in ref.reporter.events)


def test_changed_package_is_refused_unless_repaired(make: Make) -> None:
    with make() as ref:
        drifted = reference.BODY.replace("was told to fail", "was asked to fail")
        ref.do("east", drifted.rstrip("/\n "))
        report = ref.run()
        assert report.exit_code is ExitCode.ERROR
        assert "(drift)" in report.streams[0].message
        assert ref.calls("east") == {}
        assert ref.run(repair=True).exit_code is ExitCode.OK
