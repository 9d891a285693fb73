"""DBMS_SQL: parse, bind, define, execute, fetch. PL/SQL Packages and Types Reference 19c.

LONG pieces and object columns are not supplied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dtm.plsql.lexer import BIND, lex
from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.convert import Mismatch, conversion_to
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.interpreter.types import (
    BLOB,
    CLOB,
    DATE,
    NUMBER,
    PLS_INTEGER,
    RAW,
    TIMESTAMP,
    VARCHAR2,
    CollectionType,
    PlType,
    RecordField,
    RecordType,
    Scalar,
)
from dtm.sandbox.interpreter.values import Assoc, Cursor, Record
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Compiled
from dtm.sandbox.kernel.types import Column, Kind

_VALUES = ("NUMBER", "VARCHAR2", "DATE", "TIMESTAMP_UNCONSTRAINED", "CLOB", "BLOB", "RAW")
_TYPES: tuple[PlType, ...] = (NUMBER, VARCHAR2, DATE, TIMESTAMP, CLOB, BLOB, RAW)
ARRAYS = ("number", "varchar2", "date", "clob")
# Oracle's type numbers as DESCRIBE_COLUMNS gives them.
_CODES = {
    Kind.VARCHAR2: 1, Kind.NVARCHAR2: 1, Kind.NUMBER: 2, Kind.LONG: 8, Kind.DATE: 12,
    Kind.RAW: 23, Kind.CHAR: 96, Kind.BINARY_FLOAT: 100, Kind.BINARY_DOUBLE: 101, Kind.CLOB: 112,
    Kind.BLOB: 113, Kind.TIMESTAMP: 180, Kind.TIMESTAMP_TZ: 181, Kind.INTERVAL_YM: 182,
    Kind.INTERVAL_DS: 183, Kind.ROWID: 11, Kind.TIMESTAMP_LTZ: 231,
}  # fmt: skip
# What the three description records begin with.
_DESCRIBED = (
    "col_type BINARY_INTEGER := 0, col_max_len BINARY_INTEGER := 0,"
    " col_name VARCHAR2(32767), col_name_len BINARY_INTEGER := 0, col_schema_name VARCHAR2(32),"
    " col_schema_name_len BINARY_INTEGER := 0, col_precision BINARY_INTEGER := 0,"
    " col_scale BINARY_INTEGER := 0, col_charsetid BINARY_INTEGER := 0,"
    " col_charsetform BINARY_INTEGER := 0, col_null_ok BOOLEAN := TRUE"
)


def _overloads(template: str) -> str:
    return "\n".join(template.format(type=name) for name in _VALUES)


PACKAGE = registry.package(
    "DBMS_SQL",
    "PACKAGE dbms_sql AS\n"
    "  v6 CONSTANT INTEGER := 0;\n  native CONSTANT INTEGER := 1;\n  v7 CONSTANT INTEGER := 2;\n"
    f"  TYPE desc_rec IS RECORD ({_DESCRIBED});\n"
    "  TYPE desc_tab IS TABLE OF desc_rec INDEX BY BINARY_INTEGER;\n"
    f"  TYPE desc_rec2 IS RECORD ({_DESCRIBED});\n"
    "  TYPE desc_tab2 IS TABLE OF desc_rec2 INDEX BY BINARY_INTEGER;\n"
    f"  TYPE desc_rec3 IS RECORD ({_DESCRIBED},"
    " col_type_name VARCHAR2(32767), col_type_name_len BINARY_INTEGER := 0);\n"
    "  TYPE desc_tab3 IS TABLE OF desc_rec3 INDEX BY BINARY_INTEGER;\n"
    "  TYPE varchar2a IS TABLE OF VARCHAR2(32767) INDEX BY BINARY_INTEGER;\n"
    "  TYPE varchar2s IS TABLE OF VARCHAR2(256) INDEX BY BINARY_INTEGER;\n"
    "  TYPE varchar2_table IS TABLE OF VARCHAR2(4000) INDEX BY BINARY_INTEGER;\n"
    "  TYPE number_table IS TABLE OF NUMBER INDEX BY BINARY_INTEGER;\n"
    "  TYPE date_table IS TABLE OF DATE INDEX BY BINARY_INTEGER;\n"
    "  TYPE clob_table IS TABLE OF CLOB INDEX BY BINARY_INTEGER;\n"
    "  FUNCTION open_cursor RETURN INTEGER;\n"
    "  FUNCTION is_open(c IN INTEGER) RETURN BOOLEAN;\n"
    "  PROCEDURE close_cursor(c IN OUT INTEGER);\n"
    "  PROCEDURE parse(c IN INTEGER, statement IN VARCHAR2, language_flag IN INTEGER);\n"
    "  PROCEDURE parse(c IN INTEGER, statement IN CLOB, language_flag IN INTEGER);\n"
    + _overloads("  PROCEDURE bind_variable(c IN INTEGER, name IN VARCHAR2, value IN {type});")
    + "\n  PROCEDURE bind_variable(c IN INTEGER, name IN VARCHAR2, value IN VARCHAR2,"
    " out_value_size IN INTEGER);\n"
    + _overloads("  PROCEDURE variable_value(c IN INTEGER, name IN VARCHAR2, value OUT {type});")
    + "\n  PROCEDURE define_column(c IN INTEGER, position IN INTEGER, column IN NUMBER);\n"
    "  PROCEDURE define_column(c IN INTEGER, position IN INTEGER, column IN VARCHAR2,"
    " column_size IN INTEGER);\n"
    "  PROCEDURE define_column(c IN INTEGER, position IN INTEGER, column IN DATE);\n"
    "  PROCEDURE define_column(c IN INTEGER, position IN INTEGER, column IN CLOB);\n"
    "  PROCEDURE define_column(c IN INTEGER, position IN INTEGER, column IN BLOB);\n"
    "  PROCEDURE define_column(c IN INTEGER, position IN INTEGER,"
    " column IN TIMESTAMP_UNCONSTRAINED);\n"
    + _overloads("  PROCEDURE column_value(c IN INTEGER, position IN INTEGER, value OUT {type});")
    + "\n  FUNCTION execute(c IN INTEGER) RETURN INTEGER;\n"
    "  FUNCTION fetch_rows(c IN INTEGER) RETURN INTEGER;\n"
    "  FUNCTION execute_and_fetch(c IN INTEGER, exact IN BOOLEAN DEFAULT FALSE) RETURN INTEGER;\n"
    "  FUNCTION last_row_count RETURN INTEGER;\n"
    "  PROCEDURE describe_columns(c IN INTEGER, col_cnt OUT INTEGER, desc_t OUT desc_tab);\n"
    "  PROCEDURE describe_columns2(c IN INTEGER, col_cnt OUT INTEGER, desc_t OUT desc_tab2);\n"
    "  PROCEDURE describe_columns3(c IN INTEGER, col_cnt OUT INTEGER, desc_t OUT desc_tab3);\n"
    "  PROCEDURE parse(c IN INTEGER, statement IN varchar2a, lb IN INTEGER, ub IN INTEGER,"
    " lfflg IN BOOLEAN, language_flag IN INTEGER);\n"
    "  PROCEDURE parse(c IN INTEGER, statement IN varchar2s, lb IN INTEGER, ub IN INTEGER,"
    " lfflg IN BOOLEAN, language_flag IN INTEGER);\n"
    + "".join(
        f"  PROCEDURE bind_array(c IN INTEGER, name IN VARCHAR2, tab IN {name}_table);\n"
        f"  PROCEDURE bind_array(c IN INTEGER, name IN VARCHAR2, tab IN {name}_table,"
        " index1 IN INTEGER, index2 IN INTEGER);\n"
        f"  PROCEDURE define_array(c IN INTEGER, position IN INTEGER, tab IN {name}_table,"
        " cnt IN INTEGER, lower_bound IN INTEGER);\n"
        f"  PROCEDURE column_value(c IN INTEGER, position IN INTEGER, tab IN OUT {name}_table);\n"
        for name in ARRAYS
    )
    + "  FUNCTION to_cursor_number(rc IN OUT SYS_REFCURSOR) RETURN INTEGER;\n"
    "  FUNCTION to_refcursor(cursor_number IN OUT INTEGER) RETURN SYS_REFCURSOR;\n"
    "  PROCEDURE return_result(rc IN OUT SYS_REFCURSOR, to_client IN BOOLEAN DEFAULT TRUE);\n"
    "END;",
)


@dataclass(slots=True)
class Statement:
    """One DBMS_SQL cursor."""

    text: str | None = None
    compiled: Compiled | None = None  # None: a PL/SQL block
    binds: dict[str, tuple[Any, PlType]] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)  # OUT values, RETURNING values
    defined: dict[int, int | None] = field(default_factory=dict)  # column -> VARCHAR2 size
    rows: Any = ()
    position: int = 0
    executed: bool = False
    arrays: dict[str, list[Any]] = field(default_factory=dict)  # BIND_ARRAY: one run for each
    chunks: dict[int, tuple[int, int]] = field(default_factory=dict)  # DEFINE_ARRAY: size, index
    fetched: int = 0  # rows of the last FETCH_ROWS


def _cursors(rt: Runtime) -> dict[int, Statement]:
    cursors: dict[int, Statement] = rt.private.setdefault("dbms_sql", {})
    return cursors


def statement_of(rt: Runtime, number: int | None) -> Statement:
    found = _cursors(rt).get(number or 0)
    if found is None:
        raise OraError(29471, message="DBMS_SQL access denied")
    return found


@PACKAGE.body("OPEN_CURSOR")
def open_cursor(rt: Runtime) -> int:
    """A new cursor number."""
    number: int = rt.private.get("dbms_sql_last", 0) + 1
    rt.private["dbms_sql_last"] = number
    _cursors(rt)[number] = Statement()
    return number


@PACKAGE.body("IS_OPEN")
def is_open(rt: Runtime, number: int | None) -> bool:
    """Is the number a cursor's?"""
    return number in _cursors(rt)


