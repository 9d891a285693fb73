"""ALTER TABLE ... PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_build import rows_exist
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_drop import empty
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_partition, parse_values
from dtm.sandbox.sql.partitions_rules import add_partition, key_columns, make_partition
from dtm.sandbox.sql.partitions_sql import Bound, below, condition, high_value

PARTITION_VERBS = (
    "ADD", "DROP", "TRUNCATE", "SPLIT", "MERGE", "EXCHANGE", "RENAME", "MOVE", "MODIFY", "COALESCE",
)  # fmt: skip
Change = Callable[[Table, Partitioning], Partitioning]


def alter_partitions(ddl: Ddl, tokens: Tokens, table: Table) -> DdlResult:
    """One partition maintenance operation; it commits, locks the table, has no undo."""
    if table.partitioning is None:
        raise OraError(14501)
    verb = tokens.advance().value
    if tokens.at("SUBPARTITION"):
        tokens.unsupported(132, "subpartitions")
    exchanged: list[Table] = []
    change = _PARSERS[verb](ddl, tokens, table, exchanged)
    _index_clauses(tokens)
    tokens.finish(14048)

    def work() -> None:
        current = ddl.catalog.table_by_id(table.id) or table
        if current.partitioning is None:
            raise OraError(14501)
        partitioning = change(current, current.partitioning)
        current = ddl.catalog.table_by_id(table.id) or table
        changed = replace(current, partitioning=partitioning, last_ddl=now())
        ddl.catalog.put(changed)
        ddl.database.reattach_table(changed)
        ddl.invalidate(table.owner, table.name)

    ddl.run(work, table, *exchanged)
    return DdlResult("ALTER TABLE")


def _index_clauses(tokens: Tokens) -> None:
    """UPDATE [GLOBAL] INDEXES and friends: indexes are always kept usable here."""
    while True:
        if tokens.accept_any("UPDATE", "INVALIDATE"):
            tokens.accept("GLOBAL")
            tokens.expect("INDEXES", 14048)
            if tokens.at("("):
                tokens.parenthesised()
        elif (
            tokens.accept("DROP", "STORAGE")
            or tokens.accept("REUSE", "STORAGE")
            or tokens.accept("DROP", "ALL", "STORAGE")
            or tokens.accept_any("ONLINE", "CASCADE")
        ):
            continue
        elif not parse_physical(tokens):
            return


def _named(partitioning: Partitioning, name: str) -> Partition:
    found = partitioning.find(name)
    if found is None:
        raise OraError(2149)
    return found


def _text(table: Table, partitioning: Partitioning, values: tuple[Bound, ...]) -> str:
    return high_value(key_columns(table, partitioning), partitioning.method, values)


def _no_interval(tokens: Tokens, partition: Partition, what: str) -> None:
    if partition.interval:
        tokens.unsupported(139, f"{what} of an interval partition")


def _name_of(tokens: Tokens) -> str:
    """PARTITION name."""
    tokens.expect("PARTITION", 14048)
    if tokens.at("FOR"):
        tokens.unsupported(136, "PARTITION FOR (...)")
    return tokens.identifier(14006)


def _add(ddl: Ddl, tokens: Tokens, table: Table, _: list[Table]) -> Change:
    definitions = [parse_partition(tokens, _method(table))]
    while tokens.accept(","):
        definitions.append(parse_partition(tokens, _method(table)))

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        if partitioning.interval is not None:
            raise OraError(14760)
        for definition in definitions:
            last = partitioning.partitions[-1]
            made = make_partition(ddl, current, partitioning, definition)
            if partitioning.method == "RANGE" and not below(last.values[0], made.values[0]):
                raise OraError(14074)
            partitioning = add_partition(ddl, current, partitioning, definition)
        return partitioning

    return change


def _method(table: Table) -> str:
    return table.partitioning.method if table.partitioning is not None else "RANGE"


def _drop(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    tokens.accept("PARTITION") or tokens.expect("PARTITIONS", 14048)
    names = [tokens.identifier(14006)]
    while tokens.accept(","):
        names.append(tokens.identifier(14006))

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        for name in names:
            partition = _named(partitioning, name)
            if len(partitioning.partitions) == 1:
                raise OraError(14083)
            ranges = [p for p in partitioning.partitions if not p.interval]
            if ranges == [partition]:
                raise OraError(14758)
            _refuse_parent(ddl, current, partitioning, partition)
            empty(ddl, current, condition(partitioning, partition))
            kept = tuple(p for p in partitioning.partitions if p is not partition)
            partitioning = replace(partitioning, partitions=kept)
        return partitioning

    return change


def _refuse_parent(
    ddl: Ddl, table: Table, partitioning: Partitioning, partition: Partition
) -> None:
    """ORA-02266: enabled foreign keys point at the table and the partition has rows."""
    children = [c for c, _ in ddl.catalog.children_of(table) if c.id != table.id]
    if children and rows_exist(ddl, table, condition(partitioning, partition)):
        raise OraError(2266)


def _truncate(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    name = _name_of(tokens)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = _named(partitioning, name)
        _refuse_parent(ddl, current, partitioning, partition)
        empty(ddl, current, condition(partitioning, partition))
        return partitioning

    return change


def _rename(_: Ddl, tokens: Tokens, __: Table, ___: list[Table]) -> Change:
    tokens.expect("PARTITION", 14048)
    old = tokens.identifier(14006)
    tokens.expect("TO")
    new = tokens.identifier(14006)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        partition = _named(partitioning, old)
        if partitioning.find(new) is not None:
            raise OraError(14081)
        return _swap(partitioning, partition, (replace(partition, name=new),))

    return change


def _swap(partitioning: Partitioning, old: Partition, new: tuple[Partition, ...]) -> Partitioning:
    index = partitioning.partitions.index(old)
    parts = partitioning.partitions
    return replace(partitioning, partitions=(*parts[:index], *new, *parts[index + 1 :]))


def _move(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MOVE PARTITION: rewriting in place is nothing to see; another tablespace is recorded."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    properties = parse_physical(tokens)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        partition = _named(partitioning, name)
        tablespace = properties.get("TABLESPACE", partition.tablespace)
        if ddl.catalog.tablespace(tablespace) is None:
            raise OraError(959, tablespace)
        moved = replace(partition, tablespace=tablespace)
        return _swap(partitioning, partition, (moved,))

    return change


def _modify(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MODIFY PARTITION name ADD | DROP VALUES (...) of a list; physical clauses are recorded."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    verb = tokens.accept_any("ADD", "DROP")
    definition = PartitionDef(name)
    if verb is not None:
        parse_values(tokens, "LIST", definition)
    else:
        tokens.accept("REBUILD", "UNUSABLE", "LOCAL", "INDEXES")
        tokens.accept("UNUSABLE", "LOCAL", "INDEXES")

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = _named(partitioning, name)
        if verb is None:
            return partitioning
        if partitioning.method != "LIST" or partition.is_default:
            raise OraError(14318)
        bare = replace(partitioning, partitions=())
        values = make_partition(ddl, current, bare, definition).values
        if verb == "ADD":
            changed = _with_values(ddl, current, partitioning, partition, values)
        else:
            if not set(values) <= set(partition.values):
                raise OraError(14313)
            kept = tuple(v for v in partition.values if v not in values)
            if not kept:
                raise OraError(14317)
            changed = replace(partition, values=kept, text=_text(current, partitioning, kept))
            trial = replace(partition, values=values)
            if rows_exist(ddl, current, condition(partitioning, trial)):
                raise OraError(14518)
        return _swap(partitioning, partition, (changed,))

    return change


def _with_values(
    ddl: Ddl,
    table: Table,
    partitioning: Partitioning,
    partition: Partition,
    values: tuple[tuple[int | float | str | bytes | None, ...], ...],
) -> Partition:
    known = {v for p in partitioning.partitions for v in p.values}
    if known & set(values):
        raise OraError(14312)
    default = next((p for p in partitioning.partitions if p.is_default), None)
    if default is not None:
        trial = replace(partition, values=values)
        if rows_exist(ddl, table, condition(partitioning, trial)):
            raise OraError(14324)
    merged = (*partition.values, *values)
    return replace(partition, values=merged, text=_text(table, partitioning, merged))


def _split(ddl: Ddl, tokens: Tokens, table: Table, _: list[Table]) -> Change:
    """SPLIT PARTITION name AT (value) | VALUES (list) INTO (PARTITION a, PARTITION b)."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    method = _method(table)
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
        partition = _named(partitioning, name)
        _no_interval(tokens, partition, "SPLIT")
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
                text = _text(current, partitioning, rest)
                second = replace(second, values=rest, text=text)
        first = replace(first, tablespace=partition.tablespace)
        split = _swap(partitioning, partition, (first, second))
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


