"""A runner in a process of its own, which a test may kill or stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

READY = "READY"  # what a held process writes when it has loaded everything


class Process:
    """A runner in a process of its own; what it writes goes to a file.

    A `held` one loads everything, says so, and does nothing before `begin`: on a busy machine that
    takes longer than a run, and whatever is to happen to a run must not happen to its loading.
    """

    def __init__(
        self,
        given: dict[str, Any],
        directory: Path,
        env: Mapping[str, str],
        wrapper: Sequence[str] = (),
        *,
        held: bool = False,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        number = len(list(directory.glob("runner-*.out")))
        self._path = directory / f"runner-{number}.out"
        command = [*wrapper, sys.executable, "-m", "tests.faults.runner_process"]
        with self._path.open("w") as out:
            self.popen = subprocess.Popen(
                [*command, "--held"] if held else command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=Path(__file__).parents[2],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **env},
            )
        self._given = json.dumps(given)
        if not held:
            self.begin()

    def begin(self) -> None:
        """Tell it what to do."""
        assert self.popen.stdin is not None
        with self.popen.stdin as stdin:
            stdin.write(self._given)

    @property
    def ready(self) -> bool:
        """A held process waits for `begin`. AssertionError if it has ended instead."""
        assert self.popen.poll() is None, self.output()
        return READY in self.output()

    @property
    def pid(self) -> int:
        return self.popen.pid

    def wait(self, timeout_s: float = 100.0) -> int:
        """The exit status; negative for a signal."""
        return self.popen.wait(timeout_s)

    def output(self) -> str:
        """What it wrote."""
        return self._path.read_text()

    def kill(self) -> None:
        """kill -9."""
        self.popen.kill()
        self.popen.wait(10)
        if self.popen.stdin is not None:  # it may never have begun
            self.popen.stdin.close()

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)


def begin_together(processes: Sequence[Process]) -> None:
    """Let held processes begin when the last of them is ready."""
    wait_until(lambda: all(process.ready for process in processes), "all are ready", 300.0)
    for process in processes:
        process.begin()


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Poll until true; AssertionError after `timeout_s` seconds."""
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, f"not within {timeout_s:g} s: {what}"
        time.sleep(0.05)
