"""DBMS_ASSERT. PL/SQL Packages and Types Reference 19c, "DBMS_ASSERT"."""

from __future__ import annotations

import re

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_ASSERT",
    """PACKAGE dbms_assert AS
  invalid_schema_name EXCEPTION;
  PRAGMA EXCEPTION_INIT(invalid_schema_name, -44001);
  invalid_object_name EXCEPTION;
  PRAGMA EXCEPTION_INIT(invalid_object_name, -44002);
  invalid_sql_name EXCEPTION;
  PRAGMA EXCEPTION_INIT(invalid_sql_name, -44003);
  invalid_qualified_sql_name EXCEPTION;
  PRAGMA EXCEPTION_INIT(invalid_qualified_sql_name, -44004);
  FUNCTION noop(str IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION simple_sql_name(str IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION qualified_sql_name(str IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION schema_name(str IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION sql_object_name(str IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION enquote_name(str IN VARCHAR2, capitalize IN BOOLEAN DEFAULT TRUE) RETURN VARCHAR2;
  FUNCTION enquote_literal(str IN VARCHAR2) RETURN VARCHAR2;
END;""",
    complete=True,
)
_SIMPLE = re.compile(r'(?:[^\W\d][\w$#]*|"[^"\x00]+")\Z')
_QUALIFIED = re.compile(
    r'(?:[^\W\d][\w$#]*|"[^"]+")(?:\s*\.\s*(?:[^\W\d][\w$#]*|"[^"]+"))*'
    r"(?:\s*@\s*[^\W\d][\w$#.]*)?\Z"
)


@PACKAGE.body("NOOP")
def noop(_rt: Runtime, text: str | None) -> str | None:
    """No check."""
    return text


@PACKAGE.body("SIMPLE_SQL_NAME")
def simple_sql_name(_rt: Runtime, text: str | None) -> str:
    """ORA-44003 when it is not one identifier."""
    if text is None or not _SIMPLE.match(text.strip()):
        raise OraError(44003)
    return text


@PACKAGE.body("QUALIFIED_SQL_NAME")
def qualified_sql_name(_rt: Runtime, text: str | None) -> str:
    """ORA-44004 when it is no name with dots."""
    if text is None or not _QUALIFIED.match(text.strip()):
        raise OraError(44004)
    return text


@PACKAGE.body("SCHEMA_NAME")
def schema_name(rt: Runtime, text: str | None) -> str:
    """ORA-44001 when there is no such user (case counts)."""
    if text is None:
        raise OraError(44001)
    compiled = rt.sql.compile("SELECT COUNT(*) FROM all_users WHERE username = :1")
    if not rt.sql.run(compiled, [text]).rows[0][0]:
        raise OraError(44001)
    return text


@PACKAGE.body("SQL_OBJECT_NAME")
def sql_object_name(rt: Runtime, text: str | None) -> str:
    """ORA-44002 when there is no such object."""
    if text is None or not _QUALIFIED.match(text.strip()):
        raise OraError(44002)
    path = tuple(
        part[1:-1] if part.startswith('"') else part.upper()
        for part in re.findall(r'"[^"]+"|[^\s.]+', text)
    )
    if rt.catalog.resolve(path, rt.context.current_schema) is None:
        raise OraError(44002)
    return text


@PACKAGE.body("ENQUOTE_NAME")
def enquote_name(_rt: Runtime, text: str | None, capitalize: bool | None) -> str | None:
    """In double quotes, upper case unless told not to; ORA-44003 for a lone quote inside."""
    if text is None:
        return None
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        inner = text[1:-1]
    else:
        inner = text.upper() if capitalize else text
    if '"' in inner.replace('""', ""):
        raise OraError(44003)
    return f'"{inner}"'


@PACKAGE.body("ENQUOTE_LITERAL")
def enquote_literal(_rt: Runtime, text: str | None) -> str:
    """In single quotes; ORA-06502 when quotes inside are not doubled."""
    body = text or ""
    if len(body) >= 2 and body.startswith("'") and body.endswith("'"):
        body = body[1:-1]
    if "'" in body.replace("''", ""):
        raise OraError(6502, "")
    return f"'{body}'"
