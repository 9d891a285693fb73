"""A growing window over the tokens of one statement, with the skips all outline parts share.

`words[i]` is what the parser compares: the upper-case text of names and operators, and a mark that
no keyword equals for literals. Tokens are lexed as they are needed and no further than a "/" line.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice

from dtm.plsql import lexer
from dtm.plsql.lexer import Token
from dtm.plsql.outline_model import ERROR, NOTE, Diagnostic, Span
from dtm.plsql.outline_source import Reading, Source

_FIRST_BLOCK, _LAST_BLOCK = 16, 512  # tokens lexed at once: few, as many windows are short
_MARKS = {
    lexer.STRING: "'",
    lexer.QUOTED: '"',
    lexer.NUMBER: "0",
    lexer.BIND: ":",
}
_NAMES = (lexer.IDENT, lexer.QUOTED, lexer.SUBSTITUTION)
END = ""  # the word behind the last token
_PLAIN = Reading()


class Window:
    """Tokens from `offset` on; `at` is the current index."""

    def __init__(self, text: str, offset: int, line: int, reading: Reading = _PLAIN) -> None:
        self.text = text
        self.words: list[str] = []
        self.tokens: list[Token] = []
        self.at = 0
        self.diagnostics: list[Diagnostic] = []
        self._source = Source(text, offset, line, reading)
        self._tokens: Iterator[Token] = iter(self._source)
        self._block = _FIRST_BLOCK
        self._ended = False

    # ------------------------------------------------------------------ tokens

    def more(self) -> bool:
        """Lex another block; False at the end of the text."""
        if self._ended:
            return False
        block = list(islice(self._tokens, self._block))
        self._ended = len(block) < self._block
        self._block = min(self._block * 2, _LAST_BLOCK)
        if not block:
            return False
        self.tokens += block
        plain = (lexer.IDENT, lexer.OP)
        self.words += [
            token.value if token.kind in plain else _MARKS.get(token.kind, token.value)
            for token in block
        ]
        return True

    def word(self, ahead: int = 0) -> str:
        """The word `ahead` of the current one; "" behind the end."""
        index = self.at + ahead
        while index >= len(self.words):
            if not self.more():
                return END
        return self.words[index]

    def token(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.word(ahead) != END else None

    def is_slash(self) -> bool:
        """Is the current token a "/" line, or is there none?"""
        token = self.token()
        return token is None or token.kind == lexer.SLASH

    def problems(self, until: int) -> list[Diagnostic]:
        """The lexer's problems before offset `until`."""
        return [
            Diagnostic(ERROR, one.message, one.offset, one.line, one.column)
            for one in self._source.problems
            if one.offset < until
        ]

    # ------------------------------------------------------------------ diagnostics

    def error(self, message: str) -> None:
        self._report(ERROR, message)

    def note(self, message: str, ahead: int = 0) -> None:
        self._report(NOTE, message, ahead)

    def _report(self, severity: str, message: str, ahead: int = 0) -> None:
        token = self.token(ahead) or (self.tokens[-1] if self.tokens else None)
        offset, line, column = (token.offset, token.line, token.column) if token else (0, 1, 1)
        self.diagnostics.append(Diagnostic(severity, message, offset, line, column))

    def span(self, start: int, end: int) -> Span:
        """The range of the tokens `start` to `end` (exclusive)."""
        first = self.tokens[start]
        last = self.tokens[max(min(end, len(self.tokens)) - 1, start)]
        breaks = last.text.count("\n")
        column = last.column + len(last.text) - 1
        if breaks:
            column = len(last.text) - last.text.rfind("\n") - 1
        return Span(first.offset, last.end, first.line, first.column, last.line + breaks, column)

    def source(self, start: int, end: int) -> str:
        """The text of the tokens `start` to `end` (exclusive)."""
        end = min(end, len(self.tokens))
        if start >= end:
            return ""
        return self.text[self.tokens[start].offset : self.tokens[end - 1].end]

    # ------------------------------------------------------------------ skips

    def name(self) -> tuple[str, str | None]:
        """A possibly qualified name: (last part, parts before it); ("?", None) when none is."""
        parts = []
        token = self.token()
        if token is None or token.kind not in _NAMES:
            self.error(f"name expected, found {self.shown()}")
            return "?", None
        parts.append(token.value)
        self.at += 1
        while self.word() == ".":
            token = self.token(1)
            if token is None or token.kind not in _NAMES:
                break
            parts.append(token.value)
            self.at += 2
        return parts[-1], ".".join(parts[:-1]) or None

    def is_name(self, ahead: int = 0) -> bool:
        token = self.token(ahead)
        return token is not None and token.kind in _NAMES

    def shown(self) -> str:
        """The current token for a message."""
        token = self.token()
        return "the end" if token is None else repr(token.text[:20])

    def skip_statement(self) -> bool:
        """Go behind the next ";"; False, at the end of the statement, when there is none."""
        start = self.at
        while True:
            try:
                found = self.words.index(";", start)
            except ValueError:
                found = len(self.words)
            slash = self._slash_between(start, found)
            if slash is not None:
                found = slash
            elif found < len(self.words):
                self.at = found + 1
                return True
            elif self.more():  # only now: a script may have no ";" at all
                start = found
                continue
            self.at = found
            self.error("';' expected")
            return False

    def _slash_between(self, start: int, end: int) -> int | None:
        """Index of the first "/" line among the tokens `start` to `end`."""
        words, tokens = self.words, self.tokens
        at = start
        while True:
            try:
                at = words.index("/", at, end)
            except ValueError:
                return None
            if tokens[at].kind == lexer.SLASH:
                return at
            at += 1

    def skip_sql(self, unit_words: Container[str]) -> bool:
        """Go behind the ";" of a SQL statement, or up to a "/" line, the end, or a stored unit
        that begins where the statement should have ended; False in the last case."""
        start = self.at
        before = len(self.diagnostics)
        self.skip_statement()
        del self.diagnostics[before:]  # SQL may as well end with a "/" line
        at = start + 1
        while True:
            try:
                at = self.words.index("CREATE", at, self.at)
            except ValueError:
                return True
            if self._is_forgotten_end(at, unit_words):
                self.at = at
                return False
            at += 1

    def _is_forgotten_end(self, at: int, unit_words: Container[str]) -> bool:
        """Does CREATE at `at` begin a unit, and is it no part of GRANT CREATE PROCEDURE ..?"""
        token, before = self.tokens[at], self.tokens[at - 1]
        if token.kind != lexer.IDENT or before.line == token.line:
            return False
        following = self.words[at + 1 : at + 6]
        if following[:2] == ["OR", "REPLACE"]:
            following = following[2:]
        elif before.line == token.line - 1 or before.value in (",", "GRANT", "REVOKE"):
            return False
        return any(word in unit_words for word in following[:2])

    def skip_parentheses(self) -> None:
        """Go behind the ")" that closes the current "("; stops at ";" or the end."""
        depth = 0
        while not self.is_slash():
            word = self.words[self.at]
            if word == "(":
                depth += 1
            elif word == ")":
                depth -= 1
            elif word == ";":
                self.error("')' expected")
                return
            self.at += 1
            if depth == 0:
                return

    def skip_line(self) -> None:
        """Go behind the tokens that begin on the current one's line."""
        line = self.tokens[self.at].line
        while not self.is_slash() and self.tokens[self.at].line == line:
            self.at += 1

    def _attached(self) -> bool:
        """Does the current token touch the one before, as in record.field, unlike "&x. THEN"?"""
        return self.tokens[self.at].offset == self.tokens[self.at - 1].end

    def until(self, stops: Container[str], shown: str) -> bool:
        """Skip an expression up to one of `stops` outside parentheses and CASE .. END."""
        depth = cases = 0
        before = END
        while not self.is_slash():
            word = self.words[self.at]
            if word == "(":
                depth += 1
            elif word == ")":
                depth -= 1
            elif word == ";":
                break
            elif before == "." and self._attached():
                pass
            elif word == "CASE":
                cases += 1
            elif word == "END" and cases:
                cases -= 1
            elif depth <= 0 and not cases and word in stops:
                return True
            before = word
            self.at += 1
        self.error(f"{shown} expected")
        return False
