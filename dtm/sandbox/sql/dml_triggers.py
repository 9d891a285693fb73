"""The triggers of a table, and rows as trigger records.

PL/SQL Language Reference 19c, "PL/SQL Triggers".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.catalog_model import Table, TableColumn, Unit
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_binds import value_type
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.translate_storage import host_coercion

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Triggers:
    """The triggers of one table for one kind of statement, by timing and level."""

    operation: str
    columns: frozenset[str]  # of UPDATE's SET
    before_statement: tuple[Unit, ...]
    before_row: tuple[Unit, ...]
    after_row: tuple[Unit, ...]
    after_statement: tuple[Unit, ...]
    instead: tuple[Unit, ...] = ()  # INSTEAD OF triggers of a view

    def __bool__(self) -> bool:
        return bool(
            self.before_statement or self.before_row or self.after_row or self.after_statement
        )

    @property
    def per_row(self) -> bool:
        return bool(self.before_row or self.after_row)

    def _point(self, units: tuple[Unit, ...]) -> str:
        """The timing point at which these triggers fire."""
        points = (
            (self.before_statement, "BEFORE STATEMENT"),
            (self.before_row, "BEFORE ROW"),
            (self.after_row, "AFTER ROW"),
            (self.after_statement, "AFTER STATEMENT"),
        )
        return next((point for each, point in points if each is units), "INSTEAD OF ROW")

    def fire(
        self, units: tuple[Unit, ...], actor: Actor, old: Values | None, new: Values | None
    ) -> None:
        """Run triggers in order; a BEFORE ROW trigger changes `new`."""
        for unit in units:
            if actor.plsql is None:
                raise OraError(4098, f"{unit.owner}.{unit.name}")
            event = TriggerEvent(self.operation, self.columns, old, new, self._point(units), actor)
            actor.plsql.fire_trigger(unit.owner, unit.name, event)


def triggers_for(units: Sequence[Unit], operation: str, columns: frozenset[str]) -> Triggers:
    """The enabled triggers that fire for `operation` on these columns."""
    chosen: dict[tuple[str, str], list[Unit]] = {}
    for unit in units:
        settings = unit.settings
        events = settings.get("EVENTS", "").split(",")
        if not unit.enabled or operation not in events:
            continue
        wanted = frozenset(c for c in settings.get("COLUMNS", "").split(",") if c)
        if operation == "UPDATE" and wanted and not wanted & columns:
            continue
        for key in _points(unit):
            chosen.setdefault(key, []).append(unit)

    def of(timing: str, level: str) -> tuple[Unit, ...]:
        return ordered(chosen.get((timing, level), []))

    return Triggers(
        operation,
        columns,
        of("BEFORE", "STATEMENT"),
        of("BEFORE", "ROW"),
        of("AFTER", "ROW"),
        of("AFTER", "STATEMENT"),
        of("INSTEAD OF", "ROW"),
    )


def _points(unit: Unit) -> list[tuple[str, str]]:
    """(timing, level) of each point at which a trigger fires."""
    settings = unit.settings
    if settings.get("TIMING") != "COMPOUND":
        return [(settings.get("TIMING", ""), settings.get("LEVEL", ""))]
    points = [point for point in settings.get("POINTS", "").split(",") if point]
    return [(point.rpartition(" ")[0], point.rpartition(" ")[2]) for point in points]


def ordered(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Triggers with FOLLOWS behind those they name; the others as they were made."""
    waiting = list(units)
    placed: list[Unit] = []
    names = {f"{unit.owner}.{unit.name}" for unit in units}
    while waiting:
        done = {f"{unit.owner}.{unit.name}" for unit in placed}
        ready = next((u for u in waiting if _follows(u) & names <= done), waiting[0])
        waiting.remove(ready)
        placed.append(ready)
    return tuple(placed)


def _follows(unit: Unit) -> set[str]:
    return {name for name in unit.settings.get("FOLLOWS", "").split(",") if name}


class RowCodec:
    """Rows of a table as trigger records and back."""

    def __init__(self, table: Table) -> None:
        self.columns = [c for c in table.columns if not c.unused]
        self._decoders = [encoding.decoder(c.type) for c in self.columns]
        self._place = (table.owner, table.name)

    @property
    def sql(self) -> str:
        return ", ".join(c.sql for c in self.columns)

    def decode(self, row: Sequence[Encoded]) -> Values:
        """Encoded values of all columns as a record."""
        return {
            c.name: value if value is None or decode is None else decode(value)
            for c, value, decode in zip(self.columns, row, self._decoders, strict=True)
        }

    def encode(self, column: TableColumn, value: Any, actor: Actor) -> Encoded:
        """A value a trigger left in a record, fitted to its column."""
        if value is None:
            return None
        place = identifier_text((*self._place, column.name))
        coerce = host_coercion(value_type(value), column.type, place)
        return encoding.encode(coerce(actor.env, value), column.type.kind)

    @property
    def writable(self) -> list[TableColumn]:
        return [c for c in self.columns if c.virtual is None]
