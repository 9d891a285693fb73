"""The outline of every kind of statement, its tolerance, and that no input breaks it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtm.plsql.outline import NOTE, Outline, Unit, outline

PACKAGE = """\
CREATE OR REPLACE EDITIONABLE PACKAGE BODY app.orders AUTHID CURRENT_USER IS
  g_count PLS_INTEGER := 0;  -- END of nothing
  CURSOR c IS SELECT CASE WHEN 1 = 1 THEN 'END;' END x FROM dual;
  PROCEDURE forward(p IN OUT NOCOPY VARCHAR2);
  FUNCTION "Mixed"(a sales.orders.id%TYPE DEFAULT nvl(1, 2), b t_list := t_list(), c OUT BOOLEAN)
    RETURN VARCHAR2 DETERMINISTIC RESULT_CACHE RELIES_ON (t)
  IS
    PRAGMA AUTONOMOUS_TRANSACTION;
    PROCEDURE inner IS BEGIN NULL; END inner;
  BEGIN
    <<outer>>
    FOR r IN (SELECT 1 FROM dual) LOOP
      IF r.x = q'[it's; END]' THEN
        CASE WHEN a > 1 THEN NULL; ELSE EXIT outer WHEN c; END CASE;
      ELSIF CASE a WHEN 1 THEN TRUE END THEN NULL;
      END IF;
    END LOOP outer;
    DECLARE v NUMBER; BEGIN v := CASE WHEN 1 = 1 THEN 1 END; EXCEPTION WHEN OTHERS THEN RAISE; END;
    RETURN 'x';
  EXCEPTION
    WHEN no_data_found OR too_many_rows THEN NULL;
  END "Mixed";
  PROCEDURE forward(p IN OUT NOCOPY VARCHAR2) IS BEGIN NULL; END;
  FUNCTION ext RETURN BINARY_INTEGER AS LANGUAGE C NAME "x" LIBRARY y;
BEGIN
  g_count := 1;
END orders;
/
"""


def only(text: str) -> Unit:
    found = outline(text)
    assert len(found.units) == 1
    return found.units[0]


def shape(found: Outline) -> list[tuple[str, str]]:
    return [(unit.kind, unit.name) for unit in found.units]


def test_package_body() -> None:
    unit = only(PACKAGE)
    assert unit.diagnostics == ()
    assert (unit.kind, unit.owner, unit.name, unit.authid) == (
        "PACKAGE BODY",
        "APP",
        "ORDERS",
        "CURRENT_USER",
    )
    assert [(one.kind, one.name, one.has_body) for one in unit.subprograms] == [
        ("PROCEDURE", "FORWARD", False),
        ("FUNCTION", "Mixed", True),
        ("PROCEDURE", "FORWARD", True),
        ("FUNCTION", "EXT", True),
    ]
    mixed = unit.find("Mixed")[0]
    assert [(p.name, p.mode, p.type, p.default) for p in mixed.parameters] == [
        ("A", "IN", "SALES.ORDERS.ID%TYPE", "nvl(1, 2)"),
        ("B", "IN", "T_LIST", "t_list()"),
        ("C", "OUT", "BOOLEAN", None),
    ]
    assert mixed.returns == "VARCHAR2"
    assert mixed.attributes == ("DETERMINISTIC", "RESULT_CACHE", "RELIES_ON", "(t)")
    assert [one.name for one in mixed.pragmas] == ["AUTONOMOUS_TRANSACTION"]
    assert [one.name for one in mixed.children] == ["INNER"]
    assert (mixed.span.line, mixed.span.end_line) == (5, 22)
    assert unit.find("FORWARD")[0].parameters[0].mode == "IN OUT"
    assert [one.name for one in unit.walk()] == ["FORWARD", "Mixed", "INNER", "FORWARD", "EXT"]


def test_spans_are_offsets_into_the_text() -> None:
    unit = only(PACKAGE)
    assert PACKAGE[unit.span.start : unit.span.end].endswith("END orders;")
    inner = unit.find("Mixed")[0].children[0]
    assert PACKAGE[inner.span.start : inner.span.end] == (
        "PROCEDURE inner IS BEGIN NULL; END inner;"
    )
    assert (inner.span.line, inner.span.column) == (9, 5)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("CREATE PROCEDURE p AS BEGIN NULL; END;\n/", "PROCEDURE", "P"),
        ("create or replace function f return number is begin return 1; end f;", "FUNCTION", "F"),
        ("CREATE TYPE t AS TABLE OF VARCHAR2(10);\n/", "TYPE", "T"),
        ("CREATE TYPE BODY t IS MEMBER FUNCTION f RETURN INT IS BEGIN RETURN 1; END; END;\n/",
         "TYPE BODY", "T"),
        ("CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (new.a > 1) BEGIN NULL; END g;\n/",
         "TRIGGER", "G"),
        ("CREATE TRIGGER g AFTER LOGON ON DATABASE CALL p\n/", "TRIGGER", "G"),
        ("CREATE OR REPLACE FORCE VIEW v AS SELECT ';' x FROM dual;", "VIEW", "V"),
        ("CREATE GLOBAL TEMPORARY TABLE s.t (a NUMBER DEFAULT 1) ON COMMIT DELETE ROWS;",
         "TABLE", "T"),
        ("CREATE LIBRARY l AS '/lib/x.so';\n/", "LIBRARY", "L"),
        ("DECLARE x INT; BEGIN NULL; END;\n/", "BLOCK", ""),
        ("<<a>> BEGIN NULL; END a;\n/", "BLOCK", ""),
        ("INSERT INTO t VALUES (q'!it's; fine!');", "SQL", ""),
        ("WITH FUNCTION f RETURN INT IS BEGIN RETURN 1; END; SELECT f FROM dual\n/", "SQL", ""),
        ("PROMPT it's a 'quote", "SQLPLUS", "PROMPT"),
        ("CREATE AND COMPILE JAVA SOURCE NAMED \"x\" AS class x { char c = '\\''; }\n/", "JAVA", ""),
        ("PACKAGE p IS\n  PROCEDURE a;\nEND;", "PACKAGE", "P"),
        ("CREATE PACKAGE p wrapped \na000000\nb2 'x\n/", "PACKAGE", "P"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)  # fmt: skip
def test_kinds(text: str, kind: str, name: str) -> None:
    unit = only(text)
    assert (unit.kind, unit.name) == (kind, name)
    assert unit.diagnostics == ()


def test_wrapped() -> None:
    found = outline(
        "CREATE PACKAGE BODY p wrapped\na000000\nEND BEGIN 'x\n/\nSELECT 1 FROM dual;\n"
    )
    assert found.units[0].wrapped
    assert shape(found) == [("PACKAGE BODY", "P"), ("SQL", "")]


def test_compound_trigger() -> None:
    unit = only(
        """CREATE TRIGGER g FOR UPDATE ON t COMPOUND TRIGGER
  n NUMBER;
  PROCEDURE helper IS BEGIN NULL; END;
  BEFORE STATEMENT IS BEGIN n := 0; END BEFORE STATEMENT;
  AFTER EACH ROW IS v INT; BEGIN IF 1 = 1 THEN NULL; END IF; END AFTER EACH ROW;
