"""SQL statements of PL/SQL: SELECT INTO, DML with RETURNING, FORALL, transactions.

PL/SQL Language Reference 19c, "PL/SQL Static SQL", "PL/SQL Optimization and Tuning" (FORALL).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dtm.sandbox.interpreter.compiler.hosts import SqlSite
from dtm.sandbox.interpreter.compiler.into import IntoTarget
from dtm.sandbox.interpreter.compiler.loops import LoopMixin
from dtm.sandbox.interpreter.compiler.symbols import Exec, Run
from dtm.sandbox.interpreter.raising import catchable
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.types import PLS_INTEGER, VARCHAR2, CollectionType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Compiled, SqlResult
from dtm.sandbox.kernel.rows import of_locked_rows

Value = Any
_TOGETHER = 500  # rows of an INSERT in FORALL between two looks at the interrupt flag


class SqlMixin(LoopMixin):
    """Compiles static SQL statements."""

    def sql_statement(self, statement: tree.Sql) -> Exec:
        site = self._sql_site(statement)
        compiled, _ = site.compiled(self.rt)
        if statement.kind == "SELECT":
            if statement.into is None:
                raise pls(statement.pos, 428)
            into = self.into_target(statement.into, compiled.columns, statement.pos)
            if statement.into.bulk:
                return _select_bulk(site, into)
            return _select_into(site, into)
        if statement.into is None:
            return _dml(site)
        into = self.into_target(statement.into, compiled.columns, statement.pos)
        return _returning(site, into, bulk=statement.into.bulk)

    def _sql_site(self, statement: tree.Sql) -> SqlSite:
        replaced: list[tuple[int, int, str]] = []
        if statement.record is not None:
            names = self.record_values(statement.record)
            if statement.kind == "INSERT":
                text = f"({', '.join(host for _, host in names)})"
            else:
                text = ", ".join(f'"{name}" = {host}' for name, host in names)
            replaced.append((*statement.record_span, text))
        return self.site(statement.sql, replaced)

    # -------------------------------------------------------------- FORALL

    def forall(self, statement: tree.Forall) -> Exec:
        """FORALL index IN bounds [SAVE EXCEPTIONS] dml"""
        indexes = self._indexes(statement)
        scope, slot = self.loop_variable(statement.name, PLS_INTEGER)
        self.scope, outer = scope, self.scope
        try:
            if isinstance(statement.statement, tree.Sql):
                step = self._forall_static(statement.statement)
            else:
                step = ForallStep(self.forall_dynamic(statement.statement), None)
        finally:
            self.scope = outer
        save = statement.save_exceptions

        def execute(f: Frame) -> None:
            _run_forall(f, slot, indexes(f), step, save=save)

        return execute

    def _indexes(self, statement: tree.Forall) -> Callable[[Frame], Sequence[int]]:
        low = high = None
        if statement.low is not None and statement.high is not None:
            low = self.converted(self.expression(statement.low), PLS_INTEGER, statement.low.pos)
            high = self.converted(self.expression(statement.high), PLS_INTEGER, statement.high.pos)
        if statement.collection is None:
            assert low is not None and high is not None  # noqa: S101, PT018
            return _range(low, high)
        code = self.expression(statement.collection)
        if not isinstance(code.type, CollectionType):
            raise pls(statement.collection.pos, 382)
        return _collection_indexes(code.run, low, high, values=statement.how == "VALUES")

    def _forall_static(self, statement: tree.Sql) -> ForallStep:
        site = self._sql_site(statement)
        compiled, _ = site.compiled(self.rt)
        into = None
        if statement.into is not None:
            if not statement.into.bulk:
                raise pls(statement.pos, 497)
            into = self.into_target(statement.into, compiled.columns, statement.pos)

        def step(f: Frame, collected: list[Any]) -> int:
            compiled, result = site.run(f)
            if into is not None:
                collected.append((into, compiled.columns, result.rows))
            return result.rowcount

        return ForallStep(step, site if into is None and compiled.kind == "insert" else None)

    def forall_dynamic(
        self, statement: tree.ExecuteImmediate
    ) -> Callable[[Frame, list[Any]], int]:
        """FORALL ... EXECUTE IMMEDIATE; the dynamic part has it."""
        raise NotImplementedError

    # -------------------------------------------------------------- transactions

    def transaction(self, statement: tree.Transaction) -> Exec:
        """COMMIT, ROLLBACK [TO], SAVEPOINT"""
        kind, name = statement.kind, statement.name

        def execute(f: Frame) -> None:
            run_transaction(f, kind, name)

        return execute

    def pipe_row(self, statement: tree.PipeRow) -> Exec:
        """PIPE ROW (value): collected into the result."""
        routine = self.routine
        if routine is None or not routine.pipelined:
            raise pls(statement.pos, 710, "PIPE")
        returns = routine.returns
        assert isinstance(returns, CollectionType)  # noqa: S101
        value = self.converted(self.expression(statement.value), returns.element, statement.pos)

        def execute(f: Frame) -> None:
            f.ret.cells.append(value(f))

        return execute

    def dynamic_text(self, expr: tree.Expr) -> Run:
        """The statement text of dynamic SQL."""
        code = self.expression(expr)
        if code.type.kind.value == "CLOB":
            return code.run
        return self.converted(code, VARCHAR2, expr.pos)


def run_transaction(f: Frame, kind: str, name: str | None) -> None:
    """Transaction control from PL/SQL; refused where Oracle refuses it (rt.guard)."""
    rt = f.rt
    rt.transaction_allowed(kind)
    if kind == "COMMIT":
        rt.sql.commit()
    elif kind == "SAVEPOINT":
        rt.sql.savepoint(name or "")
    elif name is not None:
        rt.sql.rollback_to(name)
    else:
        rt.sql.rollback()
    rt.cursor.rowcount = 0
    if name is None and rt.library.locks.held:
        rt.library.locks.release_all(rt.context.sid, committed_only=True)


def _select_into(site: SqlSite, into: IntoTarget) -> Exec:
    def execute(f: Frame) -> None:
        f.rt.cursor.rowcount = 0
        compiled, result = site.run(f)
        put_single(f, into, compiled, result)

    return execute


def put_single(f: Frame, into: IntoTarget, compiled: Compiled, result: SqlResult) -> None:
    """Exactly one row: ORA-01403 or ORA-01422 otherwise."""
    into.check(compiled.columns)
    rows = result.rows
    cursor = f.rt.cursor
    if not rows:
        cursor.rowcount = 0
        raise OraError(1403)
    cursor.rowcount = 1
    if len(rows) > 1:
        raise OraError(1422)
    into.put_row(f, compiled.columns, rows[0])


def _select_bulk(site: SqlSite, into: IntoTarget) -> Exec:
    def execute(f: Frame) -> None:
        compiled, result = site.run(f)
        f.rt.cursor.rowcount = len(result.rows)
        into.put_rows(f, compiled.columns, result.rows)

    return execute


def _dml(site: SqlSite) -> Exec:
    def execute(f: Frame) -> None:
        _, result = site.run(f)
        f.rt.cursor.rowcount = result.rowcount

    return execute


def _returning(site: SqlSite, into: IntoTarget, *, bulk: bool) -> Exec:
    def execute(f: Frame) -> None:
        compiled, result = site.run(f)
        f.rt.cursor.rowcount = result.rowcount
        put_returned(f, into, compiled, result, bulk=bulk)

    return execute


def put_returned(
    f: Frame, into: IntoTarget, compiled: Compiled, result: SqlResult, *, bulk: bool
) -> None:
    """RETURNING INTO: without BULK COLLECT at most one row."""
    rows = of_locked_rows(compiled.columns, result.rows)
    if bulk:
        into.put_rows(f, compiled.columns, rows)
    elif len(rows) > 1:
        raise OraError(1422)
    elif rows:
        into.put_row(f, compiled.columns, rows[0])


def _range(low: Run, high: Run) -> Callable[[Frame], Sequence[int]]:
    def indexes(f: Frame) -> Sequence[int]:
        first, last = low(f), high(f)
        if first is None or last is None:
            raise OraError(6502, "")
        return range(first, last + 1)

    return indexes


def _collection_indexes(
    load: Run, low: Run | None, high: Run | None, *, values: bool
) -> Callable[[Frame], Sequence[int]]:
    def indexes(f: Frame) -> Sequence[int]:
        table = load(f)
        if table is None:
            raise OraError(6531)
        found = list(table.items() if values else table.keys())
        if low is not None and high is not None:
            first, last = low(f), high(f)
            found = [index for index in found if first <= index <= last]
        return found

    return indexes


class ForallStep(NamedTuple):
    """What a FORALL does: with the current index, and for many at once where it is an INSERT."""

    run: Callable[[Frame, list[Any]], int]
    inserts: SqlSite | None


def _run_forall(
    f: Frame, slot: int, indexes: Sequence[int], step: ForallStep, *, save: bool
) -> None:
    cursor = f.rt.cursor
    cursor.rowcount = 0
    counts: dict[int, int] = {}
    errors: list[tuple[int, int]] = []
    collected: list[Any] = []
    cursor.bulk_rowcount, cursor.bulk_errors = counts, errors
    check = f.rt.context.interrupt_check
    total = _insert_together(f, slot, indexes, step.inserts)
    counts.update((index, 1) for index in indexes[:total])
    cursor.rowcount = total
    for number, index in enumerate(indexes[total:], total + 1):
        f.v[slot] = index
        try:
            count = step.run(f, collected)
        except OraError as error:
            if error.code in (1403, 6533):
                error = OraError(22160, index)
            if not save or not catchable(error):
                raise error from None
            errors.append((number, error.code))
            counts[index] = 0
            continue
        counts[index] = counts.get(index, 0) + count
        total += count
        cursor.rowcount = total
        if not number & 255:
            check()
    _collect(f, collected)
    cursor.rowcount = total
    cursor.bulk_rowcount, cursor.bulk_errors = counts, errors
    if errors:
        raise OraError(24381)


def _insert_together(f: Frame, slot: int, indexes: Sequence[int], site: SqlSite | None) -> int:
    """Insert the first rows in bunches; how many, up to one that has to go one by one."""
    done = 0
    while site is not None and done + 1 < len(indexes):
        count = site.insert_many(f, slot, indexes[done : done + _TOGETHER])
        if not count:
            break
        done += count
        f.rt.context.interrupt_check()
    return done


def _collect(f: Frame, collected: list[Any]) -> None:
    """All rows that RETURNING BULK COLLECT gave, in order."""
    if collected:
        into, columns, _ = collected[0]
        into.put_rows(f, columns, [row for _, _, rows in collected for row in rows])
