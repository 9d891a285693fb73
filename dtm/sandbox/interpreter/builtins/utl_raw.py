"""UTL_RAW. PL/SQL Packages and Types Reference 19c, "UTL_RAW": the everyday part."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.encoding import decode_number, to_oracle_bytes

PACKAGE = registry.package(
    "UTL_RAW",
    """PACKAGE utl_raw AS
  big_endian     CONSTANT PLS_INTEGER := 1;
  little_endian  CONSTANT PLS_INTEGER := 2;
  machine_endian CONSTANT PLS_INTEGER := 3;
  FUNCTION cast_to_raw(c IN VARCHAR2) RETURN RAW;
  FUNCTION cast_to_varchar2(r IN RAW) RETURN VARCHAR2;
  FUNCTION length(r IN RAW) RETURN NUMBER;
  FUNCTION substr(r IN RAW, pos IN BINARY_INTEGER, len IN BINARY_INTEGER DEFAULT NULL)
    RETURN RAW;
  FUNCTION concat(r1 IN RAW DEFAULT NULL, r2 IN RAW DEFAULT NULL, r3 IN RAW DEFAULT NULL,
                  r4 IN RAW DEFAULT NULL, r5 IN RAW DEFAULT NULL, r6 IN RAW DEFAULT NULL,
                  r7 IN RAW DEFAULT NULL, r8 IN RAW DEFAULT NULL, r9 IN RAW DEFAULT NULL,
                  r10 IN RAW DEFAULT NULL, r11 IN RAW DEFAULT NULL, r12 IN RAW DEFAULT NULL)
    RETURN RAW;
  FUNCTION reverse(r IN RAW) RETURN RAW;
  FUNCTION copies(r IN RAW, n IN NUMBER) RETURN RAW;
  FUNCTION compare(r1 IN RAW, r2 IN RAW, pad IN RAW DEFAULT NULL) RETURN NUMBER;
  FUNCTION bit_and(r1 IN RAW, r2 IN RAW) RETURN RAW;
  FUNCTION bit_or(r1 IN RAW, r2 IN RAW) RETURN RAW;
  FUNCTION bit_xor(r1 IN RAW, r2 IN RAW) RETURN RAW;
  FUNCTION cast_from_binary_integer(n IN BINARY_INTEGER, endianess IN PLS_INTEGER DEFAULT 1)
    RETURN RAW;
  FUNCTION cast_to_binary_integer(r IN RAW, endianess IN PLS_INTEGER DEFAULT 1)
    RETURN BINARY_INTEGER;
  FUNCTION cast_to_nvarchar2(r IN RAW) RETURN NVARCHAR2;
  FUNCTION cast_from_number(n IN NUMBER) RETURN RAW;
  FUNCTION cast_to_number(r IN RAW) RETURN NUMBER;
  FUNCTION bit_complement(r IN RAW) RETURN RAW;
  FUNCTION overlay(overlay_str IN RAW, target IN RAW, pos IN BINARY_INTEGER DEFAULT 1,
                   len IN BINARY_INTEGER DEFAULT NULL, pad IN RAW DEFAULT NULL) RETURN RAW;
  FUNCTION translate(r IN RAW, from_set IN RAW, to_set IN RAW) RETURN RAW;
  FUNCTION xrange(start_byte IN RAW DEFAULT NULL, end_byte IN RAW DEFAULT NULL) RETURN RAW;
