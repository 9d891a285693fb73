"""Whole streams against the instance in memory: outcomes, lost answers, retries, restarts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dtm.errors import ExitCode
from dtm.model.operation import Limits, Restart, Retry, TaskKind
from dtm.model.states import AttemptState, StreamState
from dtm.model.stream import Ended, OutcomeBy, StreamRecord
from dtm.runner.decide import Halt, HaltAt, HaltKind
from dtm.runner.ports import Point
from tests.unit.runner.fakes import (
    Client,
    Killed,
    World,
    definition,
    fail,
    iterations,
    reference,
    task,
)

ONE_ITERATION = ["ITERATOR@1", "INITIAL@1", "A@1", "B@1", "C@1", "D@1", "FINAL@1"]
PER_START = {"INITIAL", "FINAL"}
SELF = {"kind": TaskKind.SELF_COMMITTING}


def world(count: int = 1, **changes: object) -> World:
    made = World(reference(**changes))  # type: ignore[arg-type]
    iterations(made.instance, count)
    return made


def sorted_group(ledger: list[str]) -> list[str]:
    """b and c run side by side: put them in order."""
    result = list(ledger)
    for index in range(len(result) - 1):
        if result[index].startswith("C@") and result[index + 1].startswith("B@"):
            result[index], result[index + 1] = result[index + 1], result[index]
    return result


def test_runs_to_completion_with_logs_complete_and_acknowledged() -> None:
    it = world()
    result = it.start()
    assert (result.exit_code, result.state) == (ExitCode.OK, StreamState.COMPLETED)
    assert sorted_group(it.instance.ledger) == ONE_ITERATION
    assert set(it.repository.sql_keys()) == {row.client_key for row in it.instance.sql}
    assert sorted(set(it.instance.acknowledged)) == sorted(r.client_key for r in it.instance.sql)
    assert it.instance.workers == set(), "no session is left open"


def test_what_only_the_spool_holds_is_not_acknowledged_and_comes_again() -> None:
    it = world()
    it.repository.away = True
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.acknowledged == []
    assert set(it.repository.sql_keys()) == {row.client_key for row in it.instance.sql}


def test_failed_task_is_reported_with_code_and_full_text_and_resumed() -> None:
    it = world()
    it.instance.procedures["D"] = fail("ORA-01653")
    result = it.start()
    assert result.exit_code is ExitCode.FAILED
    failed = next(o for o in it.repository.outcomes() if o.state is AttemptState.FAILED)
    assert (failed.error_code, failed.error_class) == ("ORA-01653", "space")
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 1
    assert it.instance.calls["D"] == 2
    assert it.instance.calls["INITIAL"] == 2
    assert it.instance.calls["FINAL"] == 2, "final('Y'), then final('N')"


@pytest.mark.parametrize("name", ["ITERATOR", "INITIAL", "A", "B", "D", "FINAL"])
def test_answer_lost_after_the_commit_is_resolved_by_the_marker(name: str) -> None:
    it = world()
    it.instance.lose[name] = "after"
    result = it.start()
    assert result.exit_code is ExitCode.OK, result.message
    assert sorted_group(it.instance.ledger) == ONE_ITERATION
    assert any(o.by is OutcomeBy.MARKER for o in it.repository.outcomes())


@pytest.mark.parametrize("name", ["ITERATOR", "INITIAL", "A", "B", "D", "FINAL"])
def test_connection_lost_before_the_work_is_a_failure_and_resumable(name: str) -> None:
    it = world()
    it.instance.lose[name] = "before"
    assert it.start().exit_code is ExitCode.FAILED
    assert it.start().exit_code is ExitCode.OK
    once = [entry for entry in it.instance.ledger if entry.split("@")[0] not in PER_START]
    assert sorted(once) == sorted(e for e in ONE_ITERATION if e.split("@")[0] not in PER_START)


def test_lost_connection_is_retried_where_the_task_declares_it() -> None:
    it = world(a=task("a", retry=Retry(attempts=2, backoff_s=0)))
    it.instance.lose["A"] = "before"
    assert it.start().exit_code is ExitCode.OK
    assert sorted_group(it.instance.ledger) == ONE_ITERATION


def test_transient_error_is_retried_as_declared_and_no_more() -> None:
    it = world(a=task("a", retry=Retry(attempts=3, backoff_s=0, on=("ORA-00054",))))
    it.instance.procedures["A"] = fail("ORA-00054", times=2)
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 3

    it = world(a=task("a", retry=Retry(attempts=3, backoff_s=0, on=("ORA-00054",))))
    it.instance.procedures["A"] = fail("ORA-00060", times=2)
    assert it.start().exit_code is ExitCode.FAILED
    assert it.instance.calls["A"] == 1


@pytest.mark.parametrize("code", ["ORA-01017", "ORA-00942", "ORA-01653", "ORA-20001"])
def test_permanent_and_space_errors_are_not_retried(code: str) -> None:
    it = world(a=task("a", retry=Retry(attempts=3, backoff_s=0)))
    it.instance.procedures["A"] = fail(code)
    assert it.start().exit_code is ExitCode.FAILED
    assert it.instance.calls["A"] == 1


def test_discarded_package_state_is_retried_once_in_a_new_session() -> None:
    it = world()
    it.instance.procedures["A"] = fail("ORA-04068")
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 2
    assert it.instance.opened == 4, "coordinator, its successor, two members"


def test_self_committing_safe_is_repeated_after_a_lost_connection() -> None:
    it = world(a=task("a", restart=Restart.SAFE, **SELF))
    it.instance.lose["A"] = "before"
    assert it.start().exit_code is ExitCode.FAILED
    assert it.start().exit_code is ExitCode.OK


def test_self_committing_manual_waits_for_a_person() -> None:
    it = world(a=task("a", restart=Restart.MANUAL, **SELF))
    it.instance.lose["A"] = "before"
    result = it.start()
    assert (result.state, result.exit_code) == (StreamState.UNKNOWN, ExitCode.FAILED)
    assert it.start().state is StreamState.UNKNOWN
    assert it.instance.calls["A"] == 0


@pytest.mark.parametrize(("answer", "calls"), [(True, 0), (False, 1)])
def test_self_committing_probe_is_asked(answer: bool, calls: int) -> None:
    it = world(a=task("a", restart=Restart.PROBE, probe="A_DONE", **SELF))
    it.instance.probes["A_DONE"] = answer
    it.instance.lose["A"] = "before"
    if it.start().exit_code is not ExitCode.OK:
        assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == calls


def test_failed_probe_task_asks_before_it_is_repeated() -> None:
    it = world(a=task("a", restart=Restart.PROBE, probe="A_DONE", **SELF))
    it.instance.probes["A_DONE"] = True
    it.instance.procedures["A"] = fail("ORA-01653")
    assert it.start().exit_code is ExitCode.FAILED
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 1
    assert it.repository.outcomes()[-1].by is not OutcomeBy.PERSON


@pytest.mark.parametrize("point", [Point.INTENT_RECORDED, Point.ANSWER_RECEIVED])
@pytest.mark.parametrize("name", ["iterator", "initial", "a", "d", "final"])
def test_runner_killed_around_a_call_repeats_nothing_that_committed(
    point: Point, name: str
) -> None:
    it = world()
    struck: list[str] = []

    def strike(at: Point, where: str) -> None:
        if (at, where) == (point, name) and not struck:
            struck.append(where)
            raise Killed

    it.strike = strike
    with pytest.raises(Killed):
        it.start()
    assert struck
    assert it.start().exit_code is ExitCode.OK
    once = [e for e in sorted_group(it.instance.ledger) if e != "INITIAL@1"]
    assert once == [e for e in ONE_ITERATION if e != "INITIAL@1"]


def test_orphan_is_named_and_the_stream_left_alone() -> None:
    it = world()
    orphan = Client(it.instance)
    it.instance.workers.add(orphan.number)
    result = it.start()
    assert result.exit_code is ExitCode.LOCKED
    assert "orphan" in result.message
    assert not result.started
    # Nothing but why it waits: no start, no attempt.
    assert [type(e) for w in it.repository.writes for e in w.entries] == [Ended]


def test_sleeper_with_an_outdated_fence_writes_nothing() -> None:
    it = world()

    def taken_over() -> None:
        it.repository.fence += 1

    it.instance.procedures["A"] = taken_over
    result = it.start()
    assert result.exit_code is ExitCode.LOCKED
    assert all(o.seq <= 2 for o in it.repository.outcomes()), "iterator and initial, not a"


def test_halt_now_stops_at_the_boundary_and_resumes() -> None:
    it = world()

    def halt() -> None:
        it.halting.request(Halt(HaltAt.TASK, HaltKind.PERSON, "because"))

    it.instance.procedures["A"] = halt
    result = it.start()
    assert (result.exit_code, result.halt) == (ExitCode.HALTED, HaltKind.PERSON)
    assert it.instance.ledger[-1] == "A@1"
    it.halting = type(it.halting)()
    it.instance.procedures.pop("A")
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 1


def test_duration_limit_halts_between_tasks() -> None:
    made = definition((task("a"),), (task("b"),), limits=Limits(duration_s=0))
    it = World(made)
    result = it.start()
    assert (result.exit_code, result.halt) == (ExitCode.HALTED, HaltKind.DURATION)


def test_flashed_back_client_is_refused_not_guessed() -> None:
    it = world()
    it.instance.procedures["D"] = fail("ORA-01653")
    it.start()
    it.instance.markers.clear()
    result = it.start()
    assert result.exit_code is ExitCode.ERROR
    assert "no marker" in result.message
    assert it.instance.calls["D"] == 1


def test_client_that_lost_the_stream_is_refused() -> None:
    it = world()
    it.instance.procedures["D"] = fail("ORA-01653")
    it.start()
    it.instance.streams.clear()
    assert it.start().exit_code is ExitCode.ERROR


def test_markers_under_a_new_handle_are_refused() -> None:
    it = world()
    it.start()
    it.repository.record = replace(it.repository.record, start_count=0, iteration=0, attempts=())
    it.repository.record = replace(
        it.repository.record, state=StreamState.PENDING, exhausted=False
    )
    result = it.start()
    assert result.exit_code is ExitCode.ERROR
    assert "markers" in result.message


def test_repository_restored_to_the_middle_repeats_nothing() -> None:
    it = world(count=3)
    saved: list[StreamRecord] = []

    def remember() -> None:
        if len(saved) == 0:
            saved.append(it.repository.record)

    it.instance.procedures["A"] = remember
    assert it.start().exit_code is ExitCode.OK
    before = [e for e in it.instance.ledger if not e.startswith("INITIAL")]
    it.repository.record = saved[0]
    assert it.start().exit_code is ExitCode.OK
    after = [e for e in it.instance.ledger if not e.startswith("INITIAL")]
    assert after == before


def test_test_mode_leaves_no_markers_and_starts_anew() -> None:
    made = definition(
        (task("a"), task("b")), iterator=task("iterator"), final=task("final"), test_mode=True
    )
    it = World(made)
    it.instance.procedures["B"] = fail("ORA-00942")
    assert it.start().exit_code is ExitCode.FAILED
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.markers == {}
    assert it.instance.opened == 2, "one session per start: one transaction"


def test_a_bug_in_a_member_is_not_swallowed() -> None:
    it = world()

    def bug() -> None:
        raise ZeroDivisionError

    it.instance.procedures["B"] = bug
    with pytest.raises(ZeroDivisionError):
        it.start()


def test_connection_found_dead_before_the_call_costs_nothing() -> None:
    """DPY-1001: nothing was sent, so even a task that waits for a person may be called again."""
    it = world(a=task("a", restart=Restart.MANUAL, **SELF))

    def vanish() -> None:
        assert it.instance.coordinator is not None
        it.instance.coordinator.close()

    it.instance.procedures["INITIAL"] = vanish
    assert it.start().exit_code is ExitCode.OK
    assert it.instance.calls["A"] == 1


def test_test_mode_repeats_nothing_in_another_session() -> None:
    it = World(definition((task("a"),), (task("b"),), test_mode=True))
    it.instance.procedures["B"] = fail("ORA-04068")
    assert it.start().exit_code is ExitCode.FAILED
    assert it.instance.calls["B"] == 1
    assert it.instance.opened == 1
