"""SPLIT and MERGE PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations").

They move bounds only: a row's partition follows from its key.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_interval import solidified
from dtm.sandbox.sql.partitions_operation import (
    Change,
    Operation,
    Which,
    high_value_of,
    replaced,
)
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_subs, parse_values
from dtm.sandbox.sql.partitions_rules import make_partition, with_subs
from dtm.sandbox.sql.partitions_sql import Bound, below
from dtm.sandbox.sql.partitions_template import from_template


def split(op: Operation, tokens: Tokens) -> Change:
    """SPLIT PARTITION name AT (value) | VALUES (list) [INTO (PARTITION a, PARTITION b)], or
    INTO (PARTITION a VALUES ..., PARTITION b VALUES ..., PARTITION last)."""
    which = op.parse_one(tokens)
    pieces = _parse_pieces(op, tokens)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        lower = part.lower
        if part.interval:
            level = solidified(level, part)
            part = next(p for p in level.partitions if p.id == part.id)
        made = _pieces(op, current, level, part, pieces, lower)
        result = replaced(level, part, tuple(made))
        _check_names(op, partitioning, result, {part.id})
        if sum(op.has_rows(result, piece) for piece in made) > 1:
            op.spoil(*made)
        else:  # VLDB Guide, "Optimizing SPLIT PARTITION": the indexes stay as they are
            op.inherit((part,), tuple(made))
        return op.put(partitioning, result)

    return change


def _parse_pieces(op: Operation, tokens: Tokens) -> list[PartitionDef]:
    """The resulting partitions; the last one has no values."""
    if op.method == "HASH":
        raise OraError(14206 if op.sub else 14255)
    first: PartitionDef | None = None
    if tokens.accept("AT"):
        if op.method == "LIST":
            raise OraError(14213 if op.sub else 14310)
        first = PartitionDef(None, values=[_row(tokens)])
    elif tokens.at("VALUES"):
        if op.method == "RANGE":
            raise OraError(14311)
        first = PartitionDef(None)
        parse_values(tokens, "LIST", first)
    pieces = _into(op, tokens, described=first is None)
    if first is not None:
        if not pieces:
            pieces = [PartitionDef(None), PartitionDef(None)]
        if len(pieces) != 2:
            tokens.fail(14256)
        pieces[0].values = first.values
    if len(pieces) == 1:
        tokens.fail(14804)
    if not pieces:
        tokens.fail(14028)
    if pieces[-1].values or not all(p.values for p in pieces[:-1]):
        tokens.fail(14256)
    return pieces


def _row(tokens: Tokens) -> list[str]:
    tokens.expect("(")
    row = [tokens.expression(frozenset())]
    while tokens.accept(","):
        row.append(tokens.expression(frozenset()))
    tokens.expect(")")
    return row


def _into(op: Operation, tokens: Tokens, *, described: bool) -> list[PartitionDef]:
    """INTO (PARTITION [name] [VALUES ...] [properties], ...)."""
    if not tokens.accept("INTO"):
        return []
    word = "SUBPARTITION" if op.sub else "PARTITION"
    partitioning = op.table.partitioning
    sub = partitioning.sub if partitioning is not None and not op.sub else None
    tokens.expect("(")
    found: list[PartitionDef] = []
    while True:
        offset = tokens.here.offset
        tokens.expect(word, 14004)
        unnamed = tokens.at_any(",", ")", "VALUES", "TABLESPACE")
        piece = PartitionDef(None if unnamed else tokens.identifier(14006), offset=offset)
        if described and tokens.at("VALUES"):
            parse_values(tokens, op.method, piece)
        piece.properties = parse_physical(tokens)
        parse_subs(tokens, sub.method if sub is not None else None, piece)
        found.append(piece)
        if not tokens.accept(","):
            break
    tokens.expect(")")
    return found


def _pieces(
    op: Operation,
    table: Table,
    level: Partitioning,
    part: Partition,
    definitions: list[PartitionDef],
    lower: tuple[object, ...] | None,
) -> list[Partition]:
    """The partitions one becomes; ORA-14080, ORA-14313."""
    bare = replace(level, partitions=(), sub=None)
    made = [
        _inheriting(
            op, table, level, part, make_partition(op.ddl, table, bare, definition), definition
        )
        for definition in definitions[:-1]
    ]
    last = replace(
        part,
        id=op.ddl.catalog.new_id(),
        name=definitions[-1].name or f"SYS_{'SUBP' if op.sub else 'P'}{op.ddl.catalog.new_id()}",
        tablespace=definitions[-1].properties.get("TABLESPACE", part.tablespace),
        created=now(),
    )
    last = _inheriting(op, table, level, part, last, definitions[-1])
    if level.method == "LIST":
        last = _rest(table, level, part, made, last)
    else:
        _check_bounds(level, part, made, lower)
    return [*made, last]


def _inheriting(
    op: Operation,
    table: Table,
    level: Partitioning,
    part: Partition,
    made: Partition,
    definition: PartitionDef,
) -> Partition:
    """A piece lies where the whole did and is divided as the whole was."""
    if "TABLESPACE" not in definition.properties:
        made = replace(made, tablespace=part.tablespace)
    if level.sub is None:
        return made
    if definition.subs:
        return with_subs(op.ddl, table, level, made, definition.subs)
    copies = []
    for sub in part.subpartitions:
        number = op.ddl.catalog.new_id()
        copies.append(replace(sub, id=number, name=f"SYS_SUBP{number}", created=now()))
    return replace(made, subpartitions=tuple(copies))


def _rest(
    table: Table, level: Partitioning, part: Partition, made: list[Partition], last: Partition
) -> Partition:
    """The last list piece keeps the values no other took; ORA-14312, ORA-14313, ORA-14316."""
    known = {v: p for p in level.partitions if p.id != part.id for v in p.values}
    taken: list[Bound] = []
    for piece in made:
        if piece.is_default:
            raise OraError(14320)
        for value in piece.values:
            if value in known:
                raise OraError(14312, high_value_of(table, level, (value,)), known[value].name)
            if not part.is_default and value not in part.values:
                raise OraError(14313, high_value_of(table, level, (value,)), part.name)
            known[value] = piece
            taken.append(value)
    if part.is_default:
        return last
    rest = tuple(v for v in part.values if v not in taken)
    if not rest:
        raise OraError(14314 if level.outer is None else 14619)
    return replace(last, values=rest, text=high_value_of(table, level, rest))


def _check_bounds(
    level: Partitioning,
    part: Partition,
    made: list[Partition],
    lower: tuple[object, ...] | None,
) -> None:
    """ORA-14080: a split value lies outside the partition, or they are out of order."""
    index = [p.id for p in level.partitions].index(part.id)
    previous = lower
    if previous is None and index:
        previous = level.partitions[index - 1].values[0]
    for piece in made:
        if previous is not None and not below(previous, piece.values[0]):  # type: ignore[arg-type]
            raise OraError(14080 if level.outer is None else 14212)
        previous = piece.values[0]
    if not below(made[-1].values[0], part.values[0]):
        raise OraError(14080 if level.outer is None else 14212)


def _check_names(
    op: Operation, partitioning: Partitioning, result: Partitioning, gone: set[int]
) -> None:
    """The resulting partitions' names are free; ORA-14012."""
    whole = op.put(partitioning, result)
    levels = whole.levels if op.sub else (whole,)
    names = [p.name for level in levels for p in level.partitions if p.id not in gone]
    if len(set(names)) != len(names):
        raise OraError(14012)
    subs = [p.name for _, p in whole.leaves]
    if len(set(subs)) != len(subs):
        raise OraError(14159)


