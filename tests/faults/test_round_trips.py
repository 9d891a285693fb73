"""What a durable task costs in round trips and commits, counted."""

from __future__ import annotations

from dataclasses import replace

from dtm.errors import ExitCode
from dtm.oracle.session import OracleSession
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from tests.faults.conftest import Make

ITERATIONS = 15
TASKS = 2 * ITERATIONS  # the iterator is a task, too


def test_round_trips_per_task(make: Make) -> None:
    clients: list[OracleSession] = []
    central: dict[str, OracleSession] = {}
    one = [{"name": "a", "procedure": "A"}]
    with make(tasks=one, iterations=ITERATIONS) as ref:
        deps = ref.runner_deps()

        def client(instance, purpose):
            clients.append(deps.connect(instance, purpose))
            return clients[-1]

        def repository(purpose):
            central[purpose] = deps.repository(purpose)
            return central[purpose]

        counted = replace(deps, connect=client, repository=repository)
        report = run(RunRequest("ref-op", "test"), counted)
        assert report.exit_code is ExitCode.OK
    overhead = 45  # connecting, identity, locks, preflight, beginning and ending the stream
    on_client = sum(session.round_trips for session in clients)
    assert (on_client - overhead) / TASKS <= 4, on_client
    journal = central["journal"].round_trips
    assert (journal - 15) / TASKS <= 6, "one batch per task: outcome, log and next intent together"
