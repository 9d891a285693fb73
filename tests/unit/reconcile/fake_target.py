"""A schema in memory that behaves as a Target; texts that hold ERROR do not compile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dtm.errors import DatabaseError, Locked
from dtm.model.instance import Instance
from dtm.model.package import UnitKey
from dtm.reconcile.target import CompileError, Installed, LiveTable, LiveUnit
from dtm.repository.records import Facts, VersionUnit
from tests.unit.reconcile.facts import sha


@dataclass
class FakeSchema:
    """What an instance holds; `log` lists what was done to it."""

    name: str
    dbid: int = 1
    units: dict[UnitKey, str] = field(default_factory=dict)
    tables: set[UnitKey] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    busy: bool = False
    refuses: str | None = None
    hangs: threading.Event | None = None  # a call waits until it is set


@dataclass
class FakeTarget:
    schema: FakeSchema

    def facts(self, instance: str) -> Facts:
        return Facts(instance, self.schema.name.upper(), self.schema.dbid, None)

    def units(self, wanted: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveUnit]:
        found = {}
        for unit in wanted:
            key = UnitKey(unit.type, unit.name)
            text = self.schema.units.get(key)
            if text is not None:
                status = "INVALID" if "ERROR" in text else "VALID"
                found[key] = LiveUnit(sha(f"read back {text}"), status, text == unit.text)
        return found

    def tables(self, tables: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveTable]:
        keys = [UnitKey(table.type, table.name) for table in tables]
        return {key: LiveTable(key in self.schema.tables) for key in keys}

    @contextmanager
    def code_gate(self, timeout_s: float) -> Iterator[None]:
        if self.schema.busy:
            raise Locked("the code is in use: SID 7")
        yield

    def install(self, unit: VersionUnit) -> Installed:
        key = UnitKey(unit.type, unit.name)
        if self.schema.hangs is not None:
            self.schema.hangs.wait(10)
        if self.schema.refuses:
            raise DatabaseError(self.schema.refuses)
        previous = self.schema.units.get(key)
        self.schema.units[key] = unit.text
        self.schema.log.append(f"install {key}")
        errors: tuple[CompileError, ...] = ()
        if "ERROR" in unit.text:
            errors = (CompileError(3, 5, "PLS-00201: identifier 'ERROR' must be declared\n"),)
        return Installed(sha(f"read back {unit.text}"), not errors, True, errors, previous)

    def restore(self, key: UnitKey, previous_text: str | None) -> None:
        self.schema.log.append(f"{'drop' if previous_text is None else 'restore'} {key}")
        if previous_text is None:
            del self.schema.units[key]
        else:
            self.schema.units[key] = previous_text

    def ensure_table(self, table: VersionUnit) -> None:
        self.schema.tables.add(UnitKey(table.type, table.name))
        self.schema.log.append(f"create {table.name}")

    def close(self) -> None:
        self.schema.log.append("close")


@dataclass
class Fleet:
    """Instances by name; one that is not there does not answer."""

    schemas: dict[str, FakeSchema]

    @classmethod
    def of(cls, *names: str) -> Fleet:
        return cls({name: FakeSchema(name, number) for number, name in enumerate(names)})

    def connect(self, instance: Instance) -> FakeTarget:
        if instance.name not in self.schemas:
            raise DatabaseError("ORA-12541: no listener", hint="check connect.dsn")
        return FakeTarget(self.schemas[instance.name])
