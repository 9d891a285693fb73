"""From definitions as written to dictionary values: columns, constraints, their indexes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import UNTYPED, Kind
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import (
    ROW,
    Constraint,
    Identity,
    Index,
    Sequence,
    Table,
    TableColumn,
    quote,
)
from dtm.sandbox.sql.ddl_columns import ColumnDef, ConstraintDef, SequenceOptions
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_key_index import key_index
from dtm.sandbox.sql.privileges import has_object_privilege
from dtm.sandbox.sql.storage_tables import create_index

MAX_COLUMNS = 1000
_NOT_KEYS = (Kind.CLOB, Kind.BLOB, Kind.LONG)
_MAX_SEQUENCE = 10**28 - 1


def build_sequence(
    ddl: Ddl, owner: str, name: str, options: SequenceOptions, *, identity: bool = False
) -> Sequence:
    """A sequence from its options; ORA-04001 ... 04013 for impossible ones."""
    increment = 1 if options.increment is None else options.increment
    if increment == 0:
        raise OraError(4002)
    ascending = increment > 0
    minimum = options.minimum if options.minimum is not None else (1 if ascending else 1 - 10**27)
    maximum = (
        options.maximum if options.maximum is not None else (_MAX_SEQUENCE if ascending else -1)
    )
    start = options.start if options.start is not None else (minimum if ascending else maximum)
    if minimum >= maximum:
        raise OraError(4004)
    if start < minimum:
        raise OraError(4006)
    if start > maximum:
        raise OraError(4008)
    if abs(increment) > maximum - minimum:
        raise OraError(4005)
    cycle = bool(options.cycle)
    cache = 20 if options.cache is None else options.cache
    if cycle and cache and (maximum - minimum) // abs(increment) + 1 < cache:
        raise OraError(4013)
    return Sequence(
        id=ddl.catalog.new_id(),
        owner=owner,
        name=name,
        start=start,
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        cycle=cycle,
        cache=cache,
        ordered=bool(options.ordered),
        next_value=start,
        identity=identity,
        created=now(),
        last_ddl=now(),
    )


def check_defaults(ddl: Ddl, columns: Iterable[TableColumn]) -> None:
    """The DEFAULT clauses of new columns; ORA-00984 and the like."""
    for column in columns:
        if column.default is not None:
            ddl.translator.default(ddl.session, column.default, column)


def build_columns(definitions: list[ColumnDef]) -> tuple[TableColumn, ...]:
    """Columns without identity sequences and virtual SQL yet; ORA-00957, ORA-01792, ORA-02263."""
    if len(definitions) > MAX_COLUMNS:
        raise OraError(1792)
    seen: set[str] = set()
    columns = []
    for definition in definitions:
        # SQLite does not tell "a" from "A": such a pair is refused as a duplicate, too.
        if definition.name.upper() in seen:
            raise OraError(957, offset=definition.offset)
        seen.add(definition.name.upper())
        if definition.type is None and definition.virtual is None:
            raise OraError(2263, offset=definition.offset)
        columns.append(
            TableColumn(
                name=definition.name,
                type=definition.type or UNTYPED,
                default=definition.default,
                default_on_null=definition.default_on_null,
                nullable=not (definition.default_on_null or definition.identity is not None),
                virtual=definition.virtual,
                invisible=bool(definition.invisible),
            )
        )
    return tuple(columns)


class TableBuilder:
    """Adds constraints to a table; collects the indexes and sequences that come with them."""

    def __init__(self, ddl: Ddl, table: Table) -> None:
        self.ddl = ddl
        self.table = table
        self.indexes: list[Index] = []
        self.sequences: list[Sequence] = []

    def system_name(self) -> str:
        """SYS_Cnnnnnn."""
        return f"SYS_C{self.ddl.catalog.new_id():06d}"

    def add_identity(self, definition: ColumnDef) -> None:
        """Give an identity column its sequence (ISEQ$$_nnn)."""
        if any(column.identity for column in self.table.columns):
            raise OraError(30669)
        name = f"ISEQ$$_{self.table.id}"
        sequence = build_sequence(
            self.ddl, self.table.owner, name, definition.identity_options, identity=True
        )
        self.sequences.append(sequence)
        self._replace_column(
            definition.name, identity=Identity(name, definition.identity or "ALWAYS")
        )

    def resolve_virtual(self, definition: ColumnDef) -> None:
        """Translate a virtual column's expression."""
        translator, session = self.ddl.translator, self.ddl.session
        text = definition.virtual or ""
        try:
            if definition.type is None:
                described = translator.expression_type(session, self.table, text)
                self._replace_column(definition.name, type=described.type)
            sql = translator.expression(session, self.table, text, "")
        except OraError as error:
            raise (OraError(54002) if error.code == 2436 else error) from error
        if any(c.virtual is not None and c.sql in sql for c in self.table.columns):
            raise OraError(54012)
        self._replace_column(definition.name, virtual_sql=sql)

    def _replace_column(self, name: str, **changes: object) -> None:
        columns = tuple(
            replace(column, **changes) if column.name == name else column  # type: ignore[arg-type]
            for column in self.table.columns
        )
        self.table = replace(self.table, columns=columns)

    def _add(self, constraint: Constraint, offset: int) -> None:
        taken = self.ddl.catalog.constraint_owner(self.table.owner, constraint.name)
        if taken is not None or self.table.constraint(constraint.name) is not None:
            raise OraError(2264, offset=offset)
        self.table = replace(self.table, constraints=(*self.table.constraints, constraint))

    def add(self, definition: ConstraintDef) -> Constraint | None:
        """Add one constraint; the value stored, None for NULL."""
        for name in definition.columns:
            if self.table.column(name) is None:
                raise OraError(904, f'"{name}"', offset=definition.offset)
        base = Constraint(
            name=definition.name or self.system_name(),
            type=definition.type,
            columns=definition.columns,
            enabled=definition.enabled,
            validated=definition.enabled if definition.validated is None else definition.validated,
            deferrable=definition.deferrable,
            deferred=definition.deferred,
            rely=definition.rely,
            generated=definition.name is None,
            created=now(),
        )
        adders = {"N": self._not_null, "P": self._key, "U": self._key, "R": self._foreign_key}
        if definition.type == "0":
            return None
        built = adders.get(definition.type, self._check)(base, definition)
        self._add(built, definition.offset)
        return built

    def _not_null(self, base: Constraint, definition: ConstraintDef) -> Constraint:
        name = definition.columns[0]
        column = self.table.column(name)
        if column is not None and any(
            c.not_null and c.columns == (name,) for c in self.table.constraints
        ):
            raise OraError(1442, offset=definition.offset)
        if base.enabled and not base.deferrable:
            self._replace_column(name, nullable=False)
        return replace(base, type="C", condition=f'"{name}" IS NOT NULL', not_null=True)

    def _check(self, base: Constraint, definition: ConstraintDef) -> Constraint:
        text = definition.condition or ""
        sql = self.ddl.translator.condition(self.ddl.session, self.table, text, "NEW.")
        columns = tuple(c.name for c in self.table.columns if f"NEW.{quote(c.name)}" in sql)
        return replace(base, condition=text, condition_sql=sql, columns=columns)

    def _key(self, base: Constraint, definition: ConstraintDef) -> Constraint:
        if len(set(base.columns)) != len(base.columns):
            raise OraError(957, offset=definition.offset)
        if len(base.columns) > 32:
            raise OraError(2257, offset=definition.offset)
        for name in base.columns:
            column = self.table.column(name)
            if column is not None and column.type.kind in _NOT_KEYS:
                raise OraError(2329, offset=definition.offset)
        for other in self.table.constraints:
            if base.type == "P" and other.type == "P":
                raise OraError(2260, offset=definition.offset)
            if other.type in "PU" and other.columns == base.columns:
                raise OraError(2261, offset=definition.offset)
        if base.type == "P" and base.enabled:
            for name in base.columns:
                self._replace_column(name, nullable=False)
        if not base.enabled:
            return base
        return replace(base, index=self._key_index(base, definition))

    def _key_index(self, base: Constraint, definition: ConstraintDef) -> str:
        """The index that enforces a key: an existing one on these columns, or a new one."""
        index, made = key_index(self.ddl.catalog, self.table, base, definition, self.indexes)
        if made:
            self.indexes.append(index)
        return index.name

    def _foreign_key(self, base: Constraint, definition: ConstraintDef) -> Constraint:
        name = definition.references
        if name is None:
            raise OraError(905, offset=definition.offset)
        parent = self._parent(name.owner(self.table.owner), name.last, name.offset)
        key = self._referenced_key(parent, definition)
        if len(key.columns) != len(base.columns):
            raise OraError(2256, offset=definition.offset)
        for child_name, parent_name in zip(base.columns, key.columns, strict=True):
            child_column = self.table.column(child_name)
            parent_column = parent.column(parent_name)
            if (
                child_column
                and parent_column
                and child_column.type.kind != parent_column.type.kind
            ):
                raise OraError(2267, offset=definition.offset)
        return replace(
            base,
            references=(parent.owner, parent.name, key.name),
            delete_rule=definition.delete_rule or "NO ACTION",
        )

    def _parent(self, owner: str, name: str, offset: int) -> Table:
        if (owner, name) == (self.table.owner, self.table.name):
            return self.table
        ddl = self.ddl
        found = ddl.catalog.find(owner, name)
        if not isinstance(found, Table):
            found = ddl.resolver.find((owner, name))
        if not isinstance(found, Table):
            raise OraError(942, offset=offset)
        if not has_object_privilege(ddl.catalog, self.table.owner, found, ("REFERENCES",)):
            code = 1031 if ddl.resolver.find((owner, name)) is not None else 942
            raise OraError(code, offset=offset)
        return found

    @staticmethod
    def _referenced_key(parent: Table, definition: ConstraintDef) -> Constraint:
        if not definition.referenced_columns:
            if parent.primary_key is None:
                raise OraError(2268, offset=definition.offset)
            return parent.primary_key
        for name in definition.referenced_columns:
            if parent.column(name) is None:
                raise OraError(904, f'"{name}"', offset=definition.offset)
        for constraint in parent.constraints:
            if constraint.type in "PU" and constraint.columns == definition.referenced_columns:
                return constraint
        raise OraError(2270, offset=definition.offset)


