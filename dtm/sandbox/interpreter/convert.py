"""Assignment: conversion between types, and the constraints of the target.

PL/SQL Language Reference 19c, "PL/SQL Data Types"; Oracle Database Error Messages 19c, ORA-06502.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dtm.sandbox.interpreter.types import (
    MAX_VARCHAR2,
    NUMBER_KINDS,
    PLS_MAX,
    PLS_MIN,
    CollectionType,
    CursorType,
    ObjectType,
    PlType,
    RecordType,
    Scalar,
)
from dtm.sandbox.interpreter.values import Assoc, Record, copy_value
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.functions import conversion, numeric
from dtm.sandbox.sql.functions.environment import Environment

Value = Any
Convert = Callable[[Environment, Value], Value]
Check = Callable[[Value], Value]

_NOT_A_NUMBER = ": character to number conversion error"


class Mismatch(Exception):
    """There is no conversion: PLS-00382 at compile time."""


def conversion_to(source: PlType, target: PlType) -> Convert | None:
    """What assigning a `source` value to a `target` variable does; None: nothing."""
    if isinstance(source, Scalar) and isinstance(target, Scalar):
        return _scalar(source, target)
    if isinstance(source, Scalar) and source.kind is Kind.NULL:
        if isinstance(target, RecordType):
            return lambda _env, _value: null_value(target)
        if isinstance(target, CollectionType) and target.how == "ASSOC":
            raise Mismatch
        return None
    if isinstance(source, RecordType) and isinstance(target, RecordType):
        return _record(source, target)
    if isinstance(source, CollectionType) and isinstance(target, CollectionType):
        if source is target or _same_collection(source, target):
            return lambda _env, value: copy_value(value)
        if source.how == target.how == "ASSOC" and ":" in source.name[:1] + target.name[:1]:
            return _bind_array(source, target)
        raise Mismatch
    if isinstance(source, CursorType) and isinstance(target, CursorType):
        return None
    if isinstance(source, ObjectType) and isinstance(target, ObjectType):
        if source.steps_to(target) is None:
            raise Mismatch
        return lambda _env, value: copy_value(value)
    raise Mismatch


def null_value(kind: PlType) -> Value:
    """What assigning NULL leaves: a record of NULLs; arrays in it are empty."""
    if isinstance(kind, RecordType):
        return Record([null_value(field.type) for field in kind.fields])
    if isinstance(kind, CollectionType) and kind.how == "ASSOC":
        return Assoc(kind)
    return None


def _bind_array(source: CollectionType, target: CollectionType) -> Convert:
    """An array bind of the client is any table indexed by integers with such elements."""
    if target.index is None or target.index.kind is not Kind.PLS_INTEGER:
        raise Mismatch
    element = conversion_to(source.element, target.element)

    def convert(env: Environment, value: Value) -> Value:
        table = Assoc(target)
        for key in value.keys():  # noqa: SIM118  (a collection, not a dict)
            item = value.get(key)
            table.put(key, item if element is None else element(env, item))
        return table

    return convert


def _same_collection(source: CollectionType, target: CollectionType) -> bool:
    return source.owner is not None and (source.owner, source.name) == (target.owner, target.name)


def _record(source: RecordType, target: RecordType) -> Convert:
    """Same type, or a row assigned by position."""
    if source is target:
        return lambda _env, value: copy_value(value)
    if not (source.rowtype or target.rowtype) or len(source.fields) != len(target.fields):
        raise Mismatch
    converts = [
        conversion_to(s.type, t.type) for s, t in zip(source.fields, target.fields, strict=True)
    ]

    def convert(env: Environment, value: Value) -> Value:
        return Record(
            [
                field if each is None else each(env, field)
                for each, field in zip(converts, value.fields, strict=True)
            ]
        )

    return convert


def _scalar(source: Scalar, target: Scalar) -> Convert | None:
    family = _family_change(source, target)
    check = constraint(target, source)
    if family is None and check is None:
        return None
    if family is None:
        assert check is not None  # noqa: S101  (for the type checker)
        only = check
        return lambda _env, value: only(value)
    change = family
    if check is None:
        return lambda env, value: None if value is None else change(env, value)
    then = check
    return lambda env, value: then(None if value is None else change(env, value))


def _family_change(source: Scalar, target: Scalar) -> Convert | None:
    if (source.kind is Kind.BOOLEAN) != (target.kind is Kind.BOOLEAN):
        if source.kind is Kind.NULL:
            return None
        raise Mismatch
    if source.kind is Kind.BOOLEAN or source.kind is Kind.NULL:
        return None
    try:
        change = conversion.converter(source.ora, target.ora)
    except OraError as error:
        raise Mismatch from error
    if change is None:
        return None
    if target.kind in NUMBER_KINDS and source.kind not in NUMBER_KINDS:
        return _text_to_number(change)
    return change


def _text_to_number(change: Convert) -> Convert:
    def convert(env: Environment, value: Value) -> Value:
        try:
            return change(env, value)
        except OraError as error:
            if error.code == 1722:
                raise OraError(6502, _NOT_A_NUMBER) from None
            raise

    return convert


def constraint(target: Scalar, source: Scalar | None = None) -> Check | None:
    """The check and rounding of a target's constraints; None when there are none."""
    check = _kind_constraint(target, source)
    if not target.not_null:
        return check

    def not_null(value: Value) -> Value:
        if value is None:
            raise OraError(6502, "")
        return value if check is None else check(value)

    return not_null


