"""Foreign keys, checked for the rows of a statement when it is over, as Oracle does.

(SQL Language Reference 19c, "constraint"; Concepts, "When the Database Checks Constraints for
Validity".) A parent row another open transaction inserted, changed or deleted makes us wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dtm.sandbox.kernel.errors import OraError, internal_error
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import ROW, Constraint, Table, quote
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_errors import RowLocked
from dtm.sandbox.sql.storage_tables import DELETED, INSERTED, UPDATED
from dtm.sandbox.sql.transactions_checks import Modes, Scope, SoftChecks, written


def closure(catalog: Catalog, targets: Iterable[Table]) -> list[Table]:
    """The tables a statement on `targets` may write: cascades (ON DELETE) included."""
    found: dict[int, Table] = {}
    todo = list(targets)
    while todo:
        table = todo.pop()
        if table.id in found:
            continue
        found[table.id] = table
        for child, constraint in catalog.children_of(table):
            if constraint.delete_rule in ("CASCADE", "SET NULL"):
                todo.append(child)
    return list(found.values())


class KeyChecker:
    """Checks one statement's foreign keys."""

    def __init__(self, database: Database, changed: dict[int, dict[int, int]]) -> None:
        self._database = database
        self._changed = changed  # Transactions.changed
        self.soft = SoftChecks(database, changed)

    def check(self, tables: Iterable[Table], stmt: int, xid: int, modes: Modes) -> bool:
        """After the statement: cascades first, then ORA-02291, ORA-02292 and what else waits for
        the end of the statement. True when some constraint is left to the end of the transaction.
        """
        catalog = self._database.catalog
        tables = list(tables)
        pairs = [
            (table, child, constraint)
            for table in tables
            for child, constraint in catalog.children_of(table)
        ]
        cascades = [p for p in pairs if p[2].delete_rule in ("CASCADE", "SET NULL")]
        before = -1
        while cascades and before != (now := self._database.connection.total_changes()):
            before = now  # a cascade may cascade further, into the same table too
            for parent, child, constraint in cascades:
                self._cascade(parent, child, constraint, stmt, xid)
        return self._check(tables, pairs, Scope(xid, stmt), modes)

    def _check(
        self,
        tables: list[Table],
        pairs: list[tuple[Table, Table, Constraint]],
        scope: Scope,
        modes: Modes,
    ) -> bool:
        left = False
        for parent, child, constraint in pairs:
            if modes.deferred(child, constraint):
                left = True
            else:
                self._check_children(parent, child, constraint, scope)
        for table in tables:
            for constraint in table.constraints:
                if constraint.type == "R" and constraint.enabled:
                    if modes.deferred(table, constraint):
                        left = True
                    else:
                        self._check_parent(table, constraint, scope)
            for constraint in self.soft.of(table):
                if modes.deferred(table, constraint):
                    left = True
                else:
                    self.soft.check(table, constraint, scope)
        return left

    def check_deferred(
        self,
        tables: Iterable[Table],
        xid: int,
        modes: Modes,
        names: Collection[tuple[str, str]] | None = None,
    ) -> None:
        """At COMMIT or SET CONSTRAINTS IMMEDIATE: what the transaction's statements left, in
        `modes` as they were until now. `names`: only these (owner, constraint)."""
        scope = Scope(xid)

        def wanted(table: Table, constraint: Constraint) -> bool:
            if names is not None and (table.owner, constraint.name) not in names:
                return False
            return modes.deferred(table, constraint)

        for table in tables:
            for child, constraint in self._database.catalog.children_of(table):
                if wanted(child, constraint):
                    self._check_children(table, child, constraint, scope)
            for constraint in table.constraints:
                foreign = constraint.type == "R" and constraint.enabled
                if foreign and wanted(table, constraint):
                    self._check_parent(table, constraint, scope)
            for constraint in self.soft.of(table):
                if wanted(table, constraint):
                    self.soft.check(table, constraint, scope)

    def parent_of(self, constraint: Constraint) -> tuple[Table, list[str]]:
        """The referenced table and its key columns."""
        owner, name, key_name = constraint.references or ("", "", "")
        parent = self._database.catalog.table(owner, name)
        key = parent.constraint(key_name) if parent is not None else None
        if parent is None or key is None:
            raise internal_error(f"foreign key {constraint.name} without parent")
        return parent, list(key.columns)

    def _check_parent(self, table: Table, constraint: Constraint, scope: Scope) -> None:
        """Every row the statement inserted or changed has its parent."""
        parent, keys = self.parent_of(constraint)
        match = _join("p", keys, "t", constraint.columns)
        complete = " AND ".join(f"t.{quote(name)} IS NOT NULL" for name in constraint.columns)
        rows = f"{written(table, constraint, scope, 't')} AND {complete}"
        if not self._database.run(f"SELECT 1 {rows} LIMIT 1"):
            return
        self._require_usable(parent, constraint)
        undo = f"temp.{quote(parent.undo)}"
        xid = scope.xid
        if len(self._changes(parent)) > (xid in self._changes(parent)):
            old = _join("u", keys, "t", constraint.columns)
            held = self._database.run(
                f'SELECT (SELECT u."$xid" FROM {undo} u LEFT JOIN {parent.target} p '
                f'ON p.{ROW}=u."$rid" WHERE u."$xid"<>?1 AND (u."$op"={INSERTED} AND {match} '
                f'OR u."$op" IN ({UPDATED}, {DELETED}) AND {old})) AS holder '
                f"{rows} AND holder IS NOT NULL LIMIT 1",
                (xid,),
            )
            if held:
                raise RowLocked(int(held[0][0]))
        missing = f"NOT EXISTS (SELECT 1 FROM {parent.target} p WHERE {match})"
        if self._database.run(f"SELECT 1 {rows} AND {missing} LIMIT 1"):
            raise OraError(2291, table.owner, constraint.name)

    def _require_usable(self, parent: Table, constraint: Constraint) -> None:
        """ORA-01502: looking for a parent needs the index of its key."""
        key = parent.constraint((constraint.references or ("", "", ""))[2])
        for index in self._database.catalog.indexes_of(parent):
            if key is not None and index.name == key.index and index.status != "VALID":
                raise OraError(1502, f"{index.owner}.{index.name}")

    def _changes(self, table: Table) -> dict[int, int]:
        return self._changed.get(table.id, {})

    def _gone(self, parent: Table, constraint: Constraint, scope: Scope) -> str:
        """Keys the statement took away (deleted or changed) and that no parent row has now."""
        _, keys = self.parent_of(constraint)
        again = _join("p", keys, "w", keys)
        return (
            f"FROM temp.{quote(parent.undo)} w WHERE {scope.where()} "
            f'AND w."$op" IN ({UPDATED}, {DELETED}) '
            f"AND NOT EXISTS (SELECT 1 FROM {parent.target} p WHERE {again})"
        )

    def _cascade(
        self, parent: Table, child: Table, constraint: Constraint, stmt: int, xid: int
    ) -> None:
        _, keys = self.parent_of(constraint)
        names = ", ".join(quote(name) for name in constraint.columns)
        gone = ", ".join(f"w.{quote(name)}" for name in keys)
        deleted = f'{self._gone(parent, constraint, Scope(xid, stmt))} AND w."$op"={DELETED}'
        where = f"WHERE ({names}) IN (SELECT {gone} {deleted})"
        if not self._database.run(f"SELECT 1 FROM {child.target} {where} LIMIT 1"):
            return
        held = self._database.run(
            f'SELECT "$xid" FROM temp.{quote(child.undo)} WHERE "$xid"<>? AND "$rid" IN '
            f"(SELECT {ROW} FROM {child.target} {where}) LIMIT 1",
            (xid,),
        )
        if held:
            raise RowLocked(int(held[0][0]))
        if constraint.delete_rule == "CASCADE":
            self._database.run(f"DELETE FROM {child.target} {where}")
        else:
            nulls = ", ".join(f"{quote(name)}=NULL" for name in constraint.columns)
            self._database.run(f"UPDATE {child.target} SET {nulls} {where}")

    def _check_children(
        self, parent: Table, child: Table, constraint: Constraint, scope: Scope
    ) -> None:
        """ORA-02292; waits while another transaction inserted, changed or deleted such a child."""
        _, keys = self.parent_of(constraint)
        xid = scope.xid
        gone = self._gone(parent, constraint, scope)
        match = _join("c", constraint.columns, "w", keys)
        changes = self._changes(child)
        if len(changes) > (xid in changes):
            undo = f"temp.{quote(child.undo)}"
            old = _join("u", constraint.columns, "w", keys)
            rows = self._database.run(
                f'SELECT (SELECT u."$xid" FROM {undo} u LEFT JOIN {child.target} c '
                f'ON c.{ROW}=u."$rid" WHERE u."$xid"<>? AND (u."$op" IN ({UPDATED}, {DELETED}) '
                f'AND {old} OR u."$op" IN ({INSERTED}, {UPDATED}) AND {match})) AS holder '
                f"{gone} AND holder IS NOT NULL LIMIT 1",
                (xid,),
            )
            if rows:
                raise RowLocked(int(rows[0][0]))
        orphan = f"EXISTS (SELECT 1 FROM {child.target} c WHERE {match})"
        if self._database.run(f"SELECT 1 {gone} AND {orphan} LIMIT 1"):
            raise OraError(2292, child.owner, constraint.name)


def _join(left: str, left_names: Iterable[str], right: str, right_names: Iterable[str]) -> str:
    return " AND ".join(
        f"{left}.{quote(a)}={right}.{quote(b)}"
        for a, b in zip(left_names, right_names, strict=True)
    )
