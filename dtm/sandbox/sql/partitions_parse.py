"""PARTITION BY as written (SQL Language Reference 19c, CREATE TABLE, "table_partitioning_clauses")."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens


@dataclass(slots=True)
class PartitionDef:
    """One partition as written. `values`: Oracle expressions; MAXVALUE and DEFAULT stay words."""

    name: str | None
    values: list[list[str]] = field(default_factory=list)
    text: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    offset: int = 0


@dataclass(slots=True)
class PartitionClause:
    """RANGE or LIST, the key columns, the partitions; INTERVAL's expression."""

    method: str
    columns: tuple[str, ...]
    partitions: list[PartitionDef] = field(default_factory=list)
    interval: str | None = None
    offset: int = 0


def parse_partitioning(tokens: Tokens) -> PartitionClause:
    """PARTITION BY RANGE | LIST (columns) [INTERVAL (e)] (PARTITION ...)."""
    offset = tokens.here.offset
    tokens.expect("PARTITION")
    tokens.expect("BY")
    method = tokens.accept_any("RANGE", "LIST")
    if method is None:
        if tokens.at_any("HASH", "REFERENCE", "SYSTEM", "CONSISTENT"):
            tokens.unsupported(430, f"{tokens.here.value} partitioning")
        tokens.fail(14006)
    clause = PartitionClause(method, tokens.path(), offset=offset)
    if tokens.accept("INTERVAL"):
        clause.interval = tokens.parenthesised()
        if tokens.accept("STORE", "IN"):
            tokens.parenthesised()
    if tokens.at("AUTOMATIC"):
        tokens.unsupported(431, "AUTOMATIC list partitioning")
    if tokens.at("SUBPARTITION"):
        tokens.unsupported(432, "subpartitions")
    tokens.expect("(")
    clause.partitions.append(parse_partition(tokens, method))
    while tokens.accept(","):
        clause.partitions.append(parse_partition(tokens, method))
    tokens.expect(")")
    return clause


def parse_partition(tokens: Tokens, method: str) -> PartitionDef:
    """PARTITION [name] VALUES LESS THAN (...) | VALUES (...) [physical properties]."""
    offset = tokens.here.offset
    tokens.expect("PARTITION", 14004)
    name = None if tokens.at("VALUES") else tokens.identifier(14003)
    partition = PartitionDef(name, offset=offset)
    parse_values(tokens, method, partition)
    partition.properties = parse_physical(tokens)
    if tokens.at("(") or tokens.at_any("SUBPARTITIONS"):
        tokens.unsupported(432, "subpartitions")
    return partition


def parse_values(tokens: Tokens, method: str, partition: PartitionDef) -> None:
    """VALUES LESS THAN (e, ...) for a range, VALUES (e, ...) for a list."""
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
