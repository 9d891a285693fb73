"""What is sent for a PL/SQL file, and what USER_SOURCE should show of it."""

from __future__ import annotations

import pytest

from dtm.errors import UsageError
from dtm.oracle.helper import helper_packages
from dtm.oracle.sources import sent, split_statements, trimmed


@pytest.mark.parametrize(
    ("text", "kind", "name", "source"),
    [
        (
            "CREATE OR REPLACE PACKAGE p AS\n  x NUMBER;\nEND;\n/\n",
            "PACKAGE",
            "P",
            "PACKAGE p AS\n  x NUMBER;\nEND;",
        ),
        (
            'create or replace editionable package body "Own"."p q" is\r\nend;\r\n/\r\n\r\n',
            "PACKAGE BODY",
            "p q",
            'package body "p q" is\nend;',
        ),
        (
            "-- who wrote it\ncreate procedure app.done (a in number) is begin null; end;",
            "PROCEDURE",
            "DONE",
            "procedure done (a in number) is begin null; end;",
        ),
        (
            "CREATE OR REPLACE NONEDITIONABLE FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END;  ",
            "FUNCTION",
            "F",
            "FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END;",
        ),
    ],
)
def test_a_unit(text, kind, name, source):
    statement = sent(text)
    assert (statement.type, statement.name, statement.source) == (kind, name, source)
    edition = "NONEDITIONABLE " if "NONEDITIONABLE" in text else ""
    assert statement.statement == f"CREATE OR REPLACE {edition}{source}"


def test_where_the_unit_begins_in_its_file():
    statement = sent("-- comment\n\nCREATE OR REPLACE\n  PACKAGE BODY p AS\nEND;\n/")
    assert (statement.line, statement.column) == (4, 3)


@pytest.mark.parametrize(
    "text",
    ["", "-- nothing", "SELECT 1 FROM dual", "CREATE TABLE t (a NUMBER)", "PACKAGE p AS END;",
     "CREATE OR REPLACE PACKAGE", "CREATE PROCEDURE IF NOT EXISTS p IS BEGIN NULL; END;"],
)  # fmt: skip
def test_what_is_no_unit_is_refused(text):
    with pytest.raises(UsageError, match=r"p\.pks"):
        sent(text, "p.pks")


def test_trimmed():
    assert trimmed("\ufeffa\r\nb \r\n/\r\n\r\n") == "a\nb"


def test_statements_between_slashes():
    text = "-- head\nCREATE TABLE t (\n  a NUMBER\n)\n/\n-- only this\n/\nCOMMENT ON TABLE t IS 'a/b'\n;\n"
    assert split_statements(text) == [
        "-- head\nCREATE TABLE t (\n  a NUMBER\n)",
        "COMMENT ON TABLE t IS 'a/b'",
    ]


def test_the_helper_is_complete_and_within_the_limits_of_12c():
    helper, alias = helper_packages()
    assert [table.name for table in helper.tables] == [
        "DTM_STREAMS",
        "DTM_PARAMETERS",
        "DTM_MARKERS",
        "DTM_SQL_LOG",
    ]
    assert [(unit.type, unit.name) for unit in (*helper.units, *alias.units)] == [
        ("PACKAGE", "DTM"),
        ("PACKAGE BODY", "DTM"),
        ("PACKAGE", "DOM"),
        ("PACKAGE BODY", "DOM"),
    ]
    for unit in (*helper.units, *alias.units):
        assert "DBMS_LOCK" not in unit.text  # compiles where it is not granted
        assert unit.type != "PACKAGE" or "AUTHID DEFINER" in unit.text
