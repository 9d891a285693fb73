"""Foreign keys, checked for the rows of a statement when it is over, as Oracle does.

(SQL Language Reference 19c, "constraint"; Concepts, "When the Database Checks Constraints for
Validity".) A parent row another open transaction inserted, changed or deleted makes us wait.
"""

from __future__ import annotations

from collections.abc import Iterable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import ROW, Constraint, Table, quote
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_errors import RowLocked
from dtm.sandbox.sql.storage_tables import DELETED, INSERTED, UPDATED


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

    def check(self, tables: Iterable[Table], stmt: int, xid: int) -> None:
        """After the statement: cascades first, then ORA-02291 and ORA-02292."""
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
        for parent, child, constraint in pairs:
            self._check_children(parent, child, constraint, stmt, xid)
        for table in tables:
            for constraint in table.constraints:
                if constraint.type == "R" and constraint.enabled:
                    self._check_parent(table, constraint, stmt, xid)

    def parent_of(self, constraint: Constraint) -> tuple[Table, list[str]]:
        """The referenced table and its key columns."""
        owner, name, key_name = constraint.references or ("", "", "")
        parent = self._database.catalog.table(owner, name)
        key = parent.constraint(key_name) if parent is not None else None
        if parent is None or key is None:
            raise OraError(600, f"foreign key {constraint.name} without parent")
        return parent, list(key.columns)

    def _check_parent(self, table: Table, constraint: Constraint, stmt: int, xid: int) -> None:
        """Every row the statement inserted or changed has its parent."""
        parent, keys = self.parent_of(constraint)
        match = _join("p", keys, "t", constraint.columns)
        complete = " AND ".join(f"t.{quote(name)} IS NOT NULL" for name in constraint.columns)
        written = (
            f'FROM temp.{quote(table.undo)} w CROSS JOIN {table.target} t ON t.{ROW}=w."$rid" '
            f'WHERE w."$stmt"=? AND w."$op" IN ({INSERTED}, {UPDATED}) AND {complete}'
        )
        if not self._database.run(f"SELECT 1 {written} LIMIT 1", (stmt,)):
            return
        undo = f"temp.{quote(parent.undo)}"
        if len(self._changes(parent)) > (xid in self._changes(parent)):
            old = _join("u", keys, "t", constraint.columns)
            rows = self._database.run(
                f'SELECT (SELECT u."$xid" FROM {undo} u LEFT JOIN {parent.target} p '
                f'ON p.{ROW}=u."$rid" WHERE u."$xid"<>?1 AND (u."$op"={INSERTED} AND {match} '
                f'OR u."$op" IN ({UPDATED}, {DELETED}) AND {old})) AS holder '
                f"{written.replace('?', '?2')} AND holder IS NOT NULL LIMIT 1",
                (xid, stmt),
            )
            if rows:
                raise RowLocked(int(rows[0][0]))
        missing = f"NOT EXISTS (SELECT 1 FROM {parent.target} p WHERE {match})"
        if self._database.run(f"SELECT 1 {written} AND {missing} LIMIT 1", (stmt,)):
            raise OraError(2291, table.owner, constraint.name)

    def _changes(self, table: Table) -> dict[int, int]:
        return self._changed.get(table.id, {})

    def _gone(self, parent: Table, constraint: Constraint, stmt: int) -> str:
        """Keys the statement took away (deleted or changed) and that no parent row has now."""
        _, keys = self.parent_of(constraint)
        again = _join("p", keys, "w", keys)
        return (
            f'FROM temp.{quote(parent.undo)} w WHERE w."$stmt"={stmt} '
            f'AND w."$op" IN ({UPDATED}, {DELETED}) '
            f"AND NOT EXISTS (SELECT 1 FROM {parent.target} p WHERE {again})"
        )

    def _cascade(
        self, parent: Table, child: Table, constraint: Constraint, stmt: int, xid: int
    ) -> None:
        _, keys = self.parent_of(constraint)
        names = ", ".join(quote(name) for name in constraint.columns)
        gone = ", ".join(f"w.{quote(name)}" for name in keys)
        deleted = f'{self._gone(parent, constraint, stmt)} AND w."$op"={DELETED}'
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
        self, parent: Table, child: Table, constraint: Constraint, stmt: int, xid: int
    ) -> None:
        """ORA-02292; waits while another transaction inserted, changed or deleted such a child."""
        _, keys = self.parent_of(constraint)
        gone = self._gone(parent, constraint, stmt)
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
