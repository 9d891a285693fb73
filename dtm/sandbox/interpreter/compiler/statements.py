"""Statements: control flow, assignment, exceptions.

PL/SQL Language Reference 19c, "PL/SQL Control Statements", "PL/SQL Error Handling".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.base import LoopContext
from dtm.sandbox.interpreter.compiler.cursors import CursorMixin
from dtm.sandbox.interpreter.compiler.sequences import guarded, labelled, plain, single_if
from dtm.sandbox.interpreter.compiler.symbols import (
    Code,
    ExceptionSymbol,
    Exec,
    Run,
    Scope,
    Variable,
)
from dtm.sandbox.interpreter.raising import (
    ExceptionId,
    raise_declared,
)
from dtm.sandbox.interpreter.runtime import RETURN, Frame, GotoSignal
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.tree import Ref, Stmt
from dtm.sandbox.kernel.errors import OraError, Unsupported

Value = Any
# A label before one of these is one GOTO may branch to, from inside (a handler, too) and outside.
_LABELLED = (tree.Loop, tree.ForRange, tree.ForCursor, tree.Block)


class StatementMixin(CursorMixin):
    """Compiles statements."""

    # -------------------------------------------------------------- sequences

    def statements(self, body: list[Stmt]) -> Exec:
        """A sequence; an error in one statement does not hide those of the others."""
        labels: dict[str, int] = {}
        steps: list[tuple[int, Exec]] = []
        own = {s.name for s in body if isinstance(s, tree.Label)}
        own |= {s.label for s in body if isinstance(s, _LABELLED) and s.label is not None}
        self.labels.append(own)
        for statement in body:
            if isinstance(statement, _LABELLED) and statement.label is not None:
                labels[statement.label] = len(steps)
            if isinstance(statement, tree.Label):
                labels[statement.name] = len(steps)
                continue
            execute = self.checked_statement(statement)
            if execute is not None:
                steps.append((statement.pos[0], execute))
        self.labels.pop()
        return labelled(steps, labels) if labels else plain(steps)

    def checked_statement(self, statement: Stmt) -> Exec | None:
        """Compile one statement; its error is recorded."""
        try:
            return self.statement(statement)
        except CompileError as error:
            what = "SQL Statement" if isinstance(statement, tree.Sql) else "Statement"
            self.record(error, statement.pos, what)
            return None
        except Unsupported as refusal:
            return self.postponed(refusal, statement.pos)

    def statement(self, statement: Stmt) -> Exec:
        """Dispatch on the node."""
        return _COMPILERS[type(statement)](self, statement)

    def null(self, _statement: tree.Null) -> Exec:
        """NULL;"""
        return lambda _f: None

    # -------------------------------------------------------------- assignment, call

    def assign(self, statement: tree.Assign) -> Exec:
        """target := expression"""
        place = self.place(statement.target)
        code = self.expression(statement.value)
        value = self.converted(code, place.type, statement.value.pos)
        if place.slot is not None:
            slot = place.slot

            def assign_slot(f: Frame) -> None:
                f.v[slot] = value(f)

            return assign_slot
        store = place.store
        assert store is not None  # noqa: S101

        def assign(f: Frame) -> None:
            store(f, value(f))

        return assign

    def call_statement(self, statement: tree.Call) -> Exec:
        """A procedure call."""
        thing = self.walk(statement.target, statement=True)
        if not isinstance(thing, Code):
            thing = self.call_thing(thing, statement)
        run = thing.run

        def execute(f: Frame) -> None:
            run(f)

        return execute

    def call_thing(self, thing: Any, statement: tree.Call) -> Code:
        """A procedure named without parentheses, or PLS-00221."""
        name = ".".join(p.name for p in statement.target.parts if isinstance(p, tree.Ident))
        if hasattr(thing, "routines"):
            return self.call(thing, None, statement.pos, statement=True)
        raise pls(statement.pos, 221, name)

    # -------------------------------------------------------------- branches

    def if_statement(self, statement: tree.If) -> Exec:
        """IF ... ELSIF ... ELSE"""
        branches: list[tuple[Run, Exec]] = []
        for condition, body in statement.branches:
            test: Run = lambda _f: None  # noqa: E731
            try:
                test = self.boolean(self.expression(condition), condition.pos)
            except CompileError as error:
                self.record(error, statement.pos, "Statement")
            branches.append((test, self.statements(body)))
        otherwise = None if statement.otherwise is None else self.statements(statement.otherwise)
        if len(branches) == 1:
            return single_if(*branches[0], otherwise)

        def execute(f: Frame) -> object:
            for test, body in branches:
                if test(f):
                    return body(f)
            return None if otherwise is None else otherwise(f)

        return execute

    def case_statement(self, statement: tree.Case) -> Exec:
        """CASE; ORA-06592 when nothing matches and there is no ELSE."""
        tests = self.case_tests(statement.selector, [when for when, _ in statement.whens])
        bodies = [self.statements(body) for _, body in statement.whens]
        otherwise = None if statement.otherwise is None else self.statements(statement.otherwise)
        branches = list(zip(tests, bodies, strict=True))

        def execute(f: Frame) -> object:
            for test, body in branches:
                if test(f):
                    return body(f)
            if otherwise is None:
                raise OraError(6592)
            return otherwise(f)

        if statement.selector is None:
            return execute
        return self.with_selector(statement.selector, execute)

    # -------------------------------------------------------------- jumps

    def exit_statement(self, statement: tree.Exit) -> Exec:
        """EXIT and CONTINUE"""
        if not self.loops:
            raise pls(statement.pos, 376)
        loop = self._loop(statement)
        signal = loop.again if statement.again else loop.leave
        if statement.condition is None:
            return lambda _f: signal
        code = self.expression(statement.condition)
        test = self.boolean(code, statement.condition.pos)
        return lambda f: signal if test(f) else None

    def _loop(self, statement: tree.Exit) -> LoopContext:
        if statement.label is None:
            return self.loops[-1]
        for loop in reversed(self.loops):
            if loop.label == statement.label:
                return loop
        raise pls(statement.pos, 373, statement.label)

    def goto(self, statement: tree.Goto) -> Exec:
        """GOTO label: to this sequence of statements or one around it."""
        if not any(statement.label in labels for labels in self.labels):
            raise pls(statement.pos, 375, statement.label)
        signal = GotoSignal(statement.label)
        return lambda _f: signal

    def return_statement(self, statement: tree.Return) -> Exec:
        """RETURN [expression]"""
        returns = None if self.routine is None else self.routine.returns
        if statement.value is None:
            if returns is not None and not self._bare_return():
                raise pls(statement.pos, 503)
            return lambda _f: RETURN
        if returns is None:
            raise pls(statement.pos, 372)
        code = self.expression(statement.value)
        value = self.converted(code, returns, statement.value.pos)

        def execute(f: Frame) -> object:
            f.ret = value(f)
            return RETURN

        return execute

    def _bare_return(self) -> bool:
        """May RETURN of this function stand alone? In a pipelined one and in a constructor."""
        routine = self.routine
        if routine is None or routine.pipelined:
            return routine is not None
        return routine.method is not None and routine.method.kind == "CONSTRUCTOR"

    # -------------------------------------------------------------- exceptions

    def raise_statement(self, statement: tree.Raise) -> Exec:
        """RAISE [exception]"""
        if statement.exception is None:
            if not self.handlers:
                raise pls(statement.pos, 367)

            def again(f: Frame) -> object:
                error = f.rt.error
                if error is None:
                    raise OraError(6501)
                raise f.rt.reraise(error, f)

            return again
        identity = self.exception(statement.exception)

        def execute(_f: Frame) -> object:
            raise raise_declared(identity)

        return execute

    def exception(self, ref: Ref) -> ExceptionId:
        """A declared or predefined exception."""
        name = ".".join(p.name for p in ref.parts if isinstance(p, tree.Ident))
        try:
            thing = self.walk(ref)
        except CompileError as error:
            if error.text.startswith("PLS-00201"):
                raise pls(ref.pos, 201, name) from None
            raise
        if not isinstance(thing, ExceptionSymbol):
            raise pls(ref.pos, 706, name)
        return thing.identity

    def handled(self, body: Exec, handlers: list[tree.Handler]) -> Exec:
        """A block's statements with its exception handlers."""
        if not handlers:
            return body
        compiled: list[tuple[list[ExceptionId] | None, Exec]] = []
        seen: set[int] = set()
        for handler in handlers:
            identities: list[ExceptionId] | None = None
            if handler.names:
                identities = self._identities(handler, seen)
            self.handlers += 1
            compiled.append((identities, self.statements(handler.body)))
            self.handlers -= 1
        return guarded(body, compiled)

    def _identities(self, handler: tree.Handler, seen: set[int]) -> list[ExceptionId]:
        found: list[ExceptionId] = []
        for ref in handler.names:
            try:
                identity = self.exception(ref)
            except CompileError as error:
                self.record(error, handler.pos, "Statement")
                continue
            if id(identity) in seen:
                self.record(pls(ref.pos, 483, identity.name))
            seen.add(id(identity))
            found.append(identity)
        return found

    def block(self, block: tree.Block) -> Exec:
        """A nested block."""
        scope = Scope(self.scope, "block", block.label)
        self.scope = scope
        try:
            enter = self.declarations(block.decls)
            body = self.handled(self.statements(block.body), block.handlers)
        finally:
            self.scope = scope.parent or scope
        if not enter:
            return body

        def execute(f: Frame) -> object:
            for step in enter:
                step(f)
            return body(f)

        return execute

    def declarations(self, decls: list[tree.Decl]) -> list[Exec]:
        """Compile declarations; what to do when their block is entered."""
        raise NotImplementedError

    # -------------------------------------------------------------- later parts

    def sql_statement(self, statement: tree.Sql) -> Exec:
        """SELECT INTO and DML."""
        raise NotImplementedError

    def loop_statement(self, statement: Any) -> Exec:
        """All loops."""
        raise NotImplementedError

    def other_statement(self, statement: Any) -> Exec:
        """Transactions, dynamic SQL, FORALL, PIPE ROW."""
        raise NotImplementedError

    def loop_variable(self, name: str, kind: Any) -> tuple[Scope, int]:
        """A scope with a read-only loop variable."""
        scope = Scope(self.scope, "loop")
        slot = self.layout.slot()
        mode = "" if kind.kind.value == "RECORD" else "LOOP"
        scope.symbols[name] = Variable(name, kind, self.layout.level, slot, mode)
        return scope, slot


