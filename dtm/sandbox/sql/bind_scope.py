"""Resolving column names through the query blocks.

SQL Language Reference 19c, "Database Object Names and Qualifiers"; "Pseudocolumns".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Source, Typed


def identifier_text(path: tuple[str, ...]) -> str:
    """A name as ORA-00904 shows it."""
    return ".".join(f'"{part}"' for part in path)


def invalid_identifier(name: n.Name | n.Call) -> OraError:
    return OraError(904, identifier_text(name.path), offset=name.at)


def find_column(scope: Scope, name: n.Name) -> Typed | None:
    """The column a name means in this block or an outer one; None when there is none.

    ORA-00918 when several sources have it. A known qualifier without the column is ORA-00904.
    """
    block: Scope | None = scope
    inner = True
    while block is not None:
        found = _in_block(block, name)
        if found is not None:
            if not inner:
                _mark_correlated(scope, block)
            return _seen(block, found, name)
        block, inner = block.parent, False
    return None


def _mark_correlated(scope: Scope, owner: Scope) -> None:
    block: Scope | None = scope
    while block is not None and block is not owner:
        block.correlated = True
        block = block.parent


def _in_block(block: Scope, name: n.Name) -> Typed | None:
    path = name.path
    if len(path) == 1:
        return _unqualified(block, name)
    return _qualified(block, name, path[:-1], path[-1])


def _unqualified(block: Scope, name: n.Name) -> Typed | None:
    column = name.path[0]
    if column == "ROWID" and not name.parts[0].quoted:
        return _only_row(block, name)
    merged = block.merged.get(column)
    if merged is not None:
        return merged
    found: Typed | None = None
    for source in block.sources:
        if column in source.ambiguous:
            raise OraError(918, offset=name.at)
        candidate = source.columns.get(column)
        if candidate is None:
            continue
        if found is not None:
            raise OraError(918, offset=name.at)
        found = candidate.value
    return found


def _only_row(block: Scope, name: n.Name) -> Typed | None:
    rows = [s for s in block.sources if "ROWID" in s.columns]
    if len(rows) > 1:
        raise OraError(918, offset=name.at)
    if rows:
        return rows[0].columns["ROWID"].value
    if block.sources:
        raise OraError(1446, offset=name.at)
    return None


def _qualified(
    block: Scope, name: n.Name, qualifier: tuple[str, ...], column: str
) -> Typed | None:
    sources = [s for s in block.sources if s.matches(qualifier)]
    if not sources:
        return None
    if len(sources) > 1:
        raise OraError(918, offset=name.at)
    source = sources[0]
    if column in block.merged and column in source.columns:
        raise OraError(25154, offset=name.at)
    if column in source.ambiguous:
        raise OraError(918, offset=name.at)
    found = source.columns.get(column)
    if found is None:
        raise invalid_identifier(name)
    return found.value


def _seen(block: Scope, value: Typed, name: n.Name) -> Typed:
    """A column as the block's present phase sees it; noted as standing outside aggregates."""
    block.references += 1
    if not block.in_aggregate:
        block.loose.append((name.at, name.path[-1]))
    return staged(block, value)


def staged(block: Scope, value: Typed) -> Typed:
    """The value through the block's stage, if one is active."""
    if block.stage is None:
        return value
    if value.row is not None:
        outside = block.stage.outside(value.row.sql)
        row = type(value.row)(value.row.table, outside)
        moved = value.moved(value.sql.replace(value.row.sql, outside))
        return Typed(moved.sql, value.type, value.nullable, row=row)
    return value.moved(block.stage.outside(value.sql))


def find_source(scope: Scope, qualifier: tuple[str, ...]) -> Source | None:
    """The source `t.*` means."""
    found = [s for s in scope.sources if s.matches(qualifier)]
    return found[0] if len(found) == 1 else None
