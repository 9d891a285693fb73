"""Queries: SELECT, FROM with joins, WITH, set operators, ORDER BY, row limits, FOR UPDATE.

SQL Language Reference 19c, "SQL Statements: SELECT".
"""

from __future__ import annotations

from dtm.plsql.lexer import BIND, EOF, IDENT, NUMBER, QUOTED
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_expressions import ExpressionParser
from dtm.sandbox.sql.parse_tokens import RESERVED

_MAX_QUERIES = 40
_JOIN_WORDS = ("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL")
_CLAUSES_UNSUPPORTED = {"MODEL": 120, "MATCH_RECOGNIZE": 121}


class QueryParser(ExpressionParser):
    """Parses queries at the cursor."""

    queries = 0  # nesting

    def query(self) -> n.Query:
        """A query expression with everything that may follow it."""
        at = self.at
        self.queries += 1
        if self.queries > _MAX_QUERIES:
            self.unsupported(101, "queries nested this deeply")
        ctes = self._with_clause() if self.is_word("WITH") else []
        result = self._tail(n.Query(at, self._set_operations(), ctes))
        self.queries -= 1
        return result

    def query_rest(self, body: n.Query) -> n.Query:
        return self._tail(n.Query(body.at, self._set_operations(body)))

    # ------------------------------------------------------------ WITH

    def _with_clause(self) -> list[n.CommonTable]:
        self.advance()
        if self.is_word("FUNCTION", "PROCEDURE"):
            self.unsupported(122, "PL/SQL declarations in WITH")
        tables = [self._common_table()]
        while self.accept_op(","):
            tables.append(self._common_table())
        return tables

    def _common_table(self) -> n.CommonTable:
        at = self.at
        name = self.identifier(903)
        columns = None
        if self.accept_op("("):
            columns = [self.identifier()]
            while self.accept_op(","):
                columns.append(self.identifier())
            self.close_paren()
        self.expect("AS", 905)
        query = self._parenthesised_query()
        if self.is_word("SEARCH", "CYCLE"):
            self.unsupported(123, f"{self.token.value} clause of a recursive WITH")
        return n.CommonTable(at, name, columns, query)

    # ------------------------------------------------------------ set operators and tail

    def _set_operations(self, first: n.QueryBody | None = None) -> n.QueryBody:
        """UNION, INTERSECT and MINUS have equal precedence in Oracle: from left to right."""
        left = self._query_term() if first is None else first
        while self.is_word("UNION", "INTERSECT", "MINUS"):
            at, op = self.at, self.advance().value
            if self.accept("ALL"):
                if op != "UNION":
                    self.unsupported(124, f"{op} ALL", at=at)  # Oracle 21c and later
                op = "UNION ALL"
            left = n.SetOperation(at, op, left, self._query_term())
        return left

    def _query_term(self) -> n.QueryBody:
        if self.accept_op("("):
            query = self.query()
            self.close_paren()
            return query
        return self._select()

    def _tail(self, query: n.Query) -> n.Query:
        if self.is_word("ORDER"):
            if self.word_ahead(1, "SIBLINGS"):
                self.tokens.pop(self.index + 1)
                query.siblings = True
            query.order_by = self.order_by_clause()
        if self.is_word("OFFSET"):
            self.advance()
            query.offset = self.expression()
            if self.accept_any("ROW", "ROWS") is None:
                self.fail(905)
        if self.is_word("FETCH") and self.word_ahead(1, "FIRST", "NEXT"):
            self._fetch(query)
        if self.is_word("FOR") and self.word_ahead(1, "UPDATE"):
            query.for_update = self._for_update()
        return query

    def _fetch(self, query: n.Query) -> None:
        self.index += 2
        if self.is_word("ROW", "ROWS"):
            query.fetch = n.NumberLiteral(self.at, "1")
        else:
            query.fetch = self.expression()
            query.fetch_percent = self.accept("PERCENT")
        if self.accept_any("ROW", "ROWS") is None:
            self.fail(905)
        if self.accept("WITH"):
            self.expect("TIES", 905)
            query.fetch_ties = True
        else:
            self.expect("ONLY", 905)

    def _for_update(self) -> n.ForUpdate:
        at = self.at
        self.index += 2
        clause = n.ForUpdate(at, [], None)
        if self.accept("OF"):
            clause.columns.append(self.column_name())
            while self.accept_op(","):
                clause.columns.append(self.column_name())
        if self.accept("NOWAIT"):
            clause.wait = 0
        elif self.accept("WAIT"):
            clause.wait = self.integer(30005)
        elif self.accept("SKIP"):
            self.expect("LOCKED", 905)
            clause.skip_locked = True
        return clause

    def column_name(self) -> n.Name:
        """A possibly qualified column name (ORA-01747)."""
        at = self.at
        parts = [self.identifier(904)]
        while self.accept_op("."):
            parts.append(self.identifier(1747))
        return n.Name(at, tuple(parts))

    # ------------------------------------------------------------ SELECT

    def _select(self) -> n.Select:
        at = self.at
        self.expect("SELECT", 928)
        word = self.accept_any("DISTINCT", "UNIQUE", "ALL")
        items = self._select_list()
        into = self._into()
        if not self.accept("FROM"):
            self.fail(923)
        select = n.Select(
            at, word in ("DISTINCT", "UNIQUE"), items, [self._from_item()], into=into
        )
        while self.accept_op(","):
            select.sources.append(self._from_item())
        if self.accept("WHERE"):
            if self.is_word("CURRENT") and self.word_ahead(1, "OF"):
                self.fail(936)
            select.where = self.condition()
        self._hierarchy(select)
        self._grouping(select)
        if self.token.value in _CLAUSES_UNSUPPORTED and self.token.kind == IDENT:
            self.unsupported(_CLAUSES_UNSUPPORTED[self.token.value], f"{self.token.value} clause")
        return select

    def _into(self) -> list[n.Node] | None:
        if self.is_word("BULK") and self.word_ahead(1, "COLLECT"):
            self.unsupported(125, "BULK COLLECT INTO outside PL/SQL")
        if not self.is_word("INTO"):
            return None
        self.unsupported(125, "SELECT INTO outside PL/SQL")

    def _select_list(self) -> list[n.SelectItem]:
        items = [self.select_item()]
        while self.accept_op(","):
            items.append(self.select_item())
        return items

    def select_item(self) -> n.SelectItem:
        start = self.index
        at = self.at
        if self.is_op("*"):
            self.advance()
            return n.SelectItem(at, n.Star(at), None, "*")
        star = self._qualified_star()
        if star is not None:
            return n.SelectItem(at, star, None, "*")
        if self.is_word("FROM"):
            self.fail(936)
        expression = self.expression()
        text = self._source_text(start, self.index)
        alias = None
        if self.accept("AS") or (self.is_identifier() and not self.is_word("BULK", "INTO")):
            alias = self.identifier(923)
        return n.SelectItem(at, expression, alias, text)

    def _qualified_star(self) -> n.Star | None:
        """`t.*` or `owner.t.*`"""
        distance = 0
        while self.ahead(distance).kind in (IDENT, QUOTED) and self.op_ahead(distance + 1, "."):
            distance += 2
        if not distance or not self.op_ahead(distance, "*"):
            return None
        at, parts = self.at, []
        for _ in range(distance // 2):
            parts.append(self.identifier(1747))
            self.advance()
        self.advance()
        return n.Star(at, tuple(parts))

    def _source_text(self, start: int, end: int) -> str:
        """An expression as Oracle names its column: blanks gone, letters upper but for quotes."""
        return "".join(
            t.text if t.kind in ("string", QUOTED) else t.text.upper()
            for t in self.tokens[start:end]
        )

    def _hierarchy(self, select: n.Select) -> None:
        if self.is_word("START"):
            self._start_with(select)
        if self.is_word("CONNECT"):
            self.advance()
            self.expect("BY", 924)
            select.nocycle = self.accept("NOCYCLE")
            select.connect_by = self.condition()
            if self.is_word("START"):
                self._start_with(select)
        elif select.start_with is not None:
            self.fail(1788)

    def _start_with(self, select: n.Select) -> None:
        self.advance()
        self.expect("WITH", 905)
        select.start_with = self.condition()

    def _grouping(self, select: n.Select) -> None:
        for _ in range(2):  # HAVING may stand before GROUP BY
            if self.is_word("GROUP") and select.group_by is None:
                self.advance()
                self.expect("BY", 924)
                select.group_by = [self._group_item()]
                while self.accept_op(","):
                    select.group_by.append(self._group_item())
            if self.is_word("HAVING") and select.having is None:
                self.advance()
                select.having = self.condition()

    def _group_item(self) -> n.GroupItem:
        at = self.at
        if self.is_word("ROLLUP", "CUBE") and self.op_ahead(1, "("):
            kind = self.advance().value
            return n.GroupItem(at, kind, self._group_sets())
        if self.is_word("GROUPING") and self.word_ahead(1, "SETS"):
            self.index += 2
            return n.GroupItem(at, "SETS", self._group_sets())
        if self.is_op("(") and self.op_ahead(1, ")"):
            self.index += 2
            return n.GroupItem(at, "SETS", [[]])
        return n.GroupItem(at, "", [self._flat(self.expression())])

    def _group_sets(self) -> list[list[n.Node]]:
        self.expect_op("(", 906)
        sets: list[list[n.Node]] = []
        while True:
            if self.is_op("(") and self.op_ahead(1, ")"):
                self.index += 2
                sets.append([])
            elif self.is_word("ROLLUP", "CUBE") and self.op_ahead(1, "("):
                self.unsupported(126, "nested grouping sets")
            else:
                sets.append(self._flat(self.expression()))
            if not self.accept_op(","):
                break
        self.close_paren()
        return sets

    @staticmethod
    def _flat(node: n.Node) -> list[n.Node]:
        return node.items if isinstance(node, n.Tuple) else [node]

    # ------------------------------------------------------------ FROM

    def _from_item(self) -> n.FromItem:
        item = self.table_primary()
        while self._is_join():
            item = self._join(item)
        return item

    def _is_join(self) -> bool:
        if self.is_word("JOIN"):
            return True
        if self.is_word("LEFT", "RIGHT", "FULL"):
            return self.word_ahead(1, "JOIN", "OUTER")
        if self.is_word("INNER"):
            return self.word_ahead(1, "JOIN")
        if self.is_word("CROSS"):
            return self.word_ahead(1, "JOIN", "APPLY")
        if self.is_word("OUTER") and self.word_ahead(1, "APPLY"):
            return True
        return self.is_word("NATURAL") and self.word_ahead(1, *_JOIN_WORDS)

    def _join(self, left: n.FromItem) -> n.FromItem:
        at = self.at
        natural = self.accept("NATURAL")
        kind = self.accept_any("INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER") or "INNER"
        if self.is_word("APPLY"):
            self.unsupported(127, f"{kind} APPLY", at=at)
        self.accept("OUTER")
        self.expect("JOIN", 905)
        right = self.table_primary()
        # A join tree may nest to the right: a JOIN b JOIN c ON ... ON ...
        while self._is_join() and not (natural or kind == "CROSS"):
            right = self._join(right)
        join = n.Join(at, kind, left, right, natural=natural)
        if natural or kind == "CROSS":
            return join
        if self.accept("ON"):
            join.on = self.condition()
        elif self.accept("USING"):
            self.expect_op("(", 906)
            join.using = [self.identifier()]
            while self.accept_op(","):
                join.using.append(self.identifier())
            self.close_paren()
        else:
            self.fail(905)
        return join

    def table_primary(self) -> n.FromItem:
        at = self.at
        lateral = self.accept("LATERAL")
        if self.is_op("("):
            return self._parenthesised_source(at, lateral=lateral)
        if self.is_word("TABLE", "THE") and self.op_ahead(1, "("):
            self.index += 2
            operand = (
                n.Subquery(self.at, self.query()) if self.is_query_ahead(0) else self.expression()
            )
            self.close_paren()
            if self._is_plus():
                self.unsupported(128, "outer join to a collection")
            return n.TableFunction(at, operand, self._alias())
        words = ("XMLTABLE", "JSON_TABLE", "CONTAINERS", "SHARDS", "ONLY")
        if self.is_word(*words) and self.op_ahead(1, "("):
            self.unsupported(129, f"{self.token.value} in FROM")
        return self.table_ref()

    def _is_plus(self) -> bool:
        return self.is_op("(") and self.op_ahead(1, "+")

    def _parenthesised_source(self, at: int, *, lateral: bool) -> n.FromItem:
        distance = 1
        while self.op_ahead(distance, "("):
            distance += 1
        if self.word_ahead(distance, "SELECT", "WITH"):
            query = self._parenthesised_query()
            item: n.FromItem = n.DerivedTable(at, query, None, lateral)
            item = self._pivoted(item)
            if isinstance(item, n.DerivedTable):
                item.alias = self._alias()
            return item
        self.advance()
        item = self._from_item()
        self.close_paren()
        return item

    def table_ref(self) -> n.FromItem:
        """A table, view or query name with partition, alias."""
        ref = self.table_name()
        if self.is_op("@"):
            self.unsupported(110, "database links")
        if self.is_op("("):
            return self._function_source(ref)
        self._partition(ref)
        if self.is_word("AS") and self.word_ahead(1, "OF"):
            self.unsupported(130, "flashback query (AS OF)")
        if self.is_word("VERSIONS") and self.word_ahead(1, "BETWEEN"):
            self.unsupported(130, "flashback query (VERSIONS)")
        if self.is_word("SAMPLE") and (self.op_ahead(1, "(") or self.word_ahead(1, "BLOCK")):
            self.unsupported(131, "SAMPLE clause")
        item = self._pivoted(ref)
        if item is ref:
            ref.alias = self._alias()
        return item

    def table_name(self) -> n.TableRef:
        """[schema.]name; ORA-00903."""
        at = self.at
        path = [self.identifier(903)]
        while self.accept_op("."):
            path.append(self.identifier(903))
        return n.TableRef(at, tuple(path), None)

    def _function_source(self, ref: n.TableRef) -> n.FromItem:
        call = self._call(ref.at, ref.path)
        return n.TableFunction(ref.at, call, self._alias())

    def _partition(self, ref: n.TableRef) -> None:
        if not self.is_word("PARTITION", "SUBPARTITION"):
            return
        if self.op_ahead(1, "("):
            if self.token.value == "SUBPARTITION":
                self.unsupported(132, "SUBPARTITION")
            self.index += 2
            ref.partition = self.identifier(14108)
            self.close_paren()
        elif self.word_ahead(1, "FOR"):
            self.index += 2
            self.expect_op("(", 906)
            ref.partition_value = [self.expression()]
            while self.accept_op(","):
                ref.partition_value.append(self.expression())
            self.close_paren()

    def _alias(self) -> n.Ident | None:
        """A table alias: never with AS (ORA-00933)."""
        if not self.is_identifier() or self._is_join():
            return None
        if self.is_word("FETCH") and self.word_ahead(1, "FIRST", "NEXT"):
            return None
        if self.is_word("OFFSET") and self.ahead().kind in (NUMBER, BIND):
            return None
        if self.is_word(
            "USING", "PIVOT", "UNPIVOT", "RETURNING", "RETURN", "LOG", "WHEN", "MODEL"
        ):
            if self.token.value not in RESERVED and self.ahead().kind == EOF:
                return self.identifier()
            return None
        return self.identifier()

    # ------------------------------------------------------------ PIVOT

    def _pivoted(self, source: n.FromItem) -> n.FromItem:
        if self.is_word("UNPIVOT") and (self.op_ahead(1, "(") or self.word_ahead(1, "INCLUDE")):
            self.unsupported(133, "UNPIVOT clause")
        if not (self.is_word("PIVOT") and self.op_ahead(1, "(")):
            return source
        at = self.at
        self.index += 2
        aggregates = [self._pivot_aggregate()]
        while self.accept_op(","):
            aggregates.append(self._pivot_aggregate())
        self.expect("FOR", 905)
        if self.is_op("("):
            self.unsupported(134, "PIVOT over several columns")
        column = self.identifier()
        self.expect("IN", 905)
        self.expect_op("(", 906)
        values = [self._pivot_value()]
        while self.accept_op(","):
            values.append(self._pivot_value())
        self.close_paren()
        self.close_paren()
        return n.Pivot(at, source, aggregates, [column], values, self._alias())

    def _pivot_aggregate(self) -> tuple[n.Call, n.Ident | None]:
        at = self.at
        call = self.expression()
        if not isinstance(call, n.Call):
            self.fail(56902, at=at)
        return call, self._as_name()

    def _pivot_value(self) -> tuple[n.Node, n.Ident | None, str]:
        start = self.index
        if self.is_word("ANY", "SELECT"):
            self.unsupported(135, "PIVOT with ANY or a subquery")
        value = self.expression()
        text = "".join(t.text for t in self.tokens[start : self.index])
        return value, self._as_name(), text

    def _as_name(self) -> n.Ident | None:
        if self.accept("AS"):
            return self.identifier()
        return self.identifier() if self.is_identifier() else None
