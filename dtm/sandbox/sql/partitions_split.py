"""SPLIT, MERGE and EXCHANGE PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations").

Split and merge move bounds only: a row's partition follows from its key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_alter_constraints import validate_rows
from dtm.sandbox.sql.ddl_build import broken_check, note_wide, rows_exist
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_values
from dtm.sandbox.sql.partitions_rules import key_columns, make_partition
from dtm.sandbox.sql.partitions_sql import Bound, below, condition, high_value

Change = Callable[[Table, Partitioning], Partitioning]


def named(partitioning: Partitioning, name: str) -> Partition:
    """The partition; ORA-02149."""
    found = partitioning.find(name)
    if found is None:
        raise OraError(2149)
    return found


def high_value_of(table: Table, partitioning: Partitioning, values: tuple[Bound, ...]) -> str:
    """HIGH_VALUE of these bounds."""
    return high_value(key_columns(table, partitioning), partitioning.method, values)


def no_interval(tokens: Tokens, partition: Partition, what: str) -> None:
    """Refuse what the sandbox cannot do with a partition INTERVAL made."""
    if partition.interval:
        tokens.unsupported(439, f"{what} of an interval partition")


def method_of(table: Table) -> str:
    """RANGE or LIST."""
    return table.partitioning.method if table.partitioning is not None else "RANGE"


def replaced(
    partitioning: Partitioning, old: Partition, new: tuple[Partition, ...]
) -> Partitioning:
    """The partitioning with `new` in the place of `old`."""
    index = partitioning.partitions.index(old)
    parts = partitioning.partitions
    return replace(partitioning, partitions=(*parts[:index], *new, *parts[index + 1 :]))


def refuse_parent(
    ddl: Ddl, table: Table, partitioning: Partitioning, partition: Partition
) -> None:
    """ORA-02266: enabled foreign keys point at the table and the partition has rows."""
    children = [c for c, _ in ddl.catalog.children_of(table) if c.id != table.id]
    if children and rows_exist(ddl, table, condition(partitioning, partition)):
        raise OraError(2266)


def split(ddl: Ddl, tokens: Tokens, table: Table, _: list[Table]) -> Change:
    """SPLIT PARTITION name AT (value) | VALUES (list) INTO (PARTITION a, PARTITION b)."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    method = method_of(table)
    definition = PartitionDef(None)
    if method == "RANGE":
        tokens.expect("AT", 14051)
        start = tokens.expect("(")
        row = [tokens.expression(frozenset())]
        while tokens.accept(","):
            row.append(tokens.expression(frozenset()))
        end = tokens.expect(")")
        definition.values = [row]
        definition.text = tokens.text[start.end : end.offset]
    else:
        parse_values(tokens, "LIST", definition)
    names = _into(tokens, 2)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, name)
        no_interval(tokens, partition, "SPLIT")
        bare = replace(partitioning, partitions=())
        first = make_partition(ddl, current, bare, replace(definition, name=names[0]))
        second = replace(partition, id=ddl.catalog.new_id(), name=names[1], created=now())
        if method == "RANGE":
            _check_split(partitioning, partition, first)
        else:
            rest = tuple(v for v in partition.values if v not in first.values)
            if not partition.is_default:
                if len(rest) + len(first.values) != len(partition.values) or not rest:
                    raise OraError(14313 if rest else 14310)
                text = high_value_of(current, partitioning, rest)
                second = replace(second, values=rest, text=text)
        first = replace(first, tablespace=partition.tablespace)
        split = replaced(partitioning, partition, (first, second))
        if len({p.name for p in split.partitions}) != len(split.partitions):
            raise OraError(14013)
        return split

    return change


def _into(tokens: Tokens, count: int) -> list[str]:
    """INTO (PARTITION a, PARTITION b)."""
    tokens.expect("INTO", 14051)
    tokens.expect("(")
    names: list[str] = []
    while True:
        tokens.expect("PARTITION", 14048)
        names.append(tokens.identifier(14006))
        parse_physical(tokens)
        if not tokens.accept(","):
            break
    tokens.expect(")")
    if len(names) != count:
        tokens.fail(14052)
    return names


def _check_split(partitioning: Partitioning, partition: Partition, first: Partition) -> None:
    """ORA-14080: the split value lies outside the partition."""
    index = partitioning.partitions.index(partition)
    if not below(first.values[0], partition.values[0]):
        raise OraError(14080)
    if index and not below(partitioning.partitions[index - 1].values[0], first.values[0]):
        raise OraError(14080)


