"""What the wire reads out of a statement's text agrees with what the driver sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtm.sandbox.wire.descriptor import parse_descriptor
from dtm.sandbox.wire.statements import scan


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("select :a, :B, :a from dual", ("A", "B", "A")),
        ("begin p(:a, :b, :a); end;", ("A", "B")),
        ("select ':x', q'[:y]', q'!:z!', nq'{:w}' from dual where a = :1", ("1",)),
        ("select /* :x */ 1 -- :y\n from dual where b = :z", ("Z",)),
        ('select ":x" from dual where a = :"Mixed Case"', ("Mixed Case",)),
        ("begin :v := 1; x:=2; end;", ("V",)),
        ("create trigger t before insert on x for each row begin :new.a := :old.b; end;", ()),
        ("select json_object('a':1, 'b' : :c) from dual", ("C",)),
        ("select 'it''s :no', : spaced from dual", ("SPACED",)),
        ("declare x int; begin q(:x); end;", ("X",)),
        ("call p(:x)", ("X",)),
        ("<<lbl>> begin p(:x, :x); end;", ("X",)),
        ("/* c */ -- d\n( select :x from dual)", ("X",)),
        ("select q'[unterminated :x", ()),
    ],
)
def test_binds(text: str, binds: tuple[str, ...]) -> None:
    assert scan(text).binds == binds


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1 from dual", "query"),
        ("  with x as (select 1 from dual) select * from x", "query"),
        ("(select 1 from dual)", "query"),
        ("insert into t values (1)", "dml"),
        ("merge into t using s on (1=1) when matched then update set a=1", "dml"),
        ("begin null; end;", "block"),
        ("-- hi\n<<a>> declare x int; begin null; end;", "block"),
        ("alter session set x = 1", "other"),
        ("", "other"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    found = scan(text)
    flags = {"query": found.is_query, "dml": found.is_dml, "block": found.is_block}
    assert [name for name, value in flags.items() if value] == ([] if kind == "other" else [kind])


def test_returning_binds_are_told_apart() -> None:
    found = scan("update t set a = :a where b = :b returning c, d into :c, :d")
    assert found.binds == ("A", "B", "C", "D")
    assert found.returning == {2, 3}
    assert scan("insert into returning values (:a)").returning == frozenset()


@given(st.text(alphabet="selct :a'\"q[]-*/\n;()1,", max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    scan(text)


def test_descriptor() -> None:
    found = parse_descriptor(
        "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db.example)(PORT=1))"
        "(CONNECT_DATA=( service_name = app )(CID=(PROGRAM=py)(HOST=me)(USER=ann))))"
    )
    assert (found.service, found.by_sid) == ("APP", False)
    assert found.attributes == {"program": "py", "osuser": "ann", "machine": "me"}
    assert parse_descriptor("(CONNECT_DATA=(SID=x))").by_sid
    assert parse_descriptor("junk ((((").service == ""
