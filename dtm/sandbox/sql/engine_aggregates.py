"""Aggregate and window functions SQLite has not, or not exactly.

SQL Language Reference 19c, "Functions", "Aggregate Functions", "Analytic Functions".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded, decode_double, decode_number, number_key
from dtm.sandbox.sql.engine_runtime import Runtime
from dtm.sandbox.sql.engine_wrappers import encode_number
from dtm.sandbox.sql.functions import numeric


class _Single:
    """A scalar subquery: its one row's value, NULL without rows, ORA-01427 for more."""

    __slots__ = ("count", "result")

    def __init__(self) -> None:
        self.count = 0
        self.result: Encoded = None

    def step(self, value: Encoded = None) -> None:
        self.count += 1
        if self.count > 1:
            raise OraError(1427)
        self.result = value

    def final(self) -> Encoded:
        return self.result


SINGLE = SqlFunction("o_single", 1, lambda _: _Single, kind="aggregate")


class _Sum:
    """SUM of NUMBERs, exact; also as a sliding window."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.count = 0
        self.total: Any = 0

    def step(self, value: Encoded = None) -> None:
        if value is not None:
            self.count += 1
            self.total = self.total + self._number(value)

    def inverse(self, value: Encoded = None) -> None:
        if value is not None:
            self.count -= 1
            self.total = self.total - self._number(value)

    @staticmethod
    def _number(value: Encoded) -> Any:
        # Sums stay exact: Decimal's own context would round to 28 digits.
        return value if isinstance(value, int) else _Exact(Decimal(decode_number(value) or 0))

    def value(self) -> Encoded:
        return encode_number(_plain(self.total)) if self.count else None

    def final(self) -> Encoded:
        return self.value()


class _Exact:
    """A Decimal that adds and subtracts without rounding."""

    __slots__ = ("number",)

    def __init__(self, number: Decimal) -> None:
        self.number = number

    def _other(self, other: object) -> Decimal:
        return other.number if isinstance(other, _Exact) else Decimal(other)  # type: ignore[arg-type]

    def __add__(self, other: object) -> _Exact:
        return _Exact(numeric.EXACT.add(self.number, self._other(other)))

    __radd__ = __add__

    def __sub__(self, other: object) -> _Exact:
        return _Exact(numeric.EXACT.subtract(self.number, self._other(other)))

    def __rsub__(self, other: object) -> _Exact:
        return _Exact(numeric.EXACT.subtract(self._other(other), self.number))


def _plain(total: Any) -> numeric.Number:
    if isinstance(total, _Exact):
        return numeric.normalize(total.number)
    return numeric.from_int(int(total))


class _Average(_Sum):
    __slots__ = ()

    def value(self) -> Encoded:
        if not self.count:
            return None
        return encode_number(numeric.divide(_plain(self.total), self.count))


SUM = SqlFunction("o_sum", 1, lambda _: _Sum, kind="window")
AVERAGE = SqlFunction("o_avg", 1, lambda _: _Average, kind="window")


class _FloatSum:
    """SUM and AVG of BINARY_DOUBLEs."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: deque[float] = deque()

    def step(self, value: Encoded = None) -> None:
        if value is not None:
            self.values.append(decode_double(value) or 0.0)

    def inverse(self, value: Encoded = None) -> None:
        if value is not None:
            self.values.popleft()

    def value(self) -> Encoded:
        return encode_number(sum(self.values, 0.0)) if self.values else None

    def final(self) -> Encoded:
        return self.value()


class _FloatAverage(_FloatSum):
    __slots__ = ()

    def value(self) -> Encoded:
        if not self.values:
            return None
        return encode_number(sum(self.values, 0.0) / len(self.values))


FLOAT_SUM = SqlFunction("o_fsum", 1, lambda _: _FloatSum, kind="window")
FLOAT_AVERAGE = SqlFunction("o_favg", 1, lambda _: _FloatAverage, kind="window")


