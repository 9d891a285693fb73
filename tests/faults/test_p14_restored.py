"""P14: a repository restored from an older backup repeats nothing and skips nothing."""

from __future__ import annotations

from typing import Any

from dtm.errors import ExitCode
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld

# Parents first; children are emptied first.
TABLES = (
    "dtm_runs",
    "dtm_run_streams",
    "dtm_run_parameters",
    "dtm_run_packages",
    "dtm_run_attempts",
    "dtm_run_sql",
    "dtm_run_events",
    "dtm_run_halts",
    "dtm_fences",
)
Backup = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def backup(ref: FaultWorld) -> Backup:
    """What an export of the run tables would hold."""
    found: Backup = {}
    for table in TABLES:
        columns = [
            row[0]
            for row in ref.query(
                "SELECT column_name FROM user_tab_columns WHERE table_name = :t ORDER BY column_id",
                t=table.upper(),
            )
        ]
        found[table] = (columns, ref.query(f"SELECT {', '.join(columns)} FROM {table}"))
    return found


def restore(ref: FaultWorld, saved: Backup) -> None:
    """Put it back."""
    session = ref.repository.connect()
    for table in reversed(TABLES):
        session.execute(f"DELETE FROM {table}")
    for table in TABLES:
        columns, rows = saved[table]
        places = ", ".join(f":{column.lower()}" for column in columns)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
        for row in rows:
            session.execute(sql, {c.lower(): v for c, v in zip(columns, row, strict=True)})
    session.commit()
    session.close()


def test_restored_to_the_middle_of_a_run(make: Make) -> None:
    with make(iterations=2) as ref:
        ref.tell("east", "b", "FAIL")
        assert ref.run().exit_code is ExitCode.FAILED
        saved = backup(ref)
        assert ref.run().exit_code is ExitCode.OK
        before = ref.ledger("east")
        restore(ref, saved)
        report = ref.run()
        assert report.exit_code is ExitCode.OK, report
        after = ref.ledger("east")
        assert {k: n for k, n in after.items() if k[1] != "initial"} == {
            k: n for k, n in before.items() if k[1] != "initial"
        }


def test_restored_to_the_middle_of_an_unfinished_run(ref: FaultWorld) -> None:
    """The repository has forgotten tasks that the client knows to be complete."""
    ref.tell("east", "b", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    saved = backup(ref)
    ref.tell("east", "d", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    restore(ref, saved)
    report = ref.run()
    assert report.exit_code is ExitCode.OK, report
    calls = ref.calls("east")
    assert (calls["b"], calls["s"], calls["p"], calls["d"]) == (2, 1, 1, 2)
    ref.assert_each_once("east")


def test_restored_to_before_the_first_task_is_refused(ref: FaultWorld) -> None:
    before = ref.process(point="run row written")
    assert before.wait() == -9, before.output()
    saved = backup(ref)
    assert ref.run(wait_s=10).exit_code is ExitCode.OK
    ledger = ref.ledger("east")
    restore(ref, saved)
    report = ref.run()
    assert report.exit_code is ExitCode.ERROR, report
    assert "markers" in report.streams[0].message
    assert ref.ledger("east") == ledger


def test_flashed_back_client_is_refused(ref: FaultWorld) -> None:
    ref.tell("east", "d", "FAIL")
    assert ref.run().exit_code is ExitCode.FAILED
    ref.do("east", "DELETE FROM dtm_markers WHERE task = 'p'")
    report = ref.run()
    assert report.exit_code is ExitCode.ERROR, report
    assert "no marker" in report.streams[0].message
    assert ref.calls("east")["d"] == 1
