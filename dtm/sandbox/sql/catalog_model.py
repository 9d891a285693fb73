"""What the data dictionary knows: immutable values, no I/O.

Names are as stored: upper case unless they were quoted. A changed object is a new value that
replaces the old one in the `Catalog`, so readers need no lock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from dtm.sandbox.kernel.types import Column, OraType

ROW = '"$R"'  # the row number column of every stored table


def quote(name: str) -> str:
    """A name as SQLite's quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Identity:
    """GENERATED ... AS IDENTITY. `generation`: ALWAYS, BY DEFAULT, BY DEFAULT ON NULL."""

    sequence: str
    generation: str = "ALWAYS"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table. `default` and `virtual` are Oracle expressions as written."""

    name: str
    type: OraType
    nullable: bool = True
    default: str | None = None
    default_on_null: bool = False
    identity: Identity | None = None
    virtual: str | None = None
    virtual_sql: str | None = None
    comment: str | None = None
    invisible: bool = False
    unused: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The column as SQLite names it."""
        return quote(self.name)

    @property
    def described(self) -> Column:
        """The column as a query describes it."""
        return Column(self.name, self.type, self.nullable)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint. `type`: P primary key, U unique, R foreign key, C check (and NOT NULL).
    `condition` is Oracle text, `condition_sql` the SQLite form over NEW's columns ("NEW." is put
    in by storage). `references` is (owner, table, constraint) of the key a foreign key points at.
    """

    name: str
    type: str
    columns: tuple[str, ...] = ()
    condition: str | None = None
    condition_sql: str | None = None
    references: tuple[str, str, str] | None = None
    delete_rule: str | None = None  # NO ACTION, CASCADE, SET NULL
    enabled: bool = True
    validated: bool = True
    deferrable: bool = False
    deferred: bool = False
    generated: bool = False
    not_null: bool = False
    rely: bool = False
    index: str | None = None
    created: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Partition:
    """One (sub)partition. `values`, encoded: range: one tuple (None is MAXVALUE); list: its values;
    DEFAULT and hash have none. `text` is HIGH_VALUE."""

    id: int
    name: str
    text: str
    values: tuple[tuple[int | float | str | bytes | None, ...], ...]
    tablespace: str
    is_default: bool = False
    interval: bool = False  # made by INTERVAL: it begins at `lower`
    lower: tuple[int | float | str | bytes | None, ...] | None = None
    created: dt.datetime = dt.datetime(2019, 1, 1)
    properties: Mapping[str, str] = field(default_factory=dict)
    subpartitions: tuple[Partition, ...] = ()


@dataclass(frozen=True, slots=True)
class Subpartitioning:
    """How partitions are divided. `template`: what a new one gets; "" as name: SYS_SUBPnnn."""

    method: str
    columns: tuple[str, ...]
    template: tuple[Partition, ...] = ()
    wide_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a table is partitioned. `method`: RANGE, LIST or HASH; `interval` is Oracle text.
    `outer`: of the subpartitions of one partition, never stored."""

    method: str
    columns: tuple[str, ...]
    partitions: tuple[Partition, ...]
    interval: str | None = None
    row_movement: bool = False
    wide_keys: frozenset[str] = frozenset()  # key columns that may hold wide NUMBERs
    step: tuple[str, int | float] | None = None  # of `interval`: (N | M | S, size)
    sub: Subpartitioning | None = None
    outer: tuple[Partitioning, Partition] | None = None

    def find(self, name: str) -> Partition | None:
        """The partition called `name`."""
        return next((part for part in self.partitions if part.name == name), None)

    def inner(self, partition: Partition) -> Partitioning:
        """The subpartitions of a partition of a composite table."""
        sub = self.sub or Subpartitioning("HASH", ())
        return Partitioning(
            sub.method,
            sub.columns,
            partition.subpartitions,
            wide_keys=sub.wide_keys,
            outer=(self, partition),
        )

    @property
    def levels(self) -> tuple[Partitioning, ...]:
        """The partitionings whose partitions have segments: itself, or each partition's own."""
        if self.sub is None:
            return (self,)
        return tuple(self.inner(partition) for partition in self.partitions)

    @property
    def leaves(self) -> tuple[tuple[Partitioning, Partition], ...]:
        """Every partition or subpartition that has a segment, with its level."""
        return tuple((level, part) for level in self.levels for part in level.partitions)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns a row's place follows from."""
        return self.columns + (self.sub.columns if self.sub is not None else ())


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `schema` is the SQLite schema it lies in, `physical` its name there."""

    id: int
    owner: str
    name: str
    columns: tuple[TableColumn, ...]
    tablespace: str
    schema: str
    physical: str
    constraints: tuple[Constraint, ...] = ()
    temporary: str | None = None  # GLOBAL TEMPORARY: DELETE or PRESERVE (rows, on commit)
    partitioning: Partitioning | None = None
    comment: str | None = None
    wide: frozenset[str] = frozenset()  # columns that ever held a wide NUMBER
    read_only: bool = False
    created: dt.datetime = dt.datetime(2019, 1, 1)
    last_ddl: dt.datetime = dt.datetime(2019, 1, 1)
    properties: Mapping[str, str] = field(default_factory=dict)  # recorded physical clauses
    statistics: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> TableColumn | None:
        """The column called `name` (stored form), or None."""
        return next((c for c in self.columns if c.name == name and not c.unused), None)

    @property
    def visible(self) -> tuple[TableColumn, ...]:
        """The columns `SELECT *` shows, in order."""
        return tuple(c for c in self.columns if not c.invisible and not c.unused)

    @property
    def described(self) -> tuple[Column, ...]:
        """The visible columns as a query describes them."""
        return tuple(column.described for column in self.visible)

    @property
    def target(self) -> str:
        """The table as SQLite names it."""
        return f"{quote(self.schema)}.{quote(self.physical)}"

    @property
    def undo(self) -> str:
        """The name of the table's undo table in SQLite's temp schema (unquoted)."""
        return f"#U{self.id}"

    @property
    def saved_undo(self) -> str:
        """The name of the persistent undo table in system.db (unquoted)."""
        return f"#P{self.id}"

    def constraint(self, name: str) -> Constraint | None:
        """The constraint called `name`."""
        return next((c for c in self.constraints if c.name == name), None)

    @property
    def primary_key(self) -> Constraint | None:
        """The primary key constraint, or None."""
        return next((c for c in self.constraints if c.type == "P"), None)


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """One key part: a column, or an Oracle expression with its SQLite form."""

    name: str | None
    expression: str | None = None
    expression_sql: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index. `table` is (owner, name)."""

    id: int
    owner: str
    name: str
    table: tuple[str, str]
    columns: tuple[IndexColumn, ...]
    unique: bool
    tablespace: str
    physical: str
    generated: bool = False
    for_key: bool = False  # made by a constraint, goes with it
    status: str = "VALID"
    local: bool = False
    bitmap: bool = False
    visible: bool = True
    created: dt.datetime = dt.datetime(2019, 1, 1)
    last_ddl: dt.datetime = dt.datetime(2019, 1, 1)
    properties: Mapping[str, str] = field(default_factory=dict)
    unusable: frozenset[int] = frozenset()  # of a local index: ids of the table's partitions
    part_names: Mapping[int, str] = field(default_factory=dict)  # where not the partition's own

    @property
    def usable(self) -> bool:
        """False when the whole index, or some partition of it, is UNUSABLE."""
        return self.status == "VALID" and not self.unusable


