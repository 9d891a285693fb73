"""SEGMENTS, TABLESPACES, DATA_FILES, FREE_SPACE (Database Reference 19c).

Sizes are those of SQLite's pages. A partitioned table is one file table: its partitions' sizes
are its own, shared out by their numbers of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from dtm.sandbox.sql.catalog_model import Index, Partition, Table, Tablespace
from dtm.sandbox.sql.dictionary_base import Reader, Registry, Values
from dtm.sandbox.sql.encoding import encode_number
from dtm.sandbox.sql.partitions_sql import number_of
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


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.family("SEGMENTS", _SEGMENTS, _segments, all_=False)
    registry.add("DBA_TABLESPACES", _TABLESPACES, _tablespaces)
    registry.add("USER_TABLESPACES", _TABLESPACES, _tablespaces, public=True)
    registry.add("DBA_DATA_FILES", _FILES, _data_files)
    registry.add("DBA_TEMP_FILES", _FILES, _temp_files)
    registry.add(
        "DBA_TABLESPACE_USAGE_METRICS",
        "TABLESPACE_NAME:v30 USED_SPACE:n TABLESPACE_SIZE:n USED_PERCENT:n",
        _usage,
    )
    free = "TABLESPACE_NAME:v30 FILE_ID:n BLOCK_ID:n BYTES:n BLOCKS:n RELATIVE_FNO:n"
    registry.add("DBA_FREE_SPACE", free, _free_space)
    registry.add("USER_FREE_SPACE", free, _free_space, public=True)


def _rows_of(reader: Reader, table: Table) -> dict[int, int]:
    """How many rows each (sub)partition holds, by its id."""
    if table.partitioning is None:
        return {}
    found = reader.instance.database.run(
        f"SELECT {number_of(table.partitioning, '')} AS part, count(*) FROM {table.target} "
        "GROUP BY part"
    )
    return {int(part): int(count) for part, count in found if part is not None}


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
            rows = _rows_of(reader, table)
            for name, kind, space, share, _ in _shares(table, "TABLE", rows, size):
                yield _segment(table.owner, table.name, name, kind, space, share)
            for index in instance.catalog.indexes_of(table):
                yield from _index_segments(table, index, rows, sizes)


def _index_segments(
    table: Table, index: Index, rows: dict[int, int], sizes: dict[str, int]
) -> Iterator[Values]:
    """An UNUSABLE index, or partition of one, has no segment."""
    size = sizes.get(index.physical, 0) + sizes.get(index.physical + "!", 0)
    if not index.local:
        if index.status == "VALID":
            yield _segment(index.owner, index.name, None, "INDEX", index.tablespace, size)
        return
    for name, kind, space, share, part in _shares(table, "INDEX", rows, size):
        if part is not None and part.id not in index.unusable:
            name = index.part_names.get(part.id, name)
            yield _segment(index.owner, index.name, name, kind, space, share)


def _shares(
    table: Table, kind: str, rows: dict[int, int], size: int
) -> Iterator[tuple[str | None, str, str, int, Partition | None]]:
    """(partition, segment type, tablespace, bytes) of every segment, sizes shared out by rows."""
    if table.partitioning is None:
        yield None, kind, table.tablespace, size, None
        return
    kind += " SUBPARTITION" if table.partitioning.sub is not None else " PARTITION"
    total = sum(rows.values())
    for _, part in table.partitioning.leaves:
        share = size * rows.get(part.id, 0) // total // PAGE * PAGE if total else 0
        yield part.name, kind, part.tablespace, share, part


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


def _usage(reader: Reader) -> Iterator[Values]:
    """In blocks; TABLESPACE_SIZE is what the files may grow to."""
    instance = reader.instance
    for tablespace in instance.catalog.all(Tablespace):
        if tablespace.schema == "temp":
            continue
        total, free = instance.database.pages(tablespace.schema)
        used, most = (total - free) * PAGE // _BLOCK, tablespace.limit // _BLOCK
        percent = encode_number(round(Decimal(used) * 100 / most, 9)) if most else 0
        yield (tablespace.name, used, most, percent)


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
