"""Translated statements, ready to run: SQLite text with places for tables, parameters, kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dtm.sandbox.kernel.ports import HostVariable
from dtm.sandbox.kernel.types import Column
from dtm.sandbox.sql.bind_context import MARK
from dtm.sandbox.sql.bind_model import Requirements
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.encoding import Encoded, rowid_text
from dtm.sandbox.sql.engine_binds import Binder
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.transactions import Step, source

Row = tuple[Encoded, ...]
_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\?(\d+)""")


class Template:
    """SQLite text whose table references depend on which tables are dirty."""

    __slots__ = ("_binds", "_parts", "_rendered", "_tables")

    def __init__(self, sql: str, needs: Requirements) -> None:
        tables = needs.tables
        used = {int(m) for m in _PARAMETER.findall(sql) if m}
        needs.used |= used
        # SQLite wants exactly as many values as the highest parameter number in the text.
        self._binds = max(used, default=0)
        self._parts = sql.split(MARK)
        self._tables: Sequence[tuple[Table, str | None]] = tables
        self._rendered: dict[frozenset[int], str] = {}

    def render(self, dirty: frozenset[int]) -> str:
        """The text for this set of dirty tables."""
        known = self._rendered.get(dirty)
        if known is None:
            pieces = [
                source(*self._place(part, dirty)) if index % 2 else part
                for index, part in enumerate(self._parts)
            ]
            known = self._rendered[dirty] = "".join(pieces)
            if len(self._rendered) > 16:
                self._rendered = {dirty: known}
        return known

    def run(self, step: Step, binds: Sequence[Encoded]) -> list[Row]:
        """Execute it in a step."""
        return step.execute(self.render(step.dirty), binds[: self._binds])

    def used(self, binds: Sequence[Encoded]) -> Sequence[Encoded]:
        """The values this text takes."""
        return binds[: self._binds]

    def require_free(self, step: Step, table: Table, binds: Sequence[Encoded]) -> None:
        """Wait while another transaction holds a row of `table` that this text, a query for
        `"$R"`, finds."""
        if table.id in step.dirty:
            step.require_free(table, self.render(step.dirty), self.used(binds))

    def _place(self, part: str, dirty: frozenset[int]) -> tuple[Table, frozenset[int], str | None]:
        table, partition = self._tables[int(part)]
        return table, dirty, partition


@dataclass(slots=True)
class Outcome:
    """What a plan did: rows of a query or of RETURNING (encoded), rows changed, the last ROWID."""

    rows: list[Row] = field(default_factory=list)
    count: int = 0
    last_rowid: str | None = None


class Plan(Protocol):
    """How a statement runs inside one storage step."""

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        """Run; may be called again after a lock wait."""


@dataclass(slots=True)
class QueryPlan:
    """A query, with the rows FOR UPDATE locks first."""

    template: Template
    locks: list[tuple[Table, Template]] = field(default_factory=list)

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del actor
        for table, candidates in self.locks:
            step.lock(table, candidates.render(step.dirty), candidates.used(binds))
        return Outcome(self.template.run(step, binds))


@dataclass(slots=True)
class InsertPlan:
    table: Table
    template: Template

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del actor
        rows = self.template.run(step, binds)
        last = rowid_text(self.table.id, step.last_row) if step.changes else None
        return Outcome(rows, step.changes, last)


@dataclass(slots=True)
class ChangePlan:
    """UPDATE or DELETE in one SQLite statement; `candidates` finds the rows when the table is not
    plain."""

    table: Table
    plain: Template
    candidates: Template
    by_row: Template

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del actor
        self.candidates.require_free(step, self.table, binds)
        template = self.by_row if self._indirect(step) else self.plain
        rows = template.run(step, binds)
        return Outcome(rows, step.changes)

    def _indirect(self, step: Step) -> bool:
        return bool(self.table.temporary) or self.table.id in step.dirty


@dataclass(slots=True)
class Statement:
    """A translated statement with everything its execution needs."""

    kind: str
    plan: Plan
    columns: tuple[Column, ...]
    needs: Requirements
    targets: tuple[Table, ...] = ()
    decode: Callable[[Row], tuple[object, ...]] | None = None
    into: tuple[str, ...] = ()
    single: bool = False  # INSERT ... VALUES: its table does not count as mutating
    wait: float | None = None
    version: int = 0
    hosts: tuple[HostVariable | str, ...] = ()
    binders: tuple[Binder, ...] = ()  # one per parameter
    numbers: tuple[int, ...] = ()  # places of the NUMBER parameters
    wide: bool = False  # translated for parameters that are wide NUMBERs

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(t for t, _ in self.needs.tables)
