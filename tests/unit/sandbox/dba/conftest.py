"""A database with SQL, PL/SQL and dictionary, as a DBA's packages meet it; a new schema per test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.plsql.real import Database, RealSession

_numbers = itertools.count(1)


class Dba:
    """A session of a user with short ways to run things and to see them fail."""

    def __init__(self, database: Database, user: str) -> None:
        self.database = database
        self.user = user
        self.session: RealSession = database.session(user)

    def run(self, *statements: str) -> None:
        """SQL, or PL/SQL blocks and units (text that ends in a semicolon)."""
        for text in statements:
            head = text.split(None, 1)[0].upper()
            if head in ("BEGIN", "DECLARE"):
                self.session.plsql.execute_block(text, [])
            else:
                self.session.sql_run(text)

    def rows(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.session.sql_run(text, *values)

    def column(self, text: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.rows(text, *values)]

    def value(self, text: str, *values: Any) -> Any:
        return self.rows(text, *values)[0][0]

    def fails(self, code: int, text: str) -> str:
        """The text of the ORA error a statement gives."""
        with pytest.raises(OraError) as caught:
            self.run(text)
        assert caught.value.code == code, caught.value.text
        return caught.value.text

    def commit(self) -> None:
        self.session.engine.commit()

    def rollback(self) -> None:
        self.session.engine.rollback()

    def again(self) -> Dba:
        """Another session of the same user."""
        return Dba(self.database, self.user)


@pytest.fixture(scope="package")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(tmp_path_factory.mktemp("dba") / "one")
    yield made
    made.close()


@pytest.fixture
def system(database: Database) -> Dba:
    return Dba(database, "SYSTEM")


@pytest.fixture
def new_user(system: Dba) -> Callable[..., Dba]:
    def make(grants: str = "CONNECT, RESOURCE, CREATE VIEW, CREATE SYNONYM") -> Dba:
        name = f"APP{next(_numbers)}"
        system.run(f'CREATE USER {name} IDENTIFIED BY "x" QUOTA UNLIMITED ON USERS')
        if grants:
            system.run(f"GRANT {grants} TO {name}")
        return Dba(system.database, name)

    return make


@pytest.fixture
def app(new_user: Callable[..., Dba]) -> Dba:
    return new_user()
