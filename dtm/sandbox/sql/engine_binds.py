"""Host values as SQLite parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.kernel.types import (
    DATE,
    NUMBER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR2,
    Kind,
    Months,
    OraType,
)
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_model import Parameter
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions import conversion
from dtm.sandbox.sql.functions.environment import Environment

_TYPES: dict[type, OraType] = {
    int: NUMBER,
    Decimal: NUMBER,
    float: OraType(Kind.BINARY_DOUBLE),
    str: VARCHAR2,
    bytes: OraType(Kind.RAW, length=2000),
    dt.timedelta: OraType(Kind.INTERVAL_DS, precision=9, scale=9),
    Months: OraType(Kind.INTERVAL_YM, precision=9),
}


def value_type(value: Value) -> OraType:
    """The SQL type a Python value is taken for when the caller named none."""
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            return TIMESTAMP_TZ
        return TIMESTAMP if value.microsecond else DATE
    found = _TYPES.get(type(value))
    if found is None:
        raise OraError(932, "SQL type", type(value).__name__)
    if found is VARCHAR2 and len(value) > 1000 and len(value.encode()) > 4000:
        return OraType(Kind.CLOB)
    return found


def bind_values(
    parameters: Sequence[Parameter],
    values: Sequence[Value],
    slots: Sequence[int | None],
    env: Environment,
) -> tuple[Encoded, ...]:
    """The encoded value of every parameter, in order."""
    return tuple(
        _one(parameter, None if slot is None else values[slot], env)
        for parameter, slot in zip(parameters, slots, strict=True)
    )


def _one(parameter: Parameter, value: Value, env: Environment) -> Encoded:
    if parameter.runtime is not None:
        value = parameter.runtime(env)
    elif value is None:
        return None
    elif parameter.coerce is not None:
        value = parameter.coerce(env, value)
    if value is None:
        return None
    kind = parameter.type.kind
    if kind is Kind.NULL:
        return encoding.encode(value)
    if kind is Kind.TIMESTAMP_TZ and isinstance(value, dt.datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=env.zone)
    if kind in conversion.FLOATS or kind in _PLAIN:
        return encoding.encode(value, kind if kind in conversion.FLOATS else None)
    return encoding.encode(value, kind)


_PLAIN = frozenset({Kind.NUMBER, Kind.PLS_INTEGER, Kind.VARCHAR2, Kind.CHAR, Kind.NVARCHAR2})
