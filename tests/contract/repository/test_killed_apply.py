"""P6: an apply killed anywhere is simply run again - with its plan file too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dtm.errors import ExitCode
from dtm.reconcile import planfile
from dtm.reconcile.deps import ApplyOptions
from tests.contract.repository.killed_apply import POINTS, STATUS
from tests.contract.repository.world import World

ROOT = Path(__file__).parents[3]


def kill_at(point: str, world: World, saved: str | None = None) -> None:
    given = {
        "point": point,
        "dsn": world.database.dsn,
        "repository": [world.repository.user, world.repository.password],
        "schemas": {name: [s.user, s.password] for name, s in world.schemas.items()},
        "saved": saved,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.contract.repository.killed_apply"],
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
