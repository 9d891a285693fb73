"""DBMS_ERRLOG. PL/SQL Packages and Types Reference 19c, "DBMS_ERRLOG"."""

from __future__ import annotations

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType

PACKAGE = registry.package(
    "DBMS_ERRLOG",
    """PACKAGE dbms_errlog AS
  PROCEDURE create_error_log(dml_table_name IN VARCHAR2, err_log_table_name IN VARCHAR2 := NULL,
                             err_log_table_owner IN VARCHAR2 := NULL,
                             err_log_table_space IN VARCHAR2 := NULL,
                             skip_unsupported IN BOOLEAN := FALSE);
END;""",
    complete=True,
)
_CONTROL = (
    '"ORA_ERR_NUMBER$" NUMBER, "ORA_ERR_MESG$" VARCHAR2(2000), "ORA_ERR_ROWID$" UROWID(4000), '
    '"ORA_ERR_OPTYP$" VARCHAR2(2), "ORA_ERR_TAG$" VARCHAR2(2000)'
)
_UNSUPPORTED = frozenset({Kind.LONG, Kind.CLOB, Kind.BLOB})
_RAW = frozenset({Kind.RAW})
_NATIONAL = frozenset({Kind.NVARCHAR2})


@PACKAGE.body("CREATE_ERROR_LOG")
def create_error_log(
    rt: Runtime,
    table: str | None,
    log: str | None,
    owner: str | None,
    tablespace: str | None,
    skip: bool | None,
) -> None:
    """Create the error table of a table: the control columns, then each column as text."""
    schema, name = _split(rt, table)
    columns = rt.catalog.columns(schema, name)
    if columns is None:
        raise OraError(942)
    bad = sorted({c.type.kind.value for c in columns if c.type.kind in _UNSUPPORTED})
    if bad and not skip:
        raise OraError(20069, message=f"Unsupported column type(s) found:  {' '.join(bad)}")
    target = f'"{owner.upper()}".' if owner else ""
    target += f'"{(log or f"ERR$_{name[:25]}").upper()}"'
    parts = [_CONTROL]
    parts += [
        f'"{c.name}" {_log_type(c.type)}' for c in columns if c.type.kind not in _UNSUPPORTED
    ]
    where = f' TABLESPACE "{tablespace.upper()}"' if tablespace else ""
    text = f"CREATE TABLE {target} ({', '.join(parts)}){where}"
    rt.sql.run(rt.sql.compile(text), [])


def _split(rt: Runtime, table: str | None) -> tuple[str, str]:
    """Owner and name of the table; ORA-00942."""
    parts = [part.strip() for part in (table or "").split(".")]
    names = tuple(p[1:-1] if p.startswith('"') else p.upper() for p in parts)
    found = rt.catalog.resolve(names, rt.context.current_schema)
    if found is None:
        raise OraError(942)
    return found[:2]


def _log_type(column: OraType) -> str:
    """Table 28-3 of the Administrator's Guide: what holds a value whatever is wrong with it."""
    if column.kind in _RAW:
        return "RAW(2000)"
    if column.kind is Kind.ROWID:
        return "UROWID"
    return "NVARCHAR2(2000)" if column.kind in _NATIONAL else "VARCHAR2(4000)"
