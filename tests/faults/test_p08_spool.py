"""P8: logs are complete and lose no task's outcome while the repository is away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.errors import ExitCode
from tests.conftest import Database
from tests.faults.world import FaultWorld, fault_world, wait_until


@pytest.fixture
def apart(database: Database, own: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    """Repository in a process of its own, which the test may kill."""
    with fault_world(database, tmp_path / "state", central=own) as made:
        yield made


def spool(ref: FaultWorld) -> list[Path]:
    return list((ref.state_dir / "spool").glob("*.jsonl"))


def test_outage_is_bridged_and_the_run_goes_on(apart: FaultWorld, own: Database) -> None:
    assert own.sandbox is not None
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process()
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        wait_until(lambda: bool(spool(apart)), "the outcome is in the spool")
        assert apart.calls("east")["b"] == 0, "no new task starts"
        own.sandbox.start()
        assert process.wait() == 0, process.output()
    assert spool(apart) == []
    apart.assert_each_once("east")
    states = apart.query("SELECT task_name, state FROM dtm_run_attempts WHERE state <> 'DONE'")
    assert states == []
    logged = apart.query("SELECT COUNT(*) FROM dtm_run_sql WHERE task_name = 'a'")
    assert logged == [(1,)]


def test_outage_that_lasts_ends_the_runner_degraded_and_the_next_one_replays(
    apart: FaultWorld, own: Database
) -> None:
    assert own.sandbox is not None
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process(outage_s=2.0)
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        assert process.wait() == ExitCode.DEGRADED, process.output()
    assert len(spool(apart)) == 1
    own.sandbox.start()
    report = apart.run(wait_s=10)
    assert report.exit_code is ExitCode.OK, report
    assert spool(apart) == []
    assert apart.calls("east")["a"] == 1
    assert ("east", "a", "DONE", "ANSWER") in apart.attempts(report.run_id)
    apart.assert_each_once("east")


def test_killed_while_the_repository_was_away(apart: FaultWorld, own: Database) -> None:
    assert own.sandbox is not None
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process()
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        wait_until(lambda: bool(spool(apart)), "the outcome is in the spool")
        process.kill()
    own.sandbox.start()
    report = apart.run(wait_s=10)
    assert report.exit_code is ExitCode.OK, report
    assert spool(apart) == []
    apart.assert_each_once("east")


def test_spool_directory_that_cannot_be_written_costs_no_work(
    apart: FaultWorld, own: Database
) -> None:
    """Both are away, repository and local disk: the marker on the client still knows."""
    assert own.sandbox is not None
    (apart.state_dir).mkdir(parents=True, exist_ok=True)
    (apart.state_dir / "spool").write_text("a file where the directory should be")
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process(outage_s=2.0)
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        assert process.wait() == ExitCode.DEGRADED, process.output()
    (apart.state_dir / "spool").unlink()
    own.sandbox.start()
    assert apart.run(wait_s=10).exit_code is ExitCode.OK
    assert apart.calls("east")["a"] == 1
    apart.assert_each_once("east")
