"""Partitions in SQLite: the condition that selects a partition's rows.

A partitioned table is one file table; the partition a row is in follows from its key columns.
Range: NULL sorts above every value, so only MAXVALUE takes it (VLDB and Partitioning Guide 19c,
"Partitioning Concepts").
"""

from __future__ import annotations

from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, TableColumn, quote
from dtm.sandbox.sql.encoding import Encoded, number_key

Bound = tuple[Encoded, ...]


def high_value(columns: list[TableColumn], method: str, values: tuple[Bound, ...]) -> str:
    """HIGH_VALUE as the dictionary shows it: literals in Oracle's own writing."""
    null = "MAXVALUE" if method == "RANGE" else "NULL"
    return ", ".join(
        _literal(column, value, null)
        for bound in values
        for column, value in zip(columns, bound, strict=True)
    )


def _literal(column: TableColumn, value: Encoded, null: str) -> str:
    if value is None:
        return null
    if isinstance(value, bytes):
        return f"HEXTORAW('{value.hex().upper()}')"
    if column.type.kind == Kind.DATE:
        return f"TO_DATE(' {value}', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')"
    if column.type.kind == Kind.TIMESTAMP:
        return f"TIMESTAMP' {value}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def below(left: Bound, right: Bound) -> bool:
    """left < right as range bounds: None is MAXVALUE."""
    for a, b in zip(left, right, strict=True):
        if a == b:
            continue
        if a is None:
            return False
        if b is None:
            return True
        return bool(a < b)  # type: ignore[operator]
    return False


def sql_literal(value: Encoded) -> str:
    """An encoded value as SQLite literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def less_than(partitioning: Partitioning, bound: Bound, prefix: str = "") -> str:
    """The rows below a range bound, NULL keys being the greatest."""
    columns = partitioning.columns
    parts = []
    for index, value in enumerate(bound):
        equal = [f"{prefix}{quote(columns[i])} IS {sql_literal(bound[i])}" for i in range(index)]
        if value is None:  # MAXVALUE: every value and NULL lie below
            parts.append(" AND ".join([*equal, "1"]))
            break
        name = f"{prefix}{quote(columns[index])}"
        below_it = _below_value(name, value, wide=columns[index] in partitioning.wide_keys)
        parts.append(" AND ".join([*equal, below_it]))
    return "(" + " OR ".join(parts) + ")"


def _below_value(name: str, value: Encoded, *, wide: bool) -> str:
    plain = f"{name} < {sql_literal(value)}"
    if not wide:
        return plain
    key = sql_literal(number_key(value))
    if isinstance(value, bytes):
        return f"(s1_number_key({name}) < {key})"
    return f"(CASE typeof({name}) WHEN 'blob' THEN s1_number_key({name}) < {key} ELSE {plain} END)"


def condition(partitioning: Partitioning, partition: Partition, prefix: str = "") -> str:
    """The SQLite condition that holds for the rows of one partition, and only for them."""
    columns = partitioning.columns
    if partitioning.method == "LIST":
        return _list_condition(partitioning, partition, f"{prefix}{quote(columns[0])}")
    index = partitioning.partitions.index(partition)
    if partition.lower is not None:
        lower = less_than(partitioning, partition.lower, prefix)
        return f"({less_than(partitioning, partition.values[0], prefix)} AND {lower} IS NOT 1)"
    upper = less_than(partitioning, partition.values[0], prefix)
    if index == 0:
        return upper
    lower = less_than(partitioning, partitioning.partitions[index - 1].values[0], prefix)
    return f"({upper} AND {lower} IS NOT 1)"


def _list_condition(partitioning: Partitioning, partition: Partition, name: str) -> str:
    if partition.is_default:
        others = [
            _list_condition(partitioning, other, name)
            for other in partitioning.partitions
            if not other.is_default
        ]
        return f"(({' OR '.join(others) or '0'}) IS NOT 1)"
    values = [value[0] for value in partition.values]
    parts = [f"{name} IS NULL"] if None in values else []
    known = ", ".join(sql_literal(value) for value in values if value is not None)
    if known:
        parts.append(f"{name} IN ({known})")
    return "(" + " OR ".join(parts) + ")"


def accepts(partitioning: Partitioning, prefix: str = "") -> str:
    """The SQLite condition for rows some partition takes (else ORA-14400)."""
    if partitioning.method == "LIST":
        return " OR ".join(condition(partitioning, p, prefix) for p in partitioning.partitions)
    return less_than(partitioning, partitioning.partitions[-1].values[0], prefix)


def number_of(partitioning: Partitioning, prefix: str) -> str:
    """A SQLite expression: which partition a row is in (NULL: none)."""
    cases = " ".join(
        f"WHEN {condition(partitioning, part, prefix)} THEN {part.id}"
        for part in partitioning.partitions
    )
    return f"CASE {cases} END"


def beyond(partitioning: Partitioning, prefix: str) -> str:
    """The SQLite condition for rows above the transition point of interval partitioning."""
    last = [part for part in partitioning.partitions if not part.interval][-1]
    return f"({less_than(partitioning, last.values[0], prefix)}) IS NOT 1"
