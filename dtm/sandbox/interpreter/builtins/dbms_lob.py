"""DBMS_LOB. PL/SQL Packages and Types Reference 19c, "DBMS_LOB".

The sandbox's LOBs are values, not locators: a LOB is written to a table by UPDATE or INSERT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.rowlobs import writable
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_LOB",
    """PACKAGE dbms_lob AS
  lobmaxsize    CONSTANT INTEGER := 18446744073709551615;
  call          CONSTANT PLS_INTEGER := 12;
  session       CONSTANT PLS_INTEGER := 10;
  lob_readonly  CONSTANT PLS_INTEGER := 0;
  lob_readwrite CONSTANT PLS_INTEGER := 1;
  default_csid          CONSTANT INTEGER := 0;
  default_lang_ctx      CONSTANT INTEGER := 0;
  no_warning            CONSTANT INTEGER := 0;
  warn_inconvertible_char CONSTANT INTEGER := 1;
  FUNCTION getlength(lob_loc IN CLOB) RETURN INTEGER;
  FUNCTION getlength(lob_loc IN BLOB) RETURN INTEGER;
  FUNCTION substr(lob_loc IN CLOB, amount IN INTEGER := 32767, offset IN INTEGER := 1)
    RETURN VARCHAR2;
  FUNCTION substr(lob_loc IN BLOB, amount IN INTEGER := 32767, offset IN INTEGER := 1) RETURN RAW;
  FUNCTION instr(lob_loc IN CLOB, pattern IN VARCHAR2, offset IN INTEGER := 1,
                 nth IN INTEGER := 1) RETURN INTEGER;
  FUNCTION instr(lob_loc IN BLOB, pattern IN RAW, offset IN INTEGER := 1,
                 nth IN INTEGER := 1) RETURN INTEGER;
  FUNCTION compare(lob_1 IN CLOB, lob_2 IN CLOB, amount IN INTEGER := 18446744073709551615,
                   offset_1 IN INTEGER := 1, offset_2 IN INTEGER := 1) RETURN INTEGER;
  FUNCTION compare(lob_1 IN BLOB, lob_2 IN BLOB, amount IN INTEGER := 18446744073709551615,
                   offset_1 IN INTEGER := 1, offset_2 IN INTEGER := 1) RETURN INTEGER;
  PROCEDURE createtemporary(lob_loc IN OUT CLOB, cache IN BOOLEAN, dur IN PLS_INTEGER := 10);
  PROCEDURE createtemporary(lob_loc IN OUT BLOB, cache IN BOOLEAN, dur IN PLS_INTEGER := 10);
  PROCEDURE freetemporary(lob_loc IN OUT CLOB);
  PROCEDURE freetemporary(lob_loc IN OUT BLOB);
  FUNCTION istemporary(lob_loc IN CLOB) RETURN INTEGER;
  FUNCTION istemporary(lob_loc IN BLOB) RETURN INTEGER;
  PROCEDURE open(lob_loc IN OUT CLOB, open_mode IN BINARY_INTEGER);
  PROCEDURE open(lob_loc IN OUT BLOB, open_mode IN BINARY_INTEGER);
  PROCEDURE close(lob_loc IN OUT CLOB);
  PROCEDURE close(lob_loc IN OUT BLOB);
  PROCEDURE append(dest_lob IN OUT CLOB, src_lob IN CLOB);
  PROCEDURE append(dest_lob IN OUT BLOB, src_lob IN BLOB);
  PROCEDURE writeappend(lob_loc IN OUT CLOB, amount IN INTEGER, buffer IN VARCHAR2);
  PROCEDURE writeappend(lob_loc IN OUT BLOB, amount IN INTEGER, buffer IN RAW);
  PROCEDURE write(lob_loc IN OUT CLOB, amount IN INTEGER, offset IN INTEGER, buffer IN VARCHAR2);
  PROCEDURE write(lob_loc IN OUT BLOB, amount IN INTEGER, offset IN INTEGER, buffer IN RAW);
  PROCEDURE read(lob_loc IN CLOB, amount IN OUT INTEGER, offset IN INTEGER, buffer OUT VARCHAR2);
  PROCEDURE read(lob_loc IN BLOB, amount IN OUT INTEGER, offset IN INTEGER, buffer OUT RAW);
  PROCEDURE trim(lob_loc IN OUT CLOB, newlen IN INTEGER);
  PROCEDURE trim(lob_loc IN OUT BLOB, newlen IN INTEGER);
  PROCEDURE copy(dest_lob IN OUT CLOB, src_lob IN CLOB, amount IN INTEGER,
                 dest_offset IN INTEGER := 1, src_offset IN INTEGER := 1);
  PROCEDURE copy(dest_lob IN OUT BLOB, src_lob IN BLOB, amount IN INTEGER,
                 dest_offset IN INTEGER := 1, src_offset IN INTEGER := 1);
  PROCEDURE erase(lob_loc IN OUT CLOB, amount IN OUT INTEGER, offset IN INTEGER := 1);
  PROCEDURE erase(lob_loc IN OUT BLOB, amount IN OUT INTEGER, offset IN INTEGER := 1);
  FUNCTION isopen(lob_loc IN CLOB) RETURN INTEGER;
  FUNCTION isopen(lob_loc IN BLOB) RETURN INTEGER;
  FUNCTION getchunksize(lob_loc IN CLOB) RETURN INTEGER;
  FUNCTION getchunksize(lob_loc IN BLOB) RETURN INTEGER;
  FUNCTION get_storage_limit(lob_loc IN CLOB) RETURN INTEGER;
  FUNCTION get_storage_limit(lob_loc IN BLOB) RETURN INTEGER;
  PROCEDURE converttoblob(dest_lob IN OUT BLOB, src_clob IN CLOB, amount IN INTEGER,
    dest_offset IN OUT INTEGER, src_offset IN OUT INTEGER, blob_csid IN NUMBER,
    lang_context IN OUT INTEGER, warning OUT INTEGER);
  PROCEDURE converttoclob(dest_lob IN OUT CLOB, src_blob IN BLOB, amount IN INTEGER,
    dest_offset IN OUT INTEGER, src_offset IN OUT INTEGER, blob_csid IN NUMBER,
    lang_context IN OUT INTEGER, warning OUT INTEGER);
