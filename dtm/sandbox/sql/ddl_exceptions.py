"""EXCEPTIONS INTO: the rows that keep a constraint from being enabled (SQL Language Reference 19c,
"constraint", "exceptions_clause"; Administrator's Guide, "Reporting Constraint Exceptions")."""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import ROW, Constraint, Table, quote
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.encoding import rowid_text

VIOLATED = frozenset({2290, 2293, 2296, 2298, 2299, 2437})
_COLUMNS = ("ROW_ID", "OWNER", "TABLE_NAME", "CONSTRAINT")


def note_exceptions(ddl: Ddl, table: Table, constraint: Constraint, into: Table) -> None:
    """Insert a row for each row that violates the constraint, and commit; ORA-02445 when the
    table is not made as utlexcpt.sql does."""
    if any(into.column(name) is None for name in _COLUMNS):
        raise OraError(2445)
    found = ddl.database.run(
        f"SELECT t.{ROW} FROM {table.target} t WHERE {_violating(ddl, table, constraint)}"
    )
    names = ", ".join(quote(name) for name in _COLUMNS)
    sql = f"INSERT INTO {into.target}({names}) VALUES(?, ?, ?, ?)"

    def work() -> None:
        for (row,) in found:
            values = (rowid_text(table.id, int(row)), table.owner, table.name, constraint.name)
            ddl.database.run(sql, values)

    ddl.run(work, into)


def _violating(ddl: Ddl, table: Table, constraint: Constraint) -> str:
    """The SQLite condition, over the alias t, of the rows that break a constraint."""
    names = [quote(name) for name in constraint.columns]
    nulls = " OR ".join(f"t.{name} IS NULL" for name in names)
    if constraint.not_null:
        return nulls
    if constraint.type == "C":
        text = constraint.condition or ""
        return f"NOT ({ddl.translator.condition(ddl.session, table, text, 't.')})"
    if constraint.type == "R":
        parent, keys = ddl.instance.keys.parent_of(constraint)
        match = " AND ".join(
            f"p.{quote(key)}=t.{name}" for key, name in zip(keys, names, strict=True)
        )
        return f"NOT ({nulls}) AND NOT EXISTS (SELECT 1 FROM {parent.target} p WHERE {match})"
    same = " AND ".join(f"o.{name} IS t.{name}" for name in names)
    some = " OR ".join(f"t.{name} IS NOT NULL" for name in names)
    double = (
        f"(({some}) AND EXISTS (SELECT 1 FROM {table.target} o WHERE {same} AND o.{ROW}<>t.{ROW}))"
    )
    return f"({nulls} OR {double})" if constraint.type == "P" else double
