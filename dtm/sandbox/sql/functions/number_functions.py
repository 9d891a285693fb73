"""Numeric functions.

Oracle Database SQL Language Reference 19c, "Functions", "Numeric Functions".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER
from dtm.sandbox.sql.functions import numeric, typing_rules
from dtm.sandbox.sql.functions.numeric import CONTEXT, Number
from dtm.sandbox.sql.functions.registry import function

_LIKE = typing_rules.number_like


@function("ABS", "N", _LIKE)
def absolute(value: Number) -> Number:
    return numeric.magnitude(value)


@function("CEIL", "N", _LIKE)
def ceiling(value: Number) -> Number:
    return float(math.ceil(value)) if isinstance(value, float) else math.ceil(value)


@function("FLOOR", "N", _LIKE)
def floor(value: Number) -> Number:
    return float(math.floor(value)) if isinstance(value, float) else math.floor(value)


@function("ROUND", "N|N", _LIKE)
def round_number(value: Number, places: Number = 0) -> Number:
    return numeric.round_half_up(value, int(places))


@function("TRUNC", "N|N", _LIKE)
def truncate_number(value: Number, places: Number = 0) -> Number:
    return numeric.truncate(value, int(places))


@function("MOD", "NN", _LIKE)
def modulo(left: Number, right: Number) -> Number:
    return numeric.modulo(left, right)


@function("REMAINDER", "NN", _LIKE)
def remainder(left: Number, right: Number) -> Number:
    """left - right * ROUND(left / right), halves to even; OraError 1476."""
    if isinstance(left, float) or isinstance(right, float):
        return math.remainder(left, right)
    if not right:
        raise OraError(1476)
    return numeric.normalize(numeric.EXACT.remainder_near(Decimal(left), Decimal(right)))


@function("POWER", "NN", _LIKE)
def power(base: Number, exponent: Number) -> Number:
    return numeric.power(base, exponent)


@function("SQRT", "N", _LIKE)
def square_root(value: Number) -> Number:
    if isinstance(value, float):
        return math.sqrt(value) if value >= 0 else math.nan
    if value < 0:
        raise OraError(1428, value)
    return numeric.normalize(CONTEXT.sqrt(Decimal(value)))


@function("EXP", "N", _LIKE)
def exponential(value: Number) -> Number:
    if isinstance(value, float):
        return math.exp(value)
    return _within(lambda: CONTEXT.exp(Decimal(value)))


@function("LN", "N", _LIKE)
def natural_logarithm(value: Number) -> Number:
    if value <= 0:
        raise OraError(1428, value)
    if isinstance(value, float):
        return math.log(value)
    return _within(lambda: CONTEXT.ln(Decimal(value)))


@function("LOG", "NN", _LIKE)
def logarithm(base: Number, value: Number) -> Number:
    """LOG(base, value)."""
    if base <= 0 or base == 1:
        raise OraError(1428, base)
    if value <= 0:
        raise OraError(1428, value)
    if isinstance(base, float) or isinstance(value, float):
        return math.log(value, base)
    return _within(lambda: CONTEXT.divide(CONTEXT.ln(Decimal(value)), CONTEXT.ln(Decimal(base))))


def _within(compute: Callable[[], Decimal]) -> Number:
    try:
        result = compute()
    except ArithmeticError as error:
        raise OraError(1426) from error
    # 60 digits are computed; 38 are promised, and exact results must come out exact.
    return numeric.normalize(
        result.quantize(Decimal(1).scaleb(result.adjusted() - 39), context=numeric.EXACT)
        if result
        else result
    )


@function("SIGN", "N", NUMBER)
def sign(value: Number) -> int:
    return (value > 0) - (value < 0)


@function("BITAND", "NN", NUMBER)
def bit_and(left: Number, right: Number) -> int:
    return int(left) & int(right)


@function("NANVL", "NN", _LIKE)
def nan_value(value: Number, instead: Number) -> Number:
    return instead if isinstance(value, float) and math.isnan(value) else value


@function("WIDTH_BUCKET", "NNNN", NUMBER)
def width_bucket(value: Number, low: Number, high: Number, count: Number) -> int:
    buckets = int(count)
    if buckets < 1:
        raise OraError(30494, "count")
    if value < low:
        return 0
    if value >= high:
        return buckets + 1
    span = numeric.subtract(high, low)
    position = numeric.divide(numeric.multiply(numeric.subtract(value, low), buckets), span)
    return int(position) + 1


def _float_function(name: str, compute: Callable[[float], float]) -> None:
    """Register a function computed in binary floating point, as for BINARY_DOUBLE."""

    def call(value: Number) -> Number:
        try:
            result = compute(float(value))
        except (ValueError, OverflowError) as error:
            raise OraError(1428, value) from error
        return result if isinstance(value, float) else numeric.from_float(result)

    function(name, "N", _LIKE)(call)


for _name, _compute in (
    ("SIN", math.sin),
    ("COS", math.cos),
    ("TAN", math.tan),
    ("ASIN", math.asin),
    ("ACOS", math.acos),
    ("ATAN", math.atan),
    ("SINH", math.sinh),
    ("COSH", math.cosh),
    ("TANH", math.tanh),
):
    _float_function(_name, _compute)


@function("ATAN2", "NN", _LIKE)
def arc_tangent2(left: Number, right: Number) -> Number:
    result = math.atan2(left, right)
    return result if isinstance(left, float) else numeric.from_float(result)
