"""Every command explains itself; nothing on the command line ends in exit code 2."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dtm.cli import commands
from dtm.cli.app import app

_registered: list[bool] = []


def _tree() -> Any:
    if not _registered:
        commands.register(app)
        _registered.append(True)
    return typer.main.get_command(app)


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(child, (*path, name))


LEAVES = dict(_leaves(_tree()))


@pytest.mark.parametrize("path", sorted(LEAVES), ids=" ".join)
def test_every_command_and_option_is_described(path: tuple[str, ...]) -> None:
    command = LEAVES[path]
    assert command.help
    for parameter in command.params:
        if parameter.name != "help" and parameter.param_type_name == "option":
            assert parameter.help or parameter.name in ("sid", "serial"), parameter.name


@pytest.mark.parametrize(
    "path", [p for p in sorted(LEAVES) if p[0] != "sandbox" and p != ("demo",)], ids=" ".join
)
def test_every_command_of_a_dba_shows_an_example(path: tuple[str, ...]) -> None:
    assert "Example" in LEAVES[path].help


def test_the_commands_of_the_readme_exist() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^ {7}dtm (\w+)|; dtm (\w+)", readme))
    named = {word for pair in named for word in pair if word}
    assert named >= {"validate", "plan", "apply", "run", "status"}
    assert named <= {path[0] for path in LEAVES}


def _dtm(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dtm", *arguments], capture_output=True, text=True, check=False
    )


def test_version_and_help() -> None:
    version = _dtm("--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("dtm ")
    for arguments in (("--help",), ("run", "-h"), ("sandbox", "fault", "add", "--help")):
        helped = _dtm(*arguments)
        assert helped.returncode == 0
        assert "Usage: dtm" in helped.stdout
        assert max(map(len, helped.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [("--nonsense",), ("plan", "--nonsense"), ("nonsense",), ("-C", "/no/such/place", "plan")],
)
def test_usage_errors_are_exit_code_1(arguments: tuple[str, ...]) -> None:
    done = _dtm(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