def merge(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MERGE PARTITIONS a, b INTO PARTITION c."""
    tokens.accept("PARTITIONS") or tokens.expect("PARTITION", 14048)
    names = [tokens.identifier(14006)]
    while tokens.accept(","):
        names.append(tokens.identifier(14006))
    tokens.expect("INTO", 14051)
    tokens.expect("PARTITION", 14048)
    target = tokens.identifier(14006)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        parts = [named(partitioning, name) for name in names]
        for part in parts:
            no_interval(tokens, part, "MERGE")
        if len(set(names)) < 2:
            raise OraError(14270)
        positions = [partitioning.partitions.index(p) for p in parts]
        if partitioning.method == "RANGE" and positions != list(
            range(positions[0], positions[0] + len(positions))
        ):
            raise OraError(14274)
        last = parts[-1]
        merged = replace(last, id=ddl.catalog.new_id(), name=target, created=now())
        if partitioning.method == "LIST":
            default = next((p for p in parts if p.is_default), None)
            values = () if default else tuple(v for p in parts for v in p.values)
            text = "DEFAULT" if default else high_value_of(current, partitioning, values)
            merged = replace(merged, values=values, text=text, is_default=default is not None)
        kept = [p for p in partitioning.partitions if p not in parts or p is last]
        kept[kept.index(last)] = merged
        if len({p.name for p in kept}) != len(kept):
            raise OraError(14012)
        return replace(partitioning, partitions=tuple(kept))

    return change


def exchange(ddl: Ddl, tokens: Tokens, _: Table, exchanged: list[Table]) -> Change:
    """EXCHANGE PARTITION p WITH TABLE t [INCLUDING | EXCLUDING INDEXES] [WITH | WITHOUT
    VALIDATION]: the rows change places."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    tokens.expect("WITH")
    tokens.expect("TABLE")
    other = ddl.table(tokens.name(903), "ALTER", "ALTER ANY TABLE")
    exchanged.append(other)
    if tokens.accept_any("INCLUDING", "EXCLUDING"):
        tokens.expect("INDEXES")
    validation = True
    if word := tokens.accept_any("WITH", "WITHOUT"):
        tokens.expect("VALIDATION")
        validation = word == "WITH"

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, name)
        _same_shape(current, other)
        rows = condition(partitioning, partition)
        outside = rows_exist(ddl, other, f"({rows}) IS NOT 1")
        if outside and not validation:
            # Oracle would put rows where no query finds them; that is nothing to imitate.
            tokens.unsupported(437, "EXCHANGE of rows outside the partition WITHOUT VALIDATION")
        if outside:
            raise OraError(14099)
        refuse_parent(ddl, current, partitioning, partition)
        try:
            _swap_rows(ddl, current, other, rows)
        except apsw.ConstraintError:
            raise OraError(14130) from None
        except apsw.FullError:
            raise OraError(1652, 128, other.tablespace) from None
        _check_exchanged(ddl, current, other, rows)
        return partitioning

    return change


def _check_exchanged(ddl: Ddl, table: Table, other: Table, rows: str) -> None:
    """The tables' constraints hold for the rows that came (ORA-14118, ORA-14128)."""
    for each, came in ((table, rows), (other, "1")):
        if broken_check(ddl, each, came) is not None:
            raise OraError(14118)
        for constraint in each.constraints:
            if constraint.type == "R" and constraint.enabled:
                try:
                    validate_rows(ddl, each, constraint)
                except OraError:
                    raise OraError(14128) from None
    note_wide(ddl, table)
    note_wide(ddl, other)


def _same_shape(table: Table, other: Table) -> None:
    """ORA-14096, ORA-14097: number and type of columns must be the same."""
    if other.partitioning is not None or other.temporary or other.id == table.id:
        raise OraError(14292 if other.partitioning else 14095)
    if len(table.columns) != len(other.columns):
        raise OraError(14096)
    for mine, its in zip(table.columns, other.columns, strict=True):
        if mine.type != its.type or mine.nullable != its.nullable:
            raise OraError(14097)


def _swap_rows(ddl: Ddl, table: Table, other: Table, rows: str) -> None:
    run = ddl.database.run
    mine, its = storage_tables.column_list(table), storage_tables.column_list(other)
    run('DROP TABLE IF EXISTS temp."#EX"')
    run(f'CREATE TEMP TABLE "#EX" AS SELECT {mine} FROM {table.target} WHERE {rows}')
    run(f"DELETE FROM {table.target} WHERE {rows}")
    run(f"INSERT INTO {table.target}({mine}) SELECT {its} FROM {other.target}")
    run(f"DELETE FROM {other.target}")
    run(f'INSERT INTO {other.target}({its}) SELECT * FROM temp."#EX"')
    run('DROP TABLE temp."#EX"')
