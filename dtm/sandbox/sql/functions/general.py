"""NULL-related, comparison and decoding functions.

Oracle Database SQL Language Reference 19c, "Functions", "NULL-Related Functions", "Encoding and
Decoding Functions", "General Comparison Functions". Arguments are evaluated eagerly here; the
translator and the interpreter evaluate lazily where Oracle does.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind, Months, OraType
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.number_bytes import number_bytes
from dtm.sandbox.sql.functions.registry import Types, function

Value = Any


def _all_to_first(types: Types) -> list[OraType | None]:
    return [typing_rules.unify_to_first(types)] * len(types)


def _all_strict(types: Types) -> list[OraType | None]:
    return [typing_rules.unify_strict(types)] * len(types)


@function("NVL", "??", typing_rules.unify_to_first, nulls=True, targets=_all_to_first)
def nvl(value: Value, instead: Value) -> Value:
    return instead if value is None else value


def _nvl2_targets(types: Types) -> list[OraType | None]:
    result = typing_rules.unify_to_first(types[1:])
    return [None, result, result]


def _nvl2_type(types: Types) -> OraType:
    return typing_rules.unify_to_first(types[1:])


@function("NVL2", "???", _nvl2_type, nulls=True, targets=_nvl2_targets)
def nvl2(value: Value, present: Value, absent: Value) -> Value:
    return absent if value is None else present


@function("COALESCE", "??|?*", typing_rules.unify_strict, nulls=True, targets=_all_strict)
def coalesce(*values: Value) -> Value:
    return next((v for v in values if v is not None), None)


@function("NULLIF", "??", lambda types: types[0], nulls=True, targets=_all_strict)
def nullif(left: Value, right: Value) -> Value:
    return None if left is not None and left == right else left


@function("GREATEST", "?|?*", typing_rules.unify_to_first, targets=_all_to_first)
def greatest(*values: Value) -> Value:
    return max(values, key=_ordered)


@function("LEAST", "?|?*", typing_rules.unify_to_first, targets=_all_to_first)
def least(*values: Value) -> Value:
    return min(values, key=_ordered)


def _ordered(value: Value) -> Value:
    """Text compares by its bytes (NLS_SORT = BINARY)."""
    return value.encode() if isinstance(value, str) else value


def decode_parts(types: Types) -> tuple[OraType, OraType]:
    """The types DECODE compares in (that of the first search) and returns (of the first result)."""
    searches, results = list(types[1:-1:2]), list(types[2::2])
    if len(types) % 2 == 0:
        results.append(types[-1])
    else:
        searches = list(types[1::2])
    compare = searches[0] if searches[0].kind is not Kind.NULL else types[0]
    first = results[0]
    if first.kind is Kind.NULL:
        known = [typing_rules.text_width(t) for t in results]
        return compare, typing_rules.text(max([1, *known]))
    return compare, typing_rules.unify_to_first(results)


def _decode_targets(types: Types) -> list[OraType | None]:
    compare, result = decode_parts(types)
    targets: list[OraType | None] = [compare]
    for index in range(1, len(types)):
        last = index == len(types) - 1 and len(types) % 2 == 0
        targets.append(result if index % 2 == 0 or last else compare)
    return targets


@function(
    "DECODE",
    "???|?*",
    lambda types: decode_parts(types)[1],
    nulls=True,
    targets=_decode_targets,
)
def decode(value: Value, *rest: Value) -> Value:
    """NULL equals NULL here."""
    for index in range(0, len(rest) - 1, 2):
        if value == rest[index]:
            return rest[index + 1]
    return rest[-1] if len(rest) % 2 else None


@function("LNNVL", "?", NUMBER, nulls=True)
def lnnvl(condition: Value) -> bool:
    return not condition


def internal_bytes(value: Value) -> bytes:
    """A value in Oracle's internal form, which ORA_HASH, DUMP and VSIZE look at."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    if isinstance(value, dt.datetime):
        century, year = divmod(value.year, 100)
        date = [century + 100, year + 100, value.month, value.day]
        return bytes([*date, value.hour + 1, value.minute + 1, value.second + 1])
    if isinstance(value, int | Decimal):
        return number_bytes(value)
    if isinstance(value, Months):
        return value.total.to_bytes(5, "big", signed=True)
    return str(value).encode()


@function("VSIZE", "?", NUMBER)
def vsize(value: Value) -> int:
    return len(internal_bytes(value))


@function("ORA_HASH", "?|NN", NUMBER, nulls=True)
def ora_hash(value: Value, buckets: Value = 4294967295, seed: Value = 0) -> int:
    """A deterministic hash in 0 .. buckets. Oracle's own hash values are not published."""
    data = b"" if value is None else internal_bytes(value)
    return int(binascii.crc32(data, int(seed))) % (int(buckets) + 1)


_HASHES = {"SHA1", "SHA256", "SHA384", "SHA512", "MD5"}


@function("STANDARD_HASH", "?|T", OraType(Kind.RAW, length=64), nulls=True)
def standard_hash(value: Value, method: str | None = "SHA1") -> bytes:
    if method is None or method.upper() not in _HASHES:
        raise OraError(30496)
    data = b"" if value is None else internal_bytes(value)
    return hashlib.new(method.lower(), data, usedforsecurity=False).digest()


_TYPE_CODES = {str: 1, int: 2, Decimal: 2, dt.datetime: 12, bytes: 23}


@function("DUMP", "?|N", typing_rules.text(), nulls=True)
def dump(value: Value, base: Value = 10) -> str:
    """'Typ=1 Len=3: 97,98,99' with bytes in base 10 (10), hexadecimal (16) or octal (8)."""
    if value is None:
        return "NULL"
    data = internal_bytes(value)
    shapes = {10: "d", 16: "x", 8: "o"}
    if int(base) not in shapes:
        raise OraError(1428, base)
    code = _TYPE_CODES.get(type(value), 1)
    body = ",".join(format(b, shapes[int(base)]) for b in data)
    return f"Typ={code} Len={len(data)}: {body}"
