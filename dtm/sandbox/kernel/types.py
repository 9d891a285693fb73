"""Oracle data types and the Python values that carry them between the sandbox's rooms.

| Oracle                        | Python value                                               |
| ----------------------------- | ---------------------------------------------------------- |
| NULL of any type              | None; a zero-length VARCHAR2 or RAW *is* None              |
| NUMBER, INTEGER, PLS_INTEGER  | int when integral, else decimal.Decimal; never bool, float |
| BINARY_FLOAT, BINARY_DOUBLE   | float                                                      |
| VARCHAR2, CHAR, CLOB, ROWID   | str (an empty CLOB is "" and is not NULL)                  |
| DATE                          | datetime.datetime, naive, no microseconds                  |
| TIMESTAMP                     | datetime.datetime, naive                                   |
| TIMESTAMP WITH [LOCAL] TZ     | datetime.datetime, aware                                   |
| INTERVAL DAY TO SECOND        | datetime.timedelta                                         |
| INTERVAL YEAR TO MONTH        | Months                                                     |
| RAW, BLOB                     | bytes                                                      |
| BOOLEAN (PL/SQL only)         | bool                                                       |
| REF CURSOR                    | ports.OpenCursor                                           |
| object types, collections     | Composite (in PL/SQL itself: interpreter.values)           |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The type families; the value is the name Oracle's dictionary shows."""

    NULL = "NULL"  # the untyped NULL literal, a bind of no known type
    NUMBER = "NUMBER"
    PLS_INTEGER = "PLS_INTEGER"
    BINARY_FLOAT = "BINARY_FLOAT"
    BINARY_DOUBLE = "BINARY_DOUBLE"
    VARCHAR2 = "VARCHAR2"
    NVARCHAR2 = "NVARCHAR2"
    CHAR = "CHAR"
    CLOB = "CLOB"
    BLOB = "BLOB"
    RAW = "RAW"
    LONG = "LONG"
    ROWID = "ROWID"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    TIMESTAMP_TZ = "TIMESTAMP WITH TIME ZONE"
    TIMESTAMP_LTZ = "TIMESTAMP WITH LOCAL TIME ZONE"
    INTERVAL_DS = "INTERVAL DAY TO SECOND"
    INTERVAL_YM = "INTERVAL YEAR TO MONTH"
    BOOLEAN = "BOOLEAN"
    REF_CURSOR = "REF CURSOR"
    COLLECTION = "COLLECTION"
    RECORD = "RECORD"
    OBJECT = "OBJECT"


@dataclass(frozen=True, slots=True)
class OraType:
    """One data type. `length` is in characters when `char_used`, else in bytes (AL32UTF8)."""

    kind: Kind
    length: int | None = None
    char_used: bool = False
    precision: int | None = None  # NUMBER digits; TIMESTAMP fractional digits
    scale: int | None = None
    user: tuple[str, str] | None = None  # owner and name of an OBJECT's or COLLECTION's type


@dataclass(frozen=True, slots=True)
class Months:
    """INTERVAL YEAR TO MONTH as a signed number of months."""

    total: int


@dataclass(frozen=True, slots=True)
class Composite:
    """An object, record or collection on its way between PL/SQL and SQL: attribute values in order,
    or the elements. `user` names the type; ("", "") one that only PL/SQL knows."""

    kind: Kind  # OBJECT or COLLECTION
    user: tuple[str, str]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A result column as the driver's describe shows it. `name` is upper case unless quoted."""

    name: str
    type: OraType
    nullable: bool = True


NUMBER = OraType(Kind.NUMBER)
INTEGER = OraType(Kind.NUMBER, precision=38, scale=0)
PLS_INTEGER = OraType(Kind.PLS_INTEGER)
VARCHAR2 = OraType(Kind.VARCHAR2, length=4000)
DATE = OraType(Kind.DATE)
TIMESTAMP = OraType(Kind.TIMESTAMP, precision=6)
TIMESTAMP_TZ = OraType(Kind.TIMESTAMP_TZ, precision=6)
CLOB = OraType(Kind.CLOB)
BOOLEAN = OraType(Kind.BOOLEAN)
UNTYPED = OraType(Kind.NULL)
