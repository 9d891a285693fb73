"""Writers of rows: checks of what is written, INSTEAD OF triggers, error logging.

SQL Language Reference 19c, "SQL Statements: INSERT", "error_logging_clause"; "CREATE VIEW", "WITH
CHECK OPTION"; PL/SQL Language Reference 19c, "INSTEAD OF DML Triggers".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import INTEGER
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Typed
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, View
from dtm.sandbox.sql.dml_errors import ErrorLog, Fit, LoggedChange, LoggedInsert
from dtm.sandbox.sql.dml_rows import Check, InsteadPlan, Lookup, RowWriter
from dtm.sandbox.sql.dml_targets import Target
from dtm.sandbox.sql.dml_triggers import RowCodec, Triggers
from dtm.sandbox.sql.dml_values import ValueTranslator
from dtm.sandbox.sql.engine_plans import Plan, Template
from dtm.sandbox.sql.partitions_sql import condition as partition_condition
from dtm.sandbox.sql.partitions_sql import named

_MANDATORY = ("ORA_ERR_NUMBER$", "ORA_ERR_MESG$", "ORA_ERR_ROWID$", "ORA_ERR_OPTYP$",
              "ORA_ERR_TAG$")  # fmt: skip


@dataclass(slots=True)
class Changed:
    """An UPDATE or DELETE while it is translated."""

    target: Target
    scope: Scope
    condition: str
    limits: list[str]

    @property
    def alias(self) -> str:
        return self.scope.sources[0].alias


class WriterTranslator(ValueTranslator):
    """Builds row writers."""

    def writer(
        self, target: Target, triggers: Triggers, checks: tuple[Check, ...], items: str
    ) -> RowWriter:
        """`items`: the select list of RETURNING, "" without one."""
        table, returning = target.table, None
        if items:
            returning = self._lookup(f"SELECT {items} FROM {table.target} WHERE {ROW} = ", "")
        return RowWriter(table, triggers, RowCodec(table), checks, returning)

    def _lookup(self, before: str, after: str) -> Lookup:
        slot, number = self.context.slot(INTEGER)
        return Lookup(Template(f"{before}{number.sql}{after}", self.context.needs), slot)

    def checks(self, target: Target, *, inserts: bool = False) -> tuple[Check, ...]:
        """What written rows must fulfil: WITH CHECK OPTION (ORA-01402), the named partition of an
        INSERT (ORA-14401)."""
        table, result = target.table, []
        if target.checked:
            base, _ = self.base_source(target)
            _, tests = self.seen(target, base)
            outermost = next(i for i, layer in enumerate(target.layers) if layer.checked)
            binding = target.layers[outermost:]
            conditions = "".join(f" AND {test}" for layer, test in tests if layer in binding)
            found = f"SELECT 1 FROM {table.target} AS {base.alias} WHERE {base.alias}.{ROW} = "
            result.append(Check(self._lookup(found, conditions), 1402))
        name = self.partition_name(table, target.ref) if inserts else None
        if name is not None and table.partitioning is not None:
            partition = named(table.partitioning, name)
            if partition is not None:
                test = partition_condition(*partition)
                found = f"SELECT 1 FROM {table.target} WHERE {test} AND {ROW} = "
                result.append(Check(self._lookup(found, ""), 14401))
        return tuple(result)

    # ------------------------------------------------------------ INSTEAD OF

    def pseudo_target(self, view: View, item: n.FromItem) -> Target:
        """A view's columns as if they were a table's, for values handed to its triggers."""
        columns = tuple(TableColumn(c.name, c.type) for c in view.columns)
        table = Table(view.id, view.owner, view.name, columns, "", "", "")
        if not isinstance(item, n.TableRef):
            raise OraError(1732, offset=item.at)
        name = item.alias.text if item.alias is not None else view.name
        return Target(table, item, name, view.owner)

    def instead_plan(self, target: Target, triggers: Triggers, sql: str, names: list[str]) -> Plan:
        """`sql` gives the rows InsteadPlan describes."""
        template = Template(sql, self.context.needs)
        return InsteadPlan(triggers, RowCodec(target.table), template, names)

    # ------------------------------------------------------------ error logging

    def error_log(self, clause: d.ErrorLogging, table: Table, operation: str) -> ErrorLog:
        """The error table; ORA-00942, ORA-38900 when it lacks a column."""
        ref = clause.table
        name = f"ERR$_{table.name}"[:30]
        path = (table.owner, name) if ref is None else tuple(p.text for p in ref.path)
        found = self.context.names.relation(path, "INSERT", clause.at)
        if not isinstance(found, Table):
            raise OraError(942, offset=clause.at)
        for column in _MANDATORY:
            if found.column(column) is None:
                raise OraError(38900, column, found.name, offset=clause.at)
        tag = None
        if clause.tag is not None:
            value = self.to_text(self.expression(clause.tag, Scope(None)), clause.at)
            tag = Template(f"SELECT {value.sql}", self.context.needs)
        return ErrorLog(found, tag, clause.limit, operation)

    def fit(self, values: Sequence[Typed], table: Table, columns: Sequence[TableColumn]) -> Fit:
        """Fit one row's raw values to their columns, row by row, so that an error is the row's."""
        slots, fitted = [], []
        for value, column in zip(values, columns, strict=True):
            number, slot = self.context.slot(value.type)
            slots.append(number)
            given = Typed(f"({slot.sql})", value.type, wide=value.wide)
            fitted.append(self.assign(self.on_null(given, table, column), table, column, 0))
        types = {c.name: v.type for c, v in zip(columns, values, strict=True)}
        query = f"SELECT {', '.join(fitted) or 'NULL'}"
        return Fit(Template(query, self.context.needs), slots, types)

    def logged_insert(
        self,
        node: d.Insert,
        target: Target,
        columns: list[TableColumn],
        triggers: Triggers,
        checks: tuple[Check, ...],
    ) -> Plan:
        """INSERT ... LOG ERRORS."""
        table, clause = target.table, node.errors
        if clause is None or node.row is not None:
            self.context.unsupported(
                140, "LOG ERRORS of a record", node.at if clause is None else clause.at
            )
        log = self.error_log(clause, table, "I")
        raw, sql = self._raw_rows(node, table, columns)
        extra = self.defaults(table, columns)
        fit = self.fit(raw, table, columns)
        heads = [f"c{i}" for i in range(1, len(raw) + 1)] + [value for _, value in extra]
        rows = f"SELECT {', '.join(heads)} FROM ({sql})"
        names = [c.name for c in columns] + [name for name, _ in extra]
        writer = self.writer(target, triggers, checks, self.returning(node.returning, target))
        return LoggedInsert(writer, Template(rows, self.context.needs), names, fit, log)

    def _raw_rows(
        self, node: d.Insert, table: Table, columns: list[TableColumn]
    ) -> tuple[list[Typed], str]:
        """Values as VALUES or the query gives them, and SQL with them as c1, c2 ..."""
        if node.query is not None:
            relation = self.query(node.query, None, nested=False)
            values, sql = [c.value for c in relation.columns], relation.sql
        else:
            scope = Scope(None, clause="VALUES")
            nodes = node.into.values or []
            values = [
                self.default(table, c) if isinstance(v, d.DefaultValue) else
                self.expression(v, scope)
                for v, c in zip(nodes, columns, strict=False)
            ]  # fmt: skip
            values = values + [self.expression(v, scope) for v in nodes[len(columns) :]]
            items = [f"{v.sql} AS c{i}" for i, v in enumerate(values, 1)]
            sql = f"SELECT {', '.join(items)}"
        if len(values) != len(columns):
            raise OraError(947 if len(values) < len(columns) else 913, offset=node.into.at)
        return values, sql

    def logged_update(
        self,
        node: d.Update,
        change: Changed,
        tail: str,
        triggers: Triggers,
        checks: tuple[Check, ...],
    ) -> Plan:
        """UPDATE ... LOG ERRORS."""
        target, table = change.target, change.target.table
        if node.errors is None or node.row is not None or node.returning is not None:
            at = node.at if node.errors is None else node.errors.at
            self.context.unsupported(140, "LOG ERRORS of a record or with RETURNING", at)
        columns, values = [], []
        for item in node.assignments:
            if len(item.columns) > 1:
                self.context.unsupported(140, "LOG ERRORS with SET (a, b)", item.at)
            columns.append(self.column(target, item.columns[0]))
            if isinstance(item.value, d.DefaultValue):
                values.append(self.default(table, columns[-1]))
            else:
                values.append(self.expression(item.value, change.scope))
        fit = self.fit(values, table, columns)
        log = self.error_log(node.errors, table, "U")
        items = [f"{change.alias}.{ROW}", *(v.sql for v in values)]
        writer = self.writer(target, triggers, checks, "")
        return self._logged_change(
            writer, change, tail, items, fit, log, [c.name for c in columns]
        )

    def logged_delete(
        self, node: d.Delete, change: Changed, tail: str, triggers: Triggers
    ) -> Plan:
        """DELETE ... LOG ERRORS."""
        if node.errors is None or node.returning is not None:
            at = node.at if node.errors is None else node.errors.at
            self.context.unsupported(140, "LOG ERRORS with RETURNING", at)
        log = self.error_log(node.errors, change.target.table, "D")
        writer = self.writer(change.target, triggers, (), "")
        items = [f"{change.alias}.{ROW}"]
        return self._logged_change(writer, change, tail, items, None, log, [])

    def _logged_change(
        self,
        writer: RowWriter,
        change: Changed,
        tail: str,
        items: list[str],
        fit: Fit | None,
        log: ErrorLog,
        names: list[str],
    ) -> Plan:
        needs = self.context.needs
        return LoggedChange(
            writer,
            Template(f"SELECT {change.alias}.{ROW}{tail}", needs),
            Template(f"SELECT {', '.join(items)}{tail}", needs),
            names,
            fit,
            log,
        )
