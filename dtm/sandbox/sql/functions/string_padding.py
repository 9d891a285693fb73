"""LPAD, RPAD, TRIM, LTRIM, RTRIM.

Oracle Database SQL Language Reference 19c, "Functions".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.sql.functions import numeric, typing_rules
from dtm.sandbox.sql.functions.string_functions import TEXT, text_and_clob

LARGEST = 1 << 24  # characters: a longer CLOB is not padded in one call


def _size(width: numeric.Number) -> int:
    size = int(width)
    if size > LARGEST:
        text = f"LPAD or RPAD to more than {LARGEST} characters"
        raise Unsupported(512, text, callers=("LPAD", "RPAD"))
    return size


@text_and_clob("LPAD", "N|T", TEXT)
def lpad(text: str, width: numeric.Number, fill: str = " ") -> str | None:
    """NULL when `width` is below 1; the text is cut to `width` characters."""
    size = _size(width)
    if size < 1:
        return None
    missing = size - len(text)
    if missing <= 0:
        return text[:size]
    return (fill * (missing // len(fill) + 1))[:missing] + text


@text_and_clob("RPAD", "N|T", TEXT)
def rpad(text: str, width: numeric.Number, fill: str = " ") -> str | None:
    size = _size(width)
    if size < 1:
        return None
    missing = size - len(text)
    if missing <= 0:
        return text[:size]
    return text + (fill * (missing // len(fill) + 1))[:missing]


@text_and_clob("LTRIM", "|T", typing_rules.same_text())
def ltrim(text: str, characters: str = " ") -> str | None:
    """Remove leading characters that are in the set `characters`."""
    return text.lstrip(characters) or None


@text_and_clob("RTRIM", "|T", typing_rules.same_text())
def rtrim(text: str, characters: str = " ") -> str | None:
    return text.rstrip(characters) or None


@text_and_clob("TRIM", "|TT", typing_rules.same_text())
def trim(text: str, character: str = " ", side: str = "BOTH") -> str | None:
    """TRIM([LEADING | TRAILING | BOTH] [character FROM] text) as (text, character, side).

    OraError 30001 when more than one character is to be trimmed.
    """
    if len(character) != 1:
        raise OraError(30001)
    if side != "TRAILING":
        text = text.lstrip(character)
    if side != "LEADING":
        text = text.rstrip(character)
    return text or None
