"""An instance in a temporary directory, sessions on it, and a translator for plain expressions."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import make_verifier
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.kernel.types import NUMBER, Column
from dtm.sandbox.sql import ddl
from dtm.sandbox.sql.catalog_model import Table, TableColumn, quote
from dtm.sandbox.sql.ddl_context import DdlResult
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.storage_create import create_instance, open_instance
from dtm.sandbox.sql.storage_instance import Instance
from dtm.sandbox.sql.transactions import StorageSession, source

PASSWORD = make_verifier("manager", iterations=2)


class PlainTranslator:
    """Knows expressions SQLite and Oracle share; queries are given to `queries` beforehand."""

    def __init__(self) -> None:
        self.queries: dict[str, tuple[Sequence[Column], list[tuple[Encoded, ...]]]] = {}

    def condition(self, session: StorageSession, table: Table, text: str, prefix: str) -> str:
        def one(match: re.Match[str]) -> str:
            column = table.column(match[0].strip('"').upper())
            return f"{prefix}{quote(column.name)}" if column else match[0]

        return re.sub(r"(?<!')\"?\b[A-Za-z]\w*\b\"?(?!')", one, text)

    expression = condition

    def expression_type(self, session: StorageSession, table: Table, text: str) -> Column:
        return Column("X", NUMBER)

    def default(self, session: StorageSession, text: str, column: TableColumn) -> None:
        """Any text will do."""

    def constant(self, session: StorageSession, text: str, column: TableColumn) -> Encoded:
        if match := re.fullmatch(r"(?:DATE )?'(.*)'", text.strip(), re.IGNORECASE):
            value = match[1]
            return value + " 00:00:00" if column.type.kind == "DATE" else value
        return int(text)

    def describe(self, session: StorageSession, text: str) -> Sequence[Column]:
        if text not in self.queries:
            raise OraError(942)
        return self.queries[text][0]

    def unnamed(self, text: str) -> int | None:
        return None

    def expanded(self, session: StorageSession, text: str) -> str:
        return text

    def relations(self, session: StorageSession, text: str) -> Sequence[tuple[str, str]]:
        return [("APP", name.upper()) for name in re.findall(r"from (\w+)", text, re.IGNORECASE)]

    def rows(
        self, session: StorageSession, text: str
    ) -> tuple[Sequence[Column], Iterable[tuple[Encoded, ...]]]:
        return self.queries[text]


class Client:
    """A session with short ways to run DDL and rendered DML."""

    numbers = itertools.count(101)

    def __init__(self, instance: Instance, user: str, translator: PlainTranslator) -> None:
        self.instance = instance
        self.translator = translator
        self.cancelled: OraError | None = None
        sid = next(self.numbers)
        context = SessionContext(
            sid=sid,
            serial=1,
            user=user,
            current_schema=user,
            instance_name="TEST",
            service_name="TEST",
            logon_time=dt.datetime(2026, 1, 1),
            interrupt_check=self._check,
        )
        self.session = StorageSession(instance, context)
        instance.sessions[sid] = self.session

    def _check(self) -> None:
        if self.cancelled is not None:
            raise self.cancelled

    def ddl(self, *statements: str) -> DdlResult:
        result = DdlResult("")
        for text in statements:
            result = ddl.execute(self.session, text, self.translator)
        return result

    def table(self, name: str) -> Table:
        found = self.instance.catalog.table(self.session.context.current_schema, name.upper())
        assert found is not None
        return found

    def insert(self, name: str, *values: Any) -> int:
        table = self.table(name)
        marks = ", ".join("?" * len(values))
        columns = ", ".join(c.sql for c in table.visible[: len(values)])
        sql = f"INSERT INTO {table.target}({columns}) VALUES({marks})"

        def work(step: Any) -> int:
            step.execute(sql, values)
            return int(step.changes)

        return self.session.write(work, targets=(table,))

    def _where(self, name: str, head: str, where: str, wait: float | None) -> int:
        table = self.table(name)

        def work(step: Any) -> int:
            candidates = f'SELECT "$R" FROM {source(table, step.dirty)} AS t WHERE {where}'
            if table.id in step.dirty or table.temporary:
                step.require_free(table, candidates)
                step.execute(f'{head} WHERE "$R" IN ({candidates})')
            else:
                step.execute(f"{head} WHERE {where}")
            return int(step.changes)

        return self.session.write(work, targets=(table,), wait=wait)

    def update(self, name: str, assignment: str, where: str = "1") -> int:
        return self._where(name, f"UPDATE {self.table(name).target} SET {assignment}", where, None)

    def delete(self, name: str, where: str = "1") -> int:
        return self._where(name, f"DELETE FROM {self.table(name).target}", where, None)

    def lock_rows(self, name: str, where: str = "1", wait: float | None = None) -> int:
        table = self.table(name)

        def work(step: Any) -> int:
            candidates = f'SELECT "$R" FROM {source(table, step.dirty)} AS t WHERE {where}'
            return int(step.lock(table, candidates))

        return self.session.write(work, targets=(table,), wait=wait)

    def rows(self, name: str, columns: str = "*", partition: str | None = None) -> list[Any]:
        table = self.table(name)
        names = ", ".join(c.sql for c in table.visible) if columns == "*" else columns

        def work(step: Any) -> list[Any]:
            found = step.execute(
                f"SELECT {names} FROM {source(table, step.dirty, partition)} AS t"
            )
            return sorted(found, key=repr)

        return self.session.read(work, (table,))

    def commit(self) -> None:
        self.session.commit()

    def rollback(self) -> None:
        self.session.rollback()


class World:
    """A directory with one instance that can be closed and opened again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.translator = PlainTranslator()
        create_instance(directory, "TEST", PASSWORD)
        self.instance = open_instance(directory)
        self.dba = self.connect("SYSTEM")

    def connect(self, user: str = "APP") -> Client:
        return Client(self.instance, user, self.translator)

    def reopen(self) -> int:
        """Close without committing anybody's work and open again."""
        self.instance.close()
        self.instance = open_instance(self.directory)
        self.dba = self.connect("SYSTEM")
        return 0

    def add_user(self, name: str = "APP") -> Client:
        self.dba.ddl(
            f"CREATE USER {name} IDENTIFIED BY secret DEFAULT TABLESPACE users "
            "QUOTA UNLIMITED ON users",
            f"GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE SEQUENCE, CREATE SYNONYM, "
            f"CREATE PROCEDURE TO {name}",
        )
        return self.connect(name)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "test")
    yield made
    made.instance.close()


@pytest.fixture
def app(world: World) -> Client:
    return world.add_user()


@pytest.fixture
def fails() -> Callable[..., OraError]:
    """Check that a call raises this ORA number: `fails(1400, function, *arguments)`."""

    def check(code: int, call: Callable[..., object], *arguments: object) -> OraError:
        with pytest.raises(OraError) as caught:
            call(*arguments)
        assert caught.value.code == code, caught.value.text
        return caught.value

    return check


def start(work: Callable[[], object]) -> tuple[threading.Thread, list[Any]]:
    """Run in a thread; the list gets what it returned or the OraError it raised."""
    outcome: list[Any] = []

    def body() -> None:
        try:
            outcome.append(work())
        except OraError as error:
            outcome.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    return thread, outcome


def finish(thread: threading.Thread, outcome: list[Any]) -> Any:
    thread.join(10)
    assert not thread.is_alive()
    return outcome[0]
