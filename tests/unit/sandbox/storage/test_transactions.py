"""Transactions: Database Concepts 19c, "Transactions" and "Data Concurrency and Consistency"."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.storage.conftest import Client, World, finish, start

Fails = Callable[..., OraError]


@pytest.fixture
def table(app: Client) -> Client:
    app.ddl("CREATE TABLE t (id NUMBER PRIMARY KEY, v VARCHAR2(20))")
    return app


def test_uncommitted_rows_are_seen_by_their_own_session_only(world: World, table: Client) -> None:
    other = world.connect()
    table.insert("t", 1, "a")
    assert table.rows("t") == [(1, "a")]
    assert other.rows("t") == []
    table.commit()
    assert other.rows("t") == [(1, "a")]


def test_two_open_transactions_insert_into_one_table(world: World, table: Client) -> None:
    other = world.connect()
    table.insert("t", 1, "mine")
    other.insert("t", 2, "other")
    assert table.rows("t") == [(1, "mine")]
    assert other.rows("t") == [(2, "other")]
    other.commit()
    assert table.rows("t") == [(1, "mine"), (2, "other")]
    table.rollback()
    assert other.rows("t") == [(2, "other")]


def test_readers_see_the_old_image_of_changed_and_deleted_rows(
    world: World, table: Client
) -> None:
    for number in range(1, 5):
        table.insert("t", number, "old")
    table.commit()
    other = world.connect()
    table.update("t", "v='new'", "id=1")
    table.update("t", "v='newer'", "id=1")
    table.delete("t", "id=2")
    assert other.rows("t") == [(1, "old"), (2, "old"), (3, "old"), (4, "old")]
    assert table.rows("t") == [(1, "newer"), (3, "old"), (4, "old")]
    other.update("t", "v='other'", "id=4")
    assert table.rows("t") == [(1, "newer"), (3, "old"), (4, "old")]
    table.rollback()
    assert table.rows("t") == [(1, "old"), (2, "old"), (3, "old"), (4, "old")]
    other.commit()
    assert table.rows("t")[3] == (4, "other")


def test_a_failing_statement_undoes_itself_only(table: Client, fails: Fails) -> None:
    table.insert("t", 1, "a")
    fails(1, table.insert, "t", 1, "again")
    fails(1400, table.insert, "t", None, "null key")

    def two_steps(step: Any) -> None:
        target = table.table("t").target
        step.execute(f"INSERT INTO {target}(ID, V) VALUES(2, 'b')")
        step.execute(f"INSERT INTO {target}(ID, V) VALUES(1, 'dup')")

    fails(1, lambda: table.session.write(two_steps, targets=(table.table("t"),)))
    assert table.rows("t") == [(1, "a")]
    assert table.session.in_transaction()


def test_savepoints(table: Client, fails: Fails) -> None:
    session = table.session
    table.insert("t", 1, "a")
    session.savepoint("S1")
    table.insert("t", 2, "b")
    session.savepoint("S2")
    table.update("t", "v='changed'")
    session.rollback_to("S2")
    assert table.rows("t") == [(1, "a"), (2, "b")]
    session.rollback_to("S1")
    assert table.rows("t") == [(1, "a")]
    fails(1086, session.rollback_to, "S2")
    session.rollback_to("S1")
    session.savepoint("S1")
    table.delete("t")
    session.rollback_to("S1")
    assert table.rows("t") == [(1, "a")]
    table.commit()
    fails(1086, session.rollback_to, "S1")


def test_delete_and_insert_of_one_key_rolls_back(table: Client) -> None:
    table.insert("t", 1, "a")
    table.insert("t", 2, "b")
    table.commit()
    table.delete("t", "id=1")
    table.update("t", "id=1", "id=2")
    table.insert("t", 2, "c")
    table.rollback()
    assert table.rows("t") == [(1, "a"), (2, "b")]


def test_call_mark_is_undone_whether_or_not_a_transaction_was_open(table: Client) -> None:
    session = table.session
    mark = session.mark()
    table.insert("t", 1, "a")
    session.undo_to(mark)
    assert not session.in_transaction()
    table.insert("t", 1, "a")
    mark = session.mark()
    table.insert("t", 2, "b")
    session.undo_to(mark)
    assert table.rows("t") == [(1, "a")]
    # a COMMIT inside the call stays; only what came after it is undone
    mark = session.mark()
    table.insert("t", 3, "c")
    table.commit()
    table.insert("t", 4, "d")
    session.undo_to(mark)
    assert table.rows("t") == [(1, "a"), (3, "c")]


def test_transaction_id(table: Client) -> None:
    session = table.session
    assert session.transaction_id() is None
    assert table.update("t", "v='x'") == 0
    assert session.transaction_id() is None  # a statement that found no row began nothing
    table.insert("t", 1, "a")
    first = session.transaction_id()
    assert first is not None
    assert [part.isdigit() for part in first.split(".")] == [True] * 3
    table.insert("t", 2, "a")
    assert session.transaction_id() == first
    table.commit()
    table.insert("t", 3, "a")
    assert session.transaction_id() != first


def test_autonomous_transaction_writes_the_same_table(world: World, table: Client) -> None:
    """PL/SQL Language Reference, "Autonomous Transactions": independent, sees no changes of the
    main transaction, its commit is seen by all."""
    other = world.connect()
    session = table.session
    table.insert("t", 1, "main")
    session.begin_autonomous()
    assert not session.in_transaction()
    assert table.rows("t") == []
    table.insert("t", 2, "log")
    session.commit()
    session.end_autonomous()
    assert session.in_transaction()
    assert other.rows("t") == [(2, "log")]
    table.rollback()
    assert table.rows("t") == [(2, "log")]


def test_autonomous_transaction_left_open_is_rolled_back(table: Client, fails: Fails) -> None:
    session = table.session
    table.insert("t", 1, "main")
    session.begin_autonomous()
    table.insert("t", 2, "lost")
    fails(6519, session.end_autonomous)
    assert table.rows("t") == [(1, "main")]


def test_autonomous_transaction_deadlocks_with_its_parent(table: Client, fails: Fails) -> None:
    session = table.session
    table.insert("t", 1, "a")
    table.commit()
    table.update("t", "v='main'")
    session.begin_autonomous()
    fails(60, table.update, "t", "v='inner'")
    session.end_autonomous()
    assert table.rows("t") == [(1, "main")]


def test_closing_a_session_rolls_back_and_frees(world: World, table: Client) -> None:
    other = world.connect()
    table.insert("t", 1, "a")
    table.session.begin_autonomous()
    table.insert("t", 2, "b")
    table.session.close()
    assert other.rows("t") == []
    assert other.insert("t", 1, "free") == 1
    assert world.instance.transactions.active.keys() == {other.session.transaction.xid}


def test_parallel_writers_lose_nothing(world: World, table: Client) -> None:
    """Eight sessions increment one row and insert into one table, in small transactions."""
    table.ddl("CREATE TABLE c (id NUMBER PRIMARY KEY, n NUMBER)")
    table.insert("c", 1, 0)
    table.commit()

    def work(number: int) -> Callable[[], None]:
        client = world.connect()

        def body() -> None:
            for turn in range(10):
                client.insert("t", number * 100 + turn, "x")
                client.update("c", '"N"="N"+1', "id=1")
                client.commit() if turn % 2 == 0 else client.rollback()
            client.session.close()

        return body

    threads = [start(work(number)) for number in range(8)]
    for thread, outcome in threads:
        assert finish(thread, outcome) is None
    assert table.rows("c") == [(1, 40)]
    assert len(table.rows("t")) == 40


def test_cancel_in_the_middle_of_a_big_statement(table: Client, fails: Fails) -> None:
    """Only the statement is undone; the physical transaction with the others' work stays."""
    table.insert("t", -1, "before")
    target = table.table("t").target
    series = "WITH g(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM g WHERE i < 3000000) "

    def work(step: Any) -> None:
        step.execute(f"{series} INSERT INTO {target}(ID, V) SELECT i, 'x' FROM g")

    threading.Timer(0.15, lambda: setattr(table, "cancelled", OraError(1013))).start()
    fails(1013, lambda: table.session.write(work, targets=(table.table("t"),)))
    table.cancelled = None
    assert table.rows("t") == [(-1, "before")]
    threading.Timer(0.15, lambda: setattr(table, "cancelled", OraError(1013))).start()
    query = series.replace("3000000", "30000000") + "SELECT count(*) FROM g"
    fails(1013, lambda: table.session.read(lambda step: step.execute(query)))
    table.cancelled = None
    table.commit()
    assert table.rows("t") == [(-1, "before")]


def test_keys_are_checked_when_the_statement_is_over(table: Client, fails: Fails) -> None:
    """Concepts, "When the Database Checks Constraints for Validity": UPDATE t SET id = id + 1."""
    for number in (1, 2, 3, 10):
        table.insert("t", number, str(number))
    table.commit()
    assert table.update("t", '"ID"="ID"+1', "id<10") == 3
    assert table.rows("t", '"ID"') == [(10,), (2,), (3,), (4,)]
    fails(1, table.update, "t", '"ID"="ID"+7', "id=3")
    fails(1, table.update, "t", '"ID"=5')
    table.rollback()
    assert table.rows("t", '"ID"') == [(1,), (10,), (2,), (3,)]
    table.insert("t", 4, "x")
    fails(1, table.insert, "t", 4, "x")
