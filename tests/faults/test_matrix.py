"""Every kill point, every blow, every task; see `tests.faults.matrix`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.faults import reference
from tests.faults.matrix import Blow, Case, cases, play
from tests.faults.striking import Kill
from tests.faults.world import FaultWorld, fault_world

SLICE = (
    Case(Kill.INTENT_RECORDED, Blow.CLIENT_AFTER, "a"),
    Case(Kill.SPEC_IN, Blow.SIGKILL, ""),
    Case(Kill.WORKING, Blow.SIGKILL, "b"),
    Case(Kill.NOT_COMMITTED, Blow.SESSION_KILLED, "d"),
    Case(Kill.NO_MARKER, Blow.SESSION_KILLED, "m"),
    Case(Kill.ANSWER_LOST, Blow.SIGKILL, "iterator"),
    Case(Kill.ANSWER_RECEIVED, Blow.REPOSITORY_AFTER, "c"),
    Case(Kill.IN_FINAL, Blow.REPOSITORY_BEFORE, "finalY"),
)


@pytest.fixture(scope="module")
def shared(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultWorld]:
    tasks = [*reference.TASKS[:-1], reference.MANUAL, reference.TASKS[-1]]
    with fault_world(database, tmp_path_factory.mktemp("matrix"), tasks=tasks) as made:
        yield made


@pytest.fixture
def world(shared: FaultWorld, tmp_path: Path) -> Iterator[FaultWorld]:
    """The reference operation with a manual task as well, as if nothing had ever run."""
    shared.renew(tmp_path)
    yield shared
    shared.end_sessions()


@pytest.mark.parametrize("case", SLICE, ids=str)
def test_some(world: FaultWorld, case: Case) -> None:
    play(world, case)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_all(world: FaultWorld, case: Case) -> None:
    play(world, case)