@PACKAGE.body("CLOSE_CURSOR")
def close_cursor(rt: Runtime, number: int | None) -> None:
    """Close it; the variable becomes NULL."""
    statement_of(rt, number)
    del _cursors(rt)[number or 0]


def parse(rt: Runtime, number: int | None, text: str | None, _flag: int | None) -> None:
    """Check the text; DDL runs at once."""
    statement = statement_of(rt, number)
    if not text:
        raise OraError(900)
    statement.text = text
    statement.binds.clear()
    statement.defined.clear()
    statement.arrays.clear()
    statement.chunks.clear()
    statement.executed = False
    head = lex(text).tokens[:1]
    if head and head[0].value in ("BEGIN", "DECLARE", "CALL", "<<"):
        statement.compiled = None
        return
    statement.compiled = rt.sql.compile(text)
    if statement.compiled.kind == "ddl":
        rt.transaction_allowed("DDL")
        rt.sql.run(statement.compiled, [])
        statement.executed = True


PACKAGE.body("PARSE")(parse)
PACKAGE.body("PARSE")(parse)


def names_of(statement: Statement) -> set[str]:
    return {token.value for token in lex(statement.text or "").tokens if token.kind == BIND}


def _binder(kind: PlType) -> Any:
    def bind(rt: Runtime, number: int | None, name: str | None, value: Any, *_size: Any) -> None:
        statement = statement_of(rt, number)
        key = (name or "").lstrip(":").upper()
        if key not in names_of(statement):
            raise OraError(1006)
        statement.binds[key] = (value, kind)

    return bind


