"""Conditions: SQLite expressions that are 1, 0 or NULL.

SQL Language Reference 19c, "Conditions".
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Relation, Scope, Typed
from dtm.sandbox.sql.bind_walk import conjuncts
from dtm.sandbox.sql.engine_like import LIKE, LIKE_ESCAPE
from dtm.sandbox.sql.engine_wrappers import ROWID_ROW
from dtm.sandbox.sql.functions.conversion import FLOATS, family
from dtm.sandbox.sql.translate_objects import ObjectTranslator


class ConditionTranslator(ObjectTranslator):
    """Translates conditions."""

    def condition(self, node: n.Node, scope: Scope) -> str:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise OraError(920, offset=node.at)
        return handler(self, node, scope)

    def _logical(self, node: n.Logical, scope: Scope) -> str:
        if node.op == "AND":
            parts = [self.condition(c, scope) for c in conjuncts(node)]
            return "(" + " AND ".join(parts) + ")"
        parts, stack = [], [n.Logical(node.at, "OR", node.left, node.right)]
        rest: list[n.Node] = [*stack]
        while rest:
            item = rest.pop()
            if isinstance(item, n.Logical) and item.op == "OR":
                rest += [item.right, item.left]
            else:
                parts.append(self.condition(item, scope))
        return "(" + " OR ".join(parts) + ")"

    def _not(self, node: n.Not, scope: Scope) -> str:
        return f"(NOT {self.condition(node.operand, scope)})"

    # ------------------------------------------------------------ comparisons

    def _compare(self, node: n.Compare, scope: Scope) -> str:
        if node.quantifier:
            return self._quantified(node, scope)
        if isinstance(node.left, n.Tuple):
            return self._compare_tuples(node, node.left.items, scope)
        if isinstance(node.right, n.Tuple):
            raise OraError(920, offset=node.right.at)
        left = self.expression(node.left, scope)
        right = self.expression(node.right, scope)
        return self.compare(node.op, left, right, node.at)

    def _compare_tuples(self, node: n.Compare, items: list[n.Node], scope: Scope) -> str:
        if node.op not in {"=", "<>"}:
            raise OraError(920, offset=node.at)
        lefts = [self.expression(i, scope) for i in items]
        if isinstance(node.right, n.Subquery):
            test = self._in_relation(lefts, self.query(node.right.query, scope), node.at)
            return test if node.op == "=" else f"(NOT {test})"
        if not isinstance(node.right, n.Tuple) or len(node.right.items) != len(lefts):
            raise OraError(913 if isinstance(node.right, n.Tuple) else 920, offset=node.right.at)
        test = self._tuple_equals(lefts, node.right, scope)
        return test if node.op == "=" else f"(NOT {test})"

    def _tuple_equals(self, lefts: list[Typed], right: n.Tuple, scope: Scope) -> str:
        if len(right.items) != len(lefts):
            raise OraError(913 if len(right.items) > len(lefts) else 947, offset=right.at)
        tests = [
            self.compare("=", left, self.expression(item, scope), item.at)
            for left, item in zip(lefts, right.items, strict=True)
        ]
        return "(" + " AND ".join(tests) + ")"

    def _quantified(self, node: n.Compare, scope: Scope) -> str:
        """x op ANY/ALL (list or query), with three-valued logic."""
        if isinstance(node.left, n.Tuple):
            self.context.unsupported(160, "quantified comparison of several values", node.at)
        known, scope.has_aggregate = scope.has_aggregate, False
        left = self.expression(node.left, scope)
        aggregated, scope.has_aggregate = scope.has_aggregate, scope.has_aggregate or known
        joiner = " OR " if node.quantifier == "ANY" else " AND "
        if isinstance(node.right, n.Tuple):
            tests = [
                self.compare(node.op, left, self.expression(item, scope), item.at)
                for item in node.right.items
            ]
            return "(" + joiner.join(tests) + ")"
        if not isinstance(node.right, n.Subquery):
            raise OraError(936, offset=node.right.at)
        relation = self.query(node.right.query, scope)
        self._one_column(relation, node.right.at)
        if (node.op, node.quantifier) in {("=", "ANY"), ("<>", "ALL")}:
            test = self._in_relation([left], relation, node.at)
            return test if node.op == "=" else f"(NOT {test})"
        if aggregated:  # SQLite takes it for an aggregate of the inner query
            self.context.unsupported(160, "quantified comparison of an aggregate", node.at)
        alias = self.context.alias("q")
        value = relation.columns[0].value.moved(f"{alias}.c1")
        test = self.compare(node.op, left, value, node.at)
        source = f"({relation.sql}) AS {alias}"
        if node.quantifier == "ANY":
            return (
                f"CASE WHEN EXISTS (SELECT 1 FROM {source} WHERE {test}) THEN 1 "
                f"WHEN EXISTS (SELECT 1 FROM {source} WHERE ({test}) IS NULL) THEN NULL ELSE 0 END"
            )
        return (
            f"CASE WHEN EXISTS (SELECT 1 FROM {source} WHERE NOT ({test})) THEN 0 "
            f"WHEN EXISTS (SELECT 1 FROM {source} WHERE ({test}) IS NULL) THEN NULL ELSE 1 END"
        )

    def _one_column(self, relation: Relation, at: int) -> None:
        if len(relation.columns) != 1:
            raise OraError(913, offset=at)

    def _between(self, node: n.Between, scope: Scope) -> str:
        value = self.expression(node.operand, scope)
        low, high = self.expression(node.low, scope), self.expression(node.high, scope)
        above = self.compare(">=", value, low, node.at)
        below = self.compare("<=", value, high, node.at)
        test = f"({above} AND {below})"
        return f"(NOT {test})" if node.negated else test

    # ------------------------------------------------------------ IN

    def _in_list(self, node: n.InList, scope: Scope) -> str:
        if isinstance(node.operand, n.Tuple):
            lefts = [self.expression(i, scope) for i in node.operand.items]
            tests = []
            for item in node.items:
                if not isinstance(item, n.Tuple):
                    raise OraError(920, offset=item.at)
                tests.append(self._tuple_equals(lefts, item, scope))
        else:
            left = self.expression(node.operand, scope)
            values = [self.expression(i, scope) for i in node.items]
            native = self._native_in(left, values, node)
            if native is not None:
                return native
            tests = [
                self.compare("=", left, v, i.at) for v, i in zip(values, node.items, strict=True)
            ]
        test = "(" + " OR ".join(tests) + ")"
        return f"(NOT {test})" if node.negated else test

    def _native_in(self, left: Typed, values: list[Typed], node: n.InList) -> str | None:
        """SQLite's IN, when equality needs nothing but conversion of the items."""
        if left.row is not None:
            return None
        pairs = [self.comparable(left, v, node.at) for v in values]
        if any(p[0].sql != left.sql for p in pairs):
            return None
        if any(self.equality_key(p[0]) != p[0].sql for p in pairs):
            return None
        word = "NOT IN" if node.negated else "IN"
        return f"({left.sql} {word} ({', '.join(p[1].sql for p in pairs)}))"

    def _in_query(self, node: n.InQuery, scope: Scope) -> str:
        operand = node.operand
        items = operand.items if isinstance(operand, n.Tuple) else [operand]
        lefts = [self.expression(i, scope) for i in items]
        test = self._in_relation(lefts, self.query(node.query, scope), node.query.at)
        return f"(NOT {test})" if node.negated else test

    def _in_relation(self, lefts: list[Typed], relation: Relation, at: int) -> str:
        if len(relation.columns) != len(lefts):
            raise OraError(913 if len(relation.columns) > len(lefts) else 947, offset=at)
        alias = self.context.alias("q")
        sides, columns = [], []
        for index, (left, column) in enumerate(zip(lefts, relation.columns, strict=True), 1):
            value = column.value.moved(f"{alias}.c{index}")
            side, inner = self._in_pair(left, value, at)
            sides.append(side)
            columns.append(inner)
        plain = all(c == f"{alias}.c{i}" for i, c in enumerate(columns, 1))
        source = relation.sql
        if not plain:
            source = f"SELECT {', '.join(columns)} FROM ({relation.sql}) AS {alias}"
        left_sql = sides[0] if len(sides) == 1 else f"({', '.join(sides)})"
        return f"({left_sql} IN ({source}))"

    def _in_pair(self, left: Typed, value: Typed, at: int) -> tuple[str, str]:
        if left.row is not None and family(value.type) in "T?":
            row = self.udf(ROWID_ROW, str(left.row.table.id), value.sql)
            return left.row.sql, row
        one, other = self.comparable(left, value, at)
        return self.equality_key(one), self.equality_key(other)

    # ------------------------------------------------------------ the rest

    def _like(self, node: n.Like, scope: Scope) -> str:
        values = [self.expression(node.operand, scope), self.expression(node.pattern, scope)]
        if node.escape is not None:
            values.append(self.expression(node.escape, scope))
        texts = [self.to_text(v, node.at) for v in values]
        function = LIKE if node.escape is None else LIKE_ESCAPE
        test = self.udf(function, *(t.sql for t in texts))
        return f"(NOT {test})" if node.negated else test

    def _is_null(self, node: n.IsNull, scope: Scope) -> str:
        if isinstance(node.operand, n.Tuple):
            raise OraError(920, offset=node.at)
        value = self.expression(node.operand, scope)
        if node.what != "NULL":
            if value.type.kind not in FLOATS and family(value.type) != "N":
                raise OraError(932, "NUMBER", value.type.kind.value, offset=node.at)
            test = (
                f"({value.sql} = 'NaN')" if node.what == "NAN" else (f"(abs({value.sql}) = 9e999)")
            )
            return f"(NOT {test})" if node.negated else test
        sql = value.row.sql if value.row is not None else value.sql
        return f"({sql} IS {'NOT ' if node.negated else ''}NULL)"

    def _lnnvl_of(self, node: n.Lnnvl, scope: Scope) -> str:
        return f"({self.condition(node.operand, scope)} IS NOT TRUE)"

    def _exists(self, node: n.Exists, scope: Scope) -> str:
        return f"EXISTS ({self.query(node.query, scope).sql})"

    def _call_condition(self, node: n.ConditionCall, scope: Scope) -> str:
        call = node.call
        arguments = [self.expression(a, scope) for a in call.arguments]
        return self.registry_call("REGEXP_LIKE", arguments, node.at).sql


_HANDLERS: dict[type[n.Node], Callable[..., str]] = {
    n.Logical: ConditionTranslator._logical,
    n.Not: ConditionTranslator._not,
    n.Compare: ConditionTranslator._compare,
    n.Between: ConditionTranslator._between,
    n.InList: ConditionTranslator._in_list,
    n.InQuery: ConditionTranslator._in_query,
    n.Like: ConditionTranslator._like,
    n.IsNull: ConditionTranslator._is_null,
    n.Exists: ConditionTranslator._exists,
    n.Lnnvl: ConditionTranslator._lnnvl_of,
    n.ConditionCall: ConditionTranslator._call_condition,
}
