"""Aggregate and window functions whose rows are ordered: LISTAGG, percentiles, IGNORE NULLS.

SQL Language Reference 19c, "Functions", LISTAGG, PERCENTILE_CONT, PERCENTILE_DISC, FIRST_VALUE,
LAG, "Analytic Functions" (windowing_clause).
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded, decode_number, number_key
from dtm.sandbox.sql.engine_aggregates import total_of
from dtm.sandbox.sql.engine_wrappers import encode_number
from dtm.sandbox.sql.functions import numeric

MAX_BYTES = 4000  # of a VARCHAR2 in SQL
_COUNT_BYTES = 24  # what "(n)" may take


class _ListAgg:
    """LISTAGG(value, separator): the caller sorts the rows. ORA-01489 beyond 4000 bytes."""

    __slots__ = ("values",)
    distinct = False

    def __init__(self) -> None:
        self.values: deque[tuple[str, str]] = deque()

    def step(self, value: Encoded = None, separator: Encoded = None) -> None:
        if value is not None:
            self.values.append((str(value), str(separator or "")))

    def inverse(self, value: Encoded = None, separator: Encoded = None) -> None:
        del separator
        if value is not None:
            self.values.popleft()

    def value(self) -> Encoded:
        if not self.values:
            return None
        separator = self.values[0][1]
        texts = [value for value, _ in self.values]
        if self.distinct:
            texts = list(dict.fromkeys(texts))
        text = separator.join(texts)
        if len(text) > MAX_BYTES // 4 and len(text.encode()) > MAX_BYTES:
            return self.overflow(texts, separator)
        return text

    def overflow(self, texts: list[str], separator: str) -> Encoded:
        del texts, separator
        raise OraError(1489)

    def final(self) -> Encoded:
        return self.value()


@lru_cache(maxsize=64)
def listagg(filler: str | None, *, count: bool, distinct: bool) -> SqlFunction:
    """LISTAGG([DISTINCT] ...); `filler`: of ON OVERFLOW TRUNCATE filler WITH[OUT] COUNT."""
    only_distinct = distinct

    class Plain(_ListAgg):
        __slots__ = ()
        distinct = only_distinct

    class Truncating(Plain):
        __slots__ = ()

        def overflow(self, texts: list[str], separator: str) -> Encoded:
            tail, between = filler or "", len(separator.encode())
            room = MAX_BYTES - len(tail.encode()) - between - (_COUNT_BYTES if count else 0)
            kept: list[str] = []
            size = 0
            for text in texts:
                size += len(text.encode()) + (between if kept else 0)
                if size > room:
                    break
                kept.append(text)
            if count:
                tail += f"({len(texts) - len(kept)})"
            return separator.join([*kept, tail])

    made = Plain if filler is None else Truncating
    suffix = "" if filler is None else f"_{filler.encode().hex()}_{int(count)}"
    name = f"o_listagg{'_distinct' if distinct else ''}{suffix}"
    return SqlFunction(name, 2, lambda _: made, kind="window")


# ---------------------------------------------------------------- IGNORE NULLS


@lru_cache(maxsize=4)
def skipping(which: str, *, nulls: bool = False) -> SqlFunction:
    """The n-th value from one end of the frame; `nulls`: NULLs count too."""

    class Skipping:
        __slots__ = ("count", "values")

        def __init__(self) -> None:
            self.values: deque[Encoded] = deque()
            self.count = 1

        def step(self, value: Encoded = None, count: Encoded = 1) -> None:
            self.count = int(decode_number(count) or 0)
            if self.count < 1:
                raise OraError(1428, str(self.count))
            if nulls or value is not None:
                self.values.append(value)

        def inverse(self, value: Encoded = None, count: Encoded = 1) -> None:
            del count
            if nulls or value is not None:
                self.values.popleft()

        def value(self) -> Encoded:
            if len(self.values) < self.count:
                return None
            return self.values[self.count - 1 if which == "FIRST" else -self.count]

        def final(self) -> Encoded:
            return self.value()

    name = f"o_{which.lower()}_{'any' if nulls else 'known'}"
    return SqlFunction(name, 2, lambda _: Skipping, kind="window")


# ---------------------------------------------------------------- DISTINCT over a partition


@lru_cache(maxsize=4)
def distinct(name: str) -> SqlFunction:
    """COUNT, SUM or AVG (DISTINCT x) OVER (PARTITION BY ...)."""

    class Distinct:
        __slots__ = ("values",)

        def __init__(self) -> None:
            self.values: list[Encoded] = []

        def step(self, value: Encoded = None) -> None:
            if value is not None:
                self.values.append(value)

        def inverse(self, value: Encoded = None) -> None:
            if value is not None:
                self.values.remove(value)

        def value(self) -> Encoded:
            found = set(self.values)
            if name == "COUNT":
                return len(found)
            if not found:
                return None
            total = total_of([decode_number(v) for v in found])
            return encode_number(numeric.divide(total, len(found)) if name == "AVG" else total)

        def final(self) -> Encoded:
            return self.value()

    return SqlFunction(f"o_{name.lower()}_distinct", 1, lambda _: Distinct, kind="window")


# ---------------------------------------------------------------- percentiles


class _Percentile:
    """Collects values; subclasses say of which type, in which order, and which percentile."""

    __slots__ = ("share", "values")
    type = OraType(Kind.NUMBER)
    continuous = False
    descending = False

    def __init__(self) -> None:
        self.values: list[Encoded] = []
        self.share: Any = None

    def step(self, value: Encoded = None, share: Encoded = None) -> None:
        self.share = decode_number(share)
        if self.share is None or not 0 <= self.share <= 1:
            raise OraError(30496)
        if value is not None:
            self.values.append(value)

    def inverse(self, value: Encoded = None, share: Encoded = None) -> None:
        del share
        if value is not None:
            self.values.remove(value)

    def value(self) -> Encoded:
        if not self.values:
            return None
        key: Any = number_key if self.type.kind in _NUMBERS else None
        ordered = sorted(self.values, key=key, reverse=self.descending)
        if not self.continuous:
            place = Decimal(self.share) * len(ordered)
            return ordered[max(0, int(place.to_integral_value(rounding="ROUND_CEILING")) - 1)]
        # Linear interpolation between the rows around 1 + share * (n - 1).
        place = Decimal(self.share) * (len(ordered) - 1)
        part = place - int(place)
        if not part:
            return ordered[int(place)]
        return self._between(ordered[int(place)], ordered[int(place) + 1], part)

    def _between(self, low: Encoded, high: Encoded, part: Decimal) -> Encoded:
        decode = encoding.decoder(self.type)
        a: Any = low if decode is None else decode(low)
        b: Any = high if decode is None else decode(high)
        if self.type.kind in _NUMBERS:
            step = numeric.multiply(numeric.subtract(b, a), numeric.normalize(part))
            return encode_number(numeric.add(a, step))
        between = a + (b - a) * float(part)
        if self.type.kind is Kind.DATE:
            between = (between + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        return encoding.encode(between, self.type.kind)

    def final(self) -> Encoded:
        return self.value()


_NUMBERS = frozenset({Kind.NUMBER, Kind.PLS_INTEGER, Kind.NULL})


@lru_cache(maxsize=64)
def percentile(ora_type: OraType, *, continuous: bool, descending: bool) -> SqlFunction:
    """PERCENTILE_CONT / PERCENTILE_DISC: arguments are the value and the percentile."""
    members = {
        "__slots__": (),
        "type": ora_type,
        "continuous": continuous,
        "descending": descending,
    }
    made = type("Percentile", (_Percentile,), members)
    name = f"o_pct{'c' if continuous else 'd'}{int(descending)}_{ora_type.kind.name}"
    return SqlFunction(name, 2, lambda _: made, kind="window")


# ---------------------------------------------------------------- RANGE over dates

_EPOCH = dt.datetime(1, 1, 1)


def _microseconds(text: Encoded) -> Encoded:
    if text is None:
        return None
    instant = dt.datetime.fromisoformat(str(text)[:26].strip())
    return (instant.replace(tzinfo=None) - _EPOCH) // dt.timedelta(microseconds=1)


MICROSECONDS = SqlFunction("o_microseconds", 1, lambda _: _microseconds)
