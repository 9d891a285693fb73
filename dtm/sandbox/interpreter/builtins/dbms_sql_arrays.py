"""DBMS_SQL, second part: arrays, wider descriptions, cursor numbers.

PL/SQL Packages and Types Reference 19c, "DBMS_SQL": "Using Tables in Bulk", DESCRIBE_COLUMNS3,
TO_CURSOR_NUMBER.
"""

from __future__ import annotations

from dtm.sandbox.interpreter.builtins.dbms_sql import (
    ARRAYS,
    PACKAGE,
    columns_of,
    define,
    describe_columns,
    names_of,
    open_cursor,
    parse,
    statement_of,
)
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.interpreter.types import (
    NUMBER,
    PLS_INTEGER,
    CollectionType,
    RecordField,
    RecordType,
)
from dtm.sandbox.interpreter.values import Assoc, Cursor, Record
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Compiled

_WIDER = RecordType("DESC_REC3", [RecordField(f"F{i}", NUMBER) for i in range(13)])
_WIDER_TABLE = CollectionType("DESC_TAB3", "ASSOC", _WIDER, PLS_INTEGER)
PACKAGE.body("DESCRIBE_COLUMNS2")(describe_columns)


@PACKAGE.body("DESCRIBE_COLUMNS3")
def describe_columns3(rt: Runtime, number: int | None) -> tuple[int, Assoc]:
    """As DESCRIBE_COLUMNS, with the names of user types."""
    count, table = describe_columns(rt, number)
    wider = Assoc(_WIDER_TABLE)
    for index, column in enumerate(columns_of(statement_of(rt, number)), 1):
        user = None if column.type.user is None else column.type.user[1]
        fields = [*table.get(index).fields, user, 0 if user is None else len(user)]
        wider.put(index, Record(fields))
    return count, wider


def _parse_lines(
    rt: Runtime, number: int, lines: Assoc, low: int, high: int, feed: bool | None, flag: int
) -> None:
    """A statement in pieces, a line feed behind each when asked for."""
    pieces = [lines.get(index) or "" for index in range(low, high + 1)]
    parse(rt, number, ("\n" if feed else "").join(pieces), flag)


PACKAGE.body("PARSE")(_parse_lines)
PACKAGE.body("PARSE")(_parse_lines)


def _bind_array(
    rt: Runtime, number: int, name: str, values: Assoc, low: int | None = None,
    high: int | None = None,
) -> None:  # fmt: skip
    """DML runs once for each element; arrays of different lengths: as often as the shortest."""
    statement = statement_of(rt, number)
    key = (name or "").lstrip(":").upper()
    if key not in names_of(statement):
        raise OraError(1006)
    keys = [k for k in values.keys() if low is None or high is None or low <= k <= high]  # noqa: SIM118
    statement.arrays[key] = [values.get(k) for k in keys]


def _define_array(
    rt: Runtime, number: int, position: int, _values: Assoc, count: int | None, lower: int
) -> None:
    """FETCH_ROWS fetches `count` rows at a time; COLUMN_VALUE puts them from `lower` on."""
    define(rt, number, position, None)
    if count is None or count < 1:
        raise OraError(
            29253, message="Invalid count argument passed to procedure dbms_sql.define_array"
        )
    statement_of(rt, number).chunks[position] = (count, lower)


def _array_reader(rt: Runtime, number: int, position: int, values: Assoc) -> Assoc:
    """The rows of the last fetch are added."""
    statement = statement_of(rt, number)
    if position not in statement.chunks:
        raise OraError(1007)
    size, lower = statement.chunks[position]
    found = statement.rows[statement.position - statement.fetched : statement.position]
    for row in found:
        values.put(lower, row[position - 1])
        lower += 1
    statement.chunks[position] = (size, lower)
    return values


for _ in ARRAYS:
    PACKAGE.body("BIND_ARRAY")(_bind_array)
    PACKAGE.body("BIND_ARRAY")(_bind_array)
    PACKAGE.body("DEFINE_ARRAY")(_define_array)
    PACKAGE.body("COLUMN_VALUE")(_array_reader)


@PACKAGE.body("TO_CURSOR_NUMBER")
def to_cursor_number(rt: Runtime, cursor: Cursor | None) -> tuple[int, None]:
    """An open cursor variable as a DBMS_SQL cursor; the variable is used up."""
    if cursor is None or not cursor.is_open:
        raise OraError(1001)
    number = open_cursor(rt)
    statement = statement_of(rt, number)
    statement.text = "SELECT"
    statement.compiled = Compiled("", "select", cursor.columns, (), None)
    statement.rows, statement.position, statement.executed = cursor.rows, cursor.position, True
    return int(number), None
