"""Start of the command line against bare Python and Python with a YAML parser; whole processes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

ROUNDS = 7


def medians(commands: Sequence[tuple[str, ...]]) -> list[float]:
    """Seconds of each process, in turns, so that a busy minute is everybody's.

    The first turn, which writes .pyc files, does not count.
    """
    taken: list[list[float]] = [[] for _ in commands]
    for _ in range(ROUNDS + 1):
        for command, times in zip(commands, taken, strict=True):
            started = time.perf_counter()
            subprocess.run([sys.executable, *command], check=False, capture_output=True)
            times.append(time.perf_counter() - started)
    return [statistics.median(times[1:]) for times in taken]


def tree(root: Path) -> None:
    """100 documents, one per file."""
    (root / "dtm.yaml").write_text("{}\n", encoding="utf-8")
    environment = "apiVersion: dtm/v1\nkind: Environment\nmetadata: {name: prod}\nspec: {}\n"
    (root / "environment.yaml").write_text(environment, encoding="utf-8")
    for number in range(99):
        (root / f"i{number}.yaml").write_text(
            f"apiVersion: dtm/v1\nkind: Instance\nmetadata: {{name: i{number}}}\n"
            f"spec:\n  environment: prod\n  connect: {{user: D, dsn: h:1521/S{number},"
            " password: {env: P}}\n",
            encoding="utf-8",
        )


def test_start_up(tmp_path: Path) -> None:
    tree(tmp_path)
    libraries = ("typer", "yaml", "oracledb")
    commands = (("--version",), ("--help",), ("-C", str(tmp_path), "validate"))
    bare, *others = medians(
        [
            ("-c", "pass"),
            *(("-c", f"import {name}") for name in libraries),
            *(("-m", "dtm", *arguments) for arguments in commands),
        ]
    )
    names = [*(f"import {name}" for name in libraries), *(f"dtm {c[-1]}" for c in commands)]
    print(f"\nbare Python: {bare * 1000:.0f} ms")
    for name, seconds in zip(names, others, strict=True):
        print(f"{name}: {seconds * 1000:.0f} ms, {seconds / bare:.1f} x bare Python")