class _Extreme:
    """MIN and MAX over NUMBERs that may be wide."""

    __slots__ = ("values",)
    sign = 1

    def __init__(self) -> None:
        self.values: deque[tuple[bytes, Encoded]] = deque()

    def step(self, value: Encoded = None) -> None:
        key = number_key(value)
        if key is not None:
            self.values.append((key, value))

    def inverse(self, value: Encoded = None) -> None:
        if value is not None:
            self.values.popleft()

    def value(self) -> Encoded:
        if not self.values:
            return None
        choose = max if self.sign > 0 else min
        return choose(self.values, key=lambda pair: pair[0])[1]

    def final(self) -> Encoded:
        return self.value()


class _Least(_Extreme):
    __slots__ = ()
    sign = -1


WIDE_MAX = SqlFunction("o_max", 1, lambda _: _Extreme, kind="window")
WIDE_MIN = SqlFunction("o_min", 1, lambda _: _Least, kind="window")


class _Collected:
    """An aggregate over all its values at once; NULLs are left out."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Encoded = None, *rest: Encoded) -> None:
        del rest
        if value is not None:
            self.values.append(decode_number(value))

    def inverse(self, value: Encoded = None, *rest: Encoded) -> None:
        del rest
        if value is not None:
            self.values.pop(0)

    def value(self) -> Encoded:
        raise NotImplementedError

    def final(self) -> Encoded:
        return self.value()


def _variance(values: list[Any], *, sample: bool) -> numeric.Number | None:
    count = len(values)
    if not count or (sample and count < 2):
        return None
    mean = numeric.divide(total_of(values), count)
    squares = [numeric.multiply(d, d) for d in (numeric.subtract(v, mean) for v in values)]
    return numeric.divide(total_of(squares), count - 1 if sample else count)


def total_of(values: list[Any]) -> numeric.Number:
    total: numeric.Number = 0
    for value in values:
        total = numeric.add(total, value)
    return total


def _root(value: numeric.Number | None) -> numeric.Number | None:
    if value is None:
        return None
    return numeric.normalize(numeric.CONTEXT.sqrt(Decimal(value)))


def _median(values: list[Any]) -> numeric.Number | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]  # type: ignore[no-any-return]
    return numeric.divide(numeric.add(ordered[middle - 1], ordered[middle]), 2)


def _zero_for_one(values: list[Any], result: numeric.Number | None) -> numeric.Number | None:
    """VARIANCE and STDDEV of one value are 0, VAR_SAMP and STDDEV_SAMP NULL."""
    return 0 if len(values) == 1 else result


_STATISTICS: dict[str, Callable[[list[Any]], numeric.Number | None]] = {
    "VARIANCE": lambda v: _zero_for_one(v, _variance(v, sample=True)),
    "VAR_SAMP": lambda v: _variance(v, sample=True),
    "VAR_POP": lambda v: _variance(v, sample=False),
    "STDDEV": lambda v: _root(_zero_for_one(v, _variance(v, sample=True))),
    "STDDEV_SAMP": lambda v: _root(_variance(v, sample=True)),
    "STDDEV_POP": lambda v: _root(_variance(v, sample=False)),
    "MEDIAN": _median,
}
STATISTIC_NAMES = frozenset(_STATISTICS)


@lru_cache(maxsize=32)
def statistic(name: str) -> SqlFunction:
    """VARIANCE, STDDEV, MEDIAN ... over NUMBERs."""
    compute = _STATISTICS[name]

    class Statistic(_Collected):
        __slots__ = ()

        def value(self) -> Encoded:
            return encode_number(compute(self.values))

    return SqlFunction(f"o_{name.lower()}", 1, lambda _: Statistic, kind="window")


def _nextval(runtime: Runtime) -> Callable[[Encoded, Encoded], Encoded]:
    return lambda key, place: encode_number(runtime.nextval(int(key or 0), int(place or 0)))


def _currval(runtime: Runtime) -> Callable[[Encoded, Encoded], Encoded]:
    return lambda key, place: encode_number(runtime.currval(int(key or 0), int(place or 0)))


NEXTVAL = SqlFunction("o_nextval", 2, _nextval, stable=False)
CURRVAL = SqlFunction("o_currval", 2, _currval, stable=False)
