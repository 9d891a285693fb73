"""TO_DATE, TO_TIMESTAMP and implicit conversion of text to dates by a datetime format model.

Oracle Database SQL Language Reference 19c, "Format Models", "String-to-Date Conversion Rules":
punctuation of the model matches any punctuation, may be missing between digits, time elements at
the end may be missing, and MM, MON, MONTH, YY and RR have alternatives.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.sql.functions.date_fields import DIGITS, Input, compose
from dtm.sandbox.sql.functions.date_models import (
    DAYS,
    MONTHS,
    ROMAN,
    Element,
    elements,
)
from dtm.sandbox.sql.functions.environment import Environment, time_zone

CALLERS = frozenset({"TO_DATE", "TO_TIMESTAMP", "TO_TIMESTAMP_TZ", "CAST"})
_OUTPUT_ONLY = frozenset(
    {"CC", "SCC", "Q", "WW", "IW", "W", "IYYY", "IYY", "IY", "I", "D", "YEAR", "SYEAR", "TZD"}
)
_TIME = frozenset(
    [
        "HH24",
        "HH12",
        "HH",
        "MI",
        "SS",
        "SSSSS",
        "AM",
        "PM",
        "A.M.",
        "P.M.",
        "X",
        "TZH",
        "TZM",
        "TZR",
        "TZD",
        "FF",
        "FF1",
        "FF2",
        "FF3",
        "FF4",
        "FF5",
        "FF6",
        "FF7",
        "FF8",
        "FF9",
        "TS",
    ]
)
_MERIDIANS = frozenset({"AM", "PM", "A.M.", "P.M."})
_ONCE = {  # what one model may say once only, and the error otherwise
    "YYYY": ("year", 1812),
    "RRRR": ("year", 1812),
    "SYYYY": ("year", 1812),
    "Y,YYY": ("year", 1812),
    "YYY": ("year", 1812),
    "YY": ("year", 1812),
    "RR": ("year", 1812),
    "Y": ("year", 1812),
    "MM": ("month", 1816),
    "MON": ("month", 1816),
    "MONTH": ("month", 1816),
    "RM": ("month", 1816),
    "HH": ("hour", 1813),
    "HH12": ("hour", 1813),
    "HH24": ("hour", 1813),
}
# code -> (widest number of digits, lowest, highest, error when out of range)
_RANGES: dict[str, tuple[int, int, int, int]] = {
    "MM": (2, 1, 12, 1843),
    "DD": (2, 1, 31, 1847),
    "DDD": (3, 1, 366, 1848),
    "J": (7, 1, 5373484, 1854),
    "HH24": (2, 0, 23, 1850),
    "HH12": (2, 1, 12, 1849),
    "HH": (2, 1, 12, 1849),
    "MI": (2, 0, 59, 1851),
    "SS": (2, 0, 59, 1852),
    "SSSSS": (5, 0, 86399, 1853),
}


@lru_cache(maxsize=512)
def _checked(model: str) -> tuple[Element, ...]:
    """The model's elements, refused where Oracle refuses them for input."""
    parts = elements(model)
    codes = [e.code for e in parts if e.code]
    seen: dict[str, str] = {}
    for part in parts:
        code = part.code
        if code in _OUTPUT_ONLY or part.suffix:
            raise OraError(1820)
        if not code or code == "X":
            continue
        if code in codes and codes.count(code) > 1:
            raise OraError(1810)
        what, error = _ONCE.get(code, (code, 1810))
        if what in seen:
            raise OraError(error)
        seen[what] = code
    if "HH24" in codes and _MERIDIANS & set(codes):
        raise OraError(1818)
    return parts


def parse(text: str, model: str, env: Environment, want: str) -> dt.datetime:
    """Read `text`; `want` is "D" (DATE), "S" (TIMESTAMP) or "Z" (WITH TIME ZONE)."""
    parts = _checked(model)
    if want == "D" and any(p.code.startswith(("FF", "TZ")) for p in parts):
        raise OraError(1821)
    source = Input(text, env)
    for index, part in enumerate(parts):
        if part.code:
            source.skip_spaces()
        if source.at_end():
            _only_time_left(parts[index:])
            break
        if part.code:
            _element(source, part, parts[index + 1 : index + 2])
        else:
            _literal(source, part, parts[index + 1 : index + 2])
    source.skip_spaces()
    if not source.at_end():
        raise OraError(1830)
    return compose(source, want)


def _only_time_left(parts: tuple[Element, ...]) -> None:
    if any(p.code and p.code not in _TIME for p in parts):
        raise OraError(1840)


def _literal(source: Input, part: Element, following: tuple[Element, ...]) -> None:
    if part.quoted:
        if not source.rest().startswith(part.text):
            raise OraError(1861)
        source.position += len(part.text)
        return
    char = source.text[source.position]
    if part.exact:
        if char != part.text:
            raise OraError(1861)
        source.position += 1
    elif not char.isalnum():
        source.position += 1
    elif part.text != " ":
        # Punctuation may be missing, but only between numeric elements.
        numeric = bool(following) and (
            following[0].code in _RANGES or following[0].code.startswith(("Y", "R", "FF"))
        )
        if not (numeric and char.isdigit()):
            raise OraError(1861)


def _element(source: Input, part: Element, following: tuple[Element, ...]) -> None:
    code = part.code
    special = _SPECIAL.get(code)
    if special is not None:
        special(source, part)
    elif code.startswith("FF"):
        _fraction(source, code)
    elif code in _RANGES:
        _ranged(source, part)
    elif _ONCE.get(code, ("", 0))[0] == "year":
        _year(source, part, following)
    else:
        raise Unsupported(501, f"datetime format element {code} in input", callers=CALLERS)


