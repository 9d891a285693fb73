"""A package's pipelined functions, collections and overloads in SQL, on the real engine."""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError


@pytest.fixture
def shapes(database):
    """Package SHAPES: pipelined functions and overloads."""
    session = database.session()
    assert (
        session.create("""CREATE PACKAGE shapes AS
        TYPE nums IS TABLE OF NUMBER;
        TYPE item IS RECORD (a NUMBER, b VARCHAR2(10), d DATE);
        TYPE items IS TABLE OF item;
        FUNCTION steps(n NUMBER) RETURN nums PIPELINED;
        FUNCTION rows_of(n NUMBER) RETURN items PIPELINED;
        FUNCTION kind(a NUMBER) RETURN VARCHAR2;
        FUNCTION kind(a VARCHAR2) RETURN VARCHAR2;
        FUNCTION kind(a DATE, b NUMBER DEFAULT 7) RETURN VARCHAR2;
        END;""")
        == []
    )
    assert (
        session.create("""CREATE PACKAGE BODY shapes AS
        FUNCTION steps(n NUMBER) RETURN nums PIPELINED IS BEGIN
          FOR i IN 1 .. n LOOP PIPE ROW (i * 1.5); END LOOP; RETURN; END;
        FUNCTION rows_of(n NUMBER) RETURN items PIPELINED IS x item; BEGIN
          FOR i IN 1 .. n LOOP x.a := i; x.b := 'b' || i; x.d := DATE '2024-01-01' + i; PIPE ROW (x);
          END LOOP; RETURN; END;
        FUNCTION kind(a NUMBER) RETURN VARCHAR2 IS BEGIN RETURN 'number'; END;
        FUNCTION kind(a VARCHAR2) RETURN VARCHAR2 IS BEGIN RETURN 'text'; END;
        FUNCTION kind(a DATE, b NUMBER DEFAULT 7) RETURN VARCHAR2 IS
          BEGIN RETURN 'date' || b; END;
        END;""")
        == []
    )
    yield session
    session.sql_run("DROP PACKAGE shapes")
    session.plsql.close()


def test_table_of_a_pipelined_function(shapes):
    """ "PL/SQL Optimization and Tuning", "Chaining Pipelined Table Functions"; SQL Language
    Reference 19c, table_collection_expression: it may refer to tables on its left."""
    assert shapes.sql_run("SELECT SUM(column_value), COUNT(*) FROM TABLE(shapes.steps(3))") == [
        (9, 3)
    ]
    assert shapes.sql_run(
        "SELECT a, b, TO_CHAR(d + 1, 'DD') FROM TABLE(shapes.rows_of(3)) t WHERE t.a > 1 ORDER BY a"
    ) == [(2, "b2", "04"), (3, "b3", "05")]
    assert shapes.sql_run(
        "SELECT x.n, t.a FROM (SELECT LEVEL n FROM dual CONNECT BY LEVEL < 3) x, "
        "TABLE(shapes.rows_of(x.n)) t ORDER BY 1, 2"
    ) == [(1, 1), (2, 1), (2, 2)]


def test_table_of_a_collection_variable(shapes):
    """ "PL/SQL Collections and Records": collections of package types in SQL."""
    assert shapes.lines("""DECLARE t shapes.nums := shapes.nums(3, 4, 5.25, NULL); n NUMBER; c NUMBER;
        BEGIN
          SELECT SUM(column_value), COUNT(*) INTO n, c FROM TABLE(t);
          DBMS_OUTPUT.PUT_LINE(n || ' ' || c);
          FOR r IN (SELECT LEVEL l FROM dual WHERE LEVEL IN (SELECT column_value FROM TABLE(t))
                    CONNECT BY LEVEL < 10) LOOP DBMS_OUTPUT.PUT_LINE(r.l); END LOOP;
        END;""") == ["12.25 4", "3", "4"]


def test_overloads_in_sql(shapes):
    """ "Overloaded Subprograms": the call is resolved by the types of its arguments."""
    assert shapes.sql_run(
        "SELECT shapes.kind(1), shapes.kind('1'), shapes.kind(SYSDATE), shapes.kind(SYSDATE, 3), "
        "shapes.kind(a => 2) FROM dual"
    ) == [("number", "text", "date7", "date3", "number")]
    for call, number in (("kind(NULL)", 307), ("kind(1, 2)", 306), ("kind()", 306)):
        with pytest.raises(OraError, match=f"PLS-{number}"):
            shapes.sql_run(f"SELECT shapes.{call} FROM dual")
    assert shapes.lines("""DECLARE v VARCHAR2(10); BEGIN SELECT shapes.kind('x') INTO v FROM dual;
        DBMS_OUTPUT.PUT_LINE(v); END;""") == ["text"]