@dataclass(frozen=True, slots=True)
class View:
    """A view: its query as written and its described columns (empty while INVALID)."""

    id: int
    owner: str
    name: str
    text: str
    columns: tuple[Column, ...]
    status: str = "VALID"
    read_only: bool = False
    check_option: bool = False
    comment: str | None = None
    column_comments: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[tuple[str, str], ...] = ()  # (owner, name)
    created: dt.datetime = dt.datetime(2019, 1, 1)
    last_ddl: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence. `next_value` is the persisted high-water mark (LAST_NUMBER)."""

    id: int
    owner: str
    name: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    cache: int
    ordered: bool
    next_value: int
    identity: bool = False
    created: dt.datetime = dt.datetime(2019, 1, 1)
    last_ddl: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Synonym:
    """A synonym; owner PUBLIC for a public one."""

    id: int
    owner: str
    name: str
    target_owner: str
    target_name: str
    created: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Unit:
    """A stored PL/SQL unit with its errors and dependencies (owner, name, type)."""

    id: int
    owner: str
    name: str
    type: str
    text: str
    status: str
    version: int
    settings: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[tuple[int, int, str, str], ...] = ()  # line, position, text, attribute
    depends_on: tuple[tuple[str, str, str], ...] = ()
    uses: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # "OWNER.TABLE": columns, * +
    trigger_on: tuple[str, str] | None = None
    enabled: bool = True
    created: dt.datetime = dt.datetime(2019, 1, 1)
    last_ddl: dt.datetime = dt.datetime(2019, 1, 1)
    timestamp: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class User:
    """A user (schema). Quotas by tablespace in bytes, -1 unlimited."""

    id: int
    name: str
    salt: bytes = b""
    iterations: int = 0
    hash: bytes = b""
    default_tablespace: str = "USERS"
    temporary_tablespace: str = "TEMP"
    locked: bool = False
    expired: bool = False
    profile: str = "DEFAULT"
    default_roles: tuple[str, ...] | None = None  # None: all that are granted
    quotas: Mapping[str, int] = field(default_factory=dict)
    created: dt.datetime = dt.datetime(2019, 1, 1)


@dataclass(frozen=True, slots=True)
class Grants:
    """What a user, role or PUBLIC was granted. `system`, `roles`: name -> with admin option;
    `objects`: (owner, name, privilege, column or "") -> (grantable, grantor)."""

    grantee: str
    is_role: bool = False
    system: Mapping[str, bool] = field(default_factory=dict)
    roles: Mapping[str, bool] = field(default_factory=dict)
    objects: Mapping[tuple[str, str, str, str], tuple[bool, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A datafile as DBA_DATA_FILES has it; sizes in bytes."""

    name: str
    size: int
    autoextend: bool = False
    maximum: int = 0
    increment: int = 0


@dataclass(frozen=True, slots=True)
class Tablespace:
    """A tablespace: one attached SQLite file whose limit is the sum of its datafiles' sizes."""

    id: int
    name: str
    schema: str
    file: str
    datafiles: tuple[DataFile, ...]
    contents: str = "PERMANENT"
    status: str = "ONLINE"
    bigfile: bool = False
    created: dt.datetime = dt.datetime(2019, 1, 1)

    @property
    def limit(self) -> int:
        """Bytes it may hold, autoextension included."""
        return sum(max(f.size, f.maximum) if f.autoextend else f.size for f in self.datafiles)


# Objects that share one namespace per schema (SQL Language Reference, "Database Object Names").
SchemaObject = Table | View | Sequence | Synonym | Unit
