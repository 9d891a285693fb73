"""Every construct the sandbox refuses is refused with its number, its name, its line and column.

The registry is what COMPATIBILITY.md's section "Refused" is written from: a refusal without an
example here is code nobody can reach.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from dtm.sandbox.compatibility.refusals import Refusal, refusals
from dtm.sandbox.kernel.errors import OraError, Unsupported
from tests.unit.sandbox.dba import refused
from tests.unit.sandbox.dba.conftest import Dba

BEFORE = "-- first line\n/* second */\n  "
MET = re.compile(
    r"ORA-03001: unimplemented feature: DTM-SBX-(\d{3}): (.*) at line (\d+), column (\d+)"
)
# Of the wire protocol (its calls have no text: tests/contract/driver), of a bug of the sandbox's.
ELSEWHERE = {900, 901, 902, 903, 999}


@pytest.fixture
def owner(new_user: Callable[..., Dba]) -> Dba:
    app = new_user("DBA")
    app.run(*refused.OBJECTS)
    return app


def placed(marked: str) -> tuple[str, tuple[int, int]]:
    """The text without its mark, and the mark's line and column."""
    before, after = marked.split("¦")
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n"))


def wrong(
    text: str, message: str, where: tuple[int, int], seen: set[tuple[int, str]]
) -> list[str]:
    """What is wrong with the error of one statement."""
    met = MET.search(message)
    if met is None:
        return [f"{text[:90]}: {message[:200]}"]
    seen.add((int(met[1]), met[2]))
    found = (int(met[3]), int(met[4]))
    return [] if found == where else [f"{text[:90]}: {met[0]}, not {where}"]


def failure(run: Callable[..., object], *values: object) -> str:
    try:
        run(*values)
    except OraError as error:
        return error.text
    return "no error"


def unseen(seen: set[tuple[int, str]]) -> list[str]:
    return [
        f"{refusal.number}: {refusal.construct}"
        for refusal in refusals()
        if refusal.number not in ELSEWHERE
        and not any(
            number == refusal.number and re.fullmatch(pattern(refusal), construct, re.DOTALL)
            for number, construct in seen
        )
    ]


def pattern(refusal: Refusal) -> str:
    """A regular expression for the construct; its ... may follow or stand around a full stop."""
    gaps = re.sub(r"\.{3}(?!\.)", "\0", refusal.construct.replace(".......", "\0.\0"))
    return ".+".join(re.escape(part) for part in gaps.split("\0"))


def test_every_refusal_names_its_construct_its_line_and_its_column(owner: Dba) -> None:
    seen: set[tuple[int, str]] = {(440, "waiting for a lock inside a function called from SQL")}
    problems: list[str] = []
    execute = owner.session.plsql.execute_block
    for example in refused.SQL:
        text, where = placed(BEFORE + example)
        problems += wrong(example, failure(owner.rows, text), where, seen)
    for example in refused.BLOCKS:
        text, where = placed(BEFORE + example)
        problems += wrong(example, failure(execute, text, []), where, seen)
    for example in refused.UNITS:
        text, where = placed(example)
        problems += wrong(example, failure(owner.run, text), where, seen)
    for example in refused.CALLED:
        text, where = placed(example)
        owner.run(text)
        block = f"begin {text.split()[2]}; end;"
        problems += wrong(example, failure(owner.run, block), where, seen)
    assert problems == []
    assert unseen(seen) == []


def test_waiting_for_a_lock_inside_a_function_called_from_sql(owner: Dba) -> None:
    """The one refusal that needs two sessions: place of the statement in the function."""
    owner.run(
        "create function w return number is pragma autonomous_transaction;\nbegin\n"
        "  update emp set sal = 3 where id = 1;\n  commit; return 1;\nend;",
        "update emp set sal = 4 where id = 1",
    )
    other = owner.again()
    with pytest.raises(Unsupported) as caught:
        other.rows("select w from dual")
    assert "DTM-SBX-440: waiting for a lock" in caught.value.text
    assert "at line 3, column 3" in caught.value.text
    owner.rollback()
    assert other.value("select w from dual") == 1


def test_a_refused_statement_in_a_handler_is_not_caught(owner: Dba) -> None:
    text = "begin\n  delete emp where rownum < 3 or id = 1;\nexception when others then null; end;"
    with pytest.raises(Unsupported, match=r"DTM-SBX-180.* at line 2, column 31"):
        owner.session.plsql.execute_block(text, [])
    assert owner.value("select count(*) from emp") == 1


def test_a_lob_of_a_locked_row_is_read_and_stored_like_any_other(owner: Dba) -> None:
    owner.run(
        """declare c clob; d clob; begin
  select t into c from lobs for update;
  d := c; dbms_lob.createtemporary(d, true); dbms_lob.append(d, c); dbms_lob.append(d, 'b');
  update lobs set t = c || d; insert into lobs values (c);
end;"""
    )
    assert sorted(owner.column("select to_char(t) from lobs")) == ["a", "aab"]
