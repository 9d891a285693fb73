"""From the restart of a killed runner to its first new task: the whole command, process included.

The floor is a process that connects to repository and instance, takes a lock on each and calls the
next task: what any resume must do at least.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.faults.world import FaultWorld, fault_world

pytestmark = pytest.mark.bench

REPEATS = 5
FINISHED = 20_000
MANY = FINISHED // 2  # iterations of two tasks
FLOOR = """
import os
import sys
import oracledb
repository, instance = sys.argv[1:3], sys.argv[3:5]
LOCK = '''DECLARE h VARCHAR2(128); BEGIN DBMS_LOCK.ALLOCATE_UNIQUE('FLOOR', h);
:r := DBMS_LOCK.REQUEST(h, 6, 0); END;'''
for user, dsn in (repository, instance):
    with oracledb.connect(user=user, dsn=dsn, password=os.environ[user]) as session:
        cursor = session.cursor()
        cursor.execute(LOCK, r=cursor.var(int))
        cursor.execute("BEGIN NULL; END;")
"""
# A run that has worked for long: its first tasks, moved behind thousands of finished ones.
REPOSITORY_HISTORY = """
BEGIN
  UPDATE dtm_run_attempts SET iteration = iteration + :many, seq = seq + 2 * :many;
  UPDATE dtm_run_streams SET iteration = iteration + :many, last_seq = last_seq + 2 * :many;
  INSERT INTO dtm_run_attempts (handle, seq, iteration, phase, task_name, attempt_no, marker_no,
    after_error, task_kind, fence, state, outcome_by, started_at, ended_at, elapsed_s)
  SELECT s.handle, 2 * n.n - k.k, n.n, DECODE(k.k, 1, 'ITERATOR', 'TASK'),
         DECODE(k.k, 1, 'iterator', 'a'), 1, 0, 'N', 'atomic', s.fence, 'DONE', 'ANSWER',
         SYS_EXTRACT_UTC(SYSTIMESTAMP), SYS_EXTRACT_UTC(SYSTIMESTAMP), 0.1
    FROM dtm_run_streams s
    CROSS JOIN (SELECT LEVEL n FROM dual CONNECT BY LEVEL <= :many) n
    CROSS JOIN (SELECT LEVEL - 1 k FROM dual CONNECT BY LEVEL <= 2) k;
  COMMIT;
END;"""
CLIENT_HISTORY = """
BEGIN
  UPDATE dtm_markers SET iteration = iteration + :many;
  UPDATE ref_state SET iteration = iteration + :many;
  INSERT INTO dtm_markers (handle, iteration, phase, task, start_no, state, attempt, started_at,
    done_at)
  SELECT s.handle, n.n, DECODE(k.k, 1, 'ITERATOR', 'TASK'), DECODE(k.k, 1, 'iterator', 'a'), 0,
         'DONE', TO_CHAR(2 * n.n - k.k), SYS_EXTRACT_UTC(SYSTIMESTAMP),
         SYS_EXTRACT_UTC(SYSTIMESTAMP)
    FROM dtm_streams s
    CROSS JOIN (SELECT LEVEL n FROM dual CONNECT BY LEVEL <= :many) n
    CROSS JOIN (SELECT LEVEL - 1 k FROM dual CONNECT BY LEVEL <= 2) k;
  INSERT INTO dtm_sql_log (log_key, handle, iteration, phase, task, start_no, attempt, statement_no,
    sid, audsid, status, sql_text, started_at, ended_at, harvested)
  SELECT 'BENCH' || n.n, s.handle, n.n, 'TASK', 'a', 0, TO_CHAR(2 * n.n), 1, 1, 1, 'DONE',
         'DELETE FROM sack', SYS_EXTRACT_UTC(SYSTIMESTAMP), SYS_EXTRACT_UTC(SYSTIMESTAMP), 'DONE'
    FROM dtm_streams s
    CROSS JOIN (SELECT LEVEL n FROM dual CONNECT BY LEVEL <= 2 * :many) n;
  COMMIT;
END;"""


@pytest.fixture
def killed(database: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    """A world whose runner has just been killed between two tasks."""
    one = [{"name": "a", "procedure": "A"}]
    with fault_world(database, tmp_path, tasks=one, iterations=MANY + 100) as made:
        (tmp_path / "dtm.yaml").write_text(
            f"repository:\n  user: {made.repository.user}\n  dsn: {made.repository.dsn}\n"
            "  password: {env: DTM_TEST_REPOSITORY}\n"
        )
        kill(made)
        yield made


def kill(world: FaultWorld) -> None:
    """Run until the third time between two tasks, and die there."""
    assert world.process(point="between tasks", count=3).wait() == -9


def restarted(world: FaultWorld) -> float:
    """Seconds from the start of `dtm run` to its first task; it is killed afterwards."""
    before = world.query("SELECT MAX(fence) FROM dtm_run_attempts")[0][0]
    command = [sys.executable, "-m", "dtm", "-C", str(world.state_dir), "run", "ref-op"]
    passwords = {"DTM_TEST_east": world.schemas["east"].password}
    passwords |= {"DTM_TEST_REPOSITORY": world.repository.password}
    began = datetime.now(UTC).replace(tzinfo=None)
    process = subprocess.Popen(
        [*command, "--env", "test"], env=os.environ | passwords, stdout=subprocess.DEVNULL
    )
    try:
        query = "SELECT MIN(started_at) FROM dtm_run_attempts WHERE fence > :fence"
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up and process.poll() is None:
            ((first,),) = world.query(query, fence=before)
            if first is not None:
                return float((first - began).total_seconds())
            time.sleep(0.2)
        raise AssertionError(process.poll())
    finally:
        process.kill()
        process.wait(10)


def floor(world: FaultWorld) -> float:
    """Seconds of a process that does nothing but connect, lock and call."""
    logins = [world.repository, world.schemas["east"]]
    arguments = [text for login in logins for text in (login.user, login.dsn)]
    passwords = {login.user: login.password for login in logins}
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", FLOOR, *arguments], env=os.environ | passwords, check=True
    )
    return time.perf_counter() - began


def measured(world: FaultWorld, what: str) -> None:
    times, least = [], []
    for _ in range(REPEATS):
        times.append(restarted(world))
        least.append(floor(world))
    median, bare = statistics.median(times), statistics.median(least)
    print(
        f"\n{what}: first new task {median:.2f} s (best {min(times):.2f}) after the restart of a"
        f" killed runner; floor {bare:.2f} s: {median / bare:.1f} x"
    )


@pytest.mark.timeout(300)
def test_restart(killed: FaultWorld) -> None:
    measured(killed, "short run")


@pytest.mark.timeout(300)
def test_restart_of_a_long_run(killed: FaultWorld) -> None:
    for schema, block in (
        (killed.repository, REPOSITORY_HISTORY),
        (killed.schemas["east"], CLIENT_HISTORY),
    ):
        session = schema.connect()
        session.execute(block, {"many": MANY})
        session.close()
    measured(killed, f"run of {FINISHED} finished tasks")
