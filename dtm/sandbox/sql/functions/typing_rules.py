"""Return-type rules shared by the built-in functions and by the translator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql.functions.conversion import FLOATS, family

Types = Sequence[OraType]
BINARY_DOUBLE = OraType(Kind.BINARY_DOUBLE)
MAX_TEXT = 4000
INTERVAL_DS = OraType(Kind.INTERVAL_DS, precision=9, scale=9)
INTERVAL_YM = OraType(Kind.INTERVAL_YM, precision=9)

# The longest text a value of a type gives when it is converted implicitly.
_TEXT_WIDTH = {
    "N": 40,
    "D": 75,
    "S": 75,
    "Z": 75,
    "I": 30,
    "Y": 14,
    "?": 0,
}


def text(length: int | None = MAX_TEXT) -> OraType:
    """VARCHAR2 of at most `length` bytes."""
    return OraType(Kind.VARCHAR2, length=min(max(length or 1, 1), MAX_TEXT))


def text_width(ora_type: OraType) -> int:
    """The bytes a value of this type may take as text."""
    width = _TEXT_WIDTH.get(family(ora_type))
    if width is not None:
        return width
    if family(ora_type) == "R":
        return 2 * (ora_type.length or 2000)
    length = ora_type.length or MAX_TEXT
    return length * 4 if ora_type.char_used else length


def same_text(position: int = 0) -> Callable[[Types], OraType]:
    """VARCHAR2 as wide as the argument at `position` (UPPER, SUBSTR, TRIM)."""
    return lambda types: text(text_width(types[position]))


def number_like(types: Types) -> OraType:
    """NUMBER, or BINARY_DOUBLE when an argument is one."""
    return BINARY_DOUBLE if any(t.kind in FLOATS for t in types) else NUMBER


def concatenation(left: OraType, right: OraType) -> OraType:
    """The type of `left || right`: CLOB if one is, CHAR if both are, else VARCHAR2."""
    if "L" in {family(left), family(right)}:
        return OraType(Kind.CLOB)
    kind = Kind.CHAR if left.kind is Kind.CHAR and right.kind is Kind.CHAR else Kind.VARCHAR2
    return OraType(kind, length=min(max(text_width(left) + text_width(right), 1), MAX_TEXT))


def unify_strict(types: Types) -> OraType:
    """The common type of CASE, COALESCE and NULLIF operands: one family, else OraError 932.

    SQL Language Reference 19c, "CASE Expressions": all of one data type or all numeric.
    """
    known = [t for t in types if t.kind is not Kind.NULL]
    if not known:
        return OraType(Kind.VARCHAR2, length=1)
    result = known[0]
    for ora_type in known[1:]:
        result = _join(result, ora_type)
    return result


def unify_to_first(types: Types) -> OraType:
    """The common type of NVL, DECODE results, GREATEST and LEAST: what the first operand says."""
    known = [t for t in types if t.kind is not Kind.NULL]
    if not known:
        return OraType(Kind.VARCHAR2, length=1)
    first = known[0]
    if family(first) == "N":
        return number_like([t for t in known if family(t) == "N"])
    if family(first) == "T":
        if any(family(t) == "L" for t in known):
            return OraType(Kind.CLOB)
        return text(max(text_width(t) for t in known))
    if family(first) in "DS" and all(family(t) in "DSZ" for t in known):
        return unify_strict(known)
    return first


def _join(left: OraType, right: OraType) -> OraType:
    pair = family(left) + family(right)
    if pair == "NN":
        return left if left == right else number_like([left, right])
    if pair == "TT":
        return _join_text(left, right)
    if pair in {"TL", "LT", "LL"}:
        return OraType(Kind.CLOB)
    if set(pair) <= set("DSZ"):
        return max(left, right, key=lambda t: "DSZ".index(family(t)))
    if pair[0] == pair[1] and (pair[0] != "!" or (left == right and left.user is not None)):
        return left
    raise OraError(932, left.kind.value, right.kind.value)


def _join_text(left: OraType, right: OraType) -> OraType:
    width = max(text_width(left), text_width(right))
    if left.kind is right.kind is Kind.CHAR and left.length == right.length:
        return left
    return text(width)