def variable_value(rt: Runtime, number: int | None, name: str | None) -> Any:
    """An OUT bind's value after EXECUTE, else the one bound; ORA-01006 when there is no such bind."""
    statement = statement_of(rt, number)
    key = (name or "").lstrip(":").upper()
    if key in statement.results:
        return statement.results[key]
    if key not in statement.binds:
        raise OraError(1006)
    return statement.binds[key][0]


for _kind in _TYPES:
    PACKAGE.body("BIND_VARIABLE")(_binder(_kind))
    PACKAGE.body("VARIABLE_VALUE")(variable_value)
PACKAGE.body("BIND_VARIABLE")(_binder(VARCHAR2))


def columns_of(statement: Statement) -> tuple[Column, ...]:
    if statement.compiled is None:
        raise OraError(1003, message="no statement parsed")
    return statement.compiled.columns


def define(
    rt: Runtime, number: int | None, position: int | None, _column: Any, size: int | None = None
) -> None:
    """ORA-01007 when the query has no such column."""
    statement = statement_of(rt, number)
    if position is None or not 1 <= position <= len(columns_of(statement)):
        raise OraError(1007)
    statement.defined[position] = size


for _ in range(6):
    PACKAGE.body("DEFINE_COLUMN")(define)


def _column_reader(kind: PlType) -> Any:
    def read(rt: Runtime, number: int | None, position: int | None) -> Any:
        statement = statement_of(rt, number)
        if position not in statement.defined:
            raise OraError(1007)
        if not statement.position:
            raise OraError(1002)
        value = statement.rows[statement.position - 1][position - 1]
        column = columns_of(statement)[position - 1]
        try:
            convert = conversion_to(Scalar(column.type), kind)
        except Mismatch:
            raise OraError(
                6562, message="type of out argument must match type of column or bind variable"
            ) from None
        if convert is not None:
            value = convert(rt.env, value)
        size = statement.defined[position]
        return value[:size] if size is not None and isinstance(value, str) else value

    return read


for _kind in _TYPES:
    PACKAGE.body("COLUMN_VALUE")(_column_reader(_kind))


