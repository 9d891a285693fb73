"""Seeded random: 2-4 runners at a time, and strikes, drops, kills and stops thrown at them.

The seed decides everything but the timing; a failing seed says how to play it again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from dtm.oracle.errors import OracleError
from dtm.runner.ports import Point
from tests.faults.audit import audit, audit_calls
from tests.faults.process import Process, begin_together
from tests.faults.world import FaultWorld

POINTS = [point.value for point in Point]
TASKS = ("iterator", "initial", "a", "b", "c", "s", "p", "d", "finalN")
DROPS = ("drop-call", "drop-before", "drop-after", "kill")


def start(ref: FaultWorld, dice: random.Random) -> Process:
    """A runner that may strike itself somewhere."""
    wait_s = dice.choice([0, 5])
    if dice.random() < 0.4:
        return ref.process(wait_s=wait_s, held=True)
    action = dice.choice(["kill", "kill", "raise"])
    return ref.process(
        point=dice.choice(POINTS),
        action=action,
        count=dice.randint(1, 6),
        wait_s=wait_s,
        held=True,
    )


# --- what is thrown at them


def kill_one(_: FaultWorld, runners: list[Process], dice: random.Random) -> None:
    dice.choice(runners).kill()


def stop_for_a_while(_: FaultWorld, runners: list[Process], dice: random.Random) -> None:
    runner = dice.choice(runners)
    runner.signal(signal.SIGSTOP)
    time.sleep(dice.random())
    runner.signal(signal.SIGCONT)


def interrupt_one(_: FaultWorld, runners: list[Process], dice: random.Random) -> None:
    dice.choice(runners).signal(signal.SIGTERM)


def kill_sessions(ref: FaultWorld, _: list[Process], dice: random.Random) -> None:
    """A DBA kills some sessions of the repository's or the client's schema."""
    schema = dice.choice([ref.repository, ref.schemas["east"]])
    admin = ref.database.admin()
    sql = "SELECT sid, serial# FROM v$session WHERE username = :u ORDER BY sid"
    for sid, serial in admin.query(sql, {"u": schema.user}):
        if dice.random() < 0.5:
            try:
                admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
            except OracleError as error:  # it had just ended by itself
                if error.code not in ("ORA-00030", "ORA-00031"):
                    raise
    admin.close()


def drop_a_call(ref: FaultWorld, _: list[Process], dice: random.Random) -> None:
    """The network loses a call to come, or its answer."""
    schema = dice.choice([ref.repository, ref.schemas["east"]])
    action, nth = dice.choice(DROPS), dice.randint(1, 60)
    if ref.database.sandbox is not None:
        ref.database.sandbox.fault(action, user=schema.user, nth=nth, times=dice.randint(1, 2))


Disturbance = Callable[[FaultWorld, list[Process], random.Random], None]
DISTURBANCES: tuple[Disturbance, ...] = (
    kill_one,
    stop_for_a_while,
    interrupt_one,
    kill_sessions,
    drop_a_call,
)


def play(ref: FaultWorld, seed: int, log: list[str]) -> None:
    """One scenario; then runs until it is through, and looks at every trace it left.

    `log` is told what happened.
    """
    dice = random.Random(seed)
    for _ in range(dice.randint(0, 3)):
        ref.tell("east", dice.choice(TASKS), "FAIL")
    for _ in range(dice.randint(1, 2)):
        runners = [start(ref, dice) for _ in range(dice.randint(2, 4))]
        begin_together(runners)
        for _ in range(dice.randint(0, 3)):
            time.sleep(dice.random())
            disturb = dice.choice(DISTURBANCES)
            log.append(disturb.__name__)
            disturb(ref, runners, dice)
        for runner in runners:
            runner.wait(240)
    if ref.database.sandbox is not None:
        ref.database.sandbox.clear_faults()
    reports = [ref.run(wait_s=20)]
    while reports[-1].exit_code != 0 and len(reports) < 12:
        reports.append(ref.run(wait_s=20))
    log += [f"{report.run_id} {report.state}" for report in reports]
    assert reports[-1].exit_code == 0, (seed, reports[-1])
    for (run_id,) in ref.query("SELECT run_id FROM dtm_runs"):
        audit(ref, run_id, f"seed {seed}", repeatable=12)
    audit_calls(ref, "east", f"seed {seed}")
    ref.assert_no_locks()


def play_or_say(ref: FaultWorld, seed: int) -> None:
    """The same; what goes wrong is told together with how to play it again."""
    log: list[str] = []
    try:
        play(ref, seed, log)
    except BaseException as error:
        error.add_note(f"disturbed by: {', '.join(log)}")
        place = f"tests/faults/test_random.py::test_seed[sandbox-{seed}]"
        error.add_note(f"again: SEEDS={seed}-{seed} ./dev test --all '{place}'")
        error.add_note("".join(process.output() for process in ref.processes))
        raise
    finally:
        if ref.database.sandbox is not None:
            ref.database.sandbox.clear_faults()


def seeds() -> range:
    """SEEDS=first-last; several hundred by default."""
    first, last = map(int, os.environ.get("SEEDS", "100-399").split("-"))
    return range(first, last + 1)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1])
def test_a_few_seeds(ref: FaultWorld, seed: int) -> None:
    play_or_say(ref, seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", seeds())
def test_seed(ref: FaultWorld, seed: int) -> None:
    play_or_say(ref, seed)