def merge(op: Operation, tokens: Tokens) -> Change:
    """MERGE PARTITIONS a, b ... | a TO c [INTO PARTITION d]; ORA-14274, ORA-14273, ORA-14275."""
    targets = op.parse_several(tokens)
    upto = op.parse_which(tokens) if tokens.accept("TO") else None
    if op.method == "HASH":
        raise OraError(14206 if op.sub else 14255)
    target = PartitionDef(None)
    if tokens.accept("INTO"):
        tokens.expect("SUBPARTITION" if op.sub else "PARTITION", 14048)
        if not tokens.at_any("TABLESPACE", "UPDATE"):
            target.name = tokens.identifier(14006)
        target.properties = parse_physical(tokens)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        level, parts = _merged_parts(op, partitioning, targets, upto)
        filled = any(op.has_rows(level, part) for part in parts)
        last = parts[-1]
        if last.interval or any(part.interval for part in parts):
            _require_adjacent(parts)
            level = solidified(level, last)
            parts = [next(p for p in level.partitions if p.id == q.id) for q in parts]
            last = parts[-1]
        merged = _merged(op, current, level, parts, target)
        gone = {part.id for part in parts}
        kept = [p for p in level.partitions if p.id not in gone or p.id == last.id]
        kept[[p.id for p in kept].index(last.id)] = merged
        result = replace(level, partitions=tuple(kept))
        _check_names(op, partitioning, result, set())
        if filled:
            op.spoil(merged)
        return op.put(partitioning, result)

    return change


def _merged_parts(
    op: Operation, partitioning: Partitioning, targets: list[Which], upto: Which | None
) -> tuple[Partitioning, list[Partition]]:
    picked = [op.pick(partitioning, which) for which in targets]
    level = picked[0][0]
    if any(lv.outer and lv.outer[1].id != level.outer[1].id for lv, _ in picked if level.outer):
        raise OraError(14274)
    ids = [p.id for p in level.partitions]
    parts = [part for _, part in picked]
    if upto is not None:
        end = op.pick(partitioning, upto)[1]
        parts = list(level.partitions[ids.index(parts[0].id) : ids.index(end.id) + 1])
    if len({part.id for part in parts}) != len(parts) or len(parts) < 2:
        raise OraError(14270)
    if level.method == "RANGE":
        positions = [ids.index(part.id) for part in parts]
        if positions != sorted(positions):
            raise OraError(14208 if op.sub else 14273)
        if positions != list(range(positions[0], positions[0] + len(positions))):
            raise OraError(14274)
    return level, parts


def _require_adjacent(parts: list[Partition]) -> None:
    """Interval partitions with a gap between them are not adjacent (ORA-14274)."""
    for left, right in pairwise(parts):
        if right.lower is not None and right.lower != left.values[0]:
            raise OraError(14274)


def _merged(
    op: Operation, table: Table, level: Partitioning, parts: list[Partition], target: PartitionDef
) -> Partition:
    last = parts[-1]
    number = op.ddl.catalog.new_id()
    name = target.name or f"SYS_{'SUBP' if op.sub else 'P'}{number}"
    if level.method == "RANGE" and name in {p.name for p in parts[:-1]}:
        raise OraError(14275)
    tablespace = target.properties.get("TABLESPACE", last.tablespace)
    merged = replace(last, id=number, name=name, created=now(), tablespace=tablespace)
    if level.method == "LIST":
        default = any(p.is_default for p in parts)
        values = () if default else tuple(v for p in parts for v in p.values)
        text = "DEFAULT" if default else high_value_of(table, level, values)
        merged = replace(merged, values=values, text=text, is_default=default)
    if level.sub is not None:
        merged = from_template(op.ddl.catalog, level.sub, merged)
    return merged
