"""Worlds for the fault tests; see tests/faults/world.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.faults.world import FaultWorld, fault_world
from tests.sandbox_process import SandboxProcess

Make = Callable[..., AbstractContextManager[FaultWorld]]


@pytest.fixture
def ref(database: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    """The reference operation on one instance."""
    with fault_world(database, tmp_path) as made:
        yield made


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    """The reference operation on two instances."""
    with fault_world(database, tmp_path, ("east", "west")) as made:
        yield made


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Make:
    """Make a world with settings of its own."""
    return lambda *names, **more: fault_world(database, tmp_path, names or ("east",), **more)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Database]:
    """A sandbox process of the test's own, which it may kill."""
    with SandboxProcess(tmp_path / "sandbox") as process:
        yield Database(process.dsn(), "SYSTEM", process.password, process)
