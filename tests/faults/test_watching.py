"""What people see of runs: preview, status, logs, history, grouped errors; and what they change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dtm.cli import view_watch
from dtm.errors import ExitCode, Halted, NotApplied, NothingToDo, UsageError
from dtm.model.states import AttemptState, StreamState
from dtm.runner import control, due, watch
from dtm.runner.preview import preview
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from tests.faults import reference
from tests.faults.conftest import Make
from tests.faults.process import wait_until
from tests.faults.world import QUICK, FaultWorld

REQUEST = RunRequest("ref-op", "test")


def test_preview_starts_nothing(two: FaultWorld) -> None:
    shown = preview(REQUEST, two.runner_deps())
    assert shown.resumes is None
    assert [s.instance for s in shown.streams] == ["east", "west"]
    assert [t.task.name for t in shown.tasks] == [
        *("iterator", "initial", "a", "b", "c", "s", "p", "d", "final")
    ]
    (parameter,) = shown.streams[0].parameters
    assert (parameter.name, parameter.value, parameter.layer) == (
        "ITERATIONS",
        "1",
        "operation default",
    )
    assert set(shown.streams[0].versions) == {"DTM", "REF_OP"}
    assert all(shown.streams[0].versions.values())
    assert two.query("SELECT COUNT(*) FROM dtm_runs") == [(0,)]


def test_preview_of_a_resume_names_the_next_step(two: FaultWorld) -> None:
    two.tell("west", "s", "FAIL")
    run_id = two.run().run_id
    shown = preview(REQUEST, two.runner_deps())
    assert shown.resumes == run_id
    states = {s.instance: (s.state, s.next_step) for s in shown.streams}
    assert states == {
        "east": (StreamState.COMPLETED, None),
        "west": (StreamState.FAILED, "initial"),
    }


def test_status_while_it_runs_and_rows_before_the_task_ends(ref: FaultWorld) -> None:
    """The SQL log is harvested while the task is still inside the server."""
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")

        def statement_seen() -> bool:
            (stream,) = watch.status(ref.runner_deps()).streams
            return stream.statements == 3  # of iterator, initial, and of the one that runs

        wait_until(statement_seen, "the running task's statement is in the repository")
        shown = watch.status(ref.runner_deps())
        assert shown.run.state == "RUNNING"
        (stream,) = shown.streams
        assert [task.task for task in stream.running] == ["a"]
        assert "SID" in (stream.row.client_session or "")
        assert watch.runs(ref.runner_deps())[0].streams == {StreamState.RUNNING: 1}
        open_gate()
        assert process.wait() == 0, process.output()


def test_logs_narrowed_and_with_statements(two: FaultWorld) -> None:
    two.tell("east", "a", "FAIL")
    two.run()
    shown = watch.logs(two.runner_deps(), instance="east", task="a", sql=True)
    assert [(a.task, a.state, a.error_code) for a in shown.attempts] == [
        ("a", AttemptState.FAILED, "ORA-20500")
    ]
    (statement,) = shown.sql
    assert statement.rolled_back is True
    assert "INSERT INTO ref_ledger" in statement.sql_text
    assert {event.kind for event in shown.events} >= {"START", "END"}


def test_errors_are_grouped_and_one_group_is_resumed(two: FaultWorld) -> None:
    two.tell("east", "a", "FAIL")
    two.tell("west", "d", "FAIL")
    two.run()
    first, second = watch.errors(two.runner_deps())
    assert {(g.task, g.code) for g in (first, second)} == {("a", "ORA-20500"), ("d", "ORA-20500")}
    group = first if first.task == "d" else second
    report = two.run(only=group.handles)
    by_name = {stream.instance: stream for stream in report.streams}
    assert by_name["west"].state is StreamState.COMPLETED
    assert by_name["east"].state is StreamState.FAILED
    assert two.calls("east")["a"] == 1
    assert two.run().exit_code is ExitCode.OK


def test_history_has_the_seconds_of_tasks(ref: FaultWorld) -> None:
    ref.run()
    (line,) = watch.history(ref.runner_deps(), "ref-op")
    assert line.streams == {StreamState.COMPLETED: 1}
    assert {time.task for time in line.tasks} >= {"a", "b", "c", "d"}


def test_abandoned_run_is_followed_by_a_new_one(ref: FaultWorld) -> None:
    ref.tell("east", "a", "FAIL")
    old = ref.run().run_id
    control.abandon(old[:10], "start over", ref.runner_deps())
    new = ref.run()
    assert (new.exit_code, new.resumed) == (ExitCode.OK, False)
    assert new.run_id != old
    with pytest.raises(UsageError, match="abandoned"):
        control.abandon(old, "again", ref.runner_deps())


def test_resume_with_other_parameters_or_a_changed_operation_is_refused(make: Make) -> None:
    with make() as ref:
        ref.tell("east", "d", "FAIL")
        ref.run()
        with pytest.raises(UsageError, match="ITERATIONS is pinned"):
            ref.run(parameters={"ITERATIONS": "7"})
        ref.tasks = ref.tasks[1:]
        assert ref.apply().exit_code == 0
        with pytest.raises(UsageError, match='"a" completed in this run and is no longer'):
            ref.run()


def test_fixed_package_is_pinned_anew_on_resume(make: Make) -> None:
    with make() as ref:
        ref.tell("east", "d", "FAIL", times=99)
        ref.run()
        ref.body = reference.BODY.replace(
            "IF g_action = 'FAIL' THEN", "IF g_action = 'NEVER' THEN"
        )
        assert ref.apply().exit_code == 0
        report = ref.run()
        assert report.exit_code is ExitCode.OK
        pins = ref.query(
            "SELECT pin_no, reason FROM dtm_run_packages"
            " WHERE package_name = 'REF_OP' ORDER BY pin_no"
        )
        assert pins == [(1, "START"), (2, "RESUME")]
        assert ("REPIN",) in ref.query("SELECT kind FROM dtm_run_events")


def test_task_is_cancelled_after_its_time_limit(make: Make) -> None:
    slow = {"name": "a", "procedure": "A", "timeout": "1s"}
    with make(tasks=[slow, *reference.TASKS[1:]]) as ref, ref.gate("east"):
        ref.tell("east", "a", "WAIT")
        report = ref.run()
        assert report.exit_code is ExitCode.FAILED
        (failure,) = watch.errors(ref.runner_deps())[0].failures
        assert failure.error_code == "ORA-01013"
        assert "time limit of 1 s" in (failure.error_text or "")
        assert ref.ledger("east")[1, "a"] == 0


def test_failure_budget_halts_the_rest(make: Make) -> None:
    names = ("a1", "a2", "a3", "a4")
    limits = {
        "rollout": {"waves": [1, "100%"], "maxFailures": 0},
        "concurrency": {"instances": 1},
    }
    with make(*names, assignment=limits) as ref:
        ref.tell("a1", "a", "FAIL")
        report = ref.run()
        assert report.exit_code is ExitCode.FAILED
        states = {stream.instance: stream.state for stream in report.streams}
        assert states["a1"] is StreamState.FAILED
        assert all(states[name] is StreamState.PENDING for name in names[1:])
        assert ref.run().exit_code is ExitCode.OK


def test_parallelism_can_be_changed_while_it_runs(two: FaultWorld) -> None:
    two.tell("east", "a", "WAIT")
    with two.gate("east") as open_gate:
        process = two.process(max_parallel=1)
        two.wait_for_call("east", "a")
        assert two.calls("west") == {}
        control.parallel("latest", 2, two.runner_deps())
        two.wait_for_call("west", "d")
        open_gate()
        assert process.wait() == 0, process.output()


def test_running_what_has_not_been_applied(ref: FaultWorld) -> None:
    with pytest.raises(NotApplied, match='no Operation "purge"'):
        preview(replace(REQUEST, operation="purge"), ref.runner_deps())


def changed_long_ago(ref: FaultWorld) -> None:
    """Let the assignments have been applied an hour ago."""
    session = ref.repository.connect()
    session.execute("UPDATE dtm_resources SET changed_at = changed_at - INTERVAL '1' HOUR")
    session.commit()
    session.close()


def test_two_schedulers_run_what_is_due_once(make: Make) -> None:
    with make(assignment={"schedule": "* * * * *"}) as ref:
        changed_long_ago(ref)
        (mine,) = due.due(ref.runner_deps())
        (other,) = due.due(ref.runner_deps())
        assert mine.action is other.action is due.Action.START
        assert mine.request is not None
        assert other.request is not None
        assert run(mine.request, ref.runner_deps()).exit_code is ExitCode.OK
        with pytest.raises(NothingToDo, match="was started for"):
            run(other.request, ref.runner_deps())
        assert ref.query("SELECT COUNT(*) FROM dtm_runs") == [(1,)]
        assert ref.run().exit_code is ExitCode.OK, "a person may run it again at any time"


def test_window_and_schedule(make: Make) -> None:
    closed = {"window": {"start": "00:00", "duration": "1s"}, "schedule": "* * * * *"}
    with make(assignment=closed) as ref:
        with pytest.raises(Halted, match="outside the window of ref; it opens at"):
            ref.run()
        (found,) = due.due(ref.runner_deps())
        assert found.action is due.Action.NOTHING, "applying it does not make it due"
        changed_long_ago(ref)
        (found,) = due.due(ref.runner_deps())
        assert found.action is due.Action.WAIT
        assert ref.run(outside_window=True).exit_code is ExitCode.OK


WITHOUT_LOCKS = (
    reference.BODY.replace("DBMS_LOCK.REQUEST(id => l_gate, lockmode => 4, timeout => 60)", "0")
    .replace("DBMS_LOCK.RELEASE(id => l_gate)", "0")
    .replace("DBMS_LOCK.SLEEP(0.1)", "NULL")
)


def test_weak_liveness_is_recorded(make: Make) -> None:
    """Without EXECUTE on DBMS_LOCK GV$SESSION must do, and the stream says so."""
    with make(body=WITHOUT_LOCKS) as ref:
        admin = ref.database.admin()
        for schema in (ref.repository, *ref.schemas.values()):
            admin.execute(f"REVOKE EXECUTE ON SYS.DBMS_LOCK FROM {schema.user}")
        admin.close()
        ref.tuning = replace(QUICK, weak_s=0.1)
        report = ref.run()
        assert report.exit_code is ExitCode.OK, report
        assert ref.query("SELECT liveness FROM dtm_run_streams") == [("weak",)]


@pytest.mark.slow
def test_the_alter_session_of_a_statement_is_kept_and_shown(make: Make) -> None:
    plain = "|| my_sid || ')');\n    obey(p_task);"
    assert plain in reference.BODY
    other = plain.replace("')');", "')', 'ALTER SESSION SET NLS_DATE_FORMAT = ''YYYY''');")
    with make(body=reference.BODY.replace(plain, other)) as ref:
        assert ref.run().exit_code is ExitCode.OK
        log = watch.logs(ref.runner_deps(), sql=True)
        said = {line.alter_session for line in log.sql}
        assert said == {"ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY'"}
        text = view_watch.log_text(log)
        assert "      ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY'\n      INSERT INTO" in text
