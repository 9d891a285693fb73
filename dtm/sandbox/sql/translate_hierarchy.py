"""Hierarchical queries: START WITH, CONNECT BY, PRIOR, LEVEL, SYS_CONNECT_BY_PATH.

SQL Language Reference 19c, "SQL Queries and Subqueries", "Hierarchical Queries". The row source
becomes a numbered subquery; a recursive query walks it depth first (highest level first off the
queue, siblings in order), carrying what PRIOR, CONNECT_BY_ROOT and paths need.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SqlFunction, Stage, Typed
from dtm.sandbox.sql.bind_scope import invalid_identifier
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.translate_blocks import StageThrough
from dtm.sandbox.sql.translate_rownum import RownumTranslator, uses_rownum


@dataclass(slots=True)
class Hierarchy:
    """One hierarchical block while it is translated.

    `phase`: start, connect (PRIOR means the parent row), after.
    `carried`: extra columns of the walk: name -> (SQL at a root, SQL at a child).
    """

    source: str
    walk: str
    phase: str = "start"
    carried: dict[str, tuple[str, str]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)  # meaning -> carried column
    leaf: bool = False
    cycle: bool = False
    has_prior: bool = False


def _path_step(*arguments: Encoded) -> Encoded:
    """parent path || separator || value; ORA-30004 when the value has the separator in it."""
    parent, value, separator = (None if a is None else str(a) for a in arguments)
    text = value or ""
    if separator and separator in text:
        raise OraError(30004)
    path = (parent or "") + (separator or "") + text
    if len(path.encode()) > 4000:
        raise OraError(1489)
    return path


def _loop() -> Encoded:
    raise OraError(1436)


PATH_STEP = SqlFunction("o_path_step", 3, lambda _: _path_step)
LOOP = SqlFunction("o_loop", 0, lambda _: _loop, stable=False)


class HierarchyTranslator(RownumTranslator):
    """Translates CONNECT BY."""

    def hierarchy_column(self, node: n.Name, scope: Scope) -> Typed:
        block, hierarchy = self._hierarchy(scope)
        if hierarchy is None or block is None:
            if node.path[0] == "LEVEL":
                raise OraError(1788, offset=node.at)
            raise invalid_identifier(node)
        if not block.in_aggregate:
            block.loose.append((node.at, node.path[0]))
        if node.path[0] == "LEVEL":
            return self._wrapped(self._level(hierarchy), block, hierarchy)
        if hierarchy.phase != "after":
            raise OraError(976, offset=node.at)
        if node.path[0] == "CONNECT_BY_ISLEAF":
            hierarchy.leaf = True
            leaf = Typed(f"{hierarchy.walk}.leaf", NUMBER, digits=1)
            return self._wrapped(leaf, block, hierarchy)
        hierarchy.cycle = True
        return self._wrapped(Typed(f"{hierarchy.walk}.cyc", NUMBER, digits=1), block, hierarchy)

    def _wrapped(self, value: Typed, block: Scope, hierarchy: Hierarchy) -> Typed:
        """A column of the walk as seen when ROWNUM made the walk a subquery."""
        if hierarchy.phase != "after" or block.stage is None:
            return value
        return replace(value, sql=_outside(block.stage, value.sql, hierarchy.walk))

    def _level(self, hierarchy: Hierarchy) -> Typed:
        if hierarchy.phase == "start":
            return Typed("1", NUMBER, digits=12)
        plus = " + 1" if hierarchy.phase == "connect" else ""
        return Typed(f"({hierarchy.walk}.lvl{plus})", NUMBER, nullable=False, digits=12)

    def _hierarchy(self, scope: Scope) -> tuple[Scope | None, Hierarchy | None]:
        block: Scope | None = scope
        while block is not None and block.hierarchy is None:
            block = block.parent
        return block, None if block is None else block.hierarchy

    def hierarchy_operator(self, node: n.Unary, scope: Scope) -> Typed:
        """PRIOR and CONNECT_BY_ROOT; ORA-01788 without CONNECT BY."""
        hierarchy: Hierarchy | None = scope.hierarchy
        if hierarchy is None:
            raise OraError(1788, offset=node.at)
        if node.op == "PRIOR":
            return self._prior(node, scope, hierarchy)
        if hierarchy.phase != "after":
            raise OraError(976, offset=node.at)
        value = self._inside(node.operand, scope)
        name = self._carry(hierarchy, f"root {value.sql}", value.sql, "")
        moved = replace(value.moved(f"{hierarchy.walk}.{name}"), row=None)
        return self._wrapped(moved, scope, hierarchy)

    def _prior(self, node: n.Unary, scope: Scope, hierarchy: Hierarchy) -> Typed:
        hierarchy.has_prior = hierarchy.has_prior or scope.clause == "CONNECT BY"
        if hierarchy.phase == "start":
            raise OraError(976, offset=node.at)
        if hierarchy.phase == "connect":
            return self._through(hierarchy.walk, node.operand, scope)
        value = self._inside(node.operand, scope)
        parent = self._above(node.operand, scope)
        name = self._carry(hierarchy, f"prior {value.sql} {parent}", "NULL", parent)
        moved = replace(value.moved(f"{hierarchy.walk}.{name}"), nullable=True, row=None)
        return self._wrapped(moved, scope, hierarchy)

    def _through(self, alias: str, node: n.Node, scope: Scope) -> Typed:
        """An expression over the columns of the walk instead of the candidate row."""
        stage, loose = scope.stage or Stage(alias), len(scope.loose)
        scope.stage = Stage(alias, _innermost(stage).names)
        value = self.expression(node, scope)
        scope.stage = stage
        del scope.loose[loose:]
        return value

    def _inside(self, node: n.Node, scope: Scope, phase_of: str = "start") -> Typed:
        """An expression over the candidate row, to be carried along: a root's, or a child's."""
        hierarchy: Hierarchy = scope.hierarchy
        phase, hierarchy.phase = hierarchy.phase, phase_of
        value = self._through(hierarchy.source, node, scope)
        hierarchy.phase = phase
        return value

    def _above(self, node: n.Node, scope: Scope) -> str:
        """SQL of an expression over the parent row, while a child is made."""
        hierarchy: Hierarchy = scope.hierarchy
        phase, hierarchy.phase = hierarchy.phase, "parent"
        value = self._through(hierarchy.walk, node, scope)
        hierarchy.phase = phase
        return value.sql

    def _carry(self, hierarchy: Hierarchy, meaning: str, root: str, child: str) -> str:
        """A carried column. A child of "" keeps the parent's."""
        known = hierarchy.known.get(meaning)
        if known is not None:
            return known
        name = f"k{len(hierarchy.carried) + 1}"
        if not child:
            child = f"{hierarchy.walk}.{name}"
        hierarchy.carried[name] = (root, child)
        hierarchy.known[meaning] = name
        return name

    def hierarchy_call(self, name: str, node: n.Call, scope: Scope) -> Typed | None:
        """SYS_CONNECT_BY_PATH(value, separator)."""
        if name != "SYS_CONNECT_BY_PATH":
            return None
        hierarchy: Hierarchy | None = scope.hierarchy
        if hierarchy is None or hierarchy.phase != "after":
            raise OraError(30002, offset=node.at)
        if len(node.arguments) != 2:
            raise OraError(909, offset=node.at)
        if not isinstance(node.arguments[1], n.StringLiteral):
            raise OraError(30003, offset=node.at)
        value = self.to_text(self._inside(node.arguments[0], scope), node.at)
        separator = self.expression(node.arguments[1], scope).sql
        column = f"k{len(hierarchy.carried) + 1}"
        below = self.to_text(self._inside(node.arguments[0], scope, "connect"), node.at)
        root = self.udf(PATH_STEP, "NULL", value.sql, separator)
        child = self.udf(PATH_STEP, f"{hierarchy.walk}.{column}", below.sql, separator)
        column = self._carry(hierarchy, f"path {value.sql} {separator}", root, child)
        path = Typed(f"{hierarchy.walk}.{column}", typing_rules.text())
        return self._wrapped(path, scope, hierarchy)

    # ------------------------------------------------------------ assembling

    def connect(
        self,
        select: n.Select,
        scope: Scope,
        source_sql: str,
        siblings: list[n.OrderItem],
    ) -> Callable[[], str]:
        """Begin a hierarchical block; the result gives its FROM item once all is translated.

        `source_sql` is `FROM ... WHERE ...` of the row source, whose columns go through a stage.
        """
        hierarchy = Hierarchy(self.context.alias("s"), self.context.alias("h"))
        scope.hierarchy = hierarchy
        scope.stage = Stage(hierarchy.source)
        clause, scope.clause = scope.clause, "CONNECT BY"
        start = "1"
        if select.start_with is not None:
            start = self.condition(select.start_with, scope)
        hierarchy.phase = "connect"
        if _reads_dual(select):
            # One row per level: the next row's number is its level.
            scope.rownum = f"({hierarchy.walk}.lvl + 1)"
        elif uses_rownum(select.connect_by):
            self.context.unsupported(184, "CONNECT BY with ROWNUM over a table", select.at)
        step = "1" if select.connect_by is None else self.condition(select.connect_by, scope)
        scope.rownum = None
        order = [self._sibling(item, scope, hierarchy) for item in siblings]
        scope.clause = clause
        hierarchy.phase = "after"
        stage = scope.stage
        scope.stage = Stage(hierarchy.walk, stage.names)
        scope.loose.clear()

        def finish() -> str:
            names = stage.names
            inner = ", ".join([f"{sql} AS {name}" for sql, name in names.items()])
            comma = ", " if inner else ""
            numbered = f"SELECT {inner}{comma}row_number() OVER () AS rn {source_sql}"
            return self._recursion(hierarchy, numbered, list(names.values()), (start, step, order),
                                   nocycle=select.nocycle)  # fmt: skip

        return finish

    def _recursion(
        self,
        hierarchy: Hierarchy,
        numbered: str,
        columns: list[str],
        tests: tuple[str, str, list[tuple[str, str]]],
        *,
        nocycle: bool,
    ) -> str:
        start, step, order = tests
        source, walked = hierarchy.source, hierarchy.walk
        data = self.context.alias("r")
        detect = hierarchy.has_prior
        heads = ["lvl", "rn", *columns, *hierarchy.carried]
        roots = ["1", f"{source}.rn", *(f"{source}.{c}" for c in columns)]
        roots += [r for r, _ in hierarchy.carried.values()]
        kids = [f"{walked}.lvl + 1", f"{source}.rn", *(f"{source}.{c}" for c in columns)]
        kids += [c for _, c in hierarchy.carried.values()]
        seen = f"instr({walked}.seen, '/' || {source}.rn || '/')"
        guard = ""
        if detect:
            heads.append("seen")
            roots.append(f"'/' || {source}.rn || '/'")
            kids.append(f"{walked}.seen || {source}.rn || '/'")
            stop = "0" if nocycle else self.udf(LOOP)
            guard = f" AND CASE WHEN {seen} THEN {stop} ELSE 1 END"
        terms = [f"{heads.index(name) + 1}{words}" for name, words in order]
        sort = ", ".join(["1 DESC", *terms, "2"])
        extra = self._leaf_and_cycle(hierarchy, data, step, seen if detect else "0")
        return (
            f"(WITH RECURSIVE {data} AS MATERIALIZED ({numbered}), "
            f"{walked}({', '.join(heads)}) AS ("
            f"SELECT {', '.join(roots)} FROM {data} AS {source} WHERE {start} "
            f"UNION ALL SELECT {', '.join(kids)} FROM {walked} JOIN {data} AS {source} "
            f"ON {step}{guard} ORDER BY {sort} LIMIT -1) "
            f"SELECT *{extra} FROM {walked} LIMIT -1) AS {walked}"
        )

    def _sibling(self, item: n.OrderItem, scope: Scope, hierarchy: Hierarchy) -> tuple[str, str]:
        """A term of ORDER SIBLINGS BY: the carried column with its key (in a compound query only
        result columns can be sorted by) and the words behind it."""
        value = self.expression(item.operand, scope)
        term = self.order_term(value, item)
        key = self.key(value)
        return self._carry(hierarchy, f"sibling {key}", key, key), term.removeprefix(key)

    def _leaf_and_cycle(self, hierarchy: Hierarchy, data: str, step: str, seen: str) -> str:
        source, walked = hierarchy.source, hierarchy.walk
        extra = ""
        if hierarchy.leaf:
            test = f"{step} AND NOT {seen}" if seen != "0" else step
            exists = f"EXISTS (SELECT 1 FROM {data} AS {source} WHERE {test})"
            extra += f", CASE WHEN {exists} THEN 0 ELSE 1 END AS leaf"
        if hierarchy.cycle:
            exists = f"EXISTS (SELECT 1 FROM {data} AS {source} WHERE {step} AND {seen})"
            extra += f", CASE WHEN {exists} THEN 1 ELSE 0 END AS cyc"
        del walked
        return extra


def _innermost(stage: Stage) -> Stage:
    while isinstance(stage, StageThrough):
        stage = stage.inner
    return stage


def _outside(stage: Stage, inside: str, walked: str) -> str:
    """A column of the walk through the stages over it."""
    if stage.alias == walked:
        return inside
    inner = stage.inner if isinstance(stage, StageThrough) else None
    return Stage.outside(stage, inside if inner is None else _outside(inner, inside, walked))


def _reads_dual(select: n.Select) -> bool:
    source = select.sources[0]
    return (
        len(select.sources) == 1
        and isinstance(source, n.TableRef)
        and source.path[-1].text == "DUAL"
    )


def is_hierarchical(select: n.Select) -> bool:
    return select.connect_by is not None


__all__ = ["HierarchyTranslator", "is_hierarchical", "walk", "wrappers"]
