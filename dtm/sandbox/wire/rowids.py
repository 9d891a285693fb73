"""Extended ROWIDs: 18 characters OOOOOOFFFBBBBBBRRR in base 64, and their wire form.

Source: "Oracle Database SQL Language Reference", 19c, "Rowid Data Types".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.wire.codec import Writer

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGIT = {letter: value for value, letter in enumerate(_ALPHABET)}
_FIELDS = ((0, 6), (6, 9), (9, 15), (15, 18))


def _parts(text: str) -> tuple[int, int, int, int] | None:
    """Object, file, block, row; None when `text` is no extended ROWID."""
    if len(text) != 18 or not all(letter in _DIGIT for letter in text):
        return None
    values = []
    for start, end in _FIELDS:
        value = 0
        for letter in text[start:end]:
            value = value * 64 + _DIGIT[letter]
        values.append(value)
    return values[0] & 0xFFFFFFFF, values[1] & 0xFFFF, values[2] & 0xFFFFFFFF, values[3] & 0xFFFF


def write_rowid(out: Writer, text: str | None) -> None:
    """Write the ROWID field of an answer's status; zeros for none."""
    parts = _parts(text) if text else None
    target, file, block, row = parts or (0, 0, 0, 0)
    out.integer(target).integer(file).u8(0).integer(block).integer(row)


def encode_rowid(text: str) -> bytes:
    """Encode a ROWID column: the fields as integers; ORA-01410 when `text` is no ROWID."""
    if _parts(text) is None:
        raise OraError(1410)
    out = Writer()
    write_rowid(out, text)
    return bytes(out.data)