def _kind_constraint(target: Scalar, source: Scalar | None) -> Check | None:
    kind = target.kind
    if kind in (Kind.VARCHAR2, Kind.NVARCHAR2, Kind.LONG):
        return _varchar(target.ora)
    if kind is Kind.CHAR:
        return _char(target.ora)
    if kind is Kind.PLS_INTEGER:
        if source is not None and source.kind is Kind.PLS_INTEGER and target.low is None:
            return None
        return _pls_integer(target)
    if kind is Kind.NUMBER and (target.ora.precision is not None or target.ora.scale is not None):
        return _number(target.ora)
    if kind is Kind.RAW and target.ora.length is not None:
        return _raw(target.ora.length)
    if kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ):
        return _timestamp(target.ora.precision)
    return None


def _varchar(ora: OraType) -> Check | None:
    limit = ora.length or MAX_VARCHAR2
    chars = ora.char_used

    def check(value: Value) -> Value:
        if not value:
            return None
        size = len(value)
        if size > limit or (not chars and size * 4 > limit and _bytes(value) > limit):
            raise OraError(6502, ": character string buffer too small")
        return value

    return check


def _bytes(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))


def _char(ora: OraType) -> Check:
    limit = ora.length
    chars = ora.char_used

    def check(value: Value) -> Value:
        if not value:
            return None
        if limit is None:
            return value
        size = len(value) if chars else _bytes(value)
        if size > limit:
            raise OraError(6502, ": character string buffer too small")
        return value + " " * (limit - size)

    return check


def to_pls(value: Value) -> int:
    """Round to an integer; ORA-01426 outside 32 bits."""
    if type(value) is not int:
        value = int(numeric.round_half_up(value, 0))
    if PLS_MIN <= value <= PLS_MAX:
        return int(value)
    raise OraError(1426)


def _pls_integer(target: Scalar) -> Check:
    low = PLS_MIN if target.low is None else target.low
    high = PLS_MAX if target.high is None else target.high

    def check(value: Value) -> Value:
        if type(value) is int and low <= value <= high:
            return value
        if value is None:
            return None
        value = to_pls(value)
        if not low <= value <= high:
            raise OraError(6502, "")
        return value

    return check


def _number(ora: OraType) -> Check:
    precision = ora.precision or 38
    scale = ora.scale or 0
    limit = 10 ** max(precision - scale, 0) if precision >= scale else None
    step = Decimal(1).scaleb(-scale)
    small = Decimal(10) ** (precision - scale)

    def check(value: Value) -> Value:
        if value is None:
            return None
        if type(value) is int and scale >= 0 and limit is not None and -limit < value < limit:
            return value
        rounded = Decimal(value).quantize(step, rounding=ROUND_HALF_UP, context=numeric.EXACT)
        if abs(rounded) >= small:
            raise OraError(6502, ": number precision too large")
        return numeric.normalize(rounded)

    return check


def _raw(limit: int) -> Check:
    def check(value: Value) -> Value:
        if not value:
            return None
        if len(value) > limit:
            raise OraError(6502, ": raw variable length too long")
        return value

    return check


def _timestamp(precision: int | None) -> Check | None:
    if precision is None or precision >= 6:
        return None
    unit = 10 ** (6 - precision)

    def check(value: Value) -> Value:
        if value is None:
            return None
        micro = (value.microsecond + unit // 2) // unit * unit
        if micro >= 1_000_000:
            return value.replace(microsecond=0) + dt.timedelta(seconds=1)
        return value.replace(microsecond=micro)

    return check


def distance(source: PlType, target: PlType) -> int | None:
    """Cost of passing `source` where `target` is declared; None when it cannot be."""
    if isinstance(source, Scalar) and isinstance(target, Scalar):
        return _scalar_distance(source, target)
    try:
        conversion_to(source, target)
    except Mismatch:
        return None
    if isinstance(source, ObjectType) and isinstance(target, ObjectType):
        return source.steps_to(target)
    return 0 if source is target else 1


# "PL/SQL looks for matching numeric parameters in this order" (PL/SQL Language Reference 19c,
# "Formal Parameters that Differ Only in Numeric Data Type").
_NUMERIC_ORDER = (Kind.PLS_INTEGER, Kind.NUMBER, Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE)


def _scalar_distance(source: Scalar, target: Scalar) -> int | None:
    if source.kind is target.kind:
        return 0
    if source.kind is Kind.NULL:
        return 1
    if Kind.BOOLEAN in (source.kind, target.kind):
        return None
    if source.kind in NUMBER_KINDS and target.kind in NUMBER_KINDS:
        return _NUMERIC_ORDER.index(target.kind) + 1
    try:
        conversion_to(source, target)
    except Mismatch:
        return None
    beyond = len(_NUMERIC_ORDER) + 1
    if target.kind in NUMBER_KINDS:
        beyond += _NUMERIC_ORDER.index(target.kind)
    return beyond + conversion.distance(source.ora, target.ora)
