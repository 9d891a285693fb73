"""LOCK TABLE (SQL Language Reference 19c). PARTITION names what is meant; the whole table is
locked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import Requirements
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.dml_translate import DmlTranslator
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_names import SessionNames
from dtm.sandbox.sql.parse_tokens import unsupported
from dtm.sandbox.sql.privileges import Resolver
from dtm.sandbox.sql.transactions import StorageSession

_MODES = {
    "ROW SHARE": 2,
    "SHARE UPDATE": 2,
    "ROW EXCLUSIVE": 3,
    "SHARE": 4,
    "SHARE ROW EXCLUSIVE": 5,
    "EXCLUSIVE": 6,
}
Evaluate = Callable[[Requirements, str], Encoded]


class Session(Protocol):
    """What is needed of the SQL session."""

    storage: StorageSession
    resolver: Resolver


def lock_tables(session: Session, evaluate: Evaluate, node: d.LockTable, text: str) -> None:
    """Lock each table in the mode; ORA-00054 with NOWAIT. PARTITION FOR makes the interval
    partition it means (VLDB and Partitioning Guide, "Exchanging a Partition of an Interval
    Partitioned Table")."""
    for ref in node.tables:
        path = tuple(p.text for p in ref.path)
        table = session.resolver.relation(path, "SELECT", ref.at)
        if not isinstance(table, Table):
            raise unsupported(text, 303, "LOCK TABLE of a view", ref.at)
        if ref.partitioned:
            _require_partition(session, evaluate, table, ref, text)
        session.storage.lock_table(table, _MODES[node.mode], node.wait)


def _require_partition(
    session: Session, evaluate: Evaluate, table: Table, ref: n.TableRef, text: str
) -> None:
    storage = session.storage
    context = Context(text, storage.context, SessionNames(session.resolver))
    context.evaluate = evaluate
    translator = DmlTranslator(context)
    try:
        translator.partition_name(table, ref)
    except OraError as error:
        interval = table.partitioning is not None and table.partitioning.interval
        if error.code != 2149 or not interval or ref.partition_value is None:
            raise
        database = storage.instance.database
        with database.mutex:
            translator.need_interval(table, ref)
            database.begin()
            storage.instance.settle_statement()
            database.want_commit()
