"""A world per test: repository schema and client schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.contract.repository.world import World, world


@pytest.fixture
def one(database: Database) -> Iterator[World]:
    """A repository and one instance."""
    with world(database, "east") as made:
        yield made


@pytest.fixture
def two(database: Database) -> Iterator[World]:
    """A repository and two instances."""
    with world(database, "east", "west") as made:
        yield made
