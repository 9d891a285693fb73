"""Types between the kernel and the wire: binds and defines read, columns described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Column, Kind, OraType
from dtm.sandbox.wire.codec import Reader, Writer
from dtm.sandbox.wire.packets import Disconnected
from dtm.sandbox.wire.protocol import (
    BIND_ARRAY,
    CHARSET_AL16UTF16,
    CHARSET_AL32UTF8,
    FORM_IMPLICIT,
    FORM_NCHAR,
    MAX_STRING_BYTES,
    BindDirection,
    Dty,
)
from dtm.sandbox.wire.values import unsupported_type

MAX_BINDS = 65535
_ANY_DATE = bytes([120, 124, 1, 1, 1, 1, 1])  # the describe's "current date"; drivers skip it
_UNCONSTRAINED = -127  # the scale of a NUMBER without precision
_LONG_SIZE = 0x7FFF_FFFF

_WIRE_TYPES: dict[Kind, Dty] = {
    Kind.NULL: Dty.VARCHAR,
    Kind.NUMBER: Dty.NUMBER,
    Kind.PLS_INTEGER: Dty.NUMBER,
    Kind.BINARY_FLOAT: Dty.BINARY_FLOAT,
    Kind.BINARY_DOUBLE: Dty.BINARY_DOUBLE,
    Kind.VARCHAR2: Dty.VARCHAR,
    Kind.NVARCHAR2: Dty.VARCHAR,
    Kind.CHAR: Dty.CHAR,
    Kind.CLOB: Dty.CLOB,
    Kind.BLOB: Dty.BLOB,
    Kind.RAW: Dty.RAW,
    Kind.LONG: Dty.LONG,
    Kind.ROWID: Dty.ROWID,
    Kind.DATE: Dty.DATE,
    Kind.TIMESTAMP: Dty.TIMESTAMP,
    Kind.TIMESTAMP_TZ: Dty.TIMESTAMP_TZ,
    Kind.TIMESTAMP_LTZ: Dty.TIMESTAMP_LTZ,
    Kind.INTERVAL_DS: Dty.INTERVAL_DS,
    Kind.INTERVAL_YM: Dty.INTERVAL_YM,
    Kind.BOOLEAN: Dty.BOOLEAN,
    Kind.REF_CURSOR: Dty.CURSOR,
}
_KINDS: dict[int, Kind] = {
    Dty.VARCHAR: Kind.VARCHAR2,
    Dty.NUMBER: Kind.NUMBER,
    Dty.BINARY_INTEGER: Kind.PLS_INTEGER,
    Dty.LONG: Kind.CLOB,
    Dty.ROWID: Kind.ROWID,
    Dty.UROWID: Kind.ROWID,
    Dty.DATE: Kind.DATE,
    Dty.RAW: Kind.RAW,
    Dty.LONG_RAW: Kind.BLOB,
    Dty.CHAR: Kind.CHAR,
    Dty.BINARY_FLOAT: Kind.BINARY_FLOAT,
    Dty.BINARY_DOUBLE: Kind.BINARY_DOUBLE,
    Dty.CURSOR: Kind.REF_CURSOR,
    Dty.CLOB: Kind.CLOB,
    Dty.BLOB: Kind.BLOB,
    Dty.TIMESTAMP: Kind.TIMESTAMP,
    Dty.TIMESTAMP_TZ: Kind.TIMESTAMP_TZ,
    Dty.TIMESTAMP_LTZ: Kind.TIMESTAMP_LTZ,
    Dty.INTERVAL_DS: Kind.INTERVAL_DS,
    Dty.INTERVAL_YM: Kind.INTERVAL_YM,
    Dty.BOOLEAN: Kind.BOOLEAN,
}
_FIXED_SIZES: dict[int, int] = {
    Dty.NUMBER: 22,
    Dty.DATE: 7,
    Dty.TIMESTAMP: 11,
    Dty.TIMESTAMP_LTZ: 11,
    Dty.TIMESTAMP_TZ: 13,
    Dty.INTERVAL_DS: 11,
    Dty.INTERVAL_YM: 5,
    Dty.BINARY_FLOAT: 4,
    Dty.BINARY_DOUBLE: 8,
    Dty.BOOLEAN: 4,
    Dty.ROWID: 18,
    Dty.CLOB: 4000,
    Dty.BLOB: 4000,
    Dty.LONG: _LONG_SIZE,
    Dty.CURSOR: 1,
}
LOBS = frozenset({Dty.CLOB, Dty.BLOB})
TEXTS = frozenset({Dty.VARCHAR, Dty.CHAR, Dty.LONG, Dty.CLOB})
_BOUND_SIZES = frozenset({Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR, Kind.RAW})


@dataclass(slots=True)
class Field:
    """One bind or define as the client describes it."""

    dty: int
    flags: int
    size: int  # bytes
    max_elements: int
    form: int
    direction: BindDirection = BindDirection.IN_OUT

    @property
    def is_array(self) -> bool:
        return bool(self.flags & BIND_ARRAY)

    @property
    def travels_last(self) -> bool:
        """LONG-sized binds of SQL statements come behind all others."""
        return self.size > MAX_STRING_BYTES

    def ora_type(self) -> OraType:
        """The kernel's type of this bind; ORA-03115 for one the sandbox does not carry."""
        return _ora_type(self.dty, self.form, self.size)


