"""Aggregate and analytic functions.

SQL Language Reference 19c, "Functions", "Aggregate Functions", "Analytic Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SqlFunction, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.engine_keep import keep
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.conversion import FLOATS, family
from dtm.sandbox.sql.translate_conditions import ConditionTranslator

AGGREGATES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "LISTAGG"}) | (
    aggregates.STATISTIC_NAMES
)
ANALYTIC = frozenset(
    [
        "ROW_NUMBER",
        "RANK",
        "DENSE_RANK",
        "NTILE",
        "LAG",
        "LEAD",
        "FIRST_VALUE",
        "LAST_VALUE",
        "NTH_VALUE",
        "PERCENT_RANK",
        "CUME_DIST",
        "RATIO_TO_REPORT",
    ]
)
UNSUPPORTED = frozenset(
    [
        "APPROX_COUNT_DISTINCT",
        "APPROX_MEDIAN",
        "APPROX_PERCENTILE",
        "COVAR_POP",
        "COVAR_SAMP",
        "GROUPING_ID",
        "GROUP_ID",
        "PERCENTILE_CONT",
        "PERCENTILE_DISC",
        "REGR_AVGX",
        "REGR_AVGY",
        "REGR_COUNT",
        "REGR_INTERCEPT",
        "REGR_R2",
        "REGR_SLOPE",
        "STATS_MODE",
        "XMLAGG",
    ]
)
_SUM_DIGITS = 12  # SQLite's own SUM of integers this short cannot overflow 64 bits
_WINDOW_CLAUSES = frozenset({"SELECT", "ORDER BY"})


class AggregateTranslator(ConditionTranslator):
    """Translates aggregates, KEEP, LISTAGG and OVER."""

    def is_aggregate(self, name: str, node: n.Call) -> bool:
        if name in UNSUPPORTED:
            self.context.unsupported(156, f"function {name}", node.at)
        return name in AGGREGATES or name in ANALYTIC or name == "GROUPING"

    def aggregate(self, name: str, node: n.Call, scope: Scope) -> Typed:
        if name == "GROUPING":
            return self._grouping(node, scope)
        if node.nulls == "IGNORE":
            self.context.unsupported(157, "IGNORE NULLS", node.at)
        if node.over is not None:
            return self._analytic(name, node, node.over, scope)
        if name in ANALYTIC:
            if node.within is not None:
                self.context.unsupported(158, f"{name} as an aggregate", node.at)
            raise OraError(30484, offset=node.at)
        if scope.clause not in {"SELECT", "HAVING", "ORDER BY"} or scope.group_keys is None:
            raise OraError(934, offset=node.at)
        if scope.in_aggregate:
            raise OraError(935 if scope.group_keys else 978, offset=node.at)
        scope.in_aggregate, scope.has_aggregate = True, True
        own, outer = scope.references, _outer_references(scope)
        try:
            value = self._plain_aggregate(name, node, scope)
        finally:
            scope.in_aggregate = False
        if scope.references == own and _outer_references(scope) != outer:
            # Such an aggregate belongs to the outer query block.
            self.context.unsupported(176, "aggregate function of outer columns only", node.at)
        return value

    def _grouping(self, node: n.Call, scope: Scope) -> Typed:
        if scope.null_keys is None or len(node.arguments) != 1:
            raise OraError(30481, offset=node.at)
        mark = len(scope.loose)
        value = self.expression(node.arguments[0], scope)
        del scope.loose[mark:]
        return self.number_value(1 if value.sql == "NULL" else 0)

    # ------------------------------------------------------------ aggregates

    def _one_argument(self, node: n.Call, scope: Scope) -> Typed:
        if node.star or len(node.arguments) != 1:
            raise OraError(936 if node.star else 909, offset=node.at)
        value = self.expression(node.arguments[0], scope)
        if family(value.type) in "LB!" and node.path[-1] != "COUNT":
            raise OraError(932, "-", value.type.kind.value, offset=node.at)
        return value

    def _plain_aggregate(self, name: str, node: n.Call, scope: Scope) -> Typed:
        if name == "LISTAGG":
            return self._listagg(node, scope)
        if node.within is not None:
            raise OraError(30487, offset=node.at)
        if node.keep is not None:
            return self._keep(name, node, scope)
        if name == "COUNT" and node.star:
            return Typed("count(*)", NUMBER, nullable=False, digits=12)
        value = self._one_argument(node, scope)
        function, result = self._aggregate_function(name, value, node)
        distinct = "DISTINCT " if node.quantifier == "DISTINCT" else ""
        argument = self.equality_key(value) if name == "COUNT" and distinct else result.sql
        return replace(result, sql=f"{function}({distinct}{argument})")

    def _aggregate_function(self, name: str, value: Typed, node: n.Call) -> tuple[str, Typed]:
        """The SQLite function, and the result with its converted argument in `sql`."""
        if name == "COUNT":
            return "count", Typed(value.sql, NUMBER, nullable=False, digits=12)
        if name in {"MIN", "MAX"}:
            return self._min_max(name, value)
        value = self.convert(value, NUMBER, node.at) if family(value.type) in "T?" else value
        if family(value.type) != "N":
            raise OraError(932, "NUMBER", value.type.kind.value, offset=node.at)
        if value.type.kind in FLOATS:
            return self._float_aggregate(name, value, node)
        if name == "SUM" and value.digits is not None and value.digits <= _SUM_DIGITS:
            return "sum", Typed(value.sql, NUMBER, digits=18)
        table: dict[str, SqlFunction] = {"SUM": aggregates.SUM, "AVG": aggregates.AVERAGE}
        function = table.get(name) or aggregates.statistic(name)
        return self.context.function(function), Typed(value.sql, NUMBER, wide=True)

    def _float_aggregate(self, name: str, value: Typed, node: n.Call) -> tuple[str, Typed]:
        table = {"SUM": aggregates.FLOAT_SUM, "AVG": aggregates.FLOAT_AVERAGE}
        if name not in table:
            self.context.unsupported(162, f"{name} of BINARY_DOUBLE", node.at)
        return self.context.function(table[name]), Typed(value.sql, typing_rules.BINARY_DOUBLE)

    def _min_max(self, name: str, value: Typed) -> tuple[str, Typed]:
        result = replace(value, nullable=True, row=None)
        if value.type.kind is Kind.CHAR:
            result = replace(result, type=value.type)
        if family(value.type) == "N" and value.wide and value.type.kind not in FLOATS:
            function = aggregates.WIDE_MAX if name == "MAX" else aggregates.WIDE_MIN
            return self.context.function(function), result
        return name.lower(), result  # a TIMESTAMP WITH TIME ZONE sorts by its UTC text first

    def _listagg(self, node: n.Call, scope: Scope) -> Typed:
        if not node.arguments or len(node.arguments) > 2:
            raise OraError(938 if not node.arguments else 939, offset=node.at)
        parts = [self.to_text(self.expression(a, scope), a.at) for a in node.arguments]
        separator = parts[1].sql if len(parts) > 1 else "NULL"
        order = self.order_sql(node.within or [], scope)
        function = self._listagg_function(node)
        distinct = "DISTINCT " if node.quantifier == "DISTINCT" else ""
        if distinct:
            self.context.unsupported(163, "LISTAGG(DISTINCT ...)", node.at)
        body = f"{function}({parts[0].sql}, {separator}{' ORDER BY ' + order if order else ''})"
        return Typed(body, typing_rules.text())

    def _listagg_function(self, node: n.Call) -> str:
        if node.overflow is None or node.overflow[0] == "ERROR":
            return self.context.function(aggregates.LISTAGG)
        _, filler, count = node.overflow
        return self.context.function(aggregates.truncating_listagg(filler or "...", count=count))

    def order_sql(self, items: list[n.OrderItem], scope: Scope) -> str:
        """ORDER BY terms with Oracle's place for NULLs: last ascending, first descending."""
        return ", ".join(
            self.order_term(self.expression(item.operand, scope), item) for item in items
        )

    def order_term(self, value: Typed, item: n.OrderItem) -> str:
        if family(value.type) in "LB":
            raise OraError(932, "-", value.type.kind.value, offset=item.at)
        first = item.descending if item.nulls_first is None else item.nulls_first
        sql = self.key(value)
        sql += " DESC" if item.descending else ""
        # SQLite puts NULLs first ascending, last descending.
        if value.nullable and first == item.descending:
            sql += " NULLS FIRST" if first else " NULLS LAST"
        return sql

    def _keep(self, name: str, node: n.Call, scope: Scope) -> Typed:
        last, order = node.keep or (False, [])
        if name not in {"COUNT", "SUM", "AVG", "MIN", "MAX"} or node.quantifier == "DISTINCT":
            self.context.unsupported(164, f"{name} with KEEP", node.at)
        value = self.number_value(1) if node.star else self._one_argument(node, scope)
        _, result = self._aggregate_function(name, value, node)
        keys = [self.expression(item.operand, scope) for item in order]
        directions = tuple(
            (i.descending, i.descending if i.nulls_first is None else i.nulls_first) for i in order
        )
        function = keep(name, result.type, directions, last=last, wide=value.wide)
        arguments = [result.sql, *(self.key(k) for k in keys)]
        return replace(result, sql=self.udf(function, *arguments))

    # ------------------------------------------------------------ analytic functions

    def _analytic(self, name: str, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        if scope.clause not in _WINDOW_CLAUSES or scope.in_aggregate:
            raise OraError(30483, offset=node.at)
        for inner in walk(node):
            if inner is not node and isinstance(inner, n.Call) and inner.over is not None:
                raise OraError(30483, offset=inner.at)
        if node.keep is not None:
            self.context.unsupported(165, "KEEP with OVER", node.at)
        handler = _ANALYTIC_HANDLERS.get(name)
        if handler is not None:
            return handler(self, node, window, scope)
        return self._windowed_aggregate(name, node, window, scope)

    def _over(self, window: n.Window, scope: Scope, *, frame: bool = True) -> str:
        partition = ", ".join(
            self.equality_key(self.expression(p, scope)) for p in window.partition
        )
        order = self.order_sql(window.order, scope)
        parts = [f"PARTITION BY {partition}" if partition else ""]
        parts.append(f"ORDER BY {order}" if order else "")
        if frame and window.frame is not None:
            parts.append(self._frame(window.frame, window, scope))
        return f"OVER ({' '.join(p for p in parts if p)})"

    def _frame(self, frame: n.Frame, window: n.Window, scope: Scope) -> str:
        if not window.order:
            raise OraError(30485, offset=frame.at)
        start = self._bound(frame.start, frame, window, scope)
        end = "CURRENT ROW" if frame.end is None else self._bound(frame.end, frame, window, scope)
        return f"{frame.unit} BETWEEN {start} AND {end}"

    def _bound(
        self, bound: tuple[str, n.Node | None], frame: n.Frame, window: n.Window, scope: Scope
    ) -> str:
        word, amount = bound
        if amount is None:
            return word
        value = self.expression(amount, scope)
        if frame.unit == "RANGE":
            key = self.expression(window.order[0].operand, scope)
            numeric = family(key.type) == "N" and not key.wide and family(value.type) == "N"
            if not numeric or not value.is_literal:
                self.context.unsupported(166, "RANGE window over dates or intervals", frame.at)
        elif not (value.is_literal or value.sql.startswith("?")):
            self.context.unsupported(167, "window size that is not a constant", frame.at)
        return f"{value.sql} {word}"

    def _windowed_aggregate(
        self, name: str, node: n.Call, window: n.Window, scope: Scope
    ) -> Typed:
        if node.quantifier == "DISTINCT":
            if window.order:
                raise OraError(30487, offset=node.at)
            self.context.unsupported(168, f"{name}(DISTINCT ...) OVER", node.at)
        if name == "LISTAGG":
            return self._listagg_over(node, window, scope)
        over = self._over(window, scope)
        if name == "COUNT" and node.star:
            return Typed(f"count(*) {over}", NUMBER, nullable=False, digits=12)
        function, result = self._aggregate_function(name, self._one_argument(node, scope), node)
        return replace(result, sql=f"{function}({result.sql}) {over}")

    def _listagg_over(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        if window.order or window.frame:
            raise OraError(30487, offset=node.at)
        parts = [self.to_text(self.expression(a, scope), a.at) for a in node.arguments]
        separator = parts[1].sql if len(parts) > 1 else "NULL"
        whole = n.Window(window.at, window.partition, node.within or [], None)
        over = self._over(whole, scope)[:-1]
        frame = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        function = self._listagg_function(node)
        return Typed(f"{function}({parts[0].sql}, {separator}) {over}{frame}", typing_rules.text())

    def _ranking(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        name = node.path[-1]
        self._count_arguments(node, 0, 0)
        self._need_order(window)
        sql = f"{name.lower()}() {self._over(window, scope)}"
        return Typed(sql, NUMBER, nullable=False, digits=12)

    def _need_order(self, window: n.Window) -> None:
        if not window.order:
            raise OraError(30485, offset=window.at)
        if window.frame is not None:
            raise OraError(907, offset=window.frame.at)

    def _count_arguments(self, node: n.Call, low: int, high: int) -> None:
        if not low <= len(node.arguments) <= high or node.star:
            raise OraError(909, offset=node.at)

    def _ntile(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        self._count_arguments(node, 1, 1)
        self._need_order(window)
        buckets = self.convert(self.expression(node.arguments[0], scope), NUMBER, node.at)
        if isinstance(buckets.literal, int) and buckets.literal < 1:
            raise OraError(1428, buckets.literal, offset=node.at)
        return Typed(f"ntile({buckets.sql}) {self._over(window, scope)}", NUMBER, digits=12)

    def _shifted(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        """LAG, LEAD."""
        self._count_arguments(node, 1, 3)
        self._need_order(window)
        values = [self.expression(a, scope) for a in node.arguments]
        value, arguments = values[0], [values[0].sql]
        if len(values) > 1:
            if values[1].digits is None and not values[1].sql.startswith("?"):
                self.context.unsupported(169, "LAG/LEAD offset that is not a constant", node.at)
            arguments.append(values[1].sql)
        if len(values) > 2:
            default = self.convert(values[2], value.type, node.at)
            arguments.append(default.sql)
            value = replace(value, wide=value.wide or default.wide, digits=None)
        sql = f"{node.path[-1].lower()}({', '.join(arguments)}) {self._over(window, scope)}"
        return replace(value.moved(sql), nullable=True, row=None)

    def _framed_value(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        """FIRST_VALUE, LAST_VALUE, NTH_VALUE."""
        name = node.path[-1]
        self._count_arguments(node, 2 if name == "NTH_VALUE" else 1, 2)
        if node.from_last:
            self.context.unsupported(170, "FROM LAST", node.at)
        values = [self.expression(a, scope) for a in node.arguments]
        arguments = ", ".join(v.sql for v in values)
        sql = f"{name.lower()}({arguments}) {self._over(window, scope)}"
        return replace(values[0].moved(sql), nullable=True, row=None)

    def _percent_rank(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        self._count_arguments(node, 0, 0)
        self._need_order(window)
        over = self._over(window, scope)
        total = self._over(n.Window(window.at, window.partition, [], None), scope)
        rank = Typed(f"(rank() {over} - 1)", NUMBER, digits=12)
        count = Typed(f"max(count(*) {total} - 1, 1)", NUMBER, digits=12)
        return self.arithmetic("/", rank, count, node.at)

    def _cume_dist(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        self._count_arguments(node, 0, 0)
        self._need_order(window)
        over = self._over(window, scope)
        total = self._over(n.Window(window.at, window.partition, [], None), scope)
        seen = Typed(f"count(*) {over}", NUMBER, digits=12)
        return self.arithmetic("/", seen, Typed(f"count(*) {total}", NUMBER, digits=12), node.at)

    def _ratio(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        if window.order:
            raise OraError(30487, offset=node.at)
        value = self._one_argument(node, scope)
        function, total = self._aggregate_function("SUM", value, node)
        over = self._over(window, scope)
        whole = replace(total, sql=f"nullif({function}({total.sql}) {over}, 0)", digits=None)
        return self.arithmetic("/", value, whole, node.at)


def _outer_references(scope: Scope) -> int:
    total, block = 0, scope.parent
    while block is not None:
        total += block.references
        block = block.parent
    return total


_Handler = Callable[[AggregateTranslator, n.Call, n.Window, Scope], Typed]
_ANALYTIC_HANDLERS: dict[str, _Handler] = {
    "ROW_NUMBER": AggregateTranslator._ranking,
    "RANK": AggregateTranslator._ranking,
    "DENSE_RANK": AggregateTranslator._ranking,
    "NTILE": AggregateTranslator._ntile,
    "LAG": AggregateTranslator._shifted,
    "LEAD": AggregateTranslator._shifted,
    "FIRST_VALUE": AggregateTranslator._framed_value,
    "LAST_VALUE": AggregateTranslator._framed_value,
    "NTH_VALUE": AggregateTranslator._framed_value,
    "PERCENT_RANK": AggregateTranslator._percent_rank,
    "CUME_DIST": AggregateTranslator._cume_dist,
    "RATIO_TO_REPORT": AggregateTranslator._ratio,
}
