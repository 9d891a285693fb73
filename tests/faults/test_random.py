"""Seeded random: several runners, random strikes, random misbehaviour; a failing seed repeats itself.

pytest tests/faults/test_random.py --all -k 'seed and 1234'
"""

from __future__ import annotations

import random
import time

import pytest

from dtm.runner.ports import Point
from tests.faults.test_nth_operation import check
from tests.faults.world import FaultWorld, Process

POINTS = [point.value for point in Point]
TASKS = ("iterator", "initial", "a", "b", "c", "s", "p", "d", "finalN")


def start(ref: FaultWorld, dice: random.Random) -> Process:
    """A runner that may strike itself somewhere."""
    if dice.random() < 0.6:
        return ref.process(
            point=dice.choice(POINTS), count=dice.randint(1, 6), wait_s=dice.choice([0, 5])
        )
    return ref.process(wait_s=dice.choice([0, 5]))


def play(ref: FaultWorld, seed: int) -> None:
    """One scenario; then runs until it is through, and looks at the ledger."""
    dice = random.Random(seed)
    for _ in range(dice.randint(0, 3)):
        ref.tell("east", dice.choice(TASKS), "FAIL")
    for _ in range(dice.randint(1, 3)):
        runners = [start(ref, dice) for _ in range(dice.randint(1, 3))]
        time.sleep(dice.random())
        for runner in runners:
            if dice.random() < 0.3:
                runner.kill()
            else:
                runner.wait(120)
                runner.output()
    reports = [ref.run(wait_s=20)]
    while reports[-1].exit_code != 0 and len(reports) < 12:
        reports.append(ref.run(wait_s=20))
    assert reports[-1].exit_code == 0, (seed, reports[-1])
    for (run_id,) in ref.query("SELECT run_id FROM dtm_runs WHERE state = 'COMPLETED'"):
        check(ref, run_id, f"seed {seed}")
    assert ref.query("SELECT COUNT(*) FROM dtm_runs WHERE open_key IS NOT NULL") == [(0,)]
    left = ref.query(
        "SELECT COUNT(*) FROM dtm_run_attempts a JOIN dtm_run_streams s ON s.handle = a.handle"
        " WHERE a.state = 'RUNNING'"
    )
    assert left == [(0,)], seed
    ref.assert_no_locks()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_few_seeds(ref: FaultWorld, seed: int) -> None:
    play(ref, seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 400))
def test_seed(ref: FaultWorld, seed: int) -> None:
    play(ref, seed)
