"""DML row by row: for tables with triggers, for checks of written rows (WITH CHECK OPTION, a named
partition), for SET expressions that read the table itself, and for MERGE and INSERT ALL.

PL/SQL Language Reference 19c, "PL/SQL Triggers", "Order in Which Triggers Fire": BEFORE STATEMENT,
per row BEFORE ROW, change, AFTER ROW, then AFTER STATEMENT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, Unit, quote
from dtm.sandbox.sql.dml_triggers import RowCodec, Triggers, Values
from dtm.sandbox.sql.encoding import Encoded, rowid_text
from dtm.sandbox.sql.engine_plans import Outcome, Row, Template
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.transactions import Step


class Run(NamedTuple):
    """One execution of a statement."""

    step: Step
    binds: Sequence[Encoded]
    actor: Actor
    result: Outcome


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query about one row, whose number is the value at `slot`."""

    query: Template
    slot: int

    def rows(self, run: Run, number: Encoded) -> list[Row]:
        binds = list(run.binds)
        binds[self.slot] = number
        return self.query.run(run.step, binds)


@dataclass(frozen=True, slots=True)
class Check:
    """A lookup that must find the written row; ORA-`code` when it does not."""

    lookup: Lookup
    code: int

    def require(self, run: Run, number: Encoded) -> None:
        if not self.lookup.rows(run, number):
            raise OraError(self.code)


@dataclass(slots=True)
class RowWriter:
    """Writes the rows of one table for one kind of change."""

    table: Table
    triggers: Triggers
    codec: RowCodec
    checks: tuple[Check, ...] = ()
    returning: Lookup | None = None

    # ------------------------------------------------------------ the statement

    def begin(self, run: Run) -> None:
        self._statement(run, self.triggers.before_statement)

    def end(self, run: Run) -> None:
        self._statement(run, self.triggers.after_statement)

    def _statement(self, run: Run, units: tuple[Unit, ...]) -> None:
        if units:
            with run.actor.statement_level():
                self.triggers.fire(units, run.actor, None, None)

    # ------------------------------------------------------------ rows

    def insert(self, run: Run, given: dict[str, Encoded]) -> None:
        """`given`: encoded values that fit their columns."""
        triggers = self.triggers
        new: Values = {}
        if triggers.per_row:
            new = self.codec.decode([given.get(c.name) for c in self.codec.columns])
            triggers.fire(triggers.before_row, run.actor, None, new)
            columns = self.codec.writable
            values = [self.codec.encode(c, new.get(c.name), run.actor) for c in columns]
            names = ", ".join(c.sql for c in columns)
        else:
            names, values = ", ".join(quote(name) for name in given), list(given.values())
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {self.table.target}({names}) VALUES ({marks})"
        run.step.execute(sql, values)
        run.result.count += run.step.changes
        number = run.step.last_row
        run.result.last_rowid = rowid_text(self.table.id, number)
        self._written(run, number)
        triggers.fire(triggers.after_row, run.actor, None, new)

    def update(
        self, run: Run, number: Encoded, changed: dict[str, Encoded], image: Values | None = None
    ) -> None:
        """`changed`: encoded values that fit their columns; `image`: the row before, if known."""
        triggers = self.triggers
        if not triggers.per_row:
            body = ", ".join(f"{quote(name)} = ?" for name in changed)
            self._change(run, f"UPDATE {self.table.target} SET {body}", changed.values(), number)
            self._written(run, number)
            return
        old = image if image is not None else self._image(run, number)
        new = dict(old)
        columns = {c.name: c for c in self.codec.columns}
        for name, value in changed.items():
            decode = encoding.decoder(columns[name].type)
            new[name] = value if value is None or decode is None else decode(value)
        triggers.fire(triggers.before_row, run.actor, dict(old), new)
        touched = [c for c in self.codec.writable if c.name in changed or _differs(c, old, new)]
        body = ", ".join(f"{c.sql} = ?" for c in touched)
        values = [self.codec.encode(c, new.get(c.name), run.actor) for c in touched]
        self._change(run, f"UPDATE {self.table.target} SET {body}", values, number)
        self._written(run, number)
        triggers.fire(triggers.after_row, run.actor, dict(old), new)

    def delete(self, run: Run, number: Encoded, image: Values | None = None) -> None:
        """Delete one row; `image`: the row before, if known."""
        triggers, old = self.triggers, image
        if old is None and triggers.per_row:
            old = self._image(run, number)
        triggers.fire(triggers.before_row, run.actor, old, None)
        if self.returning is not None:
            run.result.rows += self.returning.rows(run, number)
        self._change(run, f"DELETE FROM {self.table.target}", (), number)
        triggers.fire(triggers.after_row, run.actor, old, None)

    def _change(self, run: Run, verb: str, values: Iterable[Encoded], number: Encoded) -> None:
        run.step.execute(f"{verb} WHERE {ROW} = ?", [*values, number])
        run.result.count += run.step.changes

    def _image(self, run: Run, number: Encoded) -> Values:
        sql = f"SELECT {self.codec.sql} FROM {self.table.target} WHERE {ROW} = ?"
        rows = run.step.execute(sql, (number,))
        return self.codec.decode(rows[0] if rows else [None] * len(self.codec.columns))

    def _written(self, run: Run, number: Encoded) -> None:
        for check in self.checks:
            check.require(run, number)
        if self.returning is not None:
            run.result.rows += self.returning.rows(run, number)


