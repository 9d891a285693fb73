"""SEGMENTS, TABLESPACES, DATA_FILES, FREE_SPACE, partitions (Database Reference 19c).

Sizes are those of SQLite's pages. A partitioned table is one file table: its partitions' sizes
are its own, shared out by their numbers of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from dtm.sandbox.sql.catalog_model import Index, Partition, Table, Tablespace
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.partitions_sql import condition
from dtm.sandbox.sql.storage import PAGE

_BLOCK = 8192
_EXTENT = 65536
_SEGMENTS = """
OWNER:v128 SEGMENT_NAME:v128 PARTITION_NAME:v128 SEGMENT_TYPE:v18 SEGMENT_SUBTYPE:v10
TABLESPACE_NAME:v30 HEADER_FILE:n HEADER_BLOCK:n BYTES:n BLOCKS:n EXTENTS:n INITIAL_EXTENT:n
NEXT_EXTENT:n MIN_EXTENTS:n MAX_EXTENTS:n MAX_SIZE:n RELATIVE_FNO:n BUFFER_POOL:v7
"""
_TABLESPACES = """
TABLESPACE_NAME:v30 BLOCK_SIZE:n INITIAL_EXTENT:n NEXT_EXTENT:n MIN_EXTENTS:n MAX_EXTENTS:n
MAX_SIZE:n PCT_INCREASE:n MIN_EXTLEN:n STATUS:v9 CONTENTS:v21 LOGGING:v9 FORCE_LOGGING:v3
EXTENT_MANAGEMENT:v10 ALLOCATION_TYPE:v9 SEGMENT_SPACE_MANAGEMENT:v6 DEF_TAB_COMPRESSION:v8
RETENTION:v11 BIGFILE:v3 PREDICATE_EVALUATION:v7 ENCRYPTED:v3 COMPRESS_FOR:v30
"""
_FILES = """
FILE_NAME:v513 FILE_ID:n TABLESPACE_NAME:v30 BYTES:n BLOCKS:n STATUS:v9 RELATIVE_FNO:n
AUTOEXTENSIBLE:v3 MAXBYTES:n MAXBLOCKS:n INCREMENT_BY:n USER_BYTES:n USER_BLOCKS:n
ONLINE_STATUS:v7 LOST_WRITE_PROTECT:v7
"""
_TAB_PARTITIONS = """
TABLE_OWNER:v128 TABLE_NAME:v128 COMPOSITE:v3 PARTITION_NAME:v128 SUBPARTITION_COUNT:n
HIGH_VALUE:l HIGH_VALUE_LENGTH:n PARTITION_POSITION:n TABLESPACE_NAME:v30 PCT_FREE:n PCT_USED:n
INI_TRANS:n MAX_TRANS:n LOGGING:v7 COMPRESSION:v8 COMPRESS_FOR:v30 NUM_ROWS:n BLOCKS:n
LAST_ANALYZED:d BUFFER_POOL:v7 GLOBAL_STATS:v3 USER_STATS:v3 IS_NESTED:v3 INTERVAL:v3
SEGMENT_CREATED:v4 INDEXING:v4 READ_ONLY:v4
"""
_IND_PARTITIONS = """
INDEX_OWNER:v128 INDEX_NAME:v128 COMPOSITE:v3 PARTITION_NAME:v128 SUBPARTITION_COUNT:n
HIGH_VALUE:l HIGH_VALUE_LENGTH:n PARTITION_POSITION:n STATUS:v8 TABLESPACE_NAME:v30 PCT_FREE:n
INI_TRANS:n MAX_TRANS:n LOGGING:v7 COMPRESSION:v13 BLEVEL:n LEAF_BLOCKS:n DISTINCT_KEYS:n
NUM_ROWS:n LAST_ANALYZED:d INTERVAL:v3 SEGMENT_CREATED:v3
"""


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.family("SEGMENTS", _SEGMENTS, _segments, all_=False)
    registry.add("DBA_TABLESPACES", _TABLESPACES, _tablespaces)
    registry.add("USER_TABLESPACES", _TABLESPACES, _tablespaces, public=True)
    registry.add("DBA_DATA_FILES", _FILES, _data_files)
    registry.add("DBA_TEMP_FILES", _FILES, _temp_files)
    free = "TABLESPACE_NAME:v30 FILE_ID:n BLOCK_ID:n BYTES:n BLOCKS:n RELATIVE_FNO:n"
    registry.add("DBA_FREE_SPACE", free, _free_space)
    registry.add("USER_FREE_SPACE", free, _free_space, public=True)
    registry.family(
        "TAB_PARTITIONS", _TAB_PARTITIONS, _tab_partitions, owner="TABLE_OWNER",
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
        "PART_KEY_COLUMNS",
        "OWNER:v128 NAME:v128 OBJECT_TYPE:v5 COLUMN_NAME:v4000 COLUMN_POSITION:n",
        _part_key_columns,
        seen_by="NAME",
    )
    registry.family(
        "IND_PARTITIONS", _IND_PARTITIONS, _ind_partitions, owner="INDEX_OWNER",
    )  # fmt: skip


def _rows_of(reader: Reader, table: Table, partition: Partition) -> int:
    if table.partitioning is None:
        return 0
    where = condition(table.partitioning, partition)
    found = reader.instance.database.run(f"SELECT count(*) FROM {table.target} WHERE {where}")
    return int(found[0][0])


def _segments(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    for tablespace in instance.catalog.all(Tablespace):
        if tablespace.schema == "temp":
            continue
        sizes = instance.space.object_bytes(tablespace.schema)
        for table in instance.catalog.all(Table):
            if table.schema != tablespace.schema:
                continue
            size = sizes.get(table.physical, 0)
            for name, kind, share in _shares(reader, table, size):
                yield _segment(table.owner, table.name, name, kind, table.tablespace, share)
            for index in instance.catalog.indexes_of(table):
                size = sizes.get(index.physical, 0) + sizes.get(index.physical + "!", 0)
                yield _segment(index.owner, index.name, None, "INDEX", index.tablespace, size)


def _shares(reader: Reader, table: Table, size: int) -> Iterator[tuple[str | None, str, int]]:
    if table.partitioning is None:
        yield None, "TABLE", size
        return
    counts = [_rows_of(reader, table, part) for part in table.partitioning.partitions]
    total = sum(counts)
    for part, count in zip(table.partitioning.partitions, counts, strict=True):
        share = size * count // total // PAGE * PAGE if total else 0
        yield part.name, "TABLE PARTITION", share


def _segment(
    owner: str, name: str, part: str | None, kind: str, tablespace: str, size: int
) -> Values:
    extents = max(-(-size // _EXTENT), 1)
    size = extents * _EXTENT if size > _EXTENT else _EXTENT
    return (
        owner, name, part, kind, "ASSM", tablespace, 1, 1, size, size // _BLOCK, extents, _EXTENT,
        1048576, 1, 2147483645, 2147483645, 1, "DEFAULT",
    )  # fmt: skip


def _tablespaces(reader: Reader) -> Iterator[Values]:
    for t in reader.all(Tablespace):
        yield (
            t.name, _BLOCK, _EXTENT, None, 1, 2147483645, 2147483645, None, _EXTENT, t.status,
            t.contents, "LOGGING", "NO", "LOCAL", "SYSTEM",
            "AUTO" if t.contents == "PERMANENT" else "MANUAL", "DISABLED", "NOT APPLY",
            "YES" if t.bigfile else "NO", "HOST", "NO", None,
        )  # fmt: skip


def _files(reader: Reader, *contents: str) -> Iterator[Values]:
    number = 0
    for tablespace in reader.all(Tablespace):
        for file in tablespace.datafiles:
            number += 1
            if tablespace.contents not in contents:
                continue
            maximum = max(file.maximum, file.size) if file.autoextend else 0
            yield (
                file.name, number, tablespace.name, file.size, file.size // _BLOCK, "AVAILABLE",
                number, "YES" if file.autoextend else "NO", maximum, maximum // _BLOCK,
                file.increment // _BLOCK, file.size, file.size // _BLOCK, "ONLINE", "OFF",
            )  # fmt: skip


def _data_files(reader: Reader) -> Iterator[Values]:
    return _files(reader, "PERMANENT", "UNDO")


def _temp_files(reader: Reader) -> Iterator[Values]:
    return _files(reader, "TEMPORARY")


def _free_space(reader: Reader) -> Iterator[Values]:
    """What can still be used within the files' present sizes (autoextension not counted)."""
    instance = reader.instance
    number = 0
    for tablespace in instance.catalog.all(Tablespace):
        number += len(tablespace.datafiles)
        if tablespace.contents != "PERMANENT":
            continue
        present = sum(file.size for file in tablespace.datafiles)
        total, free = instance.database.pages(tablespace.schema)
        left = max(present - (total - free) * PAGE, 0)
        if left:
            yield (tablespace.name, number, 1, left, left // _BLOCK, number)


def _tab_partitions(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        if table.partitioning is None:
            continue
        for position, part in enumerate(table.partitioning.partitions, 1):
            p = {**table.properties, **part.properties}
            yield (
                table.owner, table.name, "NO", part.name, 0, part.text, len(part.text), position,
                part.tablespace, int(p.get("PCTFREE", 10)), None, int(p.get("INITRANS", 1)), 255,
                p.get("LOGGING", "YES"), p.get("COMPRESSION", "DISABLED"), p.get("COMPRESS_FOR"),
                None, None, None, "DEFAULT", "NO", "NO", "NO", "YES" if part.interval else "NO",
                "YES", "ON", "NO",
            )  # fmt: skip


def _part_tables(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        partitioning = table.partitioning
        if partitioning is None:
            continue
        count = 1048575 if partitioning.interval else len(partitioning.partitions)
        yield (
            table.owner, table.name, partitioning.method, "NONE", count, 0,
            len(partitioning.columns), 0, "VALID", table.tablespace, partitioning.interval, "NO",
            "NO",
        )  # fmt: skip


def _part_key_columns(reader: Reader) -> Iterator[Values]:
    catalog = reader.instance.catalog
    for table in catalog.all(Table):
        if table.partitioning is None:
            continue
        for position, name in enumerate(table.partitioning.columns, 1):
            yield (table.owner, table.name, "TABLE", name, position)
            for index in catalog.indexes_of(table):
                if index.local:
                    yield (index.owner, index.name, "INDEX", name, position)


def _ind_partitions(reader: Reader) -> Iterator[Values]:
    catalog = reader.instance.catalog
    for index in catalog.all(Index):
        table = catalog.table(*index.table)
        if not index.local or table is None or table.partitioning is None:
            continue
        for position, part in enumerate(table.partitioning.partitions, 1):
            status = "USABLE" if index.status == "VALID" else "UNUSABLE"
            yield (
                index.owner, index.name, "NO", part.name, 0, part.text, len(part.text), position,
                status, part.tablespace, 10, 2, 255, "YES", "DISABLED", None, None, None, None,
                None, "YES" if part.interval else "NO", "YES",
            )  # fmt: skip
