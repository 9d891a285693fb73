"""TAB_PARTITIONS, TAB_SUBPARTITIONS, IND_PARTITIONS and what describes them (Database Reference
19c)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dtm.sandbox.sql.catalog_model import Index, Partition, Partitioning, Table
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.partitions_template import described

_TAB_PARTITIONS = """
TABLE_OWNER:v128 TABLE_NAME:v128 COMPOSITE:v3 PARTITION_NAME:v128 SUBPARTITION_COUNT:n
HIGH_VALUE:l HIGH_VALUE_LENGTH:n PARTITION_POSITION:n TABLESPACE_NAME:v30 PCT_FREE:n PCT_USED:n
INI_TRANS:n MAX_TRANS:n LOGGING:v7 COMPRESSION:v8 COMPRESS_FOR:v30 NUM_ROWS:n BLOCKS:n
AVG_ROW_LEN:n SAMPLE_SIZE:n LAST_ANALYZED:d BUFFER_POOL:v7 GLOBAL_STATS:v3 USER_STATS:v3
IS_NESTED:v3 INTERVAL:v3 SEGMENT_CREATED:v4 INDEXING:v4 READ_ONLY:v4
"""
_TAB_SUBPARTITIONS = """
TABLE_OWNER:v128 TABLE_NAME:v128 PARTITION_NAME:v128 SUBPARTITION_NAME:v128 HIGH_VALUE:l
HIGH_VALUE_LENGTH:n PARTITION_POSITION:n SUBPARTITION_POSITION:n TABLESPACE_NAME:v30 PCT_FREE:n
PCT_USED:n INI_TRANS:n MAX_TRANS:n LOGGING:v3 COMPRESSION:v8 COMPRESS_FOR:v30 NUM_ROWS:n BLOCKS:n
AVG_ROW_LEN:n SAMPLE_SIZE:n LAST_ANALYZED:d BUFFER_POOL:v7 GLOBAL_STATS:v3 USER_STATS:v3
INTERVAL:v3 SEGMENT_CREATED:v3 INDEXING:v3 READ_ONLY:v3
"""
_IND_PARTITIONS = """
INDEX_OWNER:v128 INDEX_NAME:v128 COMPOSITE:v3 PARTITION_NAME:v128 SUBPARTITION_COUNT:n
HIGH_VALUE:l HIGH_VALUE_LENGTH:n PARTITION_POSITION:n STATUS:v8 TABLESPACE_NAME:v30 PCT_FREE:n
INI_TRANS:n MAX_TRANS:n LOGGING:v7 COMPRESSION:v13 BLEVEL:n LEAF_BLOCKS:n DISTINCT_KEYS:n
NUM_ROWS:n LAST_ANALYZED:d INTERVAL:v3 SEGMENT_CREATED:v3
"""
_IND_SUBPARTITIONS = """
INDEX_OWNER:v128 INDEX_NAME:v128 PARTITION_NAME:v128 SUBPARTITION_NAME:v128 HIGH_VALUE:l
HIGH_VALUE_LENGTH:n PARTITION_POSITION:n SUBPARTITION_POSITION:n STATUS:v8 TABLESPACE_NAME:v30
PCT_FREE:n INI_TRANS:n MAX_TRANS:n LOGGING:v3 COMPRESSION:v13 BLEVEL:n LEAF_BLOCKS:n
DISTINCT_KEYS:n NUM_ROWS:n LAST_ANALYZED:d INTERVAL:v3 SEGMENT_CREATED:v3
"""
_KEY_COLUMNS = "OWNER:v128 NAME:v128 OBJECT_TYPE:v5 COLUMN_NAME:v4000 COLUMN_POSITION:n"


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.family(
        "TAB_PARTITIONS", _TAB_PARTITIONS, _tab_partitions, owner="TABLE_OWNER",
        seen_by="TABLE_NAME",
    )  # fmt: skip
    registry.family(
        "TAB_SUBPARTITIONS", _TAB_SUBPARTITIONS, _tab_subpartitions, owner="TABLE_OWNER",
        seen_by="TABLE_NAME",
    )  # fmt: skip
    registry.family(
        "PART_TABLES",
        "OWNER:v128 TABLE_NAME:v128 PARTITIONING_TYPE:v9 SUBPARTITIONING_TYPE:v9 "
        "PARTITION_COUNT:n DEF_SUBPARTITION_COUNT:n PARTITIONING_KEY_COUNT:n "
        "SUBPARTITIONING_KEY_COUNT:n STATUS:v8 DEF_TABLESPACE_NAME:v30 INTERVAL:v1000 "
        "AUTOLIST:v3 IS_NESTED:v3",
        _part_tables,
        seen_by="TABLE_NAME",
    )
    registry.family(
        "PART_INDEXES",
        "OWNER:v128 INDEX_NAME:v128 TABLE_NAME:v128 PARTITIONING_TYPE:v9 "
        "SUBPARTITIONING_TYPE:v9 PARTITION_COUNT:n DEF_SUBPARTITION_COUNT:n "
        "PARTITIONING_KEY_COUNT:n SUBPARTITIONING_KEY_COUNT:n LOCALITY:v6 ALIGNMENT:v12 "
        "DEF_TABLESPACE_NAME:v30 INTERVAL:v1000 AUTOLIST:v3",
        _part_indexes,
        seen_by="TABLE_NAME",
        key="INDEX_NAME",
    )
    registry.family("PART_KEY_COLUMNS", _KEY_COLUMNS, _part_key_columns, seen_by="NAME")
    registry.family("SUBPART_KEY_COLUMNS", _KEY_COLUMNS, _subpart_key_columns, seen_by="NAME")
    registry.family(
        "SUBPARTITION_TEMPLATES",
        "USER_NAME:v128 TABLE_NAME:v128 SUBPARTITION_NAME:v132 SUBPARTITION_POSITION:n "
        "TABLESPACE_NAME:v30 HIGH_BOUND:l",
        _templates,
        owner="USER_NAME",
        seen_by="TABLE_NAME",
    )
    registry.family("IND_PARTITIONS", _IND_PARTITIONS, _ind_partitions, owner="INDEX_OWNER")
    registry.family(
        "IND_SUBPARTITIONS", _IND_SUBPARTITIONS, _ind_subpartitions, owner="INDEX_OWNER"
    )


def _partitioned(reader: Reader) -> Iterator[tuple[Table, Partitioning]]:
    for table in reader.all(Table):
        if table.partitioning is not None:
            yield table, table.partitioning


def _high_value(part: Partition) -> tuple[str | None, int]:
    """HIGH_VALUE and its length; a hash partition has none."""
    return part.text or None, len(part.text)


def _physical(table: Table, part: Partition) -> tuple[Encoded, ...]:
    p = {**table.properties, **part.properties}
    return (
        int(p.get("PCTFREE", 10)), None, int(p.get("INITRANS", 1)), 255, p.get("LOGGING", "YES"),
        p.get("COMPRESSION", "DISABLED"), p.get("COMPRESS_FOR"),
    )  # fmt: skip


def _gathered(part: Partition) -> tuple[Encoded, ...]:
    """NUM_ROWS ... LAST_ANALYZED, GLOBAL_STATS: what DBMS_STATS found, NULL before."""
    found: Mapping[str, str] = part.properties
    numbers = [
        int(found[name]) if name in found else None
        for name in ("NUM_ROWS", "BLOCKS", "AVG_ROW_LEN", "SAMPLE_SIZE")
    ]
    analyzed = found.get("LAST_ANALYZED")
    return (*numbers, analyzed, "DEFAULT", "YES" if analyzed else "NO", "NO")


def _tab_partitions(reader: Reader) -> Iterator[Values]:
    for table, partitioning in _partitioned(reader):
        composite = "YES" if partitioning.sub is not None else "NO"
        for position, part in enumerate(partitioning.partitions, 1):
            yield (
                table.owner, table.name, composite, part.name, len(part.subpartitions),
                *_high_value(part), position, part.tablespace, *_physical(table, part),
                *_gathered(part), "NO", "YES" if part.interval else "NO",
                "N/A" if part.subpartitions else "YES", "ON", "NO",
            )  # fmt: skip


def _tab_subpartitions(reader: Reader) -> Iterator[Values]:
    for table, partitioning in _partitioned(reader):
        for position, part in enumerate(partitioning.partitions, 1):
            for place, sub in enumerate(part.subpartitions, 1):
                yield (
                    table.owner, table.name, part.name, sub.name, *_high_value(sub), position,
                    place, sub.tablespace, *_physical(table, sub), *_gathered(sub),
                    "YES" if part.interval else "NO", "YES", "ON", "NO",
                )  # fmt: skip


def _kinds(p: Partitioning) -> tuple[Encoded, ...]:
    """PARTITIONING_TYPE ... SUBPARTITIONING_KEY_COUNT, as PART_TABLES and PART_INDEXES share."""
    sub = p.sub
    return (
        p.method, sub.method if sub is not None else "NONE",
        1048575 if p.interval else len(p.partitions),
        max(len(sub.template), 1) if sub is not None else 0, len(p.columns),
        len(sub.columns) if sub is not None else 0,
    )  # fmt: skip


def _default_space(table: Table) -> str:
    return table.properties.get("DEF_TABLESPACE", table.tablespace)


def _part_tables(reader: Reader) -> Iterator[Values]:
    for table, partitioning in _partitioned(reader):
        yield (
            table.owner, table.name, *_kinds(partitioning), "VALID",
            _default_space(table), partitioning.interval, "NO", "NO",
        )  # fmt: skip


def _local(reader: Reader) -> Iterator[tuple[Index, Table, Partitioning]]:
    for index in reader.all(Index):
        table = reader.catalog.table(*index.table)
        if index.local and table is not None and table.partitioning is not None:
            yield index, table, table.partitioning


def _part_indexes(reader: Reader) -> Iterator[Values]:
    for index, table, partitioning in _local(reader):
        leading = tuple(key.name for key in index.columns)[: len(partitioning.columns)]
        prefixed = leading == partitioning.columns
        yield (
            index.owner, index.name, table.name, *_kinds(partitioning), "LOCAL",
            "PREFIXED" if prefixed else "NON_PREFIXED", None, partitioning.interval, "NO",
        )  # fmt: skip


def _keys(reader: Reader, *, sub: bool) -> Iterator[Values]:
    for table, partitioning in _partitioned(reader):
        names = partitioning.key_columns[len(partitioning.columns) :]
        for position, name in enumerate(names if sub else partitioning.columns, 1):
            yield (table.owner, table.name, "TABLE", name, position)
    for index, _, partitioning in _local(reader):
        names = partitioning.key_columns[len(partitioning.columns) :]
        for position, name in enumerate(names if sub else partitioning.columns, 1):
            yield (index.owner, index.name, "INDEX", name, position)


def _part_key_columns(reader: Reader) -> Iterator[Values]:
    return _keys(reader, sub=False)


def _subpart_key_columns(reader: Reader) -> Iterator[Values]:
    return _keys(reader, sub=True)


def _templates(reader: Reader) -> Iterator[Values]:
    for table, partitioning in _partitioned(reader):
        template = partitioning.sub.template if partitioning.sub is not None else ()
        for position, part in enumerate(template, 1):
            yield (
                table.owner, table.name, part.name or None, position,
                part.properties.get("TABLESPACE"), part.text or None,
            )  # fmt: skip


def _state(index: Index, part: Partition) -> str:
    return "UNUSABLE" if part.id in index.unusable else "USABLE"


def _ind_partitions(reader: Reader) -> Iterator[Values]:
    for index, _, partitioning in _local(reader):
        composite = "YES" if partitioning.sub is not None else "NO"
        for position, part in enumerate(partitioning.partitions, 1):
            status = "N/A" if part.subpartitions else _state(index, part)
            yield (
                index.owner, index.name, composite, described(index, part),
                len(part.subpartitions), *_high_value(part), position, status, part.tablespace,
                10, 2, 255, "YES", "DISABLED", None, None, None, None, None,
                "YES" if part.interval else "NO", "N/A" if part.subpartitions else "YES",
            )  # fmt: skip


def _ind_subpartitions(reader: Reader) -> Iterator[Values]:
    for index, _, partitioning in _local(reader):
        for position, part in enumerate(partitioning.partitions, 1):
            for place, sub in enumerate(part.subpartitions, 1):
                yield (
                    index.owner, index.name, described(index, part), described(index, sub),
                    *_high_value(sub), position, place, _state(index, sub), sub.tablespace, 10, 2,
                    255, "YES", "DISABLED", None, None, None, None, None,
                    "YES" if part.interval else "NO", "YES",
                )  # fmt: skip
