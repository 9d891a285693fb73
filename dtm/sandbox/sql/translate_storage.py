"""Fitting values into columns and CAST targets: rounding, padding, length and precision checks.

SQL Language Reference 19c, "Functions", CAST; "Data Types" (NUMBER, CHAR, VARCHAR2, TIMESTAMP).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql.bind_model import NO_LITERAL, SqlFunction, Typed
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions import conversion, typing_rules
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.functions.conversion_functions import (
    cast_number,
    fit_text,
    fit_timestamp,
)
from dtm.sandbox.sql.functions.environment import Environment

_TIMESTAMPS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ})


def _fit(target: OraType, *, place: str | None) -> Callable[[Any], Any] | None:
    """Fit a kernel value of the right family; with a `place` a text too long is ORA-12899."""
    if target.kind is Kind.NUMBER and target.precision is not None:
        return lambda value: cast_number(value, target.precision, target.scale)
    if target.kind is Kind.CHAR or (target.kind in _TEXTS and target.length is not None):
        return _text_fitter(target, place)
    if target.kind in _TIMESTAMPS and target.precision is not None and target.precision < 6:
        return lambda value: fit_timestamp(value, target.precision)
    if target.kind is Kind.RAW and target.length is not None:
        return _raw_fitter(target.length, place)
    return None


_TEXTS = frozenset({Kind.VARCHAR2, Kind.NVARCHAR2})


def _text_fitter(target: OraType, place: str | None) -> Callable[[str], str]:
    size = target.length or 1

    def fit(text: str) -> str:
        if place is not None:
            actual = len(text) if target.char_used else len(text.encode())
            if actual > size:
                raise OraError(12899, place, actual, size)
        return fit_text(text, target)

    return fit


def _raw_fitter(size: int, place: str | None) -> Callable[[bytes], bytes]:
    def fit(data: bytes) -> bytes:
        if len(data) > size:
            if place is None:
                return data[:size]
            raise OraError(12899, place, len(data), size)
        return data

    return fit


@lru_cache(maxsize=2048)
def cast_function(target: OraType) -> SqlFunction | None:
    """The SQLite function that finishes CAST after conversion; None when nothing is to do."""
    return _function(target, None, "cast")


@lru_cache(maxsize=8192)
def store_function(target: OraType, place: str) -> SqlFunction | None:
    """The SQLite function that fits a value into the column `place` ("O"."T"."C")."""
    return _function(target, place, f"store_{place}")


def _function(target: OraType, place: str | None, name: str) -> SqlFunction | None:
    fit = _fit(target, place=place)
    if fit is None:
        return None
    decode, encode = wrappers.decoder(target), wrappers.encoder(target)

    def run(raw: Encoded) -> Encoded:
        return None if raw is None else encode(fit(raw if decode is None else decode(raw)))

    digest = hashlib.blake2b(f"{name} {target}".encode(), digest_size=10).hexdigest()
    return SqlFunction(f"st_{digest}", 1, lambda _: run)


def host_coercion(source: OraType, target: OraType, place: str) -> Callable[..., Any]:
    """Prepare a host value for a column in Python: implicit conversion, then fitting."""
    convert = conversion.converter(source, target)
    fit = _fit(target, place=place)

    def run(env: Environment, value: Any) -> Any:
        if convert is not None:
            value = convert(env, value)
        if value is None:
            return None
        if target.kind is Kind.DATE and isinstance(value, dt.datetime):
            value = value.replace(microsecond=0, tzinfo=None)
        return value if fit is None else fit(value)

    return run


def fits_already(value: Typed, target: OraType) -> bool:
    """Is it certain at compile time that the value needs no fitting?"""
    if value.sql == "NULL":
        return True
    kind = family(target)
    if kind == "N" and target.kind is Kind.NUMBER:
        if target.precision is None:
            return True
        room = target.precision - (target.scale or 0)
        return value.digits is not None and value.digits <= room and (target.scale or 0) >= 0
    if kind == "T" and target.kind is not Kind.CHAR:
        return _text_fits(value, target)
    if kind == "T":
        same = value.type.kind is Kind.CHAR and value.type.length == target.length
        return same and not value.is_literal and value.type.char_used == target.char_used
    return _fit(target, place="") is None


def _text_fits(value: Typed, target: OraType) -> bool:
    size = target.length or typing_rules.MAX_TEXT
    if value.literal is not NO_LITERAL and isinstance(value.literal, str):
        text = value.literal
        return (len(text) if target.char_used else len(text.encode())) <= size
    if value.type.char_used and target.char_used:
        return (value.type.length or typing_rules.MAX_TEXT) <= size
    return typing_rules.text_width(value.type) <= size


def column_digits(ora_type: OraType) -> int | None:
    """Digits of an integer column that native arithmetic may rely on."""
    if ora_type.kind is Kind.NUMBER and ora_type.precision and (ora_type.scale or 0) == 0:
        return ora_type.precision if ora_type.precision <= 18 else None
    return None


__all__ = ["cast_function", "column_digits", "fits_already", "host_coercion", "store_function"]
