"""How Oracle values lie in SQLite, and back. Shared by storage and the SQL translator.

| Oracle               | SQLite value                                                               |
| -------------------- | -------------------------------------------------------------------------- |
| NULL                 | NULL; '' of VARCHAR2, CHAR, RAW is NULL, an empty CLOB/BLOB is ''/x''      |
| NUMBER, narrow       | INTEGER when integral and within 64 bits; REAL when its repr is exactly it |
| NUMBER, wide         | BLOB: Oracle's own NUMBER bytes (sorts by memcmp, one encoding per value)  |
| BINARY_FLOAT/DOUBLE  | REAL; NaN is the TEXT 'NaN' (sorts above every number, equals itself)      |
| VARCHAR2, CHAR, CLOB | TEXT (BINARY collation)                                                    |
| RAW, BLOB            | BLOB                                                                       |
| DATE                 | TEXT 'YYYY-MM-DD HH:MM:SS'                                                 |
| TIMESTAMP            | TEXT 'YYYY-MM-DD HH:MM:SS[.ffffff]', no trailing zeros in the fraction     |
| TIMESTAMP WITH TZ    | TEXT: the UTC timestamp, a blank, the offset '+HH:MM'                      |
| ... WITH LOCAL TZ    | TEXT: the UTC timestamp                                                    |
| INTERVAL DS / YM     | INTEGER microseconds / months                                              |
| BOOLEAN              | INTEGER 0 or 1                                                             |

Equality, DISTINCT, GROUP BY, unique indexes and joins are right for all NUMBERs natively, since a
value has one encoding. Order (<, ORDER BY, MIN) is right natively while no wide value takes part;
`number_key` maps any encoded NUMBER to bytes that sort rightly. Two TIMESTAMP WITH TIME ZONE
values are compared by `instant_key` (the offset does not count).

Source of the NUMBER bytes: Database Concepts, "Internal Numeric Format"; Oracle Call Interface
Programmer's Guide, "Oracle Data Types, NUMBER": base-100 digits, excess-64 exponent, negative
numbers complemented with a closing byte 102.
"""

from __future__ import annotations

import datetime as dt
import importlib
import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from types import ModuleType

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.kernel.types import Composite, Kind, Months, OraType

# What SQLite stores.
Encoded = int | float | str | bytes | None
Decoder = Callable[[Encoded], Value]

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_MAX_DIGITS = 40  # 20 base-100 digits; 38 are guaranteed
# Oracle rounds half away from zero (SQL Language Reference, "NUMBER Data Type").
NUMBER_CONTEXT = Context(prec=_MAX_DIGITS, rounding=ROUND_HALF_UP, Emin=-200, Emax=200)
_TOO_BIG = Decimal("1e126")
_TOO_SMALL = Decimal("1e-130")
_NAN = "NaN"


def encode_number(value: int | Decimal) -> Encoded:
    """Encode a NUMBER; ORA-01426 (numeric overflow) outside Oracle's range, 0 below it."""
    if isinstance(value, int):
        if _INT_MIN <= value <= _INT_MAX:
            return int(value)
        value = Decimal(value)
    if not value.is_finite():
        raise OraError(1426)
    if value == value.to_integral_value() and abs(value) <= _INT_MAX:
        return int(value)
    if abs(value) < _TOO_SMALL:
        return 0
    if abs(value) >= _TOO_BIG:
        raise OraError(1426)
    value = NUMBER_CONTEXT.plus(value)
    approximate = float(value)
    if Decimal(repr(approximate)) == value:
        return approximate
    return to_oracle_bytes(value)


def decode_number(value: Encoded) -> int | Decimal | None:
    """Decode a NUMBER: int when integral, else Decimal without trailing zeros."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        number = Decimal(repr(value))
    elif isinstance(value, bytes):
        number = from_oracle_bytes(value)
    else:
        raise OraError(1722)
    integral = number.to_integral_value()
    return int(integral) if number == integral else number.normalize(NUMBER_CONTEXT)


def to_oracle_bytes(value: int | Decimal) -> bytes:
    """Oracle's NUMBER bytes of `value`: at most 20 base-100 digits, order-preserving."""
    number = NUMBER_CONTEXT.plus(Decimal(value))
    if not number:
        return b"\x80"
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits))
    power = int(exponent)
    if power % 2:
        text, power = text + "0", power - 1
    if len(text) % 2:
        text = "0" + text
    pairs = [int(text[i : i + 2]) for i in range(0, len(text), 2)]
    power += 2 * (len(pairs) - 1)  # decimal exponent of the first pair
    while pairs and pairs[0] == 0:
        pairs.pop(0)
        power -= 2
    while pairs[-1] == 0:
        pairs.pop()
    head = power // 2 + 193
    if not sign:
        return bytes([head, *(pair + 1 for pair in pairs)])
    return bytes([255 - head, *(101 - pair for pair in pairs), 102])


