"""Data types in DDL (SQL Language Reference 19c, "Data Types")."""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.ddl_tokens import Tokens

_MAX_BYTES = {
    Kind.VARCHAR2: 4000,
    Kind.NVARCHAR2: 4000,
    Kind.CHAR: 2000,
    Kind.RAW: 2000,
}
_INTEGER = OraType(Kind.NUMBER, precision=38, scale=0)


def parse_type(tokens: Tokens, *, char_semantics: bool = False) -> OraType:
    """A column's data type; ORA-00902 when there is none. `char_semantics`:
    NLS_LENGTH_SEMANTICS is CHAR."""
    start = tokens.here
    word = start.value if start.kind == "ident" else ""
    parser = KINDS.get(word)
    if parser is None:
        if word in ("XMLTYPE", "JSON", "BFILE", "ANYDATA", "SDO_GEOMETRY", "REF"):
            tokens.unsupported(410, f"data type {word}")
        tokens.fail(902)
    tokens.advance()
    return parser(tokens, char_semantics)


def _character(kind: Kind, default: int | None) -> Callable[[Tokens, bool], OraType]:
    def parse(tokens: Tokens, char_semantics: bool) -> OraType:
        char_used = char_semantics
        if not tokens.at("(") and default is not None:
            return OraType(kind, length=default, char_used=char_used)
        tokens.expect("(")
        length = tokens.integer()
        unit = tokens.accept_any("CHAR", "BYTE")
        if unit:
            char_used = unit == "CHAR"
        if kind == Kind.NVARCHAR2:
            char_used = True
        tokens.expect(")")
        if length <= 0:
            tokens.fail(1723)
        limit = 2000 if kind == Kind.NVARCHAR2 else _MAX_BYTES[kind]
        if length > limit:
            tokens.fail(910)
        return OraType(kind, length=length, char_used=char_used)

    return parse


def _urowid(tokens: Tokens, char_semantics: bool) -> OraType:
    """UROWID [(size)]: kept as a ROWID; its length tells the two apart."""
    del char_semantics
    length = _MAX_BYTES[Kind.VARCHAR2]
    if tokens.accept("("):
        length = tokens.integer()
        tokens.expect(")")
    return OraType(Kind.ROWID, length=length)


def _char_word(tokens: Tokens, char_semantics: bool) -> OraType:
    if tokens.accept("VARYING"):
        return _character(Kind.VARCHAR2, None)(tokens, char_semantics)
    return _character(Kind.CHAR, 1)(tokens, char_semantics)


def _national(tokens: Tokens, _: bool) -> OraType:
    if not tokens.accept("CHARACTER"):
        tokens.expect("CHAR", 902)
    if tokens.accept("VARYING"):
        return _character(Kind.NVARCHAR2, None)(tokens, True)
    return _character(Kind.CHAR, 1)(tokens, True)


def _number(tokens: Tokens, _: bool) -> OraType:
    if not tokens.accept("("):
        return OraType(Kind.NUMBER)
    precision: int | None = None
    if tokens.accept("*"):
        precision = 38
    else:
        precision = tokens.integer()
        if not 1 <= precision <= 38:
            tokens.fail(1727)
    scale = 0
    if tokens.accept(","):
        scale = tokens.integer()
        if not -84 <= scale <= 127:
            tokens.fail(1728)
    tokens.expect(")")
    return OraType(Kind.NUMBER, precision=precision, scale=scale)


def _decimal(tokens: Tokens, flag: bool) -> OraType:
    return _number(tokens, flag) if tokens.at("(") else _INTEGER


def _integer(_: Tokens, __: bool) -> OraType:
    return _INTEGER


def _float(tokens: Tokens, _: bool) -> OraType:
    """FLOAT(b): b binary digits are kept as the decimal digits that cover them; the sandbox keeps
    it as NUMBER, whose precision is greater."""
    if tokens.accept("("):
        bits = tokens.integer()
        if not 1 <= bits <= 126:
            tokens.fail(1727)
        tokens.expect(")")
    return OraType(Kind.NUMBER)


def _double(tokens: Tokens, _: bool) -> OraType:
    tokens.expect("PRECISION", 902)
    return OraType(Kind.NUMBER)


def _simple(kind: Kind) -> Callable[[Tokens, bool], OraType]:
    return lambda _tokens, _flag: OraType(kind)


def _fraction(tokens: Tokens, default: int) -> int:
    if not tokens.accept("("):
        return default
    digits = tokens.integer()
    if not 0 <= digits <= 9:
        tokens.fail(30088)
    tokens.expect(")")
    return digits


def _timestamp(tokens: Tokens, _: bool) -> OraType:
    digits = _fraction(tokens, 6)
    kind = Kind.TIMESTAMP
    if tokens.accept("WITH"):
        kind = Kind.TIMESTAMP_LTZ if tokens.accept("LOCAL") else Kind.TIMESTAMP_TZ
        tokens.expect("TIME")
        tokens.expect("ZONE")
    return OraType(kind, precision=digits)


def _interval(tokens: Tokens, _: bool) -> OraType:
    if tokens.accept("YEAR"):
        digits = _fraction(tokens, 2)
        tokens.expect("TO")
        tokens.expect("MONTH")
        return OraType(Kind.INTERVAL_YM, precision=digits)
    tokens.expect("DAY")
    digits = _fraction(tokens, 2)
    tokens.expect("TO")
    tokens.expect("SECOND")
    return OraType(Kind.INTERVAL_DS, precision=digits, scale=_fraction(tokens, 6))


def _long(tokens: Tokens, _: bool) -> OraType:
    if tokens.accept("RAW"):
        return OraType(Kind.BLOB)
    return OraType(Kind.LONG)


KINDS: dict[str, Callable[[Tokens, bool], OraType]] = {
    "VARCHAR2": _character(Kind.VARCHAR2, None),
    "VARCHAR": _character(Kind.VARCHAR2, None),
    "NVARCHAR2": _character(Kind.NVARCHAR2, None),
    "CHAR": _char_word,
    "CHARACTER": _char_word,
    "NCHAR": _character(Kind.CHAR, 1),
    "NATIONAL": _national,
    "RAW": _character(Kind.RAW, None),
    "NUMBER": _number,
    "DECIMAL": _decimal,
    "DEC": _decimal,
    "NUMERIC": _decimal,
    "INTEGER": _integer,
    "INT": _integer,
    "SMALLINT": _integer,
    "FLOAT": _float,
    "REAL": _simple(Kind.NUMBER),
    "DOUBLE": _double,
    "BINARY_FLOAT": _simple(Kind.BINARY_FLOAT),
    "BINARY_DOUBLE": _simple(Kind.BINARY_DOUBLE),
    "DATE": _simple(Kind.DATE),
    "TIMESTAMP": _timestamp,
    "INTERVAL": _interval,
    "CLOB": _simple(Kind.CLOB),
    "NCLOB": _simple(Kind.CLOB),
    "BLOB": _simple(Kind.BLOB),
    "LONG": _long,
    "ROWID": _simple(Kind.ROWID),
    "UROWID": _urowid,
}
