"""PL/SQL on the sandbox's own SQL engine. Chapters as named at each test."""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from tests.unit.sandbox.plsql.real import RealSession

NUMBER = OraType(Kind.NUMBER)


@pytest.fixture
def emp(database):
    """A session with table EMP (id, name, sal, hired) of three rows."""
    session = database.session()
    session.sql_run("CREATE TABLE emp (id NUMBER PRIMARY KEY, name VARCHAR2(10), sal NUMBER(8,2),"
                    " hired DATE)")  # fmt: skip
    session.run("""BEGIN FOR i IN 1 .. 3 LOOP
        INSERT INTO emp VALUES (i, 'n' || i, i * 10, DATE '2024-01-01' + i); END LOOP;
        COMMIT; END;""")
    yield session
    session.engine.rollback()
    session.sql_run("DROP TABLE emp PURGE")
    session.plsql.close()


def rows(session: RealSession, columns: str = "id, name, sal") -> list[tuple[object, ...]]:
    return session.sql_run(f"SELECT {columns} FROM emp ORDER BY id")


# ---------------------------------------------------------------- "PL/SQL Static SQL"


def test_select_into_and_rowtype(emp):
    assert emp.lines("""DECLARE r emp%ROWTYPE; d emp.hired%TYPE; BEGIN
        SELECT * INTO r FROM emp WHERE id = 2;
        SELECT hired INTO d FROM emp WHERE id = r.id;
        DBMS_OUTPUT.PUT_LINE(r.name || r.sal || TO_CHAR(d + 1, 'YYYY-MM-DD'));
        END;""") == ["n2202024-01-04"]


def test_column_names_win_over_variables(emp):
    """Appendix B, "Capture"."""
    emp.run("DECLARE name VARCHAR2(10) := 'n1'; BEGIN DELETE FROM emp WHERE name = name; END;")
    assert rows(emp) == []


def test_cursor_loops_with_parameters_and_attributes(emp):
    assert emp.lines("""DECLARE CURSOR c(m NUMBER) IS SELECT id, sal FROM emp WHERE id >= m; n NUMBER;
        BEGIN
          FOR r IN c(2) LOOP DBMS_OUTPUT.PUT_LINE(r.id || ':' || r.sal || ':' || c%ROWCOUNT); END LOOP;
          FOR r IN (SELECT COUNT(*) AS total FROM emp) LOOP DBMS_OUTPUT.PUT_LINE(r.total); END LOOP;
        END;""") == ["2:20:1", "3:30:2", "3"]


def test_a_cursor_sees_its_rows_as_of_open(emp):
    assert emp.lines("""DECLARE n NUMBER := 0; BEGIN
        FOR r IN (SELECT id FROM emp) LOOP
          INSERT INTO emp (id) VALUES (r.id + 100); n := n + 1;
        END LOOP; DBMS_OUTPUT.PUT_LINE(n); END;""") == ["3"]


def test_where_current_of(emp):
    emp.run("""DECLARE CURSOR c IS SELECT id, sal FROM emp FOR UPDATE OF sal; BEGIN
        FOR r IN c LOOP
          IF r.id = 2 THEN DELETE FROM emp WHERE CURRENT OF c;
          ELSE UPDATE emp SET sal = r.sal + 1 WHERE CURRENT OF c; END IF;
        END LOOP; END;""")
    assert rows(emp) == [(1, "n1", 11), (3, "n3", 31)]


def test_returning_and_record_dml(emp):
    assert emp.lines("""DECLARE TYPE t IS TABLE OF emp.id%TYPE; ids t; r emp%ROWTYPE; n NUMBER; BEGIN
        DELETE FROM emp WHERE id < 3 RETURNING id BULK COLLECT INTO ids;
        r.id := 50; r.name := 'new'; INSERT INTO emp VALUES r RETURNING id INTO n;
        r.sal := 5; UPDATE emp SET ROW = r WHERE id = 50;
        DBMS_OUTPUT.PUT_LINE(ids.COUNT || ' ' || n || ' ' || SQL%ROWCOUNT); END;""") == ["2 50 1"]
    assert rows(emp) == [(3, "n3", 30), (50, "new", 5)]


