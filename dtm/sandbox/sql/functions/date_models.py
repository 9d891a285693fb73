"""Datetime format models, taken apart.

Oracle Database SQL Language Reference 19c, "Format Models", "Datetime Format Models".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError

_ELEMENTS = [
    "SYYYY",
    "Y,YYY",
    "YYYY",
    "SYEAR",
    "YEAR",
    "RRRR",
    "IYYY",
    "YYY",
    "IYY",
    "YY",
    "RR",
    "IY",
    "MONTH",
    "MON",
    "MM",
    "SSSSS",
    "SCC",
    "CC",
    "SS",
    "DDD",
    "DAY",
    "DD",
    "DY",
    "DL",
    "DS",
    "D",
    "HH24",
    "HH12",
    "HH",
    "MI",
    "A.M.",
    "P.M.",
    "AM",
    "PM",
    "A.D.",
    "B.C.",
    "AD",
    "BC",
    "FF1",
    "FF2",
    "FF3",
    "FF4",
    "FF5",
    "FF6",
    "FF7",
    "FF8",
    "FF9",
    "FF",
    "IW",
    "WW",
    "TZH",
    "TZM",
    "TZR",
    "TZD",
    "TS",
    "FM",
    "FX",
    "Q",
    "W",
    "J",
    "X",
    "I",
    "Y",
    "RM",
]
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<element>'
    + "|".join(re.escape(e) for e in sorted(_ELEMENTS, key=len, reverse=True))
    + r")(?P<suffix>THSP|SPTH|TH|SP)?|(?P<punctuation>[^A-Za-z0-9\"])",
    re.IGNORECASE,
)
MONTHS = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
]
DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
JULIAN_OFFSET = 1721425  # Julian day of 0001-01-01 minus 1, in Python's proleptic ordinal


@dataclass(frozen=True, slots=True)
class Element:
    """One piece of a model. `code` is upper case, or "" for literal text in `text`."""

    code: str
    text: str
    suffix: str = ""
    quoted: bool = False
    fill: bool = True  # False after FM: no padding
    exact: bool = False  # True after FX


@lru_cache(maxsize=1024)
def elements(model: str) -> tuple[Element, ...]:
    """Split a model; OraError 1821 for an unknown element."""
    result: list[Element] = []
    fill, exact, position = True, False, 0
    while position < len(model):
        match = _TOKEN.match(model, position)
        if match is None:
            raise OraError(1821)
        position = match.end()
        code = (match.group("element") or "").upper()
        if code == "FM":
            fill = not fill
        elif code == "FX":
            exact = not exact
        elif code:
            suffix = (match.group("suffix") or "").upper()
            result.append(Element(code, match.group("element"), suffix, False, fill, exact))
        elif match.group("quoted") is not None:
            result.append(Element("", match.group("quoted"), "", True, fill, exact))
        else:
            result.append(Element("", match.group("punctuation"), "", False, fill, exact))
    return tuple(result)
