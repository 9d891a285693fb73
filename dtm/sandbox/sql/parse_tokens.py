"""The token cursor of the SQL parser: looking, accepting, expecting, failing with Oracle's errors.

Reserved words: SQL Language Reference 19c, appendix "Oracle SQL Reserved Words".
"""

from __future__ import annotations

import bisect
from typing import NoReturn

from dtm.plsql.lexer import (
    BIND,
    EOF,
    HINT,
    IDENT,
    OP,
    QUOTED,
    SLASH,
    STRING,
    Lexer,
    Problem,
    Token,
    lex,
)
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.sql.parse_nodes import Ident

RESERVED = frozenset(
    [
        "ACCESS",
        "ADD",
        "ALL",
        "ALTER",
        "AND",
        "ANY",
        "AS",
        "ASC",
        "AUDIT",
        "BETWEEN",
        "BY",
        "CHAR",
        "CHECK",
        "CLUSTER",
        "COLUMN",
        "COLUMN_VALUE",
        "COMMENT",
        "COMPRESS",
        "CONNECT",
        "CREATE",
        "CURRENT",
        "DATE",
        "DECIMAL",
        "DEFAULT",
        "DELETE",
        "DESC",
        "DISTINCT",
        "DROP",
        "ELSE",
        "EXCLUSIVE",
        "EXISTS",
        "FILE",
        "FLOAT",
        "FOR",
        "FROM",
        "GRANT",
        "GROUP",
        "HAVING",
        "IDENTIFIED",
        "IMMEDIATE",
        "IN",
        "INCREMENT",
        "INDEX",
        "INITIAL",
        "INSERT",
        "INTEGER",
        "INTERSECT",
        "INTO",
        "IS",
        "LEVEL",
        "LIKE",
        "LOCK",
        "LONG",
        "MAXEXTENTS",
        "MINUS",
        "MLSLABEL",
        "MODE",
        "MODIFY",
        "NESTED_TABLE_ID",
        "NOAUDIT",
        "NOCOMPRESS",
        "NOT",
        "NOWAIT",
        "NULL",
        "NUMBER",
        "OF",
        "OFFLINE",
        "ON",
        "ONLINE",
        "OPTION",
        "OR",
        "ORDER",
        "PCTFREE",
        "PRIOR",
        "PUBLIC",
        "RAW",
        "RENAME",
        "RESOURCE",
        "REVOKE",
        "ROW",
        "ROWID",
        "ROWNUM",
        "ROWS",
        "SELECT",
        "SESSION",
        "SET",
        "SHARE",
        "SIZE",
        "SMALLINT",
        "START",
        "SUCCESSFUL",
        "SYNONYM",
        "SYSDATE",
        "TABLE",
        "THEN",
        "TO",
        "TRIGGER",
        "UID",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USER",
        "VALIDATE",
        "VALUES",
        "VARCHAR",
        "VARCHAR2",
        "VIEW",
        "WHENEVER",
        "WHERE",
        "WITH",
    ]
)
MAX_IDENTIFIER = 128  # bytes, since 12.2
MAX_LITERAL = 4000
_LEGAL_OPS = frozenset(
    [
        "(",
        ")",
        ",",
        ".",
        "+",
        "-",
        "*",
        "/",
        "||",
        "=",
        "<>",
        "<",
        ">",
        "<=",
        ">=",
        "@",
        "=>",
        ":=",
        ";",
    ]
)
_PROBLEMS = {
    "unterminated quoted identifier": 1740,
    "unterminated string literal": 1756,
    "unterminated comment": 1742,
}


def malformed(text: str, problem: Problem) -> OraError:
    """The error of a literal, quoted name or comment without an end; ORA-01741 for `""`."""
    empty = text[problem.offset : problem.offset + 2] == '""'
    code = 1741 if empty else _PROBLEMS.get(problem.message, 911)
    return OraError(code, offset=problem.offset).in_text()


