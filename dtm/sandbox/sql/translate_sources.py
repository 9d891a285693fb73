"""The FROM clause: tables, views, inline views, joins of both styles.

SQL Language Reference 19c, "SQL Queries and Subqueries", "Joins", "Outer Joins".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError, Unsupported, internal_error
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql import engine_rows
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import (
    OutColumn,
    Relation,
    RowAddress,
    Scope,
    Source,
    SourceColumn,
    Typed,
)
from dtm.sandbox.sql.bind_scope import find_column
from dtm.sandbox.sql.bind_sources import CommonTableInfo, FromPart, make_nullable, table_column
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.catalog_model import ROW, Partitioning, Table, View, quote
from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.parse_statements import parse_query
from dtm.sandbox.sql.parse_tokens import unsupported
from dtm.sandbox.sql.partitions_sql import SUBPARTITION_MARK, beyond, named, number_of
from dtm.sandbox.sql.translate_windows import WindowTranslator

ROWID = OraType(Kind.ROWID, length=18)
_MAX_VIEW_DEPTH = 30


class SourceTranslator(WindowTranslator):
    """Translates FROM."""

    # ------------------------------------------------------------ single sources

    def from_part(self, item: n.FromItem, scope: Scope, left: Sequence[Source] = ()) -> FromPart:
        """One item; `left`: what LATERAL and TABLE() see on their left."""
        if isinstance(item, n.TableRef):
            source, sql = self._named_source(item, scope)
            return FromPart(sql, [source])
        if isinstance(item, n.DerivedTable):
            if item.lateral and left:
                return self._lateral(item, scope, left)
            relation = self.query(item.query, scope.parent_for_views())
            source = self._relation_source(relation, item.alias, item.at)
            return FromPart(f"({relation.sql}) AS {source.alias}", [source])
        if isinstance(item, n.Join):
            return self._join(item, scope, left)
        if isinstance(item, n.TableFunction):
            return self.table_function(item, Scope(scope.parent, list(left), ctes=scope.ctes))
        if isinstance(item, n.Sample):
            return self._sample(item, scope)
        if isinstance(item, n.Pivot):
            return self.pivot(item, scope)
        if isinstance(item, n.Unpivot):
            return self.unpivot(item, scope)
        raise internal_error(f"{type(item).__name__} in FROM")

    def unpivot(self, item: n.Unpivot, scope: Scope) -> FromPart:
        raise NotImplementedError

    def _lateral(self, item: n.DerivedTable, scope: Scope, left: Sequence[Source]) -> FromPart:
        """An inline view that sees the sources on its left: its rows travel as JSON."""
        outer = Scope(scope.parent, list(left), ctes=scope.ctes)
        relation = self.query(item.query, outer)
        heads = ", ".join(f"c{i}" for i in range(1, len(relation.columns) + 1))
        rows = self.context.function(engine_rows.rows_of(len(relation.columns)))
        name = item.alias.text if item.alias is not None else None
        return self._json_rows(
            f"(SELECT {rows}({heads}) FROM ({relation.sql}))", relation.columns, name, item.at
        )

    def _json_rows(
        self, array: str, columns: list[OutColumn], name: str | None, at: int
    ) -> FromPart:
        alias = self.context.alias("t")
        source = self._columns_source(columns, alias, name, at)
        for index, column in enumerate(source.columns.values()):
            cell = self.udf(engine_rows.CELL, f"{alias}.value", str(index))
            column.value = replace(column.value.moved(cell), nullable=True)
        return FromPart(f"json_each({array}) AS {alias}", [source])

    def _sample(self, item: n.Sample, scope: Scope) -> FromPart:
        """SAMPLE (percent): each row with that probability; ORA-30562."""
        source, sql = self._named_source(item.source, scope)
        if source.table is None:
            raise OraError(1446, offset=item.at)
        percent = self.convert(self.expression(item.percent, Scope(None)), NUMBER, item.at)
        test = self.udf(wrappers.SAMPLED, percent.sql)
        plain = sql.removesuffix(f" AS {source.alias}")
        return FromPart(f"(SELECT * FROM {plain} WHERE {test}) AS {source.alias}", [source])

    def pivot(self, item: n.Pivot, scope: Scope) -> FromPart:
        raise NotImplementedError

    def _named_source(self, ref: n.TableRef, scope: Scope) -> tuple[Source, str]:
        path = tuple(p.text for p in ref.path)
        name = ref.alias.text if ref.alias is not None else path[-1]
        if len(path) == 1:
            known = self._common_table(path[0], scope)
            if known is not None:
                alias = self.context.alias("t")
                source = self._columns_source(known.columns, alias, name, ref.at)
                return source, f"{known.sql_name} AS {alias}"
        if path in (("DUAL",), ("SYS", "DUAL")) and ref.partition is None:
            return self._dual(name, ref)
        found = self.context.names.relation(path, "SELECT", ref.at)
        owner = None if ref.alias is not None else getattr(found, "owner", None)
        if isinstance(found, Table):
            return self.table_source(found, ref, name, owner)
        if isinstance(found, View):
            relation = self.view(found, ref.at)
            source = self._relation_source(relation, None, ref.at)
            source.name, source.owner = name, owner
            return source, f"({relation.sql}) AS {source.alias}"
        return self._dictionary_source(found, name, ref)

    def _common_table(self, name: str, scope: Scope) -> CommonTableInfo | None:
        block: Scope | None = scope
        while block is not None:
            if name in block.ctes:
                found: CommonTableInfo = block.ctes[name]
                return found
            block = block.parent
        return None

    def _dual(self, name: str, ref: n.TableRef) -> tuple[Source, str]:
        value = Typed("'X'", typing_rules.text(1))
        alias = self.context.alias("t")
        row = Typed("'AAAAECAABAAAAgiAAA'", ROWID, nullable=False)
        columns = {
            "DUMMY": SourceColumn("DUMMY", value),
            "ROWID": SourceColumn("ROWID", row, hidden=True),
        }
        source = Source(alias, name, "SYS", columns, at=ref.at)
        return source, f"(SELECT 1) AS {alias}"

    def table_source(
        self, table: Table, ref: n.TableRef, name: str, owner: str | None
    ) -> tuple[Source, str]:
        """A table with its columns and ROWID; ORA-02149 for an unknown partition."""
        alias = self.context.alias("t")
        partition = self.partition_name(table, ref)
        columns = {c.name: table_column(table, c, alias) for c in table.columns if not c.unused}
        address = RowAddress(table, f"{alias}.{ROW}")
        rowid = self.udf(wrappers.ROWID_TEXT, str(table.id), address.sql)
        value = Typed(rowid, ROWID, nullable=False, row=address)
        columns["ROWID"] = SourceColumn("ROWID", value, hidden=True)
        sql = f"{self.context.table(table, partition)} AS {alias}"
        return Source(alias, name, owner, columns, table, address, ref.at), sql

    def partition_name(self, table: Table, ref: n.TableRef) -> str | None:
        if not ref.partitioned:
            return None
        if table.partitioning is None:
            raise OraError(14109, offset=ref.at)
        if ref.partition is None:
            return self._partition_for(table, ref, ref.partition_value or [])
        name = (SUBPARTITION_MARK if ref.subpartition else "") + ref.partition.text
        if named(table.partitioning, name) is None:
            raise OraError(14251 if ref.subpartition else 2149, offset=ref.partition.at)
        return name

    def _partition_for(self, table: Table, ref: n.TableRef, values: list[n.Node]) -> str:
        """PARTITION FOR (key value ...): the partition these values fall in; ORA-14763 when they
        are no constants, ORA-02149 without such a partition."""
        partitioning, found = self._with_key(table, ref, values, number_of)
        for _, part in partitioning.leaves:
            if part.id == found:
                return (SUBPARTITION_MARK if ref.subpartition else "") + part.name
        raise OraError(14251 if ref.subpartition else 2149, offset=ref.at)

    def need_interval(self, table: Table, ref: n.TableRef) -> None:
        """LOCK TABLE ... PARTITION FOR: an interval partition that is missing will be made."""
        key = quote(table.partitioning.columns[0]) if table.partitioning is not None else ""
        call = f"s1_interval({table.id}, v.{key})"
        self._with_key(
            table,
            ref,
            ref.partition_value or [],
            lambda p, prefix: f"CASE WHEN {beyond(p, prefix)} THEN {call} END",
        )

    def _with_key(
        self,
        table: Table,
        ref: n.TableRef,
        values: list[n.Node],
        expression: Callable[[Partitioning, str], str],
    ) -> tuple[Partitioning, Encoded]:
        """The partitioning FOR looks at, and an expression over a row with these key values."""
        partitioning, evaluate, at = table.partitioning, self.context.evaluate, ref.at
        if partitioning is None or evaluate is None:
            raise OraError(14763, offset=at)
        if not ref.subpartition:
            partitioning = replace(partitioning, sub=None)
        if len(values) != len(partitioning.key_columns):
            raise OraError(14763, offset=at)
        if any(isinstance(x, n.Bind) for x in walk(*values)):
            raise OraError(14763, offset=at)
        inner = self.context.apart()
        translator = type(self)(inner)
        keys = []
        for node, name in zip(values, partitioning.key_columns, strict=True):
            column = table.column(name)
            value = translator.expression(node, Scope(None, clause="VALUES"))
            if column is not None:
                value = translator.convert(value, column.type, node.at)
            keys.append(f"{value.sql} AS {quote(name)}")
        wanted = expression(partitioning, "v.")
        sql = f"SELECT {wanted} FROM (SELECT {', '.join(keys)}) AS v"
        return partitioning, evaluate(inner.needs, sql)

    def _dictionary_source(
        self, view: DictionaryView, name: str, ref: n.TableRef
    ) -> tuple[Source, str]:
        alias = self.context.alias("t")
        columns = {
            c.name: SourceColumn(c.name, Typed(f"{alias}.c{i}", c.type, c.nullable, wide=False))
            for i, c in enumerate(view.columns, 1)
        }
        if view.name not in {v.name for v in self.context.needs.dictionary}:
            self.context.needs.dictionary.append(view)
        owner = None if ref.alias is not None else "SYS"
        source = Source(alias, name, owner, columns, at=ref.at)
        return source, f'"D${view.name}" AS {alias}'

    def view(self, view: View, at: int) -> Relation:
        """A stored view's query, translated with its owner's names; ORA-04063 if it is broken."""
        context = self.context
        if view.status != "VALID" and context.refresh is not None:
            view = context.refresh(view)
            if view.status != "VALID":
                raise OraError(4063, f'view "{view.owner}.{view.name}"', offset=at)
        if context.view_depth > _MAX_VIEW_DEPTH:
            context.unsupported(174, "views nested this deeply", at)
        outer_names, outer_text, outer_scope = context.names, context.text, context.scope
        context.names, context.text, context.scope = outer_names.inside_view(view), view.text, None
        context.view_depth += 1
        try:
            relation = self.query(parse_query(view.text), None)
        except Unsupported as refusal:  # its place is where this statement names the view
            raise unsupported(outer_text, refusal.number, refusal.construct, at) from None
        except OraError as error:
            name = f"{view.owner}.{view.name}"
            raise OraError(4063, f'view "{name}"', offset=at) from error
        finally:
            context.names, context.text, context.scope = outer_names, outer_text, outer_scope
            context.view_depth -= 1
        for column, described in zip(relation.columns, view.columns, strict=False):
            column.name = described.name
        return relation

    def _relation_source(self, relation: Relation, alias: n.Ident | None, at: int) -> Source:
        sql_alias = self.context.alias("t")
        name = alias.text if alias is not None else None
        return self._columns_source(relation.columns, sql_alias, name, at)

    def _columns_source(
        self, columns: list[OutColumn], alias: str, name: str | None, at: int
    ) -> Source:
        shown: dict[str, SourceColumn] = {}
        twice = set()
        for index, column in enumerate(columns, 1):
            value = column.value.moved(f"{alias}.c{index}")
            if column.name in shown:
                twice.add(column.name)
            key = column.name if column.name not in shown else f"{column.name}\x00{index}"
            value = replace(value, row=None, nullable=value.nullable)
            shown[key] = SourceColumn(column.name, value)
        return Source(alias, name, None, shown, at=at, ambiguous=frozenset(twice))

    # ------------------------------------------------------------ ANSI joins

    def _join(self, join: n.Join, scope: Scope, beside: Sequence[Source] = ()) -> FromPart:
        left = self.from_part(join.left, scope, beside)
        right = self.from_part(join.right, scope, [*beside, *left.sources])
        block = Scope(scope.parent, [*left.sources, *right.sources], clause="ON", ctes=scope.ctes)
        block.merged = scope.merged
        if join.natural or join.using is not None:
            on = self._using(join, left, right, scope)
        elif join.on is not None:
            on = f" ON {self.condition(join.on, block)}"
        else:
            on = " ON 1" if join.kind == "LEFT" else ""
        if join.kind in {"LEFT", "FULL"}:
            make_nullable(right.sources)
        if join.kind in {"RIGHT", "FULL"}:
            make_nullable(left.sources)
        words = {"INNER": "JOIN", "CROSS": "JOIN"}.get(join.kind, f"{join.kind} JOIN")
        right_sql = f"({right.sql})" if right.is_join else right.sql
        sql = f"{left.sql} {words} {right_sql}{on}"
        return FromPart(sql, [*left.sources, *right.sources], is_join=True)

    def _using(self, join: n.Join, left: FromPart, right: FromPart, scope: Scope) -> str:
        """NATURAL and USING: equal columns are merged into one, shown first by `*`."""
        names = (
            [n.Name(i.at, (i,)) for i in join.using]
            if join.using is not None
            else list(_common_names(join, left, right))
        )
        tests = []
        for name in names:
            ours = self._side(name, left, scope)
            theirs = self._side(name, right, scope)
            tests.append(self.compare("=", ours, theirs, name.at))
            value = {"RIGHT": theirs, "FULL": ours}.get(join.kind, ours)
            if join.kind == "FULL":
                value = replace(ours, sql=f"coalesce({ours.sql}, {theirs.sql})", row=None)
            scope.merged[name.path[0]] = value
        return f" ON {' AND '.join(tests)}" if tests else ""

    def _side(self, name: n.Name, part: FromPart, scope: Scope) -> Typed:
        mine = {k: v for k, v in scope.merged.items() if any(k in s.columns for s in part.sources)}
        block = Scope(None, part.sources, merged=mine, clause="ON")
        found = find_column(block, name)
        if found is None:
            raise OraError(904, f'"{name.path[0]}"', offset=name.at)
        return found


def _common_names(join: n.Join, left: FromPart, right: FromPart) -> Iterator[n.Name]:
    seen = set()
    theirs = {c.name for s in right.sources for c in s.columns.values() if not c.hidden}
    for source in left.sources:
        for column in source.columns.values():
            if column.name in theirs and not column.hidden and column.name not in seen:
                seen.add(column.name)
                yield n.Name(join.at, (n.Ident(column.name, join.at, quoted=True),))