def _merge(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MERGE PARTITIONS a, b INTO PARTITION c."""
    tokens.accept("PARTITIONS") or tokens.expect("PARTITION", 14048)
    names = [tokens.identifier(14006)]
    while tokens.accept(","):
        names.append(tokens.identifier(14006))
    tokens.expect("INTO", 14051)
    tokens.expect("PARTITION", 14048)
    target = tokens.identifier(14006)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        parts = [_named(partitioning, name) for name in names]
        for part in parts:
            _no_interval(tokens, part, "MERGE")
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
            text = "DEFAULT" if default else _text(current, partitioning, values)
            merged = replace(merged, values=values, text=text, is_default=default is not None)
        kept = [p for p in partitioning.partitions if p not in parts or p is last]
        kept[kept.index(last)] = merged
        if len({p.name for p in kept}) != len(kept):
            raise OraError(14012)
        return replace(partitioning, partitions=tuple(kept))

    return change


def _exchange(ddl: Ddl, tokens: Tokens, _: Table, exchanged: list[Table]) -> Change:
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
        partition = _named(partitioning, name)
        _same_shape(current, other)
        rows = condition(partitioning, partition)
        outside = rows_exist(ddl, other, f"({rows}) IS NOT 1")
        if outside and not validation:
            # Oracle would put rows where no query finds them; that is nothing to imitate.
            tokens.unsupported(137, "EXCHANGE of rows outside the partition WITHOUT VALIDATION")
        if outside:
            raise OraError(14099)
        try:
            _swap_rows(ddl, current, other, rows)
        except apsw.ConstraintError:
            raise OraError(14130) from None
        except apsw.FullError:
            raise OraError(1652, 128, other.tablespace) from None
        return partitioning

    return change


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


def _refused(_: Ddl, tokens: Tokens, __: Table, ___: list[Table]) -> Change:
    tokens.unsupported(138, "COALESCE PARTITION")


_PARSERS: dict[str, Callable[[Ddl, Tokens, Table, list[Table]], Change]] = {
    "ADD": _add,
    "DROP": _drop,
    "TRUNCATE": _truncate,
    "SPLIT": _split,
    "MERGE": _merge,
    "EXCHANGE": _exchange,
    "RENAME": _rename,
    "MOVE": _move,
    "MODIFY": _modify,
    "COALESCE": _refused,
}
