"""`dtm rehearse`: an operation of the working tree, executed before any database sees it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.scratch import Scratch
from tests.acceptance.workspace import Workspace

TREE = Path(__file__).parents[2]
UNREACHABLE = "nowhere.invalid:1521/X"


@pytest.fixture
def scratch(tmp_path: Path) -> tuple[Workspace, Scratch]:
    """A tree whose databases do not exist and whose secrets are not set."""
    workspace, names = Workspace(tmp_path), Scratch.invent()
    workspace.write(
        "dtm.yaml", f"repository: {{user: R, dsn: '{UNREACHABLE}', password: {{env: NO}}}}"
    )
    workspace.write(
        "fleet.yaml",
        f"""
        apiVersion: dtm/v1
        kind: Environment
        metadata: {{name: {names.environment}}}
        spec: {{protected: true}}
        ---
        apiVersion: dtm/v1
        kind: Instance
        metadata: {{name: one}}
        spec:
          environment: {names.environment}
          connect: {{user: KEEPER, dsn: "{UNREACHABLE}", password: {{env: NO}}}}
        """,
    )
    names.write_operation(workspace)
    workspace.write(
        "op/rehearsal.sql",
        f"""
        CREATE TABLE &client..{names.source} (id NUMBER PRIMARY KEY, txt VARCHAR2(20));
        INSERT INTO &client..{names.source} SELECT LEVEL, 'row' FROM dual CONNECT BY LEVEL <= 10;
        COMMIT;
        """,
    )
    return workspace, names


def _target(workspace: Workspace, names: Scratch) -> None:
    with (workspace.root / "op" / "rehearsal.sql").open("a") as script:
        script.write(
            f"CREATE TABLE &client..{names.target} (id NUMBER PRIMARY KEY, txt VARCHAR2(20));\n"
        )


def test_a_failing_operation_fails_the_rehearsal_and_a_good_one_passes(scratch) -> None:
    workspace, names = scratch
    words = ("rehearse", names.operation, "--env", names.environment)
    failed = workspace.dtm(*words, expect=3)
    assert "ORA-00942" in failed.out
    assert "dtm status" not in failed.out  # there is no repository to ask afterwards
    _target(workspace, names)
    done = workspace.dtm(*words, "--sql")
    assert "COMPLETED (1 COMPLETED)" in done.out
    assert names.target.upper() in done.out.upper()
    assert not (workspace.root / ".dtm" / "rehearsal").exists()


def test_a_setup_script_that_fails_is_named_with_its_line(scratch) -> None:
    workspace, names = scratch
    words = ("rehearse", names.operation, "--env", names.environment)
    bad = workspace.write("bad.sql", "CREATE TABLE x (a NUMBER);\nDROP TABLE nosuch;\n")
    failed = workspace.dtm(*words, "--setup", str(bad), expect=1)
    assert f"{bad}:2: on ONE: ORA-00942" in failed.err
    invalid = workspace.write(
        "bad.sql", "CREATE PROCEDURE &client..p IS\nBEGIN\n  nosuch;\nEND;\n/\n"
    )
    failed = workspace.dtm(*words, "--setup", str(invalid), expect=1)
    assert "PROCEDURE KEEPER.P does not compile: line 3, column 3" in failed.err
    assert "PLS-00201" in failed.err
    assert not (workspace.root / ".dtm" / "rehearsal").exists()


def test_what_cannot_be_rehearsed(scratch) -> None:
    workspace, names = scratch
    nosuch = workspace.dtm("rehearse", "nosuch", "--env", names.environment, expect=1)
    assert "nosuch" in nosuch.err
    words = ("rehearse", names.operation, "--env", names.environment, "--instance", "two")
    other = workspace.dtm(*words, expect=1)
    assert "has no enabled instance two" in other.err
    assert "it has one" in other.err


@pytest.mark.slow
def test_the_starter_operation_rehearses_on_two_instances_and_stays_when_kept(
    tmp_path: Path,
) -> None:
    for part in ("dtm.yaml", "inventory", "operations"):
        source = TREE / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / part)
    workspace = Workspace(tmp_path)
    names = ("--instance", "sales-dev-1", "--instance", "sales-dev-2")
    try:
        done = workspace.dtm("rehearse", "purge-orders", "--env", "dev", *names, "--keep")
        assert "COMPLETED (2 COMPLETED)" in done.out
        assert "SALES_DEV_2" in workspace.dtm("sandbox", "status", "--dir", ".dtm/rehearsal").out
    finally:
        workspace.dtm("sandbox", "reset", "--dir", ".dtm/rehearsal")