@PACKAGE.body("EXECUTE")
def execute(rt: Runtime, number: int | None) -> int:
    """The number of rows DML changed; 0 for anything else."""
    statement = statement_of(rt, number)
    if statement.text is None:
        raise OraError(1003, message="no statement parsed")
    missing = names_of(statement) - set(statement.binds) - set(statement.arrays)
    compiled = statement.compiled
    if compiled is None:
        if missing:
            raise OraError(1008)
        values = {name: value for name, (value, _) in statement.binds.items()}
        types = {name: kind for name, (_, kind) in statement.binds.items()}
        statement.results = rt.units.run_block(rt, statement.text, values, types)
        return 1
    if missing - set(compiled.into):
        raise OraError(1008)
    if compiled.kind == "ddl":
        return 0
    if statement.arrays:
        return execute_arrays(rt, statement, compiled)
    hosts = [statement.binds[host][0] for host in compiled.hosts if isinstance(host, str)]
    result = rt.sql.run(compiled, hosts)
    statement.rows, statement.position, statement.executed = result.rows, 0, True
    if compiled.into and result.rows:
        statement.results = dict(zip(compiled.into, result.rows[0], strict=False))
    rt.private["dbms_sql_rows"] = 0 if compiled.kind == "select" else result.rowcount
    return 0 if compiled.kind == "select" else result.rowcount


@PACKAGE.body("FETCH_ROWS")
def fetch_rows(rt: Runtime, number: int | None) -> int:
    """1, or 0 behind the last row; ORA-01002 before EXECUTE."""
    statement = statement_of(rt, number)
    if not statement.executed:
        raise OraError(1002)
    if statement.position >= len(statement.rows):
        return 0
    size = min((size for size, _ in statement.chunks.values()), default=1)
    statement.fetched = min(size, len(statement.rows) - statement.position)
    statement.position += statement.fetched
    rt.private["dbms_sql_rows"] = statement.position
    return statement.fetched


@PACKAGE.body("EXECUTE_AND_FETCH")
def execute_and_fetch(rt: Runtime, number: int | None, exact: bool | None) -> int:
    """With `exact`: ORA-01403 and ORA-01422 unless there is one row."""
    execute(rt, number)
    rows = statement_of(rt, number).rows
    if exact and not rows:
        raise OraError(1403)
    if exact and len(rows) > 1:
        raise OraError(1422)
    fetched: int = fetch_rows(rt, number)
    return fetched


@PACKAGE.body("LAST_ROW_COUNT")
def last_row_count(rt: Runtime) -> int:
    """Rows fetched or changed so far."""
    count: int = rt.private.get("dbms_sql_rows", 0)
    return count


_RECORD = RecordType("DESC_REC", [RecordField(f"F{i}", NUMBER) for i in range(11)])
_TABLE = CollectionType("DESC_TAB", "ASSOC", _RECORD, PLS_INTEGER)


@PACKAGE.body("DESCRIBE_COLUMNS")
def describe_columns(rt: Runtime, number: int | None) -> tuple[int, Assoc]:
    """One record a column."""
    columns = columns_of(statement_of(rt, number))
    table = Assoc(_TABLE)
    for index, column in enumerate(columns, 1):
        ora = column.type
        length = ora.length or {Kind.NUMBER: 22, Kind.DATE: 7}.get(ora.kind, 4000)
        table.put(index, Record([
            _CODES.get(ora.kind, 1), length, column.name, len(column.name), None, 0,
            ora.precision or 0, 0 if ora.scale is None else ora.scale, 873, 1, column.nullable,
        ]))  # fmt: skip
    return len(columns), table


@PACKAGE.body("TO_REFCURSOR")
def to_refcursor(rt: Runtime, number: int | None) -> tuple[Cursor, None]:
    """An executed query as a cursor variable; the number is used up."""
    statement = statement_of(rt, number)
    if not statement.executed or statement.compiled is None:
        raise OraError(1002)
    cursor = Cursor()
    cursor.open(statement.compiled.columns, statement.rows[statement.position :])
    del _cursors(rt)[number or 0]
    return cursor, None


@PACKAGE.body("RETURN_RESULT")
def return_result(rt: Runtime, cursor: Cursor | None, _to_client: bool | None) -> None:
    """An implicit result for the client; the variable becomes NULL."""
    if cursor is None or not cursor.is_open:
        raise OraError(1001)
    rt.implicit.append(cursor)


def execute_arrays(rt: Runtime, statement: Statement, compiled: Compiled) -> int:
    """DML with array binds; the number of rows of all runs."""
    total = 0
    for index in range(min(len(values) for values in statement.arrays.values())):
        hosts = []
        for host in compiled.hosts:
            name = str(host)
            array = statement.arrays.get(name)
            hosts.append(statement.binds[name][0] if array is None else array[index])
        total += rt.sql.run(compiled, hosts).rowcount
    statement.rows, statement.position, statement.executed = (), 0, True
    rt.private["dbms_sql_rows"] = total
    return total
