"""CREATE TABLE (SQL Language Reference 19c, CREATE TABLE)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partitioning, Table, quote
from dtm.sandbox.sql.ddl_build import (
    TableBuilder,
    broken_check,
    build_columns,
    check_defaults,
    note_wide,
    require_partition_key,
    rows_exist,
)
from dtm.sandbox.sql.ddl_columns import (
    ColumnDef,
    ConstraintDef,
    at_constraint,
    parse_column,
    parse_constraint,
)
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Name, Tokens
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.partitions_interval import with_interval
from dtm.sandbox.sql.partitions_parse import PartitionClause, parse_partitioning
from dtm.sandbox.sql.partitions_rules import build_partitioning
from dtm.sandbox.sql.partitions_sql import accepts, beyond
from dtm.sandbox.sql.storage_errors import translate

_REFUSED = {
    "EXTERNAL": "external table",
    "CLUSTER": "table cluster",
    "NESTED": "nested table column",
    "VARRAY": "VARRAY column",
    "OF": "object table",
}


@dataclass(slots=True)
class CreateTable:
    """A CREATE TABLE statement as written."""

    name: Name
    temporary: str | None = None
    columns: list[ColumnDef] = field(default_factory=list)
    constraints: list[ConstraintDef] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    partitioning: PartitionClause | None = None
    row_movement: bool = False
    query: str | None = None
    query_offset: int = 0


def parse_create_table(tokens: Tokens, *, char_semantics: bool) -> CreateTable:
    """After CREATE: [GLOBAL TEMPORARY] TABLE ..."""
    temporary = None
    if tokens.accept("GLOBAL", "TEMPORARY"):
        temporary = "DELETE"
    elif tokens.at("PRIVATE", "TEMPORARY"):
        tokens.unsupported(420, "PRIVATE TEMPORARY TABLE")
    tokens.expect("TABLE")
    statement = CreateTable(tokens.name(903), temporary)
    if tokens.accept("("):
        _relational(tokens, statement, char_semantics=char_semantics)
    elif tokens.at_any("OF", "CLUSTER"):
        tokens.unsupported(421, _REFUSED[tokens.here.value])
    _properties(tokens, statement)
    if statement.query is None and not statement.columns:
        tokens.fail(906)
    tokens.finish()
    return statement


def _relational(tokens: Tokens, statement: CreateTable, *, char_semantics: bool) -> None:
    while True:
        if at_constraint(tokens):
            statement.constraints.append(parse_constraint(tokens))
        elif tokens.at("SUPPLEMENTAL"):
            tokens.unsupported(422, "SUPPLEMENTAL LOG")
        else:
            statement.columns.append(parse_column(tokens, char_semantics=char_semantics))
        if not tokens.accept(","):
            break
    tokens.expect(")")


def _properties(tokens: Tokens, statement: CreateTable) -> None:
    while True:
        found = parse_physical(tokens)
        statement.properties.update(found)
        if tokens.accept("ON", "COMMIT"):
            word = tokens.accept_any("DELETE", "PRESERVE")
            if word is None or statement.temporary is None:
                tokens.fail(14451 if word else 905)
            tokens.expect("ROWS")
            statement.temporary = word
        elif tokens.accept("ORGANIZATION"):
            statement.properties.update(_organization(tokens))
        elif tokens.at("PARTITION", "BY"):
            statement.partitioning = parse_partitioning(tokens)
        elif word := tokens.accept_any("ENABLE", "DISABLE"):
            tokens.expect("ROW", 922)
            tokens.expect("MOVEMENT", 922)
            statement.row_movement = word == "ENABLE"
        elif tokens.at_any("CLUSTER", "NESTED", "VARRAY"):
            tokens.unsupported(421, _REFUSED[tokens.here.value])
        elif tokens.accept("AS"):
            statement.query_offset = tokens.here.offset
            if not tokens.at_any("SELECT", "WITH", "("):
                tokens.fail(928)
            statement.query = tokens.rest()
        elif not found:
            return


def _organization(tokens: Tokens) -> dict[str, str]:
    """After ORGANIZATION. Of INDEX also [INCLUDING column] OVERFLOW [attributes]: no effect here."""
    if tokens.at("EXTERNAL"):
        tokens.unsupported(421, "external table")
    kind = tokens.accept_any("INDEX", "HEAP") or "HEAP"
    found = {"ORGANIZATION": kind, **parse_physical(tokens)}
    if kind == "INDEX" and tokens.accept("INCLUDING"):
        tokens.identifier()
        tokens.expect("OVERFLOW")
        parse_physical(tokens)
    elif kind == "INDEX" and tokens.accept("OVERFLOW"):
        parse_physical(tokens)
    return found


class TableCreator:
    """Makes the table a statement describes."""

    def __init__(self, ddl: Ddl, statement: CreateTable) -> None:
        self.ddl = ddl
        self.statement = statement
        self.rows: list[tuple[Encoded, ...]] = []

    def create(self) -> DdlResult:
        """Check, then do it as one DDL."""
        ddl, statement = self.ddl, self.statement
        owner = ddl.home(statement.name)
        ddl.require(owner, "CREATE TABLE", "CREATE ANY TABLE")
        ddl.catalog.free_name(owner, statement.name.last)
        if statement.query is not None:
            self._run_query(statement.query)
        ddl.run(lambda: self._create(owner))
        return DdlResult("CREATE TABLE", rowcount=len(self.rows))

    def _create(self, owner: str) -> None:
        ddl, statement = self.ddl, self.statement
        ddl.catalog.free_name(owner, statement.name.last)
        builder = TableBuilder(ddl, self._table(owner))
        for definition in statement.columns:
            if definition.identity is not None:
                builder.add_identity(definition)
            if definition.virtual is not None:
                builder.resolve_virtual(definition)
        inline = [c for definition in statement.columns for c in definition.constraints]
        # Keys come before foreign keys, which may refer to this very table.
        for kind in ("N", "0", "P", "U", "C", "R"):
            for constraint in (*inline, *statement.constraints):
                if constraint.type == kind:
                    builder.add(constraint)
        table = builder.table
        if statement.partitioning is not None:
            table = replace(table, partitioning=self._partitioning(table, statement.partitioning))
        for sequence in builder.sequences:
            ddl.catalog.put(sequence)
        for index in builder.indexes:
            require_partition_key(table, index)
        ddl.catalog.put(table)
        for index in builder.indexes:
            ddl.catalog.put(index)
        self._store(table)

    def _partitioning(self, table: Table, clause: PartitionClause) -> Partitioning:
        return build_partitioning(
            self.ddl, table, clause, row_movement=self.statement.row_movement
        )

    def _store(self, table: Table) -> None:
        ddl = self.ddl
        try:
            ddl.database.run_all(storage_tables.create_table(table))
            if self.rows:
                self._insert(table)
            for index in ddl.catalog.indexes_of(table):
                ddl.database.run_all(storage_tables.create_index(table, index))
        except apsw.FullError:
            raise OraError(1658 if not self.rows else 1652, *self._space(table)) from None
        except apsw.Error as error:
            raise translate(error, ddl.catalog, [table]) from error
        if self.rows:
            table = self._check_rows(table)
        ddl.database.attach_table(table)

    def _check_rows(self, table: Table) -> Table:
        """What an INSERT's triggers would have looked at; the table with what the rows told."""
        ddl = self.ddl
        broken = broken_check(ddl, table)
        if broken is not None:
            raise OraError(2290, table.owner, broken.name)
        partitioning = table.partitioning
        if partitioning is not None and partitioning.interval is None:
            if rows_exist(ddl, table, f"({accepts(partitioning)}) IS NOT 1"):
                raise OraError(14400)
        elif partitioning is not None:
            key = quote(partitioning.columns[0])
            above = beyond(partitioning, "")
            sql = f"SELECT DISTINCT {key} FROM {table.target} WHERE {above}"
            for (value,) in ddl.database.run(sql):
                partitioning = with_interval(ddl.catalog, table, partitioning, value)
            table = replace(table, partitioning=partitioning)
            ddl.catalog.put(table)
        ddl.instance.space.check_quotas([table])
        return note_wide(ddl, table)

    def _space(self, table: Table) -> tuple[object, ...]:
        return (table.tablespace,) if not self.rows else (128, table.tablespace)

    def _insert(self, table: Table) -> None:
        """CTAS: rows come in with the checks and notes an INSERT would make."""
        database = self.ddl.database
        stored = storage_tables.stored_columns(table)
        for column in stored:
            if not column.nullable:
                index = stored.index(column)
                if any(row[index] is None for row in self.rows):
                    raise OraError(1400, f'"{table.owner}"."{table.name}"."{column.name}"')
        marks = ", ".join("?" * len(stored))
        names = storage_tables.column_list(table)
        database.connection.executemany(
            f"INSERT INTO {table.target}({names}) VALUES({marks})", self.rows
        )

    # ------------------------------------------------------------ parts

    def _table(self, owner: str) -> Table:
        ddl, statement = self.ddl, self.statement
        table_id = ddl.catalog.new_id()
        tablespace, schema = self._tablespace(owner)
        name = statement.name.last
        columns = build_columns(statement.columns)
        check_defaults(ddl, columns)
        return Table(
            id=table_id,
            owner=owner,
            name=name,
            columns=columns,
            tablespace=tablespace,
            schema=schema,
            physical=f"{owner}.{name}#{table_id}",
            temporary=statement.temporary,
            created=now(),
            last_ddl=now(),
            properties=statement.properties,
        )

    def _tablespace(self, owner: str) -> tuple[str, str]:
        if self.statement.temporary:
            return "TEMP", "temp"
        user = self.ddl.catalog.user(owner)
        default = user.default_tablespace if user is not None else "SYSTEM"
        name = self.statement.properties.pop("TABLESPACE", default)
        found = self.ddl.catalog.tablespace(name)
        if found is None:
            raise OraError(959, name)
        if found.status == "READ ONLY":
            raise OraError(1647, found.name)
        if found.contents != "PERMANENT":
            raise OraError(2195, found.contents)
        return found.name, found.schema

    def _run_query(self, text: str) -> None:
        """CREATE TABLE ... AS SELECT: columns and NOT NULL come from the query."""
        statement = self.statement
        if any(c.type == "R" for c in statement.constraints):
            raise OraError(
                2440, message="Create as select with referential constraints not allowed"
            )
        columns, rows = self.ddl.translator.rows(self.ddl.session, text)
        if statement.columns and len(statement.columns) != len(columns):
            raise OraError(1730)
        if not statement.columns:
            unnamed = self.ddl.translator.unnamed(text)
            if unnamed is not None:
                raise OraError(998, offset=statement.query_offset + unnamed)
            statement.columns = [ColumnDef(c.name, statement.query_offset) for c in columns]
        for definition, column in zip(statement.columns, columns, strict=True):
            if definition.type is not None:
                raise OraError(1773, offset=definition.offset)
            if column.type.kind == Kind.NULL or column.type.length == 0:
                raise OraError(1723, offset=definition.offset)
            definition.type = column.type
            if not column.nullable and not any(c.type == "N" for c in definition.constraints):
                definition.constraints.append(ConstraintDef("N", None, (definition.name,)))
        self.rows = list(rows)
