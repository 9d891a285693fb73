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
        if kind in {"CROSS", "OUTER"} and self.accept("APPLY"):
            return self._apply(at, kind, left)
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

    def _apply(self, at: int, kind: str, left: n.FromItem) -> n.Join:
        """CROSS APPLY and OUTER APPLY: the right side sees the left one."""
        right = self.table_primary()
        if isinstance(right, n.DerivedTable):
            right.lateral = True
        return n.Join(at, "LEFT" if kind == "OUTER" else "CROSS", left, right)

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
            return self._sample(ref)
        item = self._pivoted(ref)
        if item is ref:
            ref.alias = self._alias()
        return item

    def _sample(self, ref: n.TableRef) -> n.Sample:
        """SAMPLE [BLOCK] (percent) [SEED (n)]; blocks are sampled like rows."""
        at = self.advance().offset
        self.accept("BLOCK")
        self.expect_op("(", 906)
        percent = self.expression()
        if self.is_op(","):
            self.unsupported(131, "SAMPLE of blocks and rows")
        self.close_paren()
        if self.is_word("SEED"):
            self.unsupported(131, "SAMPLE with SEED")
        ref.alias = self._alias()
        return n.Sample(at, ref, percent)

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
        if self.is_word("MATCH_RECOGNIZE") and self.op_ahead(1, "("):
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
        if self.is_word("UNPIVOT") and (
            self.op_ahead(1, "(") or self.word_ahead(1, "INCLUDE", "EXCLUDE")
        ):
            return self._unpivot(source)
        if self.is_word("PIVOT") and self.word_ahead(1, "XML"):
            self.unsupported(135, "PIVOT XML")
        if not (self.is_word("PIVOT") and self.op_ahead(1, "(")):
            return source
        at = self.at
        self.index += 2
        aggregates = [self._pivot_aggregate()]
        while self.accept_op(","):
            aggregates.append(self._pivot_aggregate())
        self.expect("FOR", 905)
        columns = self._identifiers()
        self.expect("IN", 905)
        self.expect_op("(", 906)
        values = [self._pivot_value()]
        while self.accept_op(","):
            values.append(self._pivot_value())
        self.close_paren()
        self.close_paren()
        return n.Pivot(at, source, aggregates, columns, values, self._alias())

    def _identifiers(self) -> list[n.Ident]:
        """A column, or several in parentheses."""
        if not self.accept_op("("):
            return [self.identifier()]
        result = [self.identifier()]
        while self.accept_op(","):
            result.append(self.identifier())
        self.close_paren()
        return result

    def _unpivot(self, source: n.FromItem) -> n.Unpivot:
        at = self.advance().offset
        nulls = self.accept_any("INCLUDE", "EXCLUDE")
        if nulls is not None:
            self.expect("NULLS", 905)
        self.expect_op("(", 906)
        item = n.Unpivot(at, source, nulls == "INCLUDE", self._identifiers(), [], [], None)
        self.expect("FOR", 905)
        item.names = self._identifiers()
        self.expect("IN", 905)
        self.expect_op("(", 906)
        item.elements = [self._unpivot_element()]
        while self.accept_op(","):
            item.elements.append(self._unpivot_element())
        self.close_paren()
        self.close_paren()
        item.alias = self._alias()
        return item

    def _unpivot_element(self) -> tuple[list[n.Ident], list[n.Node] | None]:
        columns = self._identifiers()
        if not self.accept("AS"):
            return columns, None
        value = self.expression()
        return columns, value.items if isinstance(value, n.Tuple) else [value]

    def _pivot_aggregate(self) -> tuple[n.Call, n.Ident | None]:
        at = self.at
        call = self.expression()
        if not isinstance(call, n.Call):
            self.fail(56902, at=at)
        return call, self._as_name()

    def _pivot_value(self) -> tuple[n.Node, n.Ident | None, str]:
        start = self.index
        if self.is_word("ANY", "SELECT"):
            self.fail(936)  # of PIVOT XML only
        value = self.expression()
        text = "".join(t.text for t in self.tokens[start : self.index])
        if isinstance(value, n.Tuple):
            text = text[1:-1].replace(",", "_")
        return value, self._as_name(), text

    def _as_name(self) -> n.Ident | None:
        if self.accept("AS"):
            return self.identifier()
        return self.identifier() if self.is_identifier() else None
