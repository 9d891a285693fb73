"""TABLES, TAB_COLUMNS, TAB_PARTITIONS, INDEXES, IND_COLUMNS, IND_PARTITIONS, CONSTRAINTS,
CONS_COLUMNS, comments (Database Reference 19c)."""

from __future__ import annotations

from collections.abc import Iterator

from dtm.sandbox.kernel.types import Column, Kind, OraType
from dtm.sandbox.sql.catalog_model import Constraint, Index, Table, View
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values, stamp
from dtm.sandbox.sql.encoding import Encoded

_TABLES = """
OWNER:v128 TABLE_NAME:v128 TABLESPACE_NAME:v30 CLUSTER_NAME:v128 IOT_NAME:v128 STATUS:v8
PCT_FREE:n PCT_USED:n INI_TRANS:n MAX_TRANS:n INITIAL_EXTENT:n NEXT_EXTENT:n MIN_EXTENTS:n
MAX_EXTENTS:n LOGGING:v3 BACKED_UP:v1 NUM_ROWS:n BLOCKS:n EMPTY_BLOCKS:n AVG_ROW_LEN:n
SAMPLE_SIZE:n LAST_ANALYZED:d DEGREE:v10 INSTANCES:v10 CACHE:v5 TABLE_LOCK:v8 PARTITIONED:v3
IOT_TYPE:v12 TEMPORARY:v1 SECONDARY:v1 NESTED:v3 BUFFER_POOL:v7 ROW_MOVEMENT:v8 GLOBAL_STATS:v3
DURATION:v15 MONITORING:v3 DEPENDENCIES:v8 COMPRESSION:v8 COMPRESS_FOR:v30 DROPPED:v3
READ_ONLY:v3 SEGMENT_CREATED:v3 RESULT_CACHE:v7
"""
_TAB_COLUMNS = """
OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 DATA_TYPE:v128 DATA_TYPE_MOD:v3 DATA_TYPE_OWNER:v128
DATA_LENGTH:n DATA_PRECISION:n DATA_SCALE:n NULLABLE:v1 COLUMN_ID:n DEFAULT_LENGTH:n
DATA_DEFAULT:l NUM_DISTINCT:n NUM_NULLS:n LAST_ANALYZED:d CHARACTER_SET_NAME:v44
CHAR_COL_DECL_LENGTH:n AVG_COL_LEN:n CHAR_LENGTH:n CHAR_USED:v1 DEFAULT_ON_NULL:v3
IDENTITY_COLUMN:v3
"""
_TAB_COLS = _TAB_COLUMNS + " HIDDEN_COLUMN:v3 VIRTUAL_COLUMN:v3 INTERNAL_COLUMN_ID:n"
_INDEXES = """
OWNER:v128 INDEX_NAME:v128 INDEX_TYPE:v27 TABLE_OWNER:v128 TABLE_NAME:v128 TABLE_TYPE:v11
UNIQUENESS:v9 COMPRESSION:v13 PREFIX_LENGTH:n TABLESPACE_NAME:v30 LOGGING:v3 BLEVEL:n
LEAF_BLOCKS:n DISTINCT_KEYS:n STATUS:v8 NUM_ROWS:n LAST_ANALYZED:d DEGREE:v40 INSTANCES:v40
PARTITIONED:v3 TEMPORARY:v1 GENERATED:v1 FUNCIDX_STATUS:v8 VISIBILITY:v9 DROPPED:v3
"""
_CONSTRAINTS = """
OWNER:v128 CONSTRAINT_NAME:v128 CONSTRAINT_TYPE:v1 TABLE_NAME:v128 SEARCH_CONDITION:l
SEARCH_CONDITION_VC:v4000 R_OWNER:v128 R_CONSTRAINT_NAME:v128 DELETE_RULE:v9 STATUS:v8
DEFERRABLE:v14 DEFERRED:v9 VALIDATED:v13 GENERATED:v14 BAD:v3 RELY:v4 LAST_CHANGE:d
INDEX_OWNER:v128 INDEX_NAME:v128 INVALID:v7 VIEW_RELATED:v14
"""
_FIXED_LENGTHS = {
    Kind.NUMBER: 22, Kind.DATE: 7, Kind.TIMESTAMP: 11, Kind.TIMESTAMP_TZ: 13,
    Kind.TIMESTAMP_LTZ: 11, Kind.CLOB: 4000, Kind.BLOB: 4000, Kind.LONG: 0,
    Kind.BINARY_DOUBLE: 8, Kind.BINARY_FLOAT: 4, Kind.ROWID: 10, Kind.INTERVAL_DS: 11,
    Kind.INTERVAL_YM: 5,
}  # fmt: skip
_TEXT = (Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR)


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.family("TABLES", _TABLES, _tables, seen_by="TABLE_NAME")
    registry.views["TABS"] = registry.views["USER_TABLES"]
    registry.family("TAB_COLUMNS", _TAB_COLUMNS, _tab_columns, seen_by="TABLE_NAME")
    registry.views["COLS"] = registry.views["USER_TAB_COLUMNS"]
    registry.family("TAB_COLS", _TAB_COLS, _tab_cols, seen_by="TABLE_NAME")
    registry.family("INDEXES", _INDEXES, _indexes, seen_by="TABLE_NAME", key="INDEX_NAME")
    registry.views["IND"] = registry.views["USER_INDEXES"]
    registry.family(
        "IND_COLUMNS",
        "INDEX_OWNER:v128 INDEX_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v4000 "
        "COLUMN_POSITION:n COLUMN_LENGTH:n CHAR_LENGTH:n DESCEND:v4",
        _ind_columns,
        owner="INDEX_OWNER",
        seen_by="TABLE_NAME",
        key="INDEX_NAME",
        hide=("INDEX_OWNER", "TABLE_OWNER"),
    )
    registry.family(
        "IND_EXPRESSIONS",
        "INDEX_OWNER:v128 INDEX_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 COLUMN_EXPRESSION:l "
        "COLUMN_POSITION:n",
        _ind_expressions,
        owner="INDEX_OWNER",
        seen_by="TABLE_NAME",
        key="INDEX_NAME",
        hide=("INDEX_OWNER", "TABLE_OWNER"),
    )
    registry.family("CONSTRAINTS", _CONSTRAINTS, _constraints, seen_by="TABLE_NAME", hide=())
    registry.family(
        "CONS_COLUMNS",
        "OWNER:v128 CONSTRAINT_NAME:v128 TABLE_NAME:v128 COLUMN_NAME:v4000 POSITION:n",
        _cons_columns,
        seen_by="TABLE_NAME",
        hide=(),
    )
    registry.family(
        "TAB_COMMENTS",
        "OWNER:v128 TABLE_NAME:v128 TABLE_TYPE:v11 COMMENTS:v4000 ORIGIN_CON_ID:n",
        _tab_comments,
        seen_by="TABLE_NAME",
    )
    registry.family(
        "COL_COMMENTS",
        "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 COMMENTS:v4000 ORIGIN_CON_ID:n",
        _col_comments,
        seen_by="TABLE_NAME",
    )


