"""DBMS_STATS, DBMS_SCHEDULER and DBMS_METADATA on the real dictionary. PL/SQL Packages and Types
Reference 19c, chapters of these names; Database Reference 19c, "ALL_TABLES",
"ALL_TAB_PARTITIONS", "ALL_INDEXES", "ALL_SCHEDULER_JOBS"."""

from __future__ import annotations

import pytest

GATHER = "BEGIN DBMS_STATS.GATHER_TABLE_STATS({}); END;"


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


# ---------------------------------------------------------------- DBMS_SCHEDULER, DBMS_METADATA


def test_jobs_are_recorded_and_shown(session):
    """ "DBMS_SCHEDULER": ORA-27477, ORA-27475, ORA-27476; USER_SCHEDULER_JOBS."""
    session.run("""BEGIN DBMS_SCHEDULER.CREATE_JOB('j1', 'PLSQL_BLOCK', 'BEGIN NULL; END;',
        repeat_interval => 'FREQ=DAILY', enabled => TRUE, comments => 'c'); END;""")
    shown = "SELECT job_name, job_type, repeat_interval, enabled, state, run_count FROM user_scheduler_jobs"
    assert session.sql_run(shown) == [("J1", "PLSQL_BLOCK", "FREQ=DAILY", "TRUE", "SCHEDULED", 0)]
    again = "BEGIN DBMS_SCHEDULER.CREATE_JOB('U.J1', 'PLSQL_BLOCK', 'x'); END;"
    assert session.error(again).code == 27477
    session.run("BEGIN DBMS_SCHEDULER.DISABLE('j1'); DBMS_SCHEDULER.SET_ATTRIBUTE('j1',"
                " 'repeat_interval', 'FREQ=WEEKLY'); END;")  # fmt: skip
    assert session.sql_run(shown) == [("J1", "PLSQL_BLOCK", "FREQ=WEEKLY", "FALSE", "DISABLED", 0)]
    assert session.error("BEGIN DBMS_SCHEDULER.ENABLE('nope'); END;").code == 27476
    session.run("BEGIN DBMS_SCHEDULER.DROP_JOB('j1'); END;")
    assert session.sql_run(shown) == []
    error = session.error("BEGIN DBMS_SCHEDULER.DROP_JOB('j1'); END;")
    assert (error.code, error.message) == (27475, 'unknown job "U"."J1"')


def test_ddl_from_the_dictionary(session):
    session.create("CREATE OR REPLACE procedure  pp AS BEGIN NULL; END;")
    session.sql_run("CREATE SEQUENCE sq START WITH 3")
    session.sql_run("CREATE TABLE d (a NUMBER(5,2) DEFAULT 1 NOT NULL, b VARCHAR2(10 CHAR),"
                    " CONSTRAINT d_pk PRIMARY KEY (b), CHECK (a > 0))")  # fmt: skip

    def ddl(kind: str, name: str) -> str:
        text = session.value(f"DBMS_METADATA.GET_DDL('{kind}', '{name}')")
        return " ".join(text.split())

    assert (
        ddl("PROCEDURE", "PP")
        == 'CREATE OR REPLACE EDITIONABLE PROCEDURE "U"."PP" AS BEGIN NULL; END;'
    )
    assert ddl("SEQUENCE", "SQ").startswith('CREATE SEQUENCE "U"."SQ" MINVALUE 1 MAXVALUE 9999')
    text = ddl("TABLE", "D")
    assert text == (
        'CREATE TABLE "U"."D" ( "A" NUMBER(5,2) DEFAULT 1 NOT NULL ENABLE, "B" VARCHAR2(10 CHAR),'
        ' CONSTRAINT "D_PK" PRIMARY KEY ("B") ENABLE, CHECK (a > 0) ENABLE )'
    )
    session.sql_run("DROP TABLE d PURGE")
    session.sql_run(text)  # what it gives can be run
    session.sql_run("DROP TABLE d PURGE")
    session.sql_run("DROP SEQUENCE sq")
    error = session.error(
        "DECLARE c CLOB := DBMS_METADATA.GET_DDL('TABLE', 'd'); BEGIN NULL; END;"
    )
    assert (error.code, error.message) == (
        31603, 'object "d" of type TABLE not found in schema "U"'
    )  # fmt: skip
    error = session.error(
        "DECLARE c CLOB := DBMS_METADATA.GET_DDL('TABLE', 'P'); BEGIN NULL; END;"
    )
    assert "DTM-SBX-653" in error.text


