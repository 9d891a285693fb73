"""PARTITION BY as written (SQL Language Reference 19c, CREATE TABLE, "table_partitioning_clauses")."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens

MOST_PARTITIONS = 1024  # one table may have a million in Oracle: more than a test needs


@dataclass(slots=True)
class PartitionDef:
    """One (sub)partition as written. `values`: Oracle expressions; MAXVALUE and DEFAULT stay
    words. `subs`: its subpartitions as described, `sub_count` only their number."""

    name: str | None
    values: list[list[str]] = field(default_factory=list)
    text: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    offset: int = 0
    subs: list[PartitionDef] = field(default_factory=list)
    sub_count: int = 0


@dataclass(slots=True)
class SubClause:
    """SUBPARTITION BY: method, key columns and what every partition gets."""

    method: str
    columns: tuple[str, ...]
    template: list[PartitionDef] = field(default_factory=list)
    offset: int = 0


@dataclass(slots=True)
class PartitionClause:
    """RANGE, LIST or HASH, the key columns, the partitions; INTERVAL's expression."""

    method: str
    columns: tuple[str, ...]
    partitions: list[PartitionDef] = field(default_factory=list)
    interval: str | None = None
    sub: SubClause | None = None
    offset: int = 0


def parse_partitioning(tokens: Tokens) -> PartitionClause:
    """PARTITION BY RANGE | LIST | HASH (columns) [INTERVAL (e)] [SUBPARTITION BY ...] ..."""
    offset = tokens.here.offset
    tokens.expect("PARTITION")
    tokens.expect("BY")
    method = tokens.accept_any("RANGE", "LIST", "HASH")
    if method is None:
        if tokens.at_any("REFERENCE", "SYSTEM", "CONSISTENT"):
            tokens.unsupported(430, f"{tokens.here.value} partitioning")
        tokens.fail(14151)
    clause = PartitionClause(method, tokens.path(), offset=offset)
    if tokens.accept("INTERVAL"):
        clause.interval = tokens.parenthesised()
        store_in(tokens)
    if tokens.at("AUTOMATIC"):
        tokens.unsupported(431, "AUTOMATIC list partitioning")
    if tokens.at("SUBPARTITION", "BY"):
        clause.sub = _sub_clause(tokens)
    if method == "HASH" and tokens.accept("PARTITIONS"):
        clause.partitions = parse_count(tokens)
        return clause
    tokens.expect("(")
    sub_method = clause.sub.method if clause.sub is not None else None
    clause.partitions.append(parse_partition(tokens, method, sub_method))
    while tokens.accept(","):
        clause.partitions.append(parse_partition(tokens, method, sub_method))
    tokens.expect(")")
    return clause


def parse_count(tokens: Tokens) -> list[PartitionDef]:
    """n [STORE IN (tablespace, ...)]: partitions without names, the tablespaces taken in turn."""
    first = tokens.here
    offset = first.offset
    count = tokens.integer()
    if count < 1:
        tokens.fail(2017)
    if count > MOST_PARTITIONS:
        tokens.unsupported(438, f"more than {MOST_PARTITIONS} partitions at once", first)
    spaces = store_in(tokens)
    return [
        PartitionDef(
            None,
            offset=offset,
            properties={"TABLESPACE": spaces[i % len(spaces)]} if spaces else {},
        )
        for i in range(count)
    ]


def store_in(tokens: Tokens) -> tuple[str, ...]:
    """STORE IN (tablespace, ...)."""
    if not tokens.accept("STORE", "IN"):
        return ()
    return tokens.path()


def _sub_clause(tokens: Tokens) -> SubClause:
    """SUBPARTITION BY method (columns) [SUBPARTITION TEMPLATE ... | SUBPARTITIONS n]."""
    offset = tokens.here.offset
    tokens.expect("SUBPARTITION")
    tokens.expect("BY")
    method = tokens.accept_any("RANGE", "LIST", "HASH") or tokens.fail(14151)
    clause = SubClause(method, tokens.path(), offset=offset)
    if tokens.accept("SUBPARTITION", "TEMPLATE"):
        clause.template = parse_template(tokens, method)
    elif method == "HASH" and tokens.accept("SUBPARTITIONS"):
        clause.template = parse_count(tokens)
    return clause


def parse_template(tokens: Tokens, method: str) -> list[PartitionDef]:
    """(SUBPARTITION name ..., ...), or a number of hash subpartitions; () empties it."""
    if tokens.here.kind == "number":
        return parse_count(tokens)
    tokens.expect("(")
    found: list[PartitionDef] = []
    while not tokens.accept(")"):
        found.append(parse_sub(tokens, method))
        if not tokens.at(")"):
            tokens.expect(",")
    return found


def parse_partition(tokens: Tokens, method: str, sub_method: str | None = None) -> PartitionDef:
    """PARTITION [name] [VALUES LESS THAN (...) | VALUES (...)] [properties] [subpartitions]."""
    offset = tokens.here.offset
    tokens.expect("PARTITION", 14004)
    partition = PartitionDef(_name(tokens), offset=offset)
    parse_values(tokens, method, partition)
    partition.properties = parse_physical(tokens)
    parse_subs(tokens, sub_method, partition)
    return partition


def parse_subs(tokens: Tokens, method: str | None, partition: PartitionDef) -> None:
    """The subpartitions of one partition, if some are described."""
    if tokens.at("SUBPARTITIONS"):
        if method != "HASH":
            tokens.fail(922)
        tokens.advance()
        partition.subs = parse_count(tokens)
    elif tokens.at("(", "SUBPARTITION"):
        if method is None:
            tokens.fail(14253)
        tokens.advance()
        partition.subs.append(parse_sub(tokens, method))
        while tokens.accept(","):
            partition.subs.append(parse_sub(tokens, method))
        tokens.expect(")")


def parse_sub(tokens: Tokens, method: str) -> PartitionDef:
    """SUBPARTITION [name] [VALUES ...] [properties]."""
    offset = tokens.here.offset
    tokens.expect("SUBPARTITION", 14160)
    partition = PartitionDef(_name(tokens), offset=offset)
    parse_values(tokens, method, partition)
    partition.properties = parse_physical(tokens)
    return partition


def _name(tokens: Tokens) -> str | None:
    if tokens.at_any("VALUES", ",", ")", "(", "TABLESPACE", "UPDATE", "SUBPARTITIONS"):
        return None
    return None if tokens.at_end() else tokens.identifier(14003)


def parse_values(tokens: Tokens, method: str, partition: PartitionDef) -> None:
    """VALUES LESS THAN (e, ...) for a range, VALUES (e, ...) for a list, nothing for hash."""
    if method == "HASH":
        return
    tokens.expect("VALUES", 14007)
    if method == "RANGE":
        tokens.expect("LESS", 14007)
        tokens.expect("THAN", 14007)
    start = tokens.expect("(")
    values = [_value(tokens)]
    while tokens.accept(","):
        values.append(_value(tokens))
    end = tokens.expect(")")
    partition.values = [[v] for v in values] if method == "LIST" else [values]
    partition.text = tokens.text[start.end : end.offset].strip()


def _value(tokens: Tokens) -> str:
    word = tokens.accept_any("MAXVALUE", "DEFAULT", "NULL")
    return word or tokens.expression(frozenset())
