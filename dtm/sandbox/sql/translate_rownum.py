"""ROWNUM conditions as row limits.

SQL Language Reference 19c, "Pseudocolumns", "ROWNUM Pseudocolumn": rows are numbered as they pass
WHERE, before ORDER BY; `ROWNUM > 1` is never true.
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.kernel.types import NUMBER
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SqlFunction, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_runtime import Runtime
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
                found = self._limit(test, scope)
                if found is None:
                    raise self.context.refusal(180, "ROWNUM in this condition", test.at)
                limits += found
            else:
                rest.append(test)
        return rest, limits

    def row_tests(
        self, tests: list[n.Node], scope: Scope
    ) -> tuple[list[n.Node], list[str], list[n.Node]]:
        """As `row_limits`, but when one condition is no plain limit, all conditions with ROWNUM
        come back as they are: they are tested row by row."""
        counted = [t for t in tests if uses_rownum(t)]
        limits: list[str] = []
        for test in counted:
            found = self._limit(test, scope)
            if found is None:
                return [t for t in tests if t not in counted], [], counted
            limits += found
        return [t for t in tests if t not in counted], limits, []

    def accepted(self, tests: list[n.Node], scope: Scope, place: str) -> str:
        """SQL that is true for the rows these conditions let pass. `place`: the number of the
        candidate row, 1 where counting begins anew; ROWNUM is one more than the rows accepted."""
        counter = str(self.context.counter())
        scope.rownum = self.udf(NEXT_ROWNUM, counter, place)
        passes = " AND ".join(self.condition(t, scope) for t in tests)
        return self.udf(ACCEPT_ROW, counter, place, f"({passes})")

    def _limit(self, test: n.Node, scope: Scope) -> list[str] | None:
        if isinstance(test, n.Compare) and not test.quantifier:
            if is_rownum(test.left) and not uses_rownum(test.right):
                return self._compared(test.op, test.right, test, scope)
            if is_rownum(test.right) and not uses_rownum(test.left):
                return self._compared(_FLIP[test.op], test.left, test, scope)
        if isinstance(test, n.Between) and is_rownum(test.operand) and not test.negated:
            low = self._compared(">=", test.low, test, scope)
            high = self._compared("<=", test.high, test, scope)
            return None if low is None or high is None else low + high
        return None

    def _compared(self, op: str, node: n.Node, test: n.Node, scope: Scope) -> list[str] | None:
        """Limits `ROWNUM op node` means; None when it is none."""
        loose, correlated = len(scope.loose), scope.correlated
        scope.correlated = False
        value = self.expression(node, scope)
        fixed = len(scope.loose) == loose and not scope.correlated
        scope.correlated = correlated
        if not fixed:
            del scope.loose[loose:]
            return None
        if family(value.type) == "T":
            value = self.convert(value, NUMBER, test.at)
        if op == "<=":
            return [self._count(value)]
        if op == "<":
            return [self.udf(wrappers.LIMIT_BELOW, value.sql)]
        if op in {">", ">="}:
            return self._lower(op, value)
        if op == "=":
            return [f"CASE {value.sql} WHEN 1 THEN 1 ELSE 0 END"]
        return None

    def _count(self, value: Typed) -> str:
        if value.is_literal and value.digits is not None:
            return str(max(0, int(value.literal)))
        return self.udf(wrappers.LIMIT, value.sql)

    def _lower(self, op: str, value: Typed) -> list[str] | None:
        """ROWNUM > 0 and ROWNUM >= 1 say nothing; any higher bound lets no row through."""
        if not value.is_literal:
            return None
        lowest = 1 if op == ">=" else 0
        return [] if value.literal <= lowest else ["0"]


def _next_rownum(runtime: Runtime) -> Callable[[Encoded, Encoded], Encoded]:
    def run(counter: Encoded, place: Encoded) -> Encoded:
        counters = runtime.actor.counters
        if place == 1:
            counters[int(counter or 0)] = 0
        return counters.get(int(counter or 0), 0) + 1

    return run


def _accept_row(runtime: Runtime) -> Callable[[Encoded, Encoded, Encoded], Encoded]:
    def run(counter: Encoded, place: Encoded, passes: Encoded) -> Encoded:
        counters, key = runtime.actor.counters, int(counter or 0)
        if place == 1:
            counters[key] = 0
        if passes:
            counters[key] = counters.get(key, 0) + 1
        return passes

    return run


NEXT_ROWNUM = SqlFunction("o_next_rownum", 2, _next_rownum, stable=False)
ACCEPT_ROW = SqlFunction("o_accept_row", 3, _accept_row, stable=False)


def smallest(limits: list[str]) -> str:
    """SQL of the lowest of the limits."""
    return limits[0] if len(limits) == 1 else f"min({', '.join(limits)})"
