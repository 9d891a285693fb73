"""Encoding of values: Database Concepts 19c "Internal Numeric Format", SQL Language Reference 19c
"NUMBER Data Type", "Datetime Data Types"."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, Months, OraType
from dtm.sandbox.sql import encoding


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, b"\x80"),
        (1, bytes([193, 2])),
        (100, bytes([194, 2])),
        (Decimal("123.45"), bytes([194, 2, 24, 46])),
        (-1, bytes([62, 100, 102])),
        (-100, bytes([61, 100, 102])),
        (Decimal("0.01"), bytes([192, 2])),
        (Decimal("0.1"), bytes([192, 11])),
    ],
)
def test_number_bytes_are_oracles(number: int | Decimal, expected: bytes) -> None:
    # DUMP(n) of these values: Type 2 NUMBER, as in the OCI guide's examples
    assert encoding.to_oracle_bytes(number) == expected
    assert encoding.from_oracle_bytes(expected) == number


def _random_numbers() -> list[Decimal]:
    source = random.Random(7)
    numbers = [Decimal(0), Decimal(2**63), Decimal(-(2**63) - 1), Decimal(10) ** 37]
    for _ in range(400):
        digits = source.randint(1, 38)
        text = "".join(source.choice("0123456789") for _ in range(digits))
        number = Decimal(text).scaleb(-source.randint(0, 50))
        numbers.append(-number if source.random() < 0.5 else number)
    return numbers


def test_number_round_trip_is_exact_and_canonical() -> None:
    for number in _random_numbers():
        encoded = encoding.encode_number(number)
        assert encoding.decode_number(encoded) == number
        sign, digits, exponent = number.as_tuple()
        trailing = Decimal((sign, (*digits, 0), int(exponent) - 1))
        assert encoding.encode_number(trailing) == encoded


def test_number_key_sorts_as_numbers_do() -> None:
    numbers = _random_numbers()
    by_key = sorted(numbers, key=lambda n: encoding.number_key(encoding.encode_number(n)) or b"")
    assert by_key == sorted(numbers)


def test_narrow_numbers_stay_native() -> None:
    assert encoding.encode_number(5) == 5
    assert type(encoding.encode_number(Decimal("5.00"))) is int
    assert encoding.encode_number(Decimal("0.1")) == 0.1
    assert encoding.decode_number(0.1) == Decimal("0.1")
    assert isinstance(encoding.encode_number(Decimal(1) / Decimal(3)), bytes)


def test_number_overflow() -> None:
    with pytest.raises(OraError, match="ORA-01426"):
        encoding.encode_number(Decimal("1e126"))
    assert encoding.encode_number(Decimal("1e-131")) == 0


def test_dates_sort_as_text() -> None:
    base = dt.datetime(2026, 1, 2, 3, 4, 5)
    values = [base + dt.timedelta(microseconds=m) for m in (0, 1, 10, 100_000, 500_000, 999_999)]
    texts = [encoding.encode(v) for v in values]
    assert texts == sorted(texts, key=str)
    assert [encoding.decode_timestamp(t) for t in texts] == values
    assert texts[3] == "2026-01-02 03:04:05.1"


def test_time_zone_keeps_offset_and_compares_by_instant() -> None:
    berlin = dt.datetime(2026, 1, 2, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    lima = berlin.astimezone(dt.timezone(dt.timedelta(hours=-5, minutes=-30)))
    encoded = encoding.encode(berlin), encoding.encode(lima)
    assert encoding.instant_key(encoded[0]) == encoding.instant_key(encoded[1])
    decoded = encoding.decode_timestamp_tz(encoded[1])
    assert decoded == lima
    assert decoded is not None
    assert decoded.utcoffset() == lima.utcoffset()
    local = encoding.encode(berlin, Kind.TIMESTAMP_LTZ)
    assert local == "2026-01-02 11:00:00"


def test_empty_string_is_null_but_not_an_empty_lob() -> None:
    assert encoding.encode("") is None
    assert encoding.encode(b"") is None
    assert encoding.encode("", Kind.CLOB) == ""
    assert encoding.encode(b"", Kind.BLOB) == b""


def test_intervals_doubles_and_rows() -> None:
    span = -dt.timedelta(days=2, microseconds=3)
    types = (
        OraType(Kind.INTERVAL_DS),
        OraType(Kind.INTERVAL_YM),
        OraType(Kind.VARCHAR2),
        OraType(Kind.BINARY_DOUBLE),
    )
    decode = encoding.row_decoder(types)
    assert decode is not None
    row = decode((encoding.encode(span), encoding.encode(Months(-14)), "x", "NaN"))
    assert row[:3] == (span, Months(-14), "x")
    assert row[3] != row[3]
    assert encoding.encode(float("nan")) == "NaN"
    assert encoding.row_decoder((OraType(Kind.VARCHAR2),)) is None


def test_rowid() -> None:
    text = encoding.rowid_text(73_421, 5_000_123)
    assert len(text) == 18
    assert encoding.rowid_row(73_421, text) == 5_000_123
    assert encoding.rowid_row(9, text) is None
    with pytest.raises(OraError, match="ORA-01410"):
        encoding.rowid_row(9, "nonsense")
