"""Queries: SELECT, WITH, set operators, ORDER BY, row limits, FOR UPDATE.

SQL Language Reference 19c, "SQL Statements: SELECT".
"""

from __future__ import annotations

from dtm.plsql.lexer import IDENT, QUOTED
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_sources import SourceParser

_MAX_QUERIES = 40
_CLAUSES_UNSUPPORTED = {"MODEL": 120, "MATCH_RECOGNIZE": 121}


class QueryParser(SourceParser):
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

    def nested_query(self) -> n.Query:
        """A query that is an operand: ORDER BY only with a row limit (ORA-00907)."""
        query = self.query()
        if query.order_by and query.fetch is None and query.offset is None:
            self.fail(907, at=query.order_at)
        return query

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
        table = n.CommonTable(at, name, columns, query)
        if self.is_word("SEARCH"):
            table.search = self._search()
        if self.is_word("CYCLE"):
            self.unsupported(123, "CYCLE clause of a recursive WITH")
        return table

    def _search(self) -> n.Search:
        at = self.advance().offset
        word = self.accept_any("DEPTH", "BREADTH")
        if word is None:
            self.fail(905)
        self.expect("FIRST", 905)
        self.expect("BY", 924)
        order = [self._order_item()]
        while self.accept_op(","):
            order.append(self._order_item())
        self.expect("SET", 905)
        return n.Search(at, word == "DEPTH", order, self.identifier())

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
            query = self.nested_query()
            self.close_paren()
            return query
        return self._select()

    def _tail(self, query: n.Query) -> n.Query:
        if self.is_word("ORDER"):
            if self.word_ahead(1, "SIBLINGS"):
                self.tokens.pop(self.index + 1)
                query.siblings = True
            query.order_at = self.at
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
        query.fetch_at = self.at
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
        elif self.is_word("SKIP"):
            clause.skip_locked = self.advance().offset
            self.expect("LOCKED", 905)
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
        select = n.Select(at, word in ("DISTINCT", "UNIQUE"), items, [self.from_item()], into=into)
        while self.accept_op(","):
            select.sources.append(self.from_item())
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
        """`*` stands alone (ORA-00923 at a comma behind it); `t.*` may stand anywhere."""
        items = [self.select_item()]
        if isinstance(items[0].expression, n.Star) and not items[0].expression.qualifier:
            return items
        while self.accept_op(","):
            if self.is_op("*"):
                self.fail(936)
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
                sets += item_sets(self._group_item())
            else:
                sets.append(self._flat(self.expression()))
            if not self.accept_op(","):
                break
        self.close_paren()
        return sets

    @staticmethod
    def _flat(node: n.Node) -> list[n.Node]:
        return node.items if isinstance(node, n.Tuple) else [node]


def item_sets(item: n.GroupItem) -> list[list[n.Node]]:
    """The grouping sets one item of GROUP BY means."""
    if item.kind == "ROLLUP":
        count = len(item.sets)
        return [[k for s in item.sets[:size] for k in s] for size in range(count, -1, -1)]
    if item.kind == "CUBE":
        subsets: list[list[n.Node]] = [[]]
        for group in item.sets:
            subsets = [s + group for s in subsets] + subsets
        return subsets
    return list(item.sets)
