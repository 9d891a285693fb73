"""A durable task against its floor: the same call through the bare driver, with two commits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.errors import ExitCode
from dtm.model.states import Phase
from dtm.oracle.calls import CallKind, MarkerKey, TaskCall, run_task
from tests.conftest import Database
from tests.faults.world import FaultWorld, fault_world

ITERATIONS = 60
TASKS = 2 * ITERATIONS  # the iterator is a task, too
TURNS = 3  # run and floor by turns


@pytest.fixture
def ref(database: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    one = [{"name": "a", "procedure": "A"}]
    with fault_world(database, tmp_path, tasks=one, iterations=ITERATIONS) as made:
        yield made


def floor_s(ref: FaultWorld, handle: str, turn: int) -> float:
    """Seconds per task: the call, and two commits in the repository."""
    client, central = ref.schemas["east"].connect(), ref.repository.connect()
    insert = "INSERT INTO dtm_run_events (event_key, run_id, happened_at, kind, actor) SELECT"
    insert += " :k, MIN(run_id), SYSTIMESTAMP, 'BENCH', 'me' FROM dtm_runs"
    started = time.perf_counter()
    for number in range(TASKS):
        central.execute(insert, {"k": f"before {turn}.{number}"})
        central.commit()
        key = MarkerKey(handle, 1000 * turn + number, Phase.TASK, "a")
        run_task(client, TaskCall(key, CallKind.ATOMIC, "REF_OP", "A", "1"))
        central.execute(insert, {"k": f"after {turn}.{number}"})
        central.commit()
    elapsed = time.perf_counter() - started
    client.close()
    central.close()
    return elapsed / TASKS


@pytest.mark.bench
def test_durable_task(ref: FaultWorld) -> None:
    for turn in range(1, 1 + TURNS):
        started, cpu = time.perf_counter(), time.process_time()
        report = ref.run()
        assert report.exit_code is ExitCode.OK
        each = (time.perf_counter() - started) / TASKS
        cpu_each = (time.process_time() - cpu) / TASKS
        floor = floor_s(ref, report.streams[0].handle, turn)
        print(
            f"\ndurable task, a whole run of {TASKS}: {each * 1000:.1f} ms, floor"
            f" {floor * 1000:.1f} ms: {each / floor:.2f} x; CPU in the runner"
            f" {cpu_each * 1000:.2f} ms"
        )
