"""The token stream the parsers read, and the errors they raise."""

from __future__ import annotations

from typing import NoReturn

from dtm.plsql.lexer import (
    CONDITIONAL,
    EOF,
    IDENT,
    OP,
    QUOTED,
    SLASH,
    STRING,
    Lexed,
    Token,
    lex,
)
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.tree import Ident, Pos

# Reserved words: PL/SQL Language Reference 19c, Appendix D, table D-1.
RESERVED = frozenset(
    [
        "ALL",
        "ALTER",
        "AND",
        "ANY",
        "AS",
        "ASC",
        "AT",
        "BEGIN",
        "BETWEEN",
        "BY",
        "CASE",
        "CHECK",
        "CLUSTER",
        "CLUSTERS",
        "COLAUTH",
        "COLUMNS",
        "COMPRESS",
        "CONNECT",
        "CRASH",
        "CREATE",
        "CURSOR",
        "DECLARE",
        "DEFAULT",
        "DESC",
        "DISTINCT",
        "DROP",
        "ELSE",
        "END",
        "EXCEPTION",
        "EXCLUSIVE",
        "FETCH",
        "FOR",
        "FROM",
        "FUNCTION",
        "GOTO",
        "GRANT",
        "GROUP",
        "HAVING",
        "IDENTIFIED",
        "IF",
        "IN",
        "INDEX",
        "INDEXES",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "LIKE",
        "LOCK",
        "MINUS",
        "MODE",
        "NOCOMPRESS",
        "NOT",
        "NOWAIT",
        "NULL",
        "OF",
        "ON",
        "OPTION",
        "OR",
        "ORDER",
        "OVERLAPS",
        "PROCEDURE",
        "PUBLIC",
        "RESOURCE",
        "REVOKE",
        "SELECT",
        "SHARE",
        "SIZE",
        "SQL",
        "START",
        "SUBTYPE",
        "TABAUTH",
        "TABLE",
        "THEN",
        "TO",
        "TYPE",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "VALUES",
        "VIEW",
        "VIEWS",
        "WHEN",
        "WHERE",
        "WITH",
    ]
)
MAX_IDENTIFIER_BYTES = 128
MAX_DEPTH = 180  # of nested expressions and statements; Oracle's own limit is a parse tree's size


class Stream:
    """Tokens with a position. Methods that expect something raise PLS-00103 otherwise."""

    def __init__(self, source: str, tokens: list[Token] | None = None) -> None:
        lexed: Lexed = lex(source)
        self.source = source
        self.problems = lexed.problems
        if lexed.problems:
            problem = lexed.problems[0]
            raise CompileError(
                (problem.line, problem.column),
                f'PLS-00103: Encountered the symbol "{source[problem.offset : problem.offset + 20]}"'
                f" ({problem.message})",
            )
        self.tokens = lexed.tokens if tokens is None else tokens
        last = self.tokens[-1] if self.tokens else None
        end = len(source)
        line = source.count("\n") + 1
        column = end - (source.rfind("\n") + 1) + 1
        self.eof = Token(
            EOF,
            "",
            "",
            end,
            last.line if last else line,
            column if last is None else last.column + len(last.text),
        )
        self.index = 0
        self.depth = 0

    # -------------------------------------------------------------- looking

    @property
    def token(self) -> Token:
        """The current token; EOF behind the last."""
        return self.tokens[self.index] if self.index < len(self.tokens) else self.eof

    def peek(self, ahead: int = 1) -> Token:
        """A later token."""
        index = self.index + ahead
        return self.tokens[index] if index < len(self.tokens) else self.eof

    @property
    def pos(self) -> Pos:
        """Place of the current token."""
        token = self.token
        return (token.line, token.column)

    def at(self, *words: str) -> bool:
        """Is the current token one of these keywords or operators?"""
        token = self.token
        return token.value in words and token.kind in (IDENT, OP, SLASH)

    def at_sequence(self, *words: str) -> bool:
        """Do the next tokens spell these words?"""
        return all(
            self.peek(i).value == word and self.peek(i).kind in (IDENT, OP)
            for i, word in enumerate(words)
        )

    # -------------------------------------------------------------- moving

    def advance(self) -> Token:
        """Take the current token."""
        token = self.token
        self.index += 1
        return token

    def accept(self, *words: str) -> bool:
        """Take the words if they come next, all of them, in order."""
        if not self.at_sequence(*words):
            return False
        self.index += len(words)
        return True

    def expect(self, *words: str) -> Token:
        """Take the words or fail; returns the first token."""
        first = self.token
        for word in words:
            if not self.at(word):
                self.fail(word.lower() if word.isalpha() else word)
            self.advance()
        return first

    def name(self, *, reserved_ok: bool = False) -> Ident:
        """An identifier."""
        token = self.token
        pos = self.pos
        if token.kind == IDENT:
            if token.text.startswith("_"):
                raise pls(pos, 103, 'Encountered the symbol "_"')
            if token.value in RESERVED and not reserved_ok:
                self.fail("an identifier")
            self.check_length(token.value, pos)
            self.advance()
            return Ident(token.value, pos)
        if token.kind == QUOTED:
            self.check_length(token.value, pos)
            self.advance()
            return Ident(token.value, pos, quoted=True)
        raise self.unexpected("an identifier")

    @staticmethod
    def check_length(name: str, pos: Pos) -> None:
        """Identifiers hold 128 bytes (12.2 and later)."""
        if len(name.encode()) > MAX_IDENTIFIER_BYTES:
            raise pls(pos, 114, name[:MAX_IDENTIFIER_BYTES])

    def fail(self, *expected: str) -> NoReturn:
        """PLS-00103 at the current token."""
        raise self.unexpected(*expected)

    def unexpected(self, *expected: str) -> CompileError:
        """PLS-00103 for the current token."""
        token = self.token
        symbol = "end-of-file" if token.kind == EOF else token.text
        if token.kind == IDENT:
            symbol = token.value
        if token.kind == STRING:
            symbol = token.value
        wanted = " ".join(expected)
        text = f'Encountered the symbol "{symbol}"'
        if wanted:
            text += f" when expecting one of the following:\n\n   {wanted}"
        return pls((token.line, token.column), 103, text)

    # -------------------------------------------------------------- nesting

    def enter(self) -> None:
        """Count nesting, so that hostile text meets a limit before Python's stack does."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise pls(self.pos, 123, "Diana nodes")

    def leave(self) -> None:
        """Undo `enter`."""
        self.depth -= 1

    def conditional(self) -> bool:
        """Is the current token a $ word?"""
        return self.token.kind == CONDITIONAL
