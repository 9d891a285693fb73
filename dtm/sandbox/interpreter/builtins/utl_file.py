"""UTL_FILE as a recording stub: the sandbox writes no files. Writing is recorded, reading finds
nothing. PL/SQL Packages and Types Reference 19c, "UTL_FILE"."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins.stubs import recorded
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.interpreter.values import Record
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "UTL_FILE",
    """PACKAGE utl_file AS
  TYPE file_type IS RECORD (id BINARY_INTEGER, datatype BINARY_INTEGER, byte_mode BOOLEAN);
  file_open EXCEPTION;
  charsetmismatch EXCEPTION;
  invalid_path EXCEPTION;
  invalid_mode EXCEPTION;
  invalid_filehandle EXCEPTION;
  invalid_operation EXCEPTION;
  read_error EXCEPTION;
  write_error EXCEPTION;
  internal_error EXCEPTION;
  access_denied EXCEPTION;
  PRAGMA EXCEPTION_INIT(invalid_path, -29280);
  PRAGMA EXCEPTION_INIT(invalid_mode, -29281);
  PRAGMA EXCEPTION_INIT(invalid_filehandle, -29282);
  PRAGMA EXCEPTION_INIT(invalid_operation, -29283);
  PRAGMA EXCEPTION_INIT(read_error, -29284);
  PRAGMA EXCEPTION_INIT(write_error, -29285);
  PRAGMA EXCEPTION_INIT(access_denied, -29289);
  FUNCTION fopen(location IN VARCHAR2, filename IN VARCHAR2, open_mode IN VARCHAR2,
                 max_linesize IN BINARY_INTEGER DEFAULT 1024) RETURN file_type;
  FUNCTION is_open(file IN file_type) RETURN BOOLEAN;
  PROCEDURE fclose(file IN OUT file_type);
  PROCEDURE fclose_all;
  PROCEDURE put(file IN file_type, buffer IN VARCHAR2);
  PROCEDURE put_line(file IN file_type, buffer IN VARCHAR2, autoflush IN BOOLEAN DEFAULT FALSE);
  PROCEDURE new_line(file IN file_type, lines IN NATURAL := 1);
  PROCEDURE put_raw(file IN file_type, buffer IN RAW, autoflush IN BOOLEAN DEFAULT FALSE);
  PROCEDURE fflush(file IN file_type);
  PROCEDURE get_line(file IN file_type, buffer OUT VARCHAR2, len IN BINARY_INTEGER DEFAULT NULL);
  PROCEDURE fremove(location IN VARCHAR2, filename IN VARCHAR2);
END;""",
    stub=True,
)


def _open(rt: Runtime) -> dict[int, tuple[Any, ...]]:
    files: dict[int, tuple[Any, ...]] = rt.private.setdefault("utl_file", {})
    return files


def _record(rt: Runtime, name: str, *values: Any) -> None:
    recorded(rt).append(("UTL_FILE", name, values))


def _handle(rt: Runtime, file: Record | None) -> int:
    """ORA-29282 for a file that is not open."""
    number = None if file is None else file.fields[0]
    if number not in _open(rt):
        raise OraError(29282, message="invalid file ID")
    return int(number)


@PACKAGE.body("FOPEN")
def fopen(
    rt: Runtime, location: str | None, name: str | None, mode: str | None, _size: int | None
) -> Record:
    """A handle; ORA-29281 for a mode other than r w a rb wb ab."""
    if (mode or "").lower() not in ("r", "w", "a", "rb", "wb", "ab"):
        raise OraError(29281, message="invalid mode")
    number = len(_open(rt)) + 1
    _open(rt)[number] = (location, name, mode)
    _record(rt, "FOPEN", location, name, mode)
    return Record([number, 1, False])


@PACKAGE.body("IS_OPEN")
def is_open(rt: Runtime, file: Record | None) -> bool:
    """Is it a handle of an open file?"""
    return file is not None and file.fields[0] in _open(rt)


@PACKAGE.body("FCLOSE")
def fclose(rt: Runtime, file: Record | None) -> Record:
    """The handle becomes NULL."""
    _open(rt).pop(_handle(rt, file))
    return Record([None, None, None])


@PACKAGE.body("FCLOSE_ALL")
def fclose_all(rt: Runtime) -> None:
    """Close all files of the session."""
    _open(rt).clear()


def _writer(name: str) -> Any:
    def write(rt: Runtime, file: Record | None, *values: Any) -> None:
        number = _handle(rt, file)
        _record(rt, name, _open(rt)[number][1], *values)

    return write


for _name in ("PUT", "PUT_LINE", "NEW_LINE", "PUT_RAW", "FFLUSH"):
    PACKAGE.body(_name)(_writer(_name))


@PACKAGE.body("GET_LINE")
def get_line(rt: Runtime, file: Record | None, _length: int | None) -> str:
    """NO_DATA_FOUND: every file is empty."""
    _handle(rt, file)
    raise OraError(1403)


@PACKAGE.body("FREMOVE")
def fremove(rt: Runtime, location: str | None, name: str | None) -> None:
    """Recorded."""
    _record(rt, "FREMOVE", location, name)
