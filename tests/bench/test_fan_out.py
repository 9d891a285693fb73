"""Many streams of sleeping tasks side by side, against threads that do the same with the bare driver.

Ideal is what one stream's tasks take. The floor has a thread per stream, which connects, calls every
task, and commits an intent and an outcome around it in the repository through one shared connection.
Several sandbox processes: one Python process answers one call at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import oracledb
import pytest

from dtm.reconcile.oracle_target import helper_versions
from tests.bench.test_runner import server_cpu_s
from tests.conftest import Database, Schema
from tests.contract.repository import world as applied
from tests.faults import reference
from tests.faults.world import FaultWorld
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.bench

PROCESSES = 4  # and one for the repository
TASKS = 5
SLEEP_S = 0.2
NAMES = ("a", "b", "c", "d", "s", "p", "m")
BODY = f"""CREATE OR REPLACE PACKAGE BODY ref_op AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
  BEGIN
    NULL;
  END iterator;
  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    NULL;
  END initial;
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    NULL;
  END final;
  {
    "".join(
        f"PROCEDURE {name}(p_handle IN VARCHAR2) IS BEGIN DBMS_SESSION.SLEEP({SLEEP_S}); END;"
        for name in NAMES
    )
}
  FUNCTION p_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN 'N';
  END p_done;
END ref_op;
/
"""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Database]]:
    """The repository's first, then those of the instances."""
    with ExitStack() as stack:
        made = []
        for _ in range(1 + PROCESSES):
            directory = tmp_path_factory.mktemp("sandbox")
            process = stack.enter_context(SandboxProcess(directory))
            made.append(Database(process.dsn(), "SYSTEM", process.password, process))
        yield made


def fan(stack: ExitStack, databases: list[Database], streams: int, state_dir: Path) -> FaultWorld:
    """A world with as many streams, spread over the processes, and the operation applied."""
    central, *homes = databases
    repository = stack.enter_context(central.schema("DTMREPO", applied.REPOSITORY_GRANTS))
    schemas = {
        f"i{number}": stack.enter_context(home.schema("DTMCLI", applied.CLIENT_GRANTS))
        for number, home in enumerate(homes)
    }
    each = streams // len(homes)
    world = FaultWorld(
        central,
        repository,
        schemas,
        helper=helper_versions(),
        state_dir=state_dir,
        body=BODY,
        tasks=[{"name": f"t{n}", "procedure": "A"} for n in range(TASKS)],
        operation={"lifecycle": dict.fromkeys(reference.LIFECYCLE)},
        objects=[[f"APP.T{number}" for number in range(each)]],
        assignment={"concurrency": {"perInstance": each, "instances": streams}},
    )
    assert world.apply().exit_code == 0
    world.tuning = replace(world.tuning, poll_s=1.0, tick_s=0.1, harvest_s=2.0)
    return world


def floor(world: FaultWorld, streams: int) -> float:
    """Seconds of threads with the bare driver."""
    lock = threading.Lock()
    places = list(world.schemas.values())
    with _connect(world.repository) as central:
        cursor = central.cursor()
        cursor.execute("CREATE TABLE bench_journal (stream NUMBER, task NUMBER, what VARCHAR2(9))")

        def note(stream: int, task: int, what: str) -> None:
            with lock:
                cursor.execute(
                    "INSERT INTO bench_journal VALUES (:1, :2, :3)", [stream, task, what]
                )
                central.commit()

        def one(stream: int) -> None:
            with _connect(places[stream % len(places)]) as session, session.cursor() as work:
                for task in range(TASKS):
                    note(stream, task, "begin")
                    work.execute("BEGIN ref_op.a(:handle); END;", handle="1")
                    session.commit()
                    note(stream, task, "end")

        started = time.perf_counter()
        with ThreadPoolExecutor(streams) as pool:
            list(pool.map(one, range(streams)))
        taken = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_journal")
    return taken


def _connect(schema: Schema) -> oracledb.Connection:
    return oracledb.connect(user=schema.user, password=schema.password, dsn=schema.dsn)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.timeout(300)
@pytest.mark.parametrize("streams", [40, 200])
def test_fan_out(databases: list[Database], tmp_path: Path, streams: int) -> None:
    with ExitStack() as stack:
        world = fan(stack, databases, streams, tmp_path)
        for _ in range(2):
            least = floor(world, streams)
            before, cpu, servers = (
                _resident_mb(),
                time.process_time(),
                sum(map(server_cpu_s, databases)),
            )
            started = time.perf_counter()
            report = world.run()
            taken = time.perf_counter() - started
            assert report.exit_code == 0
            assert len(report.streams) == streams
            cpu, servers = time.process_time() - cpu, sum(map(server_cpu_s, databases)) - servers
            print(
                f"\n{streams} streams x {TASKS} tasks of {SLEEP_S} s: {taken:.2f} s, ideal"
                f" {TASKS * SLEEP_S:.1f} s, floor {least:.2f} s: {taken / least:.2f} x; CPU"
                f" {cpu:.2f} s here, {servers:.2f} s in the servers; {os.cpu_count()} cores; memory"
                f" {_resident_mb():.0f} MB, {_resident_mb() - before:.0f} more than before"
            )
        world.end_sessions()
