"""When DDL commits the open transaction.

SQL Language Reference 19c, "Types of SQL Statements", "Data Definition Language (DDL) Statements";
Database Concepts 19c, "SQL", "Stages of SQL Processing", "SQL Parsing".
"""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.sql.conftest import Db


def _inserted(db: Db) -> None:
    db.run("create table kept (a number)")
    db.run("insert into kept values (1)")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create table t (a number,)", 904),
        ("create table t (a number", 907),
        ("create table t (a number check (a >))", 936),
        ("create table t (a number default)", 936),
        ("create table t (a number) tablespace", 2216),
        ("create tabel t (a number)", 901),
        ("create table t as selec 1 from dual", 928),
        ("create table t as select from dual", 936),
        ("create view v as select a from where", 903),
        ("drop table kept cascade", 905),
        ("drop kept", 950),
        ("alter table kept ad b number", 1735),
        ("grant select on kept", 905),
        ("create index i on kept (a", 907),
        ("create sequence s startt with 1", 933),
        ("truncate kept", 3290),
        ("create table 'x (a number)", 1756),
    ],
)
def test_what_does_not_parse_commits_nothing(db: Db, text: str, code: int) -> None:
    _inserted(db)
    with pytest.raises(OraError) as caught:
        db.run(text)
    db.run("rollback")
    assert (caught.value.code, db.rows("select a from kept")) == (code, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("create table kept (a number)", 955),
        ("drop table missing", 942),
        ("alter table kept drop column b", 904),
        ("create view v as select nothing from kept", 904),
        ("create table t as select b from kept", 904),
        ("create index i on kept (b)", 904),
        ("drop sequence s", 2289),
    ],
)
def test_what_fails_when_it_is_executed_has_committed(db: Db, text: str, code: int) -> None:
    _inserted(db)
    with pytest.raises(OraError) as caught:
        db.run(text)
    db.run("rollback")
    assert (caught.value.code, db.rows("select a from kept")) == (code, [(1,)])


def test_ddl_that_works_commits(db: Db) -> None:
    _inserted(db)
    db.run("create table t as select a from kept")
    db.run("rollback")
    assert db.rows("select kept.a, t.a from kept, t") == [(1, 1)]
