"""No input gives a Python error: random statements either run or fail with an Oracle error."""

from __future__ import annotations

import random

import pytest

from dtm.plsql.lexer import lex
from dtm.sandbox.kernel.errors import OraError, Unsupported
from tests.unit.sandbox.sql.conftest import Db
from tests.unit.sandbox.sql.grammar import Grammar
from tests.unit.sandbox.sql.test_idioms import QUERIES


def internal(error: OraError) -> bool:
    """What storage makes of an error of SQLite's own: the translator got it wrong."""
    return error.code == 600 or (isinstance(error, Unsupported) and error.number >= 998)


def attempt(db: Db, text: str) -> bool:
    """Run a statement; True when it ran, False for an Oracle error."""
    failure = None
    try:
        compiled = db.sql.compile(text)
        if compiled.kind not in {"ddl", "alter session"}:
            db.sql.run(compiled, [1] * len(compiled.hosts))
    except OraError as error:
        failure = error
    db.sql.rollback()
    assert failure is None or not internal(failure), f"{text}\n{failure}"
    return failure is None


@pytest.mark.parametrize("slice_", range(8))
def test_random_statements_run_or_fail_as_in_oracle(emp, slice_):
    ran = sum(attempt(emp, Grammar(slice_ * 100 + i).statement()) for i in range(100))
    assert ran > 25  # the generator is worth something


def test_mutilated_statements_fail_with_an_oracle_error(emp):
    source = random.Random(20261122)
    texts = [[t.text for t in lex(q[1]).tokens] for q in QUERIES]
    words = [w for text in texts for w in text]
    for _ in range(600):
        text = list(source.choice(texts))
        for _ in range(source.randint(1, 3)):
            place = source.randrange(len(text))
            if source.random() < 0.4:
                text[place] = source.choice(words)
            elif source.random() < 0.5:
                text.insert(place, source.choice(words))
            elif len(text) > 1:
                del text[place]
        attempt(emp, " ".join(text))


def test_noise_fails_with_an_oracle_error(emp):
    source = random.Random(7)
    alphabet = "select from where 'x' \"q\" ( ) , . ; : ? % & @ # $ ^ ~ { } [ ] | \\ / * + - 1 0 \n é \x00"
    for _ in range(300):
        text = " ".join(source.choice(alphabet.split(" ")) for _ in range(source.randint(0, 12)))
        attempt(emp, text)


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 400 + "1" + ")" * 400 + " from dual",
        "select " + "-" * 1 + "- " * 300 + "1 from dual",
        "select 1 from dual where " + "not " * 500 + "1 = 1",
        "select " + "nvl(" * 300 + "1" + ", 1)" * 300 + " from dual",
        "select * from " + "(select * from " * 200 + "dual" + ")" * 200,
    ],
    ids=["parentheses", "minus", "not", "calls", "inline views"],
)
def test_deep_nesting_is_refused_not_crashed(emp, text):
    attempt(emp, text)


def test_long_chains_are_no_nesting(emp):
    conditions = " or ".join(f"id = {i}" for i in range(900))
    assert emp.value(f"select count(*) from emp where {conditions}") == 4
    sums = " + ".join(["1"] * 900)
    assert emp.value(f"select {sums} from dual") == 900
    texts = " || ".join(["'a'"] * 900)
    assert emp.value(f"select {texts} from dual") == "a" * 900
    items = ", ".join(str(i) for i in range(990))
    assert emp.value(f"select count(*) from emp where id in ({items})") == 4