def test_forall_with_save_exceptions(emp):
    assert emp.lines("""DECLARE TYPE t IS TABLE OF emp%ROWTYPE; v t; BEGIN
        SELECT id + 2, name, sal, hired BULK COLLECT INTO v FROM emp ORDER BY id;
        FORALL i IN 1 .. v.COUNT SAVE EXCEPTIONS INSERT INTO emp VALUES v(i);
        EXCEPTION WHEN OTHERS THEN
          DBMS_OUTPUT.PUT_LINE(SQLCODE || ' ' || SQL%BULK_EXCEPTIONS.COUNT || ' '
            || SQL%BULK_EXCEPTIONS(1).ERROR_INDEX || ' ' || SQL%BULK_EXCEPTIONS(1).ERROR_CODE);
        END;""") == ["-24381 1 1 1"]
    assert [row[0] for row in rows(emp)] == [1, 2, 3, 4, 5]


def test_forall_over_record_fields(emp):
    emp.run("""DECLARE TYPE t IS TABLE OF emp%ROWTYPE INDEX BY PLS_INTEGER; v t; BEGIN
        SELECT * BULK COLLECT INTO v FROM emp ORDER BY id;
        FOR i IN 1 .. v.COUNT LOOP v(i).sal := 7; END LOOP;
        FORALL i IN INDICES OF v UPDATE emp SET sal = v(i).sal WHERE id = v(i).id; END;""")
    assert {row[2] for row in rows(emp)} == {7}


def test_merge_and_sequences(emp):
    emp.sql_run("CREATE SEQUENCE sq START WITH 10")
    emp.run("""DECLARE n NUMBER; BEGIN
        n := sq.NEXTVAL;
        MERGE INTO emp e USING (SELECT n AS id FROM dual) s ON (e.id = s.id)
          WHEN NOT MATCHED THEN INSERT (id, sal) VALUES (s.id, sq.CURRVAL);
        END;""")
    assert rows(emp)[-1] == (10, None, 10)
    emp.sql_run("DROP SEQUENCE sq")


# ---------------------------------------------------------------- transactions


def test_an_unhandled_exception_undoes_the_call_but_not_what_was_committed(emp):
    """Database Concepts 19c, "Transactions": statement-level rollback."""
    emp.error(
        "BEGIN DELETE FROM emp WHERE id = 1; COMMIT; DELETE FROM emp; RAISE PROGRAM_ERROR; END;"
    )
    assert [row[0] for row in rows(emp)] == [2, 3]


def test_savepoints(emp):
    emp.run("""BEGIN DELETE FROM emp WHERE id = 1; SAVEPOINT s; DELETE FROM emp;
        ROLLBACK TO s; COMMIT; END;""")
    assert [row[0] for row in rows(emp)] == [2, 3]


def test_autonomous_transactions(emp):
    """PL/SQL Language Reference 19c, "Autonomous Transactions"."""
    emp.create("""CREATE OR REPLACE PROCEDURE note(p NUMBER) AS
        PRAGMA AUTONOMOUS_TRANSACTION; n NUMBER;
        BEGIN SELECT COUNT(*) INTO n FROM emp; INSERT INTO emp (id, sal) VALUES (p, n); COMMIT; END;""")
    emp.run("BEGIN DELETE FROM emp WHERE id < 3; note(60); ROLLBACK; END;")
    assert rows(emp)[-1] == (60, None, 3)
    assert len(rows(emp)) == 4


def test_an_open_autonomous_transaction_is_an_error(emp):
    emp.create("""CREATE OR REPLACE PROCEDURE forget AS PRAGMA AUTONOMOUS_TRANSACTION;
        BEGIN INSERT INTO emp (id) VALUES (61); END;""")
    assert emp.error("BEGIN forget; END;").code == 6519
    assert len(rows(emp)) == 3


def test_transaction_ids(emp):
    assert emp.lines("""DECLARE a VARCHAR2(60); b VARCHAR2(60); BEGIN
        COMMIT;
        DBMS_OUTPUT.PUT_LINE(NVL(DBMS_TRANSACTION.LOCAL_TRANSACTION_ID, 'none'));
        UPDATE emp SET sal = 1; a := DBMS_TRANSACTION.LOCAL_TRANSACTION_ID;
        DELETE FROM emp; b := DBMS_TRANSACTION.LOCAL_TRANSACTION_ID;
        DBMS_OUTPUT.PUT_LINE(CASE WHEN a = b THEN 'same' END);
        ROLLBACK; UPDATE emp SET sal = 1;
        DBMS_OUTPUT.PUT_LINE(CASE WHEN a <> DBMS_TRANSACTION.LOCAL_TRANSACTION_ID THEN 'new' END);
        END;""") == ["none", "same", "new"]