END g;
/"""
    )
    assert unit.diagnostics == ()
    assert [one.name for one in unit.subprograms] == ["HELPER"]


def test_object_type_methods() -> None:
    unit = only(
        """CREATE OR REPLACE TYPE t AUTHID DEFINER AS OBJECT (
  a NUMBER,
  CONSTRUCTOR FUNCTION t(a NUMBER) RETURN SELF AS RESULT,
  MAP MEMBER FUNCTION key RETURN VARCHAR2,
  NOT FINAL MEMBER PROCEDURE run(x IN OUT NUMBER)
) NOT FINAL;
/"""
    )
    assert unit.authid == "DEFINER"
    assert [(one.prefix, one.name, one.returns) for one in unit.subprograms] == [
        ("CONSTRUCTOR", "T", "SELF AS RESULT"),
        ("MAP MEMBER", "KEY", "VARCHAR2"),
        ("NOT FINAL MEMBER", "RUN", None),
    ]


def test_script_with_commands_and_missing_slash() -> None:
    found = outline(
        """SET DEFINE OFF
PROMPT don't stop -
here's more
CREATE PACKAGE a IS
  PROCEDURE p;
END a;
CREATE PACKAGE b IS
END;
SHOW ERRORS
@@other.sql
COMMIT;
"""
    )
    assert shape(found) == [
        ("SQLPLUS", "SET"),
        ("SQLPLUS", "PROMPT"),
        ("PACKAGE", "A"),
        ("PACKAGE", "B"),
        ("SQLPLUS", "SHOW"),
        ("SQLPLUS", "@@"),
        ("SQL", ""),
    ]
    assert [one.severity for one in found.diagnostics] == [NOTE, NOTE]
    assert [unit.span.line for unit in found.units] == [1, 2, 4, 7, 9, 10, 11]


def test_end_label_mismatch_is_a_note() -> None:
    unit = only("CREATE PROCEDURE p IS BEGIN NULL; END q;\n/")
    assert [one.severity for one in unit.diagnostics] == [NOTE]
    assert "Q" in unit.diagnostics[0].message


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("CREATE PACKAGE BODY p IS\nPROCEDURE a IS\nBEGIN\nIF 1=1 THEN\nNULL;\nEND;\nEND;\n/", "IF", 6),
        ("CREATE PROCEDURE p IS BEGIN\nNULL;\n/", "END of P", 3),
        ("CREATE PROCEDURE p IS BEGIN\nx := 1\n/\n", "';' expected", 3),
        ("CREATE PROCEDURE (a INT) IS BEGIN NULL; END;\n/", "name expected", 1),
        ("BEGIN\nNULL; END; foo\n/", "text behind", 2),
        ("BEGIN\nx := 'abc;\nEND;\n/", "unterminated string", 2),
    ],
)  # fmt: skip
def test_errors_have_places(text: str, message: str, line: int) -> None:
    errors = outline(text).errors
    assert any(message in one.message and one.line == line for one in errors), errors


def test_an_error_does_not_reach_beyond_the_slash() -> None:
    found = outline("CREATE PROCEDURE p IS BEGIN\n/\nCREATE PROCEDURE q IS BEGIN NULL; END;\n/\n")
    assert shape(found) == [("PROCEDURE", "P"), ("PROCEDURE", "Q")]
    assert found.units[1].diagnostics == ()


def test_conditional_compilation() -> None:
    unit = only(
        """CREATE PACKAGE BODY p IS
