"""Scalar values to and from their external encodings.

Source: "Oracle Call Interface Programmer's Guide", chapter "Data Types", and the layouts the
thin drivers read and write. LOBs and cursors are not scalars: see `lobs` and `execute`.
"""

from __future__ import annotations

import datetime as dt
import decimal
import struct
from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.kernel.types import Months
from dtm.sandbox.wire.numbers import decode_number, encode_number
from dtm.sandbox.wire.protocol import FORM_NCHAR, Dty
from dtm.sandbox.wire.rowids import encode_rowid

_MIDDLE = 0x80000000  # interval fields are stored around this
_TEXT = frozenset({Dty.VARCHAR, Dty.CHAR, Dty.LONG})
_REGION = 0x80  # bit of a time zone's first byte: a named region follows
TEXT_OR_ROWID = _TEXT | {Dty.ROWID, Dty.UROWID}


def _encode_time(value: dt.datetime, *, fraction: bool) -> bytes:
    out = bytes(
        (
            value.year // 100 + 100,
            value.year % 100 + 100,
            value.month,
            value.day,
            value.hour + 1,
            value.minute + 1,
            value.second + 1,
        )
    )
    if fraction and value.microsecond:
        out += struct.pack(">I", value.microsecond * 1000)
    return out


def _encode_date(value: dt.datetime) -> bytes:
    return _encode_time(value, fraction=False)


def _encode_timestamp(value: dt.datetime) -> bytes:
    return _encode_time(value, fraction=True)


def _encode_timestamp_tz(value: dt.datetime) -> bytes:
    """UTC and the offset: hours + 20, minutes + 60."""
    offset = value.utcoffset() or dt.timedelta(0)
    utc = value.replace(tzinfo=None) - offset
    minutes = int(offset.total_seconds()) // 60
    hours = int(minutes / 60)
    fraction = struct.pack(">I", utc.microsecond * 1000)
    zone = bytes((hours + 20, minutes - hours * 60 + 60))
    return _encode_time(utc, fraction=False) + fraction + zone