# ---------------------------------------------------------------- "PL/SQL Dynamic SQL"


def test_execute_immediate(emp):
    assert emp.lines("""DECLARE n NUMBER; s VARCHAR2(10); BEGIN
        EXECUTE IMMEDIATE 'CREATE TABLE dyn (x NUMBER, y VARCHAR2(5))';
        EXECUTE IMMEDIATE 'INSERT INTO dyn VALUES (:1, :2)' USING 1, 'a';
        EXECUTE IMMEDIATE 'UPDATE dyn SET x = x + :d WHERE y = :y RETURNING x, y INTO :a, :b'
          USING 4, 'a' RETURNING INTO n, s;
        DBMS_OUTPUT.PUT_LINE(n || s || SQL%ROWCOUNT);
        EXECUTE IMMEDIATE 'SELECT COUNT(*) FROM dyn' INTO n;
        EXECUTE IMMEDIATE 'BEGIN :r := :r + 1; END;' USING IN OUT n;
        EXECUTE IMMEDIATE 'DROP TABLE dyn';
        DBMS_OUTPUT.PUT_LINE(n);
        BEGIN EXECUTE IMMEDIATE 'SELECT 1 FROM dyn' INTO n;
        EXCEPTION WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE(SQLERRM); END;
        END;""") == ["5a1", "2", "ORA-00942: table or view does not exist"]


def test_ref_cursors(emp):
    assert emp.lines("""DECLARE TYPE rc IS REF CURSOR; c rc; n NUMBER; BEGIN
        OPEN c FOR 'SELECT id FROM emp WHERE id > :x ORDER BY id' USING 1;
        LOOP FETCH c INTO n; EXIT WHEN c%NOTFOUND; DBMS_OUTPUT.PUT_LINE(n); END LOOP; CLOSE c;
        END;""") == ["2", "3"]


def test_values_keep_their_types_through_using(emp):
    emp.run("""DECLARE d DATE := DATE '2020-02-29'; BEGIN
        EXECUTE IMMEDIATE 'UPDATE emp SET hired = :d, sal = :s WHERE id = :i' USING d, 1.25, 1; END;""")
    assert (
        str(rows(emp, "hired, sal")[0])
        == "(datetime.datetime(2020, 2, 29, 0, 0), Decimal('1.25'))"
    )


# ---------------------------------------------------------------- functions in SQL, triggers


def test_functions_in_sql(emp):
    emp.create("""CREATE OR REPLACE FUNCTION twice(n NUMBER, f NUMBER DEFAULT 2) RETURN NUMBER IS
        BEGIN RETURN n * f; END;""")
    assert emp.sql_run(
        "SELECT twice(id), twice(id, 3) FROM emp WHERE twice(id) > 2 ORDER BY 1"
    ) == [
        (4, 6),
        (6, 9),
    ]
    assert emp.lines("""DECLARE n NUMBER; BEGIN SELECT twice(SUM(id)) INTO n FROM emp;
        DBMS_OUTPUT.PUT_LINE(n); END;""") == ["12"]


def test_commit_in_a_function_called_from_sql(emp):
    emp.create("CREATE OR REPLACE FUNCTION bad RETURN NUMBER IS BEGIN COMMIT; RETURN 1; END;")
    with pytest.raises(OraError) as caught:
        emp.sql_run("SELECT bad FROM dual")
    assert caught.value.code == 14552
    assert caught.value.text.splitlines()[1] == 'ORA-06512: at "U.BAD", line 1'


def test_private_package_functions_in_static_sql(emp):
    emp.create(
        "CREATE OR REPLACE PACKAGE pf AS c CONSTANT NUMBER := 2; FUNCTION go RETURN NUMBER; END;"
    )
    emp.create("""CREATE OR REPLACE PACKAGE BODY pf AS
        v NUMBER := 1;
        FUNCTION go RETURN NUMBER IS n NUMBER; BEGIN
          SELECT COUNT(*) INTO n FROM emp WHERE id >= pf.c AND id > v; RETURN n; END;
        END;""")
    assert emp.value("pf.go") == "2"


