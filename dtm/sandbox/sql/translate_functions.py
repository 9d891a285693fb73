"""Function calls: what SQLite evaluates itself, built-ins, PL/SQL functions, sequences, subqueries.

SQL Language Reference 19c, "Functions"; "Expressions", "Scalar Subquery Expressions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError, internal_error
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, SqlFunction, Typed
from dtm.sandbox.sql.bind_scope import invalid_identifier
from dtm.sandbox.sql.functions import general, registry, typing_rules
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_base import null_of
from dtm.sandbox.sql.translate_calls import CallTranslator
from dtm.sandbox.sql.translate_expressions import BARE_FUNCTIONS

# Results that are integers of a few digits.
_SMALL = {
    **dict.fromkeys(("LENGTH", "LENGTHB", "INSTR", "INSTRB", "REGEXP_INSTR", "REGEXP_COUNT"), 10),
    **dict.fromkeys(("ASCII", "VSIZE", "UID", "ORA_HASH"), 10),
    "SIGN": 1,
}
# In SQL their results end at a VARCHAR2's length, without an error.
_CUT = frozenset({"LPAD", "RPAD"})
_GROWING = frozenset({"CONCAT", "REPLACE", "REGEXP_REPLACE"})  # ORA-01489 beyond it
_CONVERSIONS = frozenset(
    f"TO_{kind}"
    for kind in ("BINARY_DOUBLE", "BINARY_FLOAT", "DATE", "DSINTERVAL", "NUMBER", "TIMESTAMP",
                 "TIMESTAMP_TZ", "YMINTERVAL")
)  # fmt: skip
_NOT_WIDE = frozenset({"EXTRACT"})


class FunctionTranslator(CallTranslator):
    """Translates calls and scalar subqueries."""

    def other_expression(self, node: n.Node, scope: Scope) -> Typed:
        if isinstance(node, n.Call):
            return self._call(node, scope)
        if isinstance(node, n.Subquery):
            return self.scalar_subquery(node, scope)
        if isinstance(node, n.Condition):
            raise OraError(907, offset=node.at)
        raise internal_error(f"{type(node).__name__} as an expression")

    def _call(self, node: n.Call, scope: Scope) -> Typed:
        mark = len(scope.loose)
        return self.grouped(self.dispatch(node, scope), scope, mark)

    def dispatch(self, node: n.Call, scope: Scope) -> Typed:
        """A call by its name."""
        name = self._builtin_name(node)
        if name is None:
            return self.plsql_call(node, scope)
        if self.is_aggregate(name, node):
            return self.aggregate(name, node, scope)
        self._refuse_clauses(node)
        special = SPECIAL.get(name)
        if any(node.names) and (special is not None or registry.lookup(name)):
            raise OraError(907, offset=node.at)
        if special is not None:
            return special(self, node, scope)
        hierarchical = self.hierarchy_call(name, node, scope)
        if hierarchical is not None:
            return hierarchical
        if registry.lookup(name):
            if not node.arguments and name in BARE_FUNCTIONS:
                raise OraError(923, offset=node.parts[-1].at + len(name))
            arguments = [self.expression(a, scope) for a in node.arguments]
            if node.default_on_error is not None:
                return self._tolerant(name, arguments, node.default_on_error, scope)
            return self.registry_call(name, arguments, node.at)
        return self.plsql_call(node, scope)

    def _tolerant(self, name: str, arguments: list[Typed], default: n.Node, scope: Scope) -> Typed:
        """TO_NUMBER(expr DEFAULT value ON CONVERSION ERROR, ...): the value is converted instead
        when expr cannot be; errors of expr itself stay."""
        instead = self.expression(default, scope)
        if not arguments[0].is_null:
            instead = self.convert(instead, arguments[0].type, default.at)
        types = tuple(a.type for a in arguments)
        call = registry.resolve(name, types)
        function = wrappers.tolerant(wrappers.registered(call, types))
        sql = self.udf(function, *(a.sql for a in arguments), instead.sql)
        return Typed(sql, call.returns, wide=family(call.returns) == "N")

    def is_aggregate(self, name: str, node: n.Call) -> bool:
        raise NotImplementedError

    def aggregate(self, name: str, node: n.Call, scope: Scope) -> Typed:
        raise NotImplementedError

    def hierarchy_call(self, name: str, node: n.Call, scope: Scope) -> Typed | None:
        raise NotImplementedError

    def _builtin_name(self, node: n.Call) -> str | None:
        """The built-in a call may mean; STANDARD.x and SYS.STANDARD.x too."""
        path = node.path
        if len(path) > 1 and path[:-1] not in (("STANDARD",), ("SYS", "STANDARD")):
            return None
        return None if node.parts[-1].quoted else path[-1]

    def _refuse_clauses(self, node: n.Call) -> None:
        """Clauses only aggregate and analytic functions have."""
        if node.over is not None or node.keep is not None or node.within is not None:
            raise OraError(923, offset=node.at)
        if node.quantifier or node.star:
            raise OraError(30482 if node.quantifier else 936, offset=node.at)
        if node.default_on_error is not None and node.path[-1] not in _CONVERSIONS:
            raise OraError(907, offset=node.default_on_error.at)

    # ------------------------------------------------------------ built-ins

    def registry_call(self, name: str, arguments: list[Typed], at: int) -> Typed:
        types = tuple(a.type for a in arguments)
        try:
            call = registry.resolve(name, types)
            if self.context.stored:
                arguments = self._canonical(call, arguments, at)
                types = tuple(a.type for a in arguments)
                call = registry.build(call.function, types)
        except OraError as error:
            raise self.located(error, at) from None
        function = wrappers.registered(call, types)
        digits = _SMALL.get(name)
        number = family(call.returns) == "N"
        sql = self.udf(function, *(a.sql for a in arguments))
        if name == "DUMP" and arguments[0].type.kind is Kind.CHAR:  # literals, too: both are str
            sql = f"replace({sql}, 'Typ=1 ', 'Typ=96 ')"
        if call.returns.kind is Kind.VARCHAR2 and not self.context.stored:
            sql = self._within(name, sql, arguments)
        return Typed(
            sql,
            call.returns,
            digits=digits,
            wide=number and digits is None and name not in _NOT_WIDE,
        )

    def _within(self, name: str, sql: str, arguments: list[Typed]) -> str:
        """A text result kept to the 4000 bytes of a VARCHAR2 in SQL."""
        if name in _CUT:
            return self.udf(wrappers.CUT_TEXT, sql)
        if name in _GROWING:
            return self.udf(wrappers.CHECKED_TEXT, sql)
        if name == "TO_CHAR" and arguments[0].type.kind is Kind.CLOB:
            return self.udf(wrappers.CLOB_TEXT, arguments[0].sql)
        return sql

    def _canonical(self, call: registry.Call, arguments: list[Typed], at: int) -> list[Typed]:
        """Arguments in the types for which stored expressions have functions."""
        letters = call.function.families(len(arguments))
        result = []
        for value, letter in zip(arguments, letters, strict=True):
            target = registry.FAMILY_TYPES.get(letter)
            converted = value if target is None else self.convert(value, target, at)
            kind = converted.type if target is None else target
            result.append(replace(converted, type=kind))
        return result

    def _arguments(self, node: n.Call, scope: Scope, low: int, high: int | None) -> list[Typed]:
        count = len(node.arguments)
        if count < low:
            raise OraError(938 if high is None or low != high else 909, offset=node.at)
        if high is not None and count > high:
            raise OraError(939 if low != high else 909, offset=node.at)
        return [self.expression(a, scope) for a in node.arguments]

    def _unified(
        self,
        values: list[Typed],
        rule: Callable[[list[OraType]], OraType],
        at: int,
    ) -> tuple[OraType, list[Typed]]:
        try:
            target = rule([v.type for v in values])
        except OraError as error:
            raise self.located(error, at) from None
        return target, self.unify(values, target, at)

    def _nvl(self, node: n.Call, scope: Scope) -> Typed:
        values = self._arguments(node, scope, 2, 2)
        target, parts = self._unified(values, typing_rules.unify_to_first, node.at)
        calls = "(" in parts[1].sql and not parts[1].is_literal and not self.context.stored
        function = self.context.function(wrappers.NVL) if calls else "ifnull"  # both are evaluated
        sql = f"{function}({parts[0].sql}, {parts[1].sql})"
        result = self.merged(sql, target, parts)
        return Typed(sql, target, parts[1].nullable, result.digits, result.wide)

    def _nvl2(self, node: n.Call, scope: Scope) -> Typed:
        values = self._arguments(node, scope, 3, 3)
        target, parts = self._unified(values[1:], typing_rules.unify_to_first, node.at)
        test = f"{values[0].sql} IS NOT NULL"
        sql = f"CASE WHEN {test} THEN {parts[0].sql} ELSE {parts[1].sql} END"
        return self.merged(sql, target, parts)

    def _coalesce(self, node: n.Call, scope: Scope) -> Typed:
        values = self._arguments(node, scope, 2, None)
        target, parts = self._unified(values, typing_rules.unify_strict, node.at)
        sql = f"coalesce({', '.join(p.sql for p in parts)})"
        result = self.merged(sql, target, parts)
        return Typed(sql, target, all(p.nullable for p in parts), result.digits, result.wide)

    def _nullif(self, node: n.Call, scope: Scope) -> Typed:
        values = self._arguments(node, scope, 2, 2)
        if values[0].is_null:
            raise OraError(932, "-", "CHAR", offset=node.at)
        self._unified(values, typing_rules.unify_strict, node.at)
        test = self.compare("=", values[0], values[1], node.at)
        sql = f"CASE WHEN {test} THEN NULL ELSE {values[0].sql} END"
        return self.merged(sql, values[0].type, values[:1])

    def _decode(self, node: n.Call, scope: Scope) -> Typed:
        with self.context.branching():
            values = self._arguments(node, scope, 3, None)
        try:
            compare, target = general.decode_parts([v.type for v in values])
        except OraError as error:
            raise self.located(error, node.at) from None
        operand = self.convert(values[0], compare, node.at)
        rest = values[1:]
        pairs = [(rest[i], rest[i + 1]) for i in range(0, len(rest) - 1, 2)]
        default = rest[-1] if len(rest) % 2 else null_of(target)
        results = self.unify([r for _, r in pairs] + [default], target, node.at)
        branches = []
        for (search, _), result in zip(pairs, results, strict=False):
            other = self.convert(search, compare, node.at)
            test = f"{self.equality_key(operand)} IS {self.equality_key(other)}"
            branches.append(f"WHEN {test} THEN {result.sql}")
        return self.merged(
            f"CASE {' '.join(branches)} ELSE {results[-1].sql} END", target, results
        )

    def _extreme(self, node: n.Call, scope: Scope) -> Typed:
        """GREATEST, LEAST: SQLite's own max and min where order is native."""
        values = self._arguments(node, scope, 1, None)
        target, parts = self._unified(values, typing_rules.unify_to_first, node.at)
        wide = any(p.wide for p in parts) and family(target) == "N"
        if wide or target.kind is Kind.TIMESTAMP_TZ or len(parts) == 1:
            return self.registry_call(node.path[-1], parts, node.at)
        word = "max" if node.path[-1] == "GREATEST" else "min"
        return self.merged(f"{word}({', '.join(p.sql for p in parts)})", target, parts)

    def _length(self, node: n.Call, scope: Scope) -> Typed:
        values = self._arguments(node, scope, 1, 1)
        value = values[0]
        if family(value.type) not in {"T", "L"}:
            return self.registry_call("LENGTH", values, node.at)
        return Typed(f"length({value.sql})", NUMBER, value.nullable, digits=10)

    def _substr(self, node: n.Call, scope: Scope) -> Typed:
        """SUBSTR with constant positive positions is SQLite's own."""
        values = self._arguments(node, scope, 2, 3)
        text, *numbers = values
        native = family(text.type) == "T" and all(
            v.is_literal and isinstance(v.literal, int) and v.literal > 0 for v in numbers
        )
        if not native:
            return self.registry_call("SUBSTR", values, node.at)
        sql = f"nullif(substr({text.sql}, {', '.join(v.sql for v in numbers)}), '')"
        width = typing_rules.text_width(text.type)
        if len(numbers) == 2:
            width = min(width, int(numbers[1].literal) * 4)
        return Typed(sql, typing_rules.text(width))

    def _rawtohex(self, node: n.Call, scope: Scope) -> Typed:
        """In SQL a text is recast to its bytes; in PL/SQL it is hexadecimal already."""
        values = self._arguments(node, scope, 1, 1)
        if family(values[0].type) != "T" or values[0].type.kind is Kind.ROWID:
            return self.registry_call("RAWTOHEX", values, node.at)
        return Typed(f"nullif(hex({values[0].sql}), '')", typing_rules.text())

    def _lnnvl(self, node: n.Call, scope: Scope) -> Typed:
        del scope
        raise invalid_identifier(node)


_Special = Callable[[FunctionTranslator, n.Call, Scope], Typed]
SPECIAL: dict[str, _Special] = {
    "NVL": FunctionTranslator._nvl,
    "NVL2": FunctionTranslator._nvl2,
    "COALESCE": FunctionTranslator._coalesce,
    "NULLIF": FunctionTranslator._nullif,
    "DECODE": FunctionTranslator._decode,
    "GREATEST": FunctionTranslator._extreme,
    "LEAST": FunctionTranslator._extreme,
    "LENGTH": FunctionTranslator._length,
    "SUBSTR": FunctionTranslator._substr,
    "LNNVL": FunctionTranslator._lnnvl,
    "RAWTOHEX": FunctionTranslator._rawtohex,
    "REGEXP_LIKE": FunctionTranslator._lnnvl,
}
__all__ = ["FunctionTranslator", "SqlFunction"]
