"""Durable tasks per second and CPU per task in the runner, against the bare driver.

The floor does the same work in the same order on two connections: intent and commit in the
repository, work and commit on the client, outcome and commit in the repository. It has no marker,
no locks, no SQL log and asks nobody whether it may go on. Runs are compared with shorter runs, so
that starting and ending do not count.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import oracledb
import pytest

from tests.conftest import Database, Schema
from tests.faults.world import FaultWorld, fault_world

pytestmark = pytest.mark.bench

SHORT = 5  # iterations
TASKS = 800  # more in the long run than in the short one: starting and ending vary by 0.2 s
ROUNDS = 3  # of the run and its floor by turns
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


@dataclass(frozen=True)
class Cost:
    """Seconds: wall clock, CPU of this process, CPU of the sandbox process (0: a real Oracle)."""

    wall: float
    cpu: float
    server: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu, self.server - other.server)

    def per(self, tasks: int) -> Cost:
        return Cost(self.wall / tasks, self.cpu / tasks, self.server / tasks)

    def text(self) -> str:
        wall, cpu, server = (1000 * value for value in (self.wall, self.cpu, self.server))
        return f"{wall:.1f} ms, CPU {cpu:.2f} ms here and {server:.2f} ms in the server"


def now(database: Database) -> Cost:
    return Cost(time.perf_counter(), time.process_time(), server_cpu_s(database))


def server_cpu_s(database: Database) -> float:
    """CPU seconds the sandbox process has used."""
    if database.sandbox is None:
        return 0.0
    stat = Path(f"/proc/{database.sandbox.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def measured(world: FaultWorld, streams: int) -> Cost:
    """Cost of one task; the iterator is a task, too."""
    found = []
    more = TASKS // (2 * streams)
    for iterations in (SHORT, SHORT + more):
        before = now(world.database)
        assert world.run(parameters={"ITERATIONS": str(iterations)}).exit_code == 0
        found.append(now(world.database) - before)
    return (found[1] - found[0]).per(more * 2 * streams)


def floor(world: FaultWorld, tasks: int = 100) -> Cost:
    """Cost of one task of the bare driver, one after the other."""
    with _connect(world.repository) as here, _connect(world.schemas["east"]) as there:
        journal, work = here.cursor(), there.cursor()
        journal.execute("CREATE TABLE bench_journal (n NUMBER PRIMARY KEY, state VARCHAR2(10))")
        before = now(world.database)
        for number in range(tasks):
            journal.execute("INSERT INTO bench_journal VALUES (:n, 'STARTED')", n=number)
            here.commit()
            work.execute("BEGIN ref_op.a(:handle); END;", handle="1")
            there.commit()
            journal.execute("UPDATE bench_journal SET state = 'DONE' WHERE n = :n", n=number)
            here.commit()
        taken = now(world.database) - before
        journal.execute("DROP TABLE bench_journal")
    return taken.per(tasks)


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
        assert world.run(parameters={"ITERATIONS": "1"}).exit_code == 0  # connects, compiles
        pairs = [(measured(world, streams), floor(world)) for _ in range(ROUNDS)]
    pairs.sort(key=lambda pair: pair[0].wall / pair[1].wall)
    for cost, least in pairs:
        print(
            f"\ndurable atomic tasks, streams side by side: {streams}: {1 / cost.wall:.0f}/s,"
            f" {cost.text()}; floor, bare driver with two commits: {least.text()};"
            f" {cost.wall / least.wall:.2f} x floor, all CPU"
            f" {(cost.cpu + cost.server) / (least.cpu + least.server):.1f} x"
        )
