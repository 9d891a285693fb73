"""The PL/SQL lexer. Rules: PL/SQL Language Reference 19c, "Lexical Units"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtm.plsql.lexer import (
    BIND,
    CONDITIONAL,
    HINT,
    IDENT,
    NUMBER,
    OP,
    QUOTED,
    SLASH,
    STRING,
    SUBSTITUTION,
    Lexer,
    lex,
)


def pairs(text: str) -> list[tuple[str, str]]:
    return [(t.kind, t.value) for t in lex(text).tokens]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("emp$no#1", [(IDENT, "EMP$NO#1")]),
        ('"Emp No"', [(QUOTED, "Emp No")]),
        ("'it''s'", [(STRING, "it's")]),
        ("''", [(STRING, "")]),
        ("''''", [(STRING, "'")]),
        ("n'x'", [(STRING, "x")]),
        ("q'[it's [x]]'", [(STRING, "it's [x]")]),
        ("Q'!it's!'", [(STRING, "it's")]),
        ("nq'{a}'", [(STRING, "a")]),
        ("q'[]'", [(STRING, "")]),
        ("1..10", [(NUMBER, "1"), (OP, ".."), (NUMBER, "10")]),
        ("1.5e-3f .5 1.", [(NUMBER, "1.5E-3F"), (NUMBER, ".5"), (NUMBER, "1.")]),
        ("a:=b", [(IDENT, "A"), (OP, ":="), (IDENT, "B")]),
        (":new.x :1", [(BIND, "NEW"), (OP, "."), (IDENT, "X"), (BIND, "1")]),
        ("a^=b~=c!=d", [(IDENT, "A"), (OP, "<>"), (IDENT, "B"), (OP, "<>"), (IDENT, "C"),
                        (OP, "<>"), (IDENT, "D")]),
        ("$IF $$debug $then", [(CONDITIONAL, "$IF"), (CONDITIONAL, "$$DEBUG"),
                               (CONDITIONAL, "$THEN")]),
        ("a&b. &&c", [(SUBSTITUTION, "A&B"), (OP, "."), (SUBSTITUTION, "&&C")]),
        ("<<l>>", [(OP, "<<"), (IDENT, "L"), (OP, ">>")]),
    ],
)  # fmt: skip
def test_units(text, expected):
    assert pairs(text) == expected
    assert lex(text).problems == []


def test_lines_and_columns_count_from_one():
    tokens = lex("a\n  'x\ny' b /* \n */ c").tokens
    assert [(t.value, t.line, t.column) for t in tokens] == [
        ("A", 1, 1),
        ("x\ny", 2, 3),
        ("B", 3, 4),
        ("C", 4, 5),
    ]


def test_a_slash_alone_on_its_line_is_not_a_division():
    assert [t.kind for t in lex("a / b\n /  \nc/\n/").tokens] == [
        IDENT, OP, IDENT, SLASH, IDENT, OP, SLASH,
    ]  # fmt: skip


def test_comments_and_hints_are_apart():
    lexed = lex("select /*+ full(t) */ 1 -- end\nfrom t /* 'x */")
    assert [t.value for t in lexed.tokens] == ["SELECT", "1", "FROM", "T"]
    assert [t.kind == HINT for t in lexed.comments] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x := 'abc''", "unterminated string literal"),
        ("'", "unterminated string literal"),
        ("q'[abc", "unterminated string literal"),
        ("q'[", "unterminated string literal"),
        ("a /* b", "unterminated comment"),
        ("/*/", "unterminated comment"),
        ('a "b', "unterminated quoted identifier"),
    ],
)
def test_malformed_text_is_reported_with_its_tokens(text, message):
    assert [p.message for p in lex(text).problems] == [message]


def test_a_lexer_starts_in_mid_text():
    text = "prompt don't\nselect 1"
    (first, _) = Lexer(text, 13)
    assert (first.value, first.line, first.column) == ("SELECT", 2, 1)


@given(st.text(alphabet="aq'[]\"/*-\n :$&1.e<>n!(", max_size=40))
def test_any_text_is_covered_without_gaps(text):
    lexed = lex(text)
    covered = sorted([*lexed.tokens, *lexed.comments], key=lambda t: t.offset)
    rest = 0
    for token in covered:
        assert text[rest : token.offset].strip() == ""
        assert text[token.offset : token.end] == token.text
        assert token.line == text.count("\n", 0, token.offset) + 1
        assert token.column == token.offset - text.rfind("\n", 0, token.offset)
        rest = token.end
    assert text[rest:].strip() == ""
