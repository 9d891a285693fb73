"""One query block: SELECT ... FROM ... WHERE ... GROUP BY ... HAVING ... ORDER BY.

SQL Language Reference 19c, "SQL Statements: SELECT".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import OutColumn, Relation, Scope, Source, Stage, Typed
from dtm.sandbox.sql.bind_scope import find_source, identifier_text, staged
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.catalog_model import quote
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_blocks import (
    Block,
    StageThrough,
    all_sets,
    has_aggregates,
    has_windows,
)
from dtm.sandbox.sql.translate_locks import LockTranslator
from dtm.sandbox.sql.translate_nested import has_nested, unnested
from dtm.sandbox.sql.translate_rownum import smallest, uses_rownum


class SelectTranslator(LockTranslator):
    """Translates query blocks."""

    def select(self, node: n.Select, parent: Scope | None, query: n.Query | None) -> Relation:
        """Translate a block; `query` has the ORDER BY and FOR UPDATE that belong to it."""
        order = query.order_by if query is not None and not query.siblings else []
        if has_nested(node):
            if order or (query is not None and query.for_update):
                place = order[0].at if order else node.at
                self.context.unsupported(159, "ORDER BY with nested aggregates", place)
            return self.select(unnested(node), parent, None)
        scope = Scope(parent)
        block = self._row_source(node, scope, query)
        items = [i.expression for i in node.items]
        grouped = (
            node.group_by is not None
            or node.having is not None
            or has_aggregates(*items, *(o.operand for o in order))
        )
        self._stage_for_rownum(node, block, order, grouped=grouped)
        if grouped and self._has_grouping_sets(node):
            return self._grouping_sets(node, block, order)
        drawn = len(self.context.nextvals)
        relation = self._assemble(node, block, order, grouped=grouped)
        if node.distinct and len(self.context.nextvals) > drawn:
            raise OraError(2287, offset=node.at)
        if query is not None and query.for_update is not None:
            self.lock_rows(query.for_update, node, block, relation, grouped=grouped)
        return relation

    # ------------------------------------------------------------ FROM, WHERE, CONNECT BY

    def _row_source(self, node: n.Select, scope: Scope, query: n.Query | None) -> Block:
        scope.clause = "WHERE"
        block = Block(scope)
        block.from_sql, tests = self.from_and_where(node.sources, node.where, scope)
        if node.connect_by is not None:
            self._hierarchical(node, block, tests, query)
            return block
        if query is not None and query.siblings:
            raise OraError(30929, offset=query.order_by[0].at)
        tests, block.limits, block.counted = self.row_tests(tests, scope)
        block.where = [self.condition(t, scope) for t in tests]
        scope.loose.clear()
        if block.counted:
            self._count_rows(block)
        return block

    def _count_rows(self, block: Block) -> None:
        """Conditions with ROWNUM that are no plain limit are tested row by row, after the rest."""
        scope = block.scope
        self._wrap(block, numbered=True)
        place = scope.rownum or "1"
        block.late_where = [self.accepted(block.counted, scope, place)]
        scope.rownum = None
        scope.loose.clear()

    def _hierarchical(
        self, node: n.Select, block: Block, tests: list[n.Node], query: n.Query | None
    ) -> None:
        """Join conditions are applied before CONNECT BY, other conditions after it."""
        scope = block.scope
        tests, block.limits = self.row_limits(tests, scope)
        joins = [t for t in tests if len(node.sources) > 1 and self._joins_sources(t, scope)]
        rest = [t for t in tests if t not in joins]
        where = [self.condition(t, scope) for t in joins]
        source = f"FROM {block.from_sql}" + (f" WHERE {' AND '.join(where)}" if where else "")
        siblings = query.order_by if query is not None and query.siblings else []
        scope.loose.clear()
        block.finish = self.connect(node, scope, source, siblings)
        scope.clause = "WHERE"
        block.late_where = [self.condition(t, scope) for t in rest]
        scope.loose.clear()

    def _joins_sources(self, test: n.Node, scope: Scope) -> bool:
        used = {
            s.alias
            for x in walk(test)
            if isinstance(x, n.Name)
            for s in scope.sources
            if x.path[-1] in s.columns and (len(x.path) == 1 or s.matches(x.path[:-1]))
        }
        return len(used) > 1

    def _stage_for_rownum(
        self, node: n.Select, block: Block, order: list[n.OrderItem], *, grouped: bool
    ) -> None:
        """Wrap the row source when ROWNUM's numbering or limit must come before other steps."""
        items = [i.expression for i in node.items]
        operands = [o.operand for o in order]
        keys = [k for g in node.group_by or [] for s in g.sets for k in s]
        numbered = uses_rownum(*items, *operands, *keys, node.having)
        if not numbered and not block.limits and not block.counted:
            return
        scope = block.scope
        complicated = grouped or node.distinct or bool(order) or has_windows(*items)
        simple = not grouped and node.connect_by is None and not has_windows(*items, *operands)
        if numbered and not block.limits and simple:
            scope.rownum = "row_number() OVER ()"
            return
        if not numbered and not complicated and block.finish is None:
            return
        self._wrap(block, numbered=numbered)

    def _wrap(self, block: Block, *, numbered: bool) -> None:
        scope = block.scope
        alias = self.context.alias("s")
        inner_stage = scope.stage
        outer = Stage(alias)
        inner = block.finish
        from_sql, where = block.from_sql, block.late_where if inner else block.where
        limits = block.limits
        scope.stage = StageThrough(alias, outer.names, inner_stage) if inner_stage else outer
        stage = scope.stage
        scope.rownum = f"{alias}.rn" if numbered else None
        block.where, block.late_where, block.limits = [], [], []

        def finish() -> str:
            columns = ", ".join(f"{sql} AS {name}" for sql, name in stage.names.items()) or "1"
            source = inner() if inner is not None else from_sql
            body = f"SELECT {columns} FROM {source}"
            if where:
                body += f" WHERE {' AND '.join(where)}"
            if limits:
                # OFFSET keeps SQLite from merging this query with an outer ORDER BY.
                body += f" LIMIT {smallest(limits)} OFFSET 0"
            if numbered:
                body = f"SELECT *, row_number() OVER () AS rn FROM ({body})"
            return f"({body}) AS {alias}"

        block.finish = finish

    # ------------------------------------------------------------ the select list

    def expand_items(self, items: list[n.SelectItem], scope: Scope) -> list[OutColumn]:
        """Translate a select list, `*` included."""
        result: list[OutColumn] = []
        for item in items:
            if isinstance(item.expression, n.Star):
                result += self._star_columns(item.expression, scope)
            else:
                result.append(self._item(item, scope))
        return result

    def _item(self, item: n.SelectItem, scope: Scope) -> OutColumn:
        value = self.expression(item.expression, scope)
        expression = item.expression
        if item.alias is not None:
            name, quoted = item.alias.text, item.alias.quoted
        elif isinstance(expression, n.Name):
            name, quoted = expression.path[-1], expression.parts[-1].quoted
        else:
            name, quoted = item.text[:128], False
        nullable = value.nullable or not isinstance(expression, n.Name)
        return OutColumn(name, value, quoted, nullable)

    def _star_columns(self, star: n.Star, scope: Scope) -> list[OutColumn]:
        sources = scope.sources
        result: list[OutColumn] = []
        if star.qualifier:
            path = tuple(p.text for p in star.qualifier)
            source = find_source(scope, path)
            if source is None:
                raise OraError(904, identifier_text(path), offset=star.at)
            sources = [source]
        else:
            result = [
                self._star_column(name, value, scope, star) for name, value in scope.merged.items()
            ]
        for source in sources:
            if source.ambiguous:
                raise OraError(918, offset=star.at)
            for column in source.columns.values():
                if column.hidden or (not star.qualifier and column.name in scope.merged):
                    continue
                result.append(self._star_column(column.name, column.value, scope, star))
        self._note_star(star, scope, sources, result)
        return result

    def _note_star(
        self, star: n.Star, scope: Scope, sources: list[Source], result: list[OutColumn]
    ) -> None:
        """What `*` means now: a view keeps that (CREATE VIEW, "Notes on Creating Views")."""
        if self.context.view_depth:
            return
        names = [quote(column.name) for column in result]
        if len(scope.sources) > 1 or star.qualifier:
            origins = [""] * (0 if star.qualifier else len(scope.merged))
            for source in sources:
                shown = [
                    c for c in source.columns.values()
                    if not c.hidden and (star.qualifier or c.name not in scope.merged)
                ]  # fmt: skip
                origins += [f"{quote(source.name)}." if source.name else ""] * len(shown)
            names = [origin + name for origin, name in zip(origins, names, strict=True)]
        self.context.stars[star.at] = names

    def _star_column(self, name: str, value: Typed, scope: Scope, star: n.Star) -> OutColumn:
        seen = staged(scope, value)
        mark = len(scope.loose)
        scope.loose.append((star.at, name))
        return OutColumn(name, self.grouped(seen, scope, mark), nullable=value.nullable)

    # ------------------------------------------------------------ GROUP BY

    def _has_grouping_sets(self, node: n.Select) -> bool:
        return any(g.kind for g in node.group_by or [])

    def _group_keys(self, nodes: list[n.Node], scope: Scope) -> dict[str, Typed]:
        scope.clause = "GROUP BY"
        keys: dict[str, Typed] = {}
        for node in nodes:
            value = self.expression(node, scope)
            if family(value.type) in "LB":
                raise OraError(932, "-", value.type.kind.value, offset=node.at)
            keys[value.sql] = value
        scope.loose.clear()
        return keys

    def _group_sql(self, keys: dict[str, Typed]) -> str:
        """GROUP BY terms; a bare number would mean a column's position to SQLite."""
        terms = [self.equality_key(k) for k in keys.values() if not k.is_literal]
        return ", ".join(terms) or "''||''"

    def _grouping_sets(self, node: n.Select, block: Block, order: list[n.OrderItem]) -> Relation:
        """ROLLUP, CUBE, GROUPING SETS: one block per set, the other keys NULL."""
        from_sql = block.from_sql
        if block.finish is not None or node.distinct or order:
            self._refuse_sets(node, block, order)
        relations: list[Relation] = []
        everything = [k for s in all_sets(node) for k in s]
        all_keys = self._group_keys(everything, block.scope)
        for chosen in all_sets(node):
            block.from_sql = from_sql
            block.scope.null_keys = None
            keys = self._group_keys(chosen, block.scope)
            scope = block.scope
            scope.null_keys = set(all_keys) - set(keys)
            relations.append(
                self._assemble(node, block, [], grouped=True, keys={**all_keys}, chosen=keys)
            )
        columns = relations[0].columns
        sql = " UNION ALL ".join(r.sql for r in relations)
        return self._order_sets(Relation(sql, columns, simple=False), order)

    def _refuse_sets(self, node: n.Select, block: Block, order: list[n.OrderItem]) -> None:
        del order
        if block.finish is not None or node.distinct:
            self.context.unsupported(
                191, "ROLLUP/CUBE with ROWNUM, CONNECT BY or DISTINCT", node.at
            )

    def _order_sets(self, relation: Relation, order: list[n.OrderItem]) -> Relation:
        if not order:
            return relation
        return self.order_relation(relation, order)

    def order_relation(self, relation: Relation, order: list[n.OrderItem]) -> Relation:
        """ORDER BY over finished columns: names and positions."""
        raise NotImplementedError

    # ------------------------------------------------------------ assembling

    def _assemble(
        self,
        node: n.Select,
        block: Block,
        order: list[n.OrderItem],
        *,
        grouped: bool,
        keys: dict[str, Typed] | None = None,
        chosen: dict[str, Typed] | None = None,
    ) -> Relation:
        scope = block.scope
        if grouped:
            if keys is None:
                nodes = [k for g in node.group_by or [] for s in g.sets for k in s]
                keys = self._group_keys(nodes, scope)
            scope.group_keys = keys
        scope.clause = "SELECT"
        scope.loose.clear()
        columns = self.expand_items(node.items, scope)
        scope.clause = "HAVING"
        having = None if node.having is None else self.condition(node.having, scope)
        scope.clause = "ORDER BY"
        terms = [t for t in (self._order_item(o, columns, node, scope) for o in order) if t]
        if node.distinct:
            self._no_lobs(columns, node.at)
        if grouped and scope.loose:
            at, _ = scope.loose[0]
            raise OraError(937 if node.group_by is None else 979, offset=at)
        if grouped and node.group_by is None:
            terms = []  # one row: nothing to order
        whole = grouped and node.group_by is None
        counted = whole and not has_aggregates(*(i.expression for i in node.items))
        sql = self._text(node, block, columns, counted=counted)
        if node.group_by is not None:
            group = self._group_sql(chosen if chosen is not None else keys or {})
            sql += f" GROUP BY {group}"
        if having is not None:
            sql += f" HAVING {having}"
        if terms:
            sql += f" ORDER BY {', '.join(terms)}"
        simple = not terms
        if block.limits:
            sql += f" LIMIT {smallest(block.limits)} OFFSET 0"
            simple = False
        single = grouped and node.group_by is None and node.having is None
        limited = bool(block.limits)
        return Relation(sql, columns, single_row=single, simple=simple, limited=limited)

    def _no_lobs(self, columns: list[OutColumn], at: int) -> None:
        """LOBs cannot be compared: ORA-00932."""
        for column in columns:
            if family(column.value.type) in "LB":
                raise OraError(932, "-", column.value.type.kind.value, offset=at)

    def _text(
        self, node: n.Select, block: Block, columns: list[OutColumn], *, counted: bool = False
    ) -> str:
        """The block up to WHERE; `counted`: an aggregate query that SQLite must see as one, though
        its select list has no aggregate."""
        outputs = [self._output(c) for c in columns]
        if counted:
            outputs[0] = f"iif(count(*) >= 0, {outputs[0]}, NULL)"
        items = ", ".join(f"{output} AS c{i}" for i, output in enumerate(outputs, 1))
        from_sql = block.finish() if block.finish is not None else block.from_sql
        where = block.late_where if block.finish is not None else block.where
        sql = f"SELECT {'DISTINCT ' if node.distinct else ''}{items} FROM {from_sql}"
        return f"{sql} WHERE {' AND '.join(where)}" if where else sql

    def _output(self, column: OutColumn) -> str:
        return column.value.sql

    def _order_item(
        self, item: n.OrderItem, columns: list[OutColumn], node: n.Select, scope: Scope
    ) -> str | None:
        """One ORDER BY term: a position, an alias of the select list, or an expression."""
        operand = item.operand
        if isinstance(operand, n.NumberLiteral) and operand.text.isdigit():
            index = int(operand.text)
            if not 1 <= index <= len(columns):
                raise OraError(1785, offset=operand.at)
            chosen = columns[index - 1].value
            return None if chosen.is_literal else self.order_term(chosen, item)
        value = self._aliased(operand, columns, node)
        if value is None:
            value = self.expression(operand, scope)
        if node.distinct and value.sql not in {c.value.sql for c in columns}:
            raise OraError(1791, offset=operand.at)
        if value.is_literal or value.sql.startswith("?"):
            return None  # a constant sorts nothing
        return self.order_term(value, item)

    def _aliased(self, operand: n.Node, columns: list[OutColumn], node: n.Select) -> Typed | None:
        if not isinstance(operand, n.Name) or len(operand.parts) != 1:
            return None
        name = operand.path[0]
        aliased = (
            {
                c.value.sql: c.value
                for c, item in zip(columns, node.items, strict=False)
                if item.alias is not None and item.alias.text == name
            }
            if len(columns) == len(node.items)
            else {c.value.sql: c.value for c in columns if c.name == name}
        )
        if len(aliased) > 1:
            raise OraError(960, offset=operand.at)
        return next(iter(aliased.values()), None)