END;""",
)
Lob = Any  # str or bytes
_CHUNK = 8132
_LARGEST = 4294967295 * 8192


def _both(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """One body for the CLOB and the BLOB overload."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        PACKAGE.body(name)(function)
        PACKAGE.body(name)(function)
        return function

    return register


def _there(lob: Lob) -> Lob:
    """ORA-06502 for a NULL locator."""
    if lob is None:
        raise OraError(6502, ": invalid LOB locator specified: ORA-22275")
    return lob


def _at_least_one(*numbers: int | None) -> None:
    """ORA-21560 for an amount or offset out of range."""
    if any(number is None or number < 1 for number in numbers):
        raise OraError(21560, message="argument is null, invalid, or out of range")


@_both("GETLENGTH")
def getlength(_rt: Runtime, lob: Lob) -> int | None:
    """NULL for a NULL LOB, 0 for an empty one."""
    return None if lob is None else len(lob)


@_both("SUBSTR")
def substr(_rt: Runtime, lob: Lob, amount: int | None, offset: int | None) -> Lob:
    """NULL outside 1 .. 32767 and outside the LOB."""
    if lob is None or amount is None or offset is None:
        return None
    if not 1 <= amount <= 32767 or offset < 1:
        return None
    return lob[offset - 1 : offset - 1 + amount] or None


@_both("INSTR")
def instr(_rt: Runtime, lob: Lob, pattern: Lob, offset: int | None, nth: int | None) -> int | None:
    """0 when it is not there."""
    if lob is None or not pattern or offset is None or nth is None or offset < 1 or nth < 1:
        return None
    position = offset - 2
    for _ in range(nth):
        position = lob.find(pattern, position + 1)
        if position < 0:
            return 0
    found: int = position + 1
    return found


@_both("COMPARE")
def compare(_rt: Runtime, left: Lob, right: Lob, amount: int, at_1: int, at_2: int) -> int | None:
    """0, -1 or 1."""
    if left is None or right is None or amount < 1 or at_1 < 1 or at_2 < 1:
        return None
    a, b = left[at_1 - 1 : at_1 - 1 + amount], right[at_2 - 1 : at_2 - 1 + amount]
    return int(a > b) - int(a < b)


PACKAGE.body("CREATETEMPORARY")(lambda _rt, _lob, _cache, _duration: "")
PACKAGE.body("CREATETEMPORARY")(lambda _rt, _lob, _cache, _duration: b"")
_both("FREETEMPORARY")(lambda _rt, _lob: None)
_both("ISTEMPORARY")(lambda _rt, lob: 0 if lob is None else 1)
_both("OPEN")(lambda _rt, lob, _mode: _there(lob))
_both("CLOSE")(lambda _rt, lob: _there(lob))
_both("APPEND")(lambda _rt, lob, more: writable(_there(lob)) + _there(more))


