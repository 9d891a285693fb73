"""SQL in PL/SQL. PL/SQL Language Reference 19c, "PL/SQL Static SQL", "PL/SQL Dynamic SQL"."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.plsql.doubles import Session


@pytest.fixture
def emp(session):
    session.sql.table("EMP", ID="NUMBER", NAME="VARCHAR2", SAL="NUMBER")
    for row in [(1, "a", 10), (2, "b", 20), (3, "c", 30)]:
        session.sql.connection.execute("INSERT INTO EMP VALUES (?, ?, ?)", row)
    return session


def rows(emp: Session) -> list[tuple[object, ...]]:
    return emp.sql.connection.execute("SELECT id, name, sal FROM emp ORDER BY id").fetchall()


def test_select_into(emp):
    assert emp.lines("""DECLARE n emp.name%TYPE; r emp%ROWTYPE; k NUMBER := 2; BEGIN
        SELECT name INTO n FROM emp WHERE id = k;
        SELECT * INTO r FROM emp WHERE id = 3;
        DBMS_OUTPUT.PUT_LINE(n || r.name || r.sal || SQL%ROWCOUNT);
        BEGIN SELECT name INTO n FROM emp WHERE id = 99;
        EXCEPTION WHEN NO_DATA_FOUND THEN DBMS_OUTPUT.PUT_LINE(n || SQL%ROWCOUNT); END;
        BEGIN SELECT name INTO n FROM emp;
        EXCEPTION WHEN TOO_MANY_ROWS THEN DBMS_OUTPUT.PUT_LINE(n); END;
        END;""") == ["bc301", "b0", "b"]


def test_dml_and_its_attributes(emp):
    assert emp.lines("""DECLARE d NUMBER := 5; BEGIN
        UPDATE emp SET sal = sal + d WHERE id < 3;
        DBMS_OUTPUT.PUT_LINE(SQL%ROWCOUNT || CASE WHEN SQL%FOUND THEN 'f' END);
        DELETE FROM emp WHERE id = 77;
        DBMS_OUTPUT.PUT_LINE(SQL%ROWCOUNT || CASE WHEN SQL%NOTFOUND THEN 'n' END);
        END;""") == ["2f", "0n"]
    assert rows(emp)[0] == (1, "a", 15)


def test_returning_into(emp):
    assert emp.lines("""DECLARE n VARCHAR2(10); TYPE t IS TABLE OF NUMBER; s t; BEGIN
        UPDATE emp SET sal = 99 WHERE id = 1 RETURNING name INTO n;
        UPDATE emp SET sal = sal * 2 RETURNING sal BULK COLLECT INTO s;
        DBMS_OUTPUT.PUT_LINE(n || s.COUNT || s(1));
        END;""") == ["a3198"]


def test_record_forms(emp):
    emp.run("""DECLARE r emp%ROWTYPE; BEGIN
        r.id := 9; r.name := 'z'; INSERT INTO emp VALUES r;
        r.sal := 1; UPDATE emp SET ROW = r WHERE id = 9; END;""")
    assert rows(emp)[-1] == (9, "z", 1)


def test_explicit_cursor(emp):
    assert emp.lines("""DECLARE
        CURSOR c(m NUMBER, x VARCHAR2 DEFAULT 'q') IS SELECT id, name FROM emp WHERE id >= m;
        r c%ROWTYPE;
        BEGIN
          DBMS_OUTPUT.PUT_LINE(CASE WHEN c%ISOPEN THEN 'open' ELSE 'closed' END);
          OPEN c(2);
          DBMS_OUTPUT.PUT_LINE(CASE WHEN c%FOUND IS NULL THEN 'null' END || c%ROWCOUNT);
          LOOP FETCH c INTO r; EXIT WHEN c%NOTFOUND; DBMS_OUTPUT.PUT_LINE(r.name || c%ROWCOUNT);
          END LOOP;
          CLOSE c;
          FOR q IN c(3) LOOP DBMS_OUTPUT.PUT_LINE(q.id); END LOOP;
          FOR q IN (SELECT name FROM emp WHERE id < 3) LOOP DBMS_OUTPUT.PUT_LINE(q.name); END LOOP;
        END;""") == ["closed", "null0", "b1", "c2", "3", "a", "b"]


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ("FETCH c INTO n;", 1001),
        ("CLOSE c;", 1001),
        ("OPEN c; OPEN c;", 6511),
        ("n := c%ROWCOUNT;", 1001),
        ("FETCH rc INTO n;", 1001),
    ],
)
def test_cursor_errors(emp, statements, code):
    text = f"""DECLARE CURSOR c IS SELECT id FROM emp; n NUMBER; rc SYS_REFCURSOR;
        BEGIN {statements} END;"""
    assert emp.error(text).code == code


def test_cursor_variables(emp):
    assert emp.lines("""DECLARE rc SYS_REFCURSOR; n NUMBER; s VARCHAR2(9);
        PROCEDURE o(c OUT SYS_REFCURSOR) IS BEGIN OPEN c FOR SELECT id FROM emp; END;
        BEGIN
          o(rc); FETCH rc INTO n; DBMS_OUTPUT.PUT_LINE(n); CLOSE rc;
          OPEN rc FOR 'SELECT name FROM emp WHERE id = :1' USING 2;
          FETCH rc INTO s; DBMS_OUTPUT.PUT_LINE(s);
        END;""") == ["1", "b"]


def test_bulk_collect_with_limit(emp):
    assert emp.lines("""DECLARE TYPE t IS TABLE OF emp%ROWTYPE; v t; CURSOR c IS SELECT * FROM emp;
        BEGIN OPEN c;
        LOOP FETCH c BULK COLLECT INTO v LIMIT 2; EXIT WHEN v.COUNT = 0;
          DBMS_OUTPUT.PUT_LINE(v.COUNT || v(1).name || CASE WHEN c%NOTFOUND THEN '!' END);
        END LOOP; END;""") == ["2a", "1c!"]


def test_where_current_of(emp):
    emp.run("""DECLARE CURSOR c IS SELECT id FROM emp FOR UPDATE; BEGIN
        FOR r IN c LOOP UPDATE emp SET sal = r.id WHERE CURRENT OF c; END LOOP; END;""")
    assert [sal for _, _, sal in rows(emp)] == [1, 2, 3]


def test_forall(emp):
    assert emp.lines("""DECLARE TYPE t IS TABLE OF NUMBER; ids t := t(1, 3, 8); BEGIN
        FORALL i IN 1 .. ids.COUNT DELETE FROM emp WHERE id = ids(i);
        DBMS_OUTPUT.PUT_LINE(SQL%ROWCOUNT || SQL%BULK_ROWCOUNT(1) || SQL%BULK_ROWCOUNT(3));
        END;""") == ["210"]


def test_forall_save_exceptions(emp):
    emp.sql.connection.execute("CREATE UNIQUE INDEX u ON emp(id)")
    assert emp.lines("""DECLARE TYPE t IS TABLE OF NUMBER; ids t := t(7, 1, 8, 2);
        bulk_errors EXCEPTION; PRAGMA EXCEPTION_INIT(bulk_errors, -24381);
        BEGIN
          FORALL i IN 1 .. 4 SAVE EXCEPTIONS INSERT INTO emp (id) VALUES (ids(i));
        EXCEPTION WHEN bulk_errors THEN
          FOR i IN 1 .. SQL%BULK_EXCEPTIONS.COUNT LOOP
            DBMS_OUTPUT.PUT_LINE(SQL%BULK_EXCEPTIONS(i).ERROR_INDEX || ' '
              || SQL%BULK_EXCEPTIONS(i).ERROR_CODE);
          END LOOP;
        END;""") == ["2 1", "4 1"]
    assert len(rows(emp)) == 5


def test_dml_before_a_caught_exception_stays(emp):
    emp.run(
        """BEGIN DELETE FROM emp; RAISE PROGRAM_ERROR; EXCEPTION WHEN OTHERS THEN NULL; END;"""
    )
    assert rows(emp) == []


def test_an_unhandled_exception_undoes_the_call(emp):
    emp.error("BEGIN DELETE FROM emp; RAISE PROGRAM_ERROR; END;")
    assert len(rows(emp)) == 3


# ---------------------------------------------------------------- dynamic SQL


def test_execute_immediate(emp):
    assert emp.lines("""DECLARE n NUMBER; s VARCHAR2(10); TYPE t IS TABLE OF VARCHAR2(5); v t; BEGIN
        EXECUTE IMMEDIATE 'SELECT sal, name FROM emp WHERE id = :x' INTO n, s USING 2;
        EXECUTE IMMEDIATE 'SELECT name FROM emp' BULK COLLECT INTO v;
        EXECUTE IMMEDIATE 'UPDATE emp SET sal = :a WHERE id = :b RETURNING sal INTO :c'
          USING 5, 1 RETURNING INTO n;
        DBMS_OUTPUT.PUT_LINE(s || v.COUNT || n || SQL%ROWCOUNT);
        EXECUTE IMMEDIATE 'BEGIN :x := :y || :x; END;' USING IN OUT s, 'p';
        EXECUTE IMMEDIATE 'CREATE TABLE x (y NUMBER)';
        DBMS_OUTPUT.PUT_LINE(s || SQL%ROWCOUNT);
        END;""") == ["b351", "pb0"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("EXECUTE IMMEDIATE NULL", 6535),
        ("EXECUTE IMMEDIATE ''", 6535),
        ("EXECUTE IMMEDIATE 'DELETE FROM emp WHERE id = :a'", 1008),
        ("EXECUTE IMMEDIATE 'DELETE FROM emp' USING 1", 1006),
        ("EXECUTE IMMEDIATE 'SELECT id FROM emp WHERE id = 0' INTO n", 1403),
        ("EXECUTE IMMEDIATE 'SELECT id FROM emp' INTO n", 1422),
        ("EXECUTE IMMEDIATE 'SELECT id, name FROM emp' INTO n", 1007),
        ("EXECUTE IMMEDIATE 'BEGIN :a := 1; END;' USING 5", 6536),
        ("EXECUTE IMMEDIATE 'BEGIN nope; END;'", 6550),
    ],
)
def test_dynamic_errors(emp, statement, code):
    if "NULL" in statement:
        statement = "EXECUTE IMMEDIATE s"
    assert emp.error(f"DECLARE n NUMBER; s VARCHAR2(9); BEGIN {statement}; END;").code == code


def test_a_dynamic_select_without_into_is_not_run(emp):
    emp.run("BEGIN EXECUTE IMMEDIATE 'SELECT id FROM emp'; END;")
    assert "SELECT id FROM emp" not in emp.sql.log


def test_transaction_control(session):
    session.run("BEGIN SAVEPOINT s; ROLLBACK TO SAVEPOINT s; COMMIT WORK; ROLLBACK; END;")
    assert session.sql.log == ["SAVEPOINT S", "ROLLBACK TO S", "COMMIT", "ROLLBACK"]
