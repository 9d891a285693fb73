from __future__ import annotations

import pytest

from tests.unit.sandbox.plsql.doubles import Session


@pytest.fixture
def session():
    session = Session()
    yield session
    session.sql.close()
