"""RAISE_APPLICATION_ERROR and the trigger predicates: package DBMS_STANDARD.

PL/SQL Language Reference 19c, "PL/SQL Error Handling", "Raising User-Defined Exception with
RAISE_APPLICATION_ERROR"; "PL/SQL Triggers", "Conditional Predicates".
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.raising import sqlerrm
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent

PACKAGE = registry.package(
    "DBMS_STANDARD",
    """PACKAGE dbms_standard AS
  PROCEDURE raise_application_error(num IN BINARY_INTEGER, msg IN VARCHAR2,
                                    keeperrorstack IN BOOLEAN DEFAULT FALSE);
  FUNCTION inserting RETURN BOOLEAN;
  FUNCTION deleting RETURN BOOLEAN;
  FUNCTION updating RETURN BOOLEAN;
  FUNCTION updating(colnam IN VARCHAR2) RETURN BOOLEAN;
  FUNCTION sysevent RETURN VARCHAR2;
  FUNCTION dictionary_obj_type RETURN VARCHAR2;
  FUNCTION dictionary_obj_owner RETURN VARCHAR2;
  FUNCTION dictionary_obj_name RETURN VARCHAR2;
  FUNCTION login_user RETURN VARCHAR2;
  FUNCTION database_name RETURN VARCHAR2;
  FUNCTION client_ip_address RETURN VARCHAR2;
  FUNCTION instance_num RETURN BINARY_INTEGER;
END;""",
    complete=True,
)


@PACKAGE.body("RAISE_APPLICATION_ERROR")
def raise_application_error(
    rt: Runtime, number: int | None, message: str | None, keep: bool | None
) -> None:
    """ORA-21000 for a number outside -20999 .. -20000."""
    if number is None or not -20999 <= number <= -20000:
        raise OraError(21000, number)
    text = message or ""
    if keep and rt.error is not None:
        text = f"{text}\n{sqlerrm(rt.error)}"
    raise OraError(-number, message=text[:2048])


def _event(rt: Runtime) -> TriggerEvent | None:
    events: list[TriggerEvent] = rt.private.get("triggers") or []
    return events[-1] if events else None


def _is(rt: Runtime, operation: str) -> bool:
    event = _event(rt)
    return event is not None and event.operation == operation


@PACKAGE.body("INSERTING")
def inserting(rt: Runtime) -> bool:
    """Was the trigger fired by INSERT?"""
    return _is(rt, "INSERT")


@PACKAGE.body("DELETING")
def deleting(rt: Runtime) -> bool:
    """Was the trigger fired by DELETE?"""
    return _is(rt, "DELETE")


@PACKAGE.body("UPDATING")
def updating(rt: Runtime) -> bool:
    """Was the trigger fired by UPDATE?"""
    return _is(rt, "UPDATE")


@PACKAGE.body("UPDATING")
def updating_column(rt: Runtime, column: str | None) -> bool:
    """Was it fired by an UPDATE that sets this column?"""
    event = _event(rt)
    return _is(rt, "UPDATE") and event is not None and (column or "").upper() in event.columns


def _fact(key: str) -> Callable[[Runtime], str | None]:
    """An event attribute function; NULL outside a DDL or LOGON trigger."""

    def read(rt: Runtime) -> str | None:
        event = _event(rt)
        return None if event is None else event.facts.get(key)

    return read


for _name, _key in (
    ("SYSEVENT", "SYSEVENT"),
    ("DICTIONARY_OBJ_TYPE", "DICT_OBJ_TYPE"),
    ("DICTIONARY_OBJ_OWNER", "DICT_OBJ_OWNER"),
    ("DICTIONARY_OBJ_NAME", "DICT_OBJ_NAME"),
    ("LOGIN_USER", "LOGIN_USER"),
    ("DATABASE_NAME", "DATABASE_NAME"),
    ("CLIENT_IP_ADDRESS", "CLIENT_IP_ADDRESS"),
):
    PACKAGE.body(_name)(_fact(_key))
PACKAGE.body("INSTANCE_NUM")(lambda _rt: 1)
