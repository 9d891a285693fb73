"""The whole FROM clause with WHERE: (+) conditions become outer joins.

SQL Language Reference 19c, "SQL Queries and Subqueries", "Outer Joins".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope
from dtm.sandbox.sql.bind_sources import FromPart, make_nullable
from dtm.sandbox.sql.bind_walk import conjuncts, walk
from dtm.sandbox.sql.translate_sources import SourceTranslator


class OuterTranslator(SourceTranslator):
    """Translates FROM and WHERE together."""

    # ------------------------------------------------------------ the whole FROM and WHERE

    def from_and_where(
        self, items: list[n.FromItem], where: n.Node | None, scope: Scope
    ) -> tuple[str, list[n.Node]]:
        """SQL of FROM, and the conjuncts of WHERE that are not (+) join conditions."""
        parts: list[FromPart] = []
        for item in items:
            parts.append(self.from_part(item, scope, tuple(scope.sources)))
            scope.sources += parts[-1].sources
        tests = conjuncts(where)
        marked = [t for t in tests if any(_is_marked(x) for x in walk(t))]
        if not marked:
            return ", ".join(p.sql for p in parts), tests
        if any(p.is_join for p in parts):
            raise OraError(25156, offset=marked[0].at)
        rest = [t for t in tests if t not in marked]
        return self._outer_joined(parts, marked, scope), rest

    def _outer_joined(self, parts: list[FromPart], marked: list[n.Node], scope: Scope) -> str:
        """Turn (+) conditions into LEFT JOINs behind the tables they refer to."""
        conditions: dict[str, list[n.Node]] = {}
        needs: dict[str, set[str]] = {}
        for test in marked:
            target, others = self._outer_target(test, scope)
            conditions.setdefault(target, []).append(test)
            needs.setdefault(target, set()).update(others)
        for part in parts:
            alias = part.sources[0].alias
            if alias in conditions:
                make_nullable(part.sources)
        placed = [p for p in parts if p.sources[0].alias not in conditions]
        waiting = [p for p in parts if p.sources[0].alias in conditions]
        sql = ", ".join(p.sql for p in placed)
        done = {s.alias for p in placed for s in p.sources}
        while waiting:
            ready = [p for p in waiting if needs[p.sources[0].alias] <= done]
            if not ready or not placed:
                raise OraError(1416, offset=marked[0].at)
            part = ready[0]
            waiting.remove(part)
            sql += f" LEFT JOIN {part.sql} ON {self._outer_tests(part, conditions, scope)}"
            done.add(part.sources[0].alias)
        return sql

    def _outer_tests(
        self, part: FromPart, conditions: dict[str, list[n.Node]], scope: Scope
    ) -> str:
        clause, scope.clause = scope.clause, "OUTER"
        tests = [self.condition(t, scope) for t in conditions[part.sources[0].alias]]
        scope.clause = clause
        return " AND ".join(tests)

    def _outer_target(self, test: n.Node, scope: Scope) -> tuple[str, set[str]]:
        """The source marked with (+) in a condition, and the other sources in it."""
        if isinstance(test, n.Logical) or (isinstance(test, n.InList) and len(test.items) > 1):
            raise OraError(1719, offset=test.at)
        targets: set[str] = set()
        others: set[str] = set()
        for node in walk(test):
            if isinstance(node, n.Subquery | n.Query):
                raise OraError(1799, offset=node.at)
            if isinstance(node, n.Name):
                alias = _alias_of(node, scope)
                if alias is not None:
                    (targets if node.outer else others).add(alias)
        if len(targets) != 1:
            raise OraError(1468, offset=test.at)
        target = targets.pop()
        return target, others - {target}


def _is_marked(node: n.Node) -> bool:
    return isinstance(node, n.Name) and node.outer


def _alias_of(name: n.Name, scope: Scope) -> str | None:
    """The source of this block whose column a name is."""
    path = name.path
    for source in scope.sources:
        if len(path) > 1 and not source.matches(path[:-1]):
            continue
        if path[-1] in source.columns:
            return source.alias
    return None
