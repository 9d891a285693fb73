"""Data type names to OraType.

SQL Language Reference 19c, "Data Types", "Oracle Built-in Data Types".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context

_SIMPLE = {
    "DATE": OraType(Kind.DATE),
    "CLOB": OraType(Kind.CLOB),
    "NCLOB": OraType(Kind.CLOB),
    "BLOB": OraType(Kind.BLOB),
    "LONG": OraType(Kind.LONG),
    "ROWID": OraType(Kind.ROWID),
    "UROWID": OraType(Kind.ROWID),
    "BINARY_FLOAT": OraType(Kind.BINARY_FLOAT),
    "BINARY_DOUBLE": OraType(Kind.BINARY_DOUBLE),
    "INTEGER": OraType(Kind.NUMBER, precision=38, scale=0),
    "SMALLINT": OraType(Kind.NUMBER, precision=38, scale=0),
    "REAL": OraType(Kind.NUMBER),
    "DOUBLE": OraType(Kind.NUMBER),
    "FLOAT": OraType(Kind.NUMBER),
}
_TIMESTAMPS = {
    "TIMESTAMP": Kind.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Kind.TIMESTAMP_TZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": Kind.TIMESTAMP_LTZ,
}
_TEXTS = {
    "VARCHAR2": Kind.VARCHAR2,
    "NVARCHAR2": Kind.NVARCHAR2,
    "CHAR": Kind.CHAR,
    "NCHAR": Kind.CHAR,
}


def is_scalar(name: n.TypeName) -> bool:
    """Is it a built-in type, or what is written like one? Else it names a user type."""
    known = name.name in _SIMPLE or name.name in _TEXTS or name.name in _TIMESTAMPS
    return len(name.path) < 2 and (
        known or name.name in {"NUMBER", "DECIMAL", "RAW"} or name.name.startswith("INTERVAL ")
    )


def data_type(name: n.TypeName, context: Context) -> OraType:
    """The type; ORA-00902 for an unknown name, 00906 for a VARCHAR2 without length, 01727/01728
    for a precision or scale out of range, 00910 for a length out of range."""
    simple = _SIMPLE.get(name.name)
    if simple is not None:
        return simple
    if name.name in {"NUMBER", "DECIMAL"}:
        return _number(name, context)
    if name.name in _TEXTS:
        return _text(name, context)
    if name.name in _TIMESTAMPS:
        digits = name.arguments[0] if name.arguments else 6
        if digits > 9:
            context.fail(30088, at=name.at)
        return OraType(_TIMESTAMPS[name.name], precision=digits)
    if name.name == "RAW":
        if not name.arguments:
            context.fail(906, at=name.at)
        return OraType(Kind.RAW, length=name.arguments[0])
    if name.name.startswith("INTERVAL DAY"):
        return OraType(Kind.INTERVAL_DS, precision=name.arguments[0], scale=name.arguments[1])
    if name.name.startswith("INTERVAL YEAR"):
        return OraType(Kind.INTERVAL_YM, precision=name.arguments[0])
    raise OraError(902, offset=name.at)


def _number(name: n.TypeName, context: Context) -> OraType:
    if not name.arguments:
        scale = 0 if name.name == "DECIMAL" else None
        return OraType(Kind.NUMBER, precision=38 if scale == 0 else None, scale=scale)
    precision = name.arguments[0]
    scale = name.arguments[1] if len(name.arguments) > 1 else 0
    if not 1 <= precision <= 38:
        context.fail(1727, at=name.at)
    if not -84 <= scale <= 127:
        context.fail(1728, at=name.at)
    return OraType(Kind.NUMBER, precision=precision, scale=scale)


def _text(name: n.TypeName, context: Context) -> OraType:
    kind = _TEXTS[name.name]
    national = name.name.startswith("N")
    if not name.arguments:
        if kind is not Kind.CHAR:
            context.fail(906, at=name.at)
        return OraType(kind, length=1, char_used=national)
    length = name.arguments[0]
    if not 1 <= length <= (2000 if kind is Kind.CHAR else 4000):
        context.fail(910 if length else 1723, at=name.at)
    default = context.session.nls.get("NLS_LENGTH_SEMANTICS", "BYTE")
    return OraType(kind, length=length, char_used=national or (name.unit or default) == "CHAR")
