"""Blocks, control flow and exceptions. PL/SQL Language Reference 19c, "PL/SQL Control Statements",
"PL/SQL Error Handling", "PL/SQL Language Fundamentals"."""

from __future__ import annotations

import datetime as dt

import pytest

from dtm.sandbox.kernel.types import Kind, OraType

NUMBER = OraType(Kind.NUMBER)
TEXT = OraType(Kind.VARCHAR2, length=20)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TRUE AND NULL", None),
        ("FALSE AND NULL", False),
        ("NULL AND FALSE", False),
        ("TRUE OR NULL", True),
        ("NULL OR TRUE", True),
        ("FALSE OR NULL", None),
        ("NOT (NULL = 1)", None),
        ("'' IS NULL", True),
        ("NULL = NULL", None),
        ("NULL <> NULL", None),
        ("1 IN (2, NULL)", None),
        ("1 NOT IN (2, NULL)", None),
        ("1 IN (NULL, 1)", True),
        ("2 BETWEEN 1 AND NULL", None),
        ("0 BETWEEN 1 AND NULL", False),
        ("'a' LIKE NULL", None),
        ("'a_b' LIKE 'a!_b' ESCAPE '!'", True),
        ("'axb' LIKE 'a!_b' ESCAPE '!'", False),
        ("'10' = 10", True),
        ("DATE '2024-01-31' + 1 = DATE '2024-02-01'", True),
        ("TIMESTAMP '2024-01-01 00:00:00' = DATE '2024-01-01'", True),
        ("INTERVAL '1' DAY = INTERVAL '24' HOUR", True),
    ],
)
def test_three_valued_logic(session, expression, expected):
    assert session.boolean(expression) is expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-2 ** 2", "-4"),
        ("2 ** 3", "8"),
        ("7 / 2", "3.5"),
        ("1 / 4", ".25"),
        ("10 MOD 4", "2"),
        ("1 + NULL", None),
        ("'a' || NULL || 'b'", "ab"),
        ("'1' + 1", "2"),
        ("1 || 2", "12"),
        ("CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'c' END", "c"),
        ("CASE NULL WHEN NULL THEN 'x' ELSE 'y' END", "y"),
        ("CASE WHEN 1 = 2 THEN 'a' END", None),
        ("NVL('', 'x')", "x"),
        ("COALESCE('a', TO_CHAR(1 / 0))", "a"),
        ("COALESCE(NULL, NULL, 3)", "3"),
        ("DATE '2024-03-01' - DATE '2024-02-01'", "29"),
        ("TO_CHAR(DATE '2024-02-29' + 1, 'YYYY-MM-DD')", "2024-03-01"),
        ("TRIM(LEADING '0' FROM '0012')", "12"),
        ("EXTRACT(YEAR FROM DATE '2024-02-29')", "2024"),
        ("CAST('12' AS NUMBER) + 1", "13"),
        ("q'[it's]'", "it's"),
        ("99999999999999999999999999999999999999 + 1", "100000000000000000000000000000000000000"),
        ("SUBSTR('abc', 2)", "bc"),
    ],
)
def test_expressions(session, expression, expected):
    assert session.value(expression) == expected


def test_loops(session):
    assert session.lines("""
        DECLARE n NUMBER := 0;
        BEGIN
          FOR i IN REVERSE 1 .. 3 LOOP DBMS_OUTPUT.PUT(i); END LOOP;
          FOR i IN 3 .. 1 LOOP DBMS_OUTPUT.PUT('never'); END LOOP;
          WHILE n < 3 LOOP n := n + 1; CONTINUE WHEN n = 2; DBMS_OUTPUT.PUT('w' || n); END LOOP;
          <<outer>>
          LOOP
            LOOP n := n + 1; EXIT outer WHEN n > 5; END LOOP;
          END LOOP outer;
          DBMS_OUTPUT.PUT_LINE(' ' || n);
        END;""") == ["321w1w3 6"]


def test_goto(session):
    assert session.lines("""
        DECLARE n PLS_INTEGER := 0;
        BEGIN
          <<again>>
          n := n + 1;
          IF n < 3 THEN GOTO again; END IF;
          GOTO done;
          n := 100;
          <<done>>
          DBMS_OUTPUT.PUT_LINE(n);
        END;""") == ["3"]


