"""INSERT, UPDATE, DELETE as SQLite statements.

SQL Language Reference 19c, "SQL Statements: INSERT, UPDATE, DELETE".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import HostVariable
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import (
    Relation,
    Scope,
)
from dtm.sandbox.sql.bind_scope import invalid_identifier
from dtm.sandbox.sql.bind_walk import conjuncts, walk
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, quote
from dtm.sandbox.sql.dml_triggers import (
    RowCodec,
    TriggeredChange,
    TriggeredInsert,
    Triggers,
)
from dtm.sandbox.sql.dml_values import ValueTranslator
from dtm.sandbox.sql.engine_plans import ChangePlan, InsertPlan, RowUpdatePlan, Template
from dtm.sandbox.sql.translate_rownum import smallest, uses_rownum


def _target(name: str) -> str:
    """A SET target: a column name, or a list that is SQL already."""
    return name if name.startswith("(") else quote(name)


# ports.RecordScope.resolve_record
FindRecord = Callable[[tuple[str, ...]], "tuple[HostVariable, ...] | None"]


class DmlTranslator(ValueTranslator):
    """Translates single-table DML."""

    # ------------------------------------------------------------ INSERT

    def insert(self, node: d.Insert) -> tuple[InsertPlan | TriggeredInsert, Table]:
        """INSERT ... VALUES or ... query."""
        table, ref = self.target(node.into.table, "INSERT")
        self._partition(table, ref)
        alias = ref.alias.text if ref.alias is not None else None
        columns = self.columns(table, node.into.columns, alias)
        for column in columns:
            always = column.identity is not None and column.identity.generation == "ALWAYS"
            if always and not self._is_default(node, columns, column):
                raise OraError(32795, offset=node.into.at)
        if node.row is not None:
            names, body = self._record_values(node.row, table, columns)
        elif node.into.values is not None:
            names, body = self._values(node.into.values, table, columns, node)
        else:
            names, body = self._from_query(node, table, columns)
        returning = self.returning(node.returning, table, alias)
        needs = self.context.needs
        triggers = self.triggers(table, "INSERT")
        if triggers:
            rows = Template(body, needs)
            plan = TriggeredInsert(table, triggers, RowCodec(table), rows, names, returning)
            return plan, table
        heads = ", ".join(quote(name) for name in names)
        sql = f"INSERT INTO {table.target}({heads}) {body}{returning}"
        return InsertPlan(table, Template(sql, needs)), table

    def _is_default(self, node: d.Insert, columns: list[TableColumn], column: TableColumn) -> bool:
        values = node.into.values or []
        index = columns.index(column)
        return index < len(values) and isinstance(values[index], d.DefaultValue)

    def _partition(self, table: Table, ref: n.TableRef) -> None:
        if ref.partition is not None or ref.partition_value is not None:
            self.context.unsupported(203, "INSERT INTO a named partition", ref.at)
        del table

    def _record(self, node: n.Node) -> tuple[HostVariable, ...]:
        """The fields of a PL/SQL record variable."""
        find: FindRecord | None = getattr(self.context.scope, "resolve_record", None)
        if not isinstance(node, n.Name) or find is None:
            self.context.unsupported(202, "a record as a row", node.at)
        fields: tuple[HostVariable, ...] | None = find(node.path)
        if fields is None:
            raise invalid_identifier(node)
        return fields

    def _record_pairs(self, node: n.Node, table: Table) -> list[tuple[str, str]]:
        """(column, value) of SET ROW = record."""
        return self._record_columns(node, table, self.columns(table, None, None))

    def _record_columns(
        self, node: n.Node, table: Table, columns: list[TableColumn]
    ) -> list[tuple[str, str]]:
        fields = self._record(node)
        if len(fields) != len(columns):
            raise OraError(947 if len(fields) < len(columns) else 913, offset=node.at)
        return [
            (c.name, self.assign(self.context.host(f, node.at), table, c, node.at))
            for c, f in zip(columns, fields, strict=True)
        ]

    def _record_values(
        self, node: n.Node, table: Table, columns: list[TableColumn]
    ) -> tuple[list[str], str]:
        """INSERT ... VALUES record."""
        pairs = self._record_columns(node, table, columns)
        names = [name for name, _ in pairs]
        return names, f"VALUES ({', '.join(value for _, value in pairs)})"

    def _values(
        self, nodes: list[n.Node], table: Table, columns: list[TableColumn], node: d.Insert
    ) -> tuple[list[str], str]:
        """Column names and a SELECT of one row."""
        scope = Scope(None, clause="VALUES")
        values = self.row_values(nodes, table, columns, scope, node.into.at)
        names = [c.name for c in columns]
        for name, value in self.defaults(table, columns):
            names.append(name)
            values.append(value)
        if not names:
            raise OraError(928, offset=node.into.at)
        return names, f"VALUES ({', '.join(values)})"

    def _from_query(
        self, node: d.Insert, table: Table, columns: list[TableColumn]
    ) -> tuple[list[str], str]:
        if node.query is None:
            raise OraError(926, offset=node.at)
        relation = self.query(node.query, None, nested=False)
        return self.insert_relation(relation, table, columns, node.query.at)

    def insert_relation(
        self, relation: Relation, table: Table, columns: Sequence[TableColumn], at: int
    ) -> tuple[list[str], str]:
        """Column names and a SELECT with every column fitted."""
        if len(relation.columns) != len(columns):
            few = len(relation.columns) < len(columns)
            raise OraError(947 if few else 913, offset=at)
        alias = self.context.alias("q")
        values = []
        for index, (given, column) in enumerate(zip(relation.columns, columns, strict=True), 1):
            value = given.value.moved(f"{alias}.c{index}")
            values.append(self.assign(self.on_null(value, table, column), table, column, at))
        extra = self.defaults(table, columns)
        names = [c.name for c in columns] + [name for name, _ in extra]
        values += [value for _, value in extra]
        plain = [f"{alias}.c{i}" for i in range(1, len(columns) + 1)]
        if values == plain:
            return names, relation.sql
        return names, f"SELECT {', '.join(values)} FROM ({relation.sql}) AS {alias}"

    # ------------------------------------------------------------ UPDATE and DELETE

    def change_scope(self, table: Table, ref: n.TableRef) -> Scope:
        name = ref.alias.text if ref.alias is not None else table.name
        owner = None if ref.alias is not None else table.owner
        scope = Scope(None, clause="WHERE")
        source, _ = self.table_source(table, ref, name, owner)
        scope.sources.append(source)
        return scope

    def where(self, node: n.Node | None, scope: Scope) -> tuple[str, list[str]]:
        """SQL of WHERE without ROWNUM, and the limits ROWNUM means."""
        tests, limits = self.row_limits(conjuncts(node), scope)
        sql = " AND ".join(self.condition(t, scope) for t in tests)
        return sql, limits

    def change_plan(
        self, table: Table, ref: n.TableRef, verb: str, where: tuple[str, list[str]], scope: Scope,
        returning: str,
    ) -> ChangePlan:  # fmt: skip
        """`verb` is "UPDATE %s SET ..." or "DELETE FROM %s" with %s for the target."""
        alias = scope.sources[0].alias
        partition = self.partition_name(table, ref)
        condition, limits = where
        source = self.context.table(table, partition)
        candidates = f"SELECT {alias}.{ROW} FROM {source} AS {alias}"
        if condition:
            candidates += f" WHERE {condition}"
        if limits:
            candidates += f" LIMIT {smallest(limits)}"
        target = verb.replace("%s", f"{table.target} AS {alias}", 1)
        plain = f"{target} WHERE {condition}" if condition else target
        by_row = f"{target} WHERE {alias}.{ROW} IN ({candidates})"
        if limits or partition is not None:
            plain = by_row
        needs = self.context.needs
        return ChangePlan(
            table,
            Template(plain + returning, needs),
            Template(candidates, needs),
            Template(by_row + returning, needs),
        )

    def update(self, node: d.Update) -> tuple[ChangePlan | RowUpdatePlan | TriggeredChange, Table]:
        """UPDATE ... SET ... [WHERE ...] [RETURNING ...]."""
        table, ref = self.target(node.table, "UPDATE")
        scope = self.change_scope(table, ref)
        where = self.where(node.where, scope)
        calls = len(self.context.needs.calls)
        scope.clause = "SET"
        two_phase = any(uses_rownum(a.value) for a in node.assignments)
        if two_phase:
            self.context.unsupported(205, "ROWNUM in SET", node.at)
        if node.row is not None:
            pairs = self._record_pairs(node.row, table)
        else:
            pairs = self.assignments(node.assignments, table, ref, scope)
        returning = self.returning(node.returning, table, self.alias_of(ref))
        two_phase = len(self.context.needs.calls) > calls or self._reads(node, table)
        triggers = self.triggers(table, "UPDATE", [name for name, _ in pairs])
        if triggers:
            where_sql = self._tail(table, ref, where, scope)
            return self._triggered(table, triggers, pairs, where_sql, returning), table
        if two_phase:
            return self._row_update(table, ref, pairs, where, scope, returning), table
        body = ", ".join(f"{_target(column)} = {value}" for column, value in pairs)
        plan = self.change_plan(table, ref, f"UPDATE %s SET {body}", where, scope, returning)
        return plan, table

    def _reads(self, node: d.Update, table: Table) -> bool:
        """Do SET's subqueries read relations that may show the table itself?"""
        subqueries = [
            x for x in walk(*(a.value for a in node.assignments)) if isinstance(x, n.Query)
        ]
        for ref in walk(*subqueries, subqueries=True):
            if isinstance(ref, n.TableRef) and ref.path[-1].text != "DUAL":
                path = tuple(p.text for p in ref.path)
                try:
                    found = self.context.names.relation(path, "SELECT", 0)
                except OraError:
                    continue  # a WITH query
                if found is table or not isinstance(found, Table) or found.id == table.id:
                    return True
        return False

    def _row_update(
        self,
        table: Table,
        ref: n.TableRef,
        pairs: list[tuple[str, str]],
        where: tuple[str, list[str]],
        scope: Scope,
        returning: str,
    ) -> RowUpdatePlan:
        tail = self._tail(table, ref, where, scope)
        values = [f"{scope.sources[0].alias}.{ROW}"]
        columns: list[str] = []
        for column, value in pairs:
            if column.startswith("("):
                self.context.unsupported(
                    206, "SET (a, b) = (subquery on the table itself)", ref.at
                )
            columns.append(column)
            values.append(value)
        needs = self.context.needs
        body = ", ".join(f"{quote(column)} = ?" for column in columns)
        update = f"UPDATE {table.target} SET {body} WHERE {ROW} = ?{returning}"
        return RowUpdatePlan(
            table,
            Template(f"SELECT {values[0]}{tail}", needs),
            Template(f"SELECT {', '.join(values)}{tail}", needs),
            update,
        )

    def _tail(
        self, table: Table, ref: n.TableRef, where: tuple[str, list[str]], scope: Scope
    ) -> str:
        """FROM ... WHERE ... of the rows to change."""
        condition, limits = where
        source = self.context.table(table, self.partition_name(table, ref))
        tail = f" FROM {source} AS {scope.sources[0].alias}"
        tail += f" WHERE {condition}" if condition else ""
        return tail + (f" LIMIT {smallest(limits)}" if limits else "")

    def _triggered(
        self,
        table: Table,
        triggers: Triggers,
        pairs: list[tuple[str, str]],
        tail: str,
        returning: str,
    ) -> TriggeredChange:
        """UPDATE or DELETE of a table with triggers."""
        if any(name.startswith("(") for name, _ in pairs):
            self.context.unsupported(208, "SET (a, b) = (subquery) with triggers", 0)
        codec = RowCodec(table)
        values = [ROW, *(c.sql for c in codec.columns), *(value for _, value in pairs)]
        needs = self.context.needs
        return TriggeredChange(
            table,
            triggers,
            codec,
            Template(f"SELECT {ROW}{tail}", needs),
            Template(f"SELECT {', '.join(values)}{tail}", needs),
            [name for name, _ in pairs],
            returning,
        )

    def assignments(
        self, nodes: Sequence[d.Assignment], table: Table, ref: n.TableRef, scope: Scope
    ) -> list[tuple[str, str]]:
        """(column name, value SQL) of SET; "(a, b)" in SQL for SET (a, b) = (SELECT ...)."""
        result: list[tuple[str, str]] = []
        seen: set[str] = set()
        for node in nodes:
            columns = [self.column(table, name, self.alias_of(ref)) for name in node.columns]
            for column, name in zip(columns, node.columns, strict=True):
                if column.name in seen:
                    raise OraError(957, offset=name.at)
                if column.virtual is not None:
                    raise OraError(54017, offset=name.at)
                seen.add(column.name)
            result.append(self._assignment(node, table, columns, scope))
        return result

    def _assignment(
        self, node: d.Assignment, table: Table, columns: list[TableColumn], scope: Scope
    ) -> tuple[str, str]:
        value = node.value
        if len(columns) > 1 and isinstance(value, n.Subquery):
            return self._multiple(value, table, columns, scope)
        column = columns[0]
        if isinstance(value, d.DefaultValue):
            typed = self.default(table, column)
        else:
            typed = self.expression(value, scope)
        return column.name, self.assign(typed, table, column, value.at)

    def _multiple(
        self, value: n.Subquery, table: Table, columns: list[TableColumn], scope: Scope
    ) -> tuple[str, str]:
        relation = self.query(value.query, scope)
        if len(relation.columns) != len(columns):
            few = len(relation.columns) < len(columns)
            raise OraError(947 if few else 913, offset=value.at)
        alias = self.context.alias("q")
        single = self.context.function(aggregates.SINGLE)
        items = []
        for index, (given, column) in enumerate(zip(relation.columns, columns, strict=True), 1):
            one = given.value.moved(f"{single}({alias}.c{index})")
            items.append(self.assign(one, table, column, value.at))
        names = ", ".join(c.sql for c in columns)
        return f"({names})", f"(SELECT {', '.join(items)} FROM ({relation.sql}) AS {alias})"

    def delete(self, node: d.Delete) -> tuple[ChangePlan | TriggeredChange, Table]:
        """DELETE [FROM] ... [WHERE ...] [RETURNING ...]."""
        table, ref = self.target(node.table, "DELETE")
        scope = self.change_scope(table, ref)
        where = self.where(node.where, scope)
        returning = self.returning(node.returning, table, self.alias_of(ref))
        triggers = self.triggers(table, "DELETE")
        if triggers:
            tail = self._tail(table, ref, where, scope)
            return self._triggered(table, triggers, [], tail, returning), table
        return self.change_plan(table, ref, "DELETE FROM %s", where, scope, returning), table
