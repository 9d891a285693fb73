"""ROWNUM conditions as row limits.

SQL Language Reference 19c, "Pseudocolumns", "ROWNUM Pseudocolumn": rows are numbered as they pass
WHERE, before ORDER BY; `ROWNUM > 1` is never true.
"""

from __future__ import annotations

from dtm.sandbox.kernel.types import NUMBER
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_outer import OuterTranslator

_FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def is_rownum(node: n.Node) -> bool:
    return isinstance(node, n.Name) and node.path == ("ROWNUM",) and not node.parts[0].quoted


def uses_rownum(*nodes: n.Node | None) -> bool:
    """Does ROWNUM of this query block occur?"""
    return any(is_rownum(x) for x in walk(*nodes))


class RownumTranslator(OuterTranslator):
    """Splits WHERE into row limits and the rest."""

    def row_limits(self, tests: list[n.Node], scope: Scope) -> tuple[list[n.Node], list[str]]:
        """The conjuncts without ROWNUM, and SQL of the limits the others mean."""
        rest: list[n.Node] = []
        limits: list[str] = []
        for test in tests:
            if uses_rownum(test):
                limits += self._limit(test, scope)
            else:
                rest.append(test)
        return rest, limits

    def _limit(self, test: n.Node, scope: Scope) -> list[str]:
        if isinstance(test, n.Compare) and not test.quantifier:
            if is_rownum(test.left) and not uses_rownum(test.right):
                return self._compared(test.op, test.right, test, scope)
            if is_rownum(test.right) and not uses_rownum(test.left):
                return self._compared(_FLIP[test.op], test.left, test, scope)
        if isinstance(test, n.Between) and is_rownum(test.operand) and not test.negated:
            low = self._compared(">=", test.low, test, scope)
            return low + self._compared("<=", test.high, test, scope)
        raise self.context.refusal(180, "ROWNUM in this condition", test.at)

    def _compared(self, op: str, node: n.Node, test: n.Node, scope: Scope) -> list[str]:
        loose, correlated = len(scope.loose), scope.correlated
        scope.correlated = False
        value = self.expression(node, scope)
        if len(scope.loose) > loose or scope.correlated:
            self.context.unsupported(181, "ROWNUM compared with a column", test.at)
        scope.correlated = correlated
        if family(value.type) == "T":
            value = self.convert(value, NUMBER, test.at)
        if op == "<=":
            return [self._count(value)]
        if op == "<":
            return [self.udf(wrappers.LIMIT_BELOW, value.sql)]
        if op in {">", ">="}:
            return self._lower(op, value, test)
        if op == "=":
            return [f"CASE {value.sql} WHEN 1 THEN 1 ELSE 0 END"]
        raise self.context.refusal(180, "ROWNUM in this condition", test.at)

    def _count(self, value: Typed) -> str:
        if value.is_literal and value.digits is not None:
            return str(max(0, int(value.literal)))
        return self.udf(wrappers.LIMIT, value.sql)

    def _lower(self, op: str, value: Typed, test: n.Node) -> list[str]:
        """ROWNUM > 0 and ROWNUM >= 1 say nothing; any higher bound lets no row through."""
        if not value.is_literal:
            self.context.unsupported(182, "ROWNUM above a value that is not a constant", test.at)
        lowest = 1 if op == ">=" else 0
        return [] if value.literal <= lowest else ["0"]


def smallest(limits: list[str]) -> str:
    """SQL of the lowest of the limits."""
    return limits[0] if len(limits) == 1 else f"min({', '.join(limits)})"