def from_oracle_bytes(raw: bytes) -> Decimal:
    """The exact value of Oracle's NUMBER bytes."""
    if raw == b"\x80":
        return Decimal(0)
    if raw[0] & 0x80:
        sign, power, pairs = 0, raw[0] - 193, [byte - 1 for byte in raw[1:]]
    else:
        body = raw[1:-1] if raw[-1] == 102 else raw[1:]
        sign, power, pairs = 1, 62 - raw[0], [101 - byte for byte in body]
    digits = tuple(int(digit) for pair in pairs for digit in f"{pair:02d}")
    return Decimal((sign, digits, 2 * (power - len(pairs) + 1)))


def number_key(value: Encoded) -> bytes | None:
    """Bytes that sort as the encoded NUMBER does, wide values included."""
    if value is None or isinstance(value, bytes):
        return value
    number = decode_number(value)
    return to_oracle_bytes(number if number is not None else 0)


def encode_double(value: float) -> Encoded:
    """Encode BINARY_FLOAT / BINARY_DOUBLE; SQLite would turn NaN into NULL."""
    return _NAN if math.isnan(value) else float(value)


def decode_double(value: Encoded) -> float | None:
    """Decode BINARY_FLOAT / BINARY_DOUBLE."""
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, bytes):
        return float(from_oracle_bytes(value))
    return float(value)


def encode_timestamp(value: dt.datetime) -> str:
    """Encode DATE and TIMESTAMP (naive) or the UTC text of an aware one."""
    if value.microsecond:
        return value.isoformat(" ").rstrip("0")
    return value.isoformat(" ")


