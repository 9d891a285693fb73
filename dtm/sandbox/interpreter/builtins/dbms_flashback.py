"""DBMS_FLASHBACK's system change number, and UTL_LMS. PL/SQL Packages and Types Reference 19c."""

from __future__ import annotations

import re

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime

FLASHBACK = registry.package(
    "DBMS_FLASHBACK",
    """PACKAGE dbms_flashback AS
  FUNCTION get_system_change_number RETURN NUMBER;
END;""",
    granted=False,
)
_ARGUMENTS = 20
LMS = registry.package(
    "UTL_LMS",
    "PACKAGE utl_lms AS\n  FUNCTION format_message(format IN VARCHAR2"
    + "".join(f", args{i} IN VARCHAR2 DEFAULT NULL" for i in range(1, _ARGUMENTS + 1))
    + ") RETURN VARCHAR2;\nEND;",
)
_PLACE = re.compile(r"%%|%s|%d")


@FLASHBACK.body("GET_SYSTEM_CHANGE_NUMBER")
def get_system_change_number(rt: Runtime) -> int:
    """As V$DATABASE.CURRENT_SCN."""
    return rt.catalog.change_number()


@LMS.body("FORMAT_MESSAGE")
def format_message(_rt: Runtime, text: str | None, *arguments: str | None) -> str | None:
    """%s and %d in turn; %% is a percent sign."""
    if text is None:
        return None
    rest = iter(arguments)

    def value(found: re.Match[str]) -> str:
        return "%" if found.group() == "%%" else next(rest, None) or ""

    return _PLACE.sub(value, text) or None
