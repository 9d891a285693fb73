"""P6: an apply killed anywhere is simply run again, plan file and dead database included."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dtm.errors import DtmError, ExitCode
from dtm.reconcile import planfile
from dtm.reconcile.deps import ApplyOptions
from dtm.reconcile.target import Target
from tests.conftest import Database, Schema
from tests.contract.repository.conftest import migrated, one
from tests.contract.repository.world import (
    CLIENT_GRANTS,
    REPOSITORY_GRANTS,
    World,
    body_of,
)
from tests.faults.killed_apply import POINTS, STATUS
from tests.sandbox_process import SandboxProcess

__all__ = ["migrated", "one"]  # fixtures of the repository's tests

ROOT = Path(__file__).parents[2]


def kill_at(point: str, world: World, saved: str | None = None) -> None:
    given = {
        "point": point,
        "dsn": world.database.dsn,
        "repository": [world.repository.user, world.repository.password],
        "schemas": {name: [s.user, s.password] for name, s in world.schemas.items()},
        "saved": saved,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_apply"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == STATUS, f"the trap did not fire: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_apply_is_run_again_and_then_nothing_is_left_to_do(
    one: World, point: str
) -> None:
    kill_at(point, one)
    planned = one.plan().plan
    assert not planned.drift
    report = one.apply()
    assert report.exit_code is ExitCode.OK
    assert one.plan().plan.empty
    assert one.query("SELECT COUNT(*) FROM dtm_install_intents") == [(0,)]
    assert one.query("SELECT instance, package FROM dtm_releases") == [("east", "TIDY")]
    states = [state for (state,) in one.query("SELECT state FROM dtm_applies ORDER BY apply_id")]
    assert states in (["INTERRUPTED", "DONE"], ["RUNNING"])
    assert (states == ["RUNNING"]) == (point == "released, apply not finished")


@pytest.mark.parametrize("point", ["configuration written", "spec in", "body in"])
def test_a_plan_file_whose_apply_was_killed_is_applied_again(one: World, point: str) -> None:
    text = planfile.save(one.plan().plan)
    kill_at(point, one, saved=text)
    report = one.apply(one.tree(), ApplyOptions(saved=planfile.load(text)))
    assert report.exit_code is ExitCode.OK
    assert one.plan().plan.empty


def test_a_lock_never_outlives_its_session(one: World) -> None:
    kill_at("configuration written", one)
    assert one.apply().exit_code is ExitCode.OK


# --- the database dies, not dtm


@pytest.fixture
def mortal(sandbox: Database, tmp_path: Path) -> Iterator[World]:
    """A world in a sandbox of its own: repository and instance die together."""
    with SandboxProcess(tmp_path / "mortal") as process:
        database = Database(process.dsn(), "SYSTEM", process.password, process)
        repository = user(database, "REPO", REPOSITORY_GRANTS)
        yield World(database, repository, {"east": user(database, "CLIENT", CLIENT_GRANTS)})


def user(database: Database, name: str, grants: Sequence[str]) -> Schema:
    """A schema that goes with its sandbox: no session of a DBA outlives the kill."""
    made = Schema(database, name, "Pw_of_a_test")
    admin = database.admin()
    admin.execute(
        f'CREATE USER {name} IDENTIFIED BY "{made.password}"'
        " DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS"
    )
    for grant in grants:
        admin.execute(f"GRANT {grant} TO {name}")
    admin.close()
    return made


class Dying:
    """A target whose database is killed at the n-th install, before or after it is done."""

    def __init__(self, target: Target, process: SandboxProcess, at: int, *, done: bool) -> None:
        self._target = target
        self._process = process
        self._left = at
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def install(self, unit: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._done:
            self._process.kill()
        result = self._target.install(unit)
        if self._left == 0:
            self._process.kill()
        return result


@pytest.mark.parametrize(("at", "done"), [(1, False), (2, True)])
def test_apply_again_after_the_database_died(mortal: World, at: int, done: bool) -> None:
    process = mortal.database.sandbox
    assert process is not None
    mortal.wrap = lambda target: Dying(target, process, at, done=done)
    with pytest.raises(DtmError) as caught:
        mortal.apply()
    assert caught.value.exit_code is ExitCode.ERROR
    mortal.wrap = lambda target: target
    process.start()
    assert not mortal.plan().plan.drift
    assert mortal.apply().exit_code is ExitCode.OK
    assert "'one'" in body_of(mortal)
    assert mortal.plan().plan.empty
    states = [
        state for (state,) in mortal.query("SELECT state FROM dtm_applies ORDER BY apply_id")
    ]
    assert states == ["INTERRUPTED", "DONE"]
