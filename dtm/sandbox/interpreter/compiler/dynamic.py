"""Native dynamic SQL: EXECUTE IMMEDIATE and OPEN FOR.

PL/SQL Language Reference 19c, "PL/SQL Dynamic SQL".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dtm.plsql.lexer import BIND, Token, lex
from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.into import IntoTarget
from dtm.sandbox.interpreter.compiler.sqlstatements import (
    SqlMixin,
    put_returned,
    put_single,
)
from dtm.sandbox.interpreter.compiler.symbols import Exec, Run
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.types import CursorType, PlType, Scalar
from dtm.sandbox.interpreter.values import Cursor
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Compiled
from dtm.sandbox.kernel.rows import of_locked_rows
from dtm.sandbox.kernel.types import Kind, OraType

Value = Any
_BLOCK = re.compile(r"\s*(?:BEGIN|DECLARE|CALL|<<)(?![\w$#])", re.IGNORECASE)
_TRANSACTION = frozenset({"commit", "rollback", "savepoint"})


@dataclass(slots=True)
class BindArg:
    """One USING argument."""

    mode: str
    type: PlType
    run: Run
    store: Callable[[Frame, Value], None] | None


class DynamicMixin(SqlMixin):
    """Compiles dynamic SQL."""

    def other_statement(self, statement: Any) -> Exec:
        if isinstance(statement, tree.Transaction):
            return self.transaction(statement)
        if isinstance(statement, tree.ExecuteImmediate):
            return self.execute_immediate(statement)
        if isinstance(statement, tree.Forall):
            return self.forall(statement)
        if isinstance(statement, tree.OpenFor):
            return self.open_for(statement)
        return self.pipe_row(statement)

    def _using(self, args: list[tree.UsingArg]) -> list[BindArg]:
        binds: list[BindArg] = []
        for arg in args:
            if isinstance(arg.value, tree.Literal) and arg.value.kind in ("NULL", "BOOLEAN"):
                raise pls(arg.value.pos, 457)
            if arg.mode == "IN":
                code = self.expression(arg.value)
                binds.append(BindArg("IN", code.type, code.run, None))
            else:
                place = self.place(arg.value)
                convert = self.conversion(place.type, place.type, arg.value.pos)
                store = place.store
                assert store is not None  # noqa: S101
                if convert is not None:
                    store = _converting(store, convert)
                binds.append(BindArg(arg.mode, place.type, place.load, store))
        return binds

    def execute_immediate(self, statement: tree.ExecuteImmediate) -> Exec:
        """EXECUTE IMMEDIATE"""
        text = self.dynamic_text(statement.text)
        binds = self._using(statement.using)
        into = returning = None
        if statement.into is not None:
            into = self.into_target(statement.into, None, statement.pos)
        if statement.returning is not None:
            returning = self.into_target(statement.returning, None, statement.pos)
        bulk_into = statement.into is not None and statement.into.bulk
        bulk_returning = statement.returning is not None and statement.returning.bulk

        def execute(f: Frame) -> None:
            source = text(f)
            if not source:
                raise OraError(6535)
            if _BLOCK.match(source):
                _run_block(f, source, binds)
                return
            dynamic = Dynamic(source, binds, into, returning)
            dynamic.bulk = bulk_into or bulk_returning
            dynamic.run(f)

        return execute

    def forall_dynamic(
        self, statement: tree.ExecuteImmediate
    ) -> Callable[[Frame, list[Any]], int]:
        execute = self.execute_immediate(statement)

        def step(f: Frame, _collected: list[Any]) -> int:
            cursor = f.rt.cursor
            kept = (cursor.bulk_rowcount, cursor.bulk_errors)
            execute(f)
            cursor.bulk_rowcount, cursor.bulk_errors = kept
            return cursor.rowcount or 0

        return step

    def open_for(self, statement: tree.OpenFor) -> Exec:
        """OPEN cursor variable FOR query | text USING ..."""
        place = self.cursor_reference(statement.cursor)[3]
        if place is None or place.store is None or not isinstance(place.type, CursorType):
            raise pls(statement.pos, 456, "cursor")
        store = place.store
        if statement.query is not None:
            site = self.site(statement.query)

            def open_static(f: Frame) -> None:
                compiled, result = site.run(f)
                store(f, _opened(compiled, result.rows))

            return open_static
        assert statement.text is not None  # noqa: S101
        if place.type.row is not None:
            raise pls(statement.pos, 455, place.text)
        text = self.dynamic_text(statement.text)
        binds = self._using(statement.using)

        def open_dynamic(f: Frame) -> None:
            source = text(f)
            if not source:
                raise OraError(6535)
            compiled = f.rt.sql.compile(source, None, user_types(binds))
            if compiled.kind != "select":
                raise OraError(6539)
            values = Dynamic(source, binds, None, None).values(f, compiled)
            store(f, _opened(compiled, f.rt.sql.run(compiled, values).rows))

        return open_dynamic


def _opened(compiled: Compiled, rows: Any) -> Cursor:
    cursor = Cursor()
    cursor.open(compiled.columns, rows)
    return cursor


def _converting(
    store: Callable[[Frame, Value], None], convert: Any
) -> Callable[[Frame, Value], None]:
    return lambda f, value: store(f, convert(f.rt.env, value))


def user_types(binds: list[BindArg]) -> tuple[OraType | None, ...]:
    """The types of the arguments, when one is an object or a collection: SQL must know them."""
    if all(isinstance(bind.type, Scalar | CursorType) for bind in binds):
        return ()
    return tuple(
        None if isinstance(bind.type, Scalar | CursorType) else bridge.sql_type(bind.type)
        for bind in binds
    )


class Dynamic:
    """One execution of a dynamic SQL statement."""

    def __init__(
        self,
        text: str,
        binds: list[BindArg],
        into: IntoTarget | None,
        returning: IntoTarget | None,
    ) -> None:
        self.text = text
        self.binds = binds
        self.into = into
        self.returning = returning
        self.bulk = False

    def run(self, f: Frame) -> None:
        """Compile and run; fill INTO and OUT arguments."""
        rt = f.rt
        compiled = rt.sql.compile(self.text, None, user_types(self.binds))
        outs = len(compiled.into)
        kind = compiled.kind
        if kind in _TRANSACTION or kind == "ddl":
            rt.transaction_allowed("DDL" if kind == "ddl" else kind.upper())
        values = self.values(f, compiled, outs)
        if kind == "select":
            self._query(f, compiled, values)
            return
        if self.into is not None and not compiled.columns:
            raise OraError(1007)
        result = rt.sql.run(compiled, values)
        rt.cursor.rowcount = result.rowcount
        if result.warning:
            raise OraError(24344)
        if outs:
            self._returned(f, compiled, result)

    def values(self, f: Frame, compiled: Compiled, outs: int = 0) -> list[Value]:
        """IN values by position; ORA-01008 for too few, ORA-01006 for too many."""
        needed = len(compiled.hosts)
        arguments = self.binds
        out_arguments = outs if self.returning is None and outs else 0
        if len(arguments) < needed + out_arguments:
            raise OraError(1008)
        if len(arguments) > needed + out_arguments:
            raise OraError(1006)
        values: list[Value] = []
        for argument in arguments[:needed]:
            if argument.type.kind is Kind.BOOLEAN:
                raise OraError(902, message="invalid datatype")
            values.append(bridge.to_sql(argument.run(f)))
        return values

    def _query(self, f: Frame, compiled: Compiled, values: list[Value]) -> None:
        if self.into is None:
            return  # "the statement is never executed": Dynamic SQL, EXECUTE IMMEDIATE
        result = f.rt.sql.run(compiled, values)
        if self.bulk:
            f.rt.cursor.rowcount = len(result.rows)
            self.into.put_rows(f, compiled.columns, result.rows)
        else:
            put_single(f, self.into, compiled, result)

    def _returned(self, f: Frame, compiled: Compiled, result: Any) -> None:
        if self.returning is not None:
            put_returned(f, self.returning, compiled, result, bulk=self.bulk)
            return
        if len(result.rows) > 1:
            raise OraError(1422)
        outs = [bind for bind in self.binds if bind.store is not None]
        target = IntoTarget(
            [bind.type for bind in outs], [bind.store for bind in outs if bind.store is not None]
        )
        if result.rows:
            (row,) = of_locked_rows(compiled.columns, result.rows)
            target.put_row(f, compiled.columns, row)


@lru_cache(maxsize=512)
def placeholders(text: str) -> tuple[str, ...]:
    """Names of the :placeholders of a block in order of first occurrence."""
    names: dict[str, None] = {}
    token: Token
    for token in lex(text).tokens:
        if token.kind == BIND:
            names.setdefault(token.value)
    return tuple(names)


def _run_block(f: Frame, text: str, binds: list[BindArg]) -> None:
    """A PL/SQL block: one argument for each distinct placeholder."""
    names = placeholders(text)
    if len(binds) < len(names):
        raise OraError(1008)
    if len(binds) > len(names):
        raise OraError(1006)
    values = {}
    types: dict[str, PlType] = {}
    for name, bind in zip(names, binds, strict=True):
        values[name] = None if bind.mode == "OUT" else bind.run(f)
        types[name] = bind.type
    rt = f.rt
    rt.cursor.rowcount = None
    out = rt.units.run_block(rt, text, values, types)
    for name, bind in zip(names, binds, strict=True):
        if name in out and bind.store is None:
            raise OraError(6536)
        if bind.store is not None:
            bind.store(f, out.get(name, values[name]))
    if rt.cursor.rowcount is None:
        rt.cursor.rowcount = 1