def test_case_statement_without_match(session):
    error = session.error("BEGIN CASE 1 WHEN 2 THEN NULL; END CASE; END;")
    assert (error.code, error.text) == (
        6592,
        "ORA-06592: CASE not found while executing CASE statement\nORA-06512: at line 1",
    )


def test_block_labels_qualify_hidden_names(session):
    assert session.lines("""
        <<outer>>
        DECLARE x NUMBER := 1;
        BEGIN
          DECLARE x NUMBER := 2; BEGIN DBMS_OUTPUT.PUT_LINE(outer.x || x); END;
        END;""") == ["12"]


# ---------------------------------------------------------------- numbers and strings


@pytest.mark.parametrize(
    ("declaration", "value", "code", "text"),
    [
        ("VARCHAR2(3)", "'abcd'", 6502, "character string buffer too small"),
        ("VARCHAR2(3)", "'\u00e4\u00e4'", 6502, "character string buffer too small"),
        ("NUMBER(3)", "1000", 6502, "number precision too large"),
        ("NUMBER", "'x'", 6502, "character to number conversion error"),
        ("PLS_INTEGER", "2147483648", 1426, "numeric overflow"),
        ("PLS_INTEGER", "2147483647 + 1", 1426, "numeric overflow"),
        ("NATURAL", "-1", 6502, "numeric or value error"),
        ("POSITIVE", "0", 6502, "numeric or value error"),
        ("NUMBER", "1 / 0", 1476, "divisor is equal to zero"),
        ("NUMBER NOT NULL := 1", "NULL", 6502, "numeric or value error"),
        ("RAW(1)", "HEXTORAW('ABCD')", 6502, "raw variable length too long"),
    ],
)
def test_assignments_that_do_not_fit(session, declaration, value, code, text):
    error = session.error(f"DECLARE x {declaration}; y NUMBER; BEGIN x := {value}; END;")
    assert error.code == code
    assert text in error.text


@pytest.mark.parametrize(
    ("declaration", "value", "expected"),
    [
        ("NUMBER(5,2)", "1.005", "1.01"),
        ("NUMBER(5,-2)", "1250", "1300"),
        ("PLS_INTEGER", "1.5", "2"),
        ("PLS_INTEGER", "'7'", "7"),
        ("CHAR(4)", "'ab'", "ab  "),
        ("VARCHAR2(2 CHAR)", "'\u00e4\u00e4'", "\u00e4\u00e4"),
        ("VARCHAR2(3)", "''", None),
        ("INTEGER", "2.5", "3"),
    ],
)
def test_assignments_that_are_adapted(session, declaration, value, expected):
    assert session.value("x", f"x {declaration} := {value};") == expected


def test_char_comparison_is_blank_padded(session):
    assert session.boolean("c = 'ab '", "c CHAR(5) := 'ab';") is True
    assert session.boolean("v = 'ab '", "v VARCHAR2(5) := 'ab';") is False


# ---------------------------------------------------------------- exceptions


def test_handlers_and_scopes(session):
    assert session.lines("""
        DECLARE
          e EXCEPTION;
          e1 EXCEPTION;
          PRAGMA EXCEPTION_INIT(e1, -20007);
        BEGIN
          BEGIN RAISE e; EXCEPTION WHEN e THEN DBMS_OUTPUT.PUT_LINE(SQLCODE || SQLERRM); END;
          BEGIN RAISE_APPLICATION_ERROR(-20007, 'boom');
          EXCEPTION WHEN e1 THEN DBMS_OUTPUT.PUT_LINE(SQLCODE || ' ' || SQLERRM); END;
          BEGIN
            DECLARE e EXCEPTION; BEGIN RAISE e; END;  -- another e
          EXCEPTION WHEN e THEN DBMS_OUTPUT.PUT_LINE('mine');
                    WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE('other ' || SQLCODE);
          END;
          BEGIN RAISE NO_DATA_FOUND;
          EXCEPTION WHEN TOO_MANY_ROWS OR NO_DATA_FOUND THEN DBMS_OUTPUT.PUT_LINE(SQLCODE); END;
          DBMS_OUTPUT.PUT_LINE(SQLCODE || SQLERRM);
        END;""") == [
        "1User-Defined Exception",
        "-20007 ORA-20007: boom",
        "other 1",
        "100",
        "0ORA-0000: normal, successful completion",
    ]


