"""The index that enforces a key (SQL Language Reference 19c, "constraint", "using_index_clause").

An index on exactly the key's columns is used when there is one, unique or not; else one is made,
not unique for a DEFERRABLE key. A key over a non-unique index is checked at the end of the
statement or of the transaction (transactions_checks.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import Constraint, Index, IndexColumn, Table
from dtm.sandbox.sql.ddl_columns import ConstraintDef
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens


@dataclass(slots=True)
class _Using:
    """What USING INDEX says about an index to make."""

    name: str
    unique: bool
    columns: tuple[str, ...]
    tablespace: str
    local: bool


def key_index(
    catalog: Catalog,
    table: Table,
    base: Constraint,
    definition: ConstraintDef,
    known: Iterable[Index],
) -> tuple[Index, bool]:
    """The index for a key and whether it is new; ORA-14196 for one that cannot serve."""
    using = _wanted(table, base, definition)
    for index in (*catalog.indexes_of(table), *known):
        if not _serves(index, base):
            if definition.index_name is not None and index.name == definition.index_name.last:
                raise OraError(14196, offset=definition.offset)
            continue
        if definition.index_text is None and definition.index_name is None:
            return index, False
        if definition.index_name is not None and index.name == definition.index_name.last:
            return index, False
    if definition.index_name is not None:
        raise OraError(1418, offset=definition.offset)
    if catalog.index(table.owner, using.name) is not None:
        raise OraError(955, offset=definition.offset)
    if using.local and table.partitioning is None and not definition.index_local:
        raise OraError(14016, offset=definition.offset)
    index_id = catalog.new_id()
    made = Index(
        id=index_id,
        owner=table.owner,
        name=using.name,
        table=(table.owner, table.name),
        columns=tuple(IndexColumn(column) for column in using.columns),
        unique=using.unique,
        tablespace=using.tablespace,
        physical=f"{table.owner}.{using.name}#{index_id}",
        generated=base.generated and definition.index_text is None,
        for_key=definition.index_text is None,
        local=using.local,
        created=now(),
        last_ddl=now(),
    )
    return made, True


def _wanted(table: Table, base: Constraint, definition: ConstraintDef) -> _Using:
    tablespace = definition.index_tablespace or table.tablespace
    using = _Using(
        base.name, not base.deferrable, base.columns, tablespace, definition.index_local
    )
    if definition.index_text is None:
        return using
    tokens = Tokens(definition.index_text)
    tokens.expect("CREATE", 906)
    using.unique = tokens.accept("UNIQUE")
    tokens.expect("INDEX")
    using.name = tokens.name(953).last
    tokens.expect("ON", 969)
    on = tokens.name(903)
    if on.last != table.name:
        raise OraError(14196, offset=definition.offset)
    using.columns = tokens.path()
    while not tokens.at_end():
        properties = parse_physical(tokens)
        using.tablespace = properties.get("TABLESPACE", using.tablespace)
        if word := tokens.accept_any("LOCAL", "GLOBAL"):
            using.local = word == "LOCAL"
        elif not properties:
            tokens.finish(2158)
    if set(using.columns[: len(base.columns)]) != set(base.columns):
        raise OraError(14196, offset=definition.offset)
    if using.unique and len(using.columns) != len(base.columns):
        raise OraError(14196, offset=definition.offset)
    return using


def _serves(index: Index, key: Constraint) -> bool:
    """The key's columns lead the index; a unique one has no more, and cannot be deferred."""
    names = [part.name for part in index.columns]
    if index.bitmap or set(names[: len(key.columns)]) != set(key.columns):
        return False
    if index.unique:
        return len(names) == len(key.columns) and not key.deferrable
    return True
