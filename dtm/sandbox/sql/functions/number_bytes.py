"""Oracle's internal NUMBER format (what DUMP shows): exponent byte and base-100 digits.

Oracle Call Interface Programmer's Guide 19c, "Data Types", "NUMBER".
"""

from __future__ import annotations

from decimal import Decimal


def number_bytes(value: int | Decimal) -> bytes:
    """128 is zero; positive: 193 + exponent, digits + 1; negative: complemented, ended by 102."""
    number = Decimal(value)
    if not number:
        return b"\x80"
    sign, digits, exponent = number.normalize().as_tuple()
    text = "".join(map(str, digits))
    shift = int(exponent)
    if shift % 2:
        text += "0"
        shift -= 1
    if len(text) % 2:
        text = "0" + text
    pairs = [int(text[i : i + 2]) for i in range(0, len(text), 2)]
    base = shift // 2 + len(pairs) - 1
    while pairs[-1] == 0:
        pairs.pop()
    if not sign:
        return bytes([193 + base, *[p + 1 for p in pairs]])
    tail = [102] if len(pairs) < 20 else []
    return bytes([62 - base, *[101 - p for p in pairs], *tail])
