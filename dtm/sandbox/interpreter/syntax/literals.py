"""Literals: numbers, dates, timestamps, intervals.

PL/SQL Language Reference 19c, "Literals"; SQL Language Reference 19c, "Literals".
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from dtm.sandbox.interpreter.syntax.errors import CompileError
from dtm.sandbox.interpreter.syntax.tree import Literal, Pos
from dtm.sandbox.kernel.types import Months

_DATE = re.compile(r"\s*(\d{1,4})-(\d{1,2})-(\d{1,2})\s*\Z")
_TIMESTAMP = re.compile(
    r"\s*(\d{1,4})-(\d{1,2})-(\d{1,2})(?:\s+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?)?"
    r"\s*(?:([+-])(\d{1,2}):(\d{2}))?\s*\Z"
)


def number(text: str, pos: Pos) -> Literal:
    """A numeric literal; suffix F or D makes it binary."""
    if text[-1:] in "FD" and not text.startswith("0X"):
        kind = "FLOAT" if text[-1] == "F" else "DOUBLE"
        return Literal(pos, float(text[:-1]), kind)
    if text.isdigit():
        return Literal(pos, int(text[:400]), "NUMBER")
    value = Decimal(text)
    if value.adjusted() > 125:
        raise CompileError(pos, "PLS-00569: numeric overflow or underflow")
    if value == value.to_integral_value():
        return Literal(pos, int(value), "NUMBER")
    return Literal(pos, value, "NUMBER")


def datetime_literal(word: str, text: str, pos: Pos) -> Literal:
    """DATE 'YYYY-MM-DD' or TIMESTAMP 'YYYY-MM-DD HH24:MI:SS.FF [zone]'."""
    try:
        if word == "DATE":
            match = _DATE.match(text)
            if match is None:
                raise CompileError(
                    pos, "PLS-00166: bad format for date, time, timestamp or interval literal"
                )
            year, month, day = (int(g) for g in match.groups())
            return Literal(pos, dt.datetime(year, month, day), "DATE")
        return _timestamp(text, pos)
    except ValueError as error:
        message = "PLS-00166: bad format for date, time, timestamp or interval literal"
        raise CompileError(pos, message) from error


def _timestamp(text: str, pos: Pos) -> Literal:
    match = _TIMESTAMP.match(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(g or 0) for g in match.groups()[:6])
    micro = int((match[7] or "").ljust(6, "0")[:6])
    zone = None
    if match[8]:
        offset = dt.timedelta(hours=int(match[9]), minutes=int(match[10]))
        zone = dt.timezone(-offset if match[8] == "-" else offset)
    value = dt.datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
    return Literal(pos, value, "TIMESTAMP_TZ" if zone else "TIMESTAMP")


_UNITS = ("DAY", "HOUR", "MINUTE", "SECOND")
_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}


def interval(text: str, first: str, last: str, pos: Pos) -> Literal:
    """INTERVAL '...' first [TO last]."""
    bad = CompileError(pos, "PLS-00166: bad format for date, time, timestamp or interval literal")
    match = re.match(r"\s*([+-]?)\s*(.*?)\s*\Z", text, re.DOTALL)
    if match is None:
        raise bad
    negative, body = match[1] == "-", match[2]
    numbers = re.split(r"[-\s:]+", body)
    if first in ("YEAR", "MONTH"):
        if not all(n.isdigit() for n in numbers) or len(numbers) != (2 if first != last else 1):
            raise bad
        total = (
            int(numbers[0]) * 12 + int(numbers[1])
            if len(numbers) == 2
            else (int(numbers[0]) * (12 if first == "YEAR" else 1))
        )
        return Literal(pos, Months(-total if negative else total), "INTERVAL", "YEAR TO MONTH")
    if last not in _UNITS or first not in _UNITS:
        raise bad
    units = _UNITS[_UNITS.index(first) : _UNITS.index(last) + 1]
    if len(numbers) != len(units) or not all(re.fullmatch(r"\d+(\.\d+)?", n) for n in numbers):
        raise bad
    value = dt.timedelta()
    for unit, digits in zip(units, numbers, strict=True):
        value += dt.timedelta(microseconds=int(Decimal(digits) * _SECONDS[unit] * 1_000_000))
    return Literal(pos, -value if negative else value, "INTERVAL", "DAY TO SECOND")
