"""Operators on compiled operands, specialised by static type.

PL/SQL Language Reference 19c, "Expressions"; three-valued logic: NULL is neither TRUE nor FALSE.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.operands import (
    add_constant,
    compare_constant,
    folded,
    months,
    multiset,
    unpadded,
)
from dtm.sandbox.interpreter.compiler.symbols import Code, Run
from dtm.sandbox.interpreter.compiler.typing import TypingMixin
from dtm.sandbox.interpreter.convert import Mismatch, conversion_to
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Pos
from dtm.sandbox.interpreter.types import (
    BOOLEAN,
    CLOB,
    DATE_KINDS,
    DOUBLE,
    NUMBER,
    PLS_INTEGER,
    PLS_MAX,
    PLS_MIN,
    STANDARD_TYPES,
    TIMESTAMP_TZ,
    VARCHAR2,
    CollectionType,
    ObjectType,
    PlType,
    Scalar,
    is_number,
    is_text,
    ora_type,
)
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, Months
from dtm.sandbox.sql.functions import datetimes, numeric

Value = Any
_LIMIT = 10**38
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
SIMPLE_INTEGER = STANDARD_TYPES["SIMPLE_INTEGER"]
_FLOATS = (Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE)


def _wraps(left: Code, right: Code) -> bool:
    """SIMPLE_INTEGER arithmetic: all operands are of that type or literals."""
    simple = [isinstance(code.type, Scalar) and code.type.wraps for code in (left, right)]
    fits = [each or code.literal for each, code in zip(simple, (left, right), strict=True)]
    return any(simple) and all(fits)


class OperatorMixin(TypingMixin):
    """Compiles operators."""

    # -------------------------------------------------------------- logic

    def boolean(self, code: Code, pos: Pos) -> Run:
        """A condition; PLS-00382 when it is none."""
        if code.type.kind not in (Kind.BOOLEAN, Kind.NULL):
            raise pls(pos, 382)
        return code.run

    @staticmethod
    def both(left: Run, right: Run) -> Run:
        """AND, short-circuit: FALSE decides."""

        def run(f: Frame) -> Value:
            first = left(f)
            if first is False:
                return False
            second = right(f)
            if second is False:
                return False
            return True if first and second else None

        return run

    @staticmethod
    def either(left: Run, right: Run) -> Run:
        """OR, short-circuit: TRUE decides."""

        def run(f: Frame) -> Value:
            first = left(f)
            if first:
                return True
            second = right(f)
            if second:
                return True
            return None if first is None or second is None else False

        return run

    @staticmethod
    def negation(operand: Run) -> Run:
        """NOT: NULL stays NULL."""

        def run(f: Frame) -> Value:
            value = operand(f)
            return None if value is None else not value

        return run

    # -------------------------------------------------------------- comparison

    def comparison(self, op: str, left: Code, right: Code, pos: Pos) -> Code:
        """= <> < > <= >="""
        a, b = self.comparable(left, right, pos, op)
        compare = _COMPARE[op]
        if right.literal and right.value is not None and b is right.run:
            return Code(compare_constant(op, compare, a, right.value), BOOLEAN)

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            if x is None or y is None:
                return None
            return compare(x, y)

        return Code(run, BOOLEAN)

    def comparable(self, left: Code, right: Code, pos: Pos, op: str = "=") -> tuple[Run, Run]:
        """Both operands brought to one representation."""
        a, b = left.type, right.type
        if Kind.NULL in (a.kind, b.kind) and isinstance(a, Scalar) and isinstance(b, Scalar):
            return left.run, right.run
        if isinstance(a, CollectionType) and isinstance(b, CollectionType):
            if op in ("=", "<>") and a is b and a.how == "NESTED":
                return multiset(left.run), multiset(right.run)
            raise pls(pos, 306, op)
        if isinstance(a, ObjectType) and isinstance(b, ObjectType):
            return self.compared_objects(left, right, pos, op)
        if not (isinstance(a, Scalar) and isinstance(b, Scalar)):
            raise pls(pos, 306, op)
        return self._comparable_scalars(left, right, a, b, pos, op)

    def compared_objects(self, left: Code, right: Code, pos: Pos, op: str) -> tuple[Run, Run]:
        """Objects; their compiler has it."""
        raise NotImplementedError

    def _comparable_scalars(  # noqa: PLR0911
        self, left: Code, right: Code, a: Scalar, b: Scalar, pos: Pos, op: str
    ) -> tuple[Run, Run]:
        if Kind.BOOLEAN in (a.kind, b.kind):
            if a.kind is not b.kind:
                raise pls(pos, 306, op)
            return left.run, right.run
        if is_number(a) or is_number(b):
            target: PlType = DOUBLE if a.kind in _FLOATS or b.kind in _FLOATS else NUMBER
            return self._to(left, target, pos, op), self._to(right, target, pos, op)
        if a.kind in DATE_KINDS or b.kind in DATE_KINDS:
            return self._dates(left, right, a, b, pos, op)
        if a.kind is b.kind is Kind.INTERVAL_YM:
            return months(left.run), months(right.run)
        if a.kind is b.kind and a.kind is not Kind.CHAR:
            return left.run, right.run
        if a.kind is Kind.CHAR and b.kind is Kind.CHAR:
            return unpadded(left.run), unpadded(right.run)
        if Kind.INTERVAL_DS in (a.kind, b.kind):
            target = a if a.kind is Kind.INTERVAL_DS else b
            return self._to(left, target, pos, op), self._to(right, target, pos, op)
        if Kind.RAW in (a.kind, b.kind) and is_text(a) != is_text(b):
            return self._to(left, VARCHAR2, pos, op), self._to(right, VARCHAR2, pos, op)
        return left.run, right.run

    def _dates(
        self, left: Code, right: Code, a: Scalar, b: Scalar, pos: Pos, op: str
    ) -> tuple[Run, Run]:
        zoned = (Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ)
        if a.kind in zoned or b.kind in zoned:
            target: PlType = TIMESTAMP_TZ
        else:
            target = a if a.kind in DATE_KINDS else b
            if a.kind in DATE_KINDS and b.kind in DATE_KINDS:
                return left.run, right.run
        return self._to(left, target, pos, op), self._to(right, target, pos, op)

    def _to(self, code: Code, target: PlType, pos: Pos, op: str) -> Run:
        numbers = isinstance(code.type, Scalar) and is_number(code.type) and is_number(target)
        if numbers and (code.type.kind in _FLOATS or target.kind not in _FLOATS):
            return code.run
        try:
            convert = conversion_to(code.type, target)
        except Mismatch:
            raise pls(pos, 306, op) from None
        if convert is None:
            return code.run
        run = code.run
        return lambda f: convert(f.rt.env, run(f))

    # -------------------------------------------------------------- concatenation

    def concatenation(self, left: Code, right: Code, pos: Pos) -> Code:
        """||: NULL counts as an empty string."""
        clob = Kind.CLOB in (left.type.kind, right.type.kind)
        target = CLOB if clob else VARCHAR2
        a = self._text(left, target, pos)
        b = self._text(right, target, pos)

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            if x is None:
                return y
            if y is None:
                return x
            return x + y

        def limited(f: Frame) -> Value:
            text = run(f)
            if text is not None and len(text) > 32767:
                raise OraError(6502, ": character string buffer too small")
            return text

        return Code(run if clob else limited, target)

    def _text(self, code: Code, target: PlType, pos: Pos) -> Run:
        if code.type.kind is Kind.BOOLEAN or not isinstance(code.type, Scalar):
            raise pls(pos, 306, "||")
        if is_text(code.type) or code.type.kind in (Kind.CLOB, Kind.NULL):
            return code.run
        return self._to(code, target, pos, "||")

    # -------------------------------------------------------------- arithmetic

    def arithmetic(self, op: str, left: Code, right: Code, pos: Pos) -> Code:
        """+ - * / on numbers, dates and intervals; two numeric literals are computed now."""
        code = self._arithmetic(op, left, right, pos)
        if left.literal and right.literal and is_number(code.type) and not code.literal:
            return folded(code, left, right)
        return code

    def _arithmetic(self, op: str, left: Code, right: Code, pos: Pos) -> Code:
        a, b = left.type, right.type
        if not (isinstance(a, Scalar) and isinstance(b, Scalar)):
            raise pls(pos, 306, op)
        if Kind.BOOLEAN in (a.kind, b.kind):
            raise pls(pos, 306, op)
        if a.kind is b.kind is Kind.PLS_INTEGER and op != "/":
            return self._pls_arithmetic(op, left, right, wraps=_wraps(left, right))
        if (
            self._numeric(a)
            and self._numeric(b)
            and (is_number(a) or is_number(b) or (is_text(a) and is_text(b)))
        ):
            return self._number_arithmetic(op, left, right, pos)
        try:
            operation = datetimes.operation(op, ora_type(a), ora_type(b))
        except OraError:
            raise pls(pos, 306, op) from None
        x = self._to(left, Scalar(operation.left), pos, op)
        y = self._to(right, Scalar(operation.right), pos, op)
        compute = operation.call

        def run(f: Frame) -> Value:
            first = x(f)
            second = y(f)
            if first is None or second is None:
                return None
            return compute(first, second)

        return Code(run, Scalar(operation.returns))

    @staticmethod
    def _numeric(kind: Scalar) -> bool:
        return is_number(kind) or is_text(kind) or kind.kind in (Kind.NULL, Kind.CLOB)

    def _pls_arithmetic(self, op: str, left: Code, right: Code, *, wraps: bool) -> Code:
        a, b = left.run, right.run
        compute = {"+": operator.add, "-": operator.sub, "*": operator.mul}[op]
        if left.literal and right.literal and left.value is not None and right.value is not None:
            folded = compute(left.value, right.value)
            if PLS_MIN <= folded <= PLS_MAX:
                return Code(lambda _f: folded, PLS_INTEGER, literal=True, value=folded)
        if op == "+" and right.literal and right.value is not None and not wraps:
            return Code(add_constant(a, right.value), PLS_INTEGER)

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            if x is None or y is None:
                return None
            value = compute(x, y)
            if PLS_MIN <= value <= PLS_MAX:
                return value
            if wraps:
                return (value - PLS_MIN) % 2**32 + PLS_MIN
            raise OraError(1426)

        return Code(run, SIMPLE_INTEGER if wraps else PLS_INTEGER)

    def _number_arithmetic(self, op: str, left: Code, right: Code, pos: Pos) -> Code:
        a = self._to(left, NUMBER, pos, op)
        b = self._to(right, NUMBER, pos, op)
        floats = left.type.kind in _FLOATS or right.type.kind in _FLOATS
        result = DOUBLE if floats else NUMBER
        if op == "/":
            divide = numeric.divide

            def quotient(f: Frame) -> Value:
                x = a(f)
                y = b(f)
                return None if x is None or y is None else divide(x, y)

            return Code(quotient, result)
        slow = {"+": numeric.add, "-": numeric.subtract, "*": numeric.multiply}[op]
        fast = {"+": operator.add, "-": operator.sub, "*": operator.mul}[op]

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            if type(x) is int and type(y) is int:
                value = fast(x, y)
                if -_LIMIT < value < _LIMIT:
                    return value
            if x is None or y is None:
                return None
            return slow(x, y)

        return Code(run, result)

    def power(self, left: Code, right: Code, pos: Pos) -> Code:
        """**"""
        a = self._to(left, NUMBER, pos, "**")
        b = self._to(right, NUMBER, pos, "**")

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            return None if x is None or y is None else numeric.power(x, y)

        return Code(run, NUMBER)

    def modulo(self, left: Code, right: Code, pos: Pos) -> Code:
        """The infix MOD and REM."""
        a = self._to(left, NUMBER, pos, "MOD")
        b = self._to(right, NUMBER, pos, "MOD")

        def run(f: Frame) -> Value:
            x = a(f)
            y = b(f)
            return None if x is None or y is None else numeric.modulo(x, y)

        return Code(run, NUMBER)

    def minus(self, operand: Code, pos: Pos) -> Code:
        """Unary minus."""
        kind = operand.type.kind
        run = operand.run
        if kind is Kind.INTERVAL_DS:
            return Code(lambda f: None if (v := run(f)) is None else -v, operand.type)
        if kind is Kind.INTERVAL_YM:
            return Code(
                lambda f: None if (v := run(f)) is None else Months(-v.total), operand.type
            )
        number = self._to(operand, NUMBER, pos, "-")
        result = operand.type if is_number(operand.type) else NUMBER
        if kind is Kind.PLS_INTEGER:
            return self._pls_arithmetic(
                "-", Code(lambda _f: 0, PLS_INTEGER), Code(number, PLS_INTEGER), wraps=False
            )
        return Code(lambda f: None if (v := number(f)) is None else -v, result)
