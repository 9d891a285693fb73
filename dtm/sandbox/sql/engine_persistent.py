"""The SQLite functions that CHECK constraints, virtual columns and indexes may call.

They are part of the stored schema, so they must be there before an instance is opened, whatever
session comes first. They see fixed NLS settings (AMERICAN_AMERICA), because a stored expression
may not depend on who reads it. Their names begin with "p_".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.kernel.types import DATE, NUMBER, TIMESTAMP, OraType
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.engine_like import LIKE, LIKE_ESCAPE
from dtm.sandbox.sql.functions import conversion, datetimes, registry
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.functions.registry import FAMILY_TYPES, Function

PREFIX = "p_"
_TEXT = FAMILY_TYPES["T"]
_STORED = (_TEXT, NUMBER, DATE, TIMESTAMP)
_EXTRA = 3  # how many repetitions of a variadic parameter are provided
# They depend on the session or the moment.
_MOVING = frozenset(
    [
        "SYSDATE",
        "SYSTIMESTAMP",
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "LOCALTIMESTAMP",
        "USER",
        "UID",
        "SYS_CONTEXT",
        "USERENV",
        "SYS_GUID",
        "SESSIONTIMEZONE",
        "DBTIMEZONE",
    ]
)


@dataclass(frozen=True, slots=True)
class FixedRuntime:
    """The runtime of stored expressions: default NLS settings, no session."""

    env: Environment


def _fixed_environment() -> Environment:
    epoch = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    context = SessionContext(
        sid=0,
        serial=0,
        user="SYS",
        current_schema="SYS",
        instance_name="",
        service_name="",
        logon_time=epoch,
        interrupt_check=lambda: None,
    )
    return Environment(context, lambda: epoch)


def _candidates() -> Iterator[SqlFunction]:
    yield from (LIKE, LIKE_ESCAPE, wrappers.NUMBER_KEY, wrappers.INSTANT_KEY)
    yield wrappers.CHECKED_TEXT
    for source in _STORED:
        for target in _STORED:
            if source is not target and conversion.distance(source, target) < conversion.UNRELATED:
                yield wrappers.conversion(source, target)
    for name in "+-*/":
        for left in _STORED[1:]:
            for right in _STORED[1:]:
                yield from _operator(name, left, right)
    yield wrappers.negation(NUMBER)
    for function in registry.every():
        if function.stable and function.name not in _MOVING:
            yield from _overload(function)


def _operator(name: str, left: OraType, right: OraType) -> Iterator[SqlFunction]:
    try:
        operation = datetimes.operation(name, left, right)
        yield wrappers.operator(name, operation.left, operation.right, operation.returns)
    except OraError:
        return


def _overload(function: Function) -> Iterator[SqlFunction]:
    most = len(function.required) + len(function.optional) + (_EXTRA if function.variadic else 0)
    for count in range(len(function.required), most + 1):
        letters = function.families(count)
        for any_type in _STORED if "?" in letters else _STORED[:1]:
            types = tuple(FAMILY_TYPES.get(letter, any_type) for letter in letters)
            try:
                call = registry.build(function, types)
            except OraError:
                continue
            yield wrappers.registered(call, types)


@lru_cache(maxsize=1)
def functions() -> dict[str, SqlFunction]:
    """All of them, by the name they have in sessions."""
    return {f.name: f for f in _candidates()}


@lru_cache(maxsize=1)
def _made() -> tuple[tuple[str, object, int], ...]:
    runtime = FixedRuntime(_fixed_environment())
    return tuple((PREFIX + f.name, f.make(runtime), f.arguments) for f in functions().values())


def register(connection: apsw.Connection) -> None:
    """Register all of them; called when an instance is opened."""
    for name, made, arguments in _made():
        connection.create_scalar_function(name, made, arguments, deterministic=True)  # type: ignore[arg-type]


def stored_name(function: SqlFunction) -> str | None:
    """The name under which a stored expression may call `function`; None: it may not."""
    return PREFIX + function.name if function.name in functions() else None


def canonical(ora_type: OraType) -> OraType:
    """The type of its family for which stored functions exist."""
    return FAMILY_TYPES.get(conversion.family(ora_type), ora_type)
