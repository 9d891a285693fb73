"""Analytic functions.

SQL Language Reference 19c, "Functions", "Analytic Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind
from dtm.sandbox.sql import engine_ordered as ordered
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Typed
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_aggregates import PERCENTILES, AggregateTranslator

_WINDOW_CLAUSES = frozenset({"SELECT", "ORDER BY"})


def replace_quantifier(node: n.Call) -> n.Call:
    """The call without DISTINCT, which changes nothing for MIN and MAX."""
    return replace(node, quantifier="")


class WindowTranslator(AggregateTranslator):
    """Translates OVER."""

    # ------------------------------------------------------------ analytic functions

    def analytic(self, name: str, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        if scope.clause not in _WINDOW_CLAUSES or scope.in_aggregate:
            raise OraError(30483, offset=node.at)
        for inner in walk(node):
            if inner is not node and isinstance(inner, n.Call) and inner.over is not None:
                raise OraError(30483, offset=inner.at)
        if node.keep is not None:
            if window.order or window.frame:
                raise OraError(30487, offset=node.at)
            return self._keep(name, node, scope, f" {self._over(window, scope)}")
        handler = _ANALYTIC_HANDLERS.get(name)
        if handler is not None:
            return handler(self, node, window, scope)
        return self._windowed_aggregate(name, node, window, scope)

    def _over(self, window: n.Window, scope: Scope, *, frame: bool = True) -> str:
        partition = ", ".join(
            self.equality_key(self.expression(p, scope)) for p in window.partition
        )
        bounded = frame and window.frame is not None
        instants = bounded and self._by_instant(window, scope)
        order = self._instant_order(window, scope) if instants else (
            self.order_sql(window.order, scope))  # fmt: skip
        parts = [f"PARTITION BY {partition}" if partition else ""]
        parts.append(f"ORDER BY {order}" if order else "")
        if bounded and window.frame is not None:
            parts.append(self._frame(window.frame, window, scope, instants=instants))
        return f"OVER ({' '.join(p for p in parts if p)})"

    def _by_instant(self, window: n.Window, scope: Scope) -> bool:
        """A RANGE over dates with a distance: days, or an interval."""
        frame = window.frame
        if frame is None or frame.unit != "RANGE" or not window.order:
            return False
        bounds = [frame.start] if frame.end is None else [frame.start, frame.end]
        if all(amount is None for _, amount in bounds):
            return False
        if len(window.order) > 1:
            raise OraError(30486, offset=frame.at)
        key = self.expression(window.order[0].operand, scope)
        return family(key.type) in "DSZ"

    def _instant_order(self, window: n.Window, scope: Scope) -> str:
        """The date as a number of microseconds, which SQLite can add to."""
        item = window.order[0]
        key = self.expression(item.operand, scope)
        sql = self.udf(ordered.MICROSECONDS, key.sql)
        return self.order_term(Typed(sql, NUMBER, key.nullable, digits=18), item)

    def _frame(self, frame: n.Frame, window: n.Window, scope: Scope, *, instants: bool) -> str:
        if not window.order:
            raise OraError(30485, offset=frame.at)
        start = self._bound(frame.start, frame, window, scope, instants=instants)
        end = "CURRENT ROW"
        if frame.end is not None:
            end = self._bound(frame.end, frame, window, scope, instants=instants)
        return f"{frame.unit} BETWEEN {start} AND {end}"

    def _bound(
        self,
        bound: tuple[str, n.Node | None],
        frame: n.Frame,
        window: n.Window,
        scope: Scope,
        *,
        instants: bool,
    ) -> str:
        word, amount = bound
        if amount is None:
            return word
        mark = scope.references
        value = self.expression(amount, scope)
        constant = scope.references == mark
        if instants:
            kind = value.type.kind
            if not constant or (family(value.type) != "N" and kind is not Kind.INTERVAL_DS):
                self.context.unsupported(166, "RANGE window of months or of columns", frame.at)
            return f"{self._distance(value, amount, frame.at)} {word}"
        if frame.unit == "RANGE":
            key = self.expression(window.order[0].operand, scope)
            if len(window.order) > 1:
                raise OraError(30486, offset=frame.at)
            if family(key.type) != "N" or key.wide or family(value.type) != "N" or not constant:
                self.context.unsupported(166, "RANGE window over such keys", frame.at)
        elif not (value.is_literal or value.sql.startswith("?")):
            self.context.unsupported(167, "window size that is not a constant", frame.at)
        return f"{value.sql} {word}"

    def _distance(self, value: Typed, node: n.Node, at: int) -> str:
        """A distance in days or an interval in microseconds; SQLite takes no function there."""
        size = value.sql
        if not (value.is_literal or size.lstrip("-").isdigit() or size.startswith("?")):
            size = str(self.constant(node, at))
        if family(value.type) == "N":
            size = f"CAST({size} * 86400000000 AS INTEGER)"
        if size.startswith("-"):
            raise OraError(1428, size, offset=at)
        return size

    def _windowed_aggregate(
        self, name: str, node: n.Call, window: n.Window, scope: Scope
    ) -> Typed:
        if node.quantifier == "DISTINCT":
            if window.order:
                raise OraError(30487, offset=node.at)
            if name != "LISTAGG":
                return self._distinct_over(name, node, window, scope)
        if name == "LISTAGG":
            return self._listagg_over(node, window, scope)
        if name in PERCENTILES:
            if window.order or window.frame:
                raise OraError(30487, offset=node.at)
            chosen, typed, arguments = self.percentile(name, node, scope)
            return replace(
                typed, sql=f"{chosen}({arguments}) {self._over(window, scope)}", row=None
            )
        over = self._over(window, scope)
        if name == "COUNT" and node.star:
            return Typed(f"count(*) {over}", NUMBER, nullable=False, digits=12)
        function, result = self._aggregate_function(name, self._one_argument(node, scope), node)
        return replace(result, sql=f"{function}({result.sql}) {over}")

    def _distinct_over(self, name: str, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        """COUNT, SUM ... (DISTINCT x) OVER (PARTITION BY ...)."""
        value = self._one_argument(node, scope)
        if name not in {"COUNT", "SUM", "AVG"} or (
            name != "COUNT" and family(value.type) != "N"):  # fmt: skip
            if name in {"MIN", "MAX"}:
                plain = replace_quantifier(node)
                return self._windowed_aggregate(name, plain, window, scope)
            self.context.unsupported(168, f"{name}(DISTINCT ...) OVER", node.at)
        function = self.context.function(ordered.distinct(name))
        sql = f"{function}({self.equality_key(value)}) {self._over(window, scope)}"
        return Typed(sql, NUMBER, digits=12 if name == "COUNT" else None, wide=name != "COUNT")

    def _listagg_over(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        if window.order or window.frame:
            raise OraError(30487, offset=node.at)
        parts = [self.to_text(self.expression(a, scope), a.at) for a in node.arguments]
        separator = parts[1].sql if len(parts) > 1 else "NULL"
        whole = n.Window(window.at, window.partition, node.within or [], None)
        over = self._over(whole, scope)[:-1]
        frame = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
        function = self.listagg_function(node)
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
        if node.nulls == "IGNORE":
            return self._shifted_over_nulls(node, value, arguments, window, scope)
        sql = f"{node.path[-1].lower()}({', '.join(arguments)}) {self._over(window, scope)}"
        return replace(value.moved(sql), nullable=True, row=None)

    def _shifted_over_nulls(
        self, node: n.Call, value: Typed, arguments: list[str], window: n.Window, scope: Scope
    ) -> Typed:
        """LAG and LEAD IGNORE NULLS: the n-th value that is not NULL before or after the row."""
        lag = node.path[-1] == "LAG"
        function = self.context.function(ordered.skipping("LAST" if lag else "FIRST"))
        frame = (
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
            if lag
            else "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"
        )
        count = arguments[1] if len(arguments) > 1 else "1"
        sql = f"{function}({arguments[0]}, {count}) {self._over(window, scope)[:-1]} {frame})"
        if len(arguments) > 2:
            sql = f"ifnull({sql}, {arguments[2]})"
        return replace(value.moved(sql), nullable=True, row=None)

    def _framed_value(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        """FIRST_VALUE, LAST_VALUE, NTH_VALUE."""
        name = node.path[-1]
        self._count_arguments(node, *((2, 2) if name == "NTH_VALUE" else (1, 1)))
        values = [self.expression(a, scope) for a in node.arguments]
        count = values[1].sql if len(values) > 1 else "1"
        if node.nulls == "IGNORE" or node.from_last:
            which = "LAST" if name == "LAST_VALUE" or node.from_last else "FIRST"
            chosen = ordered.skipping(which, nulls=node.nulls != "IGNORE")
            call = f"{self.context.function(chosen)}({values[0].sql}, {count})"
        else:
            call = f"{name.lower()}({', '.join(v.sql for v in values)})"
        return replace(
            values[0].moved(f"{call} {self._over(window, scope)}"), nullable=True, row=None
        )

    def _row_and_partition(self, node: n.Call, window: n.Window, scope: Scope) -> tuple[str, str]:
        """The OVER clause up to the row and that of the whole partition."""
        self._count_arguments(node, 0, 0)
        self._need_order(window)
        whole = n.Window(window.at, window.partition, [], None)
        return self._over(window, scope), self._over(whole, scope)

    def _percent_rank(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        over, total = self._row_and_partition(node, window, scope)
        rank = Typed(f"(rank() {over} - 1)", NUMBER, digits=12)
        count = Typed(f"max(count(*) {total} - 1, 1)", NUMBER, digits=12)
        return self.arithmetic("/", rank, count, node.at)

    def _cume_dist(self, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        over, total = self._row_and_partition(node, window, scope)
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


_Handler = Callable[[WindowTranslator, n.Call, n.Window, Scope], Typed]
_ANALYTIC_HANDLERS: dict[str, _Handler] = {
    "ROW_NUMBER": WindowTranslator._ranking,
    "RANK": WindowTranslator._ranking,
    "DENSE_RANK": WindowTranslator._ranking,
    "NTILE": WindowTranslator._ntile,
    "LAG": WindowTranslator._shifted,
    "LEAD": WindowTranslator._shifted,
    "FIRST_VALUE": WindowTranslator._framed_value,
    "LAST_VALUE": WindowTranslator._framed_value,
    "NTH_VALUE": WindowTranslator._framed_value,
    "PERCENT_RANK": WindowTranslator._percent_rank,
    "CUME_DIST": WindowTranslator._cume_dist,
    "RATIO_TO_REPORT": WindowTranslator._ratio,
}
