"""TO_CHAR of dates, timestamps and their zones by a datetime format model.

Oracle Database SQL Language Reference 19c, "Format Models", "Datetime Format Elements".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.functions import spelling
from dtm.sandbox.sql.functions.date_models import (
    DAYS,
    JULIAN_OFFSET,
    MONTHS,
    ROMAN,
    Element,
    elements,
)
from dtm.sandbox.sql.functions.environment import Environment

_TIME_ONLY = {"FF", "TZH", "TZM", "TZR", "TZD", "X"}


def render(value: dt.datetime, model: str, env: Environment, *, is_date: bool = False) -> str:
    """Format `value`. `is_date`: a DATE has no fraction and no zone (ORA-01821 for FF, TZH ...)."""
    parts = []
    for element in elements(model):
        if not element.code:
            parts.append(element.text)
            continue
        if is_date and (element.code in _TIME_ONLY - {"X"} or element.code.startswith("FF")):
            raise OraError(1821)
        parts.append(_one(value, element, env))
    return "".join(parts)


def _one(value: dt.datetime, element: Element, env: Environment) -> str:
    code = element.code
    number = _NUMBERS.get(code)
    if number is not None:
        width, read = number
        return _number(read(value), width, element)
    name = _NAMES.get(code)
    if name is not None:
        width, text = name[0], name[1](value)
        return _cased(text.ljust(width) if element.fill else text, element.text)
    return _rest(value, element, env)


def _number(number: int, width: int, element: Element) -> str:
    digits = f"{number:0{width}d}" if element.fill else str(number)
    if element.suffix == "TH":
        ending = spelling.suffixed(number, "TH")[-2:]
        return digits + (ending if element.text[-1].isupper() else ending.lower())
    if element.suffix:
        return _cased(spelling.suffixed(number, element.suffix), element.text)
    return digits


def _cased(text: str, shape: str) -> str:
    """The element's own letters decide: DAY, Day, day."""
    letters = shape.replace(".", "")
    if letters[:1].islower():
        return text.lower()
    if len(letters) > 1 and letters[1].islower():
        return text.title()
    return text.upper()


def _iso_year(value: dt.datetime) -> int:
    return value.isocalendar()[0]


_NUMBERS: dict[str, tuple[int, Callable[[dt.datetime], int]]] = {
    "YYYY": (4, lambda d: d.year),
    "RRRR": (4, lambda d: d.year),
    "YYY": (3, lambda d: d.year % 1000),
    "YY": (2, lambda d: d.year % 100),
    "RR": (2, lambda d: d.year % 100),
    "Y": (1, lambda d: d.year % 10),
    "IYYY": (4, _iso_year),
    "IYY": (3, lambda d: _iso_year(d) % 1000),
    "IY": (2, lambda d: _iso_year(d) % 100),
    "I": (1, lambda d: _iso_year(d) % 10),
    "CC": (2, lambda d: (d.year + 99) // 100),
    "Q": (1, lambda d: (d.month + 2) // 3),
    "MM": (2, lambda d: d.month),
    "WW": (2, lambda d: (d.timetuple().tm_yday + 6) // 7),
    "IW": (2, lambda d: d.isocalendar()[1]),
    "W": (1, lambda d: (d.day + 6) // 7),
    "DDD": (3, lambda d: d.timetuple().tm_yday),
    "DD": (2, lambda d: d.day),
    "D": (1, lambda d: d.isoweekday() % 7 + 1),  # territory AMERICA: Sunday is 1
    "J": (7, lambda d: d.toordinal() + JULIAN_OFFSET),
    "HH24": (2, lambda d: d.hour),
    "HH12": (2, lambda d: (d.hour + 11) % 12 + 1),
    "HH": (2, lambda d: (d.hour + 11) % 12 + 1),
    "MI": (2, lambda d: d.minute),
    "SS": (2, lambda d: d.second),
    "SSSSS": (5, lambda d: d.hour * 3600 + d.minute * 60 + d.second),
}
_NAMES: dict[str, tuple[int, Callable[[dt.datetime], str]]] = {
    "MONTH": (9, lambda d: MONTHS[d.month - 1]),
    "MON": (3, lambda d: MONTHS[d.month - 1][:3]),
    "RM": (4, lambda d: ROMAN[d.month - 1]),
    "DAY": (9, lambda d: DAYS[d.weekday()]),
    "DY": (3, lambda d: DAYS[d.weekday()][:3]),
    "AM": (0, lambda d: "AM" if d.hour < 12 else "PM"),
    "PM": (0, lambda d: "AM" if d.hour < 12 else "PM"),
    "A.M.": (0, lambda d: "A.M." if d.hour < 12 else "P.M."),
    "P.M.": (0, lambda d: "A.M." if d.hour < 12 else "P.M."),
    "AD": (0, lambda _: "AD"),
    "BC": (0, lambda _: "AD"),
    "A.D.": (0, lambda _: "A.D."),
    "B.C.": (0, lambda _: "A.D."),
    "YEAR": (0, lambda d: spelling.year(d.year)),
    "SYEAR": (0, lambda d: " " + spelling.year(d.year)),
}


def _rest(value: dt.datetime, element: Element, env: Environment) -> str:
    code = element.code
    if code.startswith("FF"):
        digits = int(code[2:] or 6)
        return f"{value.microsecond:06d}000"[:digits]
    if code in {"TZH", "TZM", "TZR", "TZD"}:
        return _zone(value, code, env)
    if code == "SYYYY":
        return f" {value.year:04d}" if element.fill else str(value.year)
    if code == "SCC":
        return f" {(value.year + 99) // 100:02d}"
    if code == "Y,YYY":
        return f"{value.year // 1000},{value.year % 1000:03d}"
    return _locale(value, code, env)


def _locale(value: dt.datetime, code: str, env: Environment) -> str:
    """X, DL, DS, TS: what the territory (AMERICA) says."""
    if code == "X":
        return env.decimal_character
    models = {"DL": "fmDay, Month DD, YYYY", "DS": "fmMM/DD/RRRR", "TS": "HH:MI:SS AM"}
    return render(value, models[code], env)


def _zone(value: dt.datetime, code: str, env: Environment) -> str:
    zoned = value if value.tzinfo is not None else value.replace(tzinfo=env.zone)
    offset = zoned.utcoffset() or dt.timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    if code == "TZH":
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}"
    if code == "TZM":
        return f"{abs(minutes) % 60:02d}"
    if code == "TZD":
        return "" if isinstance(zoned.tzinfo, dt.timezone) else zoned.tzname() or ""
    key = getattr(zoned.tzinfo, "key", None)
    if key:
        return str(key).upper()
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
