"""DML on tables with triggers: row by row, as PL/SQL Language Reference 19c, "PL/SQL Triggers",
"Order in Which Triggers Fire" says: BEFORE STATEMENT, per row BEFORE ROW, change, AFTER ROW, then
AFTER STATEMENT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, Unit
from dtm.sandbox.sql.encoding import Encoded, rowid_text
from dtm.sandbox.sql.engine_binds import value_type
from dtm.sandbox.sql.engine_plans import Outcome, Template
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.transactions import Step
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

    def __bool__(self) -> bool:
        return bool(
            self.before_statement or self.before_row or self.after_row or self.after_statement
        )

    def fire(
        self, units: tuple[Unit, ...], actor: Actor, old: Values | None, new: Values | None
    ) -> None:
        """Run triggers in order; a BEFORE ROW trigger changes `new`."""
        for unit in units:
            if actor.plsql is None:
                raise OraError(4098, f"{unit.owner}.{unit.name}")
            event = TriggerEvent(self.operation, self.columns, old, new)
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
        key = (settings.get("TIMING", ""), settings.get("LEVEL", ""))
        chosen.setdefault(key, []).append(unit)

    def of(timing: str, level: str) -> tuple[Unit, ...]:
        return tuple(chosen.get((timing, level), ()))

    return Triggers(
        operation,
        columns,
        of("BEFORE", "STATEMENT"),
        of("BEFORE", "ROW"),
        of("AFTER", "ROW"),
        of("AFTER", "STATEMENT"),
    )


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


@dataclass(slots=True)
class TriggeredInsert:
    """`rows` gives the values of `names`, fitted to their columns."""

    table: Table
    triggers: Triggers
    codec: RowCodec
    rows: Template
    names: list[str]  # column names
    returning: str

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        triggers, result = self.triggers, Outcome()
        triggers.fire(triggers.before_statement, actor, None, None)
        for row in self.rows.run(step, binds):
            given = dict(zip(self.names, row, strict=True))
            new = self.codec.decode([given.get(c.name) for c in self.codec.columns])
            triggers.fire(triggers.before_row, actor, None, new)
            self._insert(step, new, actor, result)
            triggers.fire(triggers.after_row, actor, None, new)
        triggers.fire(triggers.after_statement, actor, None, None)
        return result

    def _insert(self, step: Step, new: Values, actor: Actor, result: Outcome) -> None:
        columns = self.codec.writable
        values = [self.codec.encode(c, new.get(c.name), actor) for c in columns]
        names = ", ".join(c.sql for c in columns)
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {self.table.target}({names}) VALUES ({marks}){self.returning}"
        result.rows += step.execute(sql, values)
        result.count += step.changes
        result.last_rowid = rowid_text(self.table.id, step.last_row)


@dataclass(slots=True)
class TriggeredChange:
    """UPDATE or DELETE: `rows` gives "$R", all columns, then the new values of `names`."""

    table: Table
    triggers: Triggers
    codec: RowCodec
    candidates: Template
    rows: Template
    names: list[str]
    returning: str

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        triggers, result = self.triggers, Outcome()
        if self.table.id in step.dirty:
            candidates = self.candidates
            step.require_free(self.table, candidates.render(step.dirty), candidates.used(binds))
        triggers.fire(triggers.before_statement, actor, None, None)
        change = self._delete if triggers.operation == "DELETE" else self._update
        width = len(self.codec.columns)
        for row in self.rows.run(step, binds):
            old = self.codec.decode(row[1 : 1 + width])
            changed = dict(zip(self.names, row[1 + width :], strict=True))
            change(step, row[0], (old, changed), actor, result)
        triggers.fire(triggers.after_statement, actor, None, None)
        return result

    def _update(
        self,
        step: Step,
        number: Encoded,
        values: tuple[Values, Values],
        actor: Actor,
        result: Outcome,
    ) -> None:
        old, changed = values
        columns = {c.name: c for c in self.codec.columns}
        new = dict(old)
        for name, value in changed.items():
            decode = encoding.decoder(columns[name].type)
            new[name] = value if value is None or decode is None else decode(value)
        self.triggers.fire(self.triggers.before_row, actor, dict(old), new)
        touched = [
            c
            for c in self.codec.writable
            if c.name in changed or new.get(c.name) != old.get(c.name)
        ]
        body = ", ".join(f"{c.sql} = ?" for c in touched)
        sql = f"UPDATE {self.table.target} SET {body} WHERE {ROW} = ?{self.returning}"
        binds = [self.codec.encode(c, new.get(c.name), actor) for c in touched]
        result.rows += step.execute(sql, [*binds, number])
        result.count += step.changes
        self.triggers.fire(self.triggers.after_row, actor, dict(old), new)

    def _delete(
        self,
        step: Step,
        number: Encoded,
        values: tuple[Values, Values],
        actor: Actor,
        result: Outcome,
    ) -> None:
        old, _ = values
        self.triggers.fire(self.triggers.before_row, actor, old, None)
        sql = f"DELETE FROM {self.table.target} WHERE {ROW} = ?{self.returning}"
        result.rows += step.execute(sql, [number])
        result.count += step.changes
        self.triggers.fire(self.triggers.after_row, actor, old, None)