def _differs(column: TableColumn, old: Values, new: Values) -> bool:
    return bool(new.get(column.name) != old.get(column.name))


@dataclass(slots=True)
class RowInsertPlan:
    """INSERT row by row: `rows` gives the values of `names`, fitted to their columns."""

    writer: RowWriter
    rows: Template
    names: list[str]

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        run = Run(step, binds, actor, Outcome())
        self.writer.begin(run)
        for row in self.rows.run(step, binds):
            self.writer.insert(run, dict(zip(self.names, row, strict=True)))
        self.writer.end(run)
        return run.result


@dataclass(slots=True)
class RowChangePlan:
    """UPDATE or DELETE row by row, all new values computed first: `rows` gives "$R", the columns
    of `images` (all of the table's when there are row triggers), the new values of `names`."""

    writer: RowWriter
    candidates: Template
    rows: Template
    names: list[str] = field(default_factory=list)
    images: bool = False
    deletes: bool = False

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        run = Run(step, binds, actor, Outcome())
        self.candidates.require_free(step, self.writer.table, binds)
        self.writer.begin(run)
        width = 1 + (len(self.writer.codec.columns) if self.images else 0)
        for row in self.rows.run(step, binds):
            image = self.writer.codec.decode(row[1:width]) if self.images else None
            if self.deletes:
                self.writer.delete(run, row[0], image)
            else:
                changed = dict(zip(self.names, row[width:], strict=True))
                self.writer.update(run, row[0], changed, image)
        self.writer.end(run)
        return run.result


@dataclass(slots=True)
class InsteadPlan:
    """DML on a view with INSTEAD OF triggers: `rows` gives the view's columns, then the new values
    of `names` (INSERT: only these)."""

    triggers: Triggers
    codec: RowCodec
    rows: Template
    names: list[str]

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        triggers, result = self.triggers, Outcome()
        inserts = triggers.operation == "INSERT"
        width = 0 if inserts else len(self.codec.columns)
        for row in self.rows.run(step, binds):
            old = None if inserts else self.codec.decode(row[:width])
            given = dict(zip(self.names, row[width:], strict=True))
            new: Values | None = None
            if triggers.operation != "DELETE":
                written = self.codec.decode([given.get(c.name) for c in self.codec.columns])
                new = {**(old or written), **{name: written[name] for name in given}}
            triggers.fire(triggers.instead, actor, old, new)
            result.count += 1
        return result
