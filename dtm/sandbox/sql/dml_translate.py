"""INSERT, UPDATE, DELETE as SQLite statements.

SQL Language Reference 19c, "SQL Statements: INSERT, UPDATE, DELETE".
"""

from __future__ import annotations

from collections.abc import Sequence

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import INTEGER
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import (
    OutColumn,
    Relation,
    RowAddress,
    Scope,
    Source,
    SourceColumn,
    Typed,
)
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.bind_walk import conjuncts, walk
from dtm.sandbox.sql.catalog_model import ROW, Table, TableColumn, View, quote
from dtm.sandbox.sql.catalog_model import Sequence as OraSequence
from dtm.sandbox.sql.dml_triggers import (
    RowCodec,
    TriggeredChange,
    TriggeredInsert,
    Triggers,
    triggers_for,
)
from dtm.sandbox.sql.engine_plans import ChangePlan, InsertPlan, RowUpdatePlan, Template
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.parse_statements import parse_expression
from dtm.sandbox.sql.translate_base import null_of
from dtm.sandbox.sql.translate_queries import QueryTranslator
from dtm.sandbox.sql.translate_rownum import smallest, uses_rownum
from dtm.sandbox.sql.translate_sources import ROWID
from dtm.sandbox.sql.translate_storage import (
    column_digits,
    fits_already,
    host_coercion,
    store_function,
)


def _target(name: str) -> str:
    """A SET target: a column name, or a list that is SQL already."""
    return name if name.startswith("(") else quote(name)


