"""Oracle NUMBER arithmetic on kernel values: int when integral, else Decimal, exact to 38+ digits.

Oracle Database SQL Language Reference 19c, "Data Types", "NUMBER Data Type": magnitude from 1E-130
to below 1E126; a number is stored as up to 20 base-100 digits, which makes 39 or 40 decimal digits.
BINARY_DOUBLE operands (Python float) follow IEEE 754 and never raise ORA-01476.
"""

from __future__ import annotations

import ctypes
import math
import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation
from typing import TypeGuard

from dtm.sandbox.kernel.errors import OraError

Number = int | Decimal | float

# 60 digits: enough to round correctly to 40 afterwards.
CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP, Emin=-1000, Emax=1000)
EXACT = Context(prec=400, rounding=ROUND_HALF_UP, Emin=-2000, Emax=2000)
_INT_LIMIT = 10**38
DOUBLE_DIGITS = 17  # that tell every BINARY_DOUBLE from its neighbours
FLOAT_DIGITS = 9
_MAX_EXPONENT = 125
_MIN_EXPONENT = -130

NUMBER_TEXT = re.compile(r"\s*([+-]?)(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?\s*\Z")


def is_float(value: object) -> TypeGuard[float]:
    return isinstance(value, float)


def normalize(value: Decimal) -> int | Decimal:
    """Round to Oracle's digits and give the kernel's form; OraError 1426 on overflow."""
    if not value:
        return 0
    if not value.is_finite():
        raise OraError(1426)
    adjusted = value.adjusted()
    if adjusted > _MAX_EXPONENT:
        raise OraError(1426)
    if adjusted < _MIN_EXPONENT:
        return 0
    digits = 40 if adjusted % 2 else 39  # 20 base-100 digits
    if len(value.as_tuple().digits) > digits:
        value = value.quantize(Decimal(1).scaleb(adjusted - digits + 1), context=EXACT)
    integral = value.to_integral_value()
    if integral == value:
        return int(integral)
    return value.normalize(EXACT)


def from_int(value: int) -> int:
    """An integer result within Oracle's digits."""
    if -_INT_LIMIT < value < _INT_LIMIT:
        return value
    return int(normalize(Decimal(value)))


def from_float(value: float) -> int | Decimal:
    """BINARY_DOUBLE to NUMBER: the shortest decimal that gives the same double (17 digits)."""
    if math.isnan(value) or math.isinf(value):
        raise OraError(1426)
    return normalize(Decimal(repr(value)))


