"""Durable tasks per second and CPU per task in the runner, against the bare driver.

The floor does the same work in the same order on two connections: intent and commit in the
repository, work and commit on the client, outcome and commit in the repository. It has no marker,
no locks, no SQL log and asks nobody whether it may go on. Runs are compared with shorter runs, so
that starting and ending do not count.
"""

from __future__ import annotations

import time
from pathlib import Path

import oracledb
import pytest

from tests.conftest import Database, Schema
from tests.faults.world import FaultWorld, fault_world

pytestmark = pytest.mark.bench

SHORT, LONG = 5, 55
STREAMS = 8

EMPTY = "IS\n  BEGIN\n    NULL;\n  END;\n"
BODY = f"""CREATE OR REPLACE PACKAGE BODY ref_op AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_done NUMBER;
  BEGIN
    SELECT COUNT(*) INTO l_done FROM ref_state WHERE run_id = TO_NUMBER(p_handle);
    IF l_done >= dtm.get_num_param(p_handle, 'ITERATIONS') THEN
      RAISE dtm.operation_complete;
    END IF;
    INSERT INTO ref_state (run_id, iteration) VALUES (TO_NUMBER(p_handle), l_done + 1);
  END iterator;
  PROCEDURE a(p_handle IN VARCHAR2) IS
  BEGIN
    INSERT INTO ref_ledger (run_id, iteration, task) VALUES (TO_NUMBER(p_handle), 1, 'a');
  END a;
  PROCEDURE initial(p_handle IN VARCHAR2) {EMPTY}
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) {EMPTY}
  {"".join(f"PROCEDURE {name}(p_handle IN VARCHAR2) {EMPTY}" for name in "bcdspm")}
  FUNCTION p_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN 'N';
  END p_done;
END ref_op;
/
"""


def measured(world: FaultWorld, streams: int) -> tuple[float, float]:
    """(wall, CPU) seconds per task; the iterator is a task, too."""
    found = []
    for iterations in (SHORT, LONG):
        wall, cpu = time.perf_counter(), time.process_time()
        assert world.run(parameters={"ITERATIONS": str(iterations)}).exit_code == 0
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    tasks = (LONG - SHORT) * 2 * streams
    (wall_a, cpu_a), (wall_b, cpu_b) = found
    return (wall_b - wall_a) / tasks, (cpu_b - cpu_a) / tasks


def floor(repository: Schema, client: Schema, tasks: int = 100) -> tuple[float, float]:
    """(wall, CPU) seconds per task of the bare driver, one after the other."""
    with _connect(repository) as here, _connect(client) as there:
        journal, work = here.cursor(), there.cursor()
        journal.execute("CREATE TABLE bench_journal (n NUMBER PRIMARY KEY, state VARCHAR2(10))")
        wall, cpu = time.perf_counter(), time.process_time()
        for number in range(tasks):
            journal.execute("INSERT INTO bench_journal VALUES (:n, 'STARTED')", n=number)
            here.commit()
            work.execute("BEGIN ref_op.a(:handle); END;", handle="1")
            there.commit()
            journal.execute("UPDATE bench_journal SET state = 'DONE' WHERE n = :n", n=number)
            here.commit()
        taken = time.perf_counter() - wall, time.process_time() - cpu
        journal.execute("DROP TABLE bench_journal")
    return taken[0] / tasks, taken[1] / tasks


def _connect(schema: Schema) -> oracledb.Connection:
    return oracledb.connect(user=schema.user, password=schema.password, dsn=schema.dsn)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("streams", [1, STREAMS])
def test_durable_tasks(database: Database, tmp_path: Path, streams: int) -> None:
    objects = [[f"APP.T{number}" for number in range(streams)]]
    with fault_world(
        database,
        tmp_path,
        body=BODY,
        tasks=[{"name": "a", "procedure": "A"}],
        objects=objects,
        assignment={"concurrency": {"perInstance": streams}},
    ) as world:
        wall, cpu = measured(world, streams)
        least, least_cpu = floor(world.repository, world.schemas["east"])
    print(
        f"\ndurable atomic tasks, streams side by side: {streams}: {1 / wall:.0f}/s, "
        f"{wall * 1000:.1f} ms each, CPU in the runner {cpu * 1000:.2f} ms; bare driver with two "
        f"commits {least * 1000:.1f} ms, CPU {least_cpu * 1000:.2f} ms; "
        f"{wall / least:.2f} x floor, CPU {cpu / least_cpu:.1f} x"
    )
