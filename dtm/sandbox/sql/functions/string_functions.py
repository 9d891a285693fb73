"""Character functions.

Oracle Database SQL Language Reference 19c, "Functions", "Character Functions Returning Character
Values" and "... Number Values". A function whose result has no characters returns NULL.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import CLOB, NUMBER, OraType
from dtm.sandbox.sql.functions import numeric, typing_rules
from dtm.sandbox.sql.functions.registry import F, function

Number = numeric.Number
TEXT = typing_rules.text()


def text_and_clob(
    name: str, rest: str, returns: OraType | Callable[..., OraType], *, nulls: bool = False
) -> Callable[[F], F]:
    """Register twice: on VARCHAR2 with `returns`, on CLOB giving a CLOB."""

    def register(call: F) -> F:
        function(name, "T" + rest, returns, nulls=nulls)(call)
        function(name, "L" + rest, CLOB, nulls=nulls)(call)
        return call

    return register


@text_and_clob("SUBSTR", "N|N", typing_rules.same_text())
def substr(text: str, position: Number, length: Number | None = None) -> str | None:
    start = int(position)
    if length is not None and length < 1:
        return None
    start = start - 1 if start > 0 else (len(text) + start if start else 0)
    if start < 0 or start >= len(text):
        return None
    end = len(text) if length is None else start + int(length)
    return text[start:end] or None


@function("SUBSTRB", "TN|N", typing_rules.same_text())
def substrb(text: str, position: Number, length: Number | None = None) -> str | None:
    """By bytes; a character cut in half becomes spaces."""
    data = text.encode()
    start = int(position)
    start = start - 1 if start > 0 else (len(data) + start if start else 0)
    if start < 0 or (length is not None and length < 1):
        return None
    piece = data[start:] if length is None else data[start : start + int(length)]
    whole = piece.decode("utf-8", "ignore")
    lead = len(piece) - len(whole.encode())
    head = next((i for i, b in enumerate(piece) if b & 0xC0 != 0x80), len(piece))
    return " " * min(head, lead) + whole + " " * (lead - min(head, lead)) or None


@function("INSTR", "TT|NN", NUMBER)
@function("INSTR", "LT|NN", NUMBER)
def instr(text: str, part: str, position: Number = 1, occurrence: Number = 1) -> int:
    start, wanted = int(position), int(occurrence)
    if wanted < 1:
        raise OraError(1428, wanted)
    if not start:
        return 0
    if start < 0:
        return _instr_backward(text, part, len(text) + start, wanted)
    found = start - 2
    for _ in range(wanted):
        found = text.find(part, found + 1)
        if found < 0:
            return 0
    return found + 1


def _instr_backward(text: str, part: str, start: int, wanted: int) -> int:
    found = start + 1
    for _ in range(wanted):
        if found <= 0:
            return 0
        found = text.rfind(part, 0, found - 1 + len(part))
        if found < 0:
            return 0
    return found + 1


@function("INSTRB", "TT|NN", NUMBER)
def instrb(text: str, part: str, position: Number = 1, occurrence: Number = 1) -> int:
    latin = text.encode().decode("latin-1")
    return instr(latin, part.encode().decode("latin-1"), position, occurrence)


@function("LENGTH", "T", NUMBER)
@function("LENGTH", "L", NUMBER)
@function("LENGTHC", "T", NUMBER)
def length(text: str) -> int:
    return len(text)


@function("LENGTHB", "T", NUMBER)
def lengthb(text: str) -> int:
    return len(text.encode())


@function("LENGTHB", "R", NUMBER)
@function("LENGTH", "B", NUMBER)
def length_bytes(data: bytes) -> int:
    return len(data)


@text_and_clob("UPPER", "", typing_rules.same_text())
@function("NLS_UPPER", "T|T", typing_rules.same_text())
def upper(text: str, _: str | None = None) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


@text_and_clob("LOWER", "", typing_rules.same_text())
@function("NLS_LOWER", "T|T", typing_rules.same_text())
def lower(text: str, _: str | None = None) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_WORD = re.compile(r"[^\W_]+")


@function("INITCAP", "T", typing_rules.same_text())
@function("NLS_INITCAP", "T|T", typing_rules.same_text())
def initcap(text: str, _: str | None = None) -> str:
    return _WORD.sub(lambda m: m.group()[0].upper() + m.group()[1:].lower(), text)


@text_and_clob("REPLACE", "T|T", TEXT, nulls=True)
def replace(text: str | None, search: str | None, by: str | None = None) -> str | None:
    if text is None or not search:
        return text
    return text.replace(search, by or "") or None


@function("TRANSLATE", "TTT", TEXT)
def translate(text: str, source: str, target: str) -> str | None:
    """Each character of `source` becomes the one at its place in `target`, or vanishes."""
    table: dict[int, str | None] = {}
    for index, char in enumerate(source):
        table.setdefault(ord(char), target[index] if index < len(target) else None)
    return text.translate(table) or None


def _concat_type(types: typing_rules.Types) -> OraType:
    return typing_rules.concatenation(types[0], types[1])


@function("CONCAT", "TT", _concat_type, nulls=True)
@function("CONCAT", "LL", CLOB, nulls=True)
def concat(left: str | None, right: str | None) -> str | None:
    """|| : NULL is an empty text; OraError 1489 beyond 4000 bytes is the VARCHAR2 caller's check."""
    if left is None:
        return right
    return left if right is None else left + right


@function("ASCII", "T", NUMBER)
def ascii_code(text: str) -> int:
    """The first character's code in the database character set AL32UTF8."""
    return int.from_bytes(text[0].encode(), "big")


@function("CHR", "N", typing_rules.text(4))
def character(code: Number) -> str:
    number = int(code)
    if number < 0 or number > 0xFFFFFFFF:
        raise OraError(1426)
    data = number.to_bytes(max((number.bit_length() + 7) // 8, 1), "big")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise OraError(1482) from error


@function("NCHR", "N", typing_rules.text(4))
def national_character(code: Number) -> str:
    return chr(int(code))


@function("UNISTR", "T", TEXT)
def unistr(text: str) -> str | None:
    """\\xxxx is a UTF-16 code unit, two backslashes are one."""
    decoded = re.sub(
        r"\\(\\|[0-9A-Fa-f]{4})",
        lambda m: "\\" if m.group(1) == "\\" else chr(int(m.group(1), 16)),
        text,
    )
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16") or None


@function("ASCIISTR", "T", TEXT)
def asciistr(text: str) -> str:
    units = [
        c if ord(c) < 128 and c != "\\" else c.encode("utf-16-be").hex().upper() for c in text
    ]
    return "".join(
        u if len(u) == 1 else "".join("\\" + u[i : i + 4] for i in range(0, len(u), 4))
        for u in units
    )


_SOUNDEX = {c: str(d) for d, letters in enumerate(
    ("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for c in letters}  # fmt: skip


@function("SOUNDEX", "T", typing_rules.text(4))
def soundex(text: str) -> str | None:
    """Knuth's rules: vowels separate, H and W do not."""
    letters = [c for c in text.upper() if "A" <= c <= "Z"]
    if not letters:
        return None
    code, last = letters[0], _SOUNDEX.get(letters[0], "")
    for char in letters[1:]:
        digit = _SOUNDEX.get(char, "")
        if digit and digit != last:
            code += digit
        if char not in "HW":
            last = digit
    return f"{code:0<4}"[:4]


@function("REVERSE", "T", typing_rules.same_text())
def reverse(text: str) -> str:
    return text[::-1]
