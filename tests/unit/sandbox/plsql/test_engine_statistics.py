"""DBMS_STATS on the real dictionary. PL/SQL Packages and Types Reference 19c, "DBMS_STATS"; Database
Reference 19c, "ALL_TABLES", "ALL_TAB_PARTITIONS", "ALL_INDEXES"."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.plsql.real import Database

GATHER = "BEGIN DBMS_STATS.GATHER_TABLE_STATS({}); END;"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("instance") / "one")
    yield database
    database.close()


@pytest.fixture
def session(database):
    session = database.session()
    session.sql_run("CREATE TABLE t (id NUMBER PRIMARY KEY)")
    session.sql_run("INSERT INTO t SELECT LEVEL FROM dual CONNECT BY LEVEL <= 7")
    session.sql_run(
        "CREATE TABLE p (id NUMBER) PARTITION BY RANGE (id) (PARTITION lo VALUES LESS THAN (10),"
        " PARTITION hi VALUES LESS THAN (MAXVALUE))"
    )
    session.sql_run("INSERT INTO p SELECT LEVEL * 4 FROM dual CONNECT BY LEVEL <= 7")
    yield session
    for table in ("t", "p"):
        session.sql_run(f"DROP TABLE {table} PURGE")
    session.plsql.close()


def rows(session, table: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = session.sql_run(
        "SELECT num_rows, CASE WHEN last_analyzed > SYSDATE - 1 THEN 1 END FROM user_tables"
        " WHERE table_name = :1",
        table,
    )
    return found


def test_what_is_missing_is_ora_20000(session):
    error = session.error(GATHER.format("USER, 'no_such'"))
    assert error.code == 20000
    assert error.message == (
        'Unable to analyze TABLE "U"."NO_SUCH", insufficient privileges or does not exist'
    )
    assert session.error(GATHER.format("USER, '\"t\"'")).code == 20000
    error = session.error("BEGIN DBMS_STATS.GATHER_INDEX_STATS('u', 'no_index'); END;")
    assert error.message == (
        'Unable to analyze INDEX "U"."NO_INDEX", insufficient privileges or does not exist'
    )


def test_counts_and_dates_appear_and_go(session):
    assert rows(session, "T") == [(None, None)]
    session.run(GATHER.format("NULL, 't', cascade => TRUE"))
    assert rows(session, "T") == [(7, 1)]
    index = (
        "SELECT num_rows FROM user_indexes WHERE table_name = 'T' AND last_analyzed > SYSDATE - 1"
    )
    assert session.sql_run(index) == [(7,)]
    session.run("BEGIN DBMS_STATS.DELETE_TABLE_STATS(USER, 'T'); END;")
    assert rows(session, "T") == [(None, None)]
    assert session.sql_run(index) == []


def test_partitions(session):
    session.run(GATHER.format("USER, 'P', 'HI'"))
    shown = "SELECT partition_name, num_rows FROM user_tab_partitions WHERE table_name = 'P' ORDER BY 1"
    assert session.sql_run(shown) == [("HI", 5), ("LO", None)]
    assert rows(session, "P") == [(None, None)]
    session.run(GATHER.format("USER, 'P'"))
    assert session.sql_run(shown) == [("HI", 5), ("LO", 2)]
    assert rows(session, "P") == [(7, 1)]
    assert session.error(GATHER.format("USER, 'P', 'NONE'")).code == 20000


def test_locked_statistics(session):
    session.run("BEGIN DBMS_STATS.LOCK_TABLE_STATS(USER, 'T'); END;")
    error = session.error(GATHER.format("USER, 'T'"))
    assert (error.code, error.message) == (20005, "object statistics are locked (stattype = ALL)")
    session.run(GATHER.format("USER, 'T', force => TRUE"))
    session.run("BEGIN DBMS_STATS.UNLOCK_TABLE_STATS(USER, 'T'); END;")
    session.run(GATHER.format("USER, 'T'"))


def test_gathering_commits(session):
    """ "Most of the procedures commit the current transaction, perform the operation, commit"."""
    session.sql_run("INSERT INTO t VALUES (100)")
    session.run(GATHER.format("USER, 'T'"))
    session.engine.rollback()
    assert session.sql_run("SELECT COUNT(*) FROM t") == [(8,)]
