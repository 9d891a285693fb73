"""From Oracle text to a Statement: parse, translate, collect what execution needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dtm.sandbox.kernel.types import Column, Kind, OraType
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import OutColumn
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.dml_many import ManyTranslator
from dtm.sandbox.sql.engine_binds import binders
from dtm.sandbox.sql.engine_plans import Plan, QueryPlan, Statement, Template
from dtm.sandbox.sql.parse_tokens import too_deep

# What NULL literals and untyped binds are described as.
_NUMBERS = frozenset({Kind.NUMBER, Kind.PLS_INTEGER})
_NOTHING = OraType(Kind.VARCHAR2, length=0)


def described(columns: list[OutColumn]) -> tuple[Column, ...]:
    """Result columns as the driver sees them."""
    return tuple(
        Column(
            c.name,
            _NOTHING if c.value.type.kind is Kind.NULL else c.value.type,
            c.nullable,
        )
        for c in columns
    )


@dataclass(slots=True)
class Planned:
    plan: Plan
    columns: list[OutColumn]
    targets: tuple[Table, ...] = ()
    into: tuple[str, ...] = ()
    wait: float | None = None
    single: bool = False


def translate(node: d.Statement, context: Context) -> Statement:
    """Translate a parsed query or DML statement.

    Unsupported for nesting too deep for the translator.
    """
    try:
        planned = _PLANNERS[type(node)](ManyTranslator(context), node)
    except RecursionError:
        raise too_deep(context.text) from None
    hosts, bound = binders(context.needs.parameters, context.needs.used)
    types = tuple(c.value.type for c in planned.columns)
    return Statement(
        kind=_KINDS[type(node)],
        plan=planned.plan,
        columns=described(planned.columns),
        needs=context.needs,
        targets=planned.targets,
        decode=encoding.row_decoder(types),
        into=planned.into,
        single=planned.single,
        wait=planned.wait,
        hosts=hosts,
        binders=bound,
        numbers=tuple(
            i for i, p in enumerate(context.needs.parameters) if p.type.kind in _NUMBERS
        ),
        wide=context.wide_binds,
    )


def _query(translator: ManyTranslator, node: n.Query) -> Planned:
    relation = translator.query(node, None, nested=False)
    needs = translator.context.needs
    locks = [(table, Template(sql, needs)) for table, sql in relation.locks]
    plan = QueryPlan(Template(relation.sql, needs), locks)
    wait = node.for_update.wait if node.for_update is not None else None
    return Planned(plan, relation.columns, tuple(t for t, _ in locks), wait=wait)


def _into(returning: d.Returning | None) -> tuple[str, ...]:
    if returning is None:
        return ()
    return tuple(b.name for b in returning.into if isinstance(b, n.Bind))


def _targets(table: Table | None) -> tuple[Table, ...]:
    return () if table is None else (table,)


def _insert(translator: ManyTranslator, node: d.Insert) -> Planned:
    plan, table = translator.insert(node)
    single = node.query is None
    into = _into(node.returning)
    return Planned(plan, translator.returning_columns, _targets(table), into, single=single)


def _update(translator: ManyTranslator, node: d.Update) -> Planned:
    plan, table = translator.update(node)
    return Planned(plan, translator.returning_columns, _targets(table), _into(node.returning))


def _delete(translator: ManyTranslator, node: d.Delete) -> Planned:
    plan, table = translator.delete(node)
    return Planned(plan, translator.returning_columns, _targets(table), _into(node.returning))


def _merge(translator: ManyTranslator, node: d.Merge) -> Planned:
    plan, table = translator.merge(node)
    return Planned(plan, [], (table,))


def _multi_insert(translator: ManyTranslator, node: d.MultiInsert) -> Planned:
    plan, tables = translator.multi_insert(node)
    return Planned(plan, [], tables)


_PLANNERS: dict[type[n.Node], Callable[..., Planned]] = {
    n.Query: _query,
    d.Insert: _insert,
    d.Update: _update,
    d.Delete: _delete,
    d.Merge: _merge,
    d.MultiInsert: _multi_insert,
}
_KINDS: dict[type[n.Node], str] = {
    n.Query: "select",
    d.Insert: "insert",
    d.MultiInsert: "insert",
    d.Update: "update",
    d.Delete: "delete",
    d.Merge: "merge",
}


def small_kind(node: d.Statement) -> str:
    """The kind of a statement that is not translated."""
    if isinstance(node, d.LockTable):
        return "lock"
    return node.kind if isinstance(node, d.Transaction) else "alter session"
