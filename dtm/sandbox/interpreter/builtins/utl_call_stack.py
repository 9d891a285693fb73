"""UTL_CALL_STACK. PL/SQL Packages and Types Reference 19c, "UTL_CALL_STACK"."""

from __future__ import annotations

import re
from typing import TypeVar

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.raising import UserDefined
from dtm.sandbox.interpreter.runtime import Frame, Runtime
from dtm.sandbox.interpreter.types import VARCHAR2, CollectionType
from dtm.sandbox.interpreter.values import Table
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "UTL_CALL_STACK",
    """PACKAGE utl_call_stack AS
  bad_depth_indicator EXCEPTION;
  PRAGMA EXCEPTION_INIT(bad_depth_indicator, -64610);
  TYPE unit_qualified_name IS VARRAY(256) OF VARCHAR2(32767);
  FUNCTION dynamic_depth RETURN PLS_INTEGER;
  FUNCTION lexical_depth(dynamic_depth IN PLS_INTEGER) RETURN PLS_INTEGER;
  FUNCTION subprogram(dynamic_depth IN PLS_INTEGER) RETURN unit_qualified_name;
  FUNCTION concatenate_subprogram(qualified_name IN unit_qualified_name) RETURN VARCHAR2;
  FUNCTION owner(dynamic_depth IN PLS_INTEGER) RETURN VARCHAR2;
  FUNCTION unit_line(dynamic_depth IN PLS_INTEGER) RETURN PLS_INTEGER;
  FUNCTION current_edition(dynamic_depth IN PLS_INTEGER) RETURN VARCHAR2;
  FUNCTION actual_edition(dynamic_depth IN PLS_INTEGER) RETURN VARCHAR2;
  FUNCTION error_depth RETURN PLS_INTEGER;
  FUNCTION error_number(error_depth IN PLS_INTEGER) RETURN PLS_INTEGER;
  FUNCTION error_msg(error_depth IN PLS_INTEGER) RETURN VARCHAR2;
  FUNCTION backtrace_depth RETURN PLS_INTEGER;
  FUNCTION backtrace_unit(backtrace_depth IN PLS_INTEGER) RETURN VARCHAR2;
  FUNCTION backtrace_line(backtrace_depth IN PLS_INTEGER) RETURN PLS_INTEGER;
END;""",
)
T = TypeVar("T")
_NAME = CollectionType("UNIT_QUALIFIED_NAME", "VARRAY", VARCHAR2, None, 256)
_ENTRY = re.compile(r"ORA-(\d{5}): (.*)", re.DOTALL)
_PLACE = re.compile(r'ORA-06512: at (?:"([^"]*)", )?line (\d+)')


def _frame(rt: Runtime, depth: int | None) -> Frame:
    """1 is the running subprogram; ORA-64610 outside the stack."""
    if depth is None or not 1 <= depth <= len(rt.calls):
        raise OraError(64610, message="bad depth indicator")
    return rt.calls[-depth]


@PACKAGE.body("DYNAMIC_DEPTH")
def dynamic_depth(rt: Runtime) -> int:
    """How many subprograms are running."""
    return len(rt.calls)


@PACKAGE.body("LEXICAL_DEPTH")
def lexical_depth(rt: Runtime, depth: int | None) -> int:
    """How deep it is nested in its unit."""
    routine = _frame(rt, depth).routine
    return 0 if routine is None else max(routine.level, 0)


@PACKAGE.body("SUBPROGRAM")
def subprogram(rt: Runtime, depth: int | None) -> Table:
    """Unit, then subprogram."""
    frame = _frame(rt, depth)
    parts = [frame.unit.name]
    if frame.unit.type.endswith("BODY") and frame.routine is not None:
        parts.append(frame.routine.name)
    return Table(_NAME, list(parts))


@PACKAGE.body("CONCATENATE_SUBPROGRAM")
def concatenate_subprogram(_rt: Runtime, name: Table | None) -> str | None:
    """With dots between."""
    return None if name is None else ".".join(name.items())


@PACKAGE.body("OWNER")
def owner(rt: Runtime, depth: int | None) -> str | None:
    """NULL of an anonymous block."""
    return _frame(rt, depth).unit.owner or None


@PACKAGE.body("UNIT_LINE")
def unit_line(rt: Runtime, depth: int | None) -> int:
    """The line it has come to."""
    return _frame(rt, depth).line


def _edition(rt: Runtime, depth: int | None) -> str:
    """Units here belong to the one edition there is."""
    _frame(rt, depth)
    return "ORA$BASE"


PACKAGE.body("CURRENT_EDITION")(_edition)
PACKAGE.body("ACTUAL_EDITION")(_edition)


def _errors(rt: Runtime) -> list[tuple[int, str]]:
    """The errors on the stack, places apart."""
    error = rt.error
    if error is None:
        return []
    code = 6510 if isinstance(error, UserDefined) else error.code
    found = [(code, error.message)]
    for line in error.stack:
        match = _ENTRY.match(line)
        if match is not None and match.group(1) != "06512":
            found.append((int(match.group(1)), match.group(2)))
    return found


def _at(found: list[T], depth: int | None) -> T:
    """The entry at a depth, from 1; ORA-64610 when there is none."""
    if depth is None or not 1 <= depth <= len(found):
        raise OraError(64610, message="bad depth indicator")
    return found[depth - 1]


PACKAGE.body("ERROR_DEPTH")(lambda rt: len(_errors(rt)))
PACKAGE.body("ERROR_NUMBER")(lambda rt, depth: _at(_errors(rt), depth)[0])
PACKAGE.body("ERROR_MSG")(lambda rt, depth: _at(_errors(rt), depth)[1])


def _places(rt: Runtime) -> list[tuple[str | None, int]]:
    """Where the error was raised and passed, outermost first."""
    if rt.error is None:
        return []
    matches = [_PLACE.match(line) for line in rt.error.stack]
    return [(m.group(1), int(m.group(2))) for m in reversed(matches) if m is not None]


PACKAGE.body("BACKTRACE_DEPTH")(lambda rt: len(_places(rt)))
PACKAGE.body("BACKTRACE_UNIT")(lambda rt, depth: _at(_places(rt), depth)[0])
PACKAGE.body("BACKTRACE_LINE")(lambda rt, depth: _at(_places(rt), depth)[1])
