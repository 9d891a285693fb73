"""MERGE and multi-table INSERT: all values are computed by one query, then applied row by row.

SQL Language Reference 19c, "SQL Statements: MERGE", "INSERT" (multi_table_insert).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SourceColumn, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.catalog_model import ROW, Table, quote
from dtm.sandbox.sql.dml_translate import DmlTranslator
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_plans import Outcome, Row, Template
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.transactions import Step


@dataclass(slots=True)
class MergePlan:
    """Result columns of `rows`: "$R", update?, delete?, insert?, SET values, INSERT values."""

    table: Table
    rows: Template
    candidates: Template
    update: str | None
    set_count: int
    insert: str | None

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del actor
        if self.table.id in step.dirty:
            candidates = self.candidates
            step.require_free(self.table, candidates.render(step.dirty), candidates.used(binds))
        result = Outcome()
        seen: set[Encoded] = set()
        for row in self.rows.run(step, binds):
            if row[0] is None:
                self._unmatched(step, row, result)
            else:
                self._matched(step, row, seen, result)
        return result

    def _matched(self, step: Step, row: Row, seen: set[Encoded], result: Outcome) -> None:
        number, update, delete = row[0], row[1], row[2]
        if self.update is None or not update:
            return
        if number in seen:
            raise OraError(30926)
        seen.add(number)
        step.execute(self.update, (*row[4 : 4 + self.set_count], number))
        result.count += step.changes
        if delete:
            step.execute(f"DELETE FROM {self.table.target} WHERE {ROW} = ?", (number,))

    def _unmatched(self, step: Step, row: Row, result: Outcome) -> None:
        if self.insert is None or not row[3]:
            return
        step.execute(self.insert, row[4 + self.set_count :])
        result.count += step.changes


@dataclass(slots=True)
class Branch:
    """One INTO clause: its condition's column in the row (None: always), its values' columns."""

    condition: int | None
    start: int
    count: int
    insert: str


@dataclass(slots=True)
class MultiInsertPlan:
    """INSERT ALL / FIRST. `groups`: the INTO clauses of each WHEN; `otherwise`: those of ELSE."""

    rows: Template
    first: bool
    groups: list[list[Branch]] = field(default_factory=list)
    otherwise: list[Branch] = field(default_factory=list)

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        del actor
        result = Outcome()
        for row in self.rows.run(step, binds):
            for branch in self._chosen(row):
                values = row[branch.start : branch.start + branch.count]
                step.execute(branch.insert, values)
                result.count += step.changes
        return result

    def _chosen(self, row: Row) -> list[Branch]:
        chosen: list[Branch] = []
        for group in self.groups:
            condition = group[0].condition
            if condition is None or row[condition]:
                chosen += group
                if self.first:
                    return chosen
        return chosen or self.otherwise


class ManyTranslator(DmlTranslator):
    """Translates MERGE and INSERT ALL / FIRST."""

    # ------------------------------------------------------------ MERGE

    def merge(self, node: d.Merge) -> tuple[MergePlan, Table]:
        table, ref = self._merge_target(node)
        self.refuse_triggers(table, "MERGE into", node.at)
        scope = Scope(None, clause="ON")
        source_part = self.from_part(node.source, scope)
        name = ref.alias.text if ref.alias is not None else table.name
        owner = None if ref.alias is not None else table.owner
        target, target_sql = self.table_source(table, ref, name, owner)
        scope.sources = [target, *source_part.sources]
        on = self.condition(node.on, scope)
        self._on_columns_stay(node, table, scope)
        joined = f"FROM {source_part.sql} LEFT JOIN {target_sql} ON {on}"
        row = f"{target.alias}.{ROW}"
        update, sets, flags = self._matched(node, table, ref, scope)
        insert, values, insert_flag = self._unmatched(node, table, scope)
        items = [row, *flags, insert_flag, *(v for _, v in sets), *values]
        needs = self.context.needs
        plan = MergePlan(
            table,
            Template(f"SELECT {', '.join(items)} {joined}", needs),
            Template(f"SELECT {row} {joined}", needs),
            update,
            len(sets),
            insert,
        )
        return plan, table

    def _merge_target(self, node: d.Merge) -> tuple[Table, n.TableRef]:
        table, ref = self.target(node.table, "SELECT")
        if node.assignments is not None:
            self.target(node.table, "UPDATE")
        if node.insert_values is not None:
            self.target(node.table, "INSERT")
        if node.delete_where is not None:
            self.target(node.table, "DELETE")
        return table, ref

    def _on_columns_stay(self, node: d.Merge, table: Table, scope: Scope) -> None:
        """ORA-38104: a column of the ON condition cannot be updated."""
        target = scope.sources[0]
        used = {
            x.path[-1]
            for x in walk(node.on)
            if isinstance(x, n.Name)
            and (target.matches(x.path[:-1]) or (len(x.path) == 1 and x.path[0] in target.columns))
        }
        for assignment in node.assignments or []:
            for name in assignment.columns:
                if name.path[-1] in used:
                    shown = ".".join(f'"{p}"' for p in (target.name or table.name, name.path[-1]))
                    raise OraError(38104, shown, offset=name.at)

    def _matched(
        self, node: d.Merge, table: Table, ref: n.TableRef, scope: Scope
    ) -> tuple[str | None, list[tuple[str, str]], list[str]]:
        """The UPDATE statement, its (column, value) pairs, and SQL of "update?" and "delete?"."""
        if node.assignments is None:
            return None, [], ["0", "0"]
        scope.clause = "SET"
        pairs = self.assignments(node.assignments, table, ref, scope)
        if any(column.startswith("(") for column, _ in pairs):
            self.context.unsupported(210, "SET (a, b) = (subquery) in MERGE", node.matched_at)
        scope.clause = "WHERE"
        when = "1" if node.update_where is None else self.condition(node.update_where, scope)
        delete = "0"
        if node.delete_where is not None:
            delete = self.condition(node.delete_where, self._after_update(scope, table, pairs))
        body = ", ".join(f"{quote(column)} = ?" for column, _ in pairs)
        return f"UPDATE {table.target} SET {body} WHERE {ROW} = ?", pairs, [when, delete]

    def _after_update(self, scope: Scope, table: Table, pairs: list[tuple[str, str]]) -> Scope:
        """DELETE WHERE sees the updated row."""
        new = dict(pairs)
        target = scope.sources[0]
        columns = {}
        for name, column in target.columns.items():
            definition = table.column(name)
            value = column.value
            if definition is not None and name in new:
                value = Typed(new[name], definition.type, wide=value.wide)
            columns[name] = SourceColumn(column.name, value, column.hidden)
        return Scope(
            scope.parent, [replace(target, columns=columns), *scope.sources[1:]], clause="WHERE"
        )

    def _unmatched(
        self, node: d.Merge, table: Table, scope: Scope
    ) -> tuple[str | None, list[str], str]:
        """The INSERT statement, SQL of its values and of "insert?"; only the source is seen."""
        if node.insert_values is None:
            return None, [], "0"
        inner = Scope(None, scope.sources[1:], clause="VALUES")
        columns = self.columns(table, node.insert_columns, scope.sources[0].name)
        values = self.row_values(node.insert_values, table, columns, inner, node.unmatched_at)
        names = [c.sql for c in columns]
        for name, value in self.defaults(table, columns):
            names.append(quote(name))
            values.append(value)
        when = "1"
        if node.insert_where is not None:
            inner.clause = "WHERE"
            when = self.condition(node.insert_where, inner)
        marks = ", ".join("?" * len(names))
        return f"INSERT INTO {table.target}({', '.join(names)}) VALUES ({marks})", values, when

    # ------------------------------------------------------------ INSERT ALL

    def multi_insert(self, node: d.MultiInsert) -> tuple[MultiInsertPlan, tuple[Table, ...]]:
        relation = self.query(node.query, None)
        alias = self.context.alias("q")
        source = self._columns_source(relation.columns, alias, None, node.query.at)
        scope = Scope(None, [source], clause="WHERE")
        items: list[str] = []
        tables: list[Table] = []
        groups: list[list[Branch]] = []
        for condition, clauses in node.branches:
            place = None
            if condition is not None:
                scope.clause = "WHERE"
                place = len(items)
                items.append(self.condition(condition, scope))
            groups.append(
                [self._branch(c, place, relation, scope, items, tables) for c in clauses]
            )
        otherwise = [self._branch(c, None, relation, scope, items, tables) for c in node.otherwise]
        sql = f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {alias}"
        template = Template(sql, self.context.needs)
        return MultiInsertPlan(template, node.first, groups, otherwise), tuple(tables)

    def _branch(
        self,
        into: d.InsertInto,
        condition: int | None,
        relation: object,
        scope: Scope,
        items: list[str],
        tables: list[Table],
    ) -> Branch:
        del relation
        table, ref = self.target(into.table, "INSERT")
        tables.append(table)
        self.refuse_triggers(table, "multi-table INSERT into", into.at)
        columns = self.columns(table, into.columns, ref.alias.text if ref.alias else None)
        scope.clause = "VALUES"
        nodes = into.values
        if nodes is None:
            shown = list(scope.sources[0].columns.values())
            nodes = [n.Name(into.at, (n.Ident(c.name, into.at, quoted=True),)) for c in shown]
        values = self.row_values(nodes, table, columns, scope, into.at)
        names = [c.sql for c in columns]
        for name, value in self.defaults(table, columns):
            names.append(quote(name))
            values.append(value)
        start = len(items)
        items += values
        marks = ", ".join("?" * len(names))
        insert = f"INSERT INTO {table.target}({', '.join(names)}) VALUES ({marks})"
        return Branch(condition, start, len(values), insert)
