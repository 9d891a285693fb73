"""DBMS_APPLICATION_INFO. PL/SQL Packages and Types Reference 19c.

MODULE holds 48 bytes, ACTION 32, CLIENT_INFO 64; longer values are cut (V$SESSION shows them).
"""

from __future__ import annotations

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime

PACKAGE = registry.package(
    "DBMS_APPLICATION_INFO",
    """PACKAGE dbms_application_info AS
  set_session_longops_nohint CONSTANT BINARY_INTEGER := -1;
  PROCEDURE set_module(module_name IN VARCHAR2, action_name IN VARCHAR2);
  PROCEDURE set_action(action_name IN VARCHAR2);
  PROCEDURE set_client_info(client_info IN VARCHAR2);
  PROCEDURE read_module(module_name OUT VARCHAR2, action_name OUT VARCHAR2);
  PROCEDURE read_client_info(client_info OUT VARCHAR2);
  PROCEDURE set_session_longops(rindex IN OUT BINARY_INTEGER, slno IN OUT BINARY_INTEGER,
    op_name IN VARCHAR2 DEFAULT NULL, target IN BINARY_INTEGER DEFAULT 0,
    context IN BINARY_INTEGER DEFAULT 0, sofar IN NUMBER DEFAULT 0,
    totalwork IN NUMBER DEFAULT 0, target_desc IN VARCHAR2 DEFAULT 'unknown target',
    units IN VARCHAR2 DEFAULT NULL);
END;""",
    complete=True,
)


def cut(text: str | None, limit: int) -> str | None:
    """At most `limit` bytes, no half characters."""
    if not text:
        return None
    return text.encode()[:limit].decode(errors="ignore")


@PACKAGE.body("SET_MODULE")
def set_module(rt: Runtime, module: str | None, action: str | None) -> None:
    """Both at once."""
    rt.context.attributes["module"] = cut(module, 48)
    rt.context.attributes["action"] = cut(action, 32)


@PACKAGE.body("SET_ACTION")
def set_action(rt: Runtime, action: str | None) -> None:
    """The current action."""
    rt.context.attributes["action"] = cut(action, 32)


@PACKAGE.body("SET_CLIENT_INFO")
def set_client_info(rt: Runtime, info: str | None) -> None:
    """Free text."""
    rt.context.attributes["client_info"] = cut(info, 64)


@PACKAGE.body("READ_MODULE")
def read_module(rt: Runtime) -> tuple[str | None, str | None]:
    """What was set last."""
    attributes = rt.context.attributes
    return attributes.get("module"), attributes.get("action")


@PACKAGE.body("READ_CLIENT_INFO")
def read_client_info(rt: Runtime) -> str | None:
    """What was set last."""
    return rt.context.attributes.get("client_info")


@PACKAGE.body("SET_SESSION_LONGOPS")
def set_session_longops(
    _rt: Runtime, rindex: int | None, slno: int | None, *_progress: object
) -> tuple[int | None, int | None]:
    """V$SESSION_LONGOPS is not kept; the row index stays what it was."""
    return (0 if rindex in (None, -1) else rindex), slno
