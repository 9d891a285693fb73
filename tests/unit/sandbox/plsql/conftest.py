from __future__ import annotations

import pytest

from tests.unit.sandbox.plsql.doubles import Session
from tests.unit.sandbox.plsql.real import Database


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """An instance of the real engine for the tests of one file."""
    database = Database(tmp_path_factory.mktemp("instance") / "one")
    yield database
    database.close()


@pytest.fixture
def session():
    session = Session()
    yield session
    session.sql.close()
