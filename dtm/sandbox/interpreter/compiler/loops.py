"""Loops. PL/SQL Language Reference 19c, "PL/SQL Control Statements": "LOOP Statements"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.base import LoopContext
from dtm.sandbox.interpreter.compiler.statements import StatementMixin
from dtm.sandbox.interpreter.compiler.symbols import CursorSymbol, Exec, Run
from dtm.sandbox.interpreter.runtime import CHECK_EVERY, Frame
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Args, Ident, Stmt
from dtm.sandbox.interpreter.types import PLS_INTEGER, RecordType
from dtm.sandbox.interpreter.values import Record
from dtm.sandbox.kernel.errors import OraError

Value = Any
_MASK = CHECK_EVERY - 1


class LoopMixin(StatementMixin):
    """Compiles loops."""

    def loop_statement(self, statement: Any) -> Exec:
        if isinstance(statement, tree.ForRange):
            return self._for_range(statement)
        if isinstance(statement, tree.ForCursor):
            return self._for_cursor(statement)
        return self._loop_while(statement)

    def _body(self, label: str | None, body: list[Stmt]) -> tuple[Exec, LoopContext]:
        loop = LoopContext(label)
        self.loops.append(loop)
        try:
            return self.statements(body), loop
        finally:
            self.loops.pop()

    def _loop_while(self, statement: tree.Loop) -> Exec:
        test: Run | None = None
        if statement.condition is not None:
            code = self.expression(statement.condition)
            test = self.boolean(code, statement.condition.pos)
        body, loop = self._body(statement.label, statement.body)
        leave, again = loop.leave, loop.again

        def run(f: Frame) -> object:
            check = f.rt.context.interrupt_check
            count = 0
            while test is None or test(f):
                signal = body(f)
                if signal is not None and signal is not again:
                    return None if signal is leave else signal
                count += 1
                if not count & _MASK:
                    check()
            return None

        return run

    def _for_range(self, statement: tree.ForRange) -> Exec:
        low = self.converted(self.expression(statement.low), PLS_INTEGER, statement.low.pos)
        high = self.converted(self.expression(statement.high), PLS_INTEGER, statement.high.pos)
        scope, slot = self.loop_variable(statement.name, PLS_INTEGER)
        self.scope, outer = scope, self.scope
        scope.name = statement.label
        try:
            body, loop = self._body(statement.label, statement.body)
        finally:
            self.scope = outer
        leave, again = loop.leave, loop.again
        reverse = statement.reverse

        def run(f: Frame) -> object:
            first, last = low(f), high(f)
            if first is None or last is None:
                raise OraError(6502, "")
            check = f.rt.context.interrupt_check
            values = f.v
            for index in range(last, first - 1, -1) if reverse else range(first, last + 1):
                values[slot] = index
                signal = body(f)
                if signal is not None and signal is not again:
                    return None if signal is leave else signal
                if not index & _MASK:
                    check()
            return None

        return run

    # -------------------------------------------------------------- cursors

    def _for_cursor(self, statement: tree.ForCursor) -> Exec:
        if statement.query is not None:
            site = self.site(statement.query)
            row = self.row_type(site.compiled(self.rt)[0].columns, statement.name)
            return self._over_rows(statement, row, lambda f: site.run(f)[1].rows)
        ref = statement.cursor
        assert ref is not None  # noqa: S101
        args = ref.parts[-1] if isinstance(ref.parts[-1], Args) else None
        thing = self.walk(tree.Ref(ref.pos, ref.parts[:-1]) if args is not None else ref)
        if not isinstance(thing, CursorSymbol) or thing.row is None:
            name = ".".join(p.name for p in ref.parts if isinstance(p, Ident))
            raise pls(ref.pos, 456, name)
        return self._over_cursor(statement, thing, args)

    def _over_rows(
        self, statement: tree.ForCursor, row: RecordType, rows: Callable[[Frame], Any]
    ) -> Exec:
        scope, slot = self.loop_variable(statement.name, row)
        self.scope, outer = scope, self.scope
        scope.name = statement.label
        try:
            body, loop = self._body(statement.label, statement.body)
        finally:
            self.scope = outer
        leave, again = loop.leave, loop.again
        read = bridge.row_reader(row) or list

        def run(f: Frame) -> object:
            fetched = rows(f)
            check = f.rt.context.interrupt_check
            values = f.v
            for count, row_values in enumerate(fetched, 1):
                values[slot] = Record(read(row_values))
                signal = body(f)
                if signal is not None and signal is not again:
                    return None if signal is leave else signal
                if not count & _MASK:
                    check()
            return None

        return run

    def _over_cursor(
        self, statement: tree.ForCursor, symbol: CursorSymbol, args: Args | None
    ) -> Exec:
        """The declared cursor is open during the loop: its attributes can be asked."""
        load = self.cursor_place(symbol)
        run_query = self.opener(symbol, args, statement.pos)
        assert symbol.row is not None  # noqa: S101

        def rows(f: Frame) -> Any:
            cursor = load(f)
            columns, fetched, rowids = run_query(f)
            cursor.open(columns, fetched)
            cursor.rowids = rowids
            while (row := cursor.fetch_row()) is not None:
                yield row

        over = self._over_rows(statement, symbol.row, rows)

        def run(f: Frame) -> object:
            if load(f).is_open:
                raise OraError(6511)
            try:
                signal = over(f)
            except OraError:
                _close(load(f))
                raise
            _close(load(f))
            return signal

        return run


def _close(cursor: Any) -> None:
    if cursor.is_open:
        cursor.close()