def test_bulk_rowcount_has_the_subscripts_of_forall(session):
    """PL/SQL Language Reference 19c, "SQL%BULK_ROWCOUNT": sparse with INDICES OF, the values with
    VALUES OF, the range's own numbers otherwise; ERROR_INDEX counts statements."""
    assert session.lines("""DECLARE TYPE l IS TABLE OF NUMBER INDEX BY PLS_INTEGER; a l; b l; BEGIN
        a(3) := 30; a(7) := 70; a(8) := 70; b(1) := 7; b(2) := 3;
        FORALL i IN INDICES OF a BETWEEN 1 AND 7 INSERT INTO p VALUES (a(i));
        DBMS_OUTPUT.PUT_LINE(SQL%ROWCOUNT || SQL%BULK_ROWCOUNT(3) || SQL%BULK_ROWCOUNT(7));
        FORALL i IN VALUES OF b UPDATE p SET id = id WHERE id = a(i);
        DBMS_OUTPUT.PUT_LINE(SQL%BULK_ROWCOUNT(3) || SQL%BULK_ROWCOUNT(7));
        FORALL i IN 7 .. 8 DELETE FROM p WHERE id = a(i);
        DBMS_OUTPUT.PUT_LINE(SQL%BULK_ROWCOUNT(7) || SQL%BULK_ROWCOUNT(8)); ROLLBACK;
        BEGIN FORALL i IN INDICES OF a SAVE EXCEPTIONS INSERT INTO t VALUES (a(i));
        EXCEPTION WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE(SQL%BULK_EXCEPTIONS.COUNT
          || SQL%BULK_EXCEPTIONS(1).ERROR_INDEX || SQL%BULK_ROWCOUNT(8)); END;
        ROLLBACK; END;""") == ["211", "11", "10", "130"]


# ---------------------------------------------------------------- DBMS_SQL, DBMS_UTILITY


def test_arrays_of_dbms_sql(session):
    """ "DBMS_SQL", "Using Tables in Bulk": DEFINE_ARRAY appends, FETCH_ROWS gives how many."""
    assert session.lines("""DECLARE c INTEGER := DBMS_SQL.OPEN_CURSOR; n DBMS_SQL.NUMBER_TABLE;
        f DBMS_SQL.NUMBER_TABLE; r INTEGER; BEGIN
        n(1) := 201; n(2) := 202; n(5) := 203;
        DBMS_SQL.PARSE(c, 'INSERT INTO p VALUES (:x)', DBMS_SQL.NATIVE);
        DBMS_SQL.BIND_ARRAY(c, 'x', n); DBMS_OUTPUT.PUT_LINE(DBMS_SQL.EXECUTE(c));
        DBMS_SQL.PARSE(c, 'SELECT id FROM p WHERE id > 200 ORDER BY id', DBMS_SQL.NATIVE);
        DBMS_SQL.DEFINE_ARRAY(c, 1, f, 2, 1); r := DBMS_SQL.EXECUTE(c);
        LOOP r := DBMS_SQL.FETCH_ROWS(c); DBMS_SQL.COLUMN_VALUE(c, 1, f);
          DBMS_OUTPUT.PUT_LINE(r || ' ' || f.COUNT); EXIT WHEN r < 2; END LOOP;
        DBMS_OUTPUT.PUT_LINE(f(1) || f(3)); DBMS_SQL.CLOSE_CURSOR(c); ROLLBACK; END;""") == [
        "3", "2 2", "1 3", "201203"
    ]  # fmt: skip


def test_cursor_variables_become_cursor_numbers(session):
    assert session.lines("""DECLARE r SYS_REFCURSOR; c INTEGER; n INTEGER; d DBMS_SQL.DESC_TAB3;
        v NUMBER; BEGIN
        OPEN r FOR SELECT id AS the_id FROM t WHERE id < 3 ORDER BY id;
        c := DBMS_SQL.TO_CURSOR_NUMBER(r);
        DBMS_SQL.DESCRIBE_COLUMNS3(c, n, d); DBMS_OUTPUT.PUT_LINE(n || d(1).col_name);
        DBMS_SQL.DEFINE_COLUMN(c, 1, v);
        WHILE DBMS_SQL.FETCH_ROWS(c) > 0 LOOP DBMS_SQL.COLUMN_VALUE(c, 1, v);
          DBMS_OUTPUT.PUT_LINE(v); END LOOP; DBMS_SQL.CLOSE_CURSOR(c);
        BEGIN FETCH r INTO v; EXCEPTION WHEN INVALID_CURSOR THEN DBMS_OUTPUT.PUT_LINE('gone'); END;
        END;""") == ["1THE_ID", "1", "2", "gone"]


def test_names_are_resolved(session):
    session.create("CREATE OR REPLACE PACKAGE nr AS PROCEDURE p; END;")
    assert session.lines("""DECLARE s VARCHAR2(30); a VARCHAR2(30); b VARCHAR2(30); l VARCHAR2(30);
        t NUMBER; o NUMBER; n BINARY_INTEGER; BEGIN
        DBMS_UTILITY.NAME_RESOLVE('nr.p', 1, s, a, b, l, t, o);
        DBMS_OUTPUT.PUT_LINE(s || ' ' || a || ' ' || b || ' ' || t || CASE WHEN o > 0 THEN '!' END);
        DBMS_UTILITY.NAME_TOKENIZE('u."Ab".c@link', s, a, b, l, n);
        DBMS_OUTPUT.PUT_LINE(s || a || b || l || n);
        DBMS_UTILITY.NAME_RESOLVE('no_such', 1, s, a, b, l, t, o);
        EXCEPTION WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE(SQLERRM); END;""") == [
        "U NR P 9!", "UAbCLINK13", "ORA-06564: object no_such does not exist"
    ]  # fmt: skip
