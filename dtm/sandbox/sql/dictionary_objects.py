"""OBJECTS, SOURCE, ERRORS, DEPENDENCIES, TRIGGERS, PROCEDURES, PLSQL_OBJECT_SETTINGS, SYNONYMS,
SEQUENCES, VIEWS (Database Reference 19c, ALL_OBJECTS ... ALL_VIEWS)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from dtm.sandbox.sql.catalog_model import (
    Index,
    Sequence,
    Synonym,
    Table,
    Unit,
    View,
)
from dtm.sandbox.sql.dictionary_base import Producer, Reader, Registry, Values, stamp, stamp_text
from dtm.sandbox.sql.encoding import encode_number
from dtm.sandbox.sql.partitions_template import described

_OBJECTS = """
OWNER:v128 OBJECT_NAME:v128 SUBOBJECT_NAME:v128 OBJECT_ID:n DATA_OBJECT_ID:n OBJECT_TYPE:v23
CREATED:d LAST_DDL_TIME:d TIMESTAMP:v19 STATUS:v7 TEMPORARY:v1 GENERATED:v1 SECONDARY:v1
NAMESPACE:n EDITION_NAME:v128 SHARING:v18 EDITIONABLE:v1 ORACLE_MAINTAINED:v1 APPLICATION:v1
DEFAULT_COLLATION:v100 DUPLICATED:v1 SHARDED:v1 CREATED_APPID:n CREATED_VSNID:n
MODIFIED_APPID:n MODIFIED_VSNID:n
"""
_NAMESPACES = {"INDEX": 4, "PACKAGE BODY": 2, "TYPE BODY": 2, "TRIGGER": 3}
_PLSQL = (
    "FUNCTION",
    "PACKAGE",
    "PACKAGE BODY",
    "PROCEDURE",
    "TRIGGER",
    "TYPE",
    "TYPE BODY",
    "VIEW",
)
_DEFAULT_SETTINGS = {
    "PLSQL_OPTIMIZE_LEVEL": "2",
    "PLSQL_CODE_TYPE": "INTERPRETED",
    "PLSQL_DEBUG": "FALSE",
    "PLSQL_WARNINGS": "DISABLE:ALL",
    "NLS_LENGTH_SEMANTICS": "BYTE",
    "PLSQL_CCFLAGS": None,
    "PLSCOPE_SETTINGS": "IDENTIFIERS:NONE",
}


def _objects(reader: Reader) -> Iterator[Values]:
    for table in reader.all(Table):
        common = (table.created, table.last_ddl)
        temporary = "Y" if table.temporary else "N"
        yield _object(
            table.owner, table.name, None, table.id, "TABLE", *common, temporary=temporary
        )
        if table.partitioning is not None:
            for part in table.partitioning.partitions:
                yield _object(
                    table.owner, table.name, part.name, part.id, "TABLE PARTITION",
                    part.created, part.created,
                )  # fmt: skip
                for sub in part.subpartitions:
                    yield _object(
                        table.owner, table.name, sub.name, sub.id, "TABLE SUBPARTITION",
                        sub.created, sub.created,
                    )  # fmt: skip
    for index in reader.all(Index):
        generated = "Y" if index.generated else "N"
        yield _object(
            index.owner, index.name, None, index.id, "INDEX", index.created, index.last_ddl,
            generated=generated,
        )  # fmt: skip
        yield from _index_parts(reader, index)
    for sequence in reader.all(Sequence):
        yield _object(
            sequence.owner, sequence.name, None, sequence.id, "SEQUENCE", sequence.created,
            sequence.last_ddl, generated="Y" if sequence.identity else "N",
        )  # fmt: skip
    for synonym in reader.all(Synonym):
        yield _object(
            synonym.owner, synonym.name, None, synonym.id, "SYNONYM", synonym.created,
            synonym.created,
        )  # fmt: skip
    for view in reader.all(View):
        yield _object(
            view.owner, view.name, None, view.id, "VIEW", view.created, view.last_ddl,
            status=view.status,
        )  # fmt: skip
    for unit in reader.all(Unit):
        yield _object(
            unit.owner, unit.name, None, unit.id, unit.type, unit.created, unit.last_ddl,
            status=unit.status, timestamp=unit.timestamp,
        )  # fmt: skip


def _index_parts(reader: Reader, index: Index) -> Iterator[Values]:
    table = reader.catalog.table(*index.table)
    if not index.local or table is None or table.partitioning is None:
        return
    for part in table.partitioning.partitions:
        for kind, one in (
            ("INDEX PARTITION", part), *(("INDEX SUBPARTITION", s) for s in part.subpartitions)
        ):  # fmt: skip
            yield _object(
                index.owner, index.name, described(index, one), one.id, kind, one.created,
                one.created,
            )  # fmt: skip


def _object(  # noqa: PLR0913 - a row has that many facts
    owner: str,
    name: str,
    part: str | None,
    number: int,
    kind: str,
    created: dt.datetime,
    last_ddl: dt.datetime,
    *,
    status: str = "VALID",
    temporary: str = "N",
    generated: str = "N",
    timestamp: dt.datetime | None = None,
) -> Values:
    segment = kind in ("TABLE", "INDEX", "TABLE PARTITION", "TABLE SUBPARTITION")
    data_id = number if segment else None
    editionable = "Y" if kind in _PLSQL else None
    maintained = "Y" if owner in ("SYS", "SYSTEM", "PUBLIC") else "N"
    return (
        owner, name, part, number, data_id, kind, stamp(created), stamp(last_ddl),
        stamp_text(timestamp or last_ddl), status, temporary, generated, "N",
        _NAMESPACES.get(kind, 1), None, "NONE", editionable, maintained, "N", "USING_NLS_COMP",
        "N", "N", None, None, None, None,
    )  # fmt: skip


def _source(reader: Reader) -> Iterator[Values]:
    for unit in reader.all(Unit):
        for number, line in enumerate(unit.text.splitlines(keepends=True), 1):
            yield (unit.owner, unit.name, unit.type, number, line, 0)


def _errors(reader: Reader) -> Iterator[Values]:
    for unit in reader.all(Unit):
        for sequence, (line, position, text, attribute) in enumerate(unit.errors, 1):
            digits = "".join(c for c in text[:10] if c.isdigit())
            number = int(digits) if digits else 0
            yield (
                unit.owner, unit.name, unit.type, sequence, line, position, text, attribute, number,
            )  # fmt: skip


def _dependencies(reader: Reader) -> Iterator[Values]:
    catalog = reader.instance.catalog
    for unit in reader.all(Unit):
        for owner, name, kind in unit.depends_on:
            yield (unit.owner, unit.name, unit.type, owner, name, kind, None, "HARD")
    for view in reader.all(View):
        for owner, name in view.depends_on:
            found = catalog.find(owner, name)
            kind = found.type if isinstance(found, Unit) else type(found).__name__.upper()
            kind = kind if found is not None else "NON-EXISTENT"
            yield (view.owner, view.name, "VIEW", owner, name, kind, None, "HARD")
    for synonym in reader.all(Synonym):
        found = catalog.find(synonym.target_owner, synonym.target_name)
        if found is not None and synonym.owner != "PUBLIC":
            kind = found.type if isinstance(found, Unit) else type(found).__name__.upper()
            yield (
                synonym.owner, synonym.name, "SYNONYM", synonym.target_owner, synonym.target_name,
                kind, None, "HARD",
            )  # fmt: skip


def _triggers(reader: Reader) -> Iterator[Values]:
    for unit in reader.all(Unit):
        if unit.type != "TRIGGER":
            continue
        settings = unit.settings
        timing = settings.get("TIMING", "AFTER")
        level = settings.get("LEVEL", "STATEMENT")
        kind = (
            timing
            if timing in ("INSTEAD OF", "COMPOUND")
            else f"{timing} {'EACH ROW' if level == 'ROW' else level}"
        )
        scope = settings.get("SCOPE")
        base = "TABLE" if scope is None else "DATABASE" if scope == "DATABASE" else "SCHEMA"
        events = settings.get("EVENTS", "").replace(",", " OR ")
        owner, table = unit.trigger_on or (None, None)
        yield (
            unit.owner, unit.name, kind, events, owner, base, table, settings.get("COLUMNS"),
            "REFERENCING NEW AS NEW OLD AS OLD", None, "ENABLED" if unit.enabled else "DISABLED",
            unit.name, "PL/SQL", unit.text,
        )  # fmt: skip


def _settings(reader: Reader) -> Iterator[Values]:
    for unit in reader.all(Unit):
        values = {**_DEFAULT_SETTINGS, **unit.settings}
        yield (
            unit.owner, unit.name, unit.type, int(values["PLSQL_OPTIMIZE_LEVEL"] or 2),
            values["PLSQL_CODE_TYPE"], values["PLSQL_DEBUG"], values["PLSQL_WARNINGS"],
            values["NLS_LENGTH_SEMANTICS"], values["PLSQL_CCFLAGS"] or None,
            values["PLSCOPE_SETTINGS"], 0,
        )  # fmt: skip


def _synonyms(reader: Reader) -> Iterator[Values]:
    for synonym in reader.all(Synonym):
        yield (synonym.owner, synonym.name, synonym.target_owner, synonym.target_name, None, 0)


def _sequences(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    for s in reader.all(Sequence):
        next_value = instance.sequences.peek(s)
        # LAST_NUMBER is what is on disk: the first number behind the cached ones.
        behind = (next_value - s.start) // s.increment
        blocks = -(-behind // s.cache) if s.cache else behind
        last = s.start + blocks * (s.cache or 1) * s.increment
        yield (
            s.owner, s.name, encode_number(s.minimum), encode_number(s.maximum), s.increment,
            "Y" if s.cycle else "N", "Y" if s.ordered else "N", s.cache, encode_number(last),
            "N", "N", "N", "N", "N",
        )  # fmt: skip


def _views(reader: Reader) -> Iterator[Values]:
    for view in reader.all(View):
        yield (
            view.owner, view.name, len(view.text), view.text, view.text[:4000], None, None, None,
            None, None, None, None, "N", "Y" if view.read_only else "N",
        )  # fmt: skip


_FAMILIES: dict[str, tuple[str, Producer, str]] = {
    "OBJECTS": (_OBJECTS, _objects, "OBJECT_NAME"),
    "SOURCE": (
        "OWNER:v128 NAME:v128 TYPE:v12 LINE:n TEXT:v4000 ORIGIN_CON_ID:n",
        _source,
        "NAME",
    ),
    "ERRORS": (
        "OWNER:v128 NAME:v128 TYPE:v12 SEQUENCE:n LINE:n POSITION:n TEXT:v4000 ATTRIBUTE:v9 "
        "MESSAGE_NUMBER:n",
        _errors,
        "NAME",
    ),
    "DEPENDENCIES": (
        "OWNER:v128 NAME:v128 TYPE:v19 REFERENCED_OWNER:v128 REFERENCED_NAME:v128 "
        "REFERENCED_TYPE:v19 REFERENCED_LINK_NAME:v128 DEPENDENCY_TYPE:v4",
        _dependencies,
        "NAME",
    ),
    "PLSQL_OBJECT_SETTINGS": (
        "OWNER:v128 NAME:v128 TYPE:v12 PLSQL_OPTIMIZE_LEVEL:n PLSQL_CODE_TYPE:v4000 "
        "PLSQL_DEBUG:v4000 PLSQL_WARNINGS:v4000 NLS_LENGTH_SEMANTICS:v4000 PLSQL_CCFLAGS:v4000 "
        "PLSCOPE_SETTINGS:v4000 ORIGIN_CON_ID:n",
        _settings,
        "NAME",
    ),
    "SYNONYMS": (
        "OWNER:v128 SYNONYM_NAME:v128 TABLE_OWNER:v128 TABLE_NAME:v128 DB_LINK:v128 "
        "ORIGIN_CON_ID:n",
        _synonyms,
        "SYNONYM_NAME",
    ),
    "VIEWS": (
        "OWNER:v128 VIEW_NAME:v128 TEXT_LENGTH:n TEXT:l TEXT_VC:v4000 TYPE_TEXT_LENGTH:n "
        "TYPE_TEXT:v4000 OID_TEXT_LENGTH:n OID_TEXT:v4000 VIEW_TYPE_OWNER:v128 VIEW_TYPE:v128 "
        "SUPERVIEW_NAME:v128 EDITIONING_VIEW:v1 READ_ONLY:v1",
        _views,
        "VIEW_NAME",
    ),
}
_TRIGGERS = """
OWNER:v128 TRIGGER_NAME:v128 TRIGGER_TYPE:v16 TRIGGERING_EVENT:v246 TABLE_OWNER:v128
BASE_OBJECT_TYPE:v18 TABLE_NAME:v128 COLUMN_NAME:v4000 REFERENCING_NAMES:v422
WHEN_CLAUSE:v4000 STATUS:v8 DESCRIPTION:v4000 ACTION_TYPE:v11 TRIGGER_BODY:l
"""
_SEQUENCES = """
SEQUENCE_OWNER:v128 SEQUENCE_NAME:v128 MIN_VALUE:n MAX_VALUE:n INCREMENT_BY:n CYCLE_FLAG:v1
ORDER_FLAG:v1 CACHE_SIZE:n LAST_NUMBER:n SCALE_FLAG:v1 EXTEND_FLAG:v1 SHARDED_FLAG:v1
SESSION_FLAG:v1 KEEP_VALUE:v1
"""


def register(registry: Registry) -> None:
    """Add this module's views."""
    registry.families(_FAMILIES)
    registry.views["OBJ"] = registry.views["USER_OBJECTS"]
    registry.family("TRIGGERS", _TRIGGERS, _triggers, seen_by="TABLE_NAME", key="TRIGGER_NAME")
    registry.family(
        "SEQUENCES", _SEQUENCES, _sequences, owner="SEQUENCE_OWNER", seen_by="SEQUENCE_NAME"
    )
