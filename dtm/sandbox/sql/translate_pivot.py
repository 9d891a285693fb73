"""PIVOT: conditional aggregates grouped by the columns the clause does not name; UNPIVOT.

SQL Language Reference 19c, "SQL Statements: SELECT", "pivot_clause", "unpivot_clause".
"""

from __future__ import annotations

import dataclasses

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import OutColumn, Scope, Typed
from dtm.sandbox.sql.bind_sources import FromPart
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.translate_aggregates import AGGREGATES
from dtm.sandbox.sql.translate_queries import QueryTranslator


class PivotTranslator(QueryTranslator):
    """Translates PIVOT and UNPIVOT."""

    def pivot(self, item: n.Pivot, scope: Scope) -> FromPart:
        source = self.from_part(item.source, scope)
        inner = Scope(scope.parent, source.sources, clause="GROUP BY", ctes=scope.ctes)
        pivots = [n.Name(item.at, (column,)) for column in item.columns]
        used = {column.text for column in item.columns} | {
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
                columns.append(OutColumn(name, self._cell(call, pivots, value, inner)))
        group = ", ".join(inner.group_keys)
        items = ", ".join(f"{c.value.sql} AS c{i}" for i, c in enumerate(columns, 1))
        sql = f"SELECT {items} FROM {source.sql}" + (f" GROUP BY {group}" if group else "")
        alias_name = self.context.alias("t")
        name_of = item.alias.text if item.alias is not None else None
        result = self._columns_source(columns, alias_name, name_of, item.at)
        return FromPart(f"({sql}) AS {alias_name}", [result])

    def _cell(self, call: n.Call, pivots: list[n.Name], value: n.Node, scope: Scope) -> Typed:
        """One aggregate over the rows where the pivot columns have one combination of values."""
        if call.path == ("COLLECT",):
            self.context.unsupported(127, "COLLECT in PIVOT", call.at)
        if len(call.parts) != 1 or call.path[0] not in AGGREGATES:
            raise OraError(56902, offset=call.at)
        values = value.items if isinstance(value, n.Tuple) else [value]
        if len(values) != len(pivots):
            raise OraError(913 if len(values) > len(pivots) else 947, offset=value.at)
        tests = [_equal(column, one) for column, one in zip(pivots, values, strict=True)]
        test = tests[0]
        for other in tests[1:]:
            test = n.Logical(value.at, "AND", test, other)
        argument = n.NumberLiteral(call.at, "1") if call.star else call.arguments[0]
        case = n.Case(call.at, None, [(test, argument)], None)
        picked = dataclasses.replace(
            call,
            star=False,
            arguments=[case, *call.arguments[1:]],
            names=[None] * max(1, len(call.arguments)),
        )
        return self.expression(picked, scope)

    def unpivot(self, item: n.Unpivot, scope: Scope) -> FromPart:
        """Each row once per element of IN, with the element's columns as values."""
        source = self.from_part(item.source, scope)
        inner = Scope(scope.parent, source.sources, ctes=scope.ctes)
        groups = [[n.Name(i.at, (i,)) for i in columns] for columns, _ in item.elements]
        used = {name.path[0] for group in groups for name in group}
        kept = [
            OutColumn(c.name, c.value)
            for s in source.sources
            for c in s.columns.values()
            if not c.hidden and c.name not in used
        ]
        counter = self.context.alias("u")
        names = [self._labels(item, i, counter, inner) for i in range(len(item.names))]
        values = [self._measures(groups, i, item, counter, inner) for i in range(len(item.values))]
        heads = zip((*item.names, *item.values), (*names, *values), strict=True)
        columns = [*kept, *(OutColumn(ident.text, value) for ident, value in heads)]
        items = ", ".join(f"{c.value.sql} AS c{i}" for i, c in enumerate(columns, 1))
        numbers = " UNION ALL ".join(f"SELECT {i} AS i" for i in range(len(groups)))
        sql = f"SELECT {items} FROM {source.sql} CROSS JOIN ({numbers}) AS {counter}"
        if not item.nulls:
            sql += f" WHERE {' OR '.join(f'{v.sql} IS NOT NULL' for v in values)}"
        alias = self.context.alias("t")
        shown = item.alias.text if item.alias is not None else None
        return FromPart(
            f"({sql}) AS {alias}", [self._columns_source(columns, alias, shown, item.at)]
        )

    def _labels(self, item: n.Unpivot, index: int, counter: str, scope: Scope) -> Typed:
        """What one column of FOR holds: the element's literal, or its columns' names."""
        values = []
        for columns, literals in item.elements:
            if literals is None:
                values.append(self.text("_".join(c.text for c in columns)))
            elif len(literals) != len(item.names):
                raise OraError(1789, offset=item.at)
            else:
                values.append(self.expression(literals[index], scope))
        return self._switched(values, counter, item.at)

    def _measures(
        self, groups: list[list[n.Name]], index: int, item: n.Unpivot, counter: str, scope: Scope
    ) -> Typed:
        for group in groups:
            if len(group) != len(item.values):
                raise OraError(1789, offset=item.at)
        values = [self.expression(group[index], scope) for group in groups]
        return self._switched(values, counter, item.at)

    def _switched(self, values: list[Typed], counter: str, at: int) -> Typed:
        """One of the values, by the number of the element; ORA-01790 for mixed types."""
        try:
            target = typing_rules.unify_strict([v.type for v in values])
        except OraError:
            raise OraError(1790, offset=at) from None
        parts = self.unify(values, target, at)
        whens = " ".join(f"WHEN {i} THEN {part.sql}" for i, part in enumerate(parts))
        return self.merged(f"CASE {counter}.i {whens} END", target, parts)


def _equal(column: n.Name, value: n.Node) -> n.Node:
    if isinstance(value, n.NullLiteral):
        return n.IsNull(value.at, column, negated=False)
    return n.Compare(value.at, "=", column, value)