def _decode_time(data: bytes) -> dt.datetime:
    value = dt.datetime(
        (data[0] - 100) * 100 + data[1] - 100,
        data[2],
        data[3],
        data[4] - 1,
        data[5] - 1,
        data[6] - 1,
    )
    if len(data) >= 11:
        nanoseconds = struct.unpack_from(">I", data, 7)[0]
        value = value.replace(microsecond=nanoseconds // 1000)
    if len(data) >= 13:
        if data[11] & _REGION:
            raise OraError(1805)
        offset = dt.timedelta(hours=data[11] - 20, minutes=data[12] - 60)
        value = (value + offset).replace(tzinfo=dt.timezone(offset))
    return value


def _decode_date(data: bytes) -> dt.datetime:
    return _decode_time(data[:7])


def _encode_float(value: float, layout: str) -> bytes:
    data = bytearray(struct.pack(layout, value))
    if data[0] & 0x80:
        return bytes(byte ^ 0xFF for byte in data)
    data[0] |= 0x80
    return bytes(data)


def _decode_float(data: bytes, layout: str) -> float:
    if data[0] & 0x80:
        plain = bytes([data[0] & 0x7F]) + data[1:]
    else:
        plain = bytes(byte ^ 0xFF for byte in data)
    value: float = struct.unpack(layout, plain)[0]
    return value


def _encode_interval_ds(value: dt.timedelta) -> bytes:
    total = (value.days * 86400 + value.seconds) * 1_000_000 + value.microseconds
    sign = -1 if total < 0 else 1
    seconds, micro = divmod(abs(total), 1_000_000)
    days, seconds = divmod(seconds, 86400)
    return struct.pack(
        ">IBBBI",
        sign * days + _MIDDLE,
        sign * (seconds // 3600) + 60,
        sign * (seconds // 60 % 60) + 60,
        sign * (seconds % 60) + 60,
        sign * micro * 1000 + _MIDDLE,
    )


def _decode_interval_ds(data: bytes) -> dt.timedelta:
    days, hours, minutes, seconds, nano = struct.unpack(">IBBBI", data)
    return dt.timedelta(
        days=days - _MIDDLE,
        hours=hours - 60,
        minutes=minutes - 60,
        seconds=seconds - 60,
        microseconds=int((nano - _MIDDLE) / 1000),
    )


def _encode_interval_ym(value: Months) -> bytes:
    sign = -1 if value.total < 0 else 1
    years, months = divmod(abs(value.total), 12)
    return struct.pack(">IB", sign * years + _MIDDLE, sign * months + 60)


def _decode_interval_ym(data: bytes) -> Months:
    years, months = struct.unpack(">IB", data)
    return Months((years - _MIDDLE) * 12 + months - 60)


def _encode_text(value: Value) -> bytes:
    if isinstance(value, bool) or not isinstance(value, str | int | decimal.Decimal):
        raise OraError(932, "CHAR", type(value).__name__)
    return str(value).encode()


_ENCODERS: dict[int, Callable[[Value], bytes]] = {
    Dty.VARCHAR: _encode_text,
    Dty.CHAR: _encode_text,
    Dty.LONG: _encode_text,
    Dty.NUMBER: encode_number,
    Dty.BINARY_INTEGER: encode_number,
    Dty.DATE: _encode_date,
    Dty.TIMESTAMP: _encode_timestamp,
    Dty.TIMESTAMP_LTZ: _encode_timestamp,
    Dty.TIMESTAMP_TZ: _encode_timestamp_tz,
    Dty.RAW: bytes,
    Dty.LONG_RAW: bytes,
    Dty.BINARY_DOUBLE: lambda value: _encode_float(value, ">d"),
    Dty.BINARY_FLOAT: lambda value: _encode_float(value, ">f"),
    Dty.BOOLEAN: lambda value: b"\x01\x01" if value else b"\x00",
    Dty.INTERVAL_DS: _encode_interval_ds,
    Dty.INTERVAL_YM: _encode_interval_ym,
    Dty.ROWID: encode_rowid,
}

_DECODERS: dict[int, Callable[[bytes], Value]] = {
    Dty.NUMBER: decode_number,
    Dty.BINARY_INTEGER: decode_number,
    Dty.DATE: _decode_date,
    Dty.TIMESTAMP: _decode_time,
    Dty.TIMESTAMP_LTZ: _decode_time,
    Dty.TIMESTAMP_TZ: _decode_time,
    Dty.RAW: bytes,
    Dty.LONG_RAW: bytes,
    Dty.BINARY_DOUBLE: lambda data: _decode_float(data, ">d"),
    Dty.BINARY_FLOAT: lambda data: _decode_float(data, ">f"),
    Dty.INTERVAL_DS: _decode_interval_ds,
    Dty.INTERVAL_YM: _decode_interval_ym,
}


def encoder(kind: int, form: int) -> Callable[[Value], bytes]:
    """Return the function that encodes non-null values of wire type `kind`; ORA-03115 if none."""
    if form == FORM_NCHAR and kind in _TEXT:
        return lambda value: str(value).encode("utf-16-be")
    found = _ENCODERS.get(kind)
    if found is None:
        raise unsupported_type()
    return found


def decode(data: bytes, kind: int, form: int) -> Value:
    """Decode a bind value; ORA-03115 for an unsupported type, ORA-01461's kin for junk."""
    try:
        if kind in TEXT_OR_ROWID:
            return data.decode("utf-16-be" if form == FORM_NCHAR else "utf-8")
        found = _DECODERS.get(kind)
        if found is None:
            raise unsupported_type()
        return found(data)
    except (
        ValueError,
        IndexError,
        struct.error,
        OverflowError,
        decimal.DecimalException,
    ) as error:
        raise OraError(1483) from error


def unsupported_type() -> OraError:
    """The answer to a data type the sandbox does not carry."""
    return OraError(3115)
