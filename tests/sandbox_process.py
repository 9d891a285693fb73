"""A sandbox server process for tests: start it, kill it, make it misbehave."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

START_DEADLINE_S = 60.0


class SandboxProcess:
    """One server in `directory`, serving `instances` by service name; started by `with`.

    Everything goes through `python -m dtm.sandbox`, as a person would do it.
    """

    def __init__(self, directory: Path, instances: Sequence[str] = ("MILLDB",)) -> None:
        self.directory = directory
        self.instances = tuple(instances)
        self.password = f"Sys_{secrets.token_hex(8)}"
        self.port: int | None = None
        self.pid: int | None = None

    def __enter__(self) -> SandboxProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, on the port it had before."""
        port = 0 if self.port is None else self.port
        arguments = ["start", "--port", str(port)]
        for instance in self.instances:
            arguments += ["--instance", instance]
        answer = self.command(*arguments)
        self.pid, self.port = answer["pid"], answer["port"]

    def stop(self) -> None:
        """Shut it down in order; nothing happens when it does not run."""
        if self.pid is not None:
            self.command("stop")
            self.pid = None

    def kill(self) -> None:
        """kill -9, and wait until the process is gone."""
        if self.pid is None:
            return
        os.kill(self.pid, signal.SIGKILL)
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up and _exists(self.pid):
            time.sleep(0.01)
        self.pid = None

    def dsn(self, instance: str | None = None) -> str:
        """The DSN of an instance (default: the first)."""
        return f"127.0.0.1:{self.port}/{instance or self.instances[0]}"

    def fault(self, action: str, **options: Any) -> None:
        """Add a fault: see `python -m dtm.sandbox fault --help`."""
        arguments = ["fault", "add", "--action", action]
        for name, value in options.items():
            arguments += [f"--{name}", str(value)]
        self.command(*arguments)

    def clear_faults(self) -> None:
        """Behave again."""
        self.command("fault", "clear")

    def command(self, verb: str, *arguments: str) -> dict[str, Any]:
        """Run a command of the sandbox and return the JSON object it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "dtm.sandbox", verb, *arguments, "--dir", str(self.directory)],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_DEADLINE_S,
            env=os.environ | {"SANDBOX_PASSWORD": self.password},
        )
        if done.returncode != 0:
            raise RuntimeError(f"sandbox {verb}: {done.stdout}{done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed child that nobody has waited for is gone all the same.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