END;""",
)


@PACKAGE.body("CAST_TO_RAW")
def cast_to_raw(_rt: Runtime, text: str | None) -> bytes | None:
    """The bytes of a string."""
    return None if text is None else text.encode()


@PACKAGE.body("CAST_TO_VARCHAR2")
def cast_to_varchar2(_rt: Runtime, raw: bytes | None) -> str | None:
    """The string of some bytes (AL32UTF8)."""
    return None if raw is None else raw.decode(errors="replace")


@PACKAGE.body("LENGTH")
def length(_rt: Runtime, raw: bytes | None) -> int | None:
    """In bytes."""
    return None if raw is None else len(raw)


@PACKAGE.body("SUBSTR")
def substr(_rt: Runtime, raw: bytes | None, start: int | None, count: int | None) -> Any:
    """ORA-06502 outside the value; negative positions count from the end."""
    if raw is None or start is None:
        return None
    begin = start - 1 if start > 0 else len(raw) + start if start < 0 else 0
    rest = len(raw) - begin
    if not 0 <= begin < len(raw) or (count is not None and not 1 <= count <= rest):
        raise OraError(6502, "")
    return raw[begin:] if count is None else raw[begin : begin + count]


@PACKAGE.body("CONCAT")
def concat(_rt: Runtime, *parts: bytes | None) -> bytes | None:
    """All parts that are not NULL."""
    return b"".join(part for part in parts if part is not None) or None


@PACKAGE.body("REVERSE")
def reverse(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """Bytes in reverse order; ORA-06502 for NULL."""
    if raw is None:
        raise OraError(6502, "")
    return raw[::-1]


@PACKAGE.body("COPIES")
def copies(_rt: Runtime, raw: bytes | None, count: int | None) -> bytes:
    """n copies; ORA-06502 for fewer than one or more than 32767 bytes."""
    if raw is None or count is None or count < 1 or len(raw) * count > 32767:
        raise OraError(6502, "")
    return raw * int(count)


@PACKAGE.body("COMPARE")
def compare(_rt: Runtime, left: bytes | None, right: bytes | None, pad: bytes | None) -> int:
    """0 when equal, else the position of the first difference."""
    a, b = left or b"", right or b""
    filler = pad or b"\0"
    size = max(len(a), len(b))
    a, b = a.ljust(size, filler), b.ljust(size, filler)
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=True), 1) if x != y), 0)


def _bitwise(left: bytes | None, right: bytes | None, operation: Any) -> bytes | None:
    """Byte by byte; the rest of the longer value is kept."""
    if left is None or right is None:
        return None
    size = min(len(left), len(right))
    longer = left if len(left) >= len(right) else right
    return bytes(operation(x, y) for x, y in zip(left, right, strict=False)) + longer[size:]


PACKAGE.body("BIT_AND")(lambda _rt, a, b: _bitwise(a, b, lambda x, y: x & y))
PACKAGE.body("BIT_OR")(lambda _rt, a, b: _bitwise(a, b, lambda x, y: x | y))
PACKAGE.body("BIT_XOR")(lambda _rt, a, b: _bitwise(a, b, lambda x, y: x ^ y))


@PACKAGE.body("CAST_FROM_BINARY_INTEGER")
def cast_from_binary_integer(_rt: Runtime, number: int | None, endian: int | None) -> Any:
    """Four bytes."""
    if number is None:
        return None
    return number.to_bytes(4, "big" if endian == 1 else "little", signed=True)


@PACKAGE.body("CAST_TO_BINARY_INTEGER")
def cast_to_binary_integer(_rt: Runtime, raw: bytes | None, endian: int | None) -> Any:
    """Up to four bytes."""
    if raw is None:
        return None
    if len(raw) > 4:
        raise OraError(6502, "")
    return int.from_bytes(raw, "big" if endian == 1 else "little", signed=len(raw) == 4)


@PACKAGE.body("CAST_TO_NVARCHAR2")
def cast_to_nvarchar2(_rt: Runtime, raw: bytes | None) -> str | None:
    """The string of some bytes of the national character set, AL16UTF16."""
    return None if raw is None else raw.decode("utf-16-be", errors="replace") or None


@PACKAGE.body("CAST_FROM_NUMBER")
def cast_from_number(_rt: Runtime, number: Any) -> bytes | None:
    """Oracle's own bytes of a NUMBER."""
    return None if number is None else to_oracle_bytes(number)


@PACKAGE.body("CAST_TO_NUMBER")
def cast_to_number(_rt: Runtime, raw: bytes | None) -> Any:
    """The NUMBER of Oracle's bytes."""
    return None if raw is None else decode_number(raw)


@PACKAGE.body("BIT_COMPLEMENT")
def bit_complement(_rt: Runtime, raw: bytes | None) -> bytes | None:
    """Every bit the other way."""
    return None if raw is None else bytes(255 - byte for byte in raw)


@PACKAGE.body("OVERLAY")
def overlay(
    _rt: Runtime,
    piece: bytes | None,
    target: bytes | None,
    start: int | None,
    count: int | None,
    pad: bytes | None,
) -> bytes | None:
    """A piece over another value from `start` on; ORA-06502 for a position below 1."""
    if piece is None or target is None or start is None:
        return None
    if start < 1 or (count is not None and count < 0):
        raise OraError(6502, "")
    filler = pad or b"\0"
    size = len(piece) if count is None else count
    part = piece[:size].ljust(size, filler[:1])
    base = target.ljust(start - 1, filler[:1])
    return base[: start - 1] + part + base[start - 1 + size :]


@PACKAGE.body("TRANSLATE")
def translate(
    _rt: Runtime, raw: bytes | None, source: bytes | None, target: bytes | None
) -> bytes | None:
    """As SQL's TRANSLATE: bytes without a partner go away."""
    if raw is None or source is None:
        return None
    partners = target or b""
    table = {byte: partners[i : i + 1] for i, byte in reversed(list(enumerate(source)))}
    return b"".join(table.get(byte, bytes([byte])) for byte in raw) or None


@PACKAGE.body("XRANGE")
def xrange(_rt: Runtime, first: bytes | None, last: bytes | None) -> bytes:
    """All bytes from one to another, over FF to 00 if need be."""
    low, high = (first or b"\0")[0], (last or b"\xff")[0]
    if low <= high:
        return bytes(range(low, high + 1))
    return bytes([*range(low, 256), *range(high + 1)])
