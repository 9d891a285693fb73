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
from dtm.sandbox.sql.catalog_model import ROW, Table
from dtm.sandbox.sql.dml_rows import RowWriter, Run
from dtm.sandbox.sql.dml_targets import Target
from dtm.sandbox.sql.dml_translate import DmlTranslator
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_plans import Outcome, Row, Template
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.transactions import Step


@dataclass(slots=True)
class MergePlan:
    """Result columns of `rows`: "$R", update?, delete?, insert?, SET values, INSERT values.

    One writer per kind of change, None for a clause that is missing.
    """

    table: Table
    rows: Template
    candidates: Template
    names: list[str]  # SET's columns
    insert_names: list[str]
    update: RowWriter | None
    delete: RowWriter | None
    insert: RowWriter | None

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        self.candidates.require_free(step, self.table, binds)
        run = Run(step, binds, actor, Outcome())
        writers = [w for w in (self.insert, self.update, self.delete) if w is not None]
        for writer in writers:
            writer.begin(run)
        seen: set[Encoded] = set()
        for row in self.rows.run(step, binds):
            if row[0] is None:
                self._unmatched(run, row)
            else:
                self._matched(run, row, seen)
        for writer in writers:
            writer.end(run)
        return run.result

    def _matched(self, run: Run, row: Row, seen: set[Encoded]) -> None:
        number, update, delete = row[0], row[1], row[2]
        if self.update is None or not update:
            return
        if number in seen:
            raise OraError(30926)
        seen.add(number)
        self.update.update(run, number, dict(zip(self.names, row[4:], strict=False)))
        if delete and self.delete is not None:
            count = run.result.count  # a row updated and deleted counts once
            self.delete.delete(run, number)
            run.result.count = count

    def _unmatched(self, run: Run, row: Row) -> None:
        if self.insert is not None and row[3]:
            values = row[4 + len(self.names) :]
            self.insert.insert(run, dict(zip(self.insert_names, values, strict=True)))


@dataclass(slots=True)
class Branch:
    """One INTO clause: its condition's column in the row (None: always), its values' columns."""

    condition: int | None
    start: int
    names: list[str]
    writer: RowWriter


