"""Implicit conversions between Oracle types, on kernel values.

Oracle Database SQL Language Reference 19c, "Data Types", "Data Conversion", table "Implicit Type
Conversion Matrix"; the session's NLS formats decide how text becomes a date or a number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, Months, OraType
from dtm.sandbox.sql.functions import date_input, date_output, intervals, numeric
from dtm.sandbox.sql.functions.environment import Environment

Value = Any
Converter = Callable[[Environment, Value], Value]

FAMILY: dict[Kind, str] = {
    Kind.NULL: "?",
    Kind.NUMBER: "N",
    Kind.PLS_INTEGER: "N",
    Kind.BINARY_FLOAT: "N",
    Kind.BINARY_DOUBLE: "N",
    Kind.VARCHAR2: "T",
    Kind.NVARCHAR2: "T",
    Kind.CHAR: "T",
    Kind.LONG: "T",
    Kind.ROWID: "T",
    Kind.CLOB: "L",
    Kind.BLOB: "B",
    Kind.RAW: "R",
    Kind.DATE: "D",
    Kind.TIMESTAMP: "S",
    Kind.TIMESTAMP_TZ: "Z",
    Kind.TIMESTAMP_LTZ: "Z",
    Kind.INTERVAL_DS: "I",
    Kind.INTERVAL_YM: "Y",
    Kind.BOOLEAN: "!",
    Kind.REF_CURSOR: "!",
    Kind.COLLECTION: "!",
    Kind.RECORD: "!",
    Kind.OBJECT: "!",
}
FLOATS = frozenset({Kind.BINARY_DOUBLE, Kind.BINARY_FLOAT})
UNRELATED = 100


def family(ora_type: OraType) -> str:
    """The registry's family letter of a type; "?" for NULL, "!" for what SQL does not have."""
    return FAMILY[ora_type.kind]


def _text_to_number(env: Environment, value: Value) -> Value:
    return numeric.text_to_number(value, env.decimal_character)


def _number_to_text(env: Environment, value: Value) -> Value:
    return numeric.number_to_text(value, env.decimal_character)


def _double_to_text(env: Environment, value: Value) -> Value:
    return numeric.float_to_text(float(value), numeric.DOUBLE_DIGITS, env.decimal_character)


def _float_to_text(env: Environment, value: Value) -> Value:
    single = numeric.to_single(float(value))
    return numeric.float_to_text(single, numeric.FLOAT_DIGITS, env.decimal_character)


def _text_to_date(env: Environment, value: Value) -> Value:
    return date_input.parse(value, env.date_format, env, "D")


def _text_to_timestamp(env: Environment, value: Value) -> Value:
    return date_input.parse(value, env.timestamp_format, env, "S")


def _text_to_timestamp_tz(env: Environment, value: Value) -> Value:
    return date_input.parse(value, env.timestamp_tz_format, env, "Z")


def _date_to_text(env: Environment, value: Value) -> Value:
    return date_output.render(value, env.date_format, env)


def _timestamp_to_text(env: Environment, value: Value) -> Value:
    return date_output.render(value, env.timestamp_format, env)


def _timestamp_tz_to_text(env: Environment, value: Value) -> Value:
    return date_output.render(value, env.timestamp_tz_format, env)


def _to_whole_seconds(_: Environment, value: dt.datetime) -> Value:
    return value.replace(microsecond=0, tzinfo=None)


def _attach_zone(env: Environment, value: dt.datetime) -> Value:
    return value.replace(tzinfo=env.zone)


def _drop_zone(_: Environment, value: dt.datetime) -> Value:
    return value.replace(tzinfo=None)


def _to_local(env: Environment, value: dt.datetime) -> Value:
    return value.astimezone(env.zone)


def _clob_to_text(_: Environment, value: str) -> Value:
    return value or None


def _raw_to_text(_: Environment, value: bytes) -> Value:
    return value.hex().upper() or None


def _text_to_raw(_: Environment, value: str) -> Value:
    return hex_to_raw(value)


def hex_to_raw(value: str) -> bytes:
    """HEXTORAW's rule; OraError 1465 for anything but hexadecimal digits."""
    try:
        return bytes.fromhex(value if len(value) % 2 == 0 else "0" + value)
    except ValueError as error:
        raise OraError(1465) from error


