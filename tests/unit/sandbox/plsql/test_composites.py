"""Records and collections. PL/SQL Language Reference 19c, "PL/SQL Collections and Records"."""

from __future__ import annotations

import pytest

TYPES = """
  TYPE nt IS TABLE OF NUMBER;
  TYPE va IS VARRAY(3) OF VARCHAR2(10);
  TYPE aa IS TABLE OF VARCHAR2(10) INDEX BY PLS_INTEGER;
  TYPE sa IS TABLE OF NUMBER INDEX BY VARCHAR2(20);
  TYPE rec IS RECORD (id NUMBER, name VARCHAR2(10) := 'anon');
  TYPE recs IS TABLE OF rec INDEX BY PLS_INTEGER;
  TYPE deep IS TABLE OF sa INDEX BY PLS_INTEGER;
"""


@pytest.mark.parametrize(
    ("declarations", "statements", "code"),
    [
        ("t nt;", "t(1) := 1;", 6531),
        ("t nt;", "t.EXTEND;", 6531),
        ("t nt := nt();", "t(1) := 1;", 6533),
        ("t nt := nt(1);", "t(0) := 1;", 6532),
        ("t nt := nt(1);", "t.DELETE(1); x := t(1);", 1403),
        ("t nt := nt(1);", "t.TRIM(2);", 6533),
        ("t va := va('a');", "t(4) := 'x';", 6532),
        ("t va := va('a', 'b', 'c');", "t.EXTEND;", 6532),
        ("t va := va('a');", "t(2) := 'x';", 6533),
        ("t aa;", "y := t(7);", 1403),
        ("t aa;", "t(NULL) := 'x';", 6502),
        ("t sa;", "x := t('no');", 1403),
        ("t aa;", "t(1) := 'too long for it';", 6502),
        ("t nt := nt(1);", "x := t(NULL);", 6502),
    ],
)
def test_exceptions(session, declarations, statements, code):
    text = f"DECLARE {TYPES} {declarations} x NUMBER; y VARCHAR2(99); BEGIN {statements} END;"
    assert session.error(text).code == code


@pytest.mark.parametrize(
    ("declarations", "statements", "expected"),
    [
        ("t nt := nt(5, 6, 7);", "t.DELETE(2); o(t.COUNT || t.FIRST || t.LAST || t.NEXT(1));",
         "2133"),
        ("t nt := nt(5, 6);", "t.EXTEND(2, 1); o(t.COUNT || t(4));", "45"),
        ("t nt := nt(1, 2);", "t.TRIM; t.EXTEND; o(NVL(TO_CHAR(t(2)), 'null'));", "null"),
        ("t nt;", "o(CASE WHEN t IS NULL THEN 'null' END);", "null"),
        ("t nt := nt(1, 2); u nt;", "u := t; u(1) := 9; o(t(1) || u(1));", "19"),
        ("t va := va('a');", "o(t.LIMIT || t.COUNT);", "31"),
        ("t aa;", "t(5) := 'e'; t(-3) := 'm'; o(t.FIRST || t(t.LAST) || t.PRIOR(5));", "-3e-3"),
        ("t aa;", "t(1) := 'a'; t.DELETE; o(t.COUNT || NVL(TO_CHAR(t.FIRST), '-'));", "0-"),
        ("t aa;", "t(1) := 'a'; t(2) := 'b'; t(3) := 'c'; t.DELETE(1, 2); o(t.FIRST);", "3"),
        ("t sa; k VARCHAR2(20);",
         "t('b') := 2; t('a') := 1; k := t.FIRST; WHILE k IS NOT NULL LOOP o(k || t(k));"
         " k := t.NEXT(k); END LOOP;", "a1b2"),
        ("t aa;", "o(CASE WHEN t.EXISTS(1) THEN 'y' ELSE 'n' END);", "n"),
        ("r rec;", "o(r.name || NVL(TO_CHAR(r.id), '?'));", "anon?"),
        ("r rec; s rec;", "r.id := 1; s := r; s.id := 2; o(r.id || s.id);", "12"),
        ("t recs;", "t(3).id := 7; o(t(3).id || t(3).name);", "7anon"),
        ("d deep;", "d(1)('x') := 4; o(d(1)('x') || d.COUNT);", "41"),
        ("t nt := nt(1, 2);", "IF 2 MEMBER OF t THEN o('in'); END IF;", "in"),
        ("t nt := nt(1, 2); u nt := nt(2, 1);", "IF t = u THEN o('eq'); END IF;", "eq"),
        ("t nt := nt(1, 2); u nt := nt(2, 3);", "t := t MULTISET UNION DISTINCT u; o(t.COUNT);",
         "3"),
        ("t nt := nt();", "IF t IS EMPTY THEN o('empty'); END IF;", "empty"),
        ("r rec := rec(1, 'x');", "o(r.id || r.name);", "1x"),
        ("t nt := nt(1, 2, 3);",
         "FOR i IN 1 .. t.COUNT LOOP t(i) := t(i) * 2; END LOOP; o(t(1) || t(2) || t(3));", "246"),
    ],
)  # fmt: skip
def test_values(session, declarations, statements, expected):
    text = f"""DECLARE {TYPES} {declarations}
        PROCEDURE o(x VARCHAR2) IS BEGIN DBMS_OUTPUT.PUT(x); END;
        BEGIN {statements} DBMS_OUTPUT.NEW_LINE; END;"""
    assert session.lines(text) == [expected]


def test_parameters_are_copied_unless_nocopy(session):
    text = f"""DECLARE {TYPES} t nt := nt(1);
        PROCEDURE p(x IN OUT nt) IS BEGIN x(1) := 2; RAISE PROGRAM_ERROR; END;
        PROCEDURE q(x OUT NOCOPY nt) IS BEGIN x := nt(7, 8); END;
        BEGIN
          BEGIN p(t); EXCEPTION WHEN PROGRAM_ERROR THEN NULL; END;
          DBMS_OUTPUT.PUT_LINE(t(1)); q(t); DBMS_OUTPUT.PUT_LINE(t.COUNT);
        END;"""
    assert session.lines(text) == ["1", "2"]


def test_functions_return_composites(session):
    text = f"""DECLARE {TYPES}
        FUNCTION f RETURN rec IS r rec; BEGIN r.id := 5; RETURN r; END;
        FUNCTION g(n NUMBER) RETURN nt IS BEGIN RETURN nt(n, n + 1); END;
        BEGIN DBMS_OUTPUT.PUT_LINE(f().id || f.name || g(3)(2)); END;"""
    assert session.lines(text) == ["5anon4"]


def test_records_of_one_shape_are_different_types(session):
    text = """DECLARE TYPE a IS RECORD (x NUMBER); TYPE b IS RECORD (x NUMBER); p a; q b;
        BEGIN p := q; END;"""
    assert "PLS-00382" in session.error(text).text
