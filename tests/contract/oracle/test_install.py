"""Installing: nothing twice, compile errors at their line, what was there put back."""

from __future__ import annotations

import pytest

from dtm.errors import UsageError
from dtm.model.package import SourceUnit, UnitKey
from dtm.oracle.helper import helper_packages
from dtm.oracle.install import (
    Looked,
    fingerprint,
    install_unit,
    live_unit,
    restore_unit,
)
from dtm.oracle.sources import sent
from dtm.oracle.tables import TableResult, compare_tables, ensure_table
from tests.contract.oracle.conftest import Client, install_package, unit

GOOD = """-- Who may pass
CREATE OR REPLACE FUNCTION toll(p_sacks IN NUMBER) RETURN NUMBER AUTHID DEFINER IS
BEGIN
  RETURN p_sacks * 2;
END toll;
/
"""
BAD = GOOD.replace("p_sacks * 2", "p_bags * 2")
KEY = UnitKey("FUNCTION", "TOLL")


def last_ddl_times(client: Client) -> list[tuple[object, ...]]:
    return client.main.query(
        "SELECT object_type, object_name, last_ddl_time, status FROM user_objects"
        " ORDER BY object_type, object_name"
    )


def test_the_helper_installs_and_a_second_time_nothing_changes(client: Client) -> None:
    before = last_ddl_times(client)
    assert {row[3] for row in before} == {"VALID"}
    for package in helper_packages():
        for table in package.tables:
            assert ensure_table(client.main, table) == TableResult(table.name)
        for source in package.units:
            assert not install_unit(client.main, source).changed
    assert last_ddl_times(client) == before


def test_the_helper_compiles_without_dbms_lock(database) -> None:
    with database.schema(
        "MILLER", ("CREATE SESSION", "CREATE TABLE", "CREATE PROCEDURE")
    ) as plain:
        session = plain.connect()
        for package in helper_packages():
            install_package(session, package)
        session.close()


def test_a_unit_is_read_back_and_recognised(client: Client) -> None:
    installed = install_unit(client.main, unit(GOOD))
    assert installed.ok
    assert installed.changed
    assert installed.previous_text is None
    live = fingerprint(client.main)[KEY]
    assert live.sha256 == installed.readback_sha
    assert live.text.rstrip() == sent(GOOD).source
    assert live.valid
    assert live.settings["PLSQL_OPTIMIZE_LEVEL"] == "2"
    assert not install_unit(client.main, unit(GOOD), live).changed
    assert client.main.query("SELECT toll(21) FROM dual") == [(42,)]


def test_an_install_costs_one_round_trip_beside_its_ddl(client: Client) -> None:
    install_unit(client.main, unit(GOOD), Looked.MISSING)
    live = fingerprint(client.main)
    before = client.main.round_trips
    install_unit(client.main, unit(GOOD.replace("* 2", "* 3")), live[KEY])
    assert client.main.round_trips - before == 2


def test_an_edit_on_the_instance_is_seen(client: Client) -> None:
    installed = install_unit(client.main, unit(GOOD))
    client.main.execute(sent(GOOD).statement.replace("* 2", "* 4"))
    assert fingerprint(client.main)[KEY].sha256 != installed.readback_sha
    repaired = install_unit(client.main, unit(GOOD))
    assert repaired.changed
    assert repaired.readback_sha == installed.readback_sha


def test_compile_errors_name_line_and_position_in_the_file(client: Client) -> None:
    installed = install_unit(client.main, unit(BAD))
    assert not installed.ok
    assert installed.status == "INVALID"
    assert client.main.compile_warning
    first = installed.errors[0]
    assert (first.line, first.position) == (4, 10)
    assert "PLS-00201" in first.text
    assert "P_BAGS" in first.text
    assert str(first).startswith("FUNCTION TOLL 4:10: PLS-00201")


def test_a_failed_install_is_undone(client: Client) -> None:
    good = install_unit(client.main, unit(GOOD))
    failed = install_unit(client.main, unit(BAD))
    assert failed.previous_text is not None
    restored = restore_unit(client.main, KEY, failed.previous_text)
    assert restored is not None
    assert restored.valid
    assert restored.sha256 == good.readback_sha


def test_a_failed_first_install_is_dropped(client: Client) -> None:
    failed = install_unit(client.main, unit(BAD))
    assert restore_unit(client.main, KEY, failed.previous_text) is None
    assert live_unit(client.main, KEY) is None
    assert restore_unit(client.main, KEY, None) is None


def test_dependents_that_no_longer_compile_are_reported(client: Client) -> None:
    client.install(GOOD)
    client.install(
        "CREATE OR REPLACE FUNCTION fare RETURN NUMBER AUTHID DEFINER IS"
        " BEGIN RETURN toll(1); END fare;"
    )
    wider = GOOD.replace("(p_sacks IN NUMBER)", "(p_sacks IN NUMBER, p_tax IN NUMBER)")
    broken = install_unit(client.main, unit(wider))
    assert broken.errors == ()
    assert broken.broken_dependents == (UnitKey("FUNCTION", "FARE"),)
    assert not broken.ok
    again = install_unit(client.main, unit(GOOD))
    assert again.broken_dependents == ()
    assert fingerprint(client.main)[UnitKey("FUNCTION", "FARE")].valid


def test_an_owner_in_the_source_is_left_out(client: Client) -> None:
    text = GOOD.replace("FUNCTION toll", 'FUNCTION "NOBODY".toll')
    assert install_unit(client.main, unit(text)).ok
    assert live_unit(client.main, KEY) is not None


def test_state_tables_grow(client: Client) -> None:
    small = "CREATE TABLE bins (run_id NUMBER NOT NULL, CONSTRAINT bins_pk PRIMARY KEY (run_id))"
    large = small.replace(", CONSTRAINT", ", grain VARCHAR2(20) DEFAULT 'rye', CONSTRAINT")
    first = SourceUnit("TABLE", "BINS", "bins.sql", small)
    second = SourceUnit("TABLE", "BINS", "bins.sql", large)
    assert compare_tables(client.main, [first])["BINS"].created
    assert ensure_table(client.main, first).created
    client.main.execute("INSERT INTO bins (run_id) VALUES (1)")
    client.main.commit()
    assert ensure_table(client.main, second).added == ("GRAIN",)
    assert ensure_table(client.main, second) == TableResult("BINS")
    assert client.main.query("SELECT run_id, grain FROM bins") == [(1, "rye")]
    difference = ensure_table(client.main, first).differences
    assert difference == ("column GRAIN exists but is not in the source",)


def test_text_that_is_no_unit_is_refused(client: Client) -> None:
    with pytest.raises(UsageError):
        install_unit(client.main, SourceUnit("PACKAGE", "X", "x.pks", "DROP TABLE ledger"))
