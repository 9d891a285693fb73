"""Host values as SQLite parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import HostVariable, Value
from dtm.sandbox.kernel.types import (
    DATE,
    NUMBER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR2,
    Composite,
    Kind,
    Months,
    OraType,
)
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_model import Parameter
from dtm.sandbox.sql.encoding import Encoded
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
    if isinstance(value, Composite):
        return OraType(value.kind, user=value.user)
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


@dataclass(frozen=True, slots=True)
class Binder:
    """Gives one parameter's encoded value. `slot`: which host value; None: a runtime value."""

    slot: int | None
    encode: Callable[[Environment, Value], Encoded]


def bind_values(
    binders: Sequence[Binder], values: Sequence[Value], env: Environment
) -> list[Encoded]:
    """The encoded value of every parameter, in order."""
    return [
        binder.encode(env, None if binder.slot is None else values[binder.slot])
        for binder in binders
    ]


def binders(
    parameters: Sequence[Parameter], used: Collection[int]
) -> tuple[tuple[HostVariable | str, ...], tuple[Binder, ...]]:
    """The host values a statement takes, in text order, and a binder for every parameter.

    `used`: the numbers (from 1) of the parameters that stand in SQLite's text.
    """
    keys: dict[object, tuple[int, HostVariable | str]] = {}
    for parameter in parameters:
        if parameter.source is None:
            continue
        known = keys.get(_host_key(parameter))
        if known is None or parameter.at < known[0]:
            keys[_host_key(parameter)] = (parameter.at, parameter.source)
    ordered = sorted(keys.items(), key=lambda item: item[1][0])
    places = {key: index for index, (key, _) in enumerate(ordered)}
    result = tuple(
        Binder(
            None if p.source is None else places[_host_key(p)],
            _encoder(p) if number in used else _nothing,
        )
        for number, p in enumerate(parameters, 1)
    )
    return tuple(source for _, (_, source) in ordered), result


def _host_key(parameter: Parameter) -> object:
    if isinstance(parameter.source, HostVariable):
        return ("host", parameter.source.key)
    return ("bind", parameter.at)


def _nothing(env: Environment, value: Value) -> Encoded:
    del env, value
    return None


def _encoder(parameter: Parameter) -> Callable[[Environment, Value], Encoded]:
    kind = parameter.type.kind
    runtime, coerce = parameter.runtime, parameter.coerce
    plain = None if kind in _BY_VALUE else kind

    def encode(env: Environment, value: Value) -> Encoded:
        if value is None:
            return None
        if coerce is not None:
            value = coerce(env, value)
            if value is None:
                return None
        if type(value) is int and -_INT64 <= value < _INT64 and plain is None:
            return value
        if kind is Kind.TIMESTAMP_TZ and isinstance(value, dt.datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=env.zone)
        return encoding.encode(value, plain)

    if runtime is None:
        return encode
    read = runtime
    return lambda env, _: encode(env, read(env))


_INT64 = 2**63
# Encoded by what they are in Python; the others need their kind.
_BY_VALUE = frozenset(
    {Kind.NULL, Kind.NUMBER, Kind.PLS_INTEGER, Kind.VARCHAR2, Kind.CHAR, Kind.NVARCHAR2}
)


def specialised(
    hosts: Sequence[HostVariable | str],
    known: tuple[OraType | None, ...],
    values: Sequence[Value],
) -> tuple[OraType | None, ...]:
    """The bind types with those the caller did not give taken from the values."""
    places = [i for i, host in enumerate(hosts) if isinstance(host, str)]
    if not places or (known and len(known) >= len(places)):
        return known
    types: list[OraType | None] = list(known) + [None] * (len(places) - len(known))
    for index, place in enumerate(places):
        if types[index] is None and values[place] is not None:
            types[index] = value_type(values[place])
    result = tuple(types)
    return known if not any(result) else result
