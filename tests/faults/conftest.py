"""Worlds for the fault tests; see tests/faults/world.py.

`ref` and `two` are made once and emptied between tests; what changes the applied tree, or drops
something, uses `make`, which makes a world of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.faults.world import FaultWorld, fault_world
from tests.sandbox_process import SandboxProcess

Make = Callable[..., AbstractContextManager[FaultWorld]]


@pytest.fixture(scope="session")
def shared_one(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultWorld]:
    with fault_world(database, tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest.fixture(scope="session")
def shared_two(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultWorld]:
    with fault_world(database, tmp_path_factory.mktemp("two"), ("east", "west")) as made:
        yield made


@pytest.fixture
def ref(shared_one: FaultWorld, tmp_path: Path) -> Iterator[FaultWorld]:
    """The reference operation on one instance."""
    shared_one.renew(tmp_path)
    yield shared_one
    shared_one.end_sessions()


@pytest.fixture
def two(shared_two: FaultWorld, tmp_path: Path) -> Iterator[FaultWorld]:
    """The reference operation on two instances."""
    shared_two.renew(tmp_path)
    yield shared_two
    shared_two.end_sessions()


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Make:
    """Make a world with settings of its own."""
    return lambda *names, **more: fault_world(database, tmp_path, names or ("east",), **more)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Database]:
    """A sandbox process of the test's own, which it may kill."""
    with SandboxProcess(tmp_path / "sandbox") as process:
        yield Database(process.dsn(), "SYSTEM", process.password, process)
