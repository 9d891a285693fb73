"""Migrations on a database: repeatable, resumable after every statement, commented throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from dtm.errors import ConfigurationError
from dtm.model.database import Row
from dtm.oracle.session import OracleSession
from dtm.repository.migrations import bundled, parse
from dtm.repository.migrator import Migrator
from tests.conftest import Database, Schema
from tests.contract.repository.world import REPOSITORY_GRANTS

SMALL = """CREATE TABLE MIG_ONE (ID NUMBER NOT NULL, CONSTRAINT MIG_ONE_PK PRIMARY KEY (ID))
/
COMMENT ON TABLE MIG_ONE IS 'one'
/
COMMENT ON COLUMN MIG_ONE.ID IS 'id'
/
CREATE INDEX MIG_IX ON MIG_TWO (A)
/
INSERT INTO MIG_ONE (ID) VALUES (1)
/
CREATE SEQUENCE MIG_SEQ START WITH 1 INCREMENT BY 1
/
ALTER TABLE MIG_ONE ADD (NOTE VARCHAR2(10))
/
CREATE OR REPLACE VIEW MIG_V AS SELECT ID FROM MIG_ONE
/
ALTER TABLE MIG_ONE ADD CONSTRAINT MIG_NOTE CHECK (NOTE <> 'x')
/
UPDATE MIG_ONE SET ID = ID + 1
"""


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


class Mortal:
    """A session whose process dies at the n-th change, before or after the database did it."""

    def __init__(self, session: OracleSession, at: int, *, after: bool) -> None:
        self._session = session
        self._left = at
        self._after = after

    def query(self, sql: str, binds: Mapping[str, Any] | None = None) -> list[Row]:
        return self._session.query(sql, binds)

    def execute(self, sql: str, binds: Mapping[str, Any] | None = None) -> int:
        self._left -= 1
        if self._left == 0 and not self._after:
            self._session.rollback()
            raise Killed
        count = self._session.execute(sql, binds)
        if self._left == 0:
            self._session.rollback()
            raise Killed
        return count

    def execute_many(
        self, sql: str, rows: Sequence[Mapping[str, Any]], *, commit: bool = False
    ) -> int:
        return self._session.execute_many(sql, rows, commit=commit)

    def call(self, *_rest: Any, **_named: Any) -> dict[str, Any]:
        raise AssertionError

    def commit(self) -> None:
        self._session.commit()

    def rollback(self) -> None:
        self._session.rollback()

    def close(self) -> None:
        self._session.close()


@pytest.fixture
def schema(database: Database) -> Iterator[Schema]:
    with database.schema("DTMREPO", REPOSITORY_GRANTS) as made:
        yield made


@pytest.fixture
def session(schema: Schema) -> Iterator[OracleSession]:
    opened = schema.connect()
    yield opened
    opened.close()


def test_a_new_schema_is_migrated_and_then_left_alone(session: OracleSession) -> None:
    migrator = Migrator(session, "1.0")
    assert migrator.status().current == 0
    names = migrator.apply()
    assert names == tuple(f"{m.version:04d}_{m.name}" for m in bundled()[1:])
    status = migrator.status()
    assert (status.current, status.pending) == (status.newest, ())
    sql = "SELECT object_name, last_ddl_time FROM user_objects ORDER BY 1"
    before = session.query(sql)
    assert migrator.apply() == ()
    assert session.query(sql) == before
    assert session.query("SELECT object_name FROM user_objects WHERE status <> 'VALID'") == []


def test_every_table_view_and_column_has_a_comment(session: OracleSession) -> None:
    Migrator(session, "1.0").apply()
    tables = session.query("SELECT table_name, comments FROM user_tab_comments")
    assert len(tables) > 30
    assert [name for name, comment in tables if not comment] == []
    columns = session.query("SELECT table_name, column_name, comments FROM user_col_comments")
    assert len(columns) > 250
    assert [(t, c) for t, c, comment in columns if not comment] == []


def small(session: OracleSession) -> tuple[Any, ...]:
    ordered = SMALL.replace("ON MIG_TWO (A)", "ON MIG_ONE (NOTE)").split("\n/\n")
    ordered.append(ordered.pop(3))
    return (bundled()[0], parse("0001_small.sql", "\n/\n".join(ordered)))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_change_it_goes_on_where_it_was(schema: Schema, after: bool) -> None:
    finished = False
    at = 0
    while not finished:
        at += 1
        session = schema.connect()
        scripts = small(session)
        try:
            Migrator(Mortal(session, at, after=after), "1.0", scripts).apply()
            finished = True
        except Killed:
            Migrator(session, "1.0", scripts).apply()
        assert session.query("SELECT id, note FROM mig_one") == [(2, None)]
        objects = session.query("SELECT COUNT(*) FROM user_objects WHERE object_name LIKE 'MIG%'")
        assert objects == [(5,)]
        _clean(session)
        session.close()
    assert at > 25


def _clean(session: OracleSession) -> None:
    for statement in (
        "DROP VIEW mig_v",
        "DROP SEQUENCE mig_seq",
        "DROP TABLE mig_one PURGE",
        "DROP TABLE dtm_schema_version PURGE",
    ):
        session.execute(statement)


@pytest.mark.parametrize("at", [3, 150, 290])
def test_the_real_scripts_resume_too(session: OracleSession, at: int) -> None:
    with pytest.raises(Killed):
        Migrator(Mortal(session, at, after=True), "1.0").apply()
    Migrator(session, "1.1").apply()
    assert Migrator(session, "1.1").status().pending == ()


def test_a_newer_schema_is_refused(session: OracleSession) -> None:
    Migrator(session, "9.0").apply()
    with pytest.raises(ConfigurationError, match=r"has version \d+; this dtm knows up to 1"):
        Migrator(session, "1.0", bundled()[:2]).status()


def test_an_interrupted_script_that_has_changed_is_refused(session: OracleSession) -> None:
    scripts = small(session)
    with pytest.raises(Killed):
        Migrator(Mortal(session, 14, after=True), "1.0", scripts).apply()
    changed = parse("0001_small.sql", "CREATE TABLE MIG_OTHER (ID NUMBER)")
    with pytest.raises(ConfigurationError, match="its script has changed"):
        Migrator(session, "1.0", (scripts[0], changed)).apply()
