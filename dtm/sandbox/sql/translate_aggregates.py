"""Aggregate functions.

SQL Language Reference 19c, "Functions", "Aggregate Functions".
"""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql import composites
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import engine_ordered as ordered
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SqlFunction, Typed
from dtm.sandbox.sql.engine_keep import keep
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.conversion import FLOATS, family
from dtm.sandbox.sql.translate_conditions import ConditionTranslator

PERCENTILES = frozenset({"PERCENTILE_CONT", "PERCENTILE_DISC"})
AGGREGATES = (
    frozenset({"COLLECT", "COUNT", "SUM", "AVG", "MIN", "MAX", "LISTAGG"})
    | aggregates.STATISTIC_NAMES
    | PERCENTILES
)
NULLS_MATTER = frozenset({"FIRST_VALUE", "LAST_VALUE", "NTH_VALUE", "LAG", "LEAD"})
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
        "GROUP_ID",
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


_GROUPING = frozenset({"GROUPING", "GROUPING_ID"})


class AggregateTranslator(ConditionTranslator):
    """Translates aggregates, KEEP, LISTAGG and OVER."""

    def is_aggregate(self, name: str, node: n.Call) -> bool:
        if name in UNSUPPORTED:
            self.context.unsupported(156, f"function {name}", node.at)
        return name in AGGREGATES or name in ANALYTIC or name in _GROUPING

    def aggregate(self, name: str, node: n.Call, scope: Scope) -> Typed:
        if name in _GROUPING:
            return self._grouping(name, node, scope)
        if node.nulls and name not in NULLS_MATTER:
            raise OraError(907, offset=node.at)
        if node.over is not None:
            return self.analytic(name, node, node.over, scope)
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

    def analytic(self, name: str, node: n.Call, window: n.Window, scope: Scope) -> Typed:
        raise NotImplementedError

    def _grouping(self, name: str, node: n.Call, scope: Scope) -> Typed:
        """GROUPING(key), and GROUPING_ID(key ...): its bits."""
        count = len(node.arguments)
        if scope.null_keys is None or not count or (name == "GROUPING" and count != 1):
            raise OraError(30481, offset=node.at)
        mark, bits = len(scope.loose), 0
        for argument in node.arguments:
            value = self.expression(argument, scope)
            bits = bits * 2 + (value.sql == "NULL")
        del scope.loose[mark:]
        return self.number_value(bits)

    # ------------------------------------------------------------ aggregates

    def _one_argument(self, node: n.Call, scope: Scope) -> Typed:
        if node.star or len(node.arguments) != 1:
            raise OraError(936 if node.star else 909, offset=node.at)
        value = self.expression(node.arguments[0], scope)
        if family(value.type) in "LB!" and node.path[-1] != "COUNT":
            raise OraError(932, "-", value.type.kind.value, offset=node.at)
        return value

    def _plain_aggregate(self, name: str, node: n.Call, scope: Scope) -> Typed:
        if node.keep is not None and (name == "LISTAGG" or name in PERCENTILES):
            raise OraError(923, offset=node.at)
        if name == "LISTAGG":
            return self._listagg(node, scope)
        if name == "COLLECT":
            return self._collect(node, scope)
        if name in PERCENTILES:
            function, value, order = self.percentile(name, node, scope)
            return replace(value, sql=f"{function}({order})", row=None)
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
        function = self.listagg_function(node)
        body = f"{function}({parts[0].sql}, {separator}{' ORDER BY ' + order if order else ''})"
        return Typed(body, typing_rules.text())

    def _collect(self, node: n.Call, scope: Scope) -> Typed:
        """COLLECT([DISTINCT] value [ORDER BY ...]): only in CAST(COLLECT(...) AS type)."""
        if len(node.arguments) != 1:
            raise OraError(909, offset=node.at)
        value = self.expression(node.arguments[0], scope)
        distinct = "DISTINCT " if node.quantifier == "DISTINCT" else ""
        order = self.order_sql(node.within or [], scope)
        function = self.context.function(composites.collect(value.type))
        sql = f"{function}({distinct}{value.sql}{' ORDER BY ' + order if order else ''})"
        return Typed(sql, OraType(Kind.COLLECTION, user=("", "")))

    def listagg_function(self, node: n.Call) -> str:
        kind, filler, count = node.overflow or ("ERROR", None, False)
        if kind == "ERROR":
            filler = None
        elif filler is None:
            filler = "..."
        distinct = node.quantifier == "DISTINCT"
        return self.context.function(ordered.listagg(filler, count=count, distinct=distinct))

    def percentile(self, name: str, node: n.Call, scope: Scope) -> tuple[str, Typed, str]:
        """The SQLite function of PERCENTILE_CONT / DISC, the type of its result, its arguments."""
        if len(node.arguments) != 1 or node.within is None or len(node.within) != 1:
            raise OraError(909 if len(node.arguments) != 1 else 30491, offset=node.at)
        item = node.within[0]
        value = self.expression(item.operand, scope)
        share = self.expression(node.arguments[0], scope)
        letter = family(value.type)
        if letter in "LB!" or (name == "PERCENTILE_CONT" and letter not in "NDSI?"):
            raise OraError(30495, offset=node.at)
        function = ordered.percentile(value.type, continuous=name == "PERCENTILE_CONT",
                                      descending=item.descending)  # fmt: skip
        share = self.convert(share, NUMBER, node.at)
        value = replace(value, nullable=True, digits=None, wide=letter == "N")
        return self.context.function(function), value, f"{value.sql}, {share.sql}"

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

    def _keep(self, name: str, node: n.Call, scope: Scope, over: str = "") -> Typed:
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
        return replace(result, sql=self.udf(function, *arguments) + over)


def _outer_references(scope: Scope) -> int:
    total, block = 0, scope.parent
    while block is not None:
        total += block.references
        block = block.parent
    return total