def test_exceptions_of_declarations_pass_by_the_block(session):
    assert session.lines("""
        BEGIN
          DECLARE n NUMBER(1) := 10;
          BEGIN NULL;
          EXCEPTION WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE('inner');
          END;
        EXCEPTION WHEN VALUE_ERROR THEN DBMS_OUTPUT.PUT_LINE('outer');
        END;""") == ["outer"]


def test_unhandled_user_defined_exception(session):
    error = session.error("DECLARE e EXCEPTION;\nBEGIN\nRAISE e;\nEND;")
    assert error.text == (
        "ORA-06510: PL/SQL: unhandled user-defined exception\nORA-06512: at line 3"
    )


def test_the_stack_names_every_subprogram(session):
    session.create("CREATE PROCEDURE p AS\nBEGIN\n  RAISE ZERO_DIVIDE;\nEND;")
    assert session.error("BEGIN\n\n  p;\nEND;").text.splitlines() == [
        "ORA-01476: divisor is equal to zero",
        'ORA-06512: at "U.P", line 3',
        "ORA-06512: at line 3",
    ]


def test_reraise_keeps_the_error(session):
    error = session.error("""BEGIN
        BEGIN
          RAISE NO_DATA_FOUND;
        EXCEPTION WHEN OTHERS THEN
          RAISE;
        END;
      END;""")
    assert error.code == 1403
    assert error.stack == ["ORA-06512: at line 5", "ORA-06512: at line 3"]


def test_raise_application_error(session):
    error = session.error("BEGIN RAISE_APPLICATION_ERROR(-20999, 'a'); END;")
    assert (error.code, error.message) == (20999, "a")
    assert session.error("BEGIN RAISE_APPLICATION_ERROR(-1, 'a'); END;").code == 21000
    kept = session.error("""BEGIN RAISE NO_DATA_FOUND; EXCEPTION WHEN OTHERS THEN
        RAISE_APPLICATION_ERROR(-20001, 'a', TRUE); END;""")
    assert kept.message == "a\nORA-01403: no data found"


def test_error_stack_and_backtrace(session):
    assert session.lines("""BEGIN
          DECLARE PROCEDURE q IS BEGIN
            RAISE NO_DATA_FOUND;
          END; BEGIN q; END;
        EXCEPTION WHEN OTHERS THEN
          DBMS_OUTPUT.PUT_LINE(REPLACE(DBMS_UTILITY.FORMAT_ERROR_BACKTRACE, CHR(10), '|'));
        END;""") == ["ORA-06512: at line 3|ORA-06512: at line 4|"]


def test_function_without_return(session):
    error = session.error("DECLARE FUNCTION f RETURN NUMBER IS BEGIN NULL; END;"
                          " BEGIN DBMS_OUTPUT.PUT_LINE(f); END;")  # fmt: skip
    assert error.code == 6503


# ---------------------------------------------------------------- binds


def test_binds_in_and_out(session):
    out = session.run("BEGIN :n := :a + 1; :t := UPPER(:b); END;", n=NUMBER, a=41, t=TEXT, b="x")
    assert out == {"N": 42, "T": "X"}


def test_an_out_bind_that_is_too_small(session):
    small = OraType(Kind.VARCHAR2, length=2)
    assert session.error("BEGIN :t := 'abc'; END;", t=small).code == 6502


def test_dates_pass_through_binds(session):
    moment = dt.datetime(2024, 2, 28, 12)
    assert session.run("BEGIN :d := :d + 1; END;", d=moment) == {"D": dt.datetime(2024, 2, 29, 12)}


def test_call_statement(session):
    session.create("CREATE FUNCTION twice(n NUMBER) RETURN NUMBER IS BEGIN RETURN n * 2; END;")
    assert session.run("CALL twice(4) INTO :r", r=NUMBER) == {"R": 8}


# ---------------------------------------------------------------- calls


def test_out_parameters_are_not_assigned_on_exception(session):
    assert session.lines("""
        DECLARE
          a NUMBER := 1; b NUMBER := 2;
          PROCEDURE p(x OUT NUMBER, y IN OUT NUMBER) IS BEGIN
            x := 10; y := 20; RAISE PROGRAM_ERROR;
          END;
        BEGIN
          BEGIN p(a, b); EXCEPTION WHEN PROGRAM_ERROR THEN NULL; END;
          DBMS_OUTPUT.PUT_LINE(a || ' ' || b);
        END;""") == ["1 2"]