def add(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return from_int(left + right)
    if is_float(left) or is_float(right):
        return float(left) + float(right)
    return normalize(EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return from_int(left - right)
    if is_float(left) or is_float(right):
        return float(left) - float(right)
    return normalize(EXACT.subtract(Decimal(left), Decimal(right)))


def multiply(left: Number, right: Number) -> Number:
    if type(left) is int and type(right) is int:
        return from_int(left * right)
    if is_float(left) or is_float(right):
        return float(left) * float(right)
    return normalize(EXACT.multiply(Decimal(left), Decimal(right)))


def divide(left: Number, right: Number) -> Number:
    """OraError 1476 on a NUMBER divisor of zero."""
    if is_float(left) or is_float(right):
        return _divide_floats(float(left), float(right))
    if not right:
        raise OraError(1476)
    if type(left) is int and type(right) is int and not left % right:
        return left // right
    return normalize(CONTEXT.divide(Decimal(left), Decimal(right)))


def _divide_floats(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def negate(value: Number) -> Number:
    """Exact: Decimal's own minus would round to the default context."""
    return value.copy_negate() if isinstance(value, Decimal) else -value


def magnitude(value: Number) -> Number:
    return value.copy_abs() if isinstance(value, Decimal) else abs(value)


def modulo(left: Number, right: Number) -> Number:
    """MOD: the sign of the dividend; MOD(n, 0) is n."""
    if not right:
        return left
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    if is_float(left) or is_float(right):
        return math.fmod(left, right)
    return normalize(EXACT.remainder(Decimal(left), Decimal(right)))


def power(base: Number, exponent: Number) -> Number:
    """OraError 1428 for a negative base with a fractional exponent, 1426 on overflow."""
    if is_float(base) or is_float(exponent):
        return math.pow(base, exponent)
    if base < 0 and exponent != int(exponent):
        raise OraError(1428, base)
    if not base and exponent < 0:
        raise OraError(1426)
    if not base and not exponent:
        return 1
    try:
        return normalize(CONTEXT.power(Decimal(base), Decimal(exponent)))
    except (InvalidOperation, DivisionByZero, ArithmeticError) as error:
        raise OraError(1426) from error


def compare(left: Number, right: Number) -> int:
    """-1, 0 or 1."""
    return (left > right) - (left < right)


def round_half_up(value: Number, places: int) -> Number:
    """ROUND(n, places): half away from zero."""
    return _quantize(value, places, ROUND_HALF_UP)


def truncate(value: Number, places: int) -> Number:
    return _quantize(value, places, ROUND_DOWN)


def _quantize(value: Number, places: int, rounding: str) -> Number:
    if type(value) is int and places >= 0:
        return value
    if is_float(value):
        if not math.isfinite(value):
            return value
        return float(_quantize(Decimal(repr(value)), places, rounding))
    if not -200 < places < 200:
        return value if places > 0 else 0
    step = Decimal(1).scaleb(-places)
    return normalize(Decimal(value).quantize(step, rounding=rounding, context=EXACT))


def text_to_number(text: str, decimal: str = ".") -> int | Decimal:
    """Implicit TO_NUMBER; OraError 1722 if `text` is not a number."""
    if decimal != ".":
        text = text.replace(decimal, "\x00").replace(".", "?").replace("\x00", ".")
    try:
        if text.isdecimal() and text.isascii() and len(text) < 39:
            return int(text)
    except ValueError as error:
        raise OraError(1722) from error
    match = NUMBER_TEXT.match(text)
    if match is None or not text.isascii():
        raise OraError(1722)
    exponent = match.group(3)
    if exponent is not None and len(exponent) > 4:
        raise OraError(1426)
    return normalize(Decimal(text.strip()))


def number_to_text(value: Number, decimal: str = ".") -> str:
    """Implicit TO_CHAR: no leading zero before the point, at most 40 characters of digits."""
    if type(value) is int and -_INT_LIMIT < value < _INT_LIMIT:
        return str(value)
    if is_float(value):
        return float_to_text(value, DOUBLE_DIGITS, decimal)
    number = Decimal(value)
    sign = "-" if number < 0 else ""
    text = format(number.copy_abs(), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text.startswith("0."):
        text = text[1:]
    if len(text.lstrip(".")) > 40:
        text = _scientific(number.copy_abs())
    return sign + (text if decimal == "." else text.replace(".", decimal))


def _scientific(number: Decimal) -> str:
    """The form Oracle chooses when 40 digits do not hold the number: 34 decimals and E+nn."""
    adjusted = number.adjusted()
    decimals = 34 if abs(adjusted) < 100 else 33
    if len(number.as_tuple().digits) <= 40 and -41 <= adjusted < 0:
        text = format(number.quantize(Decimal(1).scaleb(-40), context=EXACT), "f")
        if Decimal(text) == number:
            return text[1:].rstrip("0")
    mantissa = number.scaleb(-adjusted, EXACT).quantize(
        Decimal(1).scaleb(-decimals), context=EXACT
    )
    return f"{mantissa:f}E{adjusted:+03d}"


def to_single(value: float) -> float:
    """The nearest value of 32 bits; infinity beyond the largest (IEEE 754)."""
    return ctypes.c_float(value).value


def float_to_text(value: float, digits: int, decimal: str = ".") -> str:
    """BINARY_DOUBLE (17 significant digits) or BINARY_FLOAT (9) as text: '1.5E+000'."""
    if math.isnan(value):
        return "Nan"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.{digits - 1}E}".partition("E")
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}{decimal}{fraction.rstrip('0') or '0'}E{int(exponent):+04d}"
