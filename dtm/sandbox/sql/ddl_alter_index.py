"""ALTER INDEX (SQL Language Reference 19c; VLDB and Partitioning Guide, "Maintenance Operations
for Partitioned Indexes"): what is physical is recorded, UNUSABLE and REBUILD are real."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Index, Table
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_index import existing_index
from dtm.sandbox.sql.ddl_index_state import set_state
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens

_SWITCHES = {"VISIBLE": True, "INVISIBLE": False}
_RECORDED = ("COALESCE", "SHRINK", "MONITORING", "NOMONITORING", "COMPILE", "ENABLE", "DISABLE")


@dataclass(slots=True)
class _Changes:
    """What a statement asks for. `usable`: None as it is. `part`: of one partition only."""

    usable: bool | None = None
    visible: bool | None = None
    part: str | None = None
    sub: bool = False
    rebuild: bool = False
    renamed: str | None = None
    properties: dict[str, str] = field(default_factory=dict)


def alter_index(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER INDEX name REBUILD [PARTITION p] | RENAME TO | UNUSABLE | MODIFY PARTITION ... |
    VISIBLE ..."""
    tokens.expect("INDEX")
    index = existing_index(ddl, tokens, "ALTER ANY INDEX")
    if tokens.accept("RENAME", "TO"):
        new_name = tokens.identifier(953)
        tokens.finish()
        return _rename(ddl, index, new_name)
    changes = _Changes()
    while not tokens.at_end():
        if not _clause(tokens, changes):
            tokens.finish(2243)
    table = ddl.catalog.table(*index.table)
    if table is None:
        raise OraError(1418)
    if changes.rebuild and index.local and changes.part is None:
        raise OraError(14086)
    tablespace = changes.properties.pop("TABLESPACE", None)
    if tablespace is not None and ddl.catalog.tablespace(tablespace) is None:
        raise OraError(959, tablespace)

    def work() -> None:
        current = ddl.catalog.index(index.owner, index.name) or index
        _apply(ddl, table, current, changes, tablespace)
        ddl.database.reattach_table(table)

    ddl.run(work, table)
    return DdlResult("ALTER INDEX")


def _clause(tokens: Tokens, changes: _Changes) -> bool:
    """One clause; False when nothing was understood."""
    if found := parse_physical(tokens):
        changes.properties.update(found)
    elif tokens.accept("REBUILD"):
        changes.rebuild = changes.usable = True
        _partition(tokens, changes)
    elif tokens.accept("MODIFY"):
        if not _partition(tokens, changes):
            tokens.fail(14050)
    elif tokens.accept("UNUSABLE"):
        tokens.accept("ONLINE")
        changes.usable = False
    elif tokens.accept("RENAME"):
        if not _partition(tokens, changes):
            tokens.fail(14155)
        tokens.expect("TO")
        changes.renamed = tokens.identifier(14006)
    elif word := tokens.accept_any(*_SWITCHES):
        changes.visible = _SWITCHES[word]
    elif word := tokens.accept_any(*_RECORDED):
        _recorded(tokens, word, changes)
    elif tokens.at_any("SPLIT", "DROP", "ADD"):
        tokens.unsupported(433, "globally partitioned index")
    else:
        return False
    return True


def _partition(tokens: Tokens, changes: _Changes) -> bool:
    word = tokens.accept_any("PARTITION", "SUBPARTITION")
    if word is None:
        return False
    changes.sub = word == "SUBPARTITION"
    changes.part = tokens.identifier(14006)
    return True


def _recorded(tokens: Tokens, word: str, changes: _Changes) -> None:
    if word == "SHRINK":
        tokens.expect("SPACE")
        tokens.accept("COMPACT")
    elif word in ("MONITORING", "NOMONITORING"):
        tokens.expect("USAGE")
        changes.properties["MONITORED"] = "YES" if word == "MONITORING" else "NO"
    elif word == "COALESCE":
        tokens.accept("CLEANUP")
        _partition(tokens, changes)


def _apply(
    ddl: Ddl, table: Table, index: Index, changes: _Changes, tablespace: str | None
) -> None:
    """The index as the statement leaves it; ORA-01452 for a REBUILD that finds double keys."""
    index = replace(
        index,
        tablespace=tablespace if tablespace and changes.part is None else index.tablespace,
        last_ddl=now(),
        properties={**index.properties, **changes.properties},
        visible=index.visible if changes.visible is None else changes.visible,
    )
    ddl.catalog.put(index)
    if changes.part is None:
        parts = table.partitioning.leaves if index.local and table.partitioning else ()
        if changes.usable is not None and index.local:
            unusable = frozenset[int]() if changes.usable else {part.id for _, part in parts}
            set_state(ddl, table, index, unusable=unusable)
        elif changes.usable is not None:
            set_state(ddl, table, index, status="VALID" if changes.usable else "UNUSABLE")
        return
    ids = _part_ids(table, index, changes)
    if changes.renamed is not None:
        names = {**index.part_names, **dict.fromkeys(ids[:1], changes.renamed)}
        ddl.catalog.put(replace(index, part_names=names))
    elif changes.usable is not None:
        gone = frozenset(ids)
        unusable = index.unusable - gone if changes.usable else index.unusable | gone
        set_state(ddl, table, index, unusable=unusable)


def _part_ids(table: Table, index: Index, changes: _Changes) -> list[int]:
    """The partition meant, and those beneath it; ORA-14501, ORA-01517, ORA-14287."""
    if not index.local or table.partitioning is None:
        raise OraError(14501)
    partitioning = table.partitioning
    levels = partitioning.levels if changes.sub else (partitioning,)
    for level in levels:
        for part in level.partitions:
            if index.part_names.get(part.id, part.name) == changes.part:
                if part.subpartitions and changes.rebuild:
                    raise OraError(14287)
                return [part.id, *(sub.id for sub in part.subpartitions)]
    raise OraError(14251 if changes.sub else 2149)


def _rename(ddl: Ddl, index: Index, name: str) -> DdlResult:
    if ddl.catalog.index(index.owner, name) is not None:
        raise OraError(955)
    table = ddl.catalog.table(*index.table)

    def work() -> None:
        ddl.catalog.remove(index)
        ddl.catalog.put(replace(index, name=name, last_ddl=now()))
        if table is not None:
            constraints = tuple(
                replace(c, index=name) if c.index == index.name else c for c in table.constraints
            )
            ddl.catalog.put(replace(table, constraints=constraints))

    ddl.run(work)
    return DdlResult("ALTER INDEX")