def _ranged(source: Input, part: Element) -> None:
    width, low, high, error = _RANGES[part.code]
    value = source.digits(width, exact=part.exact and part.fill)
    if not low <= value <= high:
        raise OraError(error)
    source.fields[part.code] = value


def _year(source: Input, part: Element, following: tuple[Element, ...]) -> None:
    code, now = part.code, source.env.local.year
    if code == "SYYYY" and source.text[source.position] in "+-":
        if source.text[source.position] == "-":
            raise Unsupported(502, "dates before the year 1", callers=CALLERS)
        source.position += 1
    if code == "Y,YYY":
        match = re.match(r"(\d),(\d{3})", source.rest())
        if match is None:
            raise OraError(1861)
        source.position += match.end()
        source.fields["year"] = int(match.group(1) + match.group(2))
        return
    width = len(code.lstrip("S"))
    if code in {"YY", "RR"} and not (following and following[0].code):
        match = DIGITS.match(source.text, source.position)
        if match is not None and len(match.group()) == 4:
            width = 4  # alternative element: YY reads as YYYY, RR as RRRR
    start = source.position
    if code in {"YYYY", "SYYYY"} and not DIGITS.match(source.text, start):
        raise OraError(1841)  # read as the year 0
    value = source.digits(width, exact=part.exact and part.fill)
    source.fields["year"] = _full_year(value, source.position - start, code, now)


def _full_year(value: int, digits: int, code: str, now: int) -> int:
    if digits == 4 or code in {"YYYY", "SYYYY"}:
        if not 1 <= value <= 9999:
            raise OraError(1841)
        return value
    if code.startswith("RR"):
        if digits > 2:
            return value
        century = now // 100 * 100
        if now % 100 < 50:
            return century + value - (100 if value >= 50 else 0)
        return century + value + (100 if value < 50 else 0)
    size = {"YYY": 1000, "YY": 100, "Y": 10}[code]
    return now // size * size + value


def _named(source: Input, names: list[str]) -> int | None:
    """Read a full or three-letter name; its place in `names`, or None."""
    rest = source.rest().upper()
    for size in (None, 3):
        for number, name in enumerate(names):
            if rest.startswith(name[:size]):
                source.position += len(name[:size])
                return number
    return None


def _month_name(source: Input, part: Element) -> None:
    number = _named(source, MONTHS)
    if number is None:
        raise OraError(1843)
    if part.code == "MONTH" and part.fill and not part.exact:
        source.skip_spaces()
    source.fields["MM"] = number + 1


def _month(source: Input, part: Element) -> None:
    if source.text[source.position].isalpha() and not part.exact:
        _month_name(source, part)
    else:
        _ranged(source, part)


def _roman(source: Input, _: Element) -> None:
    match = re.match(r"[IVX]+", source.rest().upper())
    if match is None or match.group() not in ROMAN:
        raise OraError(1843)
    source.position += match.end()
    source.fields["MM"] = ROMAN.index(match.group()) + 1


def _weekday(source: Input, _: Element) -> None:
    number = _named(source, DAYS)
    if number is None:
        raise OraError(1846)
    source.fields["weekday"] = number


def _meridian(source: Input, _: Element) -> None:
    match = re.match(r"([AP])(M|\.M\.)", source.rest().upper())
    if match is None:
        raise OraError(1855)
    source.position += match.end()
    source.fields["pm"] = int(match.group(1) == "P")


def _era(source: Input, _: Element) -> None:
    match = re.match(r"(A\.?D\.?|B\.?C\.?)", source.rest().upper())
    if match is None:
        raise OraError(1861)
    if match.group(1).startswith("B"):
        raise Unsupported(502, "dates before the year 1", callers=CALLERS)
    source.position += match.end()


def _radix(source: Input, _: Element) -> None:
    if source.text[source.position] == source.env.decimal_character:
        source.position += 1


def _fraction(source: Input, code: str) -> None:
    start = source.position
    source.digits(int(code[2:] or 9))
    digits = source.text[start : source.position]
    source.fields["microsecond"] = int(f"{digits:0<6}"[:6])


def _zone_hour(source: Input, _: Element) -> None:
    sign = source.text[source.position]
    if sign in "+-":
        source.position += 1
    source.fields["tzh"] = source.digits(2)
    source.fields["tzsign"] = -1 if sign == "-" else 1


def _zone_minute(source: Input, _: Element) -> None:
    source.fields["tzm"] = source.digits(2)


def _zone_region(source: Input, _: Element) -> None:
    match = re.match(r"[+-]?[A-Za-z0-9_/:+-]+", source.rest())
    if match is None:
        raise OraError(1882)
    source.position += match.end()
    source.zone = time_zone(match.group())


_SPECIAL: dict[str, Callable[[Input, Element], None]] = {
    "MM": _month,
    "MON": _month_name,
    "MONTH": _month_name,
    "RM": _roman,
    "DAY": _weekday,
    "DY": _weekday,
    "AM": _meridian,
    "PM": _meridian,
    "A.M.": _meridian,
    "P.M.": _meridian,
    "AD": _era,
    "BC": _era,
    "A.D.": _era,
    "B.C.": _era,
    "X": _radix,
    "TZH": _zone_hour,
    "TZM": _zone_minute,
    "TZR": _zone_region,
}