def encode_timestamp_tz(value: dt.datetime) -> str:
    """Encode TIMESTAMP WITH TIME ZONE: '2026-01-31 23:00:00.5 +01:00', the clock in UTC."""
    offset = value.utcoffset() or dt.timedelta()
    utc = (value - offset).replace(tzinfo=None)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{encode_timestamp(utc)} {sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def encode_timestamp_ltz(value: dt.datetime) -> str:
    """Encode TIMESTAMP WITH LOCAL TIME ZONE: the UTC text."""
    return encode_timestamp(value.astimezone(dt.UTC).replace(tzinfo=None))


def decode_timestamp(value: Encoded) -> dt.datetime | None:
    """Decode DATE and TIMESTAMP."""
    return None if value is None else dt.datetime.fromisoformat(str(value))


def decode_timestamp_tz(value: Encoded) -> dt.datetime | None:
    """Decode TIMESTAMP WITH TIME ZONE to an aware datetime in the stored offset."""
    if value is None:
        return None
    text, offset = str(value)[:-7], str(value)[-6:]
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    delta = dt.timedelta(minutes=-minutes if offset[0] == "-" else minutes)
    return (dt.datetime.fromisoformat(text) + delta).replace(tzinfo=dt.timezone(delta))


def decode_timestamp_ltz(value: Encoded) -> dt.datetime | None:
    """Decode TIMESTAMP WITH LOCAL TIME ZONE to an aware datetime in UTC."""
    return None if value is None else dt.datetime.fromisoformat(str(value)).replace(tzinfo=dt.UTC)


def instant_key(value: Encoded) -> Encoded:
    """The UTC text of an encoded TIMESTAMP WITH TIME ZONE: compare and group by this."""
    return None if value is None else str(value)[:-7]


def encode_interval(value: dt.timedelta) -> int:
    """Encode INTERVAL DAY TO SECOND: microseconds."""
    total = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    if not _INT_MIN <= total <= _INT_MAX:  # 292,000 years; Oracle's limit is 2.7 million
        raise OraError(1873)
    return total


def _decode_interval(value: Encoded) -> dt.timedelta | None:
    return None if value is None else dt.timedelta(microseconds=int(value))


def _decode_months(value: Encoded) -> Months | None:
    return None if value is None else Months(int(value))


def _decode_boolean(value: Encoded) -> bool | None:
    return None if value is None else bool(value)


def _encode_datetime(value: dt.datetime) -> str:
    return encode_timestamp(value) if value.tzinfo is None else encode_timestamp_tz(value)


_BY_PYTHON_TYPE: dict[type, Callable[[Value], Encoded]] = {
    int: encode_number,
    Decimal: encode_number,
    bool: int,
    float: encode_double,
    str: lambda value: value or None,
    bytes: lambda value: value or None,
    bytearray: lambda value: bytes(value) or None,
    dt.datetime: _encode_datetime,
    dt.timedelta: encode_interval,
    Months: lambda value: value.total,
}


def encode(value: Value, kind: Kind | None = None) -> Encoded:
    """Encode any value of `kernel.types`. `kind` matters only for CLOB/BLOB (an empty one is not
    NULL), TIMESTAMP WITH LOCAL TIME ZONE, and DATE given an aware value (its local clock)."""
    if value is None:
        return None
    if kind is not None:
        special = _BY_KIND.get(kind)
        if special is not None:
            return special(value)
    encoder = _BY_PYTHON_TYPE.get(type(value))
    if encoder is None:
        raise OraError(932, type(value).__name__, "a SQL data type")
    return encoder(value)


def _composites() -> ModuleType:
    """The module that writes composites; it needs this one."""
    return importlib.import_module("dtm.sandbox.sql.composites")


def _encode_composite(value: Value) -> str:
    text: str = _composites().dump(value)
    return text


def _decode_composite(value: Encoded) -> Composite | None:
    found: Composite | None = None if value is None else _composites().load(str(value))
    return found


def _encode_local_clock(value: dt.datetime) -> str:
    return encode_timestamp(value.replace(tzinfo=None))


def _encode_date(value: dt.datetime) -> str:
    return encode_timestamp(value.replace(tzinfo=None, microsecond=0))


_BY_KIND: dict[Kind, Callable[[Value], Encoded]] = {
    Kind.CLOB: str,
    Kind.BLOB: bytes,
    Kind.BINARY_DOUBLE: lambda value: encode_double(float(value)),
    Kind.BINARY_FLOAT: lambda value: encode_double(float(value)),
    Kind.DATE: _encode_date,
    Kind.TIMESTAMP: _encode_local_clock,
    Kind.TIMESTAMP_LTZ: encode_timestamp_ltz,
}
_BY_PYTHON_TYPE[Composite] = _encode_composite

_DECODERS: dict[Kind, Decoder] = {
    Kind.NUMBER: decode_number,
    Kind.PLS_INTEGER: decode_number,
    Kind.BINARY_FLOAT: decode_double,
    Kind.BINARY_DOUBLE: decode_double,
    Kind.DATE: decode_timestamp,
    Kind.TIMESTAMP: decode_timestamp,
    Kind.TIMESTAMP_TZ: decode_timestamp_tz,
    Kind.TIMESTAMP_LTZ: decode_timestamp_ltz,
    Kind.INTERVAL_DS: _decode_interval,
    Kind.INTERVAL_YM: _decode_months,
    Kind.BOOLEAN: _decode_boolean,
    Kind.OBJECT: _decode_composite,
    Kind.COLLECTION: _decode_composite,
}


def decoder(data_type: OraType) -> Decoder | None:
    """The function that decodes a column of `data_type`; None when the value is itself."""
    return _DECODERS.get(data_type.kind)


def row_decoder(
    types: tuple[OraType, ...],
) -> Callable[[tuple[Encoded, ...]], tuple[Value, ...]] | None:
    """One function for whole rows; None when no column needs decoding."""
    decoders = [decoder(data_type) for data_type in types]
    work = [(index, function) for index, function in enumerate(decoders) if function is not None]
    if not work:
        return None

    def decode_row(row: tuple[Encoded, ...]) -> tuple[Value, ...]:
        values = list(row)
        for index, function in work:
            values[index] = function(values[index])
        return tuple(values)

    return decode_row


# ---------------------------------------------------------------- ROWID

_ROWID_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ROWID_VALUES = {digit: value for value, digit in enumerate(_ROWID_DIGITS)}
_ROWID_TEXT = re.compile(r"[A-Za-z0-9+/]{18}")
_ROWS_PER_BLOCK = 4096


def _base64_digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        text = _ROWID_DIGITS[number % 64] + text
        number //= 64
    return text


def rowid_text(object_id: int, row: int) -> str:
    """Oracle's extended ROWID, OOOOOOFFFBBBBBBRRR (Database Concepts, "Rowid Data Types").

    `row` is the storage's row number ("$R"); file and block are derived from it."""
    block, slot = divmod(row, _ROWS_PER_BLOCK)
    return _block_text(object_id, block) + _SLOTS[slot]


@lru_cache(maxsize=4096)
def _block_text(object_id: int, block: int) -> str:
    file, block = divmod(block, 64**6)
    return _base64_digits(object_id, 6) + _base64_digits(file, 3) + _base64_digits(block, 6)


_SLOTS = tuple(_base64_digits(slot, 3) for slot in range(_ROWS_PER_BLOCK))


def rowid_row(object_id: int, text: str) -> int | None:
    """The row number `text` points at; None when it belongs to another object. ORA-01410."""
    if not _ROWID_TEXT.fullmatch(text):
        raise OraError(1410)
    parts = []
    for start, stop in ((0, 6), (6, 9), (9, 15), (15, 18)):
        number = 0
        for digit in text[start:stop]:
            number = number * 64 + _ROWID_VALUES[digit]
        parts.append(number)
    owner, file, block, slot = parts
    return (file * 64**6 + block) * _ROWS_PER_BLOCK + slot if owner == object_id else None
