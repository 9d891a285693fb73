"""Value expressions: names, operators, CASE, CAST, literals.

SQL Language Reference 19c, "Expressions", "Operators", "Literals", "Pseudocolumns".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import DATE, NUMBER, Kind, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Typed
from dtm.sandbox.sql.bind_scope import find_column, invalid_identifier
from dtm.sandbox.sql.bind_types import data_type, is_scalar
from dtm.sandbox.sql.encoding import encode
from dtm.sandbox.sql.functions import (
    conversion_functions,
    date_input,
    datetimes,
    intervals,
    numeric,
    registry,
    typing_rules,
)
from dtm.sandbox.sql.functions.conversion import FLOATS, family
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.translate_base import NATIVE_DIGITS, TranslatorBase, null_of, quote_text
from dtm.sandbox.sql.translate_storage import cast_function

# Functions that are called without parentheses.
BARE_FUNCTIONS = frozenset({"DBTIMEZONE", "SESSIONTIMEZONE", "UID", "USER"}) | {
    *("CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "SYSDATE", "SYSTIMESTAMP")
}
_FOLDED = {"+": numeric.add, "-": numeric.subtract, "*": numeric.multiply}
_HIERARCHY_COLUMNS = frozenset({"LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE"})


class ExpressionTranslator(TranslatorBase):
    """Translates values."""

    def expression(self, node: n.Node, scope: Scope) -> Typed:
        mark = len(scope.loose)
        handler = _HANDLERS.get(type(node))
        if handler is None:
            return self.other_expression(node, scope)
        value = handler(self, node, scope)
        return self.grouped(value, scope, mark)

    def grouped(self, value: Typed, scope: Scope, mark: int) -> Typed:
        """A GROUP BY expression: the columns in it (noted since `mark`) are no loose ones."""
        if scope.group_keys is None or scope.in_aggregate or value.sql not in scope.group_keys:
            return value
        del scope.loose[mark:]
        if scope.null_keys is not None and value.sql in scope.null_keys:
            return null_of(value.type)
        return value

    def other_expression(self, node: n.Node, scope: Scope) -> Typed:
        """Calls and subqueries: the subclass's."""
        raise NotImplementedError

    # ------------------------------------------------------------ literals

    def _number(self, node: n.NumberLiteral, scope: Scope) -> Typed:
        del scope
        return self.number(node.text, node.at)

    def _string(self, node: n.StringLiteral, scope: Scope) -> Typed:
        del scope
        return self.text(node.value)

    def _null(self, node: n.NullLiteral, scope: Scope) -> Typed:
        del node, scope
        return null_of(OraType(Kind.NULL))

    def _date_literal(self, node: n.DateLiteral, scope: Scope) -> Typed:
        """DATE 'YYYY-MM-DD' and TIMESTAMP 'YYYY-MM-DD HH24:MI:SS[.FF][ zone]'."""
        del scope
        env = Environment(self.context.session)
        try:
            if node.kind == "DATE":
                value = date_input.parse(node.text, "YYYY-MM-DD", env, "D")
                return Typed(quote_text(str(encode(value))), DATE, nullable=False)
            zoned = node.text.strip()[-6:-5] in {"+", "-"} or node.text.strip()[-1:].isalpha()
            model = "YYYY-MM-DD HH24:MI:SS" + (".FF" if "." in node.text else "")
            kind = Kind.TIMESTAMP_TZ if zoned else Kind.TIMESTAMP
            value = date_input.parse(
                node.text, model + (" TZR" if zoned else ""), env, "Z" if zoned else "S"
            )
        except OraError as error:
            raise self.located(error, node.at) from None
        precision = len(node.text.partition(".")[2].partition(" ")[0]) or 0
        ora_type = OraType(kind, precision=min(max(precision, 0), 9))
        return Typed(quote_text(str(encode(value, kind))), ora_type, nullable=False)

    def _interval(self, node: n.IntervalLiteral, scope: Scope) -> Typed:
        del scope
        try:
            value = intervals.literal(node.text, node.first, node.last, node.precision)
        except OraError as error:
            raise self.located(error, node.at) from None
        months = node.first in {"YEAR", "MONTH"}
        kind = Kind.INTERVAL_YM if months else Kind.INTERVAL_DS
        ora_type = OraType(kind, precision=node.precision, scale=None if months else 6)
        return Typed(str(encode(value)), ora_type, nullable=False)

    # ------------------------------------------------------------ names

    def _name(self, node: n.Name, scope: Scope) -> Typed:
        if node.outer and scope.clause != "OUTER":
            raise OraError(25156 if scope.clause == "ON" else 1799, offset=node.at)
        special = self._pseudo_column(node, scope)
        if special is not None:
            return special
        found = find_column(scope, node)
        if found is not None:
            return found
        return self._not_a_column(node, scope)

    def _not_a_column(self, node: n.Name, scope: Scope) -> Typed:
        path = node.path
        if path[-1] in {"NEXTVAL", "CURRVAL"} and len(path) > 1:
            return self.sequence_value(node, scope)
        if len(path) == 1 and path[0] in BARE_FUNCTIONS and not node.parts[0].quoted:
            return self._bare_function(node)
        host = self.context.scope.resolve(path) if self.context.scope is not None else None
        if host is not None:
            return self.context.host(host, node.at)
        function = self.named_function(node, scope)
        if function is not None:
            return function
        if path[-1] == "ORA_ROWSCN":
            self.context.unsupported(157, "pseudocolumn ORA_ROWSCN", node.at)
        raise invalid_identifier(node)

    def named_function(self, node: n.Name, scope: Scope) -> Typed | None:
        """A PL/SQL function called without parentheses."""
        raise NotImplementedError

    def sequence_value(self, node: n.Name, scope: Scope) -> Typed:
        raise NotImplementedError

    def _bare_function(self, node: n.Name) -> Typed:
        name = node.path[0]
        call = registry.resolve(name, [])
        function = call.function

        def read(env: Environment) -> object:
            return function.call(env) if function.wants_env else function.call()

        return replace(self.context.runtime(name, call.returns, read), nullable=False)

    def _pseudo_column(self, node: n.Name, scope: Scope) -> Typed | None:
        name = node.path[0]
        if len(node.parts) != 1 or node.parts[0].quoted:
            return None
        if name == "ROWNUM":
            block: Scope | None = scope
            while block is not None and block.rownum is None:
                block = block.parent
            if block is None or block.rownum is None:
                raise OraError(976, offset=node.at)
            if not block.in_aggregate:
                block.loose.append((node.at, name))
            return Typed(block.rownum, NUMBER, nullable=False, digits=12)
        if name in _HIERARCHY_COLUMNS:
            return self.hierarchy_column(node, scope)
        if name == "COLUMN_VALUE":
            return find_column(scope, node)
        return None

    def hierarchy_column(self, node: n.Name, scope: Scope) -> Typed:
        raise NotImplementedError

    def _bind(self, node: n.Bind, scope: Scope) -> Typed:
        del scope
        return self.context.bind(node)

    # ------------------------------------------------------------ operators

    def _unary(self, node: n.Unary, scope: Scope) -> Typed:
        if node.op in {"PRIOR", "CONNECT_BY_ROOT"}:
            return self.hierarchy_operator(node, scope)
        value = self.expression(node.operand, scope)
        if node.op == "-" and value.is_literal and family(value.type) == "N":
            return self.number_value(-value.literal if isinstance(value.literal, int)
                                     else value.literal.copy_negate())  # fmt: skip
        try:
            ora_type, _ = datetimes.negation(value.type)
        except OraError as error:
            raise self.located(error, node.at) from None
        value = self.convert(value, ora_type, node.at)
        if node.op == "+":
            return value
        if value.digits is not None or family(ora_type) in "IY" or ora_type.kind in FLOATS:
            return replace(value, sql=f"(- {value.sql})")
        return replace(value, sql=self.udf(wrappers.negation(ora_type), value.sql))

    def hierarchy_operator(self, node: n.Unary, scope: Scope) -> Typed:
        raise NotImplementedError

    def _binary(self, node: n.Binary, scope: Scope) -> Typed:
        """A chain of operators of one precedence is walked without recursion."""
        chain: list[n.Binary] = []
        left: n.Node = node
        while isinstance(left, n.Binary):
            chain.append(left)
            left = left.left
        value = self.expression(left, scope)
        index = len(chain) - 1
        while index >= 0:
            step = chain[index]
            if step.op == "||":
                stop = index
                while stop > 0 and chain[stop - 1].op == "||":
                    stop -= 1
                rest = [self.expression(c.right, scope) for c in chain[stop : index + 1][::-1]]
                value = self.concatenate([value, *rest], step.at)
                index = stop - 1
            else:
                value = self.arithmetic(
                    step.op, value, self.expression(step.right, scope), step.at
                )
                index -= 1
        return value

    def arithmetic(self, op: str, left: Typed, right: Typed, at: int) -> Typed:
        """left op right for one of + - * /."""
        try:
            operation = datetimes.operation(op, left.type, right.type)
        except OraError as error:
            raise self.located(error, at) from None
        left = self.convert(left, operation.left, at)
        right = self.convert(right, operation.right, at)
        if left.is_literal and right.is_literal and op in _FOLDED:
            folded = self._folded(op, left, right)
            if folded is not None:
                return folded
        native = self._native_integers(op, left, right)
        if native is not None:
            return native
        function = wrappers.operator(op, operation.left, operation.right, operation.returns)
        return Typed(
            self.udf(function, left.sql, right.sql),
            operation.returns,
            left.nullable or right.nullable,
            wide=family(operation.returns) == "N",
        )

    def _folded(self, op: str, left: Typed, right: Typed) -> Typed | None:
        """Two numeric literals, computed now; an overflow is left to execution."""
        if family(left.type) != "N" or family(right.type) != "N":
            return None
        try:
            return self.number_value(_FOLDED[op](left.literal, right.literal))
        except OraError:
            return None

    def _native_integers(self, op: str, left: Typed, right: Typed) -> Typed | None:
        """SQLite's own operator for integers that cannot overflow 64 bits."""
        if left.digits is None or right.digits is None or op == "/":
            return None
        digits = left.digits + right.digits if op == "*" else max(left.digits, right.digits) + 1
        if digits > NATIVE_DIGITS:
            return None
        return Typed(
            f"({left.sql} {op} {right.sql})",
            NUMBER,
            left.nullable or right.nullable,
            digits=digits,
        )

    def concatenate(self, values: list[Typed], at: int) -> Typed:
        """`||`: NULL counts as an empty text; ORA-01489 beyond 4000 bytes."""
        texts = [self.to_text(v, at) for v in values]
        ora_type = texts[0].type
        width = 0
        for position, value in enumerate(texts):
            if position:
                ora_type = typing_rules.concatenation(ora_type, value.type)
            width += typing_rules.text_width(value.type)
        parts = [v.sql if not v.nullable else f"ifnull({v.sql}, '')" for v in texts]
        sql = f"({' || '.join(parts)})"
        nullable = all(v.nullable for v in texts)
        if family(ora_type) == "L":
            if nullable:
                sql = f"CASE WHEN coalesce({', '.join(v.sql for v in texts)}) IS NULL THEN NULL ELSE {sql} END"
            return Typed(sql, ora_type, nullable)
        if nullable:
            sql = f"nullif({sql}, '')"
        if width > typing_rules.MAX_TEXT:
            sql = self.udf(wrappers.CHECKED_TEXT, sql)
        return Typed(sql, ora_type, nullable)

    # ------------------------------------------------------------ CASE and CAST

    def _case(self, node: n.Case, scope: Scope) -> Typed:
        with self.context.branching():
            return self._branches(node, scope)

    def _branches(self, node: n.Case, scope: Scope) -> Typed:
        tests: list[str] = []
        if node.operand is None:
            tests = [self.condition(test, scope) for test, _ in node.whens]
        else:
            operand = self.expression(node.operand, scope)
            for test, _ in node.whens:
                other = self.expression(test, scope)
                self._same_kind(operand, other, test.at)
                tests.append(self.compare("=", operand, other, test.at))
        results = [self.expression(result, scope) for _, result in node.whens]
        default = null_of(OraType(Kind.NULL))
        if node.default is not None:
            default = self.expression(node.default, scope)
        try:
            target = typing_rules.unify_strict([v.type for v in (*results, default)])
        except OraError as error:
            raise self.located(error, node.at) from None
        branches = self.unify([*results, default], target, node.at)
        body = " ".join(
            f"WHEN {test} THEN {branch.sql}" for test, branch in zip(tests, branches, strict=False)
        )
        return self.merged(f"CASE {body} ELSE {branches[-1].sql} END", target, branches)

    def _same_kind(self, operand: Typed, other: Typed, at: int) -> None:
        """The values of a simple CASE are not converted: ORA-00932."""
        try:
            typing_rules.unify_strict([operand.type, other.type])
        except OraError as error:
            raise self.located(error, at) from None

    def _cast(self, node: n.Cast, scope: Scope) -> Typed:
        if not is_scalar(node.type):
            return self.cast_to_user_type(node, scope)
        target = data_type(node.type, self.context)
        value = self.expression(node.operand, scope)
        converted = self.convert(value, target, node.at)
        function = cast_function(target)
        if function is None:
            return replace(converted, type=target, literal=null_of(target).literal)
        sql = self.udf(function, converted.sql)
        whole = family(target) == "N" and target.precision is not None and not target.scale
        digits = target.precision if whole else None
        if digits is not None and digits > NATIVE_DIGITS:
            digits = None
        return Typed(sql, target, value.nullable, digits=digits, wide=family(target) == "N")

    def cast_to_user_type(self, node: n.Cast, scope: Scope) -> Typed:
        """CAST to a collection type; the translator of objects has it."""
        raise NotImplementedError

    def _at_time_zone(self, node: n.AtTimeZone, scope: Scope) -> Typed:
        value = self.expression(node.operand, scope)
        arguments = [value]
        if node.zone is not None:
            arguments.append(self.expression(node.zone, scope))
        name = "AT LOCAL" if node.zone is None else "AT TIME ZONE"
        return self.registry_call(name, arguments, node.at)

    def registry_call(self, name: str, arguments: list[Typed], at: int) -> Typed:
        raise NotImplementedError

    def _tuple(self, node: n.Tuple, scope: Scope) -> Typed:
        del scope
        raise OraError(907, offset=node.items[1].at)

    def _star(self, node: n.Star, scope: Scope) -> Typed:
        del scope
        raise OraError(936, offset=node.at)


_HANDLERS: dict[type[n.Node], Callable[..., Typed]] = {
    n.NumberLiteral: ExpressionTranslator._number,
    n.StringLiteral: ExpressionTranslator._string,
    n.NullLiteral: ExpressionTranslator._null,
    n.DateLiteral: ExpressionTranslator._date_literal,
    n.IntervalLiteral: ExpressionTranslator._interval,
    n.Name: ExpressionTranslator._name,
    n.Bind: ExpressionTranslator._bind,
    n.Unary: ExpressionTranslator._unary,
    n.Binary: ExpressionTranslator._binary,
    n.Case: ExpressionTranslator._case,
    n.Cast: ExpressionTranslator._cast,
    n.AtTimeZone: ExpressionTranslator._at_time_zone,
    n.Tuple: ExpressionTranslator._tuple,
    n.Star: ExpressionTranslator._star,
}
__all__ = ["ExpressionTranslator", "conversion_functions"]
