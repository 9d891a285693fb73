"""TO_CHAR, TO_NUMBER, TO_DATE, TO_TIMESTAMP and the other explicit conversions.

Oracle Database SQL Language Reference 19c, "Functions", "Conversion Functions".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import CLOB, DATE, NUMBER, Kind, Months, OraType
from dtm.sandbox.sql.functions import (
    conversion,
    date_input,
    date_output,
    intervals,
    number_models,
    numeric,
    typing_rules,
)
from dtm.sandbox.sql.functions.date_functions import LOCAL, ZONED
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.functions.numeric import Number
from dtm.sandbox.sql.functions.registry import function
from dtm.sandbox.sql.functions.typing_rules import BINARY_DOUBLE

_SHORT = typing_rules.text(75)


def _number_targets(types: Sequence[OraType]) -> list[OraType | None]:
    """A BINARY_FLOAT or BINARY_DOUBLE without a model becomes text as it does implicitly."""
    alone = types[0].kind in conversion.FLOATS and len(types) == 1
    return [_SHORT if alone else NUMBER, *[_SHORT for _ in types[1:]]]


@function("TO_CHAR", "N|TT", _SHORT, env=True, targets=_number_targets)
@function("TO_NCHAR", "N|TT", _SHORT, env=True, targets=_number_targets)
def number_to_char(
    env: Environment, value: Number | str, model: str | None = None, nls: str | None = None
) -> str:
    if isinstance(value, str):
        return value
    scoped = _with_nls(env, nls)
    if model is None:
        return numeric.number_to_text(value, scoped.decimal_character)
    return number_models.render(value, model, scoped)


def _with_nls(env: Environment, nls: str | None) -> Environment:
    """An Environment with the settings of an nlsparam text ("NLS_NUMERIC_CHARACTERS='',.''")."""
    if nls is None:
        return env
    copy = Environment.__new__(Environment)
    copy.context, copy.clock, copy.nls = env.context, env.clock, dict(env.nls)
    copy.set_moment(env.utc)
    for name, value in _nls_settings(nls):
        if name == "NLS_NUMERIC_CHARACTERS":
            if len(value) != 2 or value[0] == value[1] or any(c.isalnum() for c in value):
                raise OraError(12702)
        elif name not in {"NLS_CURRENCY", "NLS_ISO_CURRENCY", "NLS_DATE_LANGUAGE"}:
            raise OraError(12702)
        copy.nls[name] = value
    return copy


def _nls_settings(nls: str) -> list[tuple[str, str]]:
    result, rest = [], nls.strip()
    while rest:
        name, equals, tail = rest.partition("=")
        tail = tail.lstrip()
        if not equals or not tail:
            raise OraError(12702)
        if tail[0] == "'":
            value, _, rest = tail[1:].partition("'")
        else:
            value, _, rest = tail.partition(" ")
        result.append((name.strip().upper(), value))
        rest = rest.lstrip()
    return result


@function("TO_CHAR", "D|TT", _SHORT, env=True)
@function("TO_NCHAR", "D|TT", _SHORT, env=True)
def date_to_char(
    env: Environment, value: dt.datetime, model: str | None = None, nls: str | None = None
) -> str | None:
    _only_english(nls)
    return date_output.render(value, model or env.date_format, env, is_date=True) or None


@function("TO_CHAR", "S|TT", _SHORT, env=True)
def timestamp_to_char(
    env: Environment, value: dt.datetime, model: str | None = None, nls: str | None = None
) -> str | None:
    _only_english(nls)
    return date_output.render(value, model or env.timestamp_format, env) or None


@function("TO_CHAR", "Z|TT", _SHORT, env=True)
def zoned_to_char(
    env: Environment, value: dt.datetime, model: str | None = None, nls: str | None = None
) -> str | None:
    _only_english(nls)
    return date_output.render(value, model or env.timestamp_tz_format, env) or None


# The only language and calendar the sandbox has. HIGH_VALUE of a partition names the calendar.
_DATE_SETTINGS = {"NLS_DATE_LANGUAGE": ("AMERICAN", "ENGLISH"), "NLS_CALENDAR": ("GREGORIAN",)}


def _only_english(nls: str | None) -> None:
    if nls is None:
        return
    for name, value in _nls_settings(nls):
        if value.upper() not in _DATE_SETTINGS.get(name, ()):
            raise OraError(12702)


@function("TO_CHAR", "T", typing_rules.same_text())
@function("TO_CHAR", "L", typing_rules.text())
@function("TO_NCHAR", "T", typing_rules.same_text())
def text_to_char(text: str) -> str | None:
    return text or None


@function("TO_CHAR", "I|T", _SHORT)
def interval_to_char(value: dt.timedelta, _: str | None = None) -> str:
    return intervals.render_day_second(value, 9, 9)


@function("TO_CHAR", "Y|T", _SHORT)
def months_to_char(value: Months, _: str | None = None) -> str:
    return intervals.render_year_month(value, 9)


@function("TO_NUMBER", "N|TT", NUMBER, env=True)
def number_to_number(
    env: Environment, value: Number, model: str | None = None, nls: str | None = None
) -> Number:
    if model is None:
        return numeric.from_float(value) if isinstance(value, float) else value
    text = numeric.number_to_text(value, env.decimal_character)
    return text_to_number(env, text, model, nls)


@function("TO_NUMBER", "T|TT", NUMBER, env=True)
def text_to_number(
    env: Environment, text: str, model: str | None = None, nls: str | None = None
) -> Number:
    scoped = _with_nls(env, nls)
    if model is None:
        return numeric.text_to_number(text, scoped.decimal_character)
    return number_models.parse(text, model, scoped)


@function("TO_DATE", "T|TT", DATE, env=True)
def text_to_date(
    env: Environment, text: str, model: str | None = None, nls: str | None = None
) -> dt.datetime:
    _only_english(nls)
    return date_input.parse(text, model or env.date_format, env, "D")


@function("TO_TIMESTAMP", "T|TT", LOCAL, env=True)
def text_to_timestamp(
    env: Environment, text: str, model: str | None = None, nls: str | None = None
) -> dt.datetime:
    _only_english(nls)
    return date_input.parse(text, model or env.timestamp_format, env, "S")


@function("TO_TIMESTAMP_TZ", "T|TT", ZONED, env=True)
def text_to_zoned(
    env: Environment, text: str, model: str | None = None, nls: str | None = None
) -> dt.datetime:
    _only_english(nls)
    return date_input.parse(text, model or env.timestamp_tz_format, env, "Z")


@function("TO_BINARY_DOUBLE", "N", BINARY_DOUBLE)
@function("TO_BINARY_FLOAT", "N", OraType(Kind.BINARY_FLOAT))
def to_binary(value: Number) -> float:
    return float(value)


@function("TO_CLOB", "T", CLOB, nulls=True)
@function("TO_CLOB", "L", CLOB, nulls=True)
@function("TO_NCLOB", "T", CLOB, nulls=True)
def to_clob(text: str | None) -> str | None:
    return text


@function("TO_LOB", "L", CLOB)
def to_lob(text: str) -> str:
    return text


@function("EMPTY_CLOB", "", CLOB)
def empty_clob() -> str:
    return ""


@function("EMPTY_BLOB", "", OraType(Kind.BLOB))
def empty_blob() -> bytes:
    return b""


@function("TO_BLOB", "R", OraType(Kind.BLOB))
def to_blob(data: bytes) -> bytes:
    return data


@function("HEXTORAW", "T", OraType(Kind.RAW, length=2000))
def hex_to_raw(text: str) -> bytes | None:
    return conversion.hex_to_raw(text) or None


@function("RAWTOHEX", "R", typing_rules.text())
@function("RAWTONHEX", "R", typing_rules.text())
def raw_to_hex(data: bytes) -> str | None:
    return data.hex().upper() or None


@function("ROWIDTOCHAR", "T", typing_rules.text(18))
def rowid_to_char(text: str) -> str:
    return text


@function("CHARTOROWID", "T", OraType(Kind.ROWID))
def char_to_rowid(text: str) -> str:
    return text


def cast_number(value: Number, precision: int | None, scale: int | None) -> Number:
    """Round to scale and check precision as storing into NUMBER(p, s) does; OraError 1438."""
    if isinstance(value, float):
        value = numeric.from_float(value)
    if precision is None and scale is None:
        return value
    rounded = numeric.round_half_up(value, scale or 0)
    limit = Decimal(1).scaleb((precision or 38) - (scale or 0))
    if not -limit < rounded < limit:
        raise OraError(1438)
    return rounded


def fit_text(text: str, target: OraType) -> str:
    """Cut to the length of VARCHAR2(n) / CHAR(n) as CAST does; a CHAR is padded with blanks."""
    size = target.length
    if size is None:
        return text
    if target.char_used:
        text = text[:size]
        return text.ljust(size) if target.kind is Kind.CHAR else text
    data = text.encode()
    if len(data) > size:
        text = data[:size].decode("utf-8", "ignore")
    if target.kind is Kind.CHAR:
        text += " " * (size - len(text.encode()))
    return text


def fit_timestamp(value: dt.datetime, precision: int | None) -> dt.datetime:
    """Round the fraction to TIMESTAMP(p)."""
    if precision is None or precision >= 6:
        return value
    step = 10 ** (6 - precision)
    micro = (value.microsecond + step // 2) // step * step
    return value.replace(microsecond=0) + dt.timedelta(microseconds=micro)
