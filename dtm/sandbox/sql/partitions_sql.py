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
SUBPARTITION_MARK = "\0"  # before a name: a subpartition is meant


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
    own = _own_condition(partitioning, partition, prefix)
    if partitioning.outer is None:
        return own
    return f"({condition(*partitioning.outer, prefix)} AND {own})"


def _own_condition(partitioning: Partitioning, partition: Partition, prefix: str) -> str:
    """Without what the partition around a subpartition says."""
    columns = partitioning.columns
    if partitioning.method == "LIST":
        return _list_condition(partitioning, partition, f"{prefix}{quote(columns[0])}")
    index = [part.id for part in partitioning.partitions].index(partition.id)
    if partitioning.method == "HASH":
        key = ", ".join(f"{prefix}{quote(name)}" for name in columns)
        return f"(s1_bucket({len(partitioning.partitions)}, {key})={index})"
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


def takes_all(partitioning: Partitioning) -> bool:
    """True when every row has its place: hash, DEFAULT, MAXVALUE."""
    if partitioning.method == "HASH":
        return True
    if partitioning.method == "LIST":
        return any(part.is_default for part in partitioning.partitions)
    return all(value is None for value in partitioning.partitions[-1].values[0])


def accepts(partitioning: Partitioning, prefix: str = "") -> str:
    """The SQLite condition for rows some partition takes (else ORA-14400)."""
    if partitioning.sub is not None and not all(map(takes_all, partitioning.levels)):
        return " OR ".join(
            f"({_own_condition(partitioning, part, prefix)} "
            f"AND ({accepts(partitioning.inner(part), prefix)}))"
            for part in partitioning.partitions
        )
    if partitioning.method == "HASH":
        return "1"
    if partitioning.method == "LIST":
        return " OR ".join(
            _own_condition(partitioning, p, prefix) for p in partitioning.partitions
        )
    return less_than(partitioning, partitioning.partitions[-1].values[0], prefix)


def number_of(partitioning: Partitioning, prefix: str) -> str:
    """A SQLite expression: the id of the (sub)partition a row is in (NULL: none)."""
    if partitioning.sub is None:
        cases = " ".join(
            f"WHEN {_own_condition(partitioning, part, prefix)} THEN {part.id}"
            for part in partitioning.partitions
        )
    else:
        cases = " ".join(
            f"WHEN {_own_condition(partitioning, part, prefix)} "
            f"THEN {number_of(partitioning.inner(part), prefix)}"
            for part in partitioning.partitions
        )
    return f"CASE {cases} END"


def beyond(partitioning: Partitioning, prefix: str) -> str:
    """The SQLite condition for rows above the transition point of interval partitioning."""
    last = [part for part in partitioning.partitions if not part.interval][-1]
    return f"({less_than(partitioning, last.values[0], prefix)}) IS NOT 1"


def named(partitioning: Partitioning, name: str) -> tuple[Partitioning, Partition] | None:
    """The partition called `name`, or with SUBPARTITION_MARK before the name the subpartition."""
    sub = name.startswith(SUBPARTITION_MARK)
    return located(partitioning, name.removeprefix(SUBPARTITION_MARK), sub=sub)


def located(
    partitioning: Partitioning, name: str, *, sub: bool
) -> tuple[Partitioning, Partition] | None:
    """The partition or subpartition called `name`, with its level."""
    if not sub:
        found = partitioning.find(name)
        return (partitioning, found) if found is not None else None
    for level, part in partitioning.leaves if partitioning.sub is not None else ():
        if part.name == name:
            return level, part
    return None