def _tables(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        p, s = table.properties, table.statistics
        partitioned = table.partitioning is not None
        moving = p.get("ROW_MOVEMENT") == "ENABLED" or (
            table.partitioning is not None and table.partitioning.row_movement
        )
        duration = {"DELETE": "SYS$TRANSACTION", "PRESERVE": "SYS$SESSION"}
        home = None if partitioned or table.temporary else table.tablespace
        yield (
            table.owner, table.name, home, None, None, "VALID",
            int(p.get("PCTFREE", 10)), None, int(p.get("INITRANS", 1)), 255, 65536, 1048576, 1,
            2147483645, p.get("LOGGING", "YES"), "N", _number(s, "NUM_ROWS"), _number(s, "BLOCKS"),
            None, _number(s, "AVG_ROW_LEN"), _number(s, "NUM_ROWS"), s.get("LAST_ANALYZED"),
            p.get("DEGREE", "1").rjust(10), "         1", p.get("CACHE", "N").rjust(5), "ENABLED",
            "YES" if partitioned else "NO", "IOT" if p.get("ORGANIZATION") == "INDEX" else None,
            "Y" if table.temporary else "N", "N", "NO", "DEFAULT",
            "ENABLED" if moving else "DISABLED", "YES" if s else "NO",
            duration.get(table.temporary or ""), "YES", p.get("DEPENDENCIES", "DISABLED"),
            p.get("COMPRESSION", "DISABLED"), p.get("COMPRESS_FOR"), "NO",
            "YES" if table.read_only else "NO", "YES", "DEFAULT",
        )  # fmt: skip


def _number(statistics: object, name: str) -> Encoded:
    value = dict(statistics).get(name)  # type: ignore[call-overload]
    return int(value) if value is not None else None


def type_name(data_type: OraType) -> str:
    """DATA_TYPE as the dictionary shows it: TIMESTAMP(6), INTERVAL DAY(2) TO SECOND(6) ..."""
    kind, precision = data_type.kind, data_type.precision
    if kind == Kind.TIMESTAMP:
        return f"TIMESTAMP({precision})"
    if kind == Kind.TIMESTAMP_TZ:
        return f"TIMESTAMP({precision}) WITH TIME ZONE"
    if kind == Kind.TIMESTAMP_LTZ:
        return f"TIMESTAMP({precision}) WITH LOCAL TIME ZONE"
    if kind == Kind.INTERVAL_DS:
        return f"INTERVAL DAY({precision}) TO SECOND({data_type.scale})"
    if kind == Kind.INTERVAL_YM:
        return f"INTERVAL YEAR({precision}) TO MONTH"
    if kind is Kind.ROWID and data_type.length:
        return "UROWID"
    return kind.value


def _length(data_type: OraType) -> int:
    if data_type.kind == Kind.NVARCHAR2:
        return (data_type.length or 0) * 2
    if data_type.length is not None:
        return min(data_type.length * (4 if data_type.char_used else 1), 4000)
    return _FIXED_LENGTHS.get(data_type.kind, 22)


def _column_row(
    owner: str,
    table: str,
    column: Column,
    position: int,
    default: str | None,
    *,
    on_null: bool = False,
    identity: bool = False,
) -> Values:
    t = column.type
    text = t.kind in _TEXT
    used = ("C" if t.char_used else "B") if text else None
    characters = t.length if text else 0
    numeric = t.kind == Kind.NUMBER
    charset = "CHAR_CS" if text or t.kind == Kind.CLOB else None
    scale = t.scale if numeric or t.kind == Kind.INTERVAL_DS else None
    if t.kind in (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ):
        scale = t.precision
    return (
        owner, table, column.name, type_name(t), None, None, _length(t),
        t.precision if numeric else None, scale, "Y" if column.nullable else "N", position,
        len(default) if default else None, default, None, None, None,
        "NCHAR_CS" if t.kind == Kind.NVARCHAR2 else charset, _length(t) if text else None, None,
        characters, used, "YES" if on_null else "NO", "YES" if identity else "NO",
    )  # fmt: skip


def _tab_columns(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for position, column in enumerate(table.visible, 1):
            default = column.virtual or column.default
            if column.identity is not None:
                default = f'"{table.owner}"."{column.identity.sequence}".nextval'
            yield _column_row(
                table.owner, table.name, column.described, position, default,
                on_null=column.default_on_null, identity=column.identity is not None,
            )  # fmt: skip
    for view in reader.all(View):
        for position, described in enumerate(view.columns, 1):
            yield _column_row(view.owner, view.name, described, position, None)


def _tab_cols(reader: Reader) -> Iterator[Values]:
    catalog = reader.instance.catalog
    for row in _tab_columns(reader):
        table = catalog.table(str(row[0]), str(row[1]))
        column = table.column(str(row[2])) if table is not None else None
        virtual = column is not None and column.virtual is not None
        yield (*row, "NO", "YES" if virtual else "NO", row[10])
    for table in reader.all(Table):
        for position, column in enumerate(table.columns, 1):
            if column.invisible:
                hidden = _column_row(table.owner, table.name, column.described, 0, column.default)
                yield (*hidden[:10], None, *hidden[11:], "YES", "NO", position)


def _indexes(reader: Reader) -> Iterator[Values]:
    for index in reader.all(Index):
        p = index.properties
        function = any(part.name is None for part in index.columns)
        kind = "BITMAP" if index.bitmap else "NORMAL"
        kind = f"FUNCTION-BASED {kind}" if function else kind
        yield (
            index.owner, index.name, kind, *index.table, "TABLE",
            "UNIQUE" if index.unique else "NONUNIQUE", p.get("COMPRESSION", "DISABLED"),
            None, None if index.local else index.tablespace, p.get("LOGGING", "YES"), None, None,
            None, "N/A" if index.local else index.status, _number(p, "NUM_ROWS"),
            p.get("LAST_ANALYZED"), p.get("DEGREE", "1"), "1",
            "YES" if index.local else "NO", "N", "Y" if index.generated else "N",
            "ENABLED" if function else None, "VISIBLE" if index.visible else "INVISIBLE", "NO",
        )  # fmt: skip


def _ind_columns(reader: Reader) -> Iterator[Values]:
    catalog = reader.instance.catalog
    for index in reader.all(Index):
        table = catalog.table(*index.table)
        for position, part in enumerate(index.columns, 1):
            column = table.column(part.name) if table is not None and part.name else None
            length = _length(column.type) if column is not None else 0
            text = column is not None and column.type.kind in _TEXT
            name = part.name or f"SYS_NC{position:05d}$"
            yield (
                index.owner, index.name, *index.table, name, position, length,
                column.type.length if text and column is not None else 0,
                "DESC" if part.descending else "ASC",
            )  # fmt: skip


def _ind_expressions(reader: Reader) -> Iterator[Values]:
    for index in reader.all(Index):
        for position, part in enumerate(index.columns, 1):
            if part.expression is not None:
                yield (index.owner, index.name, *index.table, part.expression, position)


def _constraints(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for constraint in table.constraints:
            yield _constraint_row(table, constraint)


def _constraint_row(table: Table, c: Constraint) -> Values:
    referenced_owner, _, referenced_name = c.references or (None, None, None)
    return (
        table.owner, c.name, c.type, table.name, c.condition, c.condition, referenced_owner,
        referenced_name, c.delete_rule, "ENABLED" if c.enabled else "DISABLED",
        "DEFERRABLE" if c.deferrable else "NOT DEFERRABLE",
        "DEFERRED" if c.deferred else "IMMEDIATE",
        "VALIDATED" if c.validated else "NOT VALIDATED",
        "GENERATED NAME" if c.generated else "USER NAME", None, "RELY" if c.rely else None,
        stamp(c.created), table.owner if c.index else None, c.index, None, None,
    )  # fmt: skip


def _cons_columns(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for constraint in table.constraints:
            for position, name in enumerate(constraint.columns, 1):
                place = position if constraint.type in "PUR" else None
                yield (table.owner, constraint.name, table.name, name, place)


def _tab_comments(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        yield (table.owner, table.name, "TABLE", table.comment, 0)
    for view in reader.all(View):
        yield (view.owner, view.name, "VIEW", view.comment, 0)


def _col_comments(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for column in table.visible:
            yield (table.owner, table.name, column.name, column.comment, 0)
    for view in reader.all(View):
        for described in view.columns:
            text = view.column_comments.get(described.name) or None
            yield (view.owner, view.name, described.name, text, 0)
