"""The arithmetic operators by static types: numbers, dates, timestamps and intervals.

Oracle Database SQL Language Reference 19c, "Data Types", "Datetime/Interval Arithmetic", table
"Matrix of Datetime Arithmetic"; "Operators", "Arithmetic Operators".
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import DATE, NUMBER, Kind, Months, OraType
from dtm.sandbox.sql.functions import conversion, numeric
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.functions.typing_rules import INTERVAL_DS, INTERVAL_YM, number_like

Value = Any
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Operation:
    """`left op right` for two types: convert each side to its target, then `call` (never on NULL)."""

    name: str  # unique for (operator, families): a key for registration
    returns: OraType
    left: OraType
    right: OraType
    call: Callable[[Value, Value], Value]


def _checked(compute: Callable[[], dt.datetime]) -> dt.datetime:
    try:
        return compute()
    except (OverflowError, ValueError) as error:
        raise OraError(1841) from error


def add_days(value: dt.datetime, days: numeric.Number) -> dt.datetime:
    """DATE + n: rounded to the second. OraError 1841 outside the years 1 - 9999."""
    base = value if not value.microsecond and value.tzinfo is None else _to_date(value)
    if type(days) is int:
        return _checked(lambda: base + dt.timedelta(days=days))
    seconds = numeric.round_half_up(numeric.multiply(days, _DAY), 0)
    return _checked(lambda: base + dt.timedelta(seconds=int(seconds)))


def _to_date(value: dt.datetime) -> dt.datetime:
    return value.replace(microsecond=0, tzinfo=None)


def subtract_days(value: dt.datetime, days: numeric.Number) -> dt.datetime:
    return add_days(value, numeric.negate(days))


def days_between(left: dt.datetime, right: dt.datetime) -> numeric.Number:
    """DATE - DATE in days."""
    delta = left - right
    return numeric.add(delta.days, numeric.divide(delta.seconds, _DAY))


def add_interval(value: dt.datetime, interval: dt.timedelta) -> dt.datetime:
    return _checked(lambda: value + interval)


def add_months_strict(value: dt.datetime, months: Months) -> dt.datetime:
    """+ INTERVAL YEAR TO MONTH keeps the day; OraError 1839 when that month has no such day."""
    index = value.year * 12 + value.month - 1 + months.total
    year, month = divmod(index, 12)
    if not 1 <= year <= 9999:
        raise OraError(1841)
    if value.day > calendar.monthrange(year, month + 1)[1]:
        raise OraError(1839)
    return value.replace(year=year, month=month + 1)


def scale_interval(interval: dt.timedelta, factor: numeric.Number) -> dt.timedelta:
    micro = numeric.multiply(interval // dt.timedelta(microseconds=1), factor)
    return _interval(micro)


def _interval(micro: numeric.Number) -> dt.timedelta:
    try:
        return dt.timedelta(microseconds=int(numeric.round_half_up(micro, 0)))
    except OverflowError as error:
        raise OraError(1873) from error


def divide_interval(interval: dt.timedelta, divisor: numeric.Number) -> dt.timedelta:
    return _interval(numeric.divide(interval // dt.timedelta(microseconds=1), divisor))


def _scale_months(months: Months, factor: numeric.Number) -> Months:
    return Months(int(numeric.truncate(numeric.multiply(months.total, factor), 0)))


def _divide_months(months: Months, divisor: numeric.Number) -> Months:
    return Months(int(numeric.truncate(numeric.divide(months.total, divisor), 0)))


def _swapped(call: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    return lambda left, right: call(right, left)


_Rule = tuple[str, Callable[[Value, Value], Value]]  # (result family, or "l"/"r" for an operand's)
_RULES: dict[str, _Rule] = {
    "N+N": ("N", numeric.add),
    "N-N": ("N", numeric.subtract),
    "N*N": ("N", numeric.multiply),
    "N/N": ("N", numeric.divide),
    "D-D": ("N", days_between),
    "I+I": ("I", lambda a, b: a + b),
    "I-I": ("I", lambda a, b: a - b),
    "Y+Y": ("Y", lambda a, b: Months(a.total + b.total)),
    "Y-Y": ("Y", lambda a, b: Months(a.total - b.total)),
    "I*N": ("I", scale_interval),
    "N*I": ("I", _swapped(scale_interval)),
    "I/N": ("I", divide_interval),
    "Y*N": ("Y", _scale_months),
    "N*Y": ("Y", _swapped(_scale_months)),
    "Y/N": ("Y", _divide_months),
    "S-S": ("I", lambda a, b: a - b),
    "S-D": ("I", lambda a, b: a - b),
    "D-S": ("I", lambda a, b: a - b),
    "Z-Z": ("I", lambda a, b: a - b),
}
for _d in "DSZ":
    _RULES[f"{_d}+N"] = ("D", add_days)
    _RULES[f"N+{_d}"] = ("D", _swapped(add_days))
    _RULES[f"{_d}-N"] = ("D", subtract_days)
    _RULES[f"{_d}+I"] = ("l", add_interval)
    _RULES[f"I+{_d}"] = ("r", _swapped(add_interval))
    _RULES[f"{_d}-I"] = ("l", lambda a, b: add_interval(a, -b))
    _RULES[f"{_d}+Y"] = ("l", add_months_strict)
    _RULES[f"Y+{_d}"] = ("r", _swapped(add_months_strict))
    _RULES[f"{_d}-Y"] = ("l", lambda a, b: add_months_strict(a, Months(-b.total)))

_RESULTS = {"N": NUMBER, "D": DATE, "I": INTERVAL_DS, "Y": INTERVAL_YM}


def operation(operator: str, left: OraType, right: OraType) -> Operation:
    """Resolve `left operator right` (one of + - * /).

    Text counts as a number. OraError 975 for date + date, 30081 / 932 for other combinations.
    """
    left, right = _arithmetic(left), _arithmetic(right)
    if family(left) == "?":
        left = NUMBER
    if family(right) == "?":
        right = NUMBER
    key = family(left) + operator + family(right)
    if key in {"Z-S", "Z-D", "S-Z", "D-Z"}:
        zoned = OraType(Kind.TIMESTAMP_TZ, precision=6)
        left, right, key = zoned, zoned, "Z-Z"
    rule = _RULES.get(key)
    if rule is None:
        raise _impossible(left, operator, right)
    result, call = rule
    if result == "N":
        returns = number_like([t for t in (left, right) if family(t) == "N"])
    else:
        returns = {"l": left, "r": right}.get(result) or _RESULTS[result]
    return Operation(f"{operator}{key[0]}{key[-1]}", returns, left, right, call)


def _arithmetic(ora_type: OraType) -> OraType:
    return NUMBER if family(ora_type) in {"T", "L"} else ora_type


def _impossible(left: OraType, operator: str, right: OraType) -> OraError:
    families = family(left) + family(right)
    if operator == "+" and set(families) <= set("DSZ"):
        return OraError(975)
    if set(families) & set("DSZ") and operator in "*/":
        return OraError(932, "NUMBER", (left if families[0] in "DSZ" else right).kind.value)
    if set(families) & set("IY"):
        return OraError(30081)
    bad = left if families[0] != "N" else right
    return OraError(932, "NUMBER", bad.kind.value)


def negation(operand: OraType) -> tuple[OraType, Callable[[Value], Value]]:
    """Unary minus."""
    operand = _arithmetic(operand)
    kind = family(operand)
    if kind in "N?":
        return (NUMBER if kind == "?" else operand), numeric.negate
    if kind == "I":
        return operand, lambda value: -value
    if kind == "Y":
        return operand, lambda value: Months(-value.total)
    raise OraError(932, "NUMBER", operand.kind.value)


def comparable(left: OraType, right: OraType) -> OraType:
    """The type both sides of a comparison are converted to (OraError 932 when there is none).

    SQL Language Reference 19c, "Data Types", "Implicit Data Conversion": text against number
    compares numbers, text against date compares dates.
    """
    pair = family(left) + family(right)
    if "?" in pair:
        return right if pair[0] == "?" else left
    if pair[0] == pair[1] and pair[0] not in "LB!":
        return left
    if set(pair) <= set("DSZ"):
        return max(left, right, key=lambda t: "DSZ".index(family(t)))
    if (
        pair[0] == "T"
        and conversion.distance(left, right) < conversion.UNRELATED
        and pair[1] != "L"
    ):
        return right
    if (
        pair[1] == "T"
        and conversion.distance(right, left) < conversion.UNRELATED
        and pair[0] != "L"
    ):
        return left
    raise OraError(932, "-" if "L" in pair or "B" in pair else left.kind.value, right.kind.value)
