"""INTERVAL literals and texts.

Oracle Database SQL Language Reference 19c, "Literals", "Interval Literals".
"""

from __future__ import annotations

import datetime as dt
import re

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Months

_DAY_SECOND = re.compile(r"\s*([+-]?)(\d+)\s+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?\s*\Z")
_YEAR_MONTH = re.compile(r"\s*([+-]?)(\d+)-(\d{1,2})\s*\Z")
_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_UNITS = ("DAY", "HOUR", "MINUTE", "SECOND")


def render_day_second(value: dt.timedelta, days: int = 2, fraction: int = 6) -> str:
    """'+01 02:03:04.000000': `days` leading digits, `fraction` digits of a second."""
    sign = "-" if value < dt.timedelta(0) else "+"
    value = abs(value)
    hours, rest = divmod(value.seconds, 3600)
    text = f"{sign}{value.days:0{days}d} {hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    if not fraction:
        return text
    return f"{text}.{f'{value.microseconds:06d}000'[:fraction]}"


def render_year_month(value: Months, years: int = 2) -> str:
    """'+01-06'."""
    whole, months = divmod(abs(value.total), 12)
    return f"{'-' if value.total < 0 else '+'}{whole:0{years}d}-{months:02d}"


def parse_day_second(text: str) -> dt.timedelta:
    """'1 02:03:04.5' as TO_DSINTERVAL reads it; OraError 1867."""
    match = _DAY_SECOND.match(text)
    if match is None:
        raise OraError(1867)
    sign, days, hours, minutes, seconds, fraction = match.groups()
    if int(hours) > 23:
        raise OraError(1850)
    if int(minutes) > 59:
        raise OraError(1851)
    if int(seconds) > 59:
        raise OraError(1852)
    value = dt.timedelta(
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int(f"{fraction or '0':0<6}"[:6]),
    )
    return -value if sign == "-" else value


def parse_year_month(text: str) -> Months:
    """'1-6' as TO_YMINTERVAL reads it; OraError 1867."""
    match = _YEAR_MONTH.match(text)
    if match is None:
        raise OraError(1867)
    sign, years, months = match.groups()
    if int(months) > 11:
        raise OraError(1843)
    total = int(years) * 12 + int(months)
    return Months(-total if sign == "-" else total)


def literal(text: str, first: str, last: str | None, precision: int = 2) -> dt.timedelta | Months:
    """INTERVAL '<text>' first [TO last]. OraError 1867 for a malformed text, 1873 too many digits."""
    sign = "-" if text.strip().startswith("-") else ""
    body = text.strip().lstrip("+-").strip()
    if first in {"YEAR", "MONTH"}:
        return _year_month_literal(sign, body, first, last, precision)
    return _day_second_literal(sign, body, first, last, precision)


def _year_month_literal(
    sign: str, body: str, first: str, last: str | None, precision: int
) -> Months:
    if first == "YEAR" and last == "MONTH":
        value = parse_year_month(sign + body)
        lead = body.partition("-")[0]
    else:
        if not body.isdigit():
            raise OraError(1867)
        factor = 12 if first == "YEAR" else 1
        value = Months(int(sign + body) * factor)
        lead = body
    if len(lead.lstrip("0")) > precision:
        raise OraError(1873)
    return value


_SHAPES = {
    "DAY": r"(?P<DAY>\d+)",
    "HOUR": r"(?P<HOUR>\d+)",
    "MINUTE": r"(?P<MINUTE>\d+)",
    "SECOND": r"(?P<SECOND>\d+)(?:\.(?P<FRACTION>\d{1,9}))?",
}


def _day_second_literal(
    sign: str, body: str, first: str, last: str | None, precision: int
) -> dt.timedelta:
    units = _UNITS[_UNITS.index(first) : _UNITS.index(last or first) + 1]
    separators = {"DAY": r"\s+", "HOUR": ":", "MINUTE": ":"}
    pattern = ""
    for unit in units:
        pattern += _SHAPES[unit] + (separators[unit] if unit != units[-1] else "")
    match = re.fullmatch(pattern, body)
    if match is None:
        raise OraError(1867)
    found = match.groupdict()
    if len(found[first].lstrip("0")) > precision:
        raise OraError(1873)
    for unit, limit, code in (("HOUR", 23, 1850), ("MINUTE", 59, 1851), ("SECOND", 59, 1852)):
        if unit != first and found.get(unit) and int(found[unit]) > limit:
            raise OraError(code)
    value = dt.timedelta(
        seconds=sum(int(found[unit]) * _SECONDS[unit] for unit in units),
        microseconds=int(f"{found.get('FRACTION') or '0':0<6}"[:6]),
    )
    return -value if sign else value
