"""PROCEDURES, ARGUMENTS, TYPES, TAB_STATISTICS, IND_STATISTICS, LOBS, identity columns, and the
views that are empty here (Database Reference 19c)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dtm.plsql.lexer import lex
from dtm.plsql.outline import Subprogram, outline
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql.catalog_model import Index, Partition, Sequence, Table, Unit
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions.environment import NLS_DEFAULTS
from dtm.sandbox.sql.partitions_template import described
from dtm.sandbox.sql.statistics import LOCKED

_PROCEDURES = """
OWNER:v128 OBJECT_NAME:v128 PROCEDURE_NAME:v128 OBJECT_ID:n SUBPROGRAM_ID:n OVERLOAD:v40
OBJECT_TYPE:v13 AGGREGATE:v3 PIPELINED:v3 IMPLTYPEOWNER:v128 IMPLTYPENAME:v128 PARALLEL:v3
INTERFACE:v3 DETERMINISTIC:v3 AUTHID:v12 RESULT_CACHE:v3
"""
_ARGUMENTS = """
OWNER:v128 OBJECT_NAME:v128 PACKAGE_NAME:v128 OBJECT_ID:n OVERLOAD:v40 SUBPROGRAM_ID:n
ARGUMENT_NAME:v128 POSITION:n SEQUENCE:n DATA_LEVEL:n DATA_TYPE:v30 DEFAULTED:v1
DEFAULT_VALUE:l IN_OUT:v9 PLS_TYPE:v128 TYPE_NAME:v128
"""
_TAB_STATISTICS = """
OWNER:v128 TABLE_NAME:v128 PARTITION_NAME:v128 PARTITION_POSITION:n SUBPARTITION_NAME:v128
SUBPARTITION_POSITION:n OBJECT_TYPE:v12 NUM_ROWS:n BLOCKS:n EMPTY_BLOCKS:n AVG_ROW_LEN:n
SAMPLE_SIZE:n LAST_ANALYZED:d GLOBAL_STATS:v3 USER_STATS:v3 STATTYPE_LOCKED:v5
"""
_IND_STATISTICS = """
OWNER:v128 INDEX_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 PARTITION_NAME:v128
PARTITION_POSITION:n OBJECT_TYPE:v12 NUM_ROWS:n SAMPLE_SIZE:n LAST_ANALYZED:d GLOBAL_STATS:v3
STATTYPE_LOCKED:v5
"""
_WITH_SUBPROGRAMS = ("PACKAGE", "PROCEDURE", "FUNCTION", "TYPE")


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.family("PROCEDURES", _PROCEDURES, _procedures, seen_by="OBJECT_NAME")
    registry.family("ARGUMENTS", _ARGUMENTS, _arguments, key="PACKAGE_NAME")
    registry.family(
        "TYPES",
        "OWNER:v128 TYPE_NAME:v128 TYPE_OID:r16 TYPECODE:v128 ATTRIBUTES:n METHODS:n "
        "PREDEFINED:v3 INCOMPLETE:v3 FINAL:v3 INSTANTIABLE:v3 PERSISTABLE:v3 "
        "SUPERTYPE_OWNER:v128 SUPERTYPE_NAME:v128 LOCAL_ATTRIBUTES:n LOCAL_METHODS:n TYPEID:r16",
        _types,
        seen_by="TYPE_NAME",
    )
    registry.family("TAB_STATISTICS", _TAB_STATISTICS, _tab_statistics, seen_by="TABLE_NAME")
    registry.family(
        "IND_STATISTICS", _IND_STATISTICS, _ind_statistics, seen_by="TABLE_NAME", key="INDEX_NAME"
    )
    registry.family(
        "LOBS",
        "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v4000 SEGMENT_NAME:v128 TABLESPACE_NAME:v30 "
        "INDEX_NAME:v128 CHUNK:n IN_ROW:v3 SECUREFILE:v3",
        _lobs,
        seen_by="TABLE_NAME",
    )
    registry.family(
        "TAB_IDENTITY_COLS",
        "OWNER:v128 TABLE_NAME:v128 COLUMN_NAME:v128 GENERATION_TYPE:v10 SEQUENCE_NAME:v128 "
        "IDENTITY_OPTIONS:v298",
        _identity,
        seen_by="TABLE_NAME",
    )
    _register_empty(registry)


def _register_empty(registry: Registry) -> None:
    recycled = (
        "OBJECT_NAME:v128 ORIGINAL_NAME:v128 OPERATION:v9 TYPE:v25 TS_NAME:v30 CREATETIME:v19 "
        "DROPTIME:v19 SPACE:n"
    )
    for name in ("USER_RECYCLEBIN", "RECYCLEBIN"):
        registry.add(name, recycled, _nothing, public=True)
    registry.add("DBA_RECYCLEBIN", f"OWNER:v128 {recycled}", _nothing)
    registry.family(
        "MVIEWS",
        "OWNER:v128 MVIEW_NAME:v128 CONTAINER_NAME:v128 QUERY:l REFRESH_MODE:v9 "
        "REFRESH_METHOD:v8 LAST_REFRESH_DATE:d STALENESS:v19 COMPILE_STATE:v19",
        _nothing,
        seen_by="MVIEW_NAME",
    )
    registry.family(
        "DB_LINKS", "OWNER:v128 DB_LINK:v128 USERNAME:v128 HOST:v2000 CREATED:d", _nothing
    )
    values = "PARAMETER:v128 VALUE:v64"
    registry.add("NLS_SESSION_PARAMETERS", values, _session_nls, public=True)
    registry.add("NLS_DATABASE_PARAMETERS", values, _database_nls, public=True)
    registry.add("NLS_INSTANCE_PARAMETERS", values, _database_nls, public=True)
    registry.add(
        "PRODUCT_COMPONENT_VERSION",
        "PRODUCT:v80 VERSION:v80 VERSION_FULL:v80 STATUS:v80",
        lambda _: [
            ("Oracle Database 19c Enterprise Edition ", "19.0.0.0.0", "19.0.0.0.0", "Production")
        ],
        public=True,
    )
    registry.add(
        "GLOBAL_NAME",
        "GLOBAL_NAME:v4000",
        lambda reader: [(reader.instance.name,)],
        public=True,
    )


def _nothing(_: Reader) -> Iterator[Values]:
    return iter(())


# ---------------------------------------------------------------- PL/SQL


def _subprograms(reader: Reader) -> Iterator[tuple[Unit, int, str | None, Subprogram]]:
    """(unit, SUBPROGRAM_ID, OVERLOAD, subprogram) of every unit that has some to call."""
    for unit in reader.all(Unit):
        if unit.type not in _WITH_SUBPROGRAMS or not unit.text:
            continue
        found = reader.catalog.cached(
            ("subprograms", unit.id, unit.version), partial(_outlined, unit.text)
        )
        names = [one.name for one in found]
        for number, one in enumerate(found, 1):
            twins = [i for i, name in enumerate(names, 1) if name == one.name]
            overload = str(twins.index(number) + 1) if len(twins) > 1 else None
            yield unit, number, overload, one


def _outlined(text: str) -> tuple[Subprogram, ...]:
    units = outline(f"CREATE {text}").units
    return units[0].subprograms if units else ()


def _authid(unit: Unit) -> str:
    head = unit.text[: unit.text.upper().find("BEGIN")] if unit.type != "PACKAGE" else unit.text
    return "CURRENT_USER" if "AUTHID CURRENT_USER" in " ".join(head.upper().split()) else "DEFINER"


def _procedures(reader: Reader) -> Iterator[Values]:
    for unit, number, overload, one in _subprograms(reader):
        single = unit.type in ("PROCEDURE", "FUNCTION")
        yield _procedure(unit, None if single else one.name, number, overload, one.attributes)
    for unit in reader.all(Unit):
        if unit.type in ("PACKAGE", "TRIGGER") and unit.text:
            yield _procedure(unit, None, 0, None, ())


def _procedure(
    unit: Unit, name: str | None, number: int, overload: str | None, words: tuple[str, ...]
) -> Values:
    def has(word: str) -> str:
        return "YES" if word in words else "NO"

    return (
        unit.owner, unit.name, name, unit.id, number, overload, unit.type, "NO",
        has("PIPELINED"), None, None, has("PARALLEL_ENABLE"), "NO", has("DETERMINISTIC"),
        _authid(unit), has("RESULT_CACHE"),
    )  # fmt: skip


def _arguments(reader: Reader) -> Iterator[Values]:
    for unit, number, overload, one in _subprograms(reader):
        single = unit.type in ("PROCEDURE", "FUNCTION")
        head = (
            unit.owner, one.name, None if single else unit.name, unit.id, overload, number,
        )  # fmt: skip
        sequence = 0
        if one.returns is not None:
            sequence = 1
            yield (*head, None, 0, 1, 0, *_type(one.returns), "N", None, "OUT", *_pls(one.returns))
        for position, p in enumerate(one.parameters, 1):
            sequence += 1
            mode = p.mode.replace(" ", "/")
            yield (
                *head, p.name, position, sequence, 0, *_type(p.type),
                "Y" if p.default is not None else "N", None, mode, *_pls(p.type),
            )  # fmt: skip


_BUILT_IN = frozenset(
    "VARCHAR2 NUMBER DATE CHAR CLOB BLOB RAW TIMESTAMP NVARCHAR2 NCHAR NCLOB ROWID LONG "  # noqa: SIM905
    "BINARY_INTEGER PLS_INTEGER BOOLEAN INTEGER BINARY_FLOAT BINARY_DOUBLE".split()
)
_SHOWN = {
    "INTEGER": "NUMBER", "PLS_INTEGER": "BINARY_INTEGER", "BOOLEAN": "PL/SQL BOOLEAN",
}  # fmt: skip


def _type(text: str) -> tuple[Encoded]:
    """DATA_TYPE of a built-in type; that of others is not told apart here."""
    word = text.split("(")[0].strip()
    return (_SHOWN.get(word, word) if word in _BUILT_IN else None,)


def _pls(text: str) -> tuple[Encoded, Encoded]:
    word = text.split("(")[0].strip()
    return (word, None) if word in _BUILT_IN else (None, text[:128])


def _types(reader: Reader) -> Iterator[Values]:
    for unit in reader.all(Unit):
        if unit.type == "TYPE" and unit.text:
            words = [t.value for t in lex(unit.text).tokens]
            collection = "TABLE" in words or "VARRAY" in words
            tail = words[_last(words, ")") + 1 :]
            yield (
                unit.owner, unit.name, None, "COLLECTION" if collection else "OBJECT", None, None,
                "NO", "NO", _yes_no(tail, "FINAL"), _yes_no(tail, "INSTANTIABLE"),
                _yes_no(tail, "PERSISTABLE"), *_supertype(unit.owner, words), None, None, None,
            )  # fmt: skip


def _last(words: list[str], word: str) -> int:
    return max((i for i, found in enumerate(words) if found == word), default=-1)


def _yes_no(tail: list[str], word: str) -> str:
    """A property behind the attributes: YES unless NOT stands before it."""
    at = _last(tail, word)
    return "NO" if at > 0 and tail[at - 1] == "NOT" else "YES"


def _supertype(owner: str, words: list[str]) -> tuple[Encoded, Encoded]:
    """UNDER [owner.]name, in front of the attributes."""
    head = words[: words.index("(")] if "(" in words else words
    if "UNDER" not in head[2:]:
        return None, None
    path = head[head.index("UNDER", 2) + 1 :]
    return (path[0], path[2]) if path[1:2] == ["."] else (owner, path[0] if path else None)


# ---------------------------------------------------------------- statistics


def _gathered(found: object, names: tuple[str, ...]) -> list[Encoded]:
    known = dict(found)  # type: ignore[call-overload]
    return [int(known[n]) if n in known else None for n in names]


def _tab_statistics(reader: Reader) -> Iterator[Values]:
    names = ("NUM_ROWS", "BLOCKS", "EMPTY_BLOCKS", "AVG_ROW_LEN", "SAMPLE_SIZE")

    def row(
        table: Table, found: object, place: tuple[Encoded, ...], kind: str
    ) -> tuple[Encoded, ...]:
        analyzed = dict(found).get("LAST_ANALYZED")  # type: ignore[call-overload]
        return (
            table.owner, table.name, *place, kind, *_gathered(found, names), analyzed,
            "YES" if analyzed else "NO", "NO", table.properties.get(LOCKED),
        )  # fmt: skip

    for table in reader.all(Table):
        yield row(table, table.statistics, (None,) * 4, "TABLE")
        parts: tuple[Partition, ...] = ()
        if table.partitioning is not None:
            parts = table.partitioning.partitions
        for position, part in enumerate(parts, 1):
            yield row(table, part.properties, (part.name, position, None, None), "PARTITION")
            for place, sub in enumerate(part.subpartitions, 1):
                where = (part.name, position, sub.name, place)
                yield row(table, sub.properties, where, "SUBPARTITION")


def _ind_statistics(reader: Reader) -> Iterator[Values]:
    for index in reader.all(Index):
        table = reader.catalog.table(*index.table)
        locked = table.properties.get(LOCKED) if table is not None else None
        analyzed = index.properties.get("LAST_ANALYZED")
        yield (
            index.owner, index.name, *index.table, None, None, "INDEX",
            *_gathered(index.properties, ("NUM_ROWS", "SAMPLE_SIZE")), analyzed,
            "YES" if analyzed else "NO", locked,
        )  # fmt: skip
        if not index.local or table is None or table.partitioning is None:
            continue
        for position, part in enumerate(table.partitioning.partitions, 1):
            yield (
                index.owner, index.name, *index.table, described(index, part), position,
                "PARTITION", None, None, None, "NO", locked,
            )  # fmt: skip


# ---------------------------------------------------------------- columns, NLS


def _lobs(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for position, column in enumerate(table.columns, 1):
            if column.type.kind in (Kind.CLOB, Kind.BLOB) and not column.unused:
                suffix = f"{table.id:010d}C{position:05d}$$"
                yield (
                    table.owner, table.name, column.name, f"SYS_LOB{suffix}", table.tablespace,
                    f"SYS_IL{suffix}", 8192, "YES", "YES",
                )  # fmt: skip


def _identity(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        for column in table.columns:
            if column.identity is None:
                continue
            found = reader.catalog.find(table.owner, column.identity.sequence)
            options = None
            if isinstance(found, Sequence):
                options = (
                    f"START WITH: {found.start}, INCREMENT BY: {found.increment}, "
                    f"MAX_VALUE: {found.maximum}, MIN_VALUE: {found.minimum}, "
                    f"CYCLE_FLAG: {'Y' if found.cycle else 'N'}, CACHE_SIZE: {found.cache}, "
                    f"ORDER_FLAG: {'Y' if found.ordered else 'N'}"
                )
            generation = column.identity.generation.removesuffix(" ON NULL")
            yield (
                table.owner, table.name, column.name, generation, column.identity.sequence,
                options,
            )  # fmt: skip


def _session_nls(reader: Reader) -> Iterator[Values]:
    values = {**NLS_DEFAULTS, **reader.context.nls}
    for name in sorted(NLS_DEFAULTS):
        yield (name, values[name])


def _database_nls(_: Reader) -> Iterator[Values]:
    fixed = {
        "NLS_CHARACTERSET": "AL32UTF8",
        "NLS_NCHAR_CHARACTERSET": "AL16UTF16",
        "NLS_RDBMS_VERSION": "19.0.0.0.0",
    }
    yield from sorted({**NLS_DEFAULTS, **fixed}.items())
