"""MODIFY of an identity column (SQL Language Reference 19c, ALTER TABLE, "identity_clause")."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Identity, Sequence, Table, TableColumn
from dtm.sandbox.sql.ddl_columns import ColumnDef
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_sequence import altered
from dtm.sandbox.sql.encoding import decode_number


def modify_identity(ddl: Ddl, table: Table, column: TableColumn, definition: ColumnDef) -> Table:
    """Another generation, other options (START WITH LIMIT VALUE: above the highest value there
    is), or DROP IDENTITY; ORA-30673 when the column is none."""
    if column.identity is None:
        raise OraError(30673)
    sequence = ddl.catalog.find(table.owner, column.identity.sequence)
    if not isinstance(sequence, Sequence):
        raise OraError(2289)
    if definition.drop_identity:
        ddl.catalog.remove(sequence)
        changed = replace(column, identity=None)
    else:
        options = definition.identity_options
        if options.start_limit:
            rows = ddl.database.run(f"SELECT max({column.sql}) FROM {table.target}")
            highest = decode_number(rows[0][0])
            step = sequence.increment if options.increment is None else options.increment
            options.start = sequence.start if highest is None else int(highest) + step
        options.restart = options.start is not None
        current = ddl.instance.sequences.peek(sequence)
        moved = altered(ddl, sequence, options, current)
        ddl.catalog.put(moved)
        ddl.instance.sequences.reset(moved)
        generation = definition.identity or column.identity.generation
        changed = replace(column, identity=Identity(sequence.name, generation))
    columns = tuple(changed if c.name == column.name else c for c in table.columns)
    return replace(table, columns=columns)
