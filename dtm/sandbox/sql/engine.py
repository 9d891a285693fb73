"""SQL for sessions: the SqlPort. One `Engine` per instance, one `SqlSession` per session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial

from dtm.plsql.lexer import IDENT, OP
from dtm.sandbox.kernel.errors import ENDS_CALL, OraError, Unsupported
from dtm.sandbox.kernel.ports import (
    Compiled,
    HostScope,
    PlsqlPort,
    SessionContext,
    SqlResult,
)
from dtm.sandbox.kernel.ports import Value as KernelValue
from dtm.sandbox.kernel.rows import LockedRows, of_locked_rows
from dtm.sandbox.kernel.types import Column, OraType
from dtm.sandbox.sql import ddl, event_triggers
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql.bind_context import Context
from dtm.sandbox.sql.bind_model import Requirements
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_binds import bind_values, binders, specialised
from dtm.sandbox.sql.engine_compile import small_kind, translate
from dtm.sandbox.sql.engine_hooks import DdlTranslator
from dtm.sandbox.sql.engine_locks import lock_tables
from dtm.sandbox.sql.engine_many import ManyInserts, bound_rows, insert_plan
from dtm.sandbox.sql.engine_names import SessionNames
from dtm.sandbox.sql.engine_nesting import Nesting
from dtm.sandbox.sql.engine_plans import Outcome, Statement, Template
from dtm.sandbox.sql.engine_runtime import Actor, Runtime
from dtm.sandbox.sql.engine_sequences import Draws, SessionSequences
from dtm.sandbox.sql.engine_set import set_session
from dtm.sandbox.sql.engine_transactions import TransactionControl
from dtm.sandbox.sql.engine_views import REFRESH, refreshed
from dtm.sandbox.sql.functions.environment import Environment
from dtm.sandbox.sql.parse_statements import StatementParser
from dtm.sandbox.sql.parse_tokens import too_deep, unsupported, where_called
from dtm.sandbox.sql.privileges import Resolver
from dtm.sandbox.sql.storage_instance import Instance
from dtm.sandbox.sql.transactions import Step, StorageSession

_CACHE_SIZE = 1000
_VARIANTS = 16  # of one static statement
_QUERY_WORDS = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"})
_OTHER_WORDS = frozenset({"LOCK", "COMMIT", "ROLLBACK", "SAVEPOINT", "SET"})
STATE = "sql"  # SessionContext.state: this session's SqlSession


@dataclass(frozen=True, slots=True)
class Handle:
    """What `Compiled.handle` holds; `variants`: the statement for other types of values."""

    scope: HostScope | None  # with the text: to compile it again
    bind_types: tuple[OraType | None, ...]
    statement: Statement | None  # of a query or DML
    node: d.Statement | None  # of a small statement
    variants: dict[object, Compiled] = field(default_factory=dict, compare=False)


class Engine:
    """The SQL language of one instance: function registration and the statement cache."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.runtime = Runtime(instance.connection, instance.database.mutex)
        self.hooks = DdlTranslator(self)
        instance.attributes[REFRESH] = partial(refreshed, self.hooks)
        self._cache: OrderedDict[object, Compiled] = OrderedDict()

    def session(
        self, context: SessionContext, storage: StorageSession, plsql: PlsqlPort | None = None
    ) -> SqlSession:
        """The SqlPort of a session. `plsql` may be set later: `SqlSession.plsql`."""
        return SqlSession(self, context, storage, plsql)

    def plsql_of(self, storage: StorageSession) -> PlsqlPort | None:
        session: SqlSession | None = storage.context.state.get(STATE)
        return session.plsql if session is not None else None

    def session_of(self, storage: StorageSession) -> SqlSession:
        session: SqlSession | None = storage.context.state.get(STATE)
        return session if session is not None else self.session(storage.context, storage)

    def cached(self, key: object) -> Compiled | None:
        found = self._cache.get(key)
        if found is not None:
            self._cache.move_to_end(key)
        return found

    def remember(self, key: object, compiled: Compiled) -> None:
        self._cache[key] = compiled
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)

    # ------------------------------------------------------------ for DDL

    def evaluate(self, storage: StorageSession, needs: Requirements, sql: str) -> Encoded:
        """The value of an expression without tables."""
        session = self.session_of(storage)
        session.environment.tick()
        template = Template(sql, needs)
        _, bound = binders(needs.parameters, needs.used)
        binds = bind_values(bound, (), session.environment)
        self.runtime.ensure(needs.functions.values())

        def work(step: Step) -> Encoded:
            with session.acting(needs):
                value: Encoded = template.run(step, binds)[0][0]
                return value

        return storage.read(work)

    def encoded_rows(
        self, storage: StorageSession, text: str
    ) -> tuple[Sequence[Column], Iterable[tuple[Encoded, ...]]]:
        """A query's columns and encoded rows (CREATE TABLE ... AS SELECT)."""
        session = self.session_of(storage)
        compiled = session.compile(text)
        statement = compiled.handle.statement  # type: ignore[attr-defined]
        if compiled.kind != "select":
            raise OraError(928)
        outcome = session.execute(statement, ())
        return compiled.columns, outcome.rows


