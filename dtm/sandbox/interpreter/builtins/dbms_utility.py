"""DBMS_UTILITY. PL/SQL Packages and Types Reference 19c, "DBMS_UTILITY"."""

from __future__ import annotations

import re
import time
import zlib

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.raising import UserDefined, sqlerrm
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.interpreter.types import VARCHAR2, CollectionType, Scalar
from dtm.sandbox.interpreter.values import Assoc
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType

PACKAGE = registry.package(
    "DBMS_UTILITY",
    """PACKAGE dbms_utility AS
  TYPE uncl_array IS TABLE OF VARCHAR2(227) INDEX BY BINARY_INTEGER;
  TYPE lname_array IS TABLE OF VARCHAR2(4000) INDEX BY BINARY_INTEGER;
  SUBTYPE maxraw IS RAW(32767);
  FUNCTION format_error_stack RETURN VARCHAR2;
  FUNCTION format_error_backtrace RETURN VARCHAR2;
  FUNCTION format_call_stack RETURN VARCHAR2;
  FUNCTION get_time RETURN NUMBER;
  FUNCTION get_cpu_time RETURN NUMBER;
  FUNCTION get_hash_value(name IN VARCHAR2, base IN NUMBER, hash_size IN NUMBER) RETURN NUMBER;
  FUNCTION is_cluster_database RETURN BOOLEAN;
  FUNCTION current_instance RETURN NUMBER;
  FUNCTION port_string RETURN VARCHAR2;
  PROCEDURE db_version(version OUT VARCHAR2, compatibility OUT VARCHAR2);
  PROCEDURE compile_schema(schema IN VARCHAR2, compile_all IN BOOLEAN DEFAULT TRUE,
                           reuse_settings IN BOOLEAN DEFAULT FALSE);
  PROCEDURE exec_ddl_statement(parse_string IN VARCHAR2);
  PROCEDURE canonicalize(name IN VARCHAR2, canon_name OUT VARCHAR2, canon_len IN BINARY_INTEGER);
  PROCEDURE comma_to_table(list IN VARCHAR2, tablen OUT BINARY_INTEGER, tab OUT uncl_array);
  PROCEDURE table_to_comma(tab IN uncl_array, tablen OUT BINARY_INTEGER, list OUT VARCHAR2);
  PROCEDURE name_tokenize(name IN VARCHAR2, a OUT VARCHAR2, b OUT VARCHAR2, c OUT VARCHAR2,
                          dblink OUT VARCHAR2, nextpos OUT BINARY_INTEGER);
  PROCEDURE name_resolve(name IN VARCHAR2, context IN NUMBER, schema OUT VARCHAR2,
                         part1 OUT VARCHAR2, part2 OUT VARCHAR2, dblink OUT VARCHAR2,
                         part1_type OUT NUMBER, object_number OUT NUMBER);
END;""",
)
_NAMES = CollectionType("UNCL_ARRAY", "ASSOC", VARCHAR2, Scalar(OraType(Kind.PLS_INTEGER)))


@PACKAGE.body("FORMAT_ERROR_STACK")
def format_error_stack(rt: Runtime) -> str | None:
    """The error being handled with its stack, each line ended."""
    error = rt.error
    if error is None:
        return None
    if isinstance(error, UserDefined):
        head = "ORA-06510: PL/SQL: unhandled user-defined exception"
    else:
        head = sqlerrm(error)
    return "\n".join([head, *error.stack]) + "\n"


@PACKAGE.body("FORMAT_ERROR_BACKTRACE")
def format_error_backtrace(rt: Runtime) -> str | None:
    """Where the error being handled was raised, innermost first."""
    if rt.error is None:
        return None
    lines = [line for line in rt.error.stack if line.startswith("ORA-06512")]
    return "".join(f"{line}\n" for line in lines) or None


@PACKAGE.body("FORMAT_CALL_STACK")
def format_call_stack(rt: Runtime) -> str:
    """Running subprograms, innermost first."""
    lines = ["----- PL/SQL Call Stack -----", "  object      line  object",
             "  handle    number  name"]  # fmt: skip
    for frame in reversed(rt.calls):
        unit = frame.unit
        name = "anonymous block"
        if unit.type != "BLOCK":
            kind = unit.type.lower()
            suffix = (
                f".{frame.routine.name}"
                if unit.type.startswith("PACKAGE") and (frame.routine is not None)
                else ""
            )
            name = f"{kind} {unit.owner}.{unit.name}{suffix}"
        handle = zlib.crc32(f"{unit.owner}.{unit.name}".encode())
        lines.append(f"0x{handle:08x}  {frame.line:>8}  {name}")
    return "\n".join(lines) + "\n"


@PACKAGE.body("GET_TIME")
def get_time(_rt: Runtime) -> int:
    """Hundredths of a second since some moment; differences matter."""
    return int(time.monotonic() * 100)


@PACKAGE.body("GET_CPU_TIME")
def get_cpu_time(_rt: Runtime) -> int:
    """CPU time of the session's thread in hundredths of a second."""
    return int(time.thread_time() * 100)


@PACKAGE.body("GET_HASH_VALUE")
def get_hash_value(_rt: Runtime, name: str | None, base: int, size: int) -> int:
    """base .. base + size - 1. (Not Oracle's function: the value may differ from Oracle's.)"""
    if not size:
        raise OraError(1476)
    return int(base) + zlib.crc32((name or "").encode()) % int(size)


@PACKAGE.body("IS_CLUSTER_DATABASE")
def is_cluster_database(_rt: Runtime) -> bool:
    """One instance."""
    return False


@PACKAGE.body("CURRENT_INSTANCE")
def current_instance(_rt: Runtime) -> int:
    """One instance."""
    return 1