class Cursor:
    """A position in the token list of one statement."""

    def __init__(self, text: str) -> None:
        lexer = Lexer(text)
        self.text = text
        self.tokens = [t for t in lexer if t.kind != HINT]
        for problem in lexer.problems:
            raise malformed(text, problem)
        self.tokens.append(Token(EOF, "", "", len(text), 0, 0))
        self.index = 0

    # ------------------------------------------------------------ looking

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def ahead(self, distance: int = 1) -> Token:
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    @property
    def at(self) -> int:
        return self.tokens[self.index].offset

    def is_word(self, *words: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == IDENT and token.value in words

    def is_op(self, *ops: str) -> bool:
        token = self.tokens[self.index]
        return token.kind in (OP, SLASH) and token.value in ops

    def word_ahead(self, distance: int, *words: str) -> bool:
        token = self.ahead(distance)
        return token.kind == IDENT and token.value in words

    def op_ahead(self, distance: int, *ops: str) -> bool:
        token = self.ahead(distance)
        return token.kind == OP and token.value in ops

    def at_end(self) -> bool:
        return self.token.kind == EOF

    # ------------------------------------------------------------ consuming

    def advance(self) -> Token:
        token = self.tokens[self.index]
        if token.kind != EOF:
            self.index += 1
        return token

    def accept(self, *words: str) -> bool:
        """Consume the words if all of them come next."""
        for distance, word in enumerate(words):
            if not self.word_ahead(distance, word):
                return False
        self.index += len(words)
        return True

    def accept_any(self, *words: str) -> str | None:
        """Consume one of the words and return it."""
        return self.advance().value if self.is_word(*words) else None

    def accept_op(self, op: str) -> bool:
        if self.is_op(op):
            self.index += 1
            return True
        return False

    def expect(self, word: str, code: int) -> None:
        if not self.accept(word):
            self.fail(code)

    def expect_op(self, op: str, code: int) -> None:
        if not self.accept_op(op):
            self.fail(code)

    def close_paren(self) -> None:
        self.expect_op(")", 907)

    def identifier(self, code: int = 904, *, what: str = "") -> Ident:
        """Consume a name that is no reserved word; fails with `code`."""
        token = self.token
        if token.kind == QUOTED:
            self._check_length(token)
            self.advance()
            return Ident(token.value, token.offset, quoted=True)
        if token.kind == IDENT and token.value not in RESERVED:
            self._check_length(token)
            self.advance()
            return Ident(token.value, token.offset)
        if code == 904 and token.kind == IDENT:
            raise OraError(
                904, message=what or ": invalid identifier", offset=token.offset
            ).in_text()
        raise self.failure(code)

    def _check_length(self, token: Token) -> None:
        if len(token.value.encode()) > MAX_IDENTIFIER:
            raise OraError(972, offset=token.offset).in_text()
        if token.kind == IDENT and token.text.startswith("_"):
            raise OraError(911, offset=token.offset).in_text()

    def is_identifier(self) -> bool:
        token = self.token
        return token.kind == QUOTED or (token.kind == IDENT and token.value not in RESERVED)

    def string(self, code: int = 936) -> str:
        if self.token.kind != STRING:
            self.fail(code)
        return self.advance().value

    def integer(self, code: int = 2017) -> int:
        """An unsigned integer literal."""
        token = self.token
        if not (token.kind == "number" and token.value.isdigit()):
            self.fail(code)
        self.advance()
        return int(token.value)

    # ------------------------------------------------------------ failing

    def fail(self, code: int, *args: object, at: int | None = None) -> NoReturn:
        """Raise `failure`."""
        raise self.failure(code, *args, at=at)

    def failure(self, code: int, *args: object, at: int | None = None) -> OraError:
        """`code` at the current token; an illegal character there is ORA-00911 instead."""
        return self._failure(code, *args, at=at).in_text()

    def _failure(self, code: int, *args: object, at: int | None = None) -> OraError:
        token = self.token
        if at is None:
            if token.kind == IDENT and token.text.startswith("_"):
                return OraError(911, offset=token.offset)
            if token.kind == OP and token.value == "**":  # PL/SQL's; two stars to SQL
                return OraError(936, offset=token.offset + 1)
            if token.kind == OP and token.value not in _LEGAL_OPS:
                return OraError(911, offset=token.offset)
            if token.kind not in (IDENT, QUOTED, STRING, OP, SLASH, BIND, EOF, "number"):
                return OraError(911, offset=token.offset)
            at = token.offset
        return OraError(code, *args, offset=at)

    def unsupported(self, number: int, construct: str, at: int | None = None) -> NoReturn:
        raise unsupported(self.text, number, construct, self.at if at is None else at)

    def finish(self) -> None:
        """The statement must end here (ORA-00933)."""
        if not self.at_end():
            self.fail(933)


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, counted from 1, of a character offset."""
    starts = [i + 1 for i, char in enumerate(text) if char == "\n"]
    line = bisect.bisect_right(starts, offset)
    return line + 1, offset - (starts[line - 1] if line else 0) + 1


def unsupported(text: str, number: int, construct: str, offset: int) -> Unsupported:
    """The error for what Oracle has and the sandbox has not."""
    line, column = place(text, offset)
    error = Unsupported(number, construct)
    error.put(line, column, text)
    error.offset = offset
    return error.in_text()


def too_deep(text: str) -> Unsupported:
    """The error for an expression the translator cannot follow: at the statement's beginning."""
    return unsupported(text, 100, "expressions nested this deeply", lex(text).tokens[0].offset)


def where_called(refusal: Unsupported, text: str) -> None:
    """Place a refusal of what runs: at the only call of a function it may come from, or else at
    the beginning of the statement `text`."""
    tokens = lex(text).tokens
    calls = [t for t in tokens if t.kind == IDENT and t.value in refusal.callers]
    found = calls[0] if len(calls) == 1 else tokens[0]
    refusal.put(found.line, found.column, text)
    refusal.offset = found.offset
