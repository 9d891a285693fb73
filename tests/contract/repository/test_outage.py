"""The database dies (kill -9) in the middle of an apply: the same command finishes it later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dtm.errors import DtmError, ExitCode
from dtm.reconcile.target import Target
from tests.conftest import Database, Schema
from tests.contract.repository.world import (
    CLIENT_GRANTS,
    REPOSITORY_GRANTS,
    World,
    body_of,
)
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def mortal(sandbox: Database, tmp_path: Path) -> Iterator[World]:
    """A world in a sandbox of its own: repository and instance die together."""
    with SandboxProcess(tmp_path / "mortal") as process:
        database = Database(process.dsn(), "SYSTEM", process.password, process)
        repository = user(database, "REPO", REPOSITORY_GRANTS)
        yield World(database, repository, {"east": user(database, "CLIENT", CLIENT_GRANTS)})


def user(database: Database, name: str, grants: Sequence[str]) -> Schema:
    """A schema that goes with its sandbox: no session of a DBA outlives the kill."""
    made = Schema(database, name, "Pw_of_a_test")
    admin = database.admin()
    admin.execute(
        f'CREATE USER {name} IDENTIFIED BY "{made.password}"'
        " DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS"
    )
    for grant in grants:
        admin.execute(f"GRANT {grant} TO {name}")
    admin.close()
    return made


class Dying:
    """A target whose database is killed at the n-th install, before or after it is done."""

    def __init__(self, target: Target, process: SandboxProcess, at: int, *, done: bool) -> None:
        self._target = target
        self._process = process
        self._left = at
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def install(self, unit: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._done:
            self._process.kill()
        result = self._target.install(unit)
        if self._left == 0:
            self._process.kill()
        return result


@pytest.mark.parametrize(("at", "done"), [(1, False), (2, True)])
def test_apply_again_after_the_database_died(mortal: World, at: int, done: bool) -> None:
    process = mortal.database.sandbox
    assert process is not None
    mortal.wrap = lambda target: Dying(target, process, at, done=done)
    with pytest.raises(DtmError) as caught:
        mortal.apply()
    assert caught.value.exit_code is ExitCode.ERROR
    mortal.wrap = lambda target: target
    process.start()
    assert not mortal.plan().plan.drift
    assert mortal.apply().exit_code is ExitCode.OK
    assert "'one'" in body_of(mortal)
    assert mortal.plan().plan.empty
    states = [
        state for (state,) in mortal.query("SELECT state FROM dtm_applies ORDER BY apply_id")
    ]
    assert states == ["INTERRUPTED", "DONE"]
