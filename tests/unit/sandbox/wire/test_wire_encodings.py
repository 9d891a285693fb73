"""Encodings against Oracle's documented bytes, there and back, and on junk."""

from __future__ import annotations

import datetime as dt
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Months
from dtm.sandbox.wire.numbers import decode_number, encode_number
from dtm.sandbox.wire.protocol import Dty
from dtm.sandbox.wire.rowids import encode_rowid
from dtm.sandbox.wire.values import decode, encoder


@pytest.mark.parametrize(
    ("value", "dump"),  # as SELECT DUMP(x) FROM DUAL shows them
    [
        (0, [128]),
        (1, [193, 2]),
        (-1, [62, 100, 102]),
        (5, [193, 6]),
        (-5, [62, 96, 102]),
        (100, [194, 2]),
        (2767, [194, 28, 68]),
        (-2767, [61, 74, 34, 102]),
        (100000, [195, 11]),
        (1234567, [196, 2, 24, 46, 68]),
        (decimal.Decimal("0.01"), [192, 2]),
        (decimal.Decimal("12.5"), [193, 13, 51]),
    ],
)
def test_number_bytes_are_oracles(value: object, dump: list[int]) -> None:
    assert list(encode_number(value)) == dump


DECIMALS = st.builds(
    lambda sign, digits, exponent: decimal.Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=38),
    st.integers(-90, 80),
)


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_integers_survive(value: int) -> None:
    assert decode_number(encode_number(value)) == value


@given(DECIMALS)
def test_decimals_of_38_digits_survive(value: decimal.Decimal) -> None:
    assert decode_number(encode_number(value)) == value


@given(st.lists(DECIMALS, min_size=2, max_size=2))
def test_encoded_numbers_sort_like_numbers(pair: list[decimal.Decimal]) -> None:
    low, high = sorted(pair)
    assert encode_number(low) <= encode_number(high)


@pytest.mark.parametrize("value", [10**126, decimal.Decimal("-1e130"), float("inf"), float("nan")])
def test_numbers_out_of_range(value: object) -> None:
    with pytest.raises(OraError) as caught:
        encode_number(value)
    assert caught.value.code == 1426


def test_tiny_numbers_become_zero() -> None:
    assert encode_number(decimal.Decimal("1e-140")) == b"\x80"


NAIVE = st.datetimes()
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
AWARE = st.datetimes(
    dt.datetime.fromisoformat("0001-01-03"), dt.datetime.fromisoformat("9999-12-29"),
    timezones=OFFSETS,
)  # fmt: skip


@given(NAIVE)
def test_timestamps_survive(value: dt.datetime) -> None:
    assert decode(encoder(Dty.TIMESTAMP, 1)(value), Dty.TIMESTAMP, 1) == value
    day = value.replace(microsecond=0)
    assert decode(encoder(Dty.DATE, 1)(value), Dty.DATE, 1) == day


@given(AWARE)
def test_time_zones_survive(value: dt.datetime) -> None:
    found = decode(encoder(Dty.TIMESTAMP_TZ, 1)(value), Dty.TIMESTAMP_TZ, 1)
    assert (found, found.utcoffset()) == (value, value.utcoffset())


@given(st.timedeltas(dt.timedelta(days=-99999), dt.timedelta(days=99999)))
def test_day_intervals_survive(value: dt.timedelta) -> None:
    assert decode(encoder(Dty.INTERVAL_DS, 1)(value), Dty.INTERVAL_DS, 1) == value


@given(st.integers(-12 * 9999, 12 * 9999))
def test_month_intervals_survive(months: int) -> None:
    value = Months(months)
    assert decode(encoder(Dty.INTERVAL_YM, 1)(value), Dty.INTERVAL_YM, 1) == value


@given(st.floats(allow_nan=False))
def test_doubles_survive(value: float) -> None:
    assert decode(encoder(Dty.BINARY_DOUBLE, 1)(value), Dty.BINARY_DOUBLE, 1) == value


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2))
def test_encoded_doubles_sort_like_doubles(pair: list[float]) -> None:
    low, high = sorted(pair)
    encode = encoder(Dty.BINARY_DOUBLE, 1)
    assert encode(low) <= encode(high) or low == high


@given(st.sampled_from(sorted(Dty)), st.binary(min_size=1, max_size=40))
def test_junk_is_an_ora_error_or_a_value(kind: Dty, data: bytes) -> None:
    code = 0
    try:
        decode(data, kind, 1)
    except OraError as error:
        code = error.code
    assert code in (0, 1483, 1805, 3115)


def test_rowid_fields() -> None:
    # object 73196 (0x11DEC), file 4, block 151, row 0: each a length and its digits
    expected = [4, 0, 1, 0x1D, 0xEC, 1, 4, 0, 1, 151, 0]
    assert list(encode_rowid("AAAR3sAAEAAAACXAAA")) == expected
    with pytest.raises(OraError) as caught:
        encode_rowid("not a rowid")
    assert caught.value.code == 1410
