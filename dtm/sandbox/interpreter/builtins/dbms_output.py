"""DBMS_OUTPUT. PL/SQL Packages and Types Reference 19c, "DBMS_OUTPUT"."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.interpreter.types import VARCHAR2, CollectionType, Scalar
from dtm.sandbox.interpreter.values import Assoc
from dtm.sandbox.kernel.types import Kind, OraType

PACKAGE = registry.package(
    "DBMS_OUTPUT",
    """PACKAGE dbms_output AS
  TYPE chararr IS TABLE OF VARCHAR2(32767) INDEX BY BINARY_INTEGER;
  PROCEDURE enable(buffer_size IN INTEGER DEFAULT 20000);
  PROCEDURE disable;
  PROCEDURE put(a IN VARCHAR2);
  PROCEDURE put_line(a IN VARCHAR2);
  PROCEDURE new_line;
  PROCEDURE get_line(line OUT VARCHAR2, status OUT INTEGER);
  PROCEDURE get_lines(lines OUT chararr, numlines IN OUT INTEGER);
END;""",
    complete=True,
)
_LINES = CollectionType("CHARARR", "ASSOC", VARCHAR2, Scalar(OraType(Kind.PLS_INTEGER)))


@PACKAGE.body("ENABLE")
def enable(rt: Runtime, size: int | None) -> None:
    """NULL: no limit."""
    rt.output.enable(size)


@PACKAGE.body("DISABLE")
def disable(rt: Runtime) -> None:
    """Drop what is there."""
    rt.output.disable()


@PACKAGE.body("PUT")
def put(rt: Runtime, text: str | None) -> None:
    """Part of a line."""
    rt.output.put(text or "")


@PACKAGE.body("PUT_LINE")
def put_line(rt: Runtime, text: str | None) -> None:
    """The rest of a line and its end."""
    rt.output.put(text or "")
    rt.output.new_line()


@PACKAGE.body("NEW_LINE")
def new_line(rt: Runtime) -> None:
    """The end of a line."""
    rt.output.new_line()


@PACKAGE.body("GET_LINE")
def get_line(rt: Runtime) -> tuple[str | None, int]:
    """Status 1: there is no line."""
    line = rt.output.get_line()
    return (None, 1) if line is None else (line or None, 0)


@PACKAGE.body("GET_LINES")
def get_lines(rt: Runtime, wanted: int | None) -> tuple[Any, int]:
    """Up to `wanted` lines, and how many they are."""
    lines = Assoc(_LINES)
    count = 0
    while count < (wanted or 0):
        line = rt.output.get_line()
        if line is None:
            break
        count += 1
        lines.put(count, line or None)
    return lines, count
