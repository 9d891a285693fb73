"""The syntax tree of DML and of the small statements."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.sandbox.sql import parse_nodes as n


@dataclass(slots=True, eq=False)
class Returning(n.Node):
    items: list[n.SelectItem]
    into: list[n.Node]


@dataclass(slots=True, eq=False)
class DefaultValue(n.Node):
    """The word DEFAULT in VALUES or SET."""


@dataclass(slots=True, eq=False)
class InsertInto(n.Node):
    """INTO table (columns) VALUES (...) - of INSERT and of each branch of a multi-table INSERT."""

    table: n.FromItem
    columns: list[n.Name] | None
    values: list[n.Node] | None


@dataclass(slots=True, eq=False)
class ErrorLogging(n.Node):
    """LOG ERRORS [INTO table] [(tag)] [REJECT LIMIT n]; no `limit`: UNLIMITED."""

    table: n.TableRef | None
    tag: n.Node | None
    limit: int | None


@dataclass(slots=True, eq=False)
class Insert(n.Node):
    into: InsertInto
    query: n.Query | None
    returning: Returning | None = None
    row: n.Node | None = None  # INSERT INTO t VALUES record (PL/SQL)
    errors: ErrorLogging | None = None


@dataclass(slots=True, eq=False)
class MultiInsert(n.Node):
    first: bool
    branches: list[tuple[n.Node | None, list[InsertInto]]]  # (WHEN condition, INTO ...)
    otherwise: list[InsertInto]
    query: n.Query


@dataclass(slots=True, eq=False)
class Assignment(n.Node):
    """SET column = value, or SET (a, b) = (SELECT ...)."""

    columns: list[n.Name]
    value: n.Node


@dataclass(slots=True, eq=False)
class Update(n.Node):
    table: n.FromItem
    assignments: list[Assignment]
    where: n.Node | None
    returning: Returning | None = None
    row: n.Node | None = None  # SET ROW = record (PL/SQL)
    errors: ErrorLogging | None = None


@dataclass(slots=True, eq=False)
class Delete(n.Node):
    table: n.FromItem
    where: n.Node | None
    returning: Returning | None = None
    errors: ErrorLogging | None = None


@dataclass(slots=True, eq=False)
class Merge(n.Node):
    table: n.TableRef
    source: n.FromItem
    on: n.Node
    assignments: list[Assignment] | None = None
    update_where: n.Node | None = None
    delete_where: n.Node | None = None
    insert_columns: list[n.Name] | None = None
    insert_values: list[n.Node] | None = None
    insert_where: n.Node | None = None
    matched_at: int = 0
    unmatched_at: int = 0
    errors: ErrorLogging | None = None


@dataclass(slots=True, eq=False)
class LockTable(n.Node):
    tables: list[n.TableRef]
    mode: str
    wait: float | None


@dataclass(slots=True, eq=False)
class Transaction(n.Node):
    """COMMIT, ROLLBACK [TO], SAVEPOINT, SET TRANSACTION."""

    kind: str
    name: str | None = None
    read_only: bool = False


@dataclass(slots=True, eq=False)
class SetConstraints(n.Node):
    """SET CONSTRAINTS; no names: ALL."""

    names: list[tuple[str, ...]]
    deferred: bool


@dataclass(slots=True, eq=False)
class SetRole(n.Node):
    """SET ROLE; `everything`: ALL, with `names` those of EXCEPT."""

    names: list[str]
    everything: bool = False


@dataclass(slots=True, eq=False)
class AlterSession(n.Node):
    """SET pairs, or one of the other forms by its words (ENABLE PARALLEL DML ...)."""

    settings: list[tuple[str, str, int]]
    words: str = ""


Statement = (
    n.Query
    | Insert
    | MultiInsert
    | Update
    | Delete
    | Merge
    | LockTable
    | SetConstraints
    | SetRole
    | Transaction
    | AlterSession
)
