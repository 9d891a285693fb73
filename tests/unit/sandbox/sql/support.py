"""Helpers for the SQL tests: a session with a fixed clock, and types from Python values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.kernel.types import (
    DATE,
    NUMBER,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNTYPED,
    VARCHAR2,
    Kind,
    Months,
    OraType,
)
from dtm.sandbox.sql.functions import registry
from dtm.sandbox.sql.functions.environment import Environment

NOW = dt.datetime(2026, 11, 22, 10, 30, 15, 123456, tzinfo=dt.UTC)


def context(user: str = "APP") -> SessionContext:
    return SessionContext(
        sid=11,
        serial=7,
        user=user,
        current_schema=user,
        instance_name="inst1",
        service_name="svc1",
        logon_time=NOW,
        interrupt_check=lambda: None,
        attributes={"module": "tests"},
    )


def environment() -> Environment:
    return Environment(context(), lambda: NOW)


def type_of(value: Any) -> OraType:
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            return TIMESTAMP_TZ
        return TIMESTAMP if value.microsecond else DATE
    table: list[tuple[type | tuple[type, ...], OraType]] = [
        ((int, Decimal), NUMBER),
        (float, OraType(Kind.BINARY_DOUBLE)),
        (str, VARCHAR2),
        (bytes, OraType(Kind.RAW, length=2000)),
        (dt.timedelta, OraType(Kind.INTERVAL_DS, precision=9, scale=9)),
        (Months, OraType(Kind.INTERVAL_YM, precision=9)),
    ]
    for kinds, ora_type in table:
        if isinstance(value, kinds):
            return ora_type
    return UNTYPED


def call(name: str, *args: Any) -> Any:
    """Resolve and call a built-in on kernel values; an error gives its ORA number."""
    try:
        resolved = registry.resolve(name, [type_of(a) for a in args])
        return resolved.bind(environment())(*args)
    except OraError as error:
        return f"ORA-{error.code:05d}"


def d(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
