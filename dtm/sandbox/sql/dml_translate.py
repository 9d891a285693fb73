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
from dtm.sandbox.sql.bind_model import Relation, Scope
from dtm.sandbox.sql.bind_scope import invalid_identifier
from dtm.sandbox.sql.bind_walk import conjuncts, walk
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, View, quote
from dtm.sandbox.sql.dml_rows import Check, RowChangePlan, RowInsertPlan
from dtm.sandbox.sql.dml_targets import Target
from dtm.sandbox.sql.dml_triggers import Triggers
from dtm.sandbox.sql.dml_writers import Changed, WriterTranslator
from dtm.sandbox.sql.engine_plans import ChangePlan, InsertPlan, Plan, Template
from dtm.sandbox.sql.translate_rownum import smallest, uses_rownum


def _set_target(name: str) -> str:
    """A SET target: a column name, or a list that is SQL already."""
    return name if name.startswith("(") else quote(name)


# ports.RecordScope.resolve_record
FindRecord = Callable[[tuple[str, ...]], "tuple[HostVariable, ...] | None"]


class DmlTranslator(WriterTranslator):
    """Translates single-table DML."""

    # ------------------------------------------------------------ INSERT

    def insert(self, node: d.Insert) -> tuple[Plan, Table | None]:
        """INSERT ... VALUES or ... query; the table it changes, None for INSTEAD OF triggers."""
        instead = self.instead_of(node.into.table, "INSERT", frozenset())
        if instead is not None:
            target = self.pseudo_target(instead[0], node.into.table)
            names, body = self._insert_body(node, target, self.columns(target, node.into.columns))
            return self.instead_plan(target, instead[1], body, names), None
        target = self.target(node.into.table, "INSERT")
        table = target.table
        columns = self.columns(target, node.into.columns)
        self.require_columns(target, "INSERT", (c.name for c in columns), node.into.at)
        for column in columns:
            always = column.identity is not None and column.identity.generation == "ALWAYS"
            if always and not self._is_default(node, columns, column):
                raise OraError(32795, offset=node.into.at)
        triggers, checks = self.triggers(table, "INSERT"), self.checks(target, inserts=True)
        if node.errors is not None:
            return self.logged_insert(node, target, columns, triggers, checks), table
        names, body = self._insert_body(node, target, columns)
        items = self.returning(node.returning, target)
        needs = self.context.needs
        if triggers or checks:
            writer = self.writer(target, triggers, checks, items)
            return RowInsertPlan(writer, Template(body, needs), names), table
        heads = ", ".join(quote(name) for name in names)
        returning = f" RETURNING {items}" if items else ""
        sql = f"INSERT INTO {table.target}({heads}) {body}{returning}"
        return InsertPlan(table, Template(sql, needs)), table

    def _insert_body(
        self, node: d.Insert, target: Target, columns: list[TableColumn]
    ) -> tuple[list[str], str]:
        """Column names, and VALUES or a SELECT of fitted values."""
        if node.row is not None:
            return self._record_values(node.row, target.table, columns)
        if node.into.values is not None:
            return self._values(node.into.values, target.table, columns, node)
        return self._from_query(node, target.table, columns)

    def _is_default(self, node: d.Insert, columns: list[TableColumn], column: TableColumn) -> bool:
        values = node.into.values or []
        index = columns.index(column)
        return index < len(values) and isinstance(values[index], d.DefaultValue)

    def _record(self, node: n.Node) -> tuple[HostVariable, ...]:
        """The fields of a PL/SQL record variable."""
        find: FindRecord | None = getattr(self.context.scope, "resolve_record", None)
        if not isinstance(node, n.Name) or find is None:
            self.context.unsupported(202, "a record as a row", node.at)
        fields: tuple[HostVariable, ...] | None = find(node.path)
        if fields is None:
            raise invalid_identifier(node)
        return fields

    def _record_pairs(self, node: n.Node, target: Target) -> list[tuple[str, str]]:
        """(column, value) of SET ROW = record."""
        return self._record_columns(node, target.table, self.columns(target, None))

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

    def changed(self, target: Target, where: n.Node | None) -> Changed:
        """The rows WHERE chooses, and the names SET may use."""
        reads = where is not None and not target.layers
        if reads and not self.context.names.may_read(target.table):
            raise OraError(1031, offset=target.ref.at)
        base, _ = self.base_source(target)
        source, tests = self.seen(target, base)
        source.name, source.owner = target.name, target.owner
        scope = Scope(None, [source], clause="WHERE")
        rest, limits = self.row_limits(conjuncts(where), scope)
        conditions = [test for _, test in tests] + [self.condition(t, scope) for t in rest]
        return Changed(target, scope, " AND ".join(conditions), limits)

    def _plain_change(self, change: Changed, verb: str, items: str) -> ChangePlan:
        """`verb` is "UPDATE %s SET ..." or "DELETE FROM %s" with %s for the target."""
        table, alias = change.target.table, change.alias
        candidates = f"SELECT {alias}.{ROW}{self._tail(change)}"
        target = verb.replace("%s", f"{table.target} AS {alias}", 1)
        plain = f"{target} WHERE {change.condition}" if change.condition else target
        by_row = f"{target} WHERE {alias}.{ROW} IN ({candidates})"
        if change.limits or change.target.ref.partitioned:
            plain = by_row
        needs = self.context.needs
        returning = f" RETURNING {items}" if items else ""
        return ChangePlan(
            table,
            Template(plain + returning, needs),
            Template(candidates, needs),
            Template(by_row + returning, needs),
        )

    def _tail(self, change: Changed) -> str:
        """FROM ... WHERE ... of the rows to change."""
        target = change.target
        source = self.context.table(target.table, self.partition_name(target.table, target.ref))
        tail = f" FROM {source} AS {change.alias}"
        tail += f" WHERE {change.condition}" if change.condition else ""
        return tail + (f" LIMIT {smallest(change.limits)}" if change.limits else "")

    def update(self, node: d.Update) -> tuple[Plan, Table | None]:
        """UPDATE ... SET ... [WHERE ...] [RETURNING ...]."""
        given = frozenset(c.path[-1] for a in node.assignments for c in a.columns)
        instead = self.instead_of(node.table, "UPDATE", given)
        if instead is not None:
            return self._instead_change(node.table, instead, node.where, node.assignments), None
        target = self.target(node.table, "UPDATE")
        table = target.table
        change = self.changed(target, node.where)
        scope, calls = change.scope, len(self.context.needs.calls)
        scope.clause = "SET"
        numbered = any(uses_rownum(a.value) for a in node.assignments)
        if numbered:
            scope.rownum = "row_number() OVER ()"
        if node.row is not None:
            pairs = self._record_pairs(node.row, target)
        else:
            pairs = self.assignments(node.assignments, target, scope)
        names = [self.column(target, c).name for a in node.assignments for c in a.columns]
        written = names or [name for name, _ in pairs]
        for column in table.columns if names else ():
            always = column.identity is not None and column.identity.generation == "ALWAYS"
            if always and column.name in written:
                raise OraError(32796, offset=node.at)
        self.require_columns(target, "UPDATE", written, node.at)
        triggers = self.triggers(table, "UPDATE", names or [name for name, _ in pairs])
        checks = self.checks(target)
        two_phase = numbered or len(self.context.needs.calls) > calls or self._reads(node, table)
        if node.errors is not None:
            return self.logged_update(node, change, self._tail(change), triggers, checks), table
        items = self.returning_set(node.returning, target)
        if not (triggers or checks or two_phase):
            body = ", ".join(f"{_set_target(column)} = {value}" for column, value in pairs)
            return self._plain_change(change, f"UPDATE %s SET {body}", items), table
        if any(column.startswith("(") for column, _ in pairs):
            pairs = self.assignments(node.assignments, target, scope, split=True)
        return self._row_change(change, triggers, checks, items, pairs), table

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

    def _row_change(
        self,
        change: Changed,
        triggers: Triggers,
        checks: tuple[Check, ...],
        items: str,
        pairs: Sequence[tuple[str, str]],
        *,
        deletes: bool = False,
    ) -> RowChangePlan:
        """UPDATE or DELETE row by row."""
        writer = self.writer(change.target, triggers, checks, items)
        alias, tail, needs = change.alias, self._tail(change), self.context.needs
        images = triggers.per_row
        values = [f"{alias}.{ROW}"]
        if images:
            values += [f"{alias}.{c.sql}" for c in writer.codec.columns]
        values += [value for _, value in pairs]
        return RowChangePlan(
            writer,
            Template(f"SELECT {alias}.{ROW}{tail}", needs),
            Template(f"SELECT {', '.join(values)}{tail}", needs),
            [name for name, _ in pairs],
            images,
            deletes,
        )

    def _instead_change(
        self,
        item: n.FromItem,
        instead: tuple[View, Triggers],
        where: n.Node | None,
        nodes: Sequence[d.Assignment],
    ) -> Plan:
        """UPDATE or DELETE of a view with INSTEAD OF triggers."""
        view, triggers = instead
        target = self.pseudo_target(view, item)
        part = self.from_part(item, Scope(None))
        scope = Scope(None, part.sources, clause="WHERE")
        tests, limits = self.row_limits(conjuncts(where), scope)
        conditions = " AND ".join(self.condition(t, scope) for t in tests)
        scope.clause = "SET"
        pairs = self.assignments(nodes, target, scope, split=True)
        columns = [c.value.sql for c in part.sources[0].columns.values() if not c.hidden]
        sql = f"SELECT {', '.join([*columns, *(v for _, v in pairs)])} FROM {part.sql}"
        sql += f" WHERE {conditions}" if conditions else ""
        sql += f" LIMIT {smallest(limits)}" if limits else ""
        return self.instead_plan(target, triggers, sql, [name for name, _ in pairs])

    def assignments(
        self,
        nodes: Sequence[d.Assignment],
        target: Target,
        scope: Scope,
        *,
        split: bool = False,
    ) -> list[tuple[str, str]]:
        """(column name, value SQL) of SET. SET (a, b) = (SELECT ...) gives "(a, b)" in SQL, or
        one pair per column when `split`."""
        result: list[tuple[str, str]] = []
        seen: set[str] = set()
        for node in nodes:
            columns = [self.column(target, name) for name in node.columns]
            for column, name in zip(columns, node.columns, strict=True):
                if column.name in seen:
                    raise OraError(957, offset=name.at)
                if column.virtual is not None:
                    raise OraError(54017, offset=name.at)
                seen.add(column.name)
            if len(columns) > 1 and isinstance(node.value, n.Subquery):
                result += self._multiple(node.value, target.table, columns, scope, split=split)
            else:
                result.append(self._assignment(node, target.table, columns[0], scope))
        return result

    def _assignment(
        self, node: d.Assignment, table: Table, column: TableColumn, scope: Scope
    ) -> tuple[str, str]:
        value = node.value
        if isinstance(value, d.DefaultValue):
            typed = self.default(table, column)
        else:
            typed = self.expression(value, scope)
        return column.name, self.assign(typed, table, column, value.at)

    def _multiple(
        self,
        value: n.Subquery,
        table: Table,
        columns: list[TableColumn],
        scope: Scope,
        *,
        split: bool,
    ) -> list[tuple[str, str]]:
        """SET (a, b) = (SELECT ...); `split`: each column's value as a subquery of its own."""
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
        source = f"FROM ({relation.sql}) AS {alias}"
        if split:
            return [
                (c.name, f"(SELECT {i} {source})") for c, i in zip(columns, items, strict=True)
            ]
        names = ", ".join(c.sql for c in columns)
        return [(f"({names})", f"(SELECT {', '.join(items)} {source})")]

    def delete(self, node: d.Delete) -> tuple[Plan, Table | None]:
        """DELETE [FROM] ... [WHERE ...] [RETURNING ...]."""
        instead = self.instead_of(node.table, "DELETE", frozenset())
        if instead is not None:
            return self._instead_change(node.table, instead, node.where, ()), None
        target = self.target(node.table, "DELETE")
        change = self.changed(target, node.where)
        triggers = self.triggers(target.table, "DELETE")
        if node.errors is not None:
            return self.logged_delete(node, change, self._tail(change), triggers), target.table
        items = self.returning_set(node.returning, target)
        if triggers:
            plan = self._row_change(change, triggers, (), items, (), deletes=True)
            return plan, target.table
        return self._plain_change(change, "DELETE FROM %s", items), target.table
