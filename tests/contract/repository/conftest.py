"""A world per test: an empty repository and new client schemas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dtm.repository.migrator import Migrator
from tests.conftest import Database, Schema
from tests.contract.repository.world import REPOSITORY_GRANTS, World, empty, world


@pytest.fixture(scope="module")
def migrated(database: Database) -> Iterator[Schema]:
    """A repository schema of the newest version; migrating takes longer than most tests."""
    with database.schema("DTMREPO", REPOSITORY_GRANTS) as made:
        session = made.connect()
        Migrator(session, "1.0").apply()
        session.close()
        yield made


@pytest.fixture
def one(database: Database, migrated: Schema) -> Iterator[World]:
    """A repository and one instance."""
    with world(database, "east", repository=migrated) as made:
        empty(migrated)
        yield made


@pytest.fixture
def two(database: Database, migrated: Schema) -> Iterator[World]:
    """A repository and two instances."""
    with world(database, "east", "west", repository=migrated) as made:
        empty(migrated)
        yield made
