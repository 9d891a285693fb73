"""DBMS_METADATA.GET_DDL of stored units, views, tables, sequences and indexes, from the dictionary.

PL/SQL Packages and Types Reference 19c, "DBMS_METADATA". Physical clauses are left out, as with the
transformations SEGMENT_ATTRIBUTES and STORAGE switched off.
"""

from __future__ import annotations

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError, Unsupported

PACKAGE = registry.package(
    "DBMS_METADATA",
    """PACKAGE dbms_metadata AS
  session_transform CONSTANT BINARY_INTEGER := -1;
  FUNCTION get_ddl(object_type IN VARCHAR2, name IN VARCHAR2, schema IN VARCHAR2 DEFAULT NULL,
    version IN VARCHAR2 DEFAULT 'COMPATIBLE', model IN VARCHAR2 DEFAULT 'ORACLE',
    transform IN VARCHAR2 DEFAULT 'DDL') RETURN CLOB;
  PROCEDURE set_transform_param(transform_handle IN NUMBER, name IN VARCHAR2, value IN VARCHAR2,
    object_type IN VARCHAR2 DEFAULT NULL);
  PROCEDURE set_transform_param(transform_handle IN NUMBER, name IN VARCHAR2,
    value IN BOOLEAN DEFAULT TRUE, object_type IN VARCHAR2 DEFAULT NULL);
END;""",
)
_UNITS = {
    "PACKAGE": ("PACKAGE", "PACKAGE BODY"), "PACKAGE_SPEC": ("PACKAGE",),
    "PACKAGE_BODY": ("PACKAGE BODY",), "PROCEDURE": ("PROCEDURE",), "FUNCTION": ("FUNCTION",),
    "TRIGGER": ("TRIGGER",), "TYPE": ("TYPE", "TYPE BODY"), "TYPE_SPEC": ("TYPE",),
    "TYPE_BODY": ("TYPE BODY",),
}  # fmt: skip
_RELATIONS = ("TABLE", "VIEW", "SEQUENCE", "INDEX", "SYNONYM")


@PACKAGE.body("GET_DDL")
def get_ddl(
    rt: Runtime, kind: str | None, name: str | None, schema: str | None, *_rest: str | None
) -> str:
    """ORA-31603 when there is no such object; names are taken as they are written."""
    wanted = (kind or "").upper()
    owner = schema or rt.context.current_schema
    if wanted in _UNITS:
        texts = [_unit(rt, owner, name or "", unit_type) for unit_type in _UNITS[wanted]]
        found = [text for text in texts if text is not None]
        if found:
            end = ";" if rt.private.get("sqlterminator") else ""
            return "\n".join(f"\n  {text}{end}\n/" if end else f"\n  {text}" for text in found)
    elif wanted in _RELATIONS:
        table = rt.catalog.table(owner, name or "") if wanted == "TABLE" else None
        if table is not None and table.partitioning is not None:
            what = "DBMS_METADATA.GET_DDL of a partitioned table"
            raise Unsupported(653, what, callers=("DBMS_METADATA",))
        described = rt.catalog.ddl_of(wanted, owner, name or "")
        if described is not None:
            text: str = described
            return f"\n  {text}{';' if rt.private.get('sqlterminator') else ''}"
    elif wanted:
        what = f"DBMS_METADATA.GET_DDL of {wanted}"
        raise Unsupported(653, what, callers=("DBMS_METADATA",))
    raise OraError(
        31603, message=f'object "{name}" of type {wanted} not found in schema "{owner}"'
    )


def _unit(rt: Runtime, owner: str, name: str, unit_type: str) -> str | None:
    stored = rt.catalog.unit(owner, name, unit_type)
    if stored is None:
        return None
    head = stored.text[: len(unit_type)]
    rest = stored.text[len(head) :].lstrip()
    if head.upper() != unit_type:  # written with more blanks between its words
        return f"CREATE OR REPLACE EDITIONABLE {stored.text}"
    written = rest.split(maxsplit=1)[0] if rest else ""
    bare = written.split("(")[0].rstrip(";")
    quoted = f'"{owner}"."{name}"'
    if bare.upper().replace('"', "").split(".")[-1] != name.upper():
        return f"CREATE OR REPLACE EDITIONABLE {stored.text}"
    return f"CREATE OR REPLACE EDITIONABLE {unit_type} {quoted}{rest[len(bare) :]}"


def _transform(rt: Runtime, _handle: int, name: str | None, value: object, _kind: str) -> None:
    """SQLTERMINATOR counts; the others ask for what is never there."""
    if (name or "").upper() == "SQLTERMINATOR":
        rt.private["sqlterminator"] = value is True or str(value).upper() == "TRUE"


PACKAGE.body("SET_TRANSFORM_PARAM")(_transform)
PACKAGE.body("SET_TRANSFORM_PARAM")(_transform)