@lru_cache(maxsize=512)
def _ora_type(dty: int, form: int, size: int) -> OraType:
    """`Field.ora_type`: few types occur, in every row of an array."""
    kind = _KINDS.get(dty)
    if kind is None:
        raise unsupported_type()
    if size > MAX_STRING_BYTES and kind in (Kind.VARCHAR2, Kind.RAW):
        kind = Kind.CLOB if kind is Kind.VARCHAR2 else Kind.BLOB
    if kind is Kind.VARCHAR2 and form == FORM_NCHAR:
        kind = Kind.NVARCHAR2
    return OraType(kind, length=size if kind in _BOUND_SIZES else None)


def read_fields(reader: Reader, count: int) -> list[Field]:
    """Read `count` bind or define descriptions."""
    if count > MAX_BINDS:
        raise Disconnected(f"{count} binds")
    fields = []
    for _ in range(count):
        dty, flags = reader.u8(), reader.u8()
        reader.raw(2)  # precision, scale
        size, elements = reader.integer(), reader.integer()
        reader.integer()  # continuation flags
        reader.sized_chunk()  # object type
        reader.integer()  # its version
        reader.integer()  # character set
        form = reader.u8()
        reader.integer()  # LOB prefetch length
        reader.integer()  # collation
        fields.append(Field(dty, flags, size, elements, form))
    return fields


def wire_type(column_type: OraType) -> tuple[int, int]:
    """Wire type and character set form of a result column."""
    dty = _WIRE_TYPES.get(column_type.kind)
    if dty is None:
        raise unsupported_type()
    return dty, FORM_NCHAR if column_type.kind is Kind.NVARCHAR2 else FORM_IMPLICIT


def _sizes(column_type: OraType, dty: int) -> tuple[int, int]:
    """(bytes, characters) of a column; a column of the untyped NULL has no bytes at all."""
    if column_type.kind is Kind.NULL:
        return 0, 0
    fixed = _FIXED_SIZES.get(dty)
    if fixed is not None:
        return fixed, 0
    if dty == Dty.RAW:
        return column_type.length or 2000, 0
    length = column_type.length or 4000
    if column_type.kind is Kind.NVARCHAR2:
        return length * 2, length
    width = min(length * 4, MAX_STRING_BYTES) if column_type.char_used else length
    return width, length


def _numeric(column_type: OraType, dty: int) -> tuple[int, int]:
    """(precision, scale) as the describe carries them."""
    if dty == Dty.NUMBER:
        if column_type.precision is None and column_type.scale is None:
            return 0, _UNCONSTRAINED
        return column_type.precision or 38, column_type.scale or 0
    if dty in (Dty.TIMESTAMP, Dty.TIMESTAMP_TZ, Dty.TIMESTAMP_LTZ):
        return 0, 6 if column_type.precision is None else column_type.precision
    if dty == Dty.INTERVAL_DS:
        return 2, 6
    if dty == Dty.INTERVAL_YM:
        return 2, 0
    return 0, 0


def describe(out: Writer, columns: Sequence[Column]) -> None:
    """Write the description of a result's columns."""
    sizes = []
    for column in columns:
        dty, _ = wire_type(column.type)
        sizes.append(_sizes(column.type, dty)[0])
    out.integer(min(sum(sizes), _LONG_SIZE) or 1).integer(len(columns))
    if columns:
        out.u8(0)
    for position, column in enumerate(columns, start=1):
        _describe_one(out, column, position)
    out.integer(len(_ANY_DATE)).chunk(_ANY_DATE)
    out.integer(0).integer(0).integer(0).integer(0)
    out.integer(0)


def _describe_one(out: Writer, column: Column, position: int) -> None:
    dty, form = wire_type(column.type)
    size, characters = _sizes(column.type, dty)
    precision, scale = _numeric(column.type, dty)
    is_text = dty in TEXTS
    charset = CHARSET_AL16UTF16 if form == FORM_NCHAR else CHARSET_AL32UTF8
    out.u8(dty, 0, precision & 0xFF, scale & 0xFF).integer(size)
    out.integer(0).integer(0)  # array elements, continuation flags
    out.integer(0).integer(0)  # object type and version
    out.integer(charset if is_text else 0).u8(form if is_text else 0)
    out.integer(characters if is_text else 0)
    out.integer(0)  # collation
    out.u8(1 if column.nullable else 0, min(len(column.name.encode()), 255))
    out.sized_chunk(column.name).integer(0).integer(0)  # no object schema, no object name
    out.integer(position).integer(0)


def require_bind_count(expected: int, sent: int) -> None:
    """ORA-01008 when the client's idea of a statement's binds differs from the server's."""
    if expected != sent:
        raise OraError(1008)
