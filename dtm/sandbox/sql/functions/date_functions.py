"""Datetime functions.

Oracle Database SQL Language Reference 19c, "Functions", "Datetime Functions"; the format models of
ROUND and TRUNC are in table "Date Format Models for the ROUND and TRUNC Date Functions".
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import DATE, NUMBER, Kind, Months, OraType
from dtm.sandbox.sql.functions import datetimes, intervals, numeric, typing_rules
from dtm.sandbox.sql.functions.date_models import DAYS
from dtm.sandbox.sql.functions.environment import Environment, time_zone
from dtm.sandbox.sql.functions.numeric import Number
from dtm.sandbox.sql.functions.registry import function
from dtm.sandbox.sql.functions.typing_rules import INTERVAL_DS, INTERVAL_YM

ZONED = OraType(Kind.TIMESTAMP_TZ, precision=6)
LOCAL = OraType(Kind.TIMESTAMP, precision=6)


def _last(value: dt.datetime) -> int:
    return calendar.monthrange(value.year, value.month)[1]


@function("ADD_MONTHS", "DN", DATE)
def add_months(value: dt.datetime, months: Number) -> dt.datetime:
    """The last day of a month stays the last day."""
    year, month = divmod(value.year * 12 + value.month - 1 + int(months), 12)
    if not 1 <= year <= 9999:
        raise OraError(1841)
    last = calendar.monthrange(year, month + 1)[1]
    day = last if value.day == _last(value) else min(value.day, last)
    return value.replace(year=year, month=month + 1, day=day)


@function("MONTHS_BETWEEN", "DD", NUMBER)
def months_between(left: dt.datetime, right: dt.datetime) -> Number:
    """Whole when the days agree or both are last days; else the rest counts in 31-day months."""
    months = (left.year - right.year) * 12 + left.month - right.month
    if left.day == right.day or (left.day == _last(left) and right.day == _last(right)):
        return months
    seconds = (left.day - right.day) * 86400 + _second(left) - _second(right)
    return numeric.add(months, numeric.divide(seconds, 31 * 86400))


def _second(value: dt.datetime) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


@function("LAST_DAY", "D", DATE)
def last_day(value: dt.datetime) -> dt.datetime:
    return value.replace(day=_last(value))


@function("NEXT_DAY", "DT", DATE)
def next_day(value: dt.datetime, weekday: str) -> dt.datetime:
    """The first such weekday later than `value`; OraError 1846."""
    name = weekday.strip().upper()
    number = next((i for i, d in enumerate(DAYS) if name[:3] == d[:3] and len(name) > 2), None)
    if number is None:
        raise OraError(1846)
    return datetimes.add_days(value, (number - value.weekday() - 1) % 7 + 1)


_Cut = Callable[[dt.datetime], dt.datetime]


def _midnight(value: dt.datetime) -> dt.datetime:
    return value.replace(hour=0, minute=0, second=0, microsecond=0)


def _month_start(value: dt.datetime) -> dt.datetime:
    return _midnight(value).replace(day=1)


def _quarter_start(value: dt.datetime) -> dt.datetime:
    return _month_start(value).replace(month=(value.month - 1) // 3 * 3 + 1)


def _year_start(value: dt.datetime) -> dt.datetime:
    return _month_start(value).replace(month=1)


def _days_back(value: dt.datetime, days: int) -> dt.datetime:
    return _midnight(value) - dt.timedelta(days=days)


def _iso_year_start(value: dt.datetime) -> dt.datetime:
    fourth = dt.datetime(value.isocalendar()[0], 1, 4)
    return fourth - dt.timedelta(days=fourth.weekday())


_UNITS: dict[str, str] = {
    **dict.fromkeys(("CC", "SCC"), "century"),
    **dict.fromkeys(("SYYYY", "YYYY", "YEAR", "SYEAR", "YYY", "YY", "Y"), "year"),
    **dict.fromkeys(("IYYY", "IYY", "IY", "I"), "iso year"),
    "Q": "quarter",
    **dict.fromkeys(("MONTH", "MON", "MM", "RM"), "month"),
    "WW": "week of year",
    "IW": "iso week",
    "W": "week of month",
    **dict.fromkeys(("DDD", "DD", "J"), "day"),
    **dict.fromkeys(("DAY", "DY", "D"), "week"),
    **dict.fromkeys(("HH", "HH12", "HH24"), "hour"),
    "MI": "minute",
}
_FLOORS: dict[str, _Cut] = {
    "century": lambda d: _year_start(d).replace(year=(d.year - 1) // 100 * 100 + 1),
    "year": _year_start,
    "iso year": _iso_year_start,
    "quarter": _quarter_start,
    "month": _month_start,
    "week of year": lambda d: _days_back(d, (d.timetuple().tm_yday - 1) % 7),
    "iso week": lambda d: _days_back(d, d.weekday()),
    "week of month": lambda d: _days_back(d, (d.day - 1) % 7),
    "day": _midnight,
    "week": lambda d: _days_back(d, (d.weekday() + 1) % 7),
    "hour": lambda d: d.replace(minute=0, second=0, microsecond=0),
    "minute": lambda d: d.replace(second=0, microsecond=0),
}


def _unit(model: str) -> str:
    unit = _UNITS.get(model.upper())
    if unit is None:
        raise OraError(1898)
    return unit


@function("TRUNC", "D|T", DATE)
def truncate_date(value: dt.datetime, model: str = "DD") -> dt.datetime:
    """TRUNC(date [, fmt]); OraError 1898 for an unknown model."""
    return _FLOORS[_unit(model)](value.replace(tzinfo=None))


@function("ROUND", "D|T", DATE)
def round_date(value: dt.datetime, model: str = "DD") -> dt.datetime:
    """ROUND(date [, fmt]): half a unit and more rounds up (the 16th of a month, July, noon)."""
    unit = _unit(model)
    value = value.replace(tzinfo=None)
    return _rounded_long(value, unit) if unit in _LONG else _rounded_short(value, unit)


_LONG = {"century", "year", "iso year", "quarter", "month"}
_SHORT = {
    "week of year": 7 * 86400,
    "iso week": 7 * 86400,
    "week of month": 7 * 86400,
    "week": 7 * 86400,
    "day": 86400,
    "hour": 3600,
    "minute": 60,
}


def _rounded_short(value: dt.datetime, unit: str) -> dt.datetime:
    start = _FLOORS[unit](value)
    size = dt.timedelta(seconds=_SHORT[unit])
    return start + size if value - start >= size / 2 else start


def _rounded_long(value: dt.datetime, unit: str) -> dt.datetime:
    start = _FLOORS[unit](value)
    if unit == "month":
        return add_months(start, 1) if value.day >= 16 else start
    if unit == "quarter":
        middle = value.month % 3 == 2
        up = value.month % 3 == 0 or (middle and value.day >= 16)
        return add_months(start, 3) if up else start
    if unit == "century":
        return start.replace(year=start.year + 100) if value.year - start.year >= 50 else start
    up = value.month >= 7
    if unit == "iso year":
        return _iso_year_start(start + dt.timedelta(days=380)) if up else start
    return start.replace(year=start.year + 1) if up else start


@function("NUMTODSINTERVAL", "NT", INTERVAL_DS)
def number_to_day_interval(value: Number, unit: str) -> dt.timedelta:
    factor = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit.strip().upper())
    if factor is None:
        raise OraError(1760)
    return datetimes.scale_interval(dt.timedelta(seconds=factor), value)


@function("NUMTOYMINTERVAL", "NT", INTERVAL_YM)
def number_to_year_interval(value: Number, unit: str) -> Months:
    factor = {"YEAR": 12, "MONTH": 1}.get(unit.strip().upper())
    if factor is None:
        raise OraError(1760)
    return Months(int(numeric.round_half_up(numeric.multiply(value, factor), 0)))


@function("TO_DSINTERVAL", "T", INTERVAL_DS)
def to_day_interval(text: str) -> dt.timedelta:
    return intervals.parse_day_second(text)


@function("TO_YMINTERVAL", "T", INTERVAL_YM)
def to_year_interval(text: str) -> Months:
    return intervals.parse_year_month(text)


@function("SYSDATE", "", DATE, env=True)
def sysdate(env: Environment) -> dt.datetime:
    return env.system.replace(microsecond=0, tzinfo=None)


@function("SYSTIMESTAMP", "", ZONED, env=True)
def systimestamp(env: Environment) -> dt.datetime:
    return env.system


@function("CURRENT_DATE", "", DATE, env=True)
def current_date(env: Environment) -> dt.datetime:
    return env.local.replace(microsecond=0, tzinfo=None)


@function("CURRENT_TIMESTAMP", "|N", ZONED, env=True)
def current_timestamp(env: Environment, precision: Number = 6) -> dt.datetime:
    return _to_precision(env.local, precision)


@function("LOCALTIMESTAMP", "|N", LOCAL, env=True)
def local_timestamp(env: Environment, precision: Number = 6) -> dt.datetime:
    return _to_precision(env.local.replace(tzinfo=None), precision)


def _to_precision(value: dt.datetime, precision: Number) -> dt.datetime:
    step = 10 ** max(0, 6 - int(precision))
    return value.replace(microsecond=value.microsecond // step * step)


@function("SESSIONTIMEZONE", "", typing_rules.text(75), env=True)
def session_time_zone(env: Environment) -> str:
    return env.nls["TIME_ZONE"]


@function("DBTIMEZONE", "", typing_rules.text(6))
def database_time_zone() -> str:
    return "+00:00"


@function("FROM_TZ", "ST", ZONED)
def from_zone(value: dt.datetime, zone: str) -> dt.datetime:
    return value.replace(tzinfo=time_zone(zone))


@function("SYS_EXTRACT_UTC", "Z", LOCAL)
def extract_utc(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC).replace(tzinfo=None)


@function("AT TIME ZONE", "ZT", ZONED)
def at_time_zone(value: dt.datetime, zone: str) -> dt.datetime:
    """The datetime expression `value AT TIME ZONE zone`."""
    return value.astimezone(time_zone(zone))


@function("AT LOCAL", "Z", ZONED, env=True)
def at_local(env: Environment, value: dt.datetime) -> dt.datetime:
    """The datetime expression `value AT LOCAL`."""
    return value.astimezone(env.zone)


@function("TZ_OFFSET", "T", typing_rules.text(7), env=True)
def zone_offset(env: Environment, zone: str) -> str:
    offset = env.utc.astimezone(time_zone(zone)).utcoffset() or dt.timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


_DATE_FIELDS: dict[str, Callable[[dt.datetime], int]] = {
    "YEAR": lambda d: d.year,
    "MONTH": lambda d: d.month,
    "DAY": lambda d: d.day,
}
_TIME_FIELDS: dict[str, Callable[[dt.datetime], Number]] = {
    "HOUR": lambda d: d.hour,
    "MINUTE": lambda d: d.minute,
    "SECOND": lambda d: _seconds(d.second, d.microsecond),
}


def _seconds(second: int, microsecond: int) -> Number:
    return numeric.add(second, Decimal(microsecond).scaleb(-6))


def _zone_minutes(value: dt.datetime) -> int:
    return int((value.utcoffset() or dt.timedelta(0)).total_seconds()) // 60


_ZONE_FIELDS: dict[str, Callable[[dt.datetime], Number]] = {
    "TIMEZONE_HOUR": lambda d: int(_zone_minutes(d) / 60),
    "TIMEZONE_MINUTE": lambda d: _zone_minutes(d) - int(_zone_minutes(d) / 60) * 60,
}


@function("EXTRACT", "TD", NUMBER)
def extract_from_date(field: str, value: dt.datetime) -> int:
    """EXTRACT(field FROM date) as (field, date); a DATE has no time fields here (ORA-30076)."""
    if field not in _DATE_FIELDS:
        raise OraError(30076)
    return _DATE_FIELDS[field](value)


@function("EXTRACT", "TS", NUMBER)
def extract_from_timestamp(field: str, value: dt.datetime) -> Number:
    read = {**_DATE_FIELDS, **_TIME_FIELDS}.get(field)
    if read is None:
        raise OraError(30076)
    return read(value)


@function("EXTRACT", "TZ", NUMBER)
def extract_from_zoned(field: str, value: dt.datetime) -> Number:
    """Fields are taken in UTC, except those of the zone."""
    if field in _ZONE_FIELDS:
        return _ZONE_FIELDS[field](value)
    return extract_from_timestamp(field, value.astimezone(dt.UTC))


@function("EXTRACT", "TI", NUMBER)
def extract_from_interval(field: str, value: dt.timedelta) -> Number:
    sign, size = (-1, -value) if value < dt.timedelta(0) else (1, value)
    fields: dict[str, Number] = {
        "DAY": size.days,
        "HOUR": size.seconds // 3600,
        "MINUTE": size.seconds // 60 % 60,
        "SECOND": _seconds(size.seconds % 60, size.microseconds),
    }
    if field not in fields:
        raise OraError(30076)
    return numeric.multiply(sign, fields[field])


@function("EXTRACT", "TY", NUMBER)
def extract_from_months(field: str, value: Months) -> int:
    sign, size = (-1, -value.total) if value.total < 0 else (1, value.total)
    if field not in {"YEAR", "MONTH"}:
        raise OraError(30076)
    return sign * (size // 12 if field == "YEAR" else size % 12)
