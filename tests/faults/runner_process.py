"""A runner in a process of its own, which can strike itself at a named point.

Reads what `FaultWorld.process` gives from stdin; writes the report as JSON and exits with its code.
This module is the only place where a point can be armed from outside: the product has none.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from dtm.errors import DtmError
from dtm.reconcile.oracle_target import helper_versions
from dtm.runner.ports import Point
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from dtm.runner.signals import SignalLadder
from tests.conftest import Database, Schema
from tests.faults.world import QUICK, FaultWorld


class Armed:
    """Strikes once, at the given occurrence of a point."""

    def __init__(self, point: str | None, where: str, action: str, count: int) -> None:
        self._point = point
        self._where = where
        self._action = action
        self._left = count
        self._lock = threading.Lock()

    def __call__(self, point: Point, where: str) -> None:
        if point.value != self._point or self._where not in ("", where):
            return
        with self._lock:
            self._left -= 1
            if self._left != 0:
                return
        print(f"STRUCK {point.value} {where}", flush=True)
        if self._action == "raise":
            raise DtmError(f"struck at {point.value}")
        number = signal.SIGSTOP if self._action == "stop" else signal.SIGKILL
        os.kill(os.getpid(), number)


def main() -> int:
    """Run, armed."""
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
    deps = world.runner_deps(strike=Armed(**given["strike"]))
    signals = SignalLadder()
    signals.install()
    try:
        report = run(RunRequest("ref-op", "test", **given["request"]), deps, signals)
    except DtmError as error:
        print(f"{type(error).__name__}: {error.message}")
        return int(error.exit_code)
    finally:
        signals.rest()
    print(json.dumps({"run_id": report.run_id, "state": report.state}))
    for stream in report.streams:
        print(f"{stream.instance}: {stream.state}: {stream.message}")
    return int(report.exit_code)


if __name__ == "__main__":
    sys.exit(main())
