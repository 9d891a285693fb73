"""The task protocols: exactly once, not-atomic detection, self-committing, iterator, test mode."""

from __future__ import annotations

import threading

import pytest

from dtm.errors import UsageError
from dtm.model.states import Phase
from dtm.oracle.calls import (
    CallKind,
    MarkerState,
    Outcome,
    clear_marker,
    mark_done,
    marker,
    markers,
    probe,
    run_task,
)
from dtm.oracle.codes import ErrorClass
from dtm.oracle.errors import OracleError
from tests.contract.oracle.conftest import HANDLE, Client, call, run


def failure(client: Client, procedure: str, **options: object) -> OracleError:
    with pytest.raises(OracleError) as caught:
        run(client, procedure, **options)
    return caught.value


def test_an_atomic_task_runs_once(mill: Client) -> None:
    assert run(mill, "GRIND").outcome is Outcome.DONE
    found = marker(mill.main, call("GRIND").key)
    assert found is not None
    assert (found.state, found.attempt) == (MarkerState.DONE, "attempt-1")
    assert found.done_at is not None
    assert found.done_at >= found.started_at
    again = run(mill, "GRIND")
    assert again.outcome is Outcome.ALREADY_DONE
    assert again.done
    assert mill.ledger() == ["ground"]


def test_a_task_is_one_round_trip(mill: Client) -> None:
    before = mill.main.round_trips
    run(mill, "GRIND")
    assert mill.main.round_trips == before + 1


def test_the_key_of_a_marker_is_iteration_phase_task_and_start(mill: Client) -> None:
    for options in (
        {"iteration": 1},
        {"iteration": 2},
        {"phase": Phase.INITIAL, "start_no": 1},
        {"phase": Phase.INITIAL, "start_no": 2},
    ):
        assert run(mill, "GRIND", **options).outcome is Outcome.DONE
    assert mill.ledger() == ["ground"] * 4
    assert len(markers(mill.main, HANDLE)) == 4
    assert markers(mill.main, "7") == {}


def test_a_failed_task_leaves_nothing_and_its_error_says_where(mill: Client) -> None:
    error = failure(mill, "FAILS")
    assert error.code == "ORA-20777"
    assert error.message == "ORA-20777: the stone broke"
    assert error.error_class is ErrorClass.PERMANENT
    assert error.detail is not None
    assert 'MILL", line' in error.detail
    assert not error.committed_inside
    assert error.where == mill.schema.dsn
    assert mill.ledger() == []
    assert marker(mill.main, call("FAILS").key) is None
    assert run(mill, "GRIND").done


@pytest.mark.parametrize(
    ("procedure", "outcome", "left"),
    [
        ("COMMITS", Outcome.COMMITTED_INSIDE, ["before commit"]),
        ("COMMITS_AND_GOES_ON", Outcome.COMMITTED_INSIDE, ["before commit"]),
        ("DOES_DDL", Outcome.COMMITTED_INSIDE, []),
        ("ROLLS_BACK", Outcome.ROLLED_BACK_INSIDE, []),
        ("TAMPERS", Outcome.ROLLED_BACK_INSIDE, []),  # no row to complete: nothing is committed
    ],
)
def test_a_task_that_ends_its_transaction_is_not_atomic(
    mill: Client, procedure: str, outcome: Outcome, left: list[str]
) -> None:
    result = run(mill, procedure)
    assert result.outcome is outcome
    assert result.not_atomic
    assert not result.done
    assert result.reason.startswith("not atomic: the task ")
    assert mill.ledger() == left
    found = marker(mill.main, call(procedure).key)
    if outcome is Outcome.COMMITTED_INSIDE:
        assert found is not None
        assert found.state is MarkerState.STARTED
        assert run(mill, procedure).outcome is outcome  # it is not called again
        assert mill.ledger() == left
    else:
        assert found is None


def test_a_rollback_to_a_savepoint_is_no_rollback(mill: Client) -> None:
    assert run(mill, "TO_SAVEPOINT").outcome is Outcome.DONE
    assert mill.ledger() == ["kept"]


def test_a_task_that_committed_and_then_failed(mill: Client) -> None:
    error = failure(mill, "COMMITS_AND_FAILS")
    assert error.code == "ORA-20777"
    assert error.committed_inside
    assert mill.ledger() == ["before commit"]
    assert run(mill, "COMMITS_AND_FAILS").outcome is Outcome.COMMITTED_INSIDE


def test_a_person_decides_about_a_task_that_was_not_atomic(mill: Client) -> None:
    key = call("COMMITS").key
    run(mill, "COMMITS")
    assert clear_marker(mill.main, key)
    assert not clear_marker(mill.main, key)
    assert run(mill, "COMMITS").outcome is Outcome.COMMITTED_INSIDE
    assert mill.ledger() == ["before commit"] * 2
    mark_done(mill.main, key, "person")
    assert run(mill, "COMMITS").outcome is Outcome.ALREADY_DONE
    assert not clear_marker(mill.main, key)  # a DONE marker stays
    mark_done(mill.main, call("GRIND").key, "person")
    assert run(mill, "GRIND").outcome is Outcome.ALREADY_DONE


