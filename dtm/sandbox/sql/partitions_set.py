"""ALTER TABLE SET INTERVAL, SET SUBPARTITION TEMPLATE, MODIFY DEFAULT ATTRIBUTES: what holds for
partitions to come (SQL Language Reference 19c, ALTER TABLE)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Partitioning, Table
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_interval import solidified
from dtm.sandbox.sql.partitions_parse import parse_count, parse_template
from dtm.sandbox.sql.partitions_rules import make_template, with_step

Action = Callable[[Ddl, Table], None]


def _partitioning(table: Table) -> Partitioning:
    if table.partitioning is None:
        raise OraError(14501)
    return table.partitioning


def _put(ddl: Ddl, table: Table, partitioning: Partitioning) -> None:
    changed = replace(table, partitioning=partitioning)
    ddl.catalog.put(changed)
    ddl.database.reattach_table(changed)


def set_interval(ddl: Ddl, table: Table, text: str | None) -> None:
    """SET INTERVAL (e): the partitions there are become range partitions, the last one's bound
    the transition point; (): no interval partitions any more."""
    partitioning = _partitioning(table)
    if partitioning.method != "RANGE":
        raise OraError(14501)
    partitioning = solidified(partitioning, partitioning.partitions[-1])
    _put(ddl, table, with_step(ddl, table, replace(partitioning, interval=text)))


def set_template(tokens: Tokens) -> Action:
    """SET SUBPARTITION TEMPLATE (SUBPARTITION ..., ...) | n | ()."""
    start = tokens.save()
    if tokens.here.kind == "number":
        parse_count(tokens)
    else:
        tokens.parenthesised()
    end = tokens.save()

    def action(ddl: Ddl, table: Table) -> None:
        partitioning = _partitioning(table)
        if partitioning.sub is None:
            raise OraError(14253)
        tokens.restore(start)
        definitions = parse_template(tokens, partitioning.sub.method)
        tokens.restore(end)
        template = make_template(ddl, table, partitioning, definitions)
        sub = replace(partitioning.sub, template=template)
        _put(ddl, table, replace(partitioning, sub=sub))

    return action


def default_attributes(tokens: Tokens) -> Action:
    """MODIFY DEFAULT ATTRIBUTES [FOR PARTITION p] TABLESPACE t ...: of partitions to come."""
    if tokens.accept("FOR"):
        tokens.expect("PARTITION", 14155)
        tokens.identifier(14006)
    properties = parse_physical(tokens)

    def action(ddl: Ddl, table: Table) -> None:
        _partitioning(table)
        recorded = dict(properties)
        tablespace = recorded.pop("TABLESPACE", None)
        if tablespace is not None:
            if ddl.catalog.tablespace(tablespace) is None:
                raise OraError(959, tablespace)
            recorded["DEF_TABLESPACE"] = tablespace
        ddl.catalog.put(replace(table, properties={**table.properties, **recorded}))

    return action
