"""Oracle's NUMBER: base-100 digits behind an exponent byte; 1 to 21 bytes, 40 digits at most.

Source: "Oracle Call Interface Programmer's Guide", chapter "Data Types", section "NUMBER".
"""

from __future__ import annotations

import decimal
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError

_ZERO = b"\x80"
_BIAS = 193  # exponent byte of a positive number with exponent 0
_PAIRS = 20
_MAX_EXPONENT = 62  # of base 100: the exponent byte has 7 bits
_NEGATIVE_END = 0x66
_CONTEXT = decimal.Context(prec=_PAIRS * 2 - 1, rounding=decimal.ROUND_HALF_UP)


@lru_cache(maxsize=8192)
def encode_integer(value: int) -> bytes:
    """Encode an int; most values of a result set are small and repeat."""
    if value == 0:
        return _ZERO
    return _pack(str(abs(value)), 0, negative=value < 0)


def encode_number(value: object) -> bytes:
    """Encode an int, Decimal or finite float; ORA-01426 when it is out of NUMBER's range."""
    if isinstance(value, int):
        return encode_integer(int(value))
    number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(str(value))
    if not number.is_finite():
        raise OraError(1426)
    sign, digits, exponent = number.as_tuple()
    if len(digits) >= _PAIRS * 2:
        sign, digits, exponent = _CONTEXT.plus(number).as_tuple()
    if not any(digits):
        return _ZERO
    return _pack("".join(map(str, digits)).lstrip("0"), int(exponent), negative=bool(sign))


def _pack(digits: str, exponent: int, *, negative: bool) -> bytes:
    """Encode `digits` (no leading zero) times 10 ** `exponent`."""
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    if exponent & 1:  # align on base-100 digits
        stripped += "0"
        exponent -= 1
    if len(stripped) & 1:
        stripped = "0" + stripped
    if len(stripped) > _PAIRS * 2:
        return encode_number(_CONTEXT.plus(decimal.Decimal(int(stripped)).scaleb(exponent)))
    power = exponent // 2 + len(stripped) // 2 - 1
    if power > _MAX_EXPONENT:
        raise OraError(1426)
    if power < -_MAX_EXPONENT - 3:
        return _ZERO
    pairs = [int(stripped[at : at + 2]) for at in range(0, len(stripped), 2)]
    if not negative:
        return bytes([power + _BIAS, *(pair + 1 for pair in pairs)])
    body = bytes([~(power + _BIAS) & 0xFF, *(101 - pair for pair in pairs)])
    return body + bytes([_NEGATIVE_END]) if len(pairs) < _PAIRS else body


def decode_number(data: bytes) -> int | decimal.Decimal:
    """Decode a NUMBER: int when it is integral, else Decimal; ValueError on junk."""
    if data == _ZERO:
        return 0
    if data[0] & 0x80:
        power, sign = data[0] - _BIAS, ""
        digits = data[1:]
        shift = power + 1 - len(digits)
        if (
            shift >= 0
            and digits
            and len(digits) <= _PAIRS
            and 1 <= min(digits) <= max(digits) <= 100
        ):
            whole = 0
            for byte in digits:
                whole = whole * 100 + byte - 1
            return whole * int(10 ** (2 * shift))
        pairs = [byte - 1 for byte in digits]
    else:
        power, sign = (~data[0] & 0xFF) - _BIAS, "-"
        body = data[1:-1] if data[-1] == _NEGATIVE_END else data[1:]
        pairs = [101 - byte for byte in body]
    if not pairs or len(pairs) > _PAIRS + 1 or not all(0 <= pair <= 99 for pair in pairs):
        raise ValueError("not a NUMBER")
    text = "".join(f"{pair:02d}" for pair in pairs)
    shift = 2 * (power + 1 - len(pairs))
    if shift >= 0:
        return int(sign + text + "0" * shift)
    value = decimal.Decimal(f"{sign}{text}E{shift}")
    if value == value.to_integral_value():
        return int(value)
    return value.normalize(decimal.Context(prec=_PAIRS * 2 + 2))
