"""Scripts as people keep them: SQL*Plus inside units, variables that comment out, other languages.

Each case is of a kind found in public code bases. Source of the rules: "SQL*Plus User's Guide and
Reference" 19c, "Running Scripts in SQL*Plus" and "SQL*Plus Command Reference".
"""

from __future__ import annotations

import time

import pytest

from dtm.plsql.outline import NOTE, Outline, outline


def shape(found: Outline) -> list[tuple[str, str]]:
    return [(unit.kind, unit.name) for unit in found.units]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("BEGIN IF a > &x. THEN NULL; END IF; END;\n/", ["BLOCK"]),
        ("BEGIN\n  @@declarations\n  FOR i IN 1..2 LOOP NULL; END LOOP;\nEND;\n/", ["BLOCK"]),
        ("DOC\nisn't \" SQL\n####\n#\nSELECT 1 FROM dual;", ["SQLPLUS", "SQL"]),
        ("DOCUMENT\nSELECT 1 FROM dual;", ["SQLPLUS", "SQL"]),
        ("REM----- isn't SQL\nSELECT 1 FROM dual;", ["SQLPLUS", "SQL"]),
        ("DECLARE x CLOB := q'[\n#LINE#]'; BEGIN\n#prompt don't\n  NULL;\nEND;\n/", ["BLOCK"]),
        ("BEGIN NULL; END;\r/\rBEGIN NULL; END;\r/\r", ["BLOCK", "BLOCK"]),
        ("CREATE MLE MODULE m LANGUAGE JAVASCRIPT AS\nlet a = 'it\\'s';\n/\nBEGIN NULL; END;\n/",
         ["MLE", "BLOCK"]),
        ("CREATE FUNCTION f RETURN INT AS MLE LANGUAGE JAVASCRIPT {{ '\\'' }};\n/\nCOMMIT;",
         ["FUNCTION", "SQL"]),
        ("INSERT INTO t WITH FUNCTION f RETURN INT IS BEGIN RETURN 1; END; SELECT f FROM dual\n/\n"
         "COMMIT;", ["SQL", "SQL"]),
        ("CREATE VIEW v AS WITH FUNCTION f RETURN INT IS BEGIN RETURN 1; END;\n"
         "SELECT f x FROM dual\n/", ["VIEW"]),
        ("CREATE TABLE \"two\nlines\" (a INT);\nSELECT q''it's'' FROM dual;", ["TABLE", "SQL"]),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else None,
)  # fmt: skip
def test_valid_scripts(text: str, kinds: list[str]) -> None:
    found = outline(text)
    assert found.diagnostics == ()
    assert [unit.kind for unit in found.units] == kinds


def test_nothing_is_lost_behind_a_hash_within_a_literal() -> None:
    found = outline(
        "CREATE PACKAGE BODY p IS\n  FUNCTION a RETURN VARCHAR2 IS BEGIN RETURN '\n#x';\n  END;\n"
        "  PROCEDURE b IS BEGIN NULL; END;\nEND;\n/"
    )
    assert [one.name for one in found.units[0].subprograms] == ["A", "B"]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN\n  &debug\n  IF a THEN\n    NULL;\n  END IF;\n  -- */\nEND;\n/",
        "BEGIN\n&old FOR i IN 1 .. 2\n&new WHILE more\nLOOP NULL; END LOOP;\nEND;\n/",
    ],
)
def test_a_variable_in_front_of_a_line_may_comment_it_out(text: str) -> None:
    assert outline(text).errors == ()


def test_a_dot_ends_a_buffer_that_is_not_run() -> None:
    found = outline("BEGIN\n  a(1);\n.\n\nPAUSE\nSELECT 1 FROM dual;")
    assert shape(found) == [("BLOCK", ""), ("SQLPLUS", "PAUSE"), ("SQL", "")]
    assert [one.severity for one in found.diagnostics] == [NOTE]


def test_subprograms_without_create_may_follow_each_other() -> None:
    found = outline("PROCEDURE a IS BEGIN NULL; END;\nFUNCTION b RETURN INT IS BEGIN NULL; END;")
    assert shape(found) == [("PROCEDURE", "A"), ("FUNCTION", "B")]
    assert [one.severity for one in found.diagnostics] == [NOTE]
    created = outline("CREATE PROCEDURE a IS BEGIN NULL; END;\nPROCEDURE b IS BEGIN NULL; END;")
    assert [one.message for one in created.errors] == ["text behind the end of the unit"]


def test_if_not_exists_is_no_name() -> None:
    found = outline("CREATE PROCEDURE IF NOT EXISTS p IS BEGIN NULL; END;\n/")
    assert shape(found) == [("PROCEDURE", "P")]
    assert [one.severity for one in found.diagnostics] == [NOTE]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 FROM dual\n/\n" * 20_000,
        "INSERT INTO t VALUES ('x', 1);" * 20_000,
        "x #a " * 50_000 + "\n#a",
        "DOC\n" * 40_000,
        "PROMPT -\n" * 40_000,
        "BEGIN\n" + "&a IF b THEN\n" * 10_000,
    ],
    ids=lambda text: text[:12],
)
def test_long_scripts_take_linear_time(text: str) -> None:
    """A second or less; what these once took by the square of their length was minutes."""
    start = time.process_time()
    outline(text)
    assert time.process_time() - start < 15