class DmlTranslator(QueryTranslator):
    """Translates single-table DML."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.returning_columns: list[OutColumn] = []

    # ------------------------------------------------------------ targets and columns

    def target(self, ref: n.FromItem, privilege: str) -> tuple[Table, n.TableRef]:
        """The table DML works on; ORA-00942, ORA-01031, ORA-01732 for a dictionary view."""
        if not isinstance(ref, n.TableRef):
            self.context.unsupported(200, f"{privilege} of an inline view", ref.at)
        path = tuple(p.text for p in ref.path)
        if path == ("DUAL",):
            raise OraError(1031, offset=ref.at)
        found = self.context.names.relation(path, privilege, ref.at)
        if isinstance(found, View):
            self.context.unsupported(201, f"{privilege} through a view", ref.at)
        if not isinstance(found, Table):
            raise OraError(1031, offset=ref.at)
        return found, ref

    def column(self, table: Table, name: n.Name, qualifier: str | None) -> TableColumn:
        """A column named in INSERT's list or SET; ORA-00904, virtual columns are refused."""
        path = name.path
        allowed = ((), (qualifier,), (table.name,), (table.owner, table.name))
        column = table.column(path[-1]) if path[:-1] in allowed else None
        if column is None:
            raise OraError(904, identifier_text(path), offset=name.at)
        return column

    def columns(
        self, table: Table, names: Sequence[n.Name] | None, qualifier: str | None
    ) -> list[TableColumn]:
        """INSERT's columns; ORA-00957 for one named twice."""
        if names is None:
            return [c for c in table.visible if c.virtual is None]
        result: list[TableColumn] = []
        for name in names:
            column = self.column(table, name, qualifier)
            if column in result:
                raise OraError(957, offset=name.at)
            if column.virtual is not None:
                raise OraError(54013, offset=name.at)
            result.append(column)
        return result

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
        return Typed(self.udf(aggregates.NEXTVAL, str(sequence.id)), INTEGER, wide=True)

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

    def refuse_triggers(self, table: Table, what: str, at: int) -> None:
        for operation in ("INSERT", "UPDATE", "DELETE"):
            columns = [c.name for c in table.columns]
            if self.triggers(table, operation, columns):
                self.context.unsupported(207, f"{what} a table with triggers", at)

    # ------------------------------------------------------------ INSERT

    def insert(self, node: n.Insert) -> tuple[InsertPlan | TriggeredInsert, Table]:
        """INSERT ... VALUES or ... query."""
        table, ref = self.target(node.into.table, "INSERT")
        self._partition(table, ref)
        alias = ref.alias.text if ref.alias is not None else None
        if node.row is not None:
            self.context.unsupported(202, "INSERT of a record", node.at)
        columns = self.columns(table, node.into.columns, alias)
        for column in columns:
            always = column.identity is not None and column.identity.generation == "ALWAYS"
            if always and not self._is_default(node, columns, column):
                raise OraError(32795, offset=node.into.at)
        if node.into.values is not None:
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

    def _is_default(self, node: n.Insert, columns: list[TableColumn], column: TableColumn) -> bool:
        values = node.into.values or []
        index = columns.index(column)
        return index < len(values) and isinstance(values[index], n.DefaultValue)

    def _partition(self, table: Table, ref: n.TableRef) -> None:
        if ref.partition is not None or ref.partition_value is not None:
            self.context.unsupported(203, "INSERT INTO a named partition", ref.at)
        del table

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
            if isinstance(node, n.DefaultValue):
                value = self.default(table, column)
            else:
                value = self.expression(node, scope)
            result.append(self.assign(self._on_null(value, table, column), table, column, node.at))
        return result

    def _on_null(self, value: Typed, table: Table, column: TableColumn) -> Typed:
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

    def _values(
        self, nodes: list[n.Node], table: Table, columns: list[TableColumn], node: n.Insert
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
        self, node: n.Insert, table: Table, columns: list[TableColumn]
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
            values.append(self.assign(self._on_null(value, table, column), table, column, at))
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

    def update(self, node: n.Update) -> tuple[ChangePlan | RowUpdatePlan | TriggeredChange, Table]:
        """UPDATE ... SET ... [WHERE ...] [RETURNING ...]."""
        table, ref = self.target(node.table, "UPDATE")
        if node.row is not None:
            self.context.unsupported(204, "SET ROW", node.at)
        scope = self.change_scope(table, ref)
        where = self.where(node.where, scope)
        calls = len(self.context.needs.calls)
        scope.clause = "SET"
        two_phase = any(uses_rownum(a.value) for a in node.assignments)
        if two_phase:
            self.context.unsupported(205, "ROWNUM in SET", node.at)
        pairs = self.assignments(node.assignments, table, ref, scope)
        returning = self.returning(node.returning, table, self._alias(ref))
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

    def _alias(self, ref: n.TableRef) -> str | None:
        return ref.alias.text if ref.alias is not None else None

    def _reads(self, node: n.Update, table: Table) -> bool:
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
        self, nodes: Sequence[n.Assignment], table: Table, ref: n.TableRef, scope: Scope
    ) -> list[tuple[str, str]]:
        """(column name, value SQL) of SET; "(a, b)" in SQL for SET (a, b) = (SELECT ...)."""
        result: list[tuple[str, str]] = []
        seen: set[str] = set()
        for node in nodes:
            columns = [self.column(table, name, self._alias(ref)) for name in node.columns]
            for column, name in zip(columns, node.columns, strict=True):
                if column.name in seen:
                    raise OraError(957, offset=name.at)
                if column.virtual is not None:
                    raise OraError(54017, offset=name.at)
                seen.add(column.name)
            result.append(self._assignment(node, table, columns, scope))
        return result

    def _assignment(
        self, node: n.Assignment, table: Table, columns: list[TableColumn], scope: Scope
    ) -> tuple[str, str]:
        value = node.value
        if len(columns) > 1 and isinstance(value, n.Subquery):
            return self._multiple(value, table, columns, scope)
        column = columns[0]
        if isinstance(value, n.DefaultValue):
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

    def delete(self, node: n.Delete) -> tuple[ChangePlan | TriggeredChange, Table]:
        """DELETE [FROM] ... [WHERE ...] [RETURNING ...]."""
        table, ref = self.target(node.table, "DELETE")
        scope = self.change_scope(table, ref)
        where = self.where(node.where, scope)
        returning = self.returning(node.returning, table, self._alias(ref))
        triggers = self.triggers(table, "DELETE")
        if triggers:
            tail = self._tail(table, ref, where, scope)
            return self._triggered(table, triggers, [], tail, returning), table
        return self.change_plan(table, ref, "DELETE FROM %s", where, scope, returning), table

    # ------------------------------------------------------------ RETURNING

    def returning(self, node: n.Returning | None, table: Table, alias: str | None) -> str:
        """SQLite's RETURNING: columns stand without a qualifier there."""
        if node is None:
            return ""
        scope = Scope(None, clause="RETURNING")
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
        scope.sources.append(Source("", alias or table.name, None, columns, table))
        for item in node.items:
            if any(isinstance(x, n.Query) for x in walk(item.expression)):
                raise OraError(934, offset=item.at)
        self.returning_columns = self.expand_items(node.items, scope)
        if any(family(c.value.type) == "!" for c in self.returning_columns):
            raise OraError(932, "SQL type", "PL/SQL type", offset=node.at)
        items = ", ".join(c.value.sql for c in self.returning_columns)
        return f" RETURNING {items}"

    def udf_rowid(self, table: Table) -> Typed:
        sql = self.udf(wrappers.ROWID_TEXT, str(table.id), ROW)
        return Typed(sql, ROWID, nullable=False, row=RowAddress(table, ROW))
