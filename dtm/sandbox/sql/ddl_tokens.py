"""A cursor over the tokens of one DDL statement, with Oracle's syntax errors.

Names: SQL Language Reference 19c, "Database Object Naming Rules", "Oracle SQL Reserved Words".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from dtm.plsql.lexer import BIND, EOF, IDENT, NUMBER, OP, QUOTED, SLASH, STRING, Token, lex
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.sql.parse_tokens import MAX_IDENTIFIER, RESERVED, malformed


@dataclass(frozen=True, slots=True)
class Name:
    """A possibly qualified name as stored, with the place it was written at."""

    parts: tuple[str, ...]
    offset: int

    @property
    def last(self) -> str:
        """The object's own name."""
        return self.parts[-1]

    def owner(self, default: str) -> str:
        """The schema named, or `default`."""
        return self.parts[0] if len(self.parts) > 1 else default


class Placed(str):
    """A piece of the statement that is translated on its own, with the place it begins at."""

    offset: int

    @classmethod
    def of(cls, text: str, offset: int) -> Placed:
        """A piece without the blanks around it."""
        made = cls(text.strip())
        made.offset = offset + len(text) - len(text.lstrip())
        return made

    def locate(self, error: OraError) -> None:
        """Let an error of this piece point into the statement."""
        error.offset += self.offset
        if isinstance(error, Unsupported):
            error.put(0, 0)  # ddl.execute knows the statement


def parsed(piece: str, parse: Callable[[str], object]) -> str:
    """The piece itself, whose syntax must be right before the statement does anything."""
    try:
        parse(piece)
    except OraError as error:
        if isinstance(piece, Placed):
            piece.locate(error)
        raise
    return piece


