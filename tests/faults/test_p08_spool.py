"""P8: logs are complete and lose no task's outcome while the repository is away."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.errors import ExitCode
from tests.conftest import Database
from tests.faults.process import wait_until
from tests.faults.world import FaultWorld, fault_world


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


# A mount namespace of its own, in which the spool is a file system of one page that is full, or one
# that cannot be written. exec: the signals of the test reach the runner.
MOUNT = {
    "full": 'mount -t tmpfs -o size=4k full "$0" && head -c 4096 /dev/zero > "$0/ballast" 2>/dev/null',
    "read-only": 'mount -t tmpfs -o ro readonly "$0"',
}


def mounted(kind: str, spool_directory: Path) -> list[str]:
    """The command before a runner's that gives it such a spool; skips where nobody may mount."""
    spool_directory.mkdir(parents=True)
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    script = f'{MOUNT[kind]}; test -d "$0" && exec "$@"'
    command = [*prefix, script, str(spool_directory)]
    probe = f'{MOUNT[kind]}; ! touch "$0/x" 2>/dev/null || ! head -c 1 /dev/zero > "$0/y"'
    try:
        done = subprocess.run([*prefix, probe, str(spool_directory)], check=False, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no unshare here, so no file system of the test's own")
    if done.returncode != 0:
        pytest.skip("no user namespace with mounts here: the disk cannot be filled up")
    return command


@pytest.mark.parametrize("kind", ["full", pytest.param("read-only", marks=pytest.mark.slow)])
def test_no_room_on_the_spools_disk(apart: FaultWorld, own: Database, kind: str) -> None:
    """The running task ends, no new one starts, exit code 6; then nothing is lost or repeated."""
    assert own.sandbox is not None
    wrapper = mounted(kind, apart.state_dir / "spool")
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process(outage_s=2.0, wrapper=wrapper)
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        assert process.wait() == ExitCode.DEGRADED, process.output()
    said = "No space left on device" if kind == "full" else "Read-only file system"
    assert said in process.output()
    assert apart.calls("east")["b"] == 0, "no new task starts"
    assert spool(apart) == []
    own.sandbox.start()
    report = apart.run(wait_s=10)
    assert report.exit_code is ExitCode.OK, report
    assert apart.calls("east")["a"] == 1
    assert ("east", "a", "DONE", "MARKER") in apart.attempts(report.run_id)
    logged = apart.query("SELECT COUNT(*) FROM dtm_run_sql WHERE task_name = 'a'")
    assert logged == [(1,)], "its statements come from the client"
    apart.assert_each_once("east")


@pytest.mark.slow
def test_a_damaged_spool_is_replayed_as_far_as_it_can_be_read(
    apart: FaultWorld, own: Database
) -> None:
    assert own.sandbox is not None
    apart.tell("east", "a", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process()
        apart.wait_for_call("east", "a")
        own.sandbox.kill()
        open_gate()
        wait_until(lambda: bool(spool(apart)), "the outcome is in the spool")
        process.kill()
    (path,) = spool(apart)
    whole = path.read_bytes()
    stray = whole.replace(b'"handle":"', b'"handle":"9')  # of a stream nobody knows here
    path.write_bytes(whole[: len(whole) // 2] + b"\n" + stray + whole + whole + whole[:100])
    own.sandbox.start()
    report = apart.run(wait_s=10)
    assert report.exit_code is ExitCode.OK, report
    assert spool(apart) == []
    assert [p.name for p in path.parent.iterdir()] == [f"{path.name}.kept"]
    (said,) = [e.message for e in apart.reporter.events if "replayed" in e.message]
    assert "line 1" in said
    assert "is not known here" in said
    assert apart.calls("east")["a"] == 1
    apart.assert_each_once("east")
