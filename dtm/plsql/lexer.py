"""One lexer for PL/SQL and Oracle SQL text: outline, DDL parser and interpreter share it.

Pure and total: any string gives tokens, never an exception, in time linear in its length; what is
malformed (an unterminated literal, quoted name or comment) is a `Problem` beside the tokens.

Rules: PL/SQL Language Reference 19c, "PL/SQL Language Fundamentals: Lexical Units".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

# Token kinds.
IDENT: Final = "ident"  # value: upper case
QUOTED: Final = "quoted"  # "Quoted identifier"; value: the name between the quotes
STRING: Final = "string"  # 'x', q'[x]', n'x'; value: the characters it means
NUMBER: Final = "number"  # value: upper-case text, suffix F or D included
BIND: Final = "bind"  # :NAME, :1, :"Name"; value: the name without the colon, upper case
OP: Final = "op"  # value: the operator; ^= and ~= are given as !=, which is given as <>
CONDITIONAL: Final = "conditional"  # $IF, $$NAME; value: upper case with its $ or $$
SUBSTITUTION: Final = "substitution"  # a name with SQL*Plus &variables in it; value: upper case
SLASH: Final = "slash"  # a line of nothing but "/" (SQL*Plus: run the buffer); value "/"
COMMENT: Final = "comment"
HINT: Final = "hint"  # a comment that begins with +
EOF: Final = "eof"


class Token(NamedTuple):
    """One lexical unit. `offset` counts characters from 0, `line` and `column` from 1."""

    kind: str
    text: str
    value: str
    offset: int
    line: int
    column: int

    @property
    def end(self) -> int:
        """Offset just behind the token."""
        return self.offset + len(self.text)


class Problem(NamedTuple):
    """Malformed text at a place; the token that carries it is in the list all the same."""

    message: str
    offset: int
    line: int
    column: int


class Lexed(NamedTuple):
    """A whole text: tokens without EOF, comments and hints apart, problems."""

    text: str
    tokens: list[Token]
    comments: list[Token]
    problems: list[Problem]


# Unterminated literals and comments run to the end of the text: linear time on any input.
_TOKEN = re.compile(
    r"""
    (?P<ws>[\s\ufeff\x00]+)
  | (?P<comment>--[^\n]*|/\*(?s:.*?)(?:\*/|\Z))
  | (?P<q>[nN]?[qQ]'(?:\[(?s:.*?)(?:\]'|\Z)|\{(?s:.*?)(?:\}'|\Z)|\((?s:.*?)(?:\)'|\Z)
        |<(?s:.*?)(?:>'|\Z)|(?P<qd>[^\s\[\{\(<])(?s:.*?)(?:(?P=qd)'|\Z)))
  | (?P<string>[nN]?'[^']*+(?:''[^']*+)*+(?:'|\Z))
  | (?P<ident>[^\W\d][\w$\#]*+(?!&))
  | (?P<substitution>(?:[^\W\d]|&&?(?=\w))(?:[\w$\#]|&&?(?=\w))*+)
  | (?P<quoted>"[^"\n\x00]+"|"[^"\x00]{1,128}")  # SQL, not PL/SQL, lets names break lines
  | (?P<number>\d++(?:\.(?!\.)\d*+)?(?:[eE][+-]?\d+)?[fFdD]?|\.\d++(?:[eE][+-]?\d+)?[fFdD]?)
  | (?P<bind>:(?:\w[\w$\#]*+|"[^"\n\x00]+"))
  | (?P<conditional>\$\$?[A-Za-z_][\w$\#]*+)
  | (?P<op>:=|=>|\*\*|\|\||\.\.|<=|>=|<>|!=|~=|\^=|<<|>>|(?s:.))
    """,
    re.VERBOSE,
)
_CANONICAL = {"!=": "<>", "~=": "<>", "^=": "<>"}
_BLANK_REST = re.compile(r"[ \t\r]*(?:\n|\Z)")
_CLOSING = {"[": "]", "{": "}", "(": ")", "<": ">"}


class Lexer:
    """Lexes `text` from `offset` on; iterate it to get tokens one by one.

    A reader that knows SQL*Plus can stop in mid-text and start another lexer behind a command
    line. `comments` and `problems` fill while it is read.
    """

    def __init__(self, text: str, offset: int = 0, line: int | None = None) -> None:
        """`line` is the line number of `offset`; counted when not given."""
        self.text = text
        self.offset = offset
        self.line = text.count("\n", 0, offset) + 1 if line is None else line
        self.comments: list[Token] = []
        self.problems: list[Problem] = []

    def __iter__(self) -> Iterator[Token]:
        text = self.text
        line = self.line
        line_start = text.rfind("\n", 0, self.offset) + 1
        new = tuple.__new__
        for match in _TOKEN.finditer(text, self.offset):
            group = match.lastgroup
            word = match.group()
            offset = match.start()
            if group == "ws":
                if "\n" in word:
                    line += word.count("\n")
                    line_start = offset + word.rfind("\n") + 1
                continue
            column = offset - line_start + 1
            if group == "ident":
                yield new(Token, ("ident", word, word.upper(), offset, line, column))
                continue
            if group == "op":
                kind = SLASH if word == "/" and self._alone(offset, line_start) else OP
                if word == '"':
                    self._problem("unterminated quoted identifier", offset, line, column)
                yield Token(kind, word, _CANONICAL.get(word, word), offset, line, column)
                continue
            token = self._other(group or "", word, offset, line, column)
            if "\n" in word:
                line += word.count("\n")
                line_start = offset + word.rfind("\n") + 1
            if token.kind in (COMMENT, HINT):
                self.comments.append(token)
            else:
                yield token

    def _alone(self, offset: int, line_start: int) -> bool:
        """Is the slash at `offset` alone on its line?"""
        start = offset
        while start > line_start and self.text[start - 1] in " \t":
            start -= 1
        return start == line_start and _BLANK_REST.match(self.text, offset + 1) is not None

    def _problem(self, message: str, offset: int, line: int, column: int) -> None:
        self.problems.append(Problem(message, offset, line, column))

    def _other(self, group: str, word: str, offset: int, line: int, column: int) -> Token:
        """Every token that is not a plain name or an operator."""
        if group == "comment":
            kind = HINT if word[2:3] == "+" else COMMENT
            if word.startswith("/*") and (len(word) < 4 or not word.endswith("*/")):
                self._problem("unterminated comment", offset, line, column)
            return Token(kind, word, word, offset, line, column)
        if group in ("string", "q"):
            value, terminated = _string_value(word, quoting=group == "q")
            if not terminated:
                self._problem("unterminated string literal", offset, line, column)
            return Token(STRING, word, value, offset, line, column)
        if group == "quoted":
            return Token(QUOTED, word, word[1:-1], offset, line, column)
        if group == "bind":
            name = word[2:-1] if word[1] == '"' else word[1:].upper()
            return Token(BIND, word, name, offset, line, column)
        return Token(group, word, word.upper(), offset, line, column)


def lex(text: str, offset: int = 0, line: int | None = None) -> Lexed:
    """Lex all of `text` from `offset` on."""
    lexer = Lexer(text, offset, line)
    return Lexed(text, list(lexer), lexer.comments, lexer.problems)


def _string_value(word: str, *, quoting: bool) -> tuple[str, bool]:
    """The characters a literal means, and whether it is terminated."""
    body = word[1:] if word[0] in "nN" else word
    if quoting:  # q'[...]'
        opening = body[2]
        closing = _CLOSING.get(opening, opening) + "'"
        if len(body) >= 5 and body.endswith(closing):
            return body[3:-2], True
        return body[3:], False
    # Terminated when the quotes behind the opening one end in an odd run.
    inner = body[1:]
    trailing = len(inner) - len(inner.rstrip("'"))
    if trailing % 2:
        return inner[:-1].replace("''", "'"), True
    return inner.replace("''", "'"), False