class Tokens:
    """The tokens of `text` and a position in them."""

    def __init__(self, text: str) -> None:
        lexed = lex(text)
        for problem in lexed.problems:
            raise malformed(text, problem)
        self.text = text
        end = len(text)
        last = Token(EOF, "", "", end, text.count("\n") + 1, end - text.rfind("\n"))
        self._tokens = [*lexed.tokens, last]
        self._at = 0

    @property
    def here(self) -> Token:
        """The next token."""
        return self._tokens[self._at]

    def at_end(self) -> bool:
        """True when every token was taken."""
        return self.here.kind == EOF

    def ahead(self, count: int = 1) -> Token:
        """The token `count` places after the next one."""
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Take the next token."""
        token = self.here
        if token.kind != EOF:
            self._at += 1
        return token

    def save(self) -> int:
        """The position, for `restore`."""
        return self._at

    def restore(self, position: int) -> None:
        """Go back to a saved position."""
        self._at = position

    # ------------------------------------------------------------ words and operators

    def at(self, *words: str) -> bool:
        """True when these words or operators come next, in this order."""
        for index, word in enumerate(words):
            token = self.ahead(index)
            if token.value != word or token.kind not in (IDENT, OP, SLASH):
                return False
        return True

    def at_any(self, *words: str) -> bool:
        """True when one of the words comes next."""
        return self.here.kind in (IDENT, OP) and self.here.value in words

    def accept(self, *words: str) -> bool:
        """Take these words when they come next."""
        if not self.at(*words):
            return False
        self._at += len(words)
        return True

    def accept_any(self, *words: str) -> str | None:
        """Take one of these words; which."""
        if not self.at_any(*words):
            return None
        return self.advance().value

    def expect(self, word: str, code: int = 905) -> Token:
        """Take `word` or fail with ORA-`code` (00905 missing keyword)."""
        if not self.at(word):
            self.fail({"(": 906, ")": 907, ",": 917, "=": 927}.get(word, code))
        return self.advance()

    def fail(self, code: int, *arguments: object) -> NoReturn:
        """Raise ORA-`code` at the next token."""
        raise OraError(code, *arguments, offset=self.here.offset).in_text()

    def unsupported(self, number: int, construct: str, token: Token | None = None) -> NoReturn:
        """Raise the sandbox's own refusal at a token."""
        where = token or self.here
        error = Unsupported(number, construct, where.line, where.column)
        error.offset = where.offset
        raise error.in_text()

    def finish(self, code: int = 922) -> None:
        """Nothing may follow, a semicolon neither: SQL has no terminator."""
        if not self.at_end():
            self.fail(code)

    # ------------------------------------------------------------ names and values

    def identifier(self, code: int = 904) -> str:
        """A simple name; reserved words (ORA-`code`) and too long ones (00972) are refused."""
        token = self.here
        plain = token.kind == IDENT and token.value not in RESERVED
        if plain and token.text.startswith("_"):
            self.fail(911)
        if not plain and token.kind != QUOTED:
            self.fail(code, *([""] if code == 904 else []))
        if len(token.value.encode()) > MAX_IDENTIFIER:
            self.fail(972)
        self.advance()
        return token.value

    def name(self, code: int = 903) -> Name:
        """A name with up to one qualifier."""
        offset = self.here.offset
        parts = [self.identifier(code)]
        if self.accept("."):
            parts.append(self.identifier(code))
        if self.here.value == "@" and self.here.kind == OP:
            self.unsupported(401, "database link")
        return Name(tuple(parts), offset)

    def string(self, code: int = 1780) -> str:
        """A string literal (ORA-01780 string literal required)."""
        if self.here.kind != STRING:
            self.fail(code)
        return self.advance().value

    def integer(self, code: int = 2017) -> int:
        """An integer with an optional sign (ORA-02017 integer value required)."""
        sign = -1 if self.accept("-") else 1
        if self.here.kind != NUMBER or not self.here.value.isdigit():
            self.fail(code)
        return sign * int(self.advance().value)

    def size(self) -> int:
        """A size clause in bytes: 100, 64K, 10M, 1G, 1T."""
        units = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
        token = self.here
        if token.kind != NUMBER or not token.value.isdigit():
            self.fail(2180)
        self.advance()
        unit = ""
        if self.here.kind == IDENT and self.here.value in units and self.here.offset == token.end:
            unit = self.advance().value
        return int(token.value) * units[unit]

    def path(self) -> tuple[str, ...]:
        """Column names in parentheses."""
        self.expect("(")
        names = [self.identifier()]
        while self.accept(","):
            names.append(self.identifier())
        self.expect(")")
        return tuple(names)

    # ------------------------------------------------------------ text

    def parenthesised(self) -> str:
        """The text between a parenthesis, which comes next, and its partner."""
        opening = self.expect("(")
        depth = 1
        while depth:
            token = self.advance()
            if token.kind == EOF:
                self.fail(907)
            if token.kind == OP:
                depth += (token.value == "(") - (token.value == ")")
        closing = self._tokens[self._at - 1]
        return Placed.of(self.text[opening.end : closing.offset], opening.end)

    def expression(self, stops: frozenset[str]) -> str:
        """The text of an expression: up to a comma, a parenthesis that was not opened in it, or
        one of the words in `stops`. ORA-00936 when it is empty, ORA-01027 for a bind."""
        start = self.here
        depth = 0
        cases = 0
        while not self.at_end():
            token = self.here
            if token.kind == OP:
                if depth == 0 and token.value in (",", ")", ";"):
                    break
                depth += (token.value == "(") - (token.value == ")")
            elif token.kind == BIND:
                self.fail(1027)
            elif token.kind == IDENT:
                if depth == 0 and cases == 0 and token.value in stops and token is not start:
                    break
                cases += (token.value == "CASE") - (token.value == "END")
            self.advance()
        last = self._tokens[self._at - 1]
        if last.end <= start.offset:
            self.fail(936)
        return Placed.of(self.text[start.offset : last.end], start.offset)

    def rest(self) -> str:
        """The text from here to the end."""
        offset = self.here.offset
        self._at = len(self._tokens) - 1
        return Placed.of(self.text[offset:], offset)
