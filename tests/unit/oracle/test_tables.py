"""State tables: reading CREATE TABLE texts, and what is done to a live table."""

from __future__ import annotations

import pytest

from dtm.errors import UsageError
from dtm.model.database import NO_TYPES
from dtm.model.package import SourceUnit
from dtm.oracle.helper import helper_packages
from dtm.oracle.tables import TableResult, compare_tables, ensure_table, read_table

TEXT = """
CREATE TABLE app.state$x (
  run_id   NUMBER        NOT NULL,
  part     VARCHAR2(30 CHAR) DEFAULT 'a,b' NOT NULL,
  amount   NUMBER(10, 2),
  n        INTEGER,
  at_time  TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT state$x_pk PRIMARY KEY (run_id, part, n),
  CHECK (amount > (0 + 1))
) TABLESPACE users;
/
COMMENT ON TABLE state$x IS 'x'
/
"""
UNIT = SourceUnit("TABLE", "STATE$X", "state.sql", TEXT)


class FakeSession:
    """Answers the dictionary query with `columns`; keeps the DDL it is given."""

    def __init__(self, columns: list[tuple[object, ...]]) -> None:
        self.columns = columns
        self.executed: list[str] = []

    def query(self, sql, binds=None):
        assert binds == {"table0": "STATE$X"}
        assert "IN (:table0)" in sql
        return [("STATE$X", *column) for column in self.columns]

    def execute(self, sql, binds=None):
        self.executed.append(sql)
        return 0

    def execute_many(self, sql, rows, *, commit=False):
        raise AssertionError(sql)

    def call(self, block, binds, out, *, types=NO_TYPES, commit=False):
        raise AssertionError(block)

    def commit(self) -> None:
        raise AssertionError

    def rollback(self) -> None:
        raise AssertionError

    def close(self) -> None:
        raise AssertionError


LIVE: list[tuple[object, ...]] = [
    ("RUN_ID", "NUMBER", 22, None, None, "N", None, 0),
    ("PART", "VARCHAR2", 120, None, None, "N", "C", 30),
    ("AMOUNT", "NUMBER", 22, 10, 2, "Y", None, 0),
    ("N", "NUMBER", 22, None, 0, "N", None, 0),
    ("AT_TIME", "TIMESTAMP(6) WITH TIME ZONE", 13, None, 6, "Y", None, 0),
]


def test_columns_of_a_create_table():
    table = read_table(TEXT, "state.sql")
    assert table.name == "STATE$X"
    assert table.create.startswith("CREATE TABLE state$x (")
    assert table.rest == ("COMMENT ON TABLE state$x IS 'x'",)
    assert [(c.name, c.type, c.size, c.not_null) for c in table.columns] == [
        ("RUN_ID", "NUMBER", (), True),
        ("PART", "VARCHAR2", (30,), True),
        ("AMOUNT", "NUMBER", (10, 2), False),
        ("N", "NUMBER", (38, 0), True),
        ("AT_TIME", "TIMESTAMP", (6,), False),
    ]
    assert table.columns[1].text == "part     VARCHAR2(30 CHAR) DEFAULT 'a,b' NOT NULL"


def test_a_missing_table_is_created_with_its_comments():
    session = FakeSession([])
    assert ensure_table(session, UNIT) == TableResult("STATE$X", created=True)
    assert len(session.executed) == 2
    assert session.executed[0].endswith("TABLESPACE users")


def test_a_table_that_fits_is_left_alone():
    session = FakeSession(LIVE)
    result = ensure_table(session, UNIT)
    assert result == TableResult("STATE$X")
    assert not result.changed
    assert session.executed == []


def test_missing_columns_are_added_and_the_rest_is_only_reported():
    live = [
        ("RUN_ID", "VARCHAR2", 40, None, None, "N", "B", 40),
        *LIVE[1:2],
        ("AMOUNT", "NUMBER", 22, 12, 2, "N", None, 0),
        LIVE[3],
        ("OLD", "DATE", 7, None, None, "Y", None, 0),
    ]
    session = FakeSession(live)
    result = ensure_table(session, UNIT)
    assert session.executed == [
        'ALTER TABLE "STATE$X" ADD (at_time  TIMESTAMP(6) WITH TIME ZONE)',
        "COMMENT ON TABLE state$x IS 'x'",
    ]
    assert result.added == ("AT_TIME",)
    assert result.differences == (
        "column RUN_ID is VARCHAR2(40), the source says NUMBER",
        "column AMOUNT is NUMBER(12,2), the source says NUMBER(10,2)",
        "column AMOUNT is NOT NULL, the source says otherwise",
        "column OLD exists but is not in the source",
    )


def test_a_preview_changes_nothing():
    session = FakeSession(LIVE[:4])
    assert compare_tables(session, [UNIT])["STATE$X"].added == ("AT_TIME",)
    assert session.executed == []


@pytest.mark.parametrize(
    "text",
    ["", "CREATE VIEW v AS SELECT 1 a FROM dual", "CREATE TABLE", "CREATE TABLE t", "DROP TABLE t",
     "CREATE TABLE t AS SELECT * FROM u"],
)  # fmt: skip
def test_what_is_no_table_is_refused(text):
    with pytest.raises(UsageError, match=r"t\.sql"):
        read_table(text, "t.sql")


def test_every_table_and_column_of_the_helper_has_a_comment():
    for unit in helper_packages()[0].tables:
        table = read_table(unit.text, unit.file)
        name = table.name.lower()
        comments = " ".join(table.rest)
        assert f"COMMENT ON TABLE {name} IS" in comments
        for column in table.columns:
            assert f"COMMENT ON COLUMN {name}.{column.name.lower()} IS" in comments
            assert len(column.name) <= 30