$IF dbms_db_version.version < 12 $THEN
  PROCEDURE old IS BEGIN NULL; END;
$ELSIF $$x $THEN
  PROCEDURE mid IS
$ELSE
  PROCEDURE new IS BEGIN $IF $$y $THEN IF TRUE THEN $ELSE BEGIN $END NULL; END IF; END;
$END
  PROCEDURE both(a $IF $$z $THEN NUMBER $ELSE VARCHAR2 $END) IS
  BEGIN
    $IF NOT $$ok $THEN $ERROR 'no' || 'good' $END $END
    NULL;
  END;
END;
/"""
    )
    assert unit.diagnostics == ()
    assert [one.name for one in unit.subprograms] == ["OLD", "BOTH"]


def test_the_branch_with_fewer_errors_is_taken() -> None:
    text = """CREATE PACKAGE BODY p IS
$IF $$never $THEN this is ( not PL/SQL $ELSE PROCEDURE a IS BEGIN NULL; END; $END
END;
/
CREATE PROCEDURE q IS BEGIN NULL; END;
/"""
    found = outline(text)
    assert found.diagnostics == ()
    assert shape(found) == [("PACKAGE BODY", "P"), ("PROCEDURE", "Q")]
    assert [one.name for one in found.units[0].subprograms] == ["A"]


def test_substitution_variables_are_names() -> None:
    unit = only("CREATE PROCEDURE &owner..p&1 IS BEGIN NULL; END;\n/")
    assert unit.diagnostics == ()


WORDS = st.sampled_from(
    [
        "CREATE", "OR", "REPLACE", "PACKAGE", "BODY", "PROCEDURE", "FUNCTION", "TYPE", "TRIGGER",
        "IS", "AS", "BEGIN", "END", "DECLARE", "IF", "THEN", "ELSE", "ELSIF", "LOOP", "FOR",
        "CASE", "WHEN", "EXCEPTION", "RETURN", "COMPOUND", "BEFORE", "AFTER", "EACH", "ROW",
        "MEMBER", "NOT", "PRAGMA", "WRAPPED", "JAVA", "AUTHID", "LANGUAGE", "WITH", "SELECT",
        "$IF", "$THEN", "$ELSE", "$END", "$ERROR", "$ELSIF", "(", ")", ",", ";", ":=", ".", "<<",
        ">>", "/", "\n/\n", "\n", "'", '"', "q'[", "--", "/*", "*/", "@x", "PROMPT", "a", "&b",
        "\x00", "\ufeff", "ž", "1e5",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=60).map(" ".join))
def test_no_input_raises(text: str) -> None:
    found = outline(text)
    for unit in found.units:
        assert 0 <= unit.span.start <= unit.span.end <= len(text)
    ends = [unit.span.end for unit in found.units]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN " * 20_000,
        "CREATE PROCEDURE p IS " + "PROCEDURE q IS " * 20_000,
        "BEGIN x := " + "(" * 50_000,
        "PROMPT x\nBEGIN NULL; END;\n" * 5_000 + "$IF",
        "$IF " * 20_000,
        "'" * 50_001,
        "/\n" * 20_000,
        "IF x THEN " * 20_000,
        "CREATE TYPE t AS OBJECT (" + "MEMBER " * 20_000,
        "\n" * 100_000 + "END",
    ],
    ids=lambda text: text[:20],
)
def test_hostile_input_takes_linear_time(text: str) -> None:
    start = time.perf_counter()
    outline(text)
    assert time.perf_counter() - start < 5


def test_sqlplus_dot_and_hash_lines() -> None:
    found = outline(
        "CREATE PROCEDURE p IS\nBEGIN\n#pause\n  NULL;\nEND;\n.\nSELECT 1 FROM dual;\n"
    )
    assert found.diagnostics == ()
    assert shape(found) == [("PROCEDURE", "P"), ("SQL", "")]


def test_a_unit_behind_sql_without_its_end() -> None:
    found = outline(
        "GRANT CREATE SESSION,\nCREATE PROCEDURE TO a;\nSELECT 1 FROM dual\n\n"
        "CREATE OR REPLACE PACKAGE p IS\nEND;\n/\n"
    )
    assert shape(found) == [("SQL", ""), ("SQL", ""), ("PACKAGE", "P")]
    assert [one.severity for one in found.diagnostics] == [NOTE]


def test_many_command_lines_are_fast() -> None:
    text = "pro | it's |\n\nset x on\n" * 20_000
    start = time.perf_counter()
    assert len(outline(text).units) == 40_000
    assert time.perf_counter() - start < 5
