"""UNUSABLE indexes (Administrator's Guide 19c, "Making an Index Unusable"; Reference,
SKIP_UNUSABLE_INDEXES): queries do without them, DML that has to maintain a unique one gets
ORA-01502. A unique index that is UNUSABLE as a whole does not exist in the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Index, Table
from dtm.sandbox.sql.ddl_context import Ddl


def set_state(
    ddl: Ddl,
    table: Table,
    index: Index,
    *,
    status: str | None = None,
    unusable: Iterable[int] | None = None,
) -> Index:
    """Make an index (or partitions of a local one) usable or not; the caller reattaches the table.

    Becoming VALID is building it anew: ORA-01452 for double keys."""
    changed = replace(
        index,
        status=status or index.status,
        unusable=index.unusable if unusable is None else frozenset(unusable),
    )
    if changed == index:
        return index
    changed = replace(changed, last_ddl=now())
    if changed.status != index.status:
        if changed.status == "VALID":
            build(ddl, table, changed)
        else:
            ddl.database.run_all(storage_tables.drop_index(table, index))
    ddl.catalog.put(changed)
    return changed


def build(ddl: Ddl, table: Table, index: Index) -> None:
    """Make the index in the file; ORA-01452, ORA-01652."""
    try:
        ddl.database.run_all(storage_tables.create_index(table, index))
    except apsw.ConstraintError:
        raise OraError(1452) from None
    except apsw.FullError:
        raise OraError(1652, 128, table.tablespace) from None


def all_unusable(ddl: Ddl, table: Table) -> None:
    """The table's rows moved (MOVE without UPDATE INDEXES)."""
    for index in ddl.catalog.indexes_of(table):
        if index.local and table.partitioning is not None:
            parts = {part.id for _, part in table.partitioning.leaves}
            set_state(ddl, table, index, unusable=parts)
        else:
            set_state(ddl, table, index, status="UNUSABLE")


def all_usable(ddl: Ddl, table: Table) -> None:
    """The table is empty now (TRUNCATE TABLE, "the indexes are once again USABLE")."""
    for index in ddl.catalog.indexes_of(table):
        if not index.usable:
            set_state(ddl, table, index, status="VALID", unusable=())
