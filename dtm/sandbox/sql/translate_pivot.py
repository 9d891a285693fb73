"""PIVOT: conditional aggregates grouped by the columns the clause does not name.

SQL Language Reference 19c, "SQL Statements: SELECT", "pivot_clause".
"""

from __future__ import annotations

import dataclasses

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import OutColumn, Scope, Typed
from dtm.sandbox.sql.bind_sources import FromPart
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.translate_aggregates import AGGREGATES
from dtm.sandbox.sql.translate_queries import QueryTranslator


class PivotTranslator(QueryTranslator):
    """Translates PIVOT."""

    def pivot(self, item: n.Pivot, scope: Scope) -> FromPart:
        source = self.from_part(item.source, scope)
        inner = Scope(scope.parent, source.sources, clause="GROUP BY", ctes=scope.ctes)
        column = n.Name(item.at, (item.columns[0],))
        used = {item.columns[0].text} | {
            x.path[-1] for call, _ in item.aggregates for x in walk(call) if isinstance(x, n.Name)
        }
        keys = [
            c
            for s in source.sources
            for c in s.columns.values()
            if not c.hidden and c.name not in used
        ]
        inner.group_keys = {k.value.sql: k.value for k in keys}
        inner.clause = "SELECT"
        columns = [OutColumn(k.name, k.value) for k in keys]
        for value, alias, text in item.values:
            for call, suffix in item.aggregates:
                name = alias.text if alias is not None else text
                if suffix is not None:
                    name = f"{name}_{suffix.text}"
                columns.append(OutColumn(name, self._cell(call, column, value, inner)))
        group = ", ".join(inner.group_keys)
        items = ", ".join(f"{c.value.sql} AS c{i}" for i, c in enumerate(columns, 1))
        sql = f"SELECT {items} FROM {source.sql}" + (f" GROUP BY {group}" if group else "")
        alias_name = self.context.alias("t")
        name_of = item.alias.text if item.alias is not None else None
        result = self._columns_source(columns, alias_name, name_of, item.at)
        return FromPart(f"({sql}) AS {alias_name}", [result])

    def _cell(self, call: n.Call, column: n.Name, value: n.Node, scope: Scope) -> Typed:
        """One aggregate over the rows where the pivot column has one value."""
        if len(call.parts) != 1 or call.path[0] not in AGGREGATES:
            raise OraError(56902, offset=call.at)
        if isinstance(value, n.NullLiteral):
            test: n.Node = n.IsNull(value.at, column, negated=False)
        else:
            test = n.Compare(value.at, "=", column, value)
        argument = n.NumberLiteral(call.at, "1") if call.star else call.arguments[0]
        case = n.Case(call.at, None, [(test, argument)], None)
        picked = dataclasses.replace(
            call,
            star=False,
            arguments=[case, *call.arguments[1:]],
            names=[None] * max(1, len(call.arguments)),
        )
        return self.expression(picked, scope)
