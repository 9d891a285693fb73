"""DBMS_PIPE: messages between sessions of one instance, outside transactions.

PL/SQL Packages and Types Reference 19c, "DBMS_PIPE".
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_PIPE",
    """PACKAGE dbms_pipe AS
  maxwait CONSTANT INTEGER := 86400000;
  FUNCTION create_pipe(pipename IN VARCHAR2, maxpipesize IN INTEGER DEFAULT 66536,
                       private IN BOOLEAN DEFAULT TRUE) RETURN INTEGER;
  FUNCTION remove_pipe(pipename IN VARCHAR2) RETURN INTEGER;
  PROCEDURE pack_message(item IN VARCHAR2);
  PROCEDURE pack_message(item IN NUMBER);
  PROCEDURE pack_message(item IN DATE);
  FUNCTION send_message(pipename IN VARCHAR2, timeout IN INTEGER DEFAULT 86400000,
                        maxpipesize IN INTEGER DEFAULT 66536) RETURN INTEGER;
  FUNCTION receive_message(pipename IN VARCHAR2, timeout IN INTEGER DEFAULT 86400000)
    RETURN INTEGER;
  FUNCTION next_item_type RETURN INTEGER;
  PROCEDURE unpack_message(item OUT VARCHAR2);
  PROCEDURE unpack_message(item OUT NUMBER);
  PROCEDURE unpack_message(item OUT DATE);
  PROCEDURE purge(pipename IN VARCHAR2);
  PROCEDURE reset_buffer;
  FUNCTION unique_session_name RETURN VARCHAR2;
END;""",
    granted=False,
)
_SLICE = 0.05
_TYPES = {str: 9, int: 6}
_condition = threading.Condition()


def _pipes(rt: Runtime) -> dict[str, deque[list[Any]]]:
    pipes: dict[str, deque[list[Any]]] = rt.library.shared.setdefault("pipes", {})
    return pipes


def _name(name: str | None) -> str:
    if not name or len(name) > 128:
        raise OraError(23321, message="Pipename may not be null")
    return name.upper()


def _pack(rt: Runtime, item: Any) -> None:
    rt.private.setdefault("pipe_out", []).append(item)


def _unpack(rt: Runtime) -> Any:
    items: list[Any] = rt.private.get("pipe_in") or []
    if not items:
        raise OraError(
            6556, message="the pipe is empty, cannot fulfill the unpack_message request"
        )
    return items.pop(0)


for _ in range(3):
    PACKAGE.body("PACK_MESSAGE")(_pack)
    PACKAGE.body("UNPACK_MESSAGE")(_unpack)


@PACKAGE.body("CREATE_PIPE")
def create_pipe(rt: Runtime, name: str | None, _size: int | None, _private: bool | None) -> int:
    """0"""
    with _condition:
        _pipes(rt).setdefault(_name(name), deque())
    return 0


@PACKAGE.body("REMOVE_PIPE")
def remove_pipe(rt: Runtime, name: str | None) -> int:
    """0, also when there is none."""
    with _condition:
        _pipes(rt).pop(_name(name), None)
    return 0


@PACKAGE.body("SEND_MESSAGE")
def send_message(rt: Runtime, name: str | None, _timeout: int | None, _size: int | None) -> int:
    """0"""
    with _condition:
        _pipes(rt).setdefault(_name(name), deque()).append(rt.private.pop("pipe_out", []))
        _condition.notify_all()
    return 0


@PACKAGE.body("RECEIVE_MESSAGE")
def receive_message(rt: Runtime, name: str | None, timeout: int | None) -> int:
    """0, or 1 when nothing came in time."""
    key = _name(name)
    end = time.monotonic() + (timeout or 0)
    with _condition:
        while True:
            queue = _pipes(rt).get(key)
            if queue:
                rt.private["pipe_in"] = queue.popleft()
                return 0
            rest = end - time.monotonic()
            if rest <= 0:
                return 1
            _condition.wait(min(rest, _SLICE))
            rt.context.interrupt_check()


@PACKAGE.body("NEXT_ITEM_TYPE")
def next_item_type(rt: Runtime) -> int:
    """0 none, 6 NUMBER, 9 VARCHAR2, 12 DATE."""
    items: list[Any] = rt.private.get("pipe_in") or []
    if not items:
        return 0
    return _TYPES.get(type(items[0]), 12 if hasattr(items[0], "year") else 6)


@PACKAGE.body("PURGE")
def purge(rt: Runtime, name: str | None) -> None:
    """Drop the messages of a pipe."""
    with _condition:
        _pipes(rt).pop(_name(name), None)


@PACKAGE.body("RESET_BUFFER")
def reset_buffer(rt: Runtime) -> None:
    """Forget what was packed and not sent."""
    rt.private.pop("pipe_out", None)


@PACKAGE.body("UNIQUE_SESSION_NAME")
def unique_session_name(rt: Runtime) -> str:
    """A name no other session has."""
    return f"ORA$PIPE${rt.context.sid:04X}{rt.context.serial:04X}0001"
