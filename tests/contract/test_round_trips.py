"""Round trips: what a task, a plan that finds nothing to do, and an apply cost on a slow network.

Counted by the driver where it can (OracleSession.round_trips), else per call of dtm. The costs of
a task are the difference between a long and a short run, so starting and ending do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dtm.model.instance import Instance
from dtm.oracle.session import OracleSession
from dtm.reconcile.apply import apply_plan
from dtm.reconcile.deps import Desired, PlanOptions
from dtm.reconcile.make import make_plan
from dtm.reconcile.oracle_target import OracleTarget
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from tests.conftest import Database
from tests.faults import reference
from tests.faults.world import QUICK, FaultWorld, fault_world

SHORT, LONG = 2, 10
STREAMS = 12


class Counting:
    """Keeps every session that was opened, for the sum of their round trips."""

    def __init__(self, world: FaultWorld) -> None:
        self.world = world
        self.repositories: list[OracleSession] = []
        self.clients: list[OracleSession] = []

    def repository(self, _purpose: str = "") -> OracleSession:
        self.repositories.append(self.world.repository.connect())
        return self.repositories[-1]

    def client(self, instance: Instance, _purpose: str = "") -> OracleSession:
        self.clients.append(self.world.client(instance))
        return self.clients[-1]

    def counts(self) -> tuple[int, int]:
        """(on the repository, on the instances)."""
        both = self.repositories, self.clients
        on, there = (sum(session.round_trips for session in each) for each in both)
        return on, there

    def run(self, iterations: int) -> tuple[int, int]:
        """Round trips of a run; nothing but the run itself polls meanwhile."""
        tuning = replace(QUICK, poll_s=60.0, harvest_s=60.0)
        deps = replace(
            self.world.runner_deps(),
            repository=self.repository,
            connect=self.client,
            tuning=tuning,
        )
        request = RunRequest("ref-op", "test", parameters={"ITERATIONS": str(iterations)})
        assert run(request, deps).exit_code == 0
        return self.counts()


def per_task(world: FaultWorld) -> tuple[float, float]:
    """Round trips per task: (on the repository, on the instance)."""
    short, long = Counting(world).run(SHORT), Counting(world).run(LONG)
    streams = len(world.objects[0]) if world.objects else 1
    tasks = (LONG - SHORT) * 2 * streams  # the iterator is a task, too
    repository, client = ((b - a) / tasks for a, b in zip(short, long, strict=True))
    print(
        f"\nround trips per task: {client:.2f} to the client, {repository:.2f} to the repository"
    )
    return repository, client


@pytest.fixture(scope="module")
def atomic(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, FaultWorld]]:
    """Iterator and one atomic task: alone, and for objects side by side."""
    tasks = [{"name": "a", "procedure": "A"}]
    objects = [[f"APP.T{number}" for number in range(STREAMS)]]
    where = tmp_path_factory.mktemp("trips")
    with (
        fault_world(database, where / "one", tasks=tasks) as one,
        fault_world(
            database,
            where / "many",
            tasks=tasks,
            objects=objects,
            assignment={"concurrency": {"perInstance": STREAMS}},
        ) as many,
    ):
        yield {"one": one, "many": many}


# The call, the SQL log (two: its texts are CLOBs), and what of it the repository has.
def test_a_task_costs_four_round_trips_to_the_client_at_most(atomic):
    _, client = per_task(atomic["one"])
    assert client <= 4


def test_a_task_that_logs_no_statement_costs_one_round_trip_to_the_client(silent):
    repository, client = per_task(silent)
    assert client <= 1
    assert repository <= 1.5  # the outcome rides with the next intent


# Alone, a stream writes twice a task: the outcome with the next intent, and the SQL log.
def test_a_stream_alone_writes_its_journal_in_two_round_trips(atomic):
    repository, _ = per_task(atomic["one"])
    assert repository <= 2.5


def test_streams_share_their_journal_writes(atomic):
    repository, client = per_task(atomic["many"])
    assert client <= 4
    assert repository <= 1.3


@pytest.fixture(scope="module")
def silent(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultWorld]:
    """Iterator and a task that do their work with static SQL."""
    body = reference.BODY.replace("dtm.execute_immediate(", "static_insert(")
    body = body.replace(
        "  PROCEDURE work(",
        """  PROCEDURE static_insert(p_handle IN VARCHAR2, p_sql IN VARCHAR2) IS
  BEGIN
    EXECUTE IMMEDIATE p_sql;
  END static_insert;

  PROCEDURE work(""",
        1,
    )
    tasks = [{"name": "a", "procedure": "A"}]
    where = tmp_path_factory.mktemp("silent")
    with fault_world(database, where, tasks=tasks, body=body) as made:
        yield made


def test_a_plan_that_finds_nothing_costs_a_few_round_trips(atomic):
    world = atomic["one"]
    assert world.apply().apply_id is None  # everything is in place
    counting = Counting(world)
    deps = replace(
        world.deps(),
        repository=counting.repository,
        connect=lambda instance: OracleTarget(counting.client(instance)),
    )
    planned = make_plan(Desired(tuple(world.tree())), deps, PlanOptions())
    assert planned.plan.empty
    repository, client = counting.counts()
    print(f"\nno-op plan: {repository} round trips to the repository, {client} per instance")
    assert len(counting.repositories) == len(counting.clients) == 1
    assert repository <= 14  # one read per table, however many resources there are
    assert client <= 9  # settings, identity (two), units, tables
    assert apply_plan(planned, deps).apply_id is None
    assert counting.counts() == (repository, client)  # nothing to do asks nobody
