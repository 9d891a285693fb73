"""Row locks, key locks, table locks, waits, deadlocks: Database Concepts 19c, "Data Concurrency and
Consistency"; SQL Language Reference 19c, SELECT "for_update_clause", LOCK TABLE."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.storage.conftest import Client, World, finish, start

Fails = Callable[..., OraError]


@pytest.fixture
def table(app: Client) -> Client:
    app.ddl("CREATE TABLE t (id NUMBER PRIMARY KEY, v VARCHAR2(20))")
    return app


def test_row_lock_wait_and_restart(world: World, table: Client) -> None:
    """The waiting UPDATE starts anew when the lock is free: it adds to the new value."""
    table.ddl("CREATE TABLE c (id NUMBER PRIMARY KEY, n NUMBER)")
    table.insert("c", 1, 10)
    table.commit()
    other = world.connect()
    table.update("c", '"N"="N"+1', "id=1")
    thread, outcome = start(lambda: other.update("c", '"N"="N"+100', "id=1"))
    time.sleep(0.15)
    assert thread.is_alive()
    table.commit()
    assert finish(thread, outcome) == 1
    other.commit()
    assert table.rows("c") == [(1, 111)]


def test_wait_ends_when_the_holder_rolls_back_to_a_savepoint(world: World, table: Client) -> None:
    table.insert("t", 1, "a")
    table.commit()
    other = world.connect()
    table.session.savepoint("S")
    table.insert("t", 9, "keeps the transaction open")
    table.session.savepoint("S")
    table.update("t", "v='x'", "id=1")
    thread, outcome = start(lambda: other.update("t", "v='y'", "id=1"))
    time.sleep(0.1)
    assert thread.is_alive()
    table.session.rollback_to("S")
    assert finish(thread, outcome) == 1


def test_nowait_and_wait_n(world: World, table: Client, fails: Fails) -> None:
    """SELECT ... FOR UPDATE NOWAIT: ORA-00054; WAIT n: ORA-30006 (SQL Reference, SELECT)."""
    table.insert("t", 1, "a")
    table.insert("t", 2, "b")
    table.commit()
    other = world.connect()
    assert table.lock_rows("t", "id=1") == 1
    assert table.session.in_transaction()
    fails(54, other.lock_rows, "t", "id=1", 0)
    assert not other.session.in_transaction()
    before = time.monotonic()
    fails(30006, other.lock_rows, "t", "id=1", 0.2)
    assert 0.15 < time.monotonic() - before < 2
    assert other.lock_rows("t", "id=2", 0) == 1
    assert other.rows("t") == [(1, "a"), (2, "b")]  # readers never wait
    table.commit()
    assert other.lock_rows("t", "id=1", 0) == 1


def test_insert_of_a_key_waits_for_the_other_transaction(world: World, table: Client) -> None:
    """Concepts, "Locks and Unique Keys": ORA-00001 if it commits, success if it rolls back."""
    other, third = world.connect(), world.connect()
    table.insert("t", 1, "a")
    thread, outcome = start(lambda: other.insert("t", 1, "b"))
    time.sleep(0.1)
    assert thread.is_alive()
    table.commit()
    error = finish(thread, outcome)
    assert isinstance(error, OraError)
    assert error.code == 1
    table.insert("t", 2, "a")
    thread, outcome = start(lambda: third.insert("t", 2, "c"))
    time.sleep(0.1)
    table.rollback()
    assert finish(thread, outcome) == 1


def test_insert_of_a_key_being_deleted_waits(world: World, table: Client) -> None:
    table.insert("t", 1, "a")
    table.commit()
    other = world.connect()
    table.delete("t", "id=1")
    thread, outcome = start(lambda: other.insert("t", 1, "b"))
    time.sleep(0.1)
    assert thread.is_alive()
    table.rollback()
    error = finish(thread, outcome)
    assert error.code == 1
    assert other.rows("t") == [(1, "a")]


def test_rows_invisible_to_a_delete_are_not_waited_for(world: World, table: Client) -> None:
    other = world.connect()
    table.insert("t", 1, "a")
    table.commit()
    table.insert("t", 2, "not yet there")
    assert other.delete("t", "id >= 1") == 1
    other.commit()
    table.commit()
    assert table.rows("t") == [(2, "not yet there")]


def test_deadlock(world: World, table: Client) -> None:
    """One of the two gets ORA-00060, its statement is undone, its transaction goes on."""
    table.insert("t", 1, "a")
    table.insert("t", 2, "b")
    table.commit()
    other = world.connect()
    table.update("t", "v='x'", "id=1")
    other.update("t", "v='y'", "id=2")
    thread, outcome = start(lambda: table.update("t", "v='x'", "id=2"))
    time.sleep(0.1)
    with pytest.raises(OraError, match="ORA-00060"):
        other.update("t", "v='y'", "id=1")
    assert other.session.in_transaction()
    other.rollback()
    assert finish(thread, outcome) == 1
    table.commit()
    assert table.rows("t") == [(1, "x"), (2, "x")]


def test_cancel_while_waiting(world: World, table: Client) -> None:
    table.insert("t", 1, "a")
    table.commit()
    other = world.connect()
    table.update("t", "v='x'")
    thread, outcome = start(lambda: other.update("t", "v='y'"))
    time.sleep(0.05)
    other.cancelled = OraError(1013)
    assert finish(thread, outcome).code == 1013
    other.cancelled = None
    table.commit()
    assert other.update("t", "v='y'") == 1


def test_lock_table(world: World, table: Client, fails: Fails) -> None:
    """SQL Language Reference, LOCK TABLE."""
    other = world.connect()
    found = table.table("t")
    table.session.lock_table(found, 6)
    fails(54, other.session.lock_table, found, 3, 0)
    thread, outcome = start(lambda: other.insert("t", 1, "a"))
    time.sleep(0.1)
    assert thread.is_alive()
    assert other.rows("t") == []
    table.commit()
    assert finish(thread, outcome) == 1
    fails(54, table.session.lock_table, found, 6, 0)
    table.session.lock_table(found, 3, 0)
    other.commit()
    table.rollback()


def test_ddl_on_a_table_in_use(world: World, table: Client, fails: Fails) -> None:
    """ORA-00054 at once, or after DDL_LOCK_TIMEOUT seconds (Database Reference)."""
    other = world.connect()
    other.insert("t", 1, "a")
    fails(54, table.ddl, "ALTER TABLE t ADD (c NUMBER)")
    fails(54, table.ddl, "DROP TABLE t")
    fails(54, table.ddl, "TRUNCATE TABLE t")
    table.ddl("ALTER SESSION SET ddl_lock_timeout = 5")
    thread, outcome = start(lambda: table.ddl("TRUNCATE TABLE t"))
    time.sleep(0.1)
    assert thread.is_alive()
    other.commit()
    assert finish(thread, outcome).kind == "TRUNCATE TABLE"
    assert other.rows("t") == []


def test_ddl_commits_first(world: World, table: Client, fails: Fails) -> None:
    """SQL Language Reference, COMMIT: DDL commits before and after, even when it fails."""
    table.insert("t", 1, "a")
    fails(955, table.ddl, "CREATE TABLE t (id NUMBER)")
    assert not table.session.in_transaction()
    table.rollback()
    assert world.connect().rows("t") == [(1, "a")]
