"""What a command loads: the driver, parsers and consoles cost more than the answers they are not
needed for. Looked at in a fresh process; times are measured in tests/bench.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = frozenset({"oracledb", "yaml", "jsonschema", "jinja2", "rich", "deepdiff", "cryptography"})
WATCH = """
import json, sys
from dtm.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([int(code), sorted(sys.modules)]), file=sys.stderr)
"""


def loaded(*arguments: str, expect: int = 0) -> set[str]:
    """Run a command with that exit code in a process of its own; the modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == expect, done.stdout + done.stderr
    return set(modules)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "dtm.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "env.yaml").write_text(
        "apiVersion: dtm/v1\nkind: Environment\nmetadata: {name: dev}\nspec: {}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_version_loads_no_library():
    modules = loaded("--version")
    assert not modules & (HEAVY | {"typer", "argparse", "subprocess"})
    assert {each for each in modules if each.startswith("dtm")} == {
        "dtm",
        "dtm.cli",
        "dtm.cli.main",
    }


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["sandbox", "--help"]])
def test_help_loads_nothing_but_the_command_tree(arguments):
    modules = loaded(*arguments)
    assert not modules & HEAVY
    assert not {"dtm.oracle", "dtm.repository", "dtm.reconcile", "dtm.runner"} & modules


def test_validate_loads_yaml_and_no_database_driver(root):
    modules = loaded("-C", str(root), "validate")
    assert modules & HEAVY == {"yaml"}
    assert not {"dtm.oracle", "dtm.repository", "dtm.reconcile", "dtm.runner"} & modules


def test_a_failing_validate_still_loads_no_driver(root):
    (root / "bad.yaml").write_text("kind: Instans\n", encoding="utf-8")
    assert "oracledb" not in loaded("-C", str(root), "validate", expect=1)