class SqlSession(TransactionControl):
    """SqlPort of one session."""

    def __init__(
        self,
        engine: Engine,
        context: SessionContext,
        storage: StorageSession,
        plsql: PlsqlPort | None,
    ) -> None:
        self.engine = engine
        self.context = context
        self.storage = storage
        self.plsql = plsql
        self.environment = Environment(context)
        self.resolver = Resolver(engine.instance.catalog, context)
        self.sequences = SessionSequences(storage)
        self.nesting = Nesting()
        context.state[STATE] = self

    # ------------------------------------------------------------ compiling

    def compile(
        self,
        text: str,
        scope: HostScope | None = None,
        bind_types: Sequence[OraType | None] = (),
    ) -> Compiled:
        """Parse and resolve one statement; see ports.SqlPort."""
        key = None
        if scope is None:
            key = (text, self._cache_names(), self.engine.instance.catalog.version,
                   tuple(bind_types))  # fmt: skip
            found = self.engine.cached(key)
            if found is not None:
                return found
        try:
            compiled = self._compile(text, scope, tuple(bind_types), wide=False)
        except RecursionError:
            raise too_deep(text) from None
        if key is not None:
            self.engine.remember(key, compiled)
        return compiled

    def _cache_names(self) -> tuple[object, ...]:
        context = self.context
        return context.current_schema, self.resolver.user, self.resolver.roles, self.plsql is None

    def _compile(
        self,
        text: str,
        scope: HostScope | None,
        bind_types: tuple[OraType | None, ...],
        *,
        wide: bool,
    ) -> Compiled:
        parser = StatementParser(text, plsql=scope is not None)
        token = parser.token
        word = token.value if token.kind in (IDENT, OP) else ""
        if word == "EXPLAIN":
            raise unsupported(text, 300, "EXPLAIN PLAN", token.offset)
        if word == "CALL":
            raise unsupported(text, 301, "CALL as SQL", token.offset)
        if word in _QUERY_WORDS or word == "(":
            node = parser.statement()
            return self._translated(text, node, scope, bind_types, wide=wide)
        if word in _OTHER_WORDS:
            small = parser.statement()
            return Compiled(text, small_kind(small), (), (), Handle(scope, (), None, small))
        if word in ddl.FIRST_WORDS:
            alter = word == "ALTER" and parser.word_ahead(1, "SESSION")
            kind = "alter session" if alter else "ddl"
            return Compiled(text, kind, (), (), Handle(scope, (), None, None))
        raise OraError(900, offset=token.offset)

    def _translated(
        self,
        text: str,
        node: d.Statement,
        scope: HostScope | None,
        bind_types: tuple[OraType | None, ...],
        *,
        wide: bool,
    ) -> Compiled:
        names = SessionNames(self.resolver)
        context = Context(text, self.context, names, self.plsql, scope, bind_types, wide)
        context.refresh = lambda view: refreshed(self.engine.hooks, self.storage, view)
        context.evaluate = lambda needs, sql: self.engine.evaluate(self.storage, needs, sql)
        version = self.engine.instance.catalog.version
        statement = translate(node, context)
        statement.version = version
        handle = Handle(scope, bind_types, statement, None)
        return Compiled(
            text,
            statement.kind,
            statement.columns,
            statement.hosts,
            handle,
            statement.into,
            tuple(dict.fromkeys(names.used)),
        )

    # ------------------------------------------------------------ running

    def run(self, statement: Compiled, values: Sequence[KernelValue]) -> SqlResult:
        """Run with host values in the order of `hosts`; a failure undoes this statement."""
        self.context.interrupt_check()  # a PL/SQL loop over statements looks often
        handle: Handle = statement.handle  # type: ignore[assignment]
        if handle.node is not None:
            return self._run_small(handle.node, statement.text)
        if handle.statement is None:
            return self._run_ddl(statement.text)
        if len(values) != len(statement.hosts):
            raise OraError(1008)
        prepared = self._current(statement, handle, values)
        self.environment.tick()
        binds = bind_values(prepared.binders, values, self.environment)
        if not prepared.wide and any(type(binds[i]) is bytes for i in prepared.numbers):
            prepared = self._wide(statement, handle, prepared, values)
        try:
            outcome = self._execute(prepared, binds)
        except Unsupported as refusal:
            if not refusal.place[0]:
                where_called(refusal, statement.text)
            raise
        rows = outcome.rows
        decoded: Sequence[tuple[KernelValue, ...]] = rows
        if prepared.decode is not None:
            decoded = [prepared.decode(r) for r in rows]
        if prepared.kind == "select" and prepared.targets:
            locking = self.storage.transaction
            decoded = of_locked_rows(statement.columns, decoded)
            decoded = LockedRows(decoded, lambda: self.storage.holds(locking))
        return SqlResult(decoded, outcome.count, outcome.last_rowid)

    def insert_many(
        self, statement: Compiled, rows: Sequence[Sequence[KernelValue]]
    ) -> SqlResult | None:
        """Run INSERT ... VALUES once per row of values, as one step; see ports.SqlPort."""
        handle: Handle = statement.handle  # type: ignore[assignment]
        untyped = sum(isinstance(host, str) for host in statement.hosts)
        if len(handle.bind_types) < untyped or len(statement.hosts) != len(rows[0]):
            return None
        if insert_plan(handle.statement) is None:
            return None
        try:
            prepared = self._current(statement, handle, rows[0])
            self.environment.tick()
            plan, bound = insert_plan(prepared), bound_rows(prepared, rows, self.environment)
            if plan is None or bound is None:
                return None
            outcome = self._execute(replace(prepared, plan=ManyInserts(plan, bound)), ())
        except OraError as error:
            if error.code in ENDS_CALL:
                raise
            return None  # nothing stays: one by one shows which row fails
        return SqlResult((), outcome.count, outcome.last_rowid)

    def _current(
        self, compiled: Compiled, handle: Handle, values: Sequence[KernelValue]
    ) -> Statement:
        """The statement for today's dictionary and for these values' types."""
        statement = handle.statement
        if statement is None:
            raise OraError(900)
        types = specialised(statement.hosts, handle.bind_types, values)
        stale = statement.version != self.engine.instance.catalog.version
        if not stale and types == handle.bind_types:
            return statement
        if handle.scope is None:
            fresh = self.compile(compiled.text, None, types)
        else:
            fresh = self._variant(compiled, handle, types)
        return fresh.handle.statement or statement  # type: ignore[attr-defined]

    def _variant(
        self,
        compiled: Compiled,
        handle: Handle,
        types: tuple[OraType | None, ...],
        *,
        wide: bool = False,
    ) -> Compiled:
        """The statement for placeholders of these types, kept with it."""
        key = wide, types, self._cache_names(), self.engine.instance.catalog.version
        if (found := handle.variants.get(key)) is None:
            if len(handle.variants) >= _VARIANTS:
                handle.variants.clear()
            found = self._compile(compiled.text, handle.scope, types, wide=wide)
            handle.variants[key] = found
        return found

    def _wide(
        self,
        compiled: Compiled,
        handle: Handle,
        prepared: Statement,
        values: Sequence[KernelValue],
    ) -> Statement:
        """The statement with comparisons that are right for NUMBERs of more than 15 digits."""
        types = specialised(prepared.hosts, handle.bind_types, values)
        found = self._variant(compiled, handle, types, wide=True)
        return found.handle.statement or prepared  # type: ignore[attr-defined]

    def execute(self, statement: Statement, values: Sequence[KernelValue]) -> Outcome:
        """Run a translated statement; rows stay encoded."""
        self.environment.tick()
        return self._execute(statement, bind_values(statement.binders, values, self.environment))

    def _execute(self, statement: Statement, binds: Sequence[Encoded]) -> Outcome:
        needs = statement.needs
        self.engine.runtime.ensure(needs.functions.values(), needs.dictionary)
        runtime = self.engine.runtime

        def work(step: Step) -> Outcome:
            actor = self._actor(needs)
            with runtime.acting(actor):
                return statement.plan.run(step, binds, actor)

        with self.nesting.entered(statement, len(self.storage.suspended)):
            if statement.targets:
                return self.storage.write(
                    work, targets=statement.targets, tables=statement.tables, wait=statement.wait
                )
            if statement.kind == "select":
                return self.storage.read(work, statement.tables)
            return self._whole(lambda: self.storage.read(work, statement.tables))

    def _whole(self, work: Callable[[], Outcome]) -> Outcome:
        """Run what changes tables only through triggers (DML on a view with INSTEAD OF triggers):
        a failure undoes what they did."""
        mark = self.storage.mark()
        try:
            return work()
        except OraError:
            self.storage.undo_to(mark)
            raise

    def _actor(self, needs: Requirements) -> Actor:
        return Actor(
            self.environment,
            self.storage,
            self.sequences,
            self.plsql,
            needs.calls,
            statement_level=self.nesting.statement_level,
            draws={key: Draws(count) for key, count in needs.draws.items() if count > 1},
        )

    def acting(self, needs: Requirements) -> AbstractContextManager[None]:
        """Make this session the one SQLite functions act for."""
        return self.engine.runtime.acting(self._actor(needs))

    def _run_ddl(self, text: str) -> SqlResult:
        with event_triggers.around(self.storage, text, self.plsql):
            result = ddl.execute(self.storage, text, self.engine.hooks, self.plsql)
        return SqlResult(rowcount=0, warning=result.warning)

    def _run_small(self, node: d.Statement, text: str) -> SqlResult:
        if isinstance(node, d.LockTable):
            lock_tables(
                self, lambda needs, sql: self.engine.evaluate(self.storage, needs, sql), node, text
            )
        elif isinstance(node, d.Transaction):
            self.control(node, text)
        elif isinstance(node, d.SetConstraints | d.SetRole):
            set_session(self.storage, node)
        return SqlResult()