@_both("WRITEAPPEND")
def writeappend(_rt: Runtime, lob: Lob, amount: int | None, buffer: Lob) -> Lob:
    """`amount` of the buffer's characters or bytes."""
    _at_least_one(amount)
    if buffer is None or (amount or 0) > len(buffer):
        raise OraError(21560, message="argument 2 is null, invalid, or out of range")
    return writable(_there(lob)) + buffer[:amount]


@_both("WRITE")
def write(_rt: Runtime, lob: Lob, amount: int | None, offset: int | None, buffer: Lob) -> Lob:
    """Overwrite from `offset`; a gap is filled with blanks or zero bytes."""
    _at_least_one(amount, offset)
    if buffer is None or (amount or 0) > len(buffer):
        raise OraError(21560, message="argument 2 is null, invalid, or out of range")
    return _overlaid(writable(_there(lob)), buffer[:amount], offset or 1)


def _overlaid(lob: Lob, piece: Lob, offset: int) -> Lob:
    start = offset - 1
    filler = " " if isinstance(lob, str) else b"\0"
    base = lob + filler * (start - len(lob))
    return base[:start] + piece + base[start + len(piece) :]


@_both("READ")
def read(_rt: Runtime, lob: Lob, amount: int | None, offset: int | None) -> tuple[int, Lob]:
    """ORA-01403 behind the end."""
    _at_least_one(amount, offset)
    start = (offset or 1) - 1
    piece = _there(lob)[start : start + (amount or 0)]
    if not piece:
        raise OraError(1403)
    return len(piece), piece


@_both("TRIM")
def trim(_rt: Runtime, lob: Lob, length: int | None) -> Lob:
    """ORA-22926 when the LOB is shorter."""
    if length is None or length < 0:
        raise OraError(21560, message="argument 2 is null, invalid, or out of range")
    if length > len(writable(_there(lob))):
        raise OraError(
            22926, message="specified trim length is greater than current LOB value's length"
        )
    return lob[:length]


@_both("COPY")
def copy(_rt: Runtime, target: Lob, source: Lob, amount: int, to: int, start: int) -> Lob:
    """Part of one LOB over part of another."""
    _at_least_one(amount, to, start)
    piece = _there(source)[start - 1 : start - 1 + amount]
    if not piece:
        raise OraError(1403)
    return _overlaid(writable(_there(target)), piece, to)


@_both("ERASE")
def erase(_rt: Runtime, lob: Lob, amount: int | None, offset: int | None) -> tuple[Lob, int]:
    """Blanks or zero bytes over a part; how much it was."""
    _at_least_one(amount, offset)
    start = (offset or 1) - 1
    erased = max(0, min(amount or 0, len(writable(_there(lob))) - start))
    filler = " " if isinstance(lob, str) else b"\0"
    return _overlaid(lob, filler * erased, start + 1) if erased else lob, erased


_both("ISOPEN")(lambda _rt, _lob: 0)
_both("GETCHUNKSIZE")(lambda _rt, lob: None if lob is None else _CHUNK)
_both("GET_STORAGE_LIMIT")(lambda _rt, lob: None if lob is None else _LARGEST)
_CHARSETS = {0: "utf-8", 873: "utf-8", 871: "utf-8", 1: "ascii", 31: "latin-1", 178: "cp1252",
             46: "iso8859-15", 2000: "utf-16-be", 2002: "utf-16-le"}  # fmt: skip


def _charset(csid: int | None) -> str:
    found = _CHARSETS.get(csid or 0)
    if found is None:
        raise OraError(1482, message="unsupported character set")
    return found


@PACKAGE.body("CONVERTTOBLOB")
def converttoblob(
    _rt: Runtime, target: Lob, source: Lob, amount: int, to: int, start: int, csid: int, lang: int
) -> tuple[Lob, int, int, int, int]:
    """Characters to bytes of a character set; the offsets move behind what was read, written."""
    _at_least_one(amount, to, start)
    text = _there(source)[start - 1 : start - 1 + amount]
    piece = text.encode(_charset(csid), errors="replace")
    written = _overlaid(writable(_there(target)), piece, to)
    return written, to + len(piece), start + len(text), lang, 0


@PACKAGE.body("CONVERTTOCLOB")
def converttoclob(
    _rt: Runtime, target: Lob, source: Lob, amount: int, to: int, start: int, csid: int, lang: int
) -> tuple[Lob, int, int, int, int]:
    """Bytes to characters; WARNING is 1 when some were none of the character set."""
    _at_least_one(amount, to, start)
    raw = _there(source)[start - 1 : start - 1 + amount]
    text = raw.decode(_charset(csid), errors="replace")
    written = _overlaid(writable(_there(target)), text, to)
    return written, to + len(text), start + len(raw), lang, int("\ufffd" in text)
