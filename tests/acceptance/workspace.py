"""A directory of manifests and the command line on it, as a user has them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Done:
    """A finished command. Nothing a command prints may be a traceback."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Workspace:
    """`root` with manifests; `environment` holds the variables secrets refer to."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        """Write a file below the root; the text may be indented."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return target

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "dtm", "-C", str(self.root), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "NO_COLOR": "1", **self.environment},
        )

    def dtm(self, *arguments: str, expect: int | None = 0) -> Done:
        """Run a command to its end; the exit code is asserted before anything else."""
        return self.finish(self.start(*arguments), expect)

    def finish(self, process: subprocess.Popen[str], expect: int | None) -> Done:
        """Wait for a started command."""
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"no end after {TIMEOUT_S} s:\n{out}\n{err}") from None
        done = Done(process.returncode, out, err)
        if expect is not None:
            assert done.code == expect, f"exit code {done.code}, not {expect}:\n{out}\n{err}"
        assert "Traceback" not in done.text
        assert "unexpectedly" not in done.text
        return done

    def json(self, *arguments: str, expect: int = 0) -> Any:
        """Run a command with --output json and parse what it prints."""
        return json.loads(self.dtm(*arguments, "--output", "json", expect=expect).out)

    def run_id(self) -> str:
        """The newest run."""
        return str(self.json("status")["runs"][0]["run_id"])


def wait_until(condition: Any, what: str, seconds: float = 30.0) -> Any:
    """Poll until `condition()` is true and return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"never {what}")


def sentence(text: str) -> str:
    """Text with runs of blanks collapsed, for comparisons over line breaks."""
    return re.sub(r"\s+", " ", text)