# ---------------------------------------------------------------- dependencies and rights


def test_a_changed_table_invalidates_and_recompiles(emp):
    """Database Development Guide 19c, "Schema Object Dependency"."""
    emp.create("""CREATE OR REPLACE PROCEDURE dep AS r emp%ROWTYPE; BEGIN
        SELECT * INTO r FROM emp WHERE id = 1; DBMS_OUTPUT.PUT_LINE(r.sal); END;""")
    emp.run("BEGIN dep; END;")
    emp.sql_run("ALTER TABLE emp ADD extra NUMBER")
    assert emp.sql_run("SELECT status FROM user_objects WHERE object_name = 'DEP'") == [
        ("INVALID",)
    ]
    assert emp.lines("BEGIN dep; END;")[-1] == "10"
    assert emp.sql_run("SELECT status FROM user_objects WHERE object_name = 'DEP'") == [("VALID",)]


def test_user_errors(emp):
    assert emp.create("CREATE OR REPLACE PROCEDURE e1 AS\nBEGIN\n  DELETE FROM nope;\nEND;") == [
        (3, 15, "PL/SQL: ORA-00942: table or view does not exist"),
        (3, 3, "PL/SQL: SQL Statement ignored"),
    ]


def test_definer_rights_give_access_to_the_owners_tables(emp, database):
    emp.create("CREATE OR REPLACE PROCEDURE raise_all AS BEGIN UPDATE emp SET sal = 1; END;")
    emp.sql_run("GRANT EXECUTE ON raise_all TO other")
    other = database.session("OTHER")
    assert other.error("BEGIN UPDATE u.emp SET sal = 2; END;").code == 6550
    other.run("BEGIN u.raise_all; COMMIT; END;")
    assert {row[2] for row in rows(emp)} == {1}
    assert "PLS-00201" in other.error("BEGIN u.e1; END;").text


def test_dbms_lock_is_not_public(database):
    other = database.session("OTHER")
    error = other.error("BEGIN DBMS_LOCK.SLEEP(0); END;")
    assert "PLS-00201: identifier 'DBMS_LOCK.SLEEP' must be declared" in error.text


# ---------------------------------------------------------------- DBMS_SQL


def test_dbms_sql_queries(emp):
    assert emp.lines("""DECLARE c INTEGER := DBMS_SQL.OPEN_CURSOR; n NUMBER; s VARCHAR2(9);
          k INTEGER; t DBMS_SQL.DESC_TAB;
        BEGIN
          DBMS_SQL.PARSE(c, 'SELECT id, name FROM emp WHERE id >= :x ORDER BY id', DBMS_SQL.NATIVE);
          DBMS_SQL.BIND_VARIABLE(c, ':x', 2);
          DBMS_SQL.DEFINE_COLUMN(c, 1, n); DBMS_SQL.DEFINE_COLUMN(c, 2, s, 1);
          DBMS_SQL.DESCRIBE_COLUMNS(c, k, t);
          DBMS_OUTPUT.PUT_LINE(k || t(2).col_name || t(2).col_type || DBMS_SQL.EXECUTE(c));
          WHILE DBMS_SQL.FETCH_ROWS(c) > 0 LOOP
            DBMS_SQL.COLUMN_VALUE(c, 1, n); DBMS_SQL.COLUMN_VALUE(c, 2, s);
            DBMS_OUTPUT.PUT_LINE(n || s);
          END LOOP;
          DBMS_SQL.CLOSE_CURSOR(c);
          DBMS_OUTPUT.PUT_LINE(CASE WHEN c IS NULL THEN 'closed' END);
        END;""") == ["2NAME10", "2n", "3n", "closed"]


