"""Statements. PL/SQL Language Reference 19c, "PL/SQL Language Elements"."""

from __future__ import annotations

from collections.abc import Callable

from dtm.plsql.lexer import BIND, IDENT, OP, QUOTED
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.cursorstatements import CursorStatements
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Block, Decl, Expr, Handler, Ref, Stmt

_ENDS = ("END", "ELSE", "ELSIF", "WHEN", "EXCEPTION")


class StatementParser(CursorStatements):
    """Parses blocks and everything in them."""

    def block_body(self, decls: list[Decl], name: str | None) -> Block:
        """BEGIN statements [EXCEPTION handlers] END [name], without the semicolon."""
        pos = self.pos
        self.expect("BEGIN")
        body = self.statements()
        handlers = self._handlers() if self.accept("EXCEPTION") else []
        end = self.pos
        self.expect("END")
        self._end_name(name)
        return Block(pos, decls, body, handlers, end)

    def _end_name(self, name: str | None) -> None:
        if self.token.kind not in (IDENT, QUOTED):
            return
        token = self.token
        found = self.name(reserved_ok=False)
        if name is not None and found.name != name:
            raise pls((token.line, token.column), 113, found.name, name)

    def _handlers(self) -> list[Handler]:
        handlers: list[Handler] = []
        if not self.at("WHEN"):
            self.fail("pragma when")
        while self.at("WHEN"):
            pos = self.pos
            self.advance()
            names: list[Ref] = []
            if handlers and not handlers[-1].names:
                raise pls(pos, 370)
            if not self.accept("OTHERS"):
                names.append(self.reference())
                while self.accept("OR"):
                    if self.at("OTHERS"):
                        raise pls(self.pos, 103, 'Encountered the symbol "OTHERS"')
                    names.append(self.reference())
            self.expect("THEN")
            handlers.append(Handler(pos, names, self.statements()))
        return handlers

    def statements(self) -> list[Stmt]:
        """At least one statement, up to END, ELSE, ELSIF, WHEN or EXCEPTION."""
        self.enter()
        body: list[Stmt] = []
        while not self.at(*_ENDS):
            if self.token is self.eof:
                self.fail(
                    "begin case declare end exception exit for goto if loop mod null raise"
                    " return select update while with <an identifier>"
                )
            body.append(self.statement())
        if not body or isinstance(body[-1], tree.Label):
            self.fail(
                "( begin case declare exit for goto if loop mod null pragma raise return"
                " select update while with <an identifier> <a bind variable> <<"
            )
        self.leave()
        return body

    def statement(self) -> Stmt:
        """One statement with its semicolon."""
        if self.at("<<"):
            return self._label()
        token = self.token
        if token.kind == IDENT:
            handler = _STATEMENTS.get(token.value)
            if handler is not None and not self._is_name():
                return handler(self)
            return self._assignment_or_call()
        if token.kind in (QUOTED, BIND) or self.at("("):
            return self._assignment_or_call()
        raise self.unexpected(
            "( begin case declare exit for goto if loop mod null pragma raise return"
            " select update while with <an identifier> <a bind variable> <<"
        )

    def _is_name(self) -> bool:
        """Does a word that may begin a statement stand for a variable or a procedure here?"""
        following = self.peek()
        if following.kind != OP:
            return False
        if following.value in (":=", ".", "%"):
            return True
        return following.value == "(" and self.token.value in (
            "COMMIT", "ROLLBACK", "SAVEPOINT", "OPEN", "CLOSE", "FETCH", "EXECUTE", "DELETE",
            "SET", "PIPE", "MERGE", "CALL",
        )  # fmt: skip

    def _label(self) -> Stmt:
        pos = self.pos
        self.expect("<<")
        name = self.name().name
        self.expect(">>")
        if self.at("LOOP", "WHILE", "FOR", "BEGIN", "DECLARE"):
            statement = self.statement()
            if isinstance(statement, tree.Loop | tree.ForRange | tree.ForCursor | tree.Block):
                statement.label = name
            return statement
        return tree.Label(pos, name)

    def _assignment_or_call(self) -> Stmt:
        pos = self.pos
        if self.token.kind == BIND:
            target: Expr = self._bind()
            self.expect(":=")
            value = self.expression()
            self.expect(";")
            return tree.Assign(pos, target, value)
        ref = self._assigned()
        if self.accept(":="):
            value = self.expression()
            self.expect(";")
            return tree.Assign(pos, ref, value)
        if not self.at(";"):
            self.fail(":= . ( @ % ;")
        self.advance()
        return tree.Call(pos, ref)

    def _assigned(self) -> Ref:
        """What a statement begins with: a name, or an object in parentheses or in TREAT."""
        if not self.at("(") and not self.at_sequence("TREAT", "("):
            return self.reference()
        start = self.token
        target = self.primary()
        if not isinstance(target, Ref):
            raise pls((start.line, start.column), 103, f'Encountered the symbol "{start.text}"')
        return target

    # -------------------------------------------------------------- control

    def _null(self) -> Stmt:  # type: ignore[override]
        pos = self.pos
        self.advance()
        self.expect(";")
        return tree.Null(pos)

    def _if(self) -> Stmt:
        pos = self.pos
        branches: list[tuple[Expr, list[Stmt]]] = []
        while not branches or self.at("ELSIF"):
            self.advance()
            condition = self.expression()
            self.expect("THEN")
            branches.append((condition, self.statements()))
        otherwise = self.statements() if self.accept("ELSE") else None
        self.expect("END", "IF", ";")
        return tree.If(pos, branches, otherwise)

    def _case_statement(self) -> Stmt:
        pos = self.pos
        self.advance()
        selector = None if self.at("WHEN") else self.expression()
        whens: list[tuple[Expr, list[Stmt]]] = []
        while self.accept("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            whens.append((condition, self.statements()))
        if not whens:
            self.fail("when")
        otherwise = self.statements() if self.accept("ELSE") else None
        self.expect("END", "CASE")
        self._end_name(None)
        self.expect(";")
        return tree.Case(pos, selector, whens, otherwise)

    def _loop_body(self) -> list[Stmt]:
        self.expect("LOOP")
        body = self.statements()
        self.expect("END", "LOOP")
        self._end_name(None)  # Oracle takes any name here, and at the end of a block
        self.expect(";")
        return body

    def _loop(self) -> Stmt:
        return tree.Loop(self.pos, None, self._loop_body())

    def _while(self) -> Stmt:
        pos = self.pos
        self.advance()
        condition = self.expression()
        return tree.Loop(pos, condition, self._loop_body())

    def _for(self) -> Stmt:
        pos = self.pos
        self.advance()
        name = self.name().name
        self.expect("IN")
        reverse = self.accept("REVERSE")
        if self.at("(") and self.peek().value in ("SELECT", "WITH"):
            query = self.parenthesised_query()
            return tree.ForCursor(pos, name, query, None, self._loop_body())
        low = self._additive()
        if self.accept(".."):
            high = self._additive()
            return tree.ForRange(pos, name, low, high, reverse, self._loop_body())
        if not isinstance(low, Ref):
            self.fail("..")
        return tree.ForCursor(pos, name, None, low, self._loop_body())

    def _exit(self) -> Stmt:
        pos = self.pos
        again = self.advance().value == "CONTINUE"
        label = None
        if not self.at("WHEN", ";"):
            label = self.name().name
        condition = self.expression() if self.accept("WHEN") else None
        self.expect(";")
        return tree.Exit(pos, again, label, condition)

    def _goto(self) -> Stmt:
        pos = self.pos
        self.advance()
        label = self.name().name
        self.expect(";")
        return tree.Goto(pos, label)

    def _return(self) -> Stmt:
        pos = self.pos
        self.advance()
        value = None if self.at(";") else self.expression()
        self.expect(";")
        return tree.Return(pos, value)

    def _raise(self) -> Stmt:
        pos = self.pos
        self.advance()
        exception = None if self.at(";") else self.reference()
        self.expect(";")
        return tree.Raise(pos, exception)

    def _pipe(self) -> Stmt:
        pos = self.pos
        self.advance()
        self.expect("ROW", "(")
        value = self.expression()
        self.expect(")", ";")
        return tree.PipeRow(pos, value)

    def _block(self) -> Stmt:
        decls: list[Decl] = []
        pos = self.pos
        self.enter()
        if self.accept("DECLARE"):
            decls = self.declarations()
        block = self.block_body(decls, None)
        block.pos = pos
        self.expect(";")
        self.leave()
        return block

    def _pragma_statement(self) -> Stmt:
        pos = self.pos
        pragma = self.pragma()
        if pragma.name != "INLINE":
            raise pls(pos, 710, pragma.name)
        return tree.Null(pos)

    def _savepoint(self) -> Stmt:
        pos = self.pos
        self.advance()
        name = self.name().name
        self.expect(";")
        return tree.Transaction(pos, "SAVEPOINT", name)

    def _commit(self) -> Stmt:
        pos = self.pos
        kind = self.advance().value
        name = None
        self.accept("WORK")
        if kind == "ROLLBACK" and self.accept("TO"):
            self.accept("SAVEPOINT")
            name = self.name().name
        while kind == "COMMIT" and self.at("WRITE", "IMMEDIATE", "BATCH", "WAIT", "NOWAIT"):
            self.advance()
        if kind == "COMMIT" and self.accept("COMMENT"):
            self.advance()
        self.expect(";")
        return tree.Transaction(pos, kind, name)

    def _sql(self) -> Stmt:
        return self.sql_statement()


_STATEMENTS: dict[str, Callable[[StatementParser], Stmt]] = {
    "NULL": StatementParser._null,
    "IF": StatementParser._if,
    "CASE": StatementParser._case_statement,
    "LOOP": StatementParser._loop,
    "WHILE": StatementParser._while,
    "FOR": StatementParser._for,
    "FORALL": StatementParser._forall,
    "EXIT": StatementParser._exit,
    "CONTINUE": StatementParser._exit,
    "GOTO": StatementParser._goto,
    "RETURN": StatementParser._return,
    "RAISE": StatementParser._raise,
    "PIPE": StatementParser._pipe,
    "BEGIN": StatementParser._block,
    "DECLARE": StatementParser._block,
    "PRAGMA": StatementParser._pragma_statement,
    "EXECUTE": StatementParser._execute,
    "OPEN": StatementParser._open,
    "FETCH": StatementParser._fetch,
    "CLOSE": StatementParser._close,
    "SAVEPOINT": StatementParser._savepoint,
    "COMMIT": StatementParser._commit,
    "ROLLBACK": StatementParser._commit,
    "SELECT": StatementParser._sql,
    "WITH": StatementParser._sql,
    "INSERT": StatementParser._sql,
    "UPDATE": StatementParser._sql,
    "DELETE": StatementParser._sql,
    "MERGE": StatementParser._sql,
    "LOCK": StatementParser._sql,
    "SET": StatementParser._sql,
}
