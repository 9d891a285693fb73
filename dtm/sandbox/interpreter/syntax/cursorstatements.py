"""Statements of cursors and dynamic SQL. PL/SQL Language Reference 19c, "PL/SQL Language Elements"."""

from __future__ import annotations

from dtm.plsql.lexer import BIND, IDENT, QUOTED
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.sqltext import SqlParser
from dtm.sandbox.interpreter.syntax.tree import Expr, Into, Ref, Stmt


class CursorStatements(SqlParser):
    """OPEN, FETCH, CLOSE, EXECUTE IMMEDIATE, FORALL."""

    def targets(self, *, bulk: bool = False) -> Into:
        """The variables behind INTO."""
        targets = [self._target()]
        while self.accept(","):
            targets.append(self._target())
        return Into(targets, bulk)

    def _target(self) -> Expr:
        return self._bind() if self.token.kind == BIND else self.reference()

    def _into(self) -> Into | None:
        if self.accept("BULK", "COLLECT"):
            self.expect("INTO")
            return self.targets(bulk=True)
        return self.targets() if self.accept("INTO") else None

    def _using(self) -> list[tree.UsingArg]:
        args: list[tree.UsingArg] = []
        if not self.accept("USING"):
            return args
        while True:
            mode = "IN"
            if self.accept("IN"):
                mode = "IN OUT" if self.accept("OUT") else "IN"
            elif self.accept("OUT"):
                mode = "OUT"
            args.append(tree.UsingArg(self.expression(), mode))
            if not self.accept(","):
                return args

    def _execute(self) -> Stmt:
        statement = self.execute_immediate()
        self.expect(";")
        return statement

    def execute_immediate(self) -> tree.ExecuteImmediate:
        """EXECUTE IMMEDIATE text [INTO ...] [USING ...] [RETURNING INTO ...]"""
        pos = self.pos
        self.expect("EXECUTE", "IMMEDIATE")
        text = self.expression()
        into = self._into()
        using = self._using()
        if into is None:
            into = self._into()
        returning = None
        if self.accept("RETURNING") or self.accept("RETURN"):
            returning = self._into()
            if returning is None:
                self.fail("into bulk")
        return tree.ExecuteImmediate(pos, text, into, using, returning)

    def _open(self) -> Stmt:
        pos = self.pos
        self.advance()
        if self.token.kind == BIND:
            cursor: Expr = self._bind()
        else:
            cursor = self.reference()
        if not self.accept("FOR"):
            self.expect(";")
            if not isinstance(cursor, Ref):
                self.fail("for")
            return tree.OpenCursor(pos, cursor)
        if self.at("SELECT", "WITH"):
            statement = tree.OpenFor(pos, cursor, self.sql_until(";"), None)
        elif self.at("(") and self.peek().value in ("SELECT", "WITH"):
            statement = tree.OpenFor(pos, cursor, self.parenthesised_query(), None)
        else:
            text = self.expression()
            statement = tree.OpenFor(pos, cursor, None, text, self._using())
        self.expect(";")
        return statement

    def _fetch(self) -> Stmt:
        pos = self.pos
        self.advance()
        cursor = self._target()
        into = self._into()
        if into is None:
            self.fail("into bulk")
        if self.accept("LIMIT"):
            into.limit = self.expression()
        self.expect(";")
        return tree.Fetch(pos, cursor, into)

    def _close(self) -> Stmt:
        pos = self.pos
        self.advance()
        cursor = self._target()
        self.expect(";")
        return tree.CloseCursor(pos, cursor)

    def _forall(self) -> Stmt:
        pos = self.pos
        self.advance()
        name = self.name().name
        self.expect("IN")
        low = high = collection = None
        how = "RANGE"
        if self.at_sequence("INDICES", "OF") or self.at_sequence("VALUES", "OF"):
            how = self.advance().value
            self.advance()
            collection = self.reference()
            if self.accept("BETWEEN"):
                low = self._additive()
                self.expect("AND")
                high = self._additive()
        else:
            low = self._additive()
            self.expect("..")
            high = self._additive()
        save = self.accept("SAVE", "EXCEPTIONS")
        start, at = self.index, self.pos
        if self.at("EXECUTE"):
            statement: tree.Sql | tree.ExecuteImmediate = self.execute_immediate()
            self.expect(";")
        elif self.at("INSERT", "UPDATE", "DELETE", "MERGE"):
            statement = self.sql_statement()
        else:
            raise pls(self.pos, 435)
        used = self.tokens[start : self.index]
        if not any(token.value == name and token.kind in (IDENT, QUOTED) for token in used):
            raise pls(at, 435)
        return tree.Forall(pos, name, how, low, high, collection, save, statement)
