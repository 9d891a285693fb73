"""The SQL language as DDL needs it: CHECK conditions, defaults, virtual columns, view queries.

Implements ddl_context.Translator.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import ParamSpec, Protocol, TypeVar

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import PlsqlPort
from dtm.sandbox.kernel.types import Column, Kind
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import (
    Requirements,
    Scope,
    Source,
    SourceColumn,
    Typed,
)
from dtm.sandbox.sql.bind_walk import walk
from dtm.sandbox.sql.catalog_model import Table, TableColumn, quote
from dtm.sandbox.sql.ddl_tokens import Placed
from dtm.sandbox.sql.dml_translate import DmlTranslator
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_compile import described
from dtm.sandbox.sql.engine_names import SessionNames
from dtm.sandbox.sql.engine_persistent import stored_name
from dtm.sandbox.sql.engine_views import refreshed
from dtm.sandbox.sql.parse_statements import parse_condition, parse_expression, parse_query
from dtm.sandbox.sql.privileges import Resolver
from dtm.sandbox.sql.transactions import StorageSession
from dtm.sandbox.sql.translate_storage import column_digits

P = ParamSpec("P")
R = TypeVar("R")


class Host(Protocol):
    """What the hooks need of the engine."""

    def plsql_of(self, storage: StorageSession) -> PlsqlPort | None: ...
    def evaluate(self, storage: StorageSession, needs: Requirements, sql: str) -> Encoded: ...
    def encoded_rows(
        self, storage: StorageSession, text: str
    ) -> tuple[Sequence[Column], Iterable[tuple[Encoded, ...]]]: ...


def placed(method: Callable[P, R]) -> Callable[P, R]:
    """Let errors point into the statement instead of into the piece that is translated."""

    @functools.wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except OraError as error:
            for text in args:
                if isinstance(text, Placed):
                    text.locate(error)
            raise

    return run


class DdlTranslator:
    """One per instance."""

    def __init__(self, engine: Host) -> None:
        self.engine = engine

    def _context(self, session: StorageSession, text: str) -> Context:
        names = SessionNames(Resolver(session.instance.catalog, session.context))
        context = Context(text, session.context, names, self.engine.plsql_of(session))
        context.refresh = lambda view: refreshed(self, session, view)
        return context

    def _stored(self, session: StorageSession, text: str) -> Context:
        """The context of an expression that becomes part of the schema."""
        names = SessionNames(Resolver(session.instance.catalog, session.context))
        return Context(text, session.context, names, stored=True)

    def _table_scope(self, table: Table, prefix: str) -> Scope:
        columns = {
            c.name: SourceColumn(
                c.name, Typed(f"{prefix}{quote(c.name)}", c.type, digits=column_digits(c.type),
                              wide=column_digits(c.type) is None),
            )
            for c in table.columns
            if not c.unused
        }  # fmt: skip
        source = Source("", table.name, table.owner, columns)
        return Scope(None, [source], clause="CHECK")

    def _restricted(self, node: n.Node) -> None:
        """What may not stand in CHECK conditions and virtual columns."""
        for part in walk(node, subqueries=True):
            if isinstance(part, n.Query):
                raise OraError(2251, offset=part.at)
            if isinstance(part, n.Name) and part.path[0] in _MOVING:
                raise OraError(2436, offset=part.at)
        self._unbound(node)

    def _unbound(self, node: n.Node) -> None:
        """ORA-01027: what becomes part of the schema has no binds."""
        for part in walk(node, subqueries=True):
            if isinstance(part, n.Bind):
                raise OraError(1027, offset=part.at)

    @placed
    def condition(self, session: StorageSession, table: Table, text: str, prefix: str) -> str:
        """A CHECK condition; ORA-02251 for subqueries, ORA-02436 for SYSDATE and the like."""
        context = self._stored(session, text)
        node = parse_condition(text)
        self._restricted(node)
        sql = DmlTranslator(context).condition(node, self._table_scope(table, prefix))
        return self._settled(context, sql)

    @placed
    def expression(self, session: StorageSession, table: Table, text: str, prefix: str) -> str:
        """A virtual column's or an index's expression."""
        return self._expression(session, table, text, prefix).sql

    def _expression(self, session: StorageSession, table: Table, text: str, prefix: str) -> Typed:
        context = self._stored(session, text)
        node = parse_expression(text)
        self._restricted(node)
        value = DmlTranslator(context).expression(node, self._table_scope(table, prefix))
        return value.moved(self._settled(context, value.sql))

    def _settled(self, context: Context, sql: str) -> str:
        """Stored expressions call the stored functions; ORA-02436 for what depends on a session."""
        needs = context.needs
        if needs.parameters or needs.calls:
            raise OraError(2436)
        for function in needs.functions.values():
            name = stored_name(function)
            if name is None:
                context.unsupported(310, "this expression in a constraint, index or column", 0)
            sql = re.sub(rf"(?<![\w'])({re.escape(function.name)})\(", f"{name}(", sql)
        return sql

    @placed
    def expression_type(self, session: StorageSession, table: Table, text: str) -> Column:
        value = self._expression(session, table, text, "")
        return Column("", value.type, value.nullable)

    @placed
    def constant(self, session: StorageSession, text: str, column: TableColumn) -> Encoded:
        """The value of a DEFAULT expression now, fitted to the column."""
        context = self._context(session, text)
        translator = DmlTranslator(context)
        node = parse_expression(text)
        self._unbound(node)
        value = translator.expression(node, Scope(None, clause="VALUES"))
        owner = Table(0, "", "", (), "", "", "")
        sql = f"SELECT {translator.assign(value, owner, column, 0)}"
        return self.engine.evaluate(session, context.needs, sql)

    @placed
    def default(self, session: StorageSession, text: str, column: TableColumn) -> None:
        """Check a DEFAULT clause: ORA-00984 for columns, ORA-04044 for PL/SQL functions, ORA-22818
        for subqueries, ORA-00976 for ROWNUM and LEVEL, ORA-00932 for a type that does not fit."""
        context = self._context(session, text)
        node = parse_expression(text)
        self._unbound(node)
        for part in walk(node, subqueries=True):
            if isinstance(part, n.Query):
                raise OraError(22818, offset=part.at)
            if isinstance(part, n.Name) and part.path in (("ROWNUM",), ("LEVEL",)):
                raise OraError(976, offset=part.at)
        translator = DmlTranslator(context)
        try:
            value = translator.expression(node, Scope(None, clause="VALUES"))
        except OraError as error:
            named = {x.at for x in walk(node) if isinstance(x, n.Name) and x.path[-1] != "NEXTVAL"}
            if error.code != 904 or error.offset not in named:
                raise
            raise OraError(984, offset=error.offset) from None
        if context.needs.calls:
            raise OraError(4044, offset=node.at)
        if column.type.kind is not Kind.NULL:
            translator.convert(value, column.type, node.at)

    @placed
    def describe(self, session: StorageSession, text: str) -> Sequence[Column]:
        context = self._context(session, text)
        node = parse_query(text)
        self._unbound(node)
        relation = DmlTranslator(context).query(node, None)
        return described(relation.columns)

    def unnamed(self, text: str) -> int | None:
        """Offset of the first expression of the select list that names no column."""
        body: n.QueryBody = parse_query(text).body
        while not isinstance(body, n.Select):
            body = body.left if isinstance(body, n.SetOperation) else body.body
        for item in body.items:
            if item.alias is None and not isinstance(item.expression, n.Star):
                name = item.expression
                if not isinstance(name, n.Name) or name.path[-1] in _MOVING:
                    return item.at
        return None

    def expanded(self, session: StorageSession, text: str) -> str:
        """A query with the columns every `*` of it means now."""
        context = self._context(session, text)
        DmlTranslator(context).query(parse_query(text), None)
        for at, names in sorted(context.stars.items(), reverse=True):
            text = f"{text[:at]}{','.join(names)}{text[text.index('*', at) + 1 :]}"
        return text

    def relations(self, session: StorageSession, text: str) -> Sequence[tuple[str, str]]:
        """(owner, name) of the relations and sequences a query names."""
        names = SessionNames(Resolver(session.instance.catalog, session.context))
        context = Context(text, session.context, names, self.engine.plsql_of(session))
        DmlTranslator(context).query(parse_query(text), None)
        return tuple(dict.fromkeys((owner, name) for owner, name, _ in names.used))

    @placed
    def rows(
        self, session: StorageSession, text: str
    ) -> tuple[Sequence[Column], Iterable[tuple[Encoded, ...]]]:
        """CREATE TABLE ... AS SELECT."""
        self._unbound(parse_query(text))
        return self.engine.encoded_rows(session, text)


_MOVING = frozenset(
    [
        "SYSDATE",
        "SYSTIMESTAMP",
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "LOCALTIMESTAMP",
        "USER",
        "UID",
        "SESSIONTIMEZONE",
        "ROWNUM",
        "LEVEL",
    ]
)
