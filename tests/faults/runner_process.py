"""A runner in a process of its own, which can strike itself at a named point.

Reads what `FaultWorld.process` gives from stdin; writes the report as JSON and exits with its code.
This module is the only place where a point can be armed from outside: the product has none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from dtm.errors import DtmError
from dtm.reconcile.oracle_target import helper_versions
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from dtm.runner.signals import SignalLadder
from tests.conftest import Database, Schema
from tests.faults.process import READY
from tests.faults.striking import Kill, Striker, installs, look, lost_answers
from tests.faults.world import QUICK, FaultWorld


def armed(world: FaultWorld, point: str | None, where: str, action: str, count: int) -> Striker:
    """A trigger that says what it sees, and then strikes this process."""

    def act() -> None:
        print(f"STRUCK {point} {where} {striker.seen.text() if striker.seen else ''}", flush=True)
        if action == "raise":
            raise DtmError(f"struck at {point}")
        os.kill(os.getpid(), signal.SIGSTOP if action == "stop" else signal.SIGKILL)

    kill = None if point is None else Kill(point)
    striker = Striker(kill, where, count, act, lambda: look(world, next(iter(world.schemas))))
    return striker


def main() -> int:
    """Run, armed."""
    if "--held" in sys.argv:
        print(READY, flush=True)
    given: dict[str, Any] = json.load(sys.stdin)
    database = Database(given["dsn"], "", "")
    schemas = {name: Schema(database, *login) for name, login in given["schemas"].items()}
    central, *login = given["repository"]
    world = FaultWorld(
        database,
        Schema(Database(central, "", ""), *login),
        schemas,
        helper=helper_versions(),
        state_dir=Path(given["state_dir"]),
    )
    patience = replace(QUICK.patience, outage_s=given["outage_s"])
    world.tuning = replace(QUICK, patience=patience)
    striker = armed(world, **given["strike"])
    deps = world.runner_deps(strike=striker)
    signals = SignalLadder()
    signals.install()
    try:
        with lost_answers(striker), installs(striker):
            report = run(RunRequest("ref-op", "test", **given["request"]), deps, signals)
    except DtmError as error:
        print(f"{type(error).__name__}: {error.message}")
        return int(error.exit_code)
    finally:
        signals.rest()
    print(json.dumps({"run_id": report.run_id, "state": report.state}))
    for stream in report.streams:
        print(f"{stream.instance}: {stream.state}: {stream.message}")
    print(*report.messages, sep="\n")
    return int(report.exit_code)


if __name__ == "__main__":
    sys.exit(main())
