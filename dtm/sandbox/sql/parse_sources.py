"""The FROM clause: tables, inline views, joins, table functions, PIVOT.

SQL Language Reference 19c, "SQL Statements: SELECT", "table_reference", "join_clause".
"""

from __future__ import annotations

from dtm.plsql.lexer import BIND, EOF, NUMBER
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_expressions import ExpressionParser
from dtm.sandbox.sql.parse_tokens import RESERVED

_JOIN_WORDS = ("JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL")


class SourceParser(ExpressionParser):
    """Parses FROM items at the cursor."""

    # ------------------------------------------------------------ FROM

    def from_item(self) -> n.FromItem:
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
        item = self.from_item()
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
            ref.subpartition = self.token.value == "SUBPARTITION"
            self.index += 2
            ref.partition = self.identifier(14108)
            self.close_paren()
        elif self.word_ahead(1, "FOR"):
            ref.subpartition = self.token.value == "SUBPARTITION"
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