@dataclass(slots=True)
class LocalPart:
    """A partition of a LOCAL index as described: its name, those of its subpartitions."""

    name: str | None
    subs: list[str | None] = field(default_factory=list)


def part_names(table: Table, parts: list[LocalPart]) -> dict[int, str]:
    """Names of index partitions by the id of the table's; ORA-14024 for a wrong number of them
    ("number of partitions of LOCAL index must equal that of the underlying table")."""
    if not parts or table.partitioning is None:
        return {}
    if len(parts) != len(table.partitioning.partitions):
        raise OraError(14024)
    names: dict[int, str] = {}
    for described, part in zip(parts, table.partitioning.partitions, strict=True):
        if described.name is not None:
            names[part.id] = described.name
        if described.subs and len(described.subs) != len(part.subpartitions):
            raise OraError(14188)
        for name, sub in zip(described.subs, part.subpartitions, strict=False):
            if name is not None:
                names[sub.id] = name
    return names


def require_partition_key(table: Table, index: Index) -> None:
    """ORA-14039: a unique LOCAL index must have the partitioning columns among its keys."""
    if index.local and table.partitioning is None:
        raise OraError(14016)
    if not index.local or not index.unique or table.partitioning is None:
        return
    if not set(table.partitioning.key_columns) <= {key.name for key in index.columns}:
        raise OraError(14039)


