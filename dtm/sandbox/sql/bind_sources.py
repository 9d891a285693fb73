"""What FROM items give: WITH queries, translated parts, the columns of stored tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dtm.sandbox.sql.bind_model import OutColumn, Source, SourceColumn, Typed
from dtm.sandbox.sql.catalog_model import Table, TableColumn
from dtm.sandbox.sql.translate_storage import column_digits


@dataclass(slots=True)
class CommonTableInfo:
    """A WITH query: its SQLite name and columns."""

    sql_name: str
    columns: list[OutColumn]


@dataclass(slots=True)
class FromPart:
    """A translated FROM item."""

    sql: str
    sources: list[Source]
    is_join: bool = False


def table_column(table: Table, column: TableColumn, alias: str) -> SourceColumn:
    """A stored column as a source shows it."""
    value = Typed(
        f"{alias}.{column.sql}",
        column.type,
        nullable=column.nullable,
        digits=column_digits(column.type),
        wide=column.name in table.wide,
    )
    return SourceColumn(column.name, value, hidden=column.invisible)


def make_nullable(sources: list[Source]) -> None:
    """An outer join may leave these sources without a row."""
    for source in sources:
        for column in source.columns.values():
            column.value = replace(column.value, nullable=True)
            if column.value.row is not None:
                column.value = replace(column.value, nullable=True)