@PACKAGE.body("PORT_STRING")
def port_string(_rt: Runtime) -> str:
    """As on 64-bit Linux."""
    return "x86_64/Linux 2.4.xx"


@PACKAGE.body("DB_VERSION")
def db_version(_rt: Runtime) -> tuple[str, str]:
    """The compatibility target."""
    return "19.0.0.0.0", "19.0.0"


@PACKAGE.body("COMPILE_SCHEMA")
def compile_schema(rt: Runtime, schema: str | None, everything: bool | None, _reuse: bool) -> None:
    """Compile the schema's units, or only the invalid ones."""
    text = (
        "SELECT object_name, object_type FROM all_objects WHERE owner = :1 AND object_type IN"
        " ('PACKAGE', 'PACKAGE BODY', 'PROCEDURE', 'FUNCTION', 'TRIGGER', 'TYPE')"
    )
    if not everything:
        text += " AND status = 'INVALID'"
    owner = schema or ""
    rows = rt.sql.run(rt.sql.compile(text), [owner]).rows
    for name, kind in sorted(rows, key=lambda row: (row[1] == "PACKAGE BODY", row)):
        unit = rt.catalog.unit(owner, name, kind)
        if unit is not None:
            rt.units.compile_stored(rt, unit)


@PACKAGE.body("EXEC_DDL_STATEMENT")
def exec_ddl_statement(rt: Runtime, text: str | None) -> None:
    """Run DDL."""
    rt.sql.run(rt.sql.compile(text or ""), [])


@PACKAGE.body("CANONICALIZE")
def canonicalize(_rt: Runtime, name: str | None, length: int | None) -> str | None:
    """Upper case and quotes as the dictionary has the name."""
    if name is None:
        return None
    text = name.strip()
    if text.startswith('"') and text.endswith('"') and "." not in text:
        return text[1:-1][: length or 0]
    return text.upper()[: length or 0] if "." not in text else text[: length or 0]


@PACKAGE.body("COMMA_TO_TABLE")
def comma_to_table(_rt: Runtime, text: str | None) -> tuple[int, Assoc]:
    """Names separated by commas."""
    names = Assoc(_NAMES)
    parts = [] if text is None else [part.strip() for part in text.split(",")]
    if any(not part for part in parts):
        raise OraError(20001, message="comma-separated list invalid near")
    for index, part in enumerate(parts, 1):
        names.put(index, part)
    names.put(len(parts) + 1, None)
    return len(parts), names


@PACKAGE.body("TABLE_TO_COMMA")
def table_to_comma(_rt: Runtime, names: Assoc) -> tuple[int, str | None]:
    """The reverse."""
    parts = [value for value in names.items() if value is not None]
    return len(parts), ",".join(parts) or None


_TOKEN = re.compile(r'\s*(?:"([^"]+)"|([A-Za-z][\w$#]*))')


def _tokens(name: str | None) -> tuple[list[str], str | None, int]:
    """(a, b, c), the database link, and how far it was read; ORA-00931 for no name."""
    text, parts, at = name or "", [], 0
    link: str | None = None
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            raise OraError(931, message="missing identifier")
        parts.append(found.group(1) or found.group(2).upper())
        at = found.end()
        if text[at : at + 1] == "@":
            link, at = text[at + 1 :].strip().upper(), len(text)
        if text[at : at + 1] != "." or len(parts) == 3:
            return parts, link, at
        at += 1


@PACKAGE.body("NAME_TOKENIZE")
def name_tokenize(_rt: Runtime, name: str | None) -> tuple[str | int | None, ...]:
    """a.b.c@link in its parts."""
    parts, link, at = _tokens(name)
    a, b, c = [*parts, None, None][:3]
    return a, b, c, link, at


# CONTEXT -> the types it looks for; the type numbers NAME_RESOLVE gives.
_CONTEXTS = {
    0: ("TABLE", "VIEW", "MATERIALIZED VIEW"), 1: ("PACKAGE", "PROCEDURE", "FUNCTION"),
    2: ("TABLE", "VIEW", "SEQUENCE"), 3: ("TRIGGER",), 7: ("TYPE",),
}  # fmt: skip
_NUMBERS = {"SYNONYM": 5, "PROCEDURE": 7, "FUNCTION": 8, "PACKAGE": 9, "TABLE": 2, "VIEW": 4,
            "SEQUENCE": 6, "TRIGGER": 12, "TYPE": 13}  # fmt: skip


@PACKAGE.body("NAME_RESOLVE")
def name_resolve(rt: Runtime, name: str | None, context: int | None) -> tuple[object, ...]:
    """What a name means, synonyms followed; ORA-06564 when it means nothing of that context."""
    kinds = _CONTEXTS.get(int(context if context is not None else -1))
    if kinds is None:
        raise OraError(20005, message="ORU-10034: context argument must be 1 or 2 or 3 or 4 or 5 or"
                                      " 6 or 7 or 8 or 9 or 10")  # fmt: skip
    parts, link, _ = _tokens(name)
    for length in (2, 1):
        found = rt.catalog.resolve(tuple(parts[:length]), rt.context.current_schema)
        if len(parts) < length or found is None or found[2] not in kinds:
            continue
        owner, own, kind = found
        rest = parts[length:]
        part1: str | None = own
        part2: str | None = rest[0] if rest else None
        if kind in ("PROCEDURE", "FUNCTION"):
            part1, part2 = None, own
        number = rt.sql.run(rt.sql.compile(
            "SELECT MAX(object_id) FROM sys.all_objects WHERE owner = :1 AND object_name = :2"
            " AND object_type = :3"), [owner, own, kind]).rows[0][0]  # fmt: skip
        return owner, part1, part2, link, _NUMBERS.get(kind, 0), number
    raise OraError(6564, message=f"object {name} does not exist")
