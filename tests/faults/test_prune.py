"""Retention: what finished runs leave goes; runs, the audit trail and everything unfinished stay."""

from __future__ import annotations

from typing import Any

import pytest

from dtm.errors import ExitCode, NotApplied
from dtm.model.states import RunState
from dtm.runner import control, watch
from dtm.runner.prune import PruneRequest, prune
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld

MONTH_S = 30 * 86400
OLD = PruneRequest(MONTH_S)
ON_CLIENT = ("dtm_markers", "dtm_parameters", "dtm_sql_log", "dtm_streams")
IN_REPOSITORY = ("dtm_run_attempts", "dtm_run_sql", "dtm_run_parameters")


def age(world: FaultWorld, run_id: str, days: int) -> None:
    """Let a run have ended that long ago."""
    session = world.repository.connect()
    session.execute(
        "UPDATE dtm_runs SET ended_at = ended_at - NUMTODSINTERVAL(:days, 'DAY')"
        " WHERE run_id = :run_id",
        {"days": days, "run_id": run_id},
    )
    session.commit()
    session.close()


def count(world: FaultWorld, table: str) -> int:
    return int(world.query(f"SELECT COUNT(*) FROM {table}")[0][0])


def on_client(world: FaultWorld, name: str) -> dict[str, int]:
    return {t: int(world.on(name, f"SELECT COUNT(*) FROM {t}")[0][0]) for t in ON_CLIENT}


def in_repository(world: FaultWorld) -> dict[str, int]:
    return {table: count(world, table) for table in IN_REPOSITORY}


def snapshot(world: FaultWorld) -> Any:
    return in_repository(world), on_client(world, "east"), on_client(world, "west")


def test_old_logs_go_and_the_run_stays(two: FaultWorld) -> None:
    run_id = two.run().run_id
    age(two, run_id, 31)
    kept = in_repository(two)
    before = snapshot(two)
    counted = prune(PruneRequest(MONTH_S, dry=True), two.runner_deps())
    assert (counted.runs, len(counted.streams)) == (1, 2)
    assert counted.attempts == kept["dtm_run_attempts"]
    assert counted.statements == kept["dtm_run_sql"] > 0
    assert snapshot(two) == before, "a dry run removes nothing"

    pruned = prune(OLD, two.runner_deps())
    assert (pruned.attempts, pruned.statements) == (counted.attempts, counted.statements)
    on_clients = sum(sum(each.values()) for each in before[1:])
    assert pruned.on_clients == on_clients > 0
    assert set(in_repository(two).values()) == {0}
    assert set(on_client(two, "east").values()) == {0}
    kinds = [row[0] for row in two.query("SELECT kind FROM dtm_run_events ORDER BY happened_at")]
    assert kinds == ["START", "END", "PRUNE"]
    assert watch.status(two.runner_deps(), run_id).run.state is RunState.COMPLETED
    assert prune(OLD, two.runner_deps()).streams == ()
    assert two.run().exit_code is ExitCode.OK, "a new run does not mind"


def test_young_and_unfinished_runs_are_never_touched(two: FaultWorld) -> None:
    young = two.run().run_id
    age(two, young, 29)
    two.tell("west", "s", "FAIL")
    failed = two.run()
    assert failed.exit_code is ExitCode.FAILED
    age(two, failed.run_id, 400)
    before = snapshot(two)
    assert prune(OLD, two.runner_deps()).streams == ()
    assert snapshot(two) == before
    assert two.run().exit_code is ExitCode.OK
    assert two.ledger("west")[1, "a"] == 2, "once in each run"


@pytest.mark.slow
def test_abandoned_runs_are_finished(two: FaultWorld) -> None:
    two.tell("west", "s", "FAIL")
    run_id = two.run().run_id
    control.abandon(run_id, "superseded", two.runner_deps())
    age(two, run_id, 31)
    assert len(prune(OLD, two.runner_deps()).streams) == 2
    assert set(on_client(two, "west").values()) == {0}


@pytest.mark.slow
def test_an_instance_that_is_away_keeps_its_logs_for_the_next_time(two: FaultWorld) -> None:
    age(two, two.run().run_id, 31)
    two.broken[two.schemas["east"].user] = "127.0.0.1:1/NOBODY"
    pruned = prune(OLD, two.runner_deps())
    assert [s.instance for s in pruned.streams] == ["west"]
    assert list(pruned.away) == ["east"]
    assert in_repository(two)["dtm_run_attempts"] > 0
    two.broken.clear()
    assert [s.instance for s in prune(OLD, two.runner_deps()).streams] == ["east"]
    assert set(in_repository(two).values()) == {0}


@pytest.mark.slow
def test_only_what_was_asked_for(two: FaultWorld) -> None:
    age(two, two.run().run_id, 31)
    for other in (PruneRequest(MONTH_S, "prod"), PruneRequest(MONTH_S, operation="another")):
        assert prune(other, two.runner_deps()).streams == ()
    mine = PruneRequest(MONTH_S, environment="test", operation="ref-op", dry=True)
    assert len(prune(mine, two.runner_deps()).streams) == 2


@pytest.mark.slow
def test_a_repository_of_another_dtm_is_refused_before_anything_runs(make: Make) -> None:
    with make() as ref:
        session = ref.repository.connect()
        session.execute("UPDATE dtm_schema_version SET version = version + 100 WHERE version = 3")
        session.commit()
        session.close()
        with pytest.raises(NotApplied, match="schema has version 103; this dtm works with 3"):
            ref.run()
        assert ref.query("SELECT COUNT(*) FROM dtm_runs") == [(0,)]
