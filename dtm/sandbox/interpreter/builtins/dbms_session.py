"""DBMS_SESSION. PL/SQL Packages and Types Reference 19c, "DBMS_SESSION"."""

from __future__ import annotations

import time
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins.dbms_application_info import cut
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_SESSION",
    """PACKAGE dbms_session AS
  free_all_resources CONSTANT PLS_INTEGER := 1;
  reinitialize       CONSTANT PLS_INTEGER := 2;
  PROCEDURE sleep(seconds IN NUMBER);
  PROCEDURE set_identifier(client_id IN VARCHAR2);
  PROCEDURE clear_identifier;
  FUNCTION unique_session_id RETURN VARCHAR2;
  FUNCTION is_role_enabled(rolename IN VARCHAR2) RETURN BOOLEAN;
  FUNCTION is_session_alive(uniqueid IN VARCHAR2) RETURN BOOLEAN;
  PROCEDURE modify_package_state(action_flags IN PLS_INTEGER);
  PROCEDURE reset_package;
  PROCEDURE set_nls(param IN VARCHAR2, value IN VARCHAR2);
  PROCEDURE set_sql_trace(sql_trace IN BOOLEAN);
  PROCEDURE set_context(namespace IN VARCHAR2, attribute IN VARCHAR2, value IN VARCHAR2,
                        username IN VARCHAR2 DEFAULT NULL, client_id IN VARCHAR2 DEFAULT NULL);
  PROCEDURE clear_context(namespace IN VARCHAR2, client_id IN VARCHAR2 DEFAULT NULL,
    attribute IN VARCHAR2 DEFAULT NULL);
  PROCEDURE clear_all_context(namespace IN VARCHAR2);
  PROCEDURE free_unused_user_memory;
  PROCEDURE close_database_link(dblink IN VARCHAR2);
END;""",
)
_SLICE = 0.05  # seconds between two looks at the interrupt flag


def pause(rt: Runtime, seconds: Any) -> None:
    """Wait, ready to be cancelled; ORA-06502 for a negative or NULL time."""
    if seconds is None or seconds < 0:
        raise OraError(6502, "")
    end = time.monotonic() + float(seconds)
    while True:
        rt.context.interrupt_check()
        rest = end - time.monotonic()
        if rest <= 0:
            return
        time.sleep(min(rest, _SLICE))


PACKAGE.body("SLEEP")(pause)


@PACKAGE.body("SET_IDENTIFIER")
def set_identifier(rt: Runtime, identifier: str | None) -> None:
    """V$SESSION.CLIENT_IDENTIFIER, 64 bytes."""
    rt.context.attributes["client_identifier"] = cut(identifier, 64)


@PACKAGE.body("CLEAR_IDENTIFIER")
def clear_identifier(rt: Runtime) -> None:
    """Remove it."""
    rt.context.attributes["client_identifier"] = None


@PACKAGE.body("UNIQUE_SESSION_ID")
def unique_session_id(rt: Runtime) -> str:
    """SID, serial and instance in hexadecimal."""
    return f"{rt.context.sid:04X}{rt.context.serial:04X}0001"


@PACKAGE.body("IS_ROLE_ENABLED")
def is_role_enabled(rt: Runtime, role: str | None) -> bool:
    """Is the role among SESSION_ROLES?"""
    compiled = rt.sql.compile("SELECT COUNT(*) FROM session_roles WHERE role = :1")
    return bool(rt.sql.run(compiled, [(role or "").upper()]).rows[0][0])


@PACKAGE.body("IS_SESSION_ALIVE")
def is_session_alive(rt: Runtime, identifier: str | None) -> bool:
    """Is the session of a UNIQUE_SESSION_ID still there?"""
    if not identifier or len(identifier) < 8:
        return False
    compiled = rt.sql.compile("SELECT COUNT(*) FROM v$session WHERE sid = :1 AND serial# = :2")
    values = [int(identifier[:4], 16), int(identifier[4:8], 16)]
    return bool(rt.sql.run(compiled, values).rows[0][0])


@PACKAGE.body("MODIFY_PACKAGE_STATE")
def modify_package_state(rt: Runtime, _flags: int | None) -> None:
    """Package variables start anew after this call."""
    rt.private["reset"] = True


@PACKAGE.body("RESET_PACKAGE")
def reset_package(rt: Runtime) -> None:
    """Package variables start anew after this call."""
    rt.private["reset"] = True


@PACKAGE.body("SET_NLS")
def set_nls(rt: Runtime, name: str | None, value: str | None) -> None:
    """ALTER SESSION SET name = value"""
    rt.sql.run(rt.sql.compile(f"ALTER SESSION SET {name} = {value}"), [])


@PACKAGE.body("SET_SQL_TRACE")
def set_sql_trace(_rt: Runtime, _on: bool | None) -> None:
    """Nothing is traced."""


@PACKAGE.body("SET_CONTEXT")
def set_context(
    rt: Runtime,
    namespace: str | None,
    attribute: str | None,
    value: str | None,
    *_who: str | None,
) -> None:
    """Application contexts, read by SYS_CONTEXT."""
    contexts = rt.context.state.setdefault("contexts", {})
    contexts[((namespace or "").upper(), (attribute or "").upper())] = value


@PACKAGE.body("CLEAR_CONTEXT")
def clear_context(
    rt: Runtime, namespace: str | None, _client: str | None, attribute: str | None
) -> None:
    """One attribute, or all of a namespace."""
    contexts = rt.context.state.setdefault("contexts", {})
    wanted = (namespace or "").upper()
    for key in list(contexts):
        if (key[0] == wanted and attribute is None) or key == (wanted, (attribute or "").upper()):
            del contexts[key]


@PACKAGE.body("CLEAR_ALL_CONTEXT")
def clear_all_context(rt: Runtime, namespace: str | None) -> None:
    """All attributes of a namespace."""
    clear_context(rt, namespace, None, None)


@PACKAGE.body("FREE_UNUSED_USER_MEMORY")
def free_unused_user_memory(_rt: Runtime) -> None:
    """There is nothing to give back."""


@PACKAGE.body("CLOSE_DATABASE_LINK")
def close_database_link(_rt: Runtime, _link: str | None) -> None:
    """ORA-02081: there are no links."""
    raise OraError(2081, message="database link is not open")
