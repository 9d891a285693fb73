"""What a built-in function may know of the session: NLS settings, time zone, statement clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext

# Database Globalization Support Guide 19c, "Setting Up a Globalization Support Environment":
# the values of an AMERICAN_AMERICA session.
NLS_DEFAULTS: dict[str, str] = {
    "NLS_CALENDAR": "GREGORIAN",
    "NLS_COMP": "BINARY",
    "NLS_CURRENCY": "$",
    "NLS_DATE_FORMAT": "DD-MON-RR",
    "NLS_DATE_LANGUAGE": "AMERICAN",
    "NLS_DUAL_CURRENCY": "$",
    "NLS_ISO_CURRENCY": "AMERICA",
    "NLS_LANGUAGE": "AMERICAN",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "NLS_NCHAR_CONV_EXCP": "FALSE",
    "NLS_NUMERIC_CHARACTERS": ".,",
    "NLS_SORT": "BINARY",
    "NLS_TERRITORY": "AMERICA",
    "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
    "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR",
    "NLS_TIME_FORMAT": "HH.MI.SSXFF AM",
    "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR",
}
TIME_ZONE = "TIME_ZONE"  # kept with the NLS settings; "+00:00" until ALTER SESSION SET TIME_ZONE


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Environment:
    """One session as functions see it. `tick` sets the clock: SYSDATE does not move in a statement.

    `clock` returns an aware datetime; tests replace it.
    """

    __slots__ = ("_now", "clock", "context", "nls")

    def __init__(
        self, context: SessionContext, clock: Callable[[], dt.datetime] = _utc_now
    ) -> None:
        self.context = context
        self.nls = context.nls
        self.clock = clock
        self._now = clock()
        for name, value in NLS_DEFAULTS.items():
            self.nls.setdefault(name, value)
        self.nls.setdefault(TIME_ZONE, "+00:00")

    def tick(self) -> None:
        """Start of a statement: read the clock."""
        self._now = self.clock()

    def set_moment(self, moment: dt.datetime) -> None:
        """Make `moment` (aware) the statement's time."""
        self._now = moment

    @property
    def utc(self) -> dt.datetime:
        """The statement's moment, aware, in UTC."""
        return self._now

    @property
    def system(self) -> dt.datetime:
        """The statement's moment in the server's zone (the sandbox's server lives in UTC)."""
        return self._now.astimezone(dt.UTC)

    @property
    def local(self) -> dt.datetime:
        """The statement's moment in the session's time zone, aware."""
        return self._now.astimezone(time_zone(self.nls[TIME_ZONE]))

    @property
    def zone(self) -> dt.tzinfo:
        return time_zone(self.nls[TIME_ZONE])

    @property
    def date_format(self) -> str:
        return self.nls["NLS_DATE_FORMAT"]

    @property
    def timestamp_format(self) -> str:
        return self.nls["NLS_TIMESTAMP_FORMAT"]

    @property
    def timestamp_tz_format(self) -> str:
        return self.nls["NLS_TIMESTAMP_TZ_FORMAT"]

    @property
    def decimal_character(self) -> str:
        return self.nls["NLS_NUMERIC_CHARACTERS"][0]

    @property
    def group_separator(self) -> str:
        return self.nls["NLS_NUMERIC_CHARACTERS"][1]


@lru_cache(maxsize=256)
def time_zone(name: str) -> dt.tzinfo:
    """Return the zone "+02:00", "UTC" or "Europe/Paris" names; OraError 1882 if there is none."""
    text = name.strip()
    if text[:1] in "+-" and text[1:].replace(":", "").isdigit():
        hours, _, minutes = text[1:].partition(":")
        return offset_zone(text[0], int(hours), int(minutes or 0))
    if text.upper() in {"UTC", "GMT", "Z"}:
        return dt.UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise OraError(1882) from error


def offset_zone(sign: str, hours: int, minutes: int) -> dt.timezone:
    """A fixed offset; OraError 1874 / 1875 outside Oracle's range (-15:59 .. +15:59)."""
    if hours > 15:
        raise OraError(1874)
    if minutes > 59:
        raise OraError(1875)
    delta = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-delta if sign == "-" else delta)
