"""An array of INSERTs as one step, where nobody can tell it from one statement after the other.

Array DML runs the statement once per row of binds (Call Interface Programmer's Guide 19c, "Array
DML"). For plain rows without triggers all that differs is the time it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.encoding import Encoded, rowid_text
from dtm.sandbox.sql.engine_binds import bind_values
from dtm.sandbox.sql.engine_plans import InsertPlan, Outcome, Statement
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.transactions import Step


@dataclass(slots=True)
class ManyInserts:
    """The rows of one INSERT ... VALUES."""

    plan: InsertPlan
    rows: Sequence[Sequence[Encoded]]

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del binds, actor
        template = self.plan.template
        sql = template.render(step.dirty)
        for row in self.rows:
            step.execute(sql, template.used(row))
        last = rowid_text(self.plan.table.id, step.last_row)
        return Outcome([], len(self.rows), last)


def insert_plan(statement: Statement | None) -> InsertPlan | None:
    """The plan, when no row's outcome can depend on when the rows before it were checked."""
    if statement is None or not statement.single or not isinstance(statement.plan, InsertPlan):
        return None
    needs, table = statement.needs, statement.plan.table
    if needs.writes or needs.calls or needs.tables or needs.dictionary or _own_parent(table):
        return None
    return statement.plan


def _own_parent(table: Table) -> bool:
    """Could a later row be the parent an earlier one lacks?"""
    own = (table.owner, table.name)
    return any(one.references and one.references[:2] == own for one in table.constraints)


def bound_rows(
    statement: Statement, rows: Sequence[Sequence[Value]], env: Environment
) -> list[list[Encoded]] | None:
    """The rows as SQLite takes them; None when one needs a statement of its own (NUMBERs of more
    than 15 digits)."""
    bound = [bind_values(statement.binders, row, env) for row in rows]
    if not statement.wide:
        for place in statement.numbers:
            if any(type(row[place]) is bytes for row in bound):
                return None
    return bound
