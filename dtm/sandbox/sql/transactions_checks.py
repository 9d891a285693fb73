"""Constraints that are checked at the end of a statement or of the transaction.

DEFERRABLE ones, and keys over a non-unique index (SQL Language Reference 19c, "constraint", SET
CONSTRAINTS; Concepts, "Deferrable Constraints"). The triggers check everything else at the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import ROW, Constraint, Table, quote
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_errors import RowLocked
from dtm.sandbox.sql.storage_tables import DELETED, INSERTED, UPDATED, stored_columns

Changes = dict[int, dict[int, int]]  # Transactions.changed


@dataclass(slots=True)
class Modes:
    """SET CONSTRAINTS of one transaction: which are deferred now."""

    everything: bool | None = None
    named: dict[tuple[str, str], bool] = field(default_factory=dict)

    def deferred(self, table: Table, constraint: Constraint) -> bool:
        """Wait with this one until COMMIT?"""
        if not constraint.deferrable:
            return False
        known = self.named.get((table.owner, constraint.name))
        if known is None:
            known = self.everything
        return constraint.deferred if known is None else known


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are checked: those of a statement, or of the whole transaction."""

    xid: int
    stmt: int | None = None

    def where(self, undo: str = "w") -> str:
        """The condition on undo rows."""
        if self.stmt is None:
            return f'{undo}."$xid"={self.xid}'
        return f'{undo}."$stmt"={self.stmt}'


def written(table: Table, constraint: Constraint, scope: Scope, alias: str) -> str:
    """FROM ... WHERE ... of the rows that were inserted, or updated in the constraint's columns:
    ENABLE NOVALIDATE leaves a row alone whose other columns change."""
    stored = {column.name for column in stored_columns(table)}
    same = "0"  # the image before has no virtual columns
    if constraint.columns and stored.issuperset(constraint.columns):
        same = " AND ".join(f"w.{quote(n)} IS {alias}.{quote(n)}" for n in constraint.columns)
    return (
        f"FROM temp.{quote(table.undo)} w CROSS JOIN {table.target} AS {alias} "
        f'ON {alias}.{ROW}=w."$rid" WHERE {scope.where()} '
        f'AND (w."$op"={INSERTED} OR w."$op"={UPDATED} AND NOT ({same}))'
    )


class SoftChecks:
    """CHECK, NOT NULL and keys the triggers and indexes do not enforce."""

    def __init__(self, database: Database, changed: Changes) -> None:
        self._database = database
        self._changed = changed

    def of(self, table: Table) -> tuple[Constraint, ...]:
        """The constraints of a table that are checked here."""
        catalog = self._database.catalog

        def find() -> tuple[Constraint, ...]:
            soft = {i.name for i in catalog.indexes_of(table) if not i.unique}
            return tuple(
                c
                for c in table.constraints
                if c.enabled
                and ((c.type == "C" and c.deferrable) or (c.type in "PU" and c.index in soft))
            )

        return catalog.cached(("soft", table.id), find)

    def check(self, table: Table, constraint: Constraint, scope: Scope) -> None:
        """ORA-00001, ORA-02290; waits for another transaction's row with the same key."""
        if constraint.type == "C":
            self._check_rows(table, constraint, scope)
        else:
            self._check_key(table, constraint, scope)

    def _check_rows(self, table: Table, constraint: Constraint, scope: Scope) -> None:
        broken = f"NOT ({constraint.condition_sql})"
        if constraint.not_null:
            broken = f"NEW.{quote(constraint.columns[0])} IS NULL"
        sql = f"SELECT 1 {written(table, constraint, scope, 'NEW')} AND {broken} LIMIT 1"
        if self._database.run(sql):
            raise OraError(2290, table.owner, constraint.name)

    def _check_key(self, table: Table, constraint: Constraint, scope: Scope) -> None:
        names = [quote(name) for name in constraint.columns]
        some = " OR ".join(f"t.{name} IS NOT NULL" for name in names)
        rows = f"{written(table, constraint, scope, 't')} AND ({some})"
        same = " AND ".join(f"o.{name} IS t.{name}" for name in names)
        doubles = self._database.run(
            f"SELECT (SELECT o.{ROW} FROM {table.target} o WHERE {same} AND o.{ROW}<>t.{ROW}) "
            f"AS twin {rows} AND twin IS NOT NULL LIMIT 1"
        )
        if len(self._changed.get(table.id, {})) > (scope.xid in self._changed.get(table.id, {})):
            self._wait_for_others(table, names, rows, scope, doubles)
        if doubles:
            raise OraError(1, f"{table.owner}.{constraint.name}")

    def _wait_for_others(
        self,
        table: Table,
        names: Iterable[str],
        rows: str,
        scope: Scope,
        doubles: list[tuple[int, ...]],
    ) -> None:
        """The same key in a row another open transaction inserted, changed or deleted."""
        undo = f"temp.{quote(table.undo)}"
        if doubles:
            held = self._database.run(
                f'SELECT "$xid" FROM {undo} WHERE "$rid"=? AND "$xid"<>? '
                f'AND "$op" IN ({INSERTED}, {UPDATED}) LIMIT 1',
                (doubles[0][0], scope.xid),
            )
        else:
            old = " AND ".join(f"u.{name} IS t.{name}" for name in names)
            held = self._database.run(
                f'SELECT (SELECT u."$xid" FROM {undo} u WHERE u."$xid"<>{scope.xid} '
                f'AND u."$op" IN ({UPDATED}, {DELETED}) AND {old}) AS holder {rows} '
                "AND holder IS NOT NULL LIMIT 1"
            )
        if held:
            raise RowLocked(int(held[0][0]))