@dataclass(slots=True)
class MultiInsertPlan:
    """INSERT ALL / FIRST. `groups`: the INTO clauses of each WHEN; `otherwise`: those of ELSE."""

    rows: Template
    first: bool
    groups: list[list[Branch]] = field(default_factory=list)
    otherwise: list[Branch] = field(default_factory=list)

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        run = Run(step, binds, actor, Outcome())
        writers = {b.writer.table.id: b.writer for g in (*self.groups, self.otherwise) for b in g}
        for writer in writers.values():
            writer.begin(run)
        for row in self.rows.run(step, binds):
            for branch in self._chosen(row):
                values = row[branch.start : branch.start + len(branch.names)]
                branch.writer.insert(run, dict(zip(branch.names, values, strict=True)))
        for writer in writers.values():
            writer.end(run)
        run.result.last_rowid = None
        return run.result

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
        target = self._merge_target(node)
        scope = Scope(None, clause="ON")
        source_part = self.from_part(node.source, scope)
        base, target_sql = self.base_source(target)
        source, tests = self.seen(target, base)
        source.name, source.owner = target.name, target.owner
        scope.sources = [source, *source_part.sources]
        on = " AND ".join([self.condition(node.on, scope), *(test for _, test in tests)])
        self._on_columns_stay(node, target, scope)
        joined = f"FROM {source_part.sql} LEFT JOIN {target_sql} ON {on}"
        row = f"{base.alias}.{ROW}"
        sets, flags = self._matched(node, target, scope)
        inserts, insert_flag = self._unmatched(node, target, scope)
        items = [row, *flags, insert_flag, *(v for _, v in sets), *(v for _, v in inserts)]
        needs = self.context.needs
        names = [name for name, _ in sets]
        plan = MergePlan(
            target.table,
            Template(f"SELECT {', '.join(items)} {joined}", needs),
            Template(f"SELECT {row} {joined}", needs),
            names,
            [name for name, _ in inserts],
            self._merge_writer(node.assignments, target, "UPDATE", names),
            self._merge_writer(node.delete_where, target, "DELETE", ()),
            self._merge_writer(node.insert_values, target, "INSERT", ()),
        )
        return plan, target.table

    def _merge_writer(
        self, clause: object, target: Target, operation: str, names: Sequence[str]
    ) -> RowWriter | None:
        if clause is None:
            return None
        checks = () if operation == "DELETE" else self.checks(target)
        triggers = self.triggers(target.table, operation, names)
        return self.writer(target, triggers, checks, "")

    def _merge_target(self, node: d.Merge) -> Target:
        if node.errors is not None:
            self.context.unsupported(140, "LOG ERRORS of MERGE", node.errors.at)
        for operation in ("INSERT", "UPDATE", "DELETE"):
            if self.instead_of(node.table, operation, frozenset()) is not None:
                self.context.unsupported(211, "MERGE into a view with triggers", node.at)
        target = self.target(node.table, "SELECT")
        if node.assignments is not None:
            self.target(node.table, "UPDATE")
        if node.insert_values is not None:
            self.target(node.table, "INSERT")
        if node.delete_where is not None:
            self.target(node.table, "DELETE")
        return target

    def _on_columns_stay(self, node: d.Merge, target: Target, scope: Scope) -> None:
        """ORA-38104: a column of the ON condition cannot be updated."""
        source = scope.sources[0]
        used = {
            x.path[-1]
            for x in walk(node.on)
            if isinstance(x, n.Name)
            and (source.matches(x.path[:-1]) or (len(x.path) == 1 and x.path[0] in source.columns))
        }
        for assignment in node.assignments or []:
            for name in assignment.columns:
                if name.path[-1] in used:
                    shown = (source.name or target.table.name, name.path[-1])
                    raise OraError(38104, ".".join(f'"{p}"' for p in shown), offset=name.at)

    def _matched(
        self, node: d.Merge, target: Target, scope: Scope
    ) -> tuple[list[tuple[str, str]], list[str]]:
        """(column, value) pairs of UPDATE, and SQL of "update?" and "delete?"."""
        if node.assignments is None:
            return [], ["0", "0"]
        scope.clause = "SET"
        pairs = self.assignments(node.assignments, target, scope, split=True)
        self.require_columns(target, "UPDATE", (name for name, _ in pairs), node.at)
        scope.clause = "WHERE"
        when = "1" if node.update_where is None else self.condition(node.update_where, scope)
        delete = "0"
        if node.delete_where is not None:
            after = self._after_update(scope, target, pairs)
            delete = self.condition(node.delete_where, after)
        return pairs, [when, delete]

    def _after_update(self, scope: Scope, target: Target, pairs: list[tuple[str, str]]) -> Scope:
        """DELETE WHERE sees the updated row."""
        new = dict(pairs)
        source = scope.sources[0]
        known = target.view_columns
        columns = {}
        for name, column in source.columns.items():
            definition = target.table.column(name) if known is None else known.get(name)
            value = column.value
            if definition is not None and definition.name in new:
                value = Typed(new[definition.name], definition.type, wide=value.wide)
            columns[name] = SourceColumn(column.name, value, column.hidden)
        return Scope(
            scope.parent, [replace(source, columns=columns), *scope.sources[1:]], clause="WHERE"
        )

    def _unmatched(
        self, node: d.Merge, target: Target, scope: Scope
    ) -> tuple[list[tuple[str, str]], str]:
        """(column, value) pairs of INSERT and SQL of "insert?"; only the source is seen."""
        if node.insert_values is None:
            return [], "0"
        table = target.table
        inner = Scope(None, scope.sources[1:], clause="VALUES")
        columns = self.columns(target, node.insert_columns)
        self.require_columns(target, "INSERT", (c.name for c in columns), node.at)
        values = self.row_values(node.insert_values, table, columns, inner, node.unmatched_at)
        pairs = [(c.name, v) for c, v in zip(columns, values, strict=True)]
        pairs += self.defaults(table, columns)
        when = "1"
        if node.insert_where is not None:
            inner.clause = "WHERE"
            when = self.condition(node.insert_where, inner)
        return pairs, when

    # ------------------------------------------------------------ INSERT ALL

    def multi_insert(self, node: d.MultiInsert) -> tuple[MultiInsertPlan, tuple[Table, ...]]:
        relation = self.query(node.query, None)
        alias = self.context.alias("q")
        source = self._columns_source(relation.columns, alias, None, node.query.at)
        scope = Scope(None, [source], clause="WHERE")
        items: list[str] = []
        groups: list[list[Branch]] = []
        for condition, clauses in node.branches:
            place = None
            if condition is not None:
                scope.clause = "WHERE"
                place = len(items)
                items.append(self.condition(condition, scope))
            groups.append([self._branch(c, place, scope, items) for c in clauses])
        otherwise = [self._branch(c, None, scope, items) for c in node.otherwise]
        sql = f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {alias}"
        template = Template(sql, self.context.needs)
        tables = tuple(b.writer.table for g in (*groups, otherwise) for b in g)
        return MultiInsertPlan(template, node.first, groups, otherwise), tables

    def _branch(
        self, into: d.InsertInto, condition: int | None, scope: Scope, items: list[str]
    ) -> Branch:
        if not isinstance(into.table, n.TableRef):
            raise OraError(1702, offset=into.at)
        target = self.target(into.table, "INSERT")
        if target.layers:
            raise OraError(1702, offset=into.at)
        table = target.table
        columns = self.columns(target, into.columns)
        self.require_columns(target, "INSERT", (c.name for c in columns), into.at)
        scope.clause = "VALUES"
        nodes = into.values
        if nodes is None:
            shown = list(scope.sources[0].columns.values())
            nodes = [n.Name(into.at, (n.Ident(c.name, into.at, quoted=True),)) for c in shown]
        values = self.row_values(nodes, table, columns, scope, into.at)
        extra = self.defaults(table, columns)
        start = len(items)
        items += values + [value for _, value in extra]
        names = [c.name for c in columns] + [name for name, _ in extra]
        triggers = self.triggers(table, "INSERT")
        writer = self.writer(target, triggers, self.checks(target, inserts=True), "")
        return Branch(condition, start, names, writer)
