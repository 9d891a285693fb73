"""DBMS_LOB on LOBs of locked rows: refused, however they were fetched, and never lost in silence.

PL/SQL Packages and Types Reference 19c, "DBMS_LOB": writing through the locator of a locked row
changes the row. The sandbox has no locators.
"""

from __future__ import annotations

import pytest

from tests.unit.sandbox.plsql.real import Database

WRITE = "DBMS_LOB.WRITEAPPEND(c, 1, 'x');"
WAYS = {
    "select into": f"SELECT doc INTO c FROM docs FOR UPDATE; {WRITE}",
    "dynamic": f"EXECUTE IMMEDIATE 'SELECT doc FROM docs FOR UPDATE' INTO c; {WRITE}",
    "cursor": f"OPEN cur; FETCH cur INTO c; {WRITE}",
    "cursor variable": f"OPEN ref FOR SELECT doc FROM docs FOR UPDATE; FETCH ref INTO c; {WRITE}",
    "loop": f"FOR r IN (SELECT doc FROM docs FOR UPDATE) LOOP c := r.doc; {WRITE} END LOOP;",
    "bulk": f"SELECT doc BULK COLLECT INTO many FROM docs FOR UPDATE; c := many(1); {WRITE}",
    "returning": f"UPDATE docs SET id = 2 RETURNING doc INTO c; {WRITE}",
    "returning bulk": f"UPDATE docs SET id = 2 RETURNING doc BULK COLLECT INTO many; c := many(1); {WRITE}",
}
DECLARED = """DECLARE
  c CLOB;
  TYPE t_many IS TABLE OF CLOB;
  many t_many;
  ref SYS_REFCURSOR;
  CURSOR cur IS SELECT doc FROM docs FOR UPDATE;
BEGIN """


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("instance") / "one")
    session = database.session()
    session.sql_run("CREATE TABLE docs (id NUMBER, doc CLOB, pic BLOB)")
    session.sql_run("INSERT INTO docs VALUES (1, 'text', HEXTORAW('FF'))")
    yield session
    database.close()


@pytest.mark.parametrize("way", WAYS)
def test_writing_to_the_lob_of_a_locked_row_is_refused(session, way: str) -> None:
    error = session.error(f"{DECLARED} {WAYS[way]} END;")
    assert error.code == 3001
    assert "DTM-SBX-654" in error.text


def test_a_blob_too(session) -> None:
    error = session.error(
        "DECLARE b BLOB; BEGIN SELECT pic INTO b FROM docs FOR UPDATE;"
        " DBMS_LOB.WRITEAPPEND(b, 1, HEXTORAW('00')); END;"
    )
    assert "DTM-SBX-654" in error.text


def test_reading_it_and_writing_to_a_copy_are_not(session) -> None:
    session.run(
        f"{DECLARED} SELECT doc INTO c FROM docs FOR UPDATE;"
        " IF DBMS_LOB.GETLENGTH(c) <> 4 OR c || '' <> 'text' THEN RAISE VALUE_ERROR; END IF;"
        f" c := c || '!'; {WRITE} UPDATE docs SET doc = c; END;"
    )
    assert session.sql_run("SELECT doc FROM docs FOR UPDATE")[0][0] == "text!x"
    session.run(f"{DECLARED} SELECT TO_CLOB('a') INTO c FROM dual; {WRITE} END;")
