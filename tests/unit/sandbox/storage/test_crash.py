"""kill -9 at random moments: every transaction is whole after reopening, over several tablespaces.

Database Concepts 19c, "Overview of Instance Recovery"; ACID properties in "Transactions".
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dtm.sandbox.sql.storage_create import open_instance
from tests.unit.sandbox.storage.conftest import Client, PlainTranslator, World

# Two sessions per process: one moves 1 from x (tablespace USERS) to y (ARCHIVE) and logs it, in one
# transaction with a log row committed autonomously in its middle; the other keeps a transaction
# open that must never be seen.
CHILD = """
import sys
from pathlib import Path
from dtm.sandbox.sql.storage_create import open_instance
from tests.unit.sandbox.storage.conftest import Client, PlainTranslator

instance = open_instance(Path(sys.argv[1]))
main, ghost = (Client(instance, "APP", PlainTranslator()) for _ in range(2))
done = main.rows("done", '"N"')
first = max((row[0] for row in done), default=0) + 1
for number in range(first, first + 100_000):
    main.update("x", '"N"="N"-1')
    ghost.insert("y", -number, 0)
    main.session.begin_autonomous()
    main.insert("attempts", number)
    main.commit()
    main.session.end_autonomous()
    main.update("y", '"N"="N"+1', "id=1")
    main.insert("done", number)
    main.commit()
    print(number, flush=True)
"""


def prepare(directory: Path) -> None:
    world = World(directory)
    app = world.add_user()
    world.dba.ddl(
        "CREATE TABLESPACE archive DATAFILE 'a.dbf' SIZE 100M",
        "ALTER USER app QUOTA UNLIMITED ON archive",
    )
    app.ddl(
        "CREATE TABLE x (id NUMBER PRIMARY KEY, n NUMBER)",
        "CREATE TABLE y (id NUMBER PRIMARY KEY, n NUMBER) TABLESPACE archive",
        "CREATE TABLE done (n NUMBER PRIMARY KEY) TABLESPACE archive",
        "CREATE TABLE attempts (n NUMBER)",
    )
    app.insert("x", 1, 0)
    app.insert("y", 1, 0)
    app.commit()
    world.instance.close()


def run_and_kill(directory: Path, delay: float) -> int:
    """Start the child, kill it `delay` seconds after its first commit; the last commit it told."""
    root = Path(__file__).parents[4]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory)],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        text=True,
    )
    assert child.stdout is not None
    with child, child.stdout as output:
        told = [int(output.readline())]
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in output.read().split() if line.strip()]
        child.wait(10)
    return told[-1]


def check(directory: Path, told: int) -> int:
    """Whole transactions only; nothing that was told is lost; no lock is left."""
    instance = open_instance(directory)
    try:
        client = Client(instance, "APP", PlainTranslator())
        done = client.rows("done", '"N"')
        count = len(done)
        assert client.rows("x") == [(1, -count)]
        assert client.rows("y") == [(1, count)]
        assert count in (told, told + 1)
        assert len({n for (n,) in client.rows("attempts")}) in (count, count + 1)
        assert client.lock_rows("x", "id=1", 0) == 1
        client.rollback()
        assert instance.database.run("PRAGMA integrity_check") == [("ok",)]
    finally:
        instance.close()
    return count


@pytest.mark.parametrize("seed", range(3))
def test_kill_at_random_moments(tmp_path: Path, seed: int) -> None:
    source = random.Random(seed)
    directory = tmp_path / "db"
    prepare(directory)
    for _ in range(3):
        told = run_and_kill(directory, source.uniform(0.0, 0.15))
        check(directory, told)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kill_many_times(tmp_path: Path) -> None:
    source = random.Random(99)
    directory = tmp_path / "db"
    prepare(directory)
    for _ in range(60):
        check(directory, run_and_kill(directory, source.uniform(0.0, 0.3)))


def test_unfinished_work_taken_to_disk_by_others_is_undone(world: World, app: Client) -> None:
    """The other session's COMMIT writes our changes to the files, with their undo."""
    app.ddl("CREATE TABLE t (id NUMBER PRIMARY KEY, v VARCHAR2(9))")
    for number in (1, 2, 3):
        app.insert("t", number, "old")
    app.commit()
    other = world.connect()
    app.update("t", "v='new'", "id=1")
    app.delete("t", "id=2")
    app.insert("t", 4, "new")
    other.update("t", "v='other'", "id=3")
    other.commit()
    app.session.savepoint("S")
    app.update("t", "v='newer'", "id=1")
    other.insert("t", 5, "other")
    other.commit()
    app.session.rollback_to("S")
    other.insert("t", 6, "lost")
    world.reopen()
    client = world.connect()
    expected = [(1, "old"), (2, "old"), (3, "other"), (5, "other")]
    assert client.rows("t") == expected
    world.reopen()
    assert world.connect().rows("t") == expected


def test_sequence_numbers_are_never_given_twice(world: World, app: Client) -> None:
    """CREATE SEQUENCE, "CACHE": cached numbers are lost in a failure."""
    app.ddl("CREATE SEQUENCE s CACHE 5")
    given = []
    for _ in range(3):
        sequence = world.instance.catalog.sequence("APP", "S")
        given += [world.instance.sequences.next_value(sequence) for _ in range(4)]
        world.dba.ddl("CREATE ROLE r" + str(len(given)))  # a physical commit
        world.reopen()
    assert given == sorted(set(given))
    assert len(given) == 12
