"""Queries: WITH, set operators, ORDER BY, row limiting.

SQL Language Reference 19c, "SQL Statements: SELECT"; "The Set Operators".
"""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import OutColumn, Relation, Scope, Typed
from dtm.sandbox.sql.bind_sources import CommonTableInfo
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.composites import KINDS
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.conversion import FLOATS, family
from dtm.sandbox.sql.translate_blocks import ranked
from dtm.sandbox.sql.translate_select import SelectTranslator

_WORDS = {"UNION": "UNION", "UNION ALL": "UNION ALL", "INTERSECT": "INTERSECT", "MINUS": "EXCEPT"}


class QueryTranslator(SelectTranslator):
    """Translates whole queries."""

    def query(self, node: n.Query, parent: Scope | None, *, nested: bool = True) -> Relation:
        """Translate a query; `nested`: it is a subquery or inline view, not the statement."""
        if nested and node.for_update is not None:
            raise OraError(907, offset=node.for_update.at)
        holder = parent
        prefix = ""
        if node.ctes:
            holder = Scope(parent)
            prefix = self._common_tables(node.ctes, holder)
        drawn = len(self.context.nextvals)
        relation = self._body(node, holder)
        if len(self.context.nextvals) > drawn and (nested or node.order_by):
            raise OraError(2287, offset=node.at)
        relation = self._limited(node, relation, holder, nested=nested)
        if prefix:
            relation = replace(relation, sql=f"{prefix} {relation.sql}", simple=False)
            relation.locks = [(t, f"{prefix} {sql}") for t, sql in relation.locks]
        return relation

    def _body(self, node: n.Query, holder: Scope | None) -> Relation:
        if isinstance(node.body, n.Select):
            if node.fetch_ties and node.order_by:
                return self.select(ranked(node.body, node.order_by), holder, node)
            return self.select(node.body, holder, node)
        if node.fetch_ties and node.order_by:
            self.context.unsupported(190, "FETCH WITH TIES of a set operation", node.fetch_at)
        relation = self._operand(node.body, holder)
        if node.for_update is not None:
            raise OraError(2014, offset=node.for_update.at)
        if node.order_by:
            relation = self.order_relation(relation, node.order_by)
        return relation

    def _operand(self, body: n.QueryBody, holder: Scope | None) -> Relation:
        if isinstance(body, n.SetOperation):
            return self._set_operation(body, holder)
        if isinstance(body, n.Query):
            return self.query(body, holder)
        return self.select(body, holder, None)

    # ------------------------------------------------------------ row limits

    def _limited(
        self, node: n.Query, relation: Relation, holder: Scope | None, *, nested: bool
    ) -> Relation:
        """FETCH FIRST and OFFSET; an ordered subquery keeps its order by `LIMIT -1`."""
        if node.fetch is None and node.offset is None:
            if node.order_by and nested:
                limit = "" if relation.limited else " LIMIT -1"
                return replace(relation, sql=relation.sql + limit, simple=False, limited=True)
            return relation
        if node.for_update is not None:
            raise OraError(2014, offset=node.for_update.at)
        scope = Scope(holder, clause="FETCH")
        if node.fetch is not None and (node.fetch_percent or node.fetch_ties):
            return self._numbered(node, relation, scope)
        limit = "-1" if node.fetch is None else self._row_count(node.fetch, scope)
        sql = f"SELECT * FROM ({relation.sql})" if relation.limited else relation.sql
        sql += f" LIMIT {limit}"
        if node.offset is not None:
            sql += f" OFFSET {self._row_count(node.offset, scope)}"
        else:
            sql += " OFFSET 0"  # keeps SQLite from merging this query with an outer ORDER BY
        return replace(relation, sql=sql, simple=False, single_row=False, limited=True)

    def _numbered(self, node: n.Query, relation: Relation, scope: Scope) -> Relation:
        """FETCH FIRST n PERCENT, WITH TIES: by row numbers, or ranks in the hidden last column."""
        ties = node.fetch_ties and bool(node.order_by)
        columns = relation.columns[:-1] if ties else relation.columns
        offset = "0" if node.offset is None else self._row_count(node.offset, scope)
        if node.fetch is None:
            raise OraError(905, offset=node.at)
        if node.fetch_percent:
            share = self.convert(self.expression(node.fetch, scope), NUMBER, node.at)
            count = self.udf(wrappers.PERCENT_OF, share.sql, "total")
        else:
            count = self._row_count(node.fetch, scope)
        ordered = relation.sql if relation.limited else f"{relation.sql} LIMIT -1 OFFSET 0"
        numbered = (
            f"SELECT *, row_number() OVER () AS number, count(*) OVER () AS total FROM ({ordered})"
        )
        heads = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
        place = f"c{len(relation.columns)}" if ties else "number"
        sql = (
            f"SELECT {heads} FROM ({numbered}) WHERE number > {offset} "
            f"AND {place} <= {offset} + {count} ORDER BY number LIMIT -1 OFFSET 0"
        )
        return replace(
            relation, sql=sql, columns=columns, simple=False, single_row=False, limited=True
        )

    def _row_count(self, node: n.Node, scope: Scope) -> str:
        value = self.expression(node, scope)
        if family(value.type) not in "N?":
            value = self.convert(value, typing_rules.number_like([]), node.at)
        return self.udf(wrappers.LIMIT, value.sql)

    def order_relation(self, relation: Relation, items: list[n.OrderItem]) -> Relation:
        """ORDER BY of a set operation: positions and column names of the first query only."""
        alias = self.context.alias("q")
        terms = []
        for item in items:
            index = self._set_order_index(relation, item)
            column = relation.columns[index - 1]
            value = column.value.moved(f"{alias}.c{index}")
            terms.append(self.order_term(value, item))
        sql = f"SELECT * FROM ({relation.sql}) AS {alias} ORDER BY {', '.join(terms)}"
        return replace(relation, sql=sql, simple=False)

    def _set_order_index(self, relation: Relation, item: n.OrderItem) -> int:
        operand = item.operand
        if isinstance(operand, n.NumberLiteral) and operand.text.isdigit():
            index = int(operand.text)
            if not 1 <= index <= len(relation.columns):
                raise OraError(1785, offset=operand.at)
            return index
        if isinstance(operand, n.Name) and len(operand.parts) == 1:
            for index, column in enumerate(relation.columns, 1):
                if column.name == operand.path[0]:
                    return index
            raise OraError(904, f'"{operand.path[0]}"', offset=operand.at)
        raise OraError(1785, offset=operand.at)

    # ------------------------------------------------------------ set operators

    def _set_operation(self, node: n.SetOperation, holder: Scope | None) -> Relation:
        drawn = len(self.context.nextvals)
        left = self._operand(node.left, holder)
        right = self._operand(node.right, holder)
        if len(self.context.nextvals) > drawn:
            raise OraError(2287, offset=node.at)
        if len(left.columns) != len(right.columns):
            raise OraError(1789, offset=node.at)
        columns = [
            self._common_column(a, b, node) for a, b in zip(left.columns, right.columns,
                                                            strict=True)
        ]  # fmt: skip
        left_sql = self._as_operand(left, columns, first=isinstance(node.left, n.SetOperation))
        right_sql = self._as_operand(right, columns, first=False)
        sql = f"{left_sql} {_WORDS[node.op]} {right_sql}"
        return Relation(sql, columns, simple=False)

    def _common_column(self, left: OutColumn, right: OutColumn, node: n.SetOperation) -> OutColumn:
        a, b = left.value, right.value
        if node.op != "UNION ALL" and {a.type.kind, b.type.kind} & set(KINDS):
            self.context.unsupported(126, f"{node.op} of objects or collections", node.at)
        if node.op != "UNION ALL" and {family(a.type), family(b.type)} & {"L", "B"}:
            raise OraError(932, "-", "CLOB", offset=node.at)
        try:
            target = typing_rules.unify_strict([a.type, b.type])
        except OraError:
            raise OraError(1790, offset=node.at) from None
        if a.is_null and b.is_null:
            target = OraType(Kind.VARCHAR2, length=1)
        digits = None
        if a.digits is not None and b.digits is not None:
            digits = max(a.digits, b.digits)
        value = Typed(a.sql, target, a.nullable or b.nullable, digits, a.wide or b.wide)
        return OutColumn(left.name, value, left.quoted, left.nullable or right.nullable)

    def _as_operand(self, relation: Relation, columns: list[OutColumn], *, first: bool) -> str:
        """The relation as one side of a compound query, its columns converted if need be."""
        alias = self.context.alias("q")
        items, converted = [], False
        for index, (mine, common) in enumerate(zip(relation.columns, columns, strict=True), 1):
            value = mine.value.moved(f"{alias}.c{index}")
            result = self._aligned(value, common.value.type)
            converted = converted or result != value.sql
            items.append(f"{result} AS c{index}")
        if converted:
            return f"SELECT {', '.join(items)} FROM ({relation.sql}) AS {alias}"
        if relation.simple or (first and not relation.sql.startswith("WITH")):
            return relation.sql
        return f"SELECT * FROM ({relation.sql}) AS {alias}"

    def _aligned(self, value: Typed, target: OraType) -> str:
        if target.kind in FLOATS and value.type.kind not in FLOATS and not value.is_null:
            return self.convert(value, target, 0).sql
        if family(value.type) in "DSZ" and family(value.type) != family(target):
            return self.convert(value, target, 0).sql
        return value.sql

    # ------------------------------------------------------------ WITH

    def _common_tables(self, tables: list[n.CommonTable], holder: Scope) -> str:
        parts = []
        recursive = False
        for table in tables:
            if table.name.text in holder.ctes:
                raise OraError(32031, offset=table.at)
            own = self._is_recursive(table)
            recursive = recursive or own
            parts.append(
                self._recursive_table(table, holder) if own else self._plain_table(table, holder)
            )
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)}"

    def _plain_table(self, table: n.CommonTable, holder: Scope) -> str:
        relation = self.query(table.query, holder)
        columns = self._named_columns(table, relation.columns)
        name = self.context.alias("w")
        holder.ctes[table.name.text] = CommonTableInfo(name, columns)
        heads = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
        return f"{name}({heads}) AS ({relation.sql})"

    def _named_columns(self, table: n.CommonTable, columns: list[OutColumn]) -> list[OutColumn]:
        if table.columns is None:
            return columns
        if len(table.columns) != len(columns):
            raise OraError(32038, offset=table.columns[0].at)
        return [
            OutColumn(ident.text, c.value, ident.quoted, c.nullable)
            for ident, c in zip(table.columns, columns, strict=True)
        ]

    def _is_recursive(self, table: n.CommonTable) -> bool:
        return any(
            isinstance(x, n.TableRef) and len(x.path) == 1 and x.path[0].text == table.name.text
            for x in walk(table.query.body, subqueries=True)
        )

    def _recursive_table(self, table: n.CommonTable, holder: Scope) -> str:
        """A recursive WITH: UNION ALL of an anchor and a member that reads the query itself."""
        body = table.query.body
        if table.columns is None:
            raise OraError(32039, offset=table.at)
        if not isinstance(body, n.SetOperation) or body.op != "UNION ALL":
            raise OraError(32040, offset=table.query.at)
        if table.search is not None:
            return self._searched_table(table, table.search, body, holder)
        name, columns, sql = self._recursion_of(table, body, holder)
        heads = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
        return f"{name}({heads}) AS ({sql})"

    def _recursion_of(
        self, table: n.CommonTable, body: n.SetOperation, holder: Scope
    ) -> tuple[str, list[OutColumn], str]:
        """The SQLite name, the columns and the text of a recursive query."""
        anchor = self._operand(body.left, holder)
        columns = [
            OutColumn(c.name, replace(c.value, digits=None, wide=family(c.value.type) == "N"))
            for c in self._named_columns(table, anchor.columns)
        ]
        name = self.context.alias("w")
        holder.ctes[table.name.text] = CommonTableInfo(name, columns)
        member = self._operand(body.right, holder)
        if len(member.columns) != len(columns):
            raise OraError(1789, offset=body.at)
        for ours, theirs in zip(columns, member.columns, strict=True):
            if family(theirs.value.type) not in {family(ours.value.type), "?"}:
                raise OraError(1790, offset=body.at)
        anchor_sql = self._as_operand(anchor, columns, first=False)
        member_sql = self._as_operand(member, columns, first=False)
        return name, columns, f"{anchor_sql} UNION ALL {member_sql}"

    def _searched_table(
        self, table: n.CommonTable, search: n.Search, body: n.SetOperation, holder: Scope
    ) -> str:
        """SEARCH: the order in which SQLite takes rows off its queue, by a hidden level."""
        left, right = body.left, body.right
        if not isinstance(left, n.Select) or not isinstance(right, n.Select):
            self.context.unsupported(123, "SEARCH over nested set operations", search.at)
        hidden = n.Ident("$LEVEL", search.at, quoted=True)
        above = n.Binary(search.at, "+", n.Name(search.at, (hidden,)), _one(search.at))
        leveled = replace(
            table,
            columns=[*(table.columns or []), hidden],
            query=replace(table.query, body=replace(
                body, left=_with_item(left, _one(search.at)), right=_with_item(right, above))),
        )  # fmt: skip
        name, columns, sql = self._recursion_of(leveled, leveled.query.body, holder)  # type: ignore[arg-type]
        last = len(columns)
        terms = [f"{last} DESC" if search.depth else str(last)]
        for item in search.order:
            index = self._set_order_index(Relation(sql, columns[:-1]), item)
            place = columns[index - 1].value.moved(f"c{index}")
            words = self.order_term(place, item).removeprefix(self.key(place))
            terms.append(f"{index}{words}")
        heads = ", ".join(f"c{i}" for i in range(1, last + 1))
        shown = ", ".join(f"c{i}" for i in range(1, last))
        numbered = self.context.alias("w")
        order = OutColumn(search.column.text, Typed(f"c{last}", NUMBER, nullable=False, digits=12))
        holder.ctes[table.name.text] = CommonTableInfo(numbered, [*columns[:-1], order])
        return (
            f"{name}({heads}) AS ({sql} ORDER BY {', '.join(terms)} LIMIT -1), {numbered}({heads}) "
            f"AS (SELECT {shown}, row_number() OVER () FROM (SELECT * FROM {name} LIMIT -1))"
        )


def _one(at: int) -> n.Node:
    return n.NumberLiteral(at, "1")


def _with_item(select: n.Select, expression: n.Node) -> n.Select:
    item = n.SelectItem(select.at, expression, None, "$LEVEL")
    return replace(select, items=[*select.items, item])