def make_index(ddl: Ddl, table: Table, index: Index) -> None:
    """Store an index, dictionary first. ORA-01452 is the caller's to translate."""
    index = _spoiled_at_birth(table, index)
    ddl.catalog.put(index)
    ddl.database.run_all(create_index(table, index))


def _spoiled_at_birth(table: Table, index: Index) -> Index:
    """CREATE INDEX ... LOCAL UNUSABLE: every partition is."""
    if index.status == "VALID" or not index.local or table.partitioning is None:
        return index
    parts = frozenset(part.id for _, part in table.partitioning.leaves)
    return replace(index, status="VALID", unusable=parts)


def rows_exist(ddl: Ddl, table: Table, condition: str = "1") -> bool:
    """True when a row meets the SQLite condition."""
    return bool(ddl.database.run(f"SELECT 1 FROM {table.target} WHERE {condition} LIMIT 1"))


def row_count(ddl: Ddl, table: Table) -> int:
    """How many rows the file table holds."""
    return int(ddl.database.run(f"SELECT count({ROW}) FROM {table.target}")[0][0])


def note_wide(ddl: Ddl, table: Table) -> Table:
    """Look for wide NUMBERs among rows that came in without triggers; the table as it is then."""
    found = {
        column.name
        for column in table.columns
        if column.type.kind == Kind.NUMBER
        and column.virtual is None
        and column.name not in table.wide
        and rows_exist(ddl, table, f"typeof({column.sql})='blob'")
    }
    if not found:
        return table
    changed = replace(table, wide=table.wide | found)
    ddl.catalog.put(changed)
    return changed


def broken_check(ddl: Ddl, table: Table, rows: str = "1") -> Constraint | None:
    """The first enabled CHECK constraint some of the rows break."""
    for constraint in table.constraints:
        if constraint.type == "C" and constraint.enabled and not constraint.not_null:
            text = constraint.condition or ""
            sql = ddl.translator.condition(ddl.session, table, text, "")
            if rows_exist(ddl, table, f"({rows}) AND NOT ({sql})"):
                return constraint
    return None
