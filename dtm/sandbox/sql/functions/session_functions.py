"""USER, UID, SYS_CONTEXT, USERENV, SYS_GUID.

Oracle Database SQL Language Reference 19c, "Functions", "Environment and Identifier Functions".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql.functions import numeric, typing_rules
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.functions.registry import function

_NAME = typing_rules.text(128)
# Session attributes other rooms provide, as V$SESSION and SYS_CONTEXT show them.
_ATTRIBUTES = {
    "ACTION": "action",
    "CLIENT_IDENTIFIER": "client_identifier",
    "CLIENT_INFO": "client_info",
    "CLIENT_PROGRAM_NAME": "program",
    "HOST": "machine",
    "IP_ADDRESS": "ip_address",
    "MODULE": "module",
    "OS_USER": "osuser",
    "TERMINAL": "terminal",
}
_USERENV: dict[str, Callable[[Environment], str | None]] = {
    "AUTHENTICATED_IDENTITY": lambda e: e.context.user,
    "AUTHENTICATION_METHOD": lambda _: "PASSWORD",
    "CDB_NAME": lambda e: e.context.instance_name.upper(),
    "CON_ID": lambda _: "0",
    "CON_NAME": lambda e: e.context.instance_name.upper(),
    "CURRENT_SCHEMA": lambda e: e.context.current_schema,
    "CURRENT_SCHEMAID": lambda e: str(user_id(e.context.current_schema)),
    "CURRENT_USER": lambda e: e.context.effective_user or e.context.user,
    "DATABASE_ROLE": lambda _: "PRIMARY",
    "DB_DOMAIN": lambda _: None,
    "DB_NAME": lambda e: e.context.instance_name,
    "DB_UNIQUE_NAME": lambda e: (
        e.context.attributes.get("db_unique_name") or e.context.instance_name
    ),
    "INSTANCE": lambda _: "1",
    "INSTANCE_NAME": lambda e: e.context.instance_name,
    "ISDBA": lambda e: "TRUE" if e.context.user == "SYS" else "FALSE",
    "LANG": lambda _: "US",
    "LANGUAGE": lambda _: "AMERICAN_AMERICA.AL32UTF8",
    "NETWORK_PROTOCOL": lambda _: "tcp",
    "NLS_CALENDAR": lambda e: e.nls["NLS_CALENDAR"],
    "NLS_CURRENCY": lambda e: e.nls["NLS_CURRENCY"],
    "NLS_DATE_FORMAT": lambda e: e.nls["NLS_DATE_FORMAT"],
    "NLS_DATE_LANGUAGE": lambda e: e.nls["NLS_DATE_LANGUAGE"],
    "NLS_SORT": lambda e: e.nls["NLS_SORT"],
    "NLS_TERRITORY": lambda e: e.nls["NLS_TERRITORY"],
    "PROXY_USER": lambda _: None,
    "SERVER_HOST": lambda _: "localhost",
    "SERVICE_NAME": lambda e: e.context.service_name,
    "SESSIONID": lambda e: str(session_id(e)),
    "SESSION_USER": lambda e: e.context.user,
    "SESSION_USERID": lambda e: str(user_id(e.context.user)),
    "SID": lambda e: str(e.context.sid),
}
CONTEXTS = "contexts"  # SessionContext.state: {(NAMESPACE, ATTRIBUTE): value} of DBMS_SESSION


def session_id(env: Environment) -> int:
    """AUDSID: unique per session of an instance."""
    known = given_session_id(env)
    if known is not None:
        return known
    return env.context.sid * 100000 + env.context.serial


def given_session_id(env: Environment) -> int | None:
    """The AUDSID the server gave the session."""
    text = env.context.attributes.get("audsid")
    return int(text) if text and text.isdigit() else None


def user_id(name: str) -> int:
    """A stable number for a user; the dictionary's USER_ID of the built-in users is fixed."""
    return {"SYS": 0, "SYSTEM": 9}.get(name, 100 + sum(name.encode()) % 1000)


@function("USER", "", _NAME, env=True)
def user(env: Environment) -> str:
    return env.context.user


@function("UID", "", NUMBER, env=True)
def uid(env: Environment) -> int:
    return user_id(env.context.user)


@function("SYS_CONTEXT", "TT|N", typing_rules.text(256), env=True)
def sys_context(
    env: Environment, namespace: str, parameter: str, length: numeric.Number = 256
) -> str | None:
    """OraError 2003 for an unknown USERENV parameter; NULL for an unknown application context."""
    name = parameter.upper()
    if namespace.upper() != "USERENV":
        contexts = env.context.state.get(CONTEXTS, {})
        value = contexts.get((namespace.upper(), name))
    elif name in _ATTRIBUTES:
        value = env.context.attributes.get(_ATTRIBUTES[name])
    elif name in _USERENV:
        value = _USERENV[name](env)
    else:
        raise OraError(2003)
    return value[: int(length)] or None if value else None


@function("USERENV", "T", typing_rules.text(64), env=True)
def userenv(env: Environment, parameter: str) -> str | None:
    name = parameter.upper()
    if name == "SESSIONID":
        return str(session_id(env))
    if name not in {"LANG", "LANGUAGE", "SID", "TERMINAL", "CLIENT_INFO", "ISDBA", "INSTANCE"}:
        raise OraError(2003)
    return sys_context(env, "USERENV", name)


@function("SYS_GUID", "", OraType(Kind.RAW, length=16), stable=False)
def sys_guid() -> bytes:
    return uuid.uuid4().bytes
