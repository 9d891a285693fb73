"""The order of a stream's steps in every case of the life cycle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import Attempt, OutcomeBy, StreamRecord, TaskKey
from dtm.runner.decide import Halt, HaltAt, HaltKind, Shape, Stop, removed_or_moved
from tests.unit.runner.play import OK, Player, played

TASKS = ["a", "b", "c", "d"]


def at(iteration: int, *names: str) -> list[str]:
    return [f"{name}@{iteration}" for name in names]


def person(where: HaltAt) -> Halt:
    return Halt(where, HaltKind.PERSON, "disk array rebuild")


def test_iterates_until_the_iterator_says_complete_then_final() -> None:
    player = Player(results={"iterator@3": ["complete"]})
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [
        *at(1, "iterator", "initial", *TASKS),
        *at(2, "iterator", *TASKS),
        *at(3, "iterator"),
        "final(N)@2",
    ]


def test_complete_at_the_first_iteration_runs_neither_initial_nor_final() -> None:
    player = Player(results={"iterator@1": ["complete"]})
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == ["iterator@1"]


def test_no_iterator_is_one_iteration() -> None:
    player = Player(shape=replace(OK, iterator=None))
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [*at(1, "initial", *TASKS), "final(N)@1"]


def test_neither_initial_nor_final_nor_iterator() -> None:
    player = Player(shape=Shape(None, None, None, (("a",),)))
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == ["a@1"]


def test_failed_task_runs_final_y_and_resumes_at_that_task_after_initial() -> None:
    player = Player(results={"d@1": ["fail"], "iterator@2": ["complete"]})
    assert played(player.start(), StreamState.FAILED)
    assert player.calls == [*at(1, "iterator", "initial", *TASKS), "final(Y)@1"]
    player.calls.clear()
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [*at(1, "initial", "d"), "iterator@2", "final(N)@1"]


def test_failed_final_y_does_not_hide_the_first_error() -> None:
    player = Player(results={"a@1": ["fail"], "final(Y)@1": ["fail"]})
    stop = player.start()
    assert isinstance(stop, Stop)
    assert stop.reason == "a failed: ORA-01653"
    assert player.calls[-1] == "final(Y)@1"
    assert player.calls.count("final(Y)@1") == 1


def test_final_y_runs_once_per_start() -> None:
    player = Player(results={"a@1": ["fail", "fail"]})
    player.start()
    player.start()
    assert player.calls.count("final(Y)@1") == 2


def test_failed_group_member_lets_the_others_finish_and_resumes_alone() -> None:
    player = Player(results={"b@1": ["fail"], "iterator@2": ["complete"]})
    assert played(player.start(), StreamState.FAILED)
    assert player.calls[-3:] == ["b@1", "c@1", "final(Y)@1"]
    player.calls.clear()
    player.start()
    assert player.calls[:3] == at(1, "initial", "b", "d")


def test_failed_final_n_resumes_with_initial_and_final_only() -> None:
    player = Player(results={"iterator@2": ["complete"], "final(N)@1": ["fail"]})
    assert played(player.start(), StreamState.FAILED)
    assert "final(Y)@1" not in player.calls
    player.calls.clear()
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == ["initial@1", "final(N)@1"]


def test_failed_later_iterator_runs_final_y_and_resumes_with_initial_then_iterator() -> None:
    player = Player(results={"iterator@2": ["fail", "complete"]})
    assert played(player.start(), StreamState.FAILED)
    assert player.calls[-2:] == ["iterator@2", "final(Y)@1"]
    player.calls.clear()
    player.start()
    assert player.calls == ["initial@1", "iterator@2", "final(N)@1"]


def test_failed_first_iterator_means_initial_never_ran_so_no_final() -> None:
    player = Player(results={"iterator@1": ["fail"], "iterator@2": ["complete"]})
    assert played(player.start(), StreamState.FAILED)
    assert player.calls == ["iterator@1"]
    player.calls.clear()
    player.start()
    assert player.calls[:2] == at(1, "iterator", "initial")


@pytest.mark.parametrize("where", [HaltAt.NOW, HaltAt.TASK])
def test_halt_is_honoured_at_the_next_boundary_without_final(where: HaltAt) -> None:
    player = Player(results={"iterator@2": ["complete"]})
    stop = player.start(lambda: person(where) if "a@1" in player.calls else None)
    assert isinstance(stop, Stop)
    assert (stop.state, stop.halt) == (StreamState.HALTED, HaltKind.PERSON)
    assert player.calls == at(1, "iterator", "initial", "a")
    player.calls.clear()
    player.start()
    assert player.calls[:3] == at(1, "initial", "b", "c")


def test_halt_after_iteration_waits_for_the_iterator() -> None:
    player = Player()
    stop = player.start(lambda: person(HaltAt.ITERATION) if "a@1" in player.calls else None)
    assert played(stop, StreamState.HALTED)
    assert player.calls == at(1, "iterator", "initial", *TASKS)


def test_cancelled_call_of_a_halt_is_no_error_and_runs_no_final() -> None:
    player = Player(results={"a@1": ["cancel"]})
    stop = player.start(lambda: person(HaltAt.NOW) if "a@1" in player.calls else None)
    assert played(stop, StreamState.HALTED)
    assert player.calls[-1] == "a@1"


def test_halt_does_not_undo_completion() -> None:
    player = Player(results={"iterator@2": ["complete"]})
    stop = player.start(lambda: person(HaltAt.NOW) if "final(N)@1" in player.calls else None)
    assert played(stop, StreamState.COMPLETED)


def test_halt_does_not_replace_final_y_after_an_error() -> None:
    player = Player(results={"a@1": ["fail"]})
    stop = player.start(lambda: person(HaltAt.TASK) if "a@1" in player.calls else None)
    assert played(stop, StreamState.FAILED)
    assert player.calls[-1] == "final(Y)@1"


def test_crash_before_the_work_repeats_the_task_and_runs_no_final() -> None:
    player = Player(results={"c@1": ["crash"], "iterator@2": ["complete"]})
    assert player.start() == "crashed"
    player.calls.clear()
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [*at(1, "initial", "c", "d"), "iterator@2", "final(N)@1"]


def test_crash_after_the_commit_does_not_repeat_the_task() -> None:
    player = Player(results={"c@1": ["lost"], "iterator@2": ["complete"]})
    assert player.start() == "crashed"
    player.calls.clear()
    player.start()
    assert player.calls == [*at(1, "initial", "d"), "iterator@2", "final(N)@1"]


def test_crash_in_the_iterator_after_its_commit_does_not_call_it_again() -> None:
    player = Player(results={"iterator@2": ["lost"], "iterator@3": ["complete"]})
    assert player.start() == "crashed"
    player.calls.clear()
    player.start()
    assert player.calls == [*at(2, "initial", *TASKS), "iterator@3", "final(N)@2"]


def test_unknown_outcome_waits_for_a_person_and_runs_no_final() -> None:
    player = Player(results={"a@1": ["unknown"]})
    assert played(player.start(), StreamState.UNKNOWN)
    assert player.calls[-1] == "a@1"
    assert played(player.start(), StreamState.UNKNOWN)
    assert player.calls[-1] == "a@1", "a second start does not touch it either"


def test_iteration_limit_halts_and_the_next_start_gets_as_many_again() -> None:
    player = Player(shape=replace(OK, iterations=2), results={"iterator@5": ["complete"]})
    stop = player.start()
    assert isinstance(stop, Stop)
    assert stop.halt is HaltKind.ITERATIONS
    assert player.record.iteration == 2
    assert played(player.start(), StreamState.HALTED)
    assert player.record.iteration == 4
    assert played(player.start(), StreamState.COMPLETED)


def test_retried_error_is_not_a_failure() -> None:
    player = Player(results={"a@1": ["retry", "ok"], "iterator@2": ["complete"]})
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls.count("a@1") == 2


def test_test_mode_is_one_iteration_and_starts_anew_every_time() -> None:
    player = Player(shape=replace(OK, test_mode=True), results={"d@1": ["fail"]})
    assert played(player.start(), StreamState.FAILED)
    player.calls.clear()
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [*at(1, "iterator", "initial", *TASKS), "final(N)@1"]


def completed_tasks(*names: str) -> StreamRecord:
    attempts = tuple(
        Attempt(
            seq,
            TaskKey(1, Phase.TASK, name),
            1,
            0,
            1,
            AttemptState.DONE,
            OutcomeBy.ANSWER,
        )
        for seq, name in enumerate(names, 1)
    )
    return StreamRecord("1", iteration=1, attempts=attempts)


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((("a",), ("b", "c"), ("d",)), None),
        ((("a",), ("b", "c"), ("x",), ("d",)), None),
        ((("a",), ("b", "x"), ("d",)), '"c" completed in this run and is no longer'),
        ((("b", "c"), ("a",), ("d",)), '"b" now stands before "a"'),
        ((("x",), ("a",), ("b", "c"), ("d",)), '"x" now stands before "c"'),
        ((("d",), ("a",), ("b", "c")), '"d" now stands before "c"'),
    ],
)
def test_completed_tasks_must_stay_where_they_were(
    steps: tuple[tuple[str, ...], ...], complaint: str | None
) -> None:
    known = frozenset(name for step in steps for name in step)
    shape = replace(OK, steps=steps)
    found = removed_or_moved(completed_tasks("a", "b", "c"), shape, known)
    if complaint is None:
        assert found is None
    else:
        assert found is not None
        assert complaint in found


def test_disabling_a_completed_task_is_no_obstacle() -> None:
    shape = replace(OK, steps=(("a",), ("b",), ("d",)))
    assert removed_or_moved(completed_tasks("a", "b", "c"), shape, frozenset("abcd")) is None