def _day_interval_to_text(_: Environment, value: dt.timedelta) -> Value:
    return intervals.render_day_second(value)


def _year_interval_to_text(_: Environment, value: Months) -> Value:
    return intervals.render_year_month(value)


def _text_to_day_interval(_: Environment, value: str) -> Value:
    return intervals.parse_day_second(value)


def _text_to_year_interval(_: Environment, value: str) -> Value:
    return intervals.parse_year_month(value)


# (source family, target family) -> (cost for overload choice, converter; None: same representation)
_RULES: dict[tuple[str, str], tuple[int, Converter | None]] = {
    ("T", "L"): (1, None),
    ("T", "N"): (4, _text_to_number),
    ("T", "D"): (5, _text_to_date),
    ("T", "S"): (6, _text_to_timestamp),
    ("T", "Z"): (7, _text_to_timestamp_tz),
    ("T", "R"): (8, _text_to_raw),
    ("T", "I"): (9, _text_to_day_interval),
    ("T", "Y"): (9, _text_to_year_interval),
    ("L", "T"): (2, _clob_to_text),
    ("L", "N"): (6, _text_to_number),
    ("L", "D"): (7, _text_to_date),
    ("N", "T"): (3, _number_to_text),
    ("N", "L"): (4, _number_to_text),
    ("D", "T"): (4, _date_to_text),
    ("D", "L"): (5, _date_to_text),
    ("D", "S"): (1, None),
    ("D", "Z"): (2, _attach_zone),
    ("S", "T"): (4, _timestamp_to_text),
    ("S", "L"): (5, _timestamp_to_text),
    ("S", "D"): (1, _to_whole_seconds),
    ("S", "Z"): (1, _attach_zone),
    ("Z", "T"): (4, _timestamp_tz_to_text),
    ("Z", "L"): (5, _timestamp_tz_to_text),
    ("Z", "D"): (2, _to_whole_seconds),
    ("Z", "S"): (1, _drop_zone),
    ("R", "T"): (3, _raw_to_text),
    ("R", "L"): (4, _raw_to_text),
    ("R", "B"): (1, None),
    ("B", "R"): (1, None),
    ("I", "T"): (4, _day_interval_to_text),
    ("Y", "T"): (4, _year_interval_to_text),
}


def distance(source: OraType, target: OraType) -> int:
    """Cost of an implicit conversion; 0 for the same family, UNRELATED when there is none."""
    left, right = family(source), family(target)
    if left in {right, "?"}:
        return 0
    rule = _RULES.get((left, right))
    return rule[0] if rule else UNRELATED


def converter(source: OraType, target: OraType) -> Converter | None:
    """The function that turns a value of `source` into one of `target`, None if nothing is to do.

    NULL is never passed to it. OraError 932 when Oracle has no implicit conversion.
    """
    left, right = family(source), family(target)
    if left == right:
        return _within_family(source, target)
    if left == "?":
        return None
    rule = _RULES.get((left, right))
    if rule is None:
        raise OraError(932, target.kind.value, source.kind.value)
    if left == "Z" and source.kind is Kind.TIMESTAMP_LTZ:
        return _local_first(rule[1])
    if source.kind in FLOATS and right in {"T", "L"}:
        return _double_to_text if source.kind is Kind.BINARY_DOUBLE else _float_to_text
    if left == "I" and right == "T":
        return _sized_interval(source)
    return rule[1]


def _within_family(source: OraType, target: OraType) -> Converter | None:
    if target.kind in FLOATS and source.kind not in FLOATS:
        return lambda _, value: float(value)
    if source.kind in FLOATS and target.kind is Kind.NUMBER:
        return lambda _, value: numeric.from_float(value) if isinstance(value, float) else value
    if target.kind is Kind.TIMESTAMP_LTZ and source.kind is not Kind.TIMESTAMP_LTZ:
        return _to_local
    return None


def _local_first(convert: Converter | None) -> Converter:
    """WITH LOCAL TIME ZONE values are seen in the session's zone."""

    def run(env: Environment, value: Value) -> Value:
        local = _to_local(env, value)
        return local if convert is None else convert(env, local)

    return run


def _sized_interval(source: OraType) -> Converter:
    days, fraction = source.precision or 2, 6 if source.scale is None else source.scale
    return lambda _, value: intervals.render_day_second(value, days, fraction)
