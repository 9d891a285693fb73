"""What the triggers of a partitioned table check: ORA-14400, ORA-14402, ORA-01502, and which
interval partitions are needed."""

from __future__ import annotations

import re
from dataclasses import replace

from dtm.sandbox.sql.catalog_model import Index, IndexColumn, Partitioning, Table, quote
from dtm.sandbox.sql.partitions_sql import accepts, beyond, condition, number_of, takes_all

MARK = "ORA|"  # begins the message of every RAISE of ours
_TEXT_LITERAL = re.compile(r"'(?:[^']|'')*'")


def key(part: IndexColumn, prefix: str = "") -> str:
    """An index key for SQLite, which reads a text literal alone as a column's name."""
    key = part.expression_sql or prefix + quote(str(part.name))
    return f"{key}||''" if _TEXT_LITERAL.fullmatch(key) else key


def partition_cases(table: Table, operation: str) -> list[str]:
    """ORA-14400 for a row no partition takes, ORA-14402 for one that would move."""
    partitioning = table.partitioning
    if partitioning is None:
        return []
    cases = []
    takes = _takes(partitioning)
    if takes != "1":
        cases.append(f"WHEN ({takes}) IS NOT 1 THEN RAISE(ABORT, '{MARK}14400|')")
    if operation == "update" and not partitioning.row_movement:
        moved = " OR ".join(
            f"OLD.{quote(name)} IS NOT NEW.{quote(name)}" for name in partitioning.key_columns
        )
        before, after = _place(table, partitioning, "OLD."), _place(table, partitioning, "NEW.")
        cases.append(
            f"WHEN ({moved}) AND ({before}) IS NOT ({after}) THEN RAISE(ABORT, '{MARK}14402|')"
        )
    return cases


def _takes(partitioning: Partitioning) -> str:
    """The rows that have a partition, or get one: above the transition point by the template."""
    if partitioning.interval is None:
        return accepts(partitioning, "NEW.")
    sub = partitioning.sub
    if sub is None or not sub.template or all(map(takes_all, partitioning.levels)):
        return "1"
    template = Partitioning(sub.method, sub.columns, sub.template, wide_keys=sub.wide_keys)
    made = [part for part in partitioning.partitions if part.interval]
    alone = replace(partitioning, sub=None)
    outside = [f"({condition(alone, part, 'NEW.')}) IS NOT 1" for part in made]
    new = " AND ".join([beyond(partitioning, "NEW."), *outside, f"({accepts(template, 'NEW.')})"])
    return f"({accepts(partitioning, 'NEW.')}) OR ({new})"


def _place(table: Table, partitioning: Partitioning, prefix: str) -> str:
    """A SQLite expression that differs for rows of different partitions. Above the transition
    point it goes by the interval: its partition may be made after the triggers."""
    if partitioning.interval is None:
        return number_of(partitioning, prefix)
    ranges = tuple(part for part in partitioning.partitions if not part.interval)
    key = f"{prefix}{quote(partitioning.columns[0])}"
    place = f"s1_bound({table.id}, {key})"
    sub = partitioning.sub
    if sub is not None and sub.template:
        parts = tuple(replace(part, id=i) for i, part in enumerate(sub.template, 1))
        template = Partitioning(sub.method, sub.columns, parts, wide_keys=sub.wide_keys)
        place += f" || '/' || ifnull({number_of(template, prefix)}, '')"
    below = number_of(replace(partitioning, partitions=ranges), prefix)
    return f"CASE WHEN {beyond(partitioning, prefix)} THEN {place} ELSE {below} END"


def unusable_case(table: Table, index: Index, rows: tuple[str, ...]) -> str:
    """ORA-01502 for DML that has to maintain a unique index that is UNUSABLE, or the UNUSABLE
    partition of one (Reference 19c, SKIP_UNUSABLE_INDEXES)."""
    message = literal(f"{MARK}1502|{index.owner}.{index.name}")
    tests = []
    if rows == ("OLD.", "NEW."):
        keys = [
            f"{key(part, 'OLD.')} IS NOT {key(part, 'NEW.')}"
            for part in index.columns
            if part.name is not None
        ]
        tests.append(f"({' OR '.join(keys)})" if len(keys) == len(index.columns) else "1")
    if index.status == "VALID" and table.partitioning is not None:
        parts = [
            condition(level, part, row)
            for level, part in table.partitioning.leaves
            if part.id in index.unusable
            for row in rows
        ]
        tests.append(f"({' OR '.join(parts) or '0'})")
    return f"WHEN {' AND '.join(tests) or '1'} THEN RAISE(ABORT, {message})"


def interval_note(table: Table) -> str:
    """Tell the instance which interval partitions are needed."""
    partitioning = table.partitioning
    if partitioning is None or partitioning.interval is None:
        return ""
    key = f"NEW.{quote(partitioning.columns[0])}"
    return f"SELECT s1_interval({table.id}, {key}) WHERE {beyond(partitioning, 'NEW.')};"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
