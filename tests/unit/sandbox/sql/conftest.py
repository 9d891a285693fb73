"""An instance with the user APP, and sessions that speak Oracle SQL on it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import make_verifier
from dtm.sandbox.kernel.ports import Compiled, HostScope, PlsqlPort, SessionContext
from dtm.sandbox.kernel.types import OraType
from dtm.sandbox.sql.engine import Engine, SqlSession
from dtm.sandbox.sql.storage_create import create_instance, open_instance
from dtm.sandbox.sql.transactions import StorageSession

PASSWORD = make_verifier("manager", iterations=2)
NOW = dt.datetime(2026, 11, 22, 10, 30, 15, 123456, tzinfo=dt.UTC)


class Db:
    """A session with short ways to run SQL."""

    numbers = itertools.count(101)

    def __init__(self, engine: Engine, user: str, plsql: PlsqlPort | None = None) -> None:
        sid = next(self.numbers)
        self.context = SessionContext(
            sid=sid,
            serial=1,
            user=user,
            current_schema=user,
            instance_name="TEST",
            service_name="test",
            logon_time=NOW,
            interrupt_check=lambda: None,
            attributes={"module": "tests"},
        )
        storage = StorageSession(engine.instance, self.context)
        engine.instance.sessions[sid] = storage
        self.sql: SqlSession = engine.session(self.context, storage, plsql)
        self.sql.environment.clock = lambda: NOW

    def compile(
        self,
        text: str,
        scope: HostScope | None = None,
        types: Sequence[OraType | None] = (),
    ) -> Compiled:
        return self.sql.compile(text, scope, types)

    def run(self, text: str, *values: Any) -> int:
        """Run and give the number of rows changed."""
        return self.sql.run(self.sql.compile(text), values).rowcount

    def rows(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        return list(self.sql.run(self.sql.compile(text), values).rows)

    def value(self, text: str, *values: Any) -> Any:
        """The single value of a query."""
        rows = self.rows(text, *values)
        assert len(rows) == 1
        assert len(rows[0]) == 1
        return rows[0][0]

    def dual(self, expression: str, *values: Any) -> Any:
        """An expression's value, or "ORA-nnnnn"."""
        try:
            return self.value(f"select {expression} from dual", *values)
        except OraError as error:
            return f"ORA-{error.code:05d}"

    def error(self, text: str, *values: Any) -> tuple[int, int]:
        """The ORA number and offset a statement fails with."""
        with pytest.raises(OraError) as caught:
            self.rows(text, *values)
        return caught.value.code, caught.value.offset


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory: Path = tmp_path_factory.mktemp("instance") / "test"
    directory.mkdir()
    create_instance(directory, "TEST", PASSWORD)
    instance = open_instance(directory)
    engine = Engine(instance)
    system = Db(engine, "SYSTEM")
    for statement in (
        "create user app identified by app quota unlimited on users",
        "grant connect, resource, create view, create synonym, unlimited tablespace to app",
        "create user other identified by other quota unlimited on users",
        "grant connect, resource, unlimited tablespace to other",
    ):
        system.run(statement)
    yield engine
    instance.close()


@pytest.fixture
def new_session(engine: Engine) -> Iterator[Callable[[str], Db]]:
    sessions: list[Db] = []

    def make(user: str = "APP") -> Db:
        sessions.append(Db(engine, user))
        return sessions[-1]

    yield make
    for session in sessions:
        session.sql.close()


@pytest.fixture
def db(new_session: Callable[[str], Db]) -> Iterator[Db]:
    """A session of APP; the tables it made are dropped afterwards."""
    session = new_session("APP")
    yield session
    session.sql.rollback()
    for name, kind in session.rows(
        "select object_name, object_type from user_objects "
        "where object_type in ('TABLE', 'VIEW', 'SEQUENCE', 'SYNONYM') "
        "and object_name not like 'ISEQ$%'"
    ):
        purge = " cascade constraints purge" if kind == "TABLE" else ""
        session.run(f'drop {kind} "{name}"{purge}')


@pytest.fixture
def emp(db: Db) -> Db:
    """The tables of the idioms."""
    for statement in (
        "create table emp (id integer, nm varchar2(30), sal number(10,2), d timestamp, "
        "mgr integer, dept integer)",
        "create table dept (id integer, dn varchar2(30))",
        "insert into emp values (1,'ann',100.50,timestamp '2026-01-31 10:30:00',null,10)",
        "insert into emp values (2,'bob',200.25,timestamp '2026-02-15 00:00:00',1,20)",
        "insert into emp values (3,'cid',null,timestamp '2025-12-01 23:59:59',1,99)",
        "insert into emp values (4,null,50,timestamp '2024-02-29 12:00:00',2,10)",
        "insert into dept values (10,'x')",
        "insert into dept values (20,'y')",
        "commit",
    ):
        db.run(statement)
    return db
