"""Installs on a database: compile errors, drift, older versions, state tables, code in use."""

from __future__ import annotations

from dtm.errors import ExitCode
from dtm.model.names import code_lock_name
from dtm.oracle.locks import Mode, request
from dtm.reconcile.changes import Action, Risk, UnitState
from dtm.reconcile.deps import ApplyOptions
from dtm.repository.records import InstallStatus, Outcome
from tests.contract.repository.world import (
    BODY,
    NEXT_BODY,
    TABLE,
    WRONG_BODY,
    World,
    body_of,
)


def test_a_compile_error_has_file_and_line_and_is_put_back(one: World) -> None:
    one.apply()
    version = one.query("SELECT version FROM dtm_releases")
    report = one.apply(one.tree(body=WRONG_BODY))
    assert report.exit_code is ExitCode.FAILED
    (failed,) = [a for a in report.applied if a.outcome is Outcome.FAILED]
    assert failed.message.startswith("tidy.pkb:5:")
    assert "P_NOBODY_KNOWS" in failed.message
    assert "'one'" in body_of(one, "east")
    assert one.on("east", "SELECT status FROM user_objects WHERE object_type LIKE 'PACK%'") == [
        ("VALID",),
        ("VALID",),
    ]
    assert one.query("SELECT version FROM dtm_releases") == version
    rows = one.query(
        "SELECT status, error FROM dtm_installs WHERE apply_id = 2 ORDER BY install_id"
    )
    assert [status for status, _ in rows] == [InstallStatus.FAILED, InstallStatus.RESTORED]
    assert "tidy.pkb:5:" in rows[0][1]
    assert one.query("SELECT state FROM dtm_applies WHERE apply_id = 2") == [("FAILED",)]
    fixed = one.apply(one.tree(body=NEXT_BODY))
    assert fixed.exit_code is ExitCode.OK
    assert "'two'" in body_of(one, "east")


def test_a_first_install_that_does_not_compile_leaves_nothing(one: World) -> None:
    report = one.apply(one.tree(body=WRONG_BODY))
    assert report.exit_code is ExitCode.FAILED
    assert one.on("east", "SELECT object_type FROM user_objects") == [("TABLE",)]
    assert one.query("SELECT COUNT(*) FROM dtm_releases") == [(0,)]


def test_a_change_by_hand_is_drift_and_its_text_is_kept(one: World) -> None:
    one.apply()
    by_hand = BODY.replace("'one'", "'by hand'").rstrip("/\n")
    one.do("east", by_hand)
    planned = one.plan().plan
    assert planned.drift
    assert planned.exit_code is ExitCode.CHANGES
    (change,) = planned.changes
    assert Risk.DRIFT in change.risks
    assert [unit.state for unit in change.units] == [UnitState.DRIFT]
    assert one.apply().exit_code is ExitCode.OK
    assert "'one'" in body_of(one, "east")
    kept = one.query(
        "SELECT s.text FROM dtm_installs i JOIN dtm_sources s ON s.sha256 = i.previous_sha256"
        " WHERE i.apply_id = 2"
    )
    assert "'by hand'" in kept[0][0]


def test_a_package_dropped_by_hand_is_noticed_and_comes_back(one: World) -> None:
    one.apply()
    one.do("east", "DROP PACKAGE tidy")
    (change,) = one.plan().plan.changes
    assert change.reason == "not there yet"
    assert {unit.state for unit in change.units} == {UnitState.MISSING}
    assert one.apply().exit_code is ExitCode.OK
    assert one.plan().plan.empty


def test_going_back_to_an_earlier_version_is_older_not_drift(one: World) -> None:
    one.apply()
    one.apply(one.tree(body=NEXT_BODY))
    (package, change) = one.plan().plan.changes
    assert package.action is Action.UPDATE
    assert change.reason == "older than the working tree"
    assert one.apply().exit_code is ExitCode.OK
    assert one.plan().plan.empty


def test_a_state_table_gets_new_columns_and_keeps_its_rows(one: World) -> None:
    one.apply()
    one.do("east", "INSERT INTO tidy_state (run_id) VALUES (7)")
    wider = one.tree(
        table=TABLE.replace("NOTE   VARCHAR2(100)", "NOTE   VARCHAR2(100),\n  EXTRA  DATE")
    )
    changes = one.plan(wider).plan.changes
    assert [unit.state for unit in changes[-1].units] == [UnitState.EXTEND]
    assert one.apply(wider).exit_code is ExitCode.OK
    assert one.on("east", "SELECT run_id, extra FROM tidy_state") == [(7, None)]
    assert one.plan(wider).plan.empty


def test_a_table_that_differs_is_reported_and_never_altered(one: World) -> None:
    one.apply()
    other = one.tree(table=TABLE.replace("VARCHAR2(100)", "VARCHAR2(50)"))
    planned = one.plan(other).plan
    assert "VARCHAR2(100)" in planned.warnings[0].message
    assert one.apply(other).exit_code is ExitCode.OK
    sql = "SELECT char_length FROM user_tab_columns WHERE column_name = 'NOTE'"
    assert one.on("east", sql) == [(100,)]


def test_code_in_use_is_not_replaced_under_its_user(one: World) -> None:
    one.apply()
    session = one.schemas["east"].connect()
    assert request(session, code_lock_name(one.schemas["east"].user), Mode.S).held
    report = one.apply(one.tree(body=NEXT_BODY), ApplyOptions(gate_s=0))
    session.close()
    assert report.exit_code is ExitCode.LOCKED
    (busy,) = [a for a in report.applied if a.outcome is Outcome.BUSY]
    assert "in use" in busy.message
    assert "'one'" in body_of(one, "east")
    assert one.query("SELECT COUNT(*) FROM dtm_install_intents") == [(0,)]
    assert one.apply(one.tree(body=NEXT_BODY)).exit_code is ExitCode.OK


def test_a_repository_restored_from_an_older_backup_installs_nothing_again(one: World) -> None:
    """P14: what is there is recognised by its text, and recorded again without any DDL."""
    one.apply()
    for table in ("installs", "releases", "instance_facts"):
        one.do("repository", f"DELETE FROM dtm_{table}")
    planned = one.plan().plan
    assert not planned.drift
    (change,) = planned.changes
    assert {unit.state for unit in change.units} == {UnitState.UNRECORDED}
    before = one.ddl_times()["east"]
    assert one.apply().exit_code is ExitCode.OK
    assert one.ddl_times()["east"] == before
    assert one.plan().plan.empty


def test_a_long_source_with_every_letter_survives(one: World) -> None:
    filler = "".join(f"  -- {number:05d} äöü ß € '' \"x\" :bind &sub\n" for number in range(2000))
    body = BODY.replace("BODY TIDY AS\n", f"BODY TIDY AS\n{filler}")
    assert one.apply(one.tree(body=body)).exit_code is ExitCode.OK
    assert body_of(one).count("€") == 2000
    kept = one.query("SELECT s.text FROM dtm_sources s ORDER BY DBMS_LOB.GETLENGTH(s.text) DESC")
    assert kept[0][0] == body
    assert one.plan(one.tree(body=body)).plan.empty
