"""What all DML shares: targets, columns, values fitted to columns, defaults, RETURNING.

SQL Language Reference 19c, "SQL Statements: INSERT, UPDATE, DELETE".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import INTEGER
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import OutColumn, RowAddress, Scope, Source, SourceColumn, Typed
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, View
from dtm.sandbox.sql.catalog_model import Sequence as OraSequence
from dtm.sandbox.sql.dml_targets import Target, TargetTranslator
from dtm.sandbox.sql.dml_triggers import Triggers, triggers_for
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.parse_statements import parse_expression
from dtm.sandbox.sql.translate_base import null_of
from dtm.sandbox.sql.translate_blocks import has_aggregates
from dtm.sandbox.sql.translate_sources import ROWID
from dtm.sandbox.sql.translate_storage import (
    column_digits,
    fits_already,
    host_coercion,
    store_function,
)


class ValueTranslator(TargetTranslator):
    """Translates the pieces of DML statements."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.returning_columns: list[OutColumn] = []

    # ------------------------------------------------------------ columns

    def require_columns(
        self, target: Target, privilege: str, names: Iterable[str], at: int
    ) -> None:
        """ORA-01031 for a column a privilege on columns does not cover."""
        if target.layers:
            return
        allowed = self.context.names.columns_allowed(target.table, privilege)
        if allowed is not None and not allowed.issuperset(names):
            raise OraError(1031, offset=at)

    def columns(self, target: Target, names: Sequence[n.Name] | None) -> list[TableColumn]:
        """INSERT's columns; ORA-00957 for one named twice, ORA-01733 for a view's expression."""
        if names is None:
            return self._all_columns(target)
        result: list[TableColumn] = []
        for name in names:
            column = self.column(target, name)
            if column in result:
                raise OraError(957, offset=name.at)
            if column.virtual is not None:
                raise OraError(54013, offset=name.at)
            result.append(column)
        return result

    def _all_columns(self, target: Target) -> list[TableColumn]:
        known = target.view_columns
        if known is None:
            return [c for c in target.table.visible if c.virtual is None]
        found = [column for column in known.values() if column is not None]
        if len(found) < len(known):
            raise OraError(1733, offset=target.ref.at)
        return found

    def place(self, table: Table, column: TableColumn) -> str:
        return identifier_text((table.owner, table.name, column.name))

    def assign(self, value: Typed, table: Table, column: TableColumn, at: int) -> str:
        """SQL of a value fitted to a column: converted, rounded, checked, padded."""
        target = column.type
        if value.is_null and not value.sql.startswith("?"):
            return "NULL"
        coerced = self._host(value, table, column, at)
        if coerced is not None:
            return coerced
        value = self.convert(value, target, at)
        if fits_already(value, target):
            return value.sql
        function = store_function(target, self.place(table, column))
        return value.sql if function is None else self.udf(function, value.sql)

    def _host(self, value: Typed, table: Table, column: TableColumn, at: int) -> str | None:
        if not value.sql.startswith("?"):
            return None
        try:
            coerce = host_coercion(value.type, column.type, self.place(table, column))
        except OraError as error:
            raise self.located(error, at) from None
        known = self.context.assigned(value, column.type, coerce)
        return None if known is None else known.sql

    def default(self, table: Table, column: TableColumn) -> Typed:
        """The value of a column INSERT does not name, or of the word DEFAULT."""
        if column.identity is not None:
            return self._identity(table, column)
        if column.default is None:
            return null_of(column.type)
        context = self.context
        outer = context.names, context.text, context.scope
        owner = View(0, table.owner, table.name, "", ())
        context.names = context.names.inside_view(owner)
        context.text, context.scope = column.default, None
        try:
            return self.expression(parse_expression(column.default), Scope(None, clause="VALUES"))
        finally:
            context.names, context.text, context.scope = outer

    def _identity(self, table: Table, column: TableColumn) -> Typed:
        if column.identity is None:
            return null_of(column.type)
        owner = View(0, table.owner, table.name, "", ())
        sequence = self.context.names.inside_view(owner).sequence((column.identity.sequence,), 0)
        return self.next_value(sequence)

    def next_value(self, sequence: OraSequence) -> Typed:
        self.context.needs.writes = True
        return Typed(self.udf(aggregates.NEXTVAL, str(sequence.id), "0"), INTEGER, wide=True)

    def defaults(self, table: Table, given: Sequence[TableColumn]) -> list[tuple[str, str]]:
        """(column, value) for columns INSERT does not name but that have a default."""
        result = []
        for column in table.columns:
            if column in given or column.unused or column.virtual is not None:
                continue
            if column.default is None and column.identity is None:
                continue
            value = self.assign(self.default(table, column), table, column, 0)
            if value != "NULL":
                result.append((column.name, value))
        return result

    # ------------------------------------------------------------ triggers

    def triggers(self, table: Table, operation: str, columns: Sequence[str] = ()) -> Triggers:
        """The triggers a statement fires."""
        units = self.context.names.triggers(table)
        return triggers_for(units, operation, frozenset(columns))

    def row_values(
        self,
        nodes: Sequence[n.Node],
        table: Table,
        columns: Sequence[TableColumn],
        scope: Scope,
        at: int,
    ) -> list[str]:
        """SQL of VALUES, fitted to the columns; ORA-00947 / 00913 for a wrong number."""
        if len(nodes) != len(columns):
            raise OraError(947 if len(nodes) < len(columns) else 913, offset=at)
        result = []
        for node, column in zip(nodes, columns, strict=True):
            if isinstance(node, d.DefaultValue):
                value = self.default(table, column)
            else:
                value = self.expression(node, scope)
            result.append(self.assign(self.on_null(value, table, column), table, column, node.at))
        return result

    def on_null(self, value: Typed, table: Table, column: TableColumn) -> Typed:
        """DEFAULT ON NULL, and BY DEFAULT ON NULL AS IDENTITY."""
        on_null = column.default_on_null or (
            column.identity is not None and column.identity.generation == "BY DEFAULT ON NULL"
        )
        if not on_null:
            return value
        default = self.convert(self.default(table, column), column.type, 0)
        given = self.convert(value, column.type, 0)
        if given.is_null and not given.sql.startswith("?"):
            return default
        return Typed(f"ifnull({given.sql}, {default.sql})", column.type, wide=True)

    # ------------------------------------------------------------ RETURNING

    def returning(self, node: d.Returning | None, target: Target) -> str:
        """The select list of RETURNING; columns stand without a qualifier in SQLite's."""
        if node is None:
            return ""
        table = target.table
        columns = {
            c.name: SourceColumn(
                c.name,
                Typed(c.sql, c.type, c.nullable, column_digits(c.type), c.name in table.wide),
            )
            for c in table.columns
            if not c.unused
        }
        rowid = self.udf_rowid(table)
        columns["ROWID"] = SourceColumn("ROWID", rowid, hidden=True)
        base = Source("", target.name or table.name, target.owner, columns, table)
        source, _ = self.seen(target, base)
        scope = Scope(None, [source], clause="RETURNING")
        for item in node.items:
            if any(isinstance(x, n.Query) for x in walk(item.expression)):
                raise OraError(934, offset=item.at)
        self.returning_columns = self.expand_items(node.items, scope)
        if any(family(c.value.type) == "!" for c in self.returning_columns):
            raise OraError(932, "SQL type", "PL/SQL type", offset=node.at)
        return ", ".join(c.value.sql for c in self.returning_columns)

    def returning_set(self, node: d.Returning | None, target: Target) -> str:
        """RETURNING of UPDATE and DELETE, where Oracle has aggregates over the changed rows, too."""
        if node is not None and has_aggregates(*(item.expression for item in node.items)):
            self.context.unsupported(141, "aggregate function in RETURNING", node.at)
        return self.returning(node, target)

    def udf_rowid(self, table: Table) -> Typed:
        sql = self.udf(wrappers.ROWID_TEXT, str(table.id), ROW)
        return Typed(sql, ROWID, nullable=False, row=RowAddress(table, ROW))
