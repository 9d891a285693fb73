"""What open cursors tell: attributes, shapes, rows of FOR UPDATE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.hosts import SqlSite
from dtm.sandbox.interpreter.compiler.symbols import (
    Run,
)
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax.tree import SqlText
from dtm.sandbox.interpreter.values import Cursor
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.rows import LockedRows

Value = Any


def query_runner(site: SqlSite, *, for_update: bool) -> Callable[[Frame], object]:
    def run(f: Frame) -> None:
        compiled, result = site.run(f)
        if for_update:
            rows = result.rows
            ids = [row[-1] for row in rows]
            shown = rows.without_last() if isinstance(rows, LockedRows) else rows
            f.ret = (compiled.columns[:-1], shown, ids)
        else:
            f.ret = (compiled.columns, result.rows, None)

    return run


def opened(cursor: Cursor | None) -> Cursor:
    """The cursor; ORA-01001 for a cursor variable that refers to none."""
    if cursor is None:
        raise OraError(1001)
    return cursor


def check_shape(cursor: Cursor, into: Any) -> None:
    if len(cursor.columns) != len(into.types):
        raise OraError(
            6504, message="PL/SQL: Return types of Result Set variables or query do not match"
        )


def _still_open(cursor: Cursor | None) -> Cursor:
    """The cursor; ORA-01001 unless it is open."""
    if not (found := opened(cursor)).is_open:
        raise OraError(1001)
    return found


def _found(load: Run) -> Run:
    def run(f: Frame) -> Value:
        return _still_open(load(f)).found

    return run


def _not_found(load: Run) -> Run:
    found = _found(load)

    def run(f: Frame) -> Value:
        value = found(f)
        return None if value is None else not value

    return run


def _row_count(load: Run) -> Run:
    def run(f: Frame) -> Value:
        return _still_open(load(f)).position

    return run


def _is_open(load: Run) -> Run:
    def run(f: Frame) -> Value:
        cursor = load(f)
        return cursor is not None and cursor.is_open

    return run


ATTRIBUTE_READERS: dict[str, Callable[[Run], Run]] = {
    "FOUND": _found,
    "NOTFOUND": _not_found,
    "ROWCOUNT": _row_count,
    "ISOPEN": _is_open,
}


def some(count: int | None) -> bool | None:
    return None if count is None else count > 0


def none(count: int | None) -> bool | None:
    return None if count is None else count == 0


def bulk_count(f: Frame, index: int) -> int:
    counts = f.rt.cursor.bulk_rowcount
    if index not in counts:
        raise OraError(6533)
    return counts[index]


def bulk_error(f: Frame, index: int) -> tuple[int, int]:
    errors = f.rt.cursor.bulk_errors
    if not 1 <= index <= len(errors):
        raise OraError(6533)
    return errors[index - 1]


def rowid_insertion(query: SqlText) -> list[tuple[int, int, str]]:
    """Where to put `, ROWID` into a FOR UPDATE query; nothing when it is not one."""
    tokens = query.tokens
    depth = 0
    from_at = star = None
    for_update = False
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth:
            continue
        if token.value == "FROM" and from_at is None:
            from_at = index
        if token.value == "UPDATE" and index and tokens[index - 1].value == "FOR":
            for_update = True
    if not for_update or from_at is None or from_at + 1 >= len(tokens):
        return []
    before = tokens[from_at - 1].end - query.start
    if from_at == 2 and tokens[1].text == "*":
        star = tokens[from_at + 1]
        alias = tokens[from_at + 2] if from_at + 2 < len(tokens) else None
        reserved = ("WHERE", "FOR", "ORDER", ",")
        name = star.text if alias is None or alias.value in reserved else alias.text
        if alias is not None and alias.text == ".":
            return []
        begin = tokens[1].offset - query.start
        return [(begin, before, f"{name}.*, {name}.ROWID")]
    return [(before, before, ", ROWID")]