def test_named_notation_defaults_and_overloads(session):
    assert session.lines("""
        DECLARE
          PROCEDURE p(a NUMBER, b VARCHAR2 DEFAULT 'd', c DATE := NULL) IS
          BEGIN DBMS_OUTPUT.PUT_LINE('n' || a || b); END;
          PROCEDURE p(a VARCHAR2) IS BEGIN DBMS_OUTPUT.PUT_LINE('v' || a); END;
          PROCEDURE p(a BOOLEAN) IS BEGIN DBMS_OUTPUT.PUT_LINE('b'); END;
        BEGIN
          p(1); p('x'); p(TRUE); p(b => 'q', a => 2); p(3, c => SYSDATE);
        END;""") == ["n1d", "vx", "b", "n2q", "n3d"]


def test_nested_subprograms_and_recursion(session):
    assert session.lines("""
        DECLARE
          total NUMBER := 0;
          PROCEDURE b(n NUMBER);
          PROCEDURE a(n NUMBER) IS
            PROCEDURE inner IS BEGIN total := total + n; END;
          BEGIN inner; b(n - 1); END;
          PROCEDURE b(n NUMBER) IS BEGIN IF n > 0 THEN a(n); END IF; END;
          FUNCTION f(n PLS_INTEGER) RETURN NUMBER IS
          BEGIN RETURN CASE WHEN n <= 1 THEN 1 ELSE n * f(n - 1) END; END;
        BEGIN a(4); DBMS_OUTPUT.PUT_LINE(total || ' ' || f(30)); END;""") == [
        "10 265252859812191058636308480000000"
    ]


def test_endless_recursion_ends(session):
    error = session.error("DECLARE PROCEDURE p IS BEGIN p; END; BEGIN p; END;")
    assert error.code == 6500


def test_a_loop_can_be_interrupted(session):
    before = session.checks
    session.run("BEGIN FOR i IN 1 .. 5000 LOOP NULL; END LOOP; END;")
    assert session.checks - before >= 10


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("REGEXP_SUBSTR('a1b22', '([0-9])([0-9])', subexpression => 2)", "2"),
        ("REGEXP_SUBSTR('a1b22', pattern => '[0-9]+', occurrence => 2)", "22"),
        ("REPLACE('aXb', 'X', newsub => '-')", "a-b"),
        ("INSTR('abcabc', 'c', nth => 2)", "6"),
        ("LENGTH2('abc') || SUBSTR2('abc', 2)", "3bc"),
        ("SYS.STANDARD.UPPER('a') || STANDARD.LOWER('A')", "Aa"),
        ("CASE WHEN BINARY_DOUBLE_INFINITY IS INFINITE AND 1 IS NOT NAN THEN 'y' END", "y"),
    ],
)
def test_functions_of_standard(session, expression, value):
    """Package STANDARD names its parameters; "Expressions", "floating-point conditions"."""
    assert session.value(expression) == value


def test_wrong_names_of_standards_parameters(session):
    error = session.error(
        "DECLARE x VARCHAR2(9) := REPLACE('a', oldsubx => 'b'); BEGIN NULL; END;"
    )
    assert "PLS-00306" in error.text


def test_simple_integer_wraps_around(session):
    """ "PL/SQL Data Types", "SIMPLE_INTEGER Overflow Semantics": literals count as simple, too."""
    assert session.lines("""DECLARE n SIMPLE_INTEGER := 2147483647; m SIMPLE_INTEGER := 2; p PLS_INTEGER := 1;
        BEGIN n := n + 1; DBMS_OUTPUT.PUT_LINE(n); n := n - 1; n := n * m; DBMS_OUTPUT.PUT_LINE(n);
        BEGIN n := 2147483647; n := n + p;
        EXCEPTION WHEN OTHERS THEN DBMS_OUTPUT.PUT_LINE(SQLCODE); END; END;""") == [
        "-2147483648", "-2", "-1426"
    ]  # fmt: skip


def test_a_loop_index_is_no_assignment_target(session):
    """ "PL/SQL Control Statements", "FOR LOOP Index": PLS-00363."""
    error = session.error("BEGIN FOR i IN 1 .. 2 LOOP i := 3; END LOOP; END;")
    assert (
        "line 1, column 28:\nPLS-00363: expression 'I' cannot be used as an assignment target"
        in (error.text)
    )
