"""CREATE / ALTER / DROP INDEX (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Index, IndexColumn, Table
from dtm.sandbox.sql.ddl_build import LocalPart, make_index, part_names, require_partition_key
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Name, Tokens
from dtm.sandbox.sql.partitions_parse import store_in

_DIRECTIONS = frozenset({"ASC", "DESC"})


def create_index(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """CREATE [UNIQUE | BITMAP] INDEX name ON table (column | expression, ...) ..."""
    kind = tokens.accept_any("UNIQUE", "BITMAP")
    tokens.expect("INDEX")
    name = tokens.name(953)
    tokens.expect("ON", 969)
    if tokens.at("CLUSTER"):
        tokens.unsupported(421, "table cluster")
    table_name = tokens.name(903)
    table = ddl.table(table_name, "INDEX", "CREATE ANY INDEX")
    owner = ddl.home(name) if len(name.parts) > 1 else ddl.schema
    if owner != ddl.user:
        ddl.resolver.require("CREATE ANY INDEX")
    columns = _keys(ddl, tokens, table)
    parts: list[LocalPart] = []
    properties = _properties(tokens, table, parts)
    tokens.finish(2158)
    index = _index(ddl, owner, name, table, columns, properties, kind)
    index = replace(index, part_names=part_names(table, parts))
    require_partition_key(table, index)
    ddl.run(lambda: _store(ddl, table, index), table)
    return DdlResult("CREATE INDEX")


def _keys(ddl: Ddl, tokens: Tokens, table: Table) -> tuple[IndexColumn, ...]:
    tokens.expect("(", 906)
    keys = [_key(ddl, tokens, table)]
    while tokens.accept(","):
        keys.append(_key(ddl, tokens, table))
    tokens.expect(")")
    plain = [key.name for key in keys if key.name is not None]
    if len(set(plain)) != len(plain):
        raise OraError(957)
    if len(keys) > 32:
        raise OraError(1793)
    return tuple(keys)


def _key(ddl: Ddl, tokens: Tokens, table: Table) -> IndexColumn:
    offset = tokens.here.offset
    single = tokens.here.kind in ("ident", "quoted") and (
        tokens.ahead().value in (",", ")", "ASC", "DESC")
    )
    if single:
        name = tokens.identifier(936)
        column = table.column(name)
        if column is None:
            raise OraError(904, f'"{name}"', offset=offset)
        if column.type.kind in (Kind.CLOB, Kind.BLOB, Kind.LONG):
            raise OraError(2327, offset=offset)
        return IndexColumn(name, descending=tokens.accept_any("ASC", "DESC") == "DESC")
    text = tokens.expression(_DIRECTIONS)
    try:
        sql = ddl.translator.expression(ddl.session, table, text, "")
    except OraError as error:
        raise (OraError(1743) if error.code == 2436 else error) from error
    descending = tokens.accept_any("ASC", "DESC") == "DESC"
    return IndexColumn(None, text, sql, descending)


def _properties(tokens: Tokens, table: Table, parts: list[LocalPart]) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        clause = parse_physical(tokens)
        if word := tokens.accept_any("LOCAL", "GLOBAL"):
            if word == "LOCAL" and table.partitioning is None:
                raise OraError(14016)
            clause["SCOPE"] = word
            if word == "LOCAL":
                parts += parse_local(tokens)
            if tokens.at("PARTITION"):
                tokens.unsupported(433, "globally partitioned index")
        elif word := tokens.accept_any("UNUSABLE", "INVISIBLE", "VISIBLE"):
            clause[word] = "YES"
        elif tokens.accept("COMPUTE"):
            tokens.expect("STATISTICS")
            clause["STATISTICS"] = "YES"
        elif tokens.at("INDEXTYPE"):
            tokens.unsupported(464, "domain index")
        if not clause:
            return found
        found.update(clause)


def parse_local(tokens: Tokens) -> list[LocalPart]:
    """LOCAL [STORE IN (..)] [(PARTITION [name] [properties] [(SUBPARTITION ...)], ...)]."""
    store_in(tokens)
    if not tokens.accept("("):
        return []
    found: list[LocalPart] = []
    while True:
        tokens.expect("PARTITION", 14004)
        part = LocalPart(_part_name(tokens))
        while parse_physical(tokens) or tokens.accept("UNUSABLE"):
            continue
        if tokens.accept("("):
            tokens.expect("SUBPARTITION", 14150)
            part.subs.append(_part_name(tokens))
            parse_physical(tokens)
            while tokens.accept(","):
                tokens.expect("SUBPARTITION", 14150)
                part.subs.append(_part_name(tokens))
                parse_physical(tokens)
            tokens.expect(")")
        found.append(part)
        if not tokens.accept(","):
            break
    tokens.expect(")")
    return found


def _part_name(tokens: Tokens) -> str | None:
    if tokens.at_any(",", ")", "(", "TABLESPACE", "UNUSABLE"):
        return None
    return tokens.identifier(14006)


def _index(
    ddl: Ddl,
    owner: str,
    name: Name,
    table: Table,
    columns: tuple[IndexColumn, ...],
    properties: dict[str, str],
    kind: str | None,
) -> Index:
    catalog = ddl.catalog
    if catalog.index(owner, name.last) is not None:
        raise OraError(955, offset=name.offset)
    shape = [(key.name, key.expression_sql) for key in columns]
    for other in catalog.indexes_of(table):
        if [(key.name, key.expression_sql) for key in other.columns] == shape:
            raise OraError(1408)
    tablespace = properties.pop("TABLESPACE", table.tablespace)
    if catalog.tablespace(tablespace) is None:
        raise OraError(959, tablespace)
    return Index(
        id=0,
        owner=owner,
        name=name.last,
        table=(table.owner, table.name),
        columns=columns,
        unique=kind == "UNIQUE",
        tablespace=tablespace,
        physical="",
        status="UNUSABLE" if properties.pop("UNUSABLE", None) else "VALID",
        local=properties.pop("SCOPE", "GLOBAL") == "LOCAL",
        bitmap=kind == "BITMAP",
        visible=properties.pop("INVISIBLE", None) is None,
        created=now(),
        last_ddl=now(),
        properties=properties,
    )


def _store(ddl: Ddl, table: Table, index: Index) -> None:
    index_id = ddl.catalog.new_id()
    index = replace(index, id=index_id, physical=f"{index.owner}.{index.name}#{index_id}")
    try:
        make_index(ddl, table, index)
    except apsw.ConstraintError:
        raise OraError(1452) from None
    except apsw.FullError:
        raise OraError(1652, 128, table.tablespace) from None
    ddl.database.reattach_table(table)


def existing_index(ddl: Ddl, tokens: Tokens, privilege: str) -> Index:
    name = tokens.name(953)
    index = ddl.catalog.index(name.owner(ddl.schema), name.last)
    if index is None:
        raise OraError(1418, offset=name.offset)
    if index.owner != ddl.user and not ddl.resolver.has(privilege):
        raise OraError(1418 if ddl.resolver.find(index.table) is None else 1031)
    return index


def drop_index(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP INDEX name [ONLINE] [FORCE]; ORA-02429 for a key's index."""
    tokens.expect("INDEX")
    index = existing_index(ddl, tokens, "DROP ANY INDEX")
    while tokens.accept_any("ONLINE", "FORCE"):
        continue
    tokens.finish(933)
    table = ddl.catalog.table(*index.table)
    if table is None:
        raise OraError(1418)
    if any(c.index == index.name and c.enabled for c in table.constraints):
        raise OraError(2429)

    def work() -> None:
        ddl.catalog.remove(index)
        ddl.database.run_all(storage_tables.drop_index(table, index))
        ddl.database.reattach_table(table)

    ddl.run(work, table)
    return DdlResult("DROP INDEX")
