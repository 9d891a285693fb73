"""Repository stopped, client stopped, both - at every kill point - and started again.

The databases are processes of their own, killed (kill -9) at the moment the point is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dtm.errors import DtmError
from dtm.runner.ports import Point
from dtm.runner.request import RunReport
from tests.conftest import Database
from tests.faults.audit import audit, audit_calls
from tests.faults.process import begin_together
from tests.faults.striking import Kill, Striker, installs, look, lost_answers
from tests.faults.world import FaultWorld, fault_world
from tests.sandbox_process import SandboxProcess

WHO = ("repository", "client", "both")
POINTS = (
    (Kill.BEFORE_LOCK, "east"),
    (Kill.LOCK_HELD, "east"),
    (Kill.RUN_WRITTEN, ""),
    (Kill.INTENT_RECORDED, "a"),
    (Kill.INTENT_RECORDED, "b"),
    (Kill.ANSWER_LOST, "p"),
    (Kill.ANSWER_RECEIVED, "d"),
    (Kill.BETWEEN_TASKS, "east"),
    (Kill.IN_FINAL, "final"),
    (Kill.BEFORE_DDL, ""),
    (Kill.SPEC_IN, ""),
    (Kill.BODY_IN, ""),
)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultWorld]:
    """Repository and client in sandboxes of their own."""
    place = tmp_path_factory.mktemp("apart")
    with (
        SandboxProcess(place / "central") as central,
        SandboxProcess(place / "client") as client,
        fault_world(_of(client), place / "state", central=_of(central)) as made,
    ):
        yield made


def _of(process: SandboxProcess) -> Database:
    return Database(process.dsn(), "SYSTEM", process.password, process)


@pytest.fixture
def world(apart: FaultWorld, tmp_path: Path) -> FaultWorld:
    apart.renew(tmp_path)
    return apart


def databases(ref: FaultWorld, who: str) -> list[SandboxProcess]:
    found = {"repository": ref.repository.database.sandbox, "client": ref.database.sandbox}
    return [p for name, p in found.items() if p is not None and who in (name, "both")]


def stop_and_start(ref: FaultWorld, who: str) -> Callable[[], None]:
    def act() -> None:
        for process in databases(ref, who):
            process.kill()
        for process in databases(ref, who):
            process.start()

    return act


def play(ref: FaultWorld, point: Kill, where: str, who: str) -> None:
    """Stop and start databases at the point, run until it is through, look at everything."""
    if point in (Kill.BEFORE_DDL, Kill.SPEC_IN, Kill.BODY_IN):
        ref.do("east", "DROP PACKAGE ref_op")
    striker = Striker(point, where, 1, stop_and_start(ref, who), lambda: look(ref))
    with lost_answers(striker), installs(striker):
        try:
            ref.run(strike=striker)
        except DtmError:
            assert striker.seen is not None, "only the outage may end a run"
    assert striker.seen is not None
    reports: list[RunReport] = []
    while ref.query("SELECT state FROM dtm_runs") != [("COMPLETED",)]:
        assert len(reports) < 5, reports
        reports.append(ref.run(wait_s=20))
    ((run_id,),) = ref.query("SELECT run_id FROM dtm_runs")
    audit(ref, run_id, f"{point} {where} {who}")
    audit_calls(ref, "east")
    ref.assert_no_locks()


def test_both_databases_are_stopped_while_an_answer_is_not_recorded(world: FaultWorld) -> None:
    play(world, Kill.ANSWER_RECEIVED, "d", "both")


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("point", "where"), POINTS, ids=lambda value: str(value))
def test_stopped_at_every_point(world: FaultWorld, point: Kill, where: str, who: str) -> None:
    play(world, point, where, who)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_start_together_a_hundred_times(two: FaultWorld) -> None:
    """Four runners at once: whoever is first works, the others are refused or find it done."""
    for round_ in range(100):
        runners = [two.process(held=True) for _ in range(4)]
        begin_together(runners)
        statuses = [runner.wait() for runner in runners]
        assert set(statuses) <= {0, 4}, (round_, [r.output() for r in runners])
        assert 0 in statuses, (round_, [r.output() for r in runners])
        two.processes.clear()
    runs = two.query("SELECT run_id FROM dtm_runs")
    assert len(runs) >= 100
    for (run_id,) in runs:
        audit(two, run_id, run_id)
    two.assert_no_locks()


def test_points_are_all_there() -> None:
    """A kill point added to the product appears here as well."""
    assert {point.value for point in Point} <= {kill.value for kill, _ in POINTS}
