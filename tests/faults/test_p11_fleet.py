"""P11, P13, P15 over a fleet: sick instances of every kind delay nobody else, are told apart and
named in groups, and the same command finishes what they left once they are well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.cli.view_run import report_text
from dtm.errors import ExitCode
from dtm.runner.request import RunReport
from tests.conftest import Database
from tests.faults.fleet import Fleet, make_fleet
from tests.faults.lines import Health

LINES = 5
REFUSED, SILENT, SLOW, HOLE, WRONG = (f"db-{number:03}" for number in range(1, LINES + 1))
LISTENER, LOCKED, DRIFTED, FAILING = (f"db-{number:03}" for number in range(6, 10))
SWAPPED = ("swap-a", "swap-b")
AWAY = (REFUSED, SILENT, SLOW, HOLE, LISTENER)
SICK = (*AWAY, WRONG, LOCKED, DRIFTED, FAILING, *SWAPPED)
FAIL = "BEGIN RAISE_APPLICATION_ERROR(-20500, ''no''); END;"


def fall_ill(fleet: Fleet) -> None:
    """Each of SICK in its own way."""
    fleet.lines[REFUSED].refuse()
    fleet.lines[SILENT].health = Health.SILENT
    fleet.lines[SLOW].health = Health.SLOW
    fleet.lines[HOLE].health = Health.BLACK_HOLE
    fleet.password(WRONG, "Wrong_4711")
    swap(fleet)
    main = fleet.home[LISTENER]
    main.fault("refuse", instance="DB_006", code=12516, times=0)
    dba(fleet, LOCKED, "ALTER USER dtm ACCOUNT LOCK")
    body = "CREATE OR REPLACE PACKAGE BODY fleet AS PROCEDURE work(p_handle IN VARCHAR2) IS BEGIN"
    body += " NULL; END; PROCEDURE rest(p_handle IN VARCHAR2) IS BEGIN NULL; END; END fleet;"
    fleet.execute([DRIFTED], body)
    fleet.execute([FAILING], f"INSERT INTO fleet_knobs (statement) VALUES ('{FAIL}')")
    for line in fleet.lines.values():
        line.accepted = 0


def recover(fleet: Fleet) -> None:
    fleet.lines[REFUSED].accept()
    for name in (SILENT, SLOW, HOLE):
        fleet.lines[name].health = Health.GOOD
    fleet.password(WRONG, None)
    swap(fleet)
    fleet.home[LISTENER].clear_faults()
    dba(fleet, LOCKED, "ALTER USER dtm ACCOUNT UNLOCK")
    fleet.execute([FAILING], "DELETE FROM fleet_knobs")


def swap(fleet: Fleet) -> None:
    one, other = (fleet.lines[name] for name in SWAPPED)
    one.target, other.target = other.target, one.target


def dba(fleet: Fleet, name: str, statement: str) -> None:
    session = fleet.client(name, "SYSTEM", fleet.home[name].password)
    session.execute(statement)
    session.close()


@pytest.fixture(params=[12, pytest.param(100, marks=pytest.mark.slow)])
def fleet(request: pytest.FixtureRequest, sandbox: Database, tmp_path: Path) -> Iterator[Fleet]:
    with make_fleet(tmp_path, request.param, LINES) as made:
        yield made


def check_sick(fleet: Fleet, report: RunReport) -> None:
    by_name = {stream.instance: stream for stream in report.streams}
    assert {name for name, s in by_name.items() if s.exit_code is not ExitCode.OK} == set(SICK)
    assert {name for name in SICK if by_name[name].exit_code is ExitCode.DEGRADED} == set(AWAY)
    assert by_name[FAILING].exit_code is ExitCode.FAILED
    assert "ORA-01017" in by_name[WRONG].message
    assert "ORA-28000" in by_name[LOCKED].message
    assert "drift" in by_name[DRIFTED].message
    for name in SWAPPED:
        assert "another database" in by_name[name].message
        assert fleet.ledger(name) == [], "nothing ran on the wrong database"
    assert fleet.lines[WRONG].accepted == 1, "one failed logon per credential and run"
    text = report_text(report)
    assert len(text.splitlines()) < 45
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.timeout(600)
def test_sick_instances_of_a_fleet(fleet: Fleet) -> None:
    healthy = set(fleet.names) - set(SICK)
    fall_ill(fleet)
    report = fleet.run()
    assert report.exit_code is ExitCode.ERROR, report
    check_sick(fleet, report)
    ended = fleet.ended()
    last = max(ended[name] for name in healthy)
    for name in (SILENT, SLOW, HOLE):
        assert last < ended[name], f"{name} held others up"
    assert all(fleet.ledger(name) == ["rest", "work"] for name in healthy)

    recover(fleet)
    again = fleet.run(repair=True)
    assert again.exit_code is ExitCode.OK, again
    assert again.run_id == report.run_id
    assert all(fleet.ledger(name) == ["rest", "work"] for name in fleet.names)