def test_a_self_committing_task(mill: Client) -> None:
    options = {"kind": CallKind.SELF_COMMITTING}
    assert run(mill, "COMMITS_AND_GOES_ON", **options).outcome is Outcome.DONE
    assert mill.ledger() == ["after commit", "before commit"]
    assert run(mill, "COMMITS_AND_GOES_ON", **options).outcome is Outcome.ALREADY_DONE
    assert run(mill, "DOES_DDL", **options).outcome is Outcome.DONE
    error = failure(mill, "COMMITS_AND_FAILS", **options)
    assert not error.committed_inside
    assert marker(mill.main, call("COMMITS_AND_FAILS").key) is None


def test_a_probe(mill: Client) -> None:
    assert not probe(mill.main, HANDLE, "MILL", "IS_DONE")
    run(mill, "GRIND")
    assert probe(mill.main, HANDLE, "MILL", "IS_DONE")
    with pytest.raises(UsageError, match=r"probe MILL\.SHRUGS answered None"):
        probe(mill.main, HANDLE, "MILL", "SHRUGS")


def test_the_iterator_ends_the_operation(mill: Client) -> None:
    options = {"phase": Phase.ITERATOR}
    for iteration in (1, 2):
        result = run(mill, "NEXT_SACK", "GRAIN", "SACKS", iteration=iteration, **options)
        assert result.outcome is Outcome.DONE
    result = run(mill, "NEXT_SACK", "GRAIN", "SACKS", iteration=3, **options)
    assert result.outcome is Outcome.COMPLETE
    assert result.complete
    assert mill.ledger() == ["GRAIN.SACKS 0", "GRAIN.SACKS 1"]
    assert marker(mill.main, call("NEXT_SACK", phase=Phase.ITERATOR, iteration=3).key) is None


def test_complete_from_anything_but_the_iterator_is_an_error(mill: Client) -> None:
    assert failure(mill, "SAYS_COMPLETE").code == "ORA-20100"
    assert failure(mill, "SAYS_COMPLETE", phase=Phase.FINAL).code == "ORA-20100"
    iterator = call("SAYS_COMPLETE", phase=Phase.ITERATOR)
    assert run_task(mill.main, iterator).outcome is Outcome.COMPLETE


def test_a_task_inside_an_open_transaction_is_refused(mill: Client) -> None:
    mill.main.execute("INSERT INTO ledger (what) VALUES ('open')")
    assert failure(mill, "GRIND").code == "ORA-20118"
    assert mill.ledger() == []


def test_an_unknown_procedure_is_an_error_of_the_call(mill: Client) -> None:
    error = failure(mill, "NO_SUCH")
    assert error.codes[:2] == ("ORA-06550", "PLS-00302")
    assert markers(mill.main, HANDLE) == {}


def test_two_sessions_with_one_key_do_the_work_once(mill: Client) -> None:
    """Without locks: the second waits for the first one's marker row, then finds it."""
    mill.install(
        "CREATE OR REPLACE PROCEDURE slow(p_handle IN VARCHAR2) AUTHID DEFINER IS BEGIN NULL; END;"
    )
    other = mill.open()
    mill.main.execute(
        "INSERT INTO dtm_markers (handle, iteration, phase, task, state, started_at)"
        " VALUES (:handle, 1, 'TASK', 'grind', 'DONE', SYSDATE)",
        {"handle": HANDLE},
    )
    results: list[str] = []

    def second() -> None:
        try:
            results.append(run_task(other, call("GRIND")).outcome.value)
        except OracleError as error:
            results.append(error.code)

    thread = threading.Thread(target=second)
    thread.start()
    thread.join(0.5)
    assert results == []
    mill.main.commit()
    thread.join(10)
    assert results == ["ORA-00001"]
    assert run_task(other, call("GRIND")).outcome is Outcome.ALREADY_DONE
    assert mill.ledger() == []


def test_test_mode_executes_nothing_and_leaves_nothing(client: Client, mill: Client) -> None:
    client.begin("8", test_mode=True)
    options = {"kind": CallKind.TEST, "handle": "8"}
    assert run(client, "LOGS", **options).outcome is Outcome.DONE
    assert run(client, "GRIND", **options).outcome is Outcome.DONE
    assert client.ledger() == ["ground"]  # static SQL runs, in the caller's transaction
    client.main.rollback()
    assert client.ledger() == []
    assert markers(client.main, "8") == {}
    statuses = client.main.query("SELECT status FROM dtm_sql_log WHERE handle = '8'")
    assert statuses == [("TESTED",)] * 3