def test_dbms_sql_dml_and_blocks(emp):
    assert emp.lines("""DECLARE c INTEGER; n NUMBER; BEGIN
        c := DBMS_SQL.OPEN_CURSOR;
        DBMS_SQL.PARSE(c, 'UPDATE emp SET sal = :s WHERE id = :i RETURNING sal INTO :r', 1);
        DBMS_SQL.BIND_VARIABLE(c, 's', 4); DBMS_SQL.BIND_VARIABLE(c, 'i', 1);
        DBMS_SQL.BIND_VARIABLE(c, 'r', n);
        DBMS_OUTPUT.PUT_LINE(DBMS_SQL.EXECUTE(c)); DBMS_SQL.VARIABLE_VALUE(c, 'r', n);
        DBMS_OUTPUT.PUT_LINE(n);
        DBMS_SQL.PARSE(c, 'BEGIN :a := :a * 2; END;', 1); DBMS_SQL.BIND_VARIABLE(c, 'a', 21);
        n := DBMS_SQL.EXECUTE(c); DBMS_SQL.VARIABLE_VALUE(c, 'a', n); DBMS_OUTPUT.PUT_LINE(n);
        END;""") == ["1", "4", "42"]


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ("n := DBMS_SQL.FETCH_ROWS(c);", 1002),
        ("n := DBMS_SQL.FETCH_ROWS(99999);", 29471),
        ("DBMS_SQL.PARSE(c, 'SELECT 1 FROM nope', 1);", 942),
        ("DBMS_SQL.PARSE(c, 'SELECT 1 FROM dual', 1); DBMS_SQL.DEFINE_COLUMN(c, 2, n);", 1007),
        ("DBMS_SQL.PARSE(c, 'DELETE FROM emp WHERE id = :x', 1); n := DBMS_SQL.EXECUTE(c);", 1008),
    ],
)
def test_dbms_sql_errors(emp, statements, code):
    text = f"DECLARE c INTEGER := DBMS_SQL.OPEN_CURSOR; n NUMBER; BEGIN {statements} END;"
    assert emp.error(text).code == code


def test_implicit_results(emp):
    emp.create("""CREATE OR REPLACE PROCEDURE res AS c SYS_REFCURSOR; BEGIN
        OPEN c FOR SELECT id FROM emp ORDER BY id; DBMS_SQL.RETURN_RESULT(c); END;""")
    (cursor,) = emp.plsql.execute_block("BEGIN res; END;", []).implicit
    assert cursor.fetch(10) == [(1,), (2,), (3,)]


def test_triggers_fire(emp):
    emp.create("""CREATE OR REPLACE TRIGGER emp_bi BEFORE INSERT OR UPDATE ON emp FOR EACH ROW BEGIN
        IF INSERTING THEN :NEW.name := UPPER(:NEW.name); END IF;
        IF :NEW.sal < 0 THEN RAISE_APPLICATION_ERROR(-20010, 'negative'); END IF; END;""")
    emp.run("BEGIN INSERT INTO emp (id, name) VALUES (9, 'abc'); END;")
    assert rows(emp)[-1] == (9, "ABC", None)
    error = emp.error("BEGIN UPDATE emp SET sal = -1 WHERE id = 9; END;")
    assert error.text.splitlines() == [
        "ORA-20010: negative",
        'ORA-06512: at "U.EMP_BI", line 3',
        "ORA-04088: error during execution of trigger 'U.EMP_BI'",
        "ORA-06512: at line 1",
    ]


def test_schema_collection_types(emp):
    emp.sql_run("CREATE OR REPLACE TYPE num_list AS TABLE OF NUMBER")
    emp.create("CREATE OR REPLACE FUNCTION total(l num_list) RETURN NUMBER IS n NUMBER := 0; BEGIN"
               " FOR i IN 1 .. l.COUNT LOOP n := n + l(i); END LOOP; RETURN n; END;")  # fmt: skip
    assert emp.value("total(num_list(1, 2, 3))") == "6"


def test_placeholders_in_static_sql_are_compiled_once_for_each_type(emp, monkeypatch):
    compiled = []
    inner = type(emp.engine)._compile

    def counting(self, text, *rest, **named):
        compiled.append(text)
        return inner(self, text, *rest, **named)

    monkeypatch.setattr(type(emp.engine), "_compile", counting)
    block = "BEGIN UPDATE emp SET sal = :sal, name = :name WHERE id = 1; END;"
    for sal in range(5):
        emp.run(block, SAL=sal, NAME="x")
        assert rows(emp, "sal, name")[0] == (sal, "x")
    assert sum("UPDATE" in text for text in compiled) <= 2
    emp.run(block, SAL=7, NAME=None)
    assert rows(emp, "sal, name")[0] == (7, None)
    emp.sql_run("ALTER TABLE emp RENAME COLUMN name TO title")
    assert "ORA-00904" in str(emp.error(block, SAL=8, NAME="y"))
