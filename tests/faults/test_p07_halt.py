"""P7: halt is honoured at the next boundary and survives a crash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest

from dtm.errors import ExitCode
from dtm.runner import control
from dtm.runner.ports import Point
from dtm.runner.request import RunReport
from dtm.runner.threads import DaemonExecutor
from tests.faults.conftest import Make
from tests.faults.lines import Line
from tests.faults.process import wait_until
from tests.faults.world import QUICK, FaultWorld

# A runner looks for requests every `Tuning.poll_s`, a fraction of this also on a busy machine.
NOTICED_S = 1.5


def run_id_of(ref: FaultWorld) -> str:
    return str(ref.query("SELECT run_id FROM dtm_runs")[0][0])


def halted_while(ref: FaultWorld, task: str, mode: str) -> int:
    """Halt while `task` waits inside the server; the exit status of the runner."""
    ref.tell("east", task, "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", task)
        control.halt("latest", "disk array", ref.runner_deps(), mode=mode)
        honoured = "SELECT COUNT(*) FROM dtm_run_events WHERE kind = 'HALT'"
        wait_until(lambda: ref.query(honoured) == [(1,)], "the halt is recorded")
        if mode == "NOW":
            status = process.wait()
            open_gate()
        else:
            time.sleep(NOTICED_S)
            open_gate()
            status = process.wait()
        process.output()
    return status


def test_halt_after_the_running_task(ref: FaultWorld) -> None:
    assert halted_while(ref, "a", "TASK") == ExitCode.HALTED
    calls = ref.calls("east")
    assert calls["a"] == 1
    assert calls["finalY"] == calls["finalN"] == 0
    assert ref.run().exit_code is ExitCode.OK
    assert ref.calls("east")["a"] == 1
    ref.assert_each_once("east")


def test_halt_now_cancels_the_call(ref: FaultWorld) -> None:
    assert halted_while(ref, "a", "NOW") == ExitCode.HALTED
    assert ("east", "a", "CANCELLED", "ANSWER") in ref.attempts(run_id_of(ref))
    assert ref.ledger("east")[1, "a"] == 0
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def test_halt_after_the_iteration(make: Make) -> None:
    with make(iterations=2) as ref:
        assert halted_while(ref, "a", "ITERATION") == ExitCode.HALTED
        assert ref.calls("east")["d"] == 1
        assert ref.calls("east")["iterator"] == 1
        assert ref.run().exit_code is ExitCode.OK
        ref.assert_each_once("east", iterations=2)


def test_halt_by_the_repositorys_procedure(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")
        session = ref.repository.connect()
        session.execute(f"BEGIN dtm_halt('{run_id_of(ref)}', 'by SQL*Plus'); END;")
        session.close()
        time.sleep(NOTICED_S)
        open_gate()
        assert process.wait() == ExitCode.HALTED, process.output()
    reason = ref.query("SELECT state, halt_kind, state_reason FROM dtm_run_streams")
    assert reason[0][:2] == ("HALTED", "PERSON")
    assert "by SQL*Plus" in reason[0][2]


def test_halt_survives_a_crash(ref: FaultWorld) -> None:
    ref.tell("east", "a", "WAIT")
    with ref.gate("east") as open_gate:
        process = ref.process()
        ref.wait_for_call("east", "a")
        process.kill()
        control.halt("latest", "", ref.runner_deps())
        open_gate()
    halted = ref.run(wait_s=20)
    assert halted.exit_code is ExitCode.HALTED, halted
    assert ref.query("SELECT reason FROM dtm_run_halts") == [("no reason given",)]
    assert ref.calls("east")["s"] == 0
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


def halted_at(ref: FaultWorld, point: Point, where: str, mode: str) -> RunReport:
    """Run with a halt requested at a point, by a runner whose heartbeat never looks: only what it
    writes to the journal can tell it."""
    ref.tuning = replace(QUICK, poll_s=3600.0)

    def strike(at: Point, task: str) -> None:
        if at is point and task == where and not ref.query("SELECT 1 FROM dtm_run_halts"):
            control.halt("latest", "disk array", ref.runner_deps(), mode=mode)

    return ref.run(strike=strike)


@pytest.mark.parametrize(
    ("after", "never"),
    [
        ("a", "b"),
        pytest.param("iterator", "initial", marks=pytest.mark.slow),
        pytest.param("initial", "a", marks=pytest.mark.slow),
        pytest.param("d", "finalN", marks=pytest.mark.slow),
    ],
)
def test_a_halt_before_the_next_intent_is_always_seen(
    ref: FaultWorld, after: str, never: str
) -> None:
    """No poll lies between: the block that writes the intent says that a request is there."""
    report = halted_at(ref, Point.ANSWER_RECEIVED, after, "TASK")
    assert report.exit_code is ExitCode.HALTED, report
    calls = ref.calls("east")
    assert calls[after] == 1
    assert calls[never] == calls["finalY"] == 0, "the very next task is not called"
    assert ref.run().exit_code is ExitCode.OK
    ref.assert_each_once("east")


@pytest.mark.slow
def test_a_halt_after_the_iteration_is_seen_at_its_end(make: Make) -> None:
    with make(iterations=2) as ref:
        report = halted_at(ref, Point.ANSWER_RECEIVED, "a", "ITERATION")
        assert report.exit_code is ExitCode.HALTED, report
        assert (ref.calls("east")["d"], ref.calls("east")["iterator"]) == (1, 1)
        assert ref.run().exit_code is ExitCode.OK
        ref.assert_each_once("east", iterations=2)


@pytest.fixture
def line(ref: FaultWorld) -> Iterator[Line]:
    """The line to `east` of runs in this process."""
    host, _, rest = ref.schemas["east"].dsn.partition(":")
    port, _, service = rest.partition("/")
    with Line((host, int(port))) as made:
        ref.broken[ref.schemas["east"].user] = f"127.0.0.1:{made.port}/{service}"
        yield made


def deaf_call(ref: FaultWorld, line: Line, stuck_s: float) -> Future[RunReport]:
    """A runner in a task b whose session hears nothing more, a cancel neither; halted NOW."""
    ref.tuning = replace(QUICK, stuck_s=stuck_s)
    ref.tell("east", "b", "WAIT")
    report = DaemonExecutor("run").submit(ref.run)
    ref.wait_for_call("east", "b")
    line.freeze()
    control.halt("latest", "disk array", ref.runner_deps(), mode="NOW")
    return report


@pytest.mark.slow
def test_halt_now_kills_a_session_that_ignores_the_cancel(ref: FaultWorld, line: Line) -> None:
    """Cancel, ALTER SYSTEM CANCEL SQL, KILL SESSION; the answer never comes, but the next runner
    finds nobody at work and sees from the marker that b did not happen."""
    admin = ref.database.admin()
    admin.execute(f"GRANT ALTER SYSTEM TO {ref.schemas['east'].user}")
    try:
        with ref.gate("east"):
            report = deaf_call(ref, line, 20.0).result(60)
    finally:
        admin.execute(f"REVOKE ALTER SYSTEM FROM {ref.schemas['east'].user}")
        admin.close()
    assert report.exit_code is ExitCode.LOCKED, report
    steps = "tried: cancel; cancel sql; kill session; the session is gone"
    assert steps in report.streams[0].message
    assert ref.ledger("east")[1, "b"] == 0
    ref.end_sessions()  # the runner's process would have ended, and its other sessions with it
    assert ref.run().exit_code is ExitCode.OK
    assert ("east", "b", "ABANDONED", "MARKER") in ref.attempts(run_id_of(ref))
    ref.assert_each_once("east")


@pytest.mark.slow
def test_a_call_that_nobody_may_kill_is_left_and_named(ref: FaultWorld, line: Line) -> None:
    """Without ALTER SYSTEM the runner gives up, exit code 4; the next one names the session."""
    with ref.gate("east") as open_gate:
        report = deaf_call(ref, line, 6.0).result(60)
        assert report.exit_code is ExitCode.LOCKED, report
        message = report.streams[0].message
        assert "could not be cancelled" in message
        assert "kill session: ORA-01031" in message, "what was tried, and why it did not help"
        named = ref.run()
        assert named.exit_code is ExitCode.LOCKED, named
        message = named.streams[0].message
        assert "SID" in message
        assert "DTM.ref-op" in message
        open_gate()
    ref.end_sessions()
    assert ref.run(wait_s=60).exit_code is ExitCode.OK
    ref.assert_each_once("east")