_COMPILERS: dict[type, Callable[[StatementMixin, Any], Exec]] = {
    tree.Null: StatementMixin.null,
    tree.Assign: StatementMixin.assign,
    tree.Call: StatementMixin.call_statement,
    tree.If: StatementMixin.if_statement,
    tree.Case: StatementMixin.case_statement,
    tree.Exit: StatementMixin.exit_statement,
    tree.Goto: StatementMixin.goto,
    tree.Return: StatementMixin.return_statement,
    tree.Raise: StatementMixin.raise_statement,
    tree.Block: StatementMixin.block,
    tree.Sql: lambda c, s: c.sql_statement(s),
    tree.Loop: lambda c, s: c.loop_statement(s),
    tree.ForRange: lambda c, s: c.loop_statement(s),
    tree.ForCursor: lambda c, s: c.loop_statement(s),
    tree.OpenCursor: StatementMixin.open_cursor,
    tree.CloseCursor: StatementMixin.close_cursor,
    tree.Fetch: StatementMixin.fetch,
    tree.OpenFor: lambda c, s: c.other_statement(s),
    tree.Transaction: lambda c, s: c.other_statement(s),
    tree.ExecuteImmediate: lambda c, s: c.other_statement(s),
    tree.Forall: lambda c, s: c.other_statement(s),
    tree.PipeRow: lambda c, s: c.other_statement(s),
}
