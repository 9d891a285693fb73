"""The text a date is read from, the fields found in it, and the date they make."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.functions.date_models import JULIAN_OFFSET
from dtm.sandbox.sql.functions.environment import Environment, offset_zone

DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Input:
    """The text being read and the fields found so far."""

    text: str
    env: Environment
    position: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    zone: dt.tzinfo | None = None

    def rest(self) -> str:
        return self.text[self.position :]

    def skip_spaces(self) -> None:
        while self.text[self.position : self.position + 1] == " ":
            self.position += 1

    def at_end(self) -> bool:
        return self.position >= len(self.text)

    def digits(self, width: int, *, exact: bool = False) -> int:
        """Read 1..width digits; OraError 1858 when there is none, 1862 when FX wants them all."""
        match = DIGITS.match(self.text, self.position, self.position + width)
        if match is None:
            raise OraError(1858)
        if exact and match.end() - match.start() != width:
            raise OraError(1862)
        self.position = match.end()
        return int(match.group())


def compose(source: Input, want: str) -> dt.datetime:
    fields = source.fields
    date = _date(source)
    if "weekday" in fields and fields["weekday"] != date.weekday():
        raise OraError(1835)
    hour, minute, second = _time(fields)
    value = dt.datetime.combine(date, dt.time(hour, minute, second, fields.get("microsecond", 0)))
    if want == "D":
        return value.replace(microsecond=0)
    return value if want == "S" else value.replace(tzinfo=_zone(source))


def _date(source: Input) -> dt.date:
    fields, now = source.fields, source.env.local
    if "J" in fields:
        return dt.date.fromordinal(fields["J"] - JULIAN_OFFSET)
    year = fields.get("year", now.year)
    if "DDD" in fields:
        if fields["DDD"] == 366 and not calendar.isleap(year):
            raise OraError(1848)
        return dt.date(year, 1, 1) + dt.timedelta(days=fields["DDD"] - 1)
    month, day = fields.get("MM", now.month), fields.get("DD", 1)
    if day > calendar.monthrange(year, month)[1]:
        raise OraError(1839)
    return dt.date(year, month, day)


def _time(fields: dict[str, int]) -> tuple[int, int, int]:
    if "SSSSS" in fields:
        total = fields["SSSSS"]
        hour, minute, second = total // 3600, total // 60 % 60, total % 60
        for code, value in (("HH24", hour), ("MI", minute), ("SS", second)):
            if fields.get(code, value) != value:
                raise OraError(1836)
        return hour, minute, second
    hour = fields.get("HH24", 0)
    twelve = fields.get("HH12", fields.get("HH"))
    if twelve is not None:
        hour = twelve % 12 + 12 * fields["pm"] if "pm" in fields else twelve
    return hour, fields.get("MI", 0), fields.get("SS", 0)


def _zone(source: Input) -> dt.tzinfo:
    fields = source.fields
    if source.zone is not None:
        return source.zone
    if "tzh" in fields:
        sign = "-" if fields["tzsign"] < 0 else "+"
        return offset_zone(sign, fields["tzh"], fields.get("tzm", 0))
    return source.env.zone
