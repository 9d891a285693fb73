"""CHECK constraints, virtual columns, function-based indexes, defaults - and after a restart.

SQL Language Reference 19c, "constraint", "CREATE TABLE" (virtual_column_definition), "CREATE
INDEX".
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.engine import Engine
from dtm.sandbox.sql.engine_persistent import functions
from dtm.sandbox.sql.storage_create import create_instance, open_instance
from tests.unit.sandbox.sql.conftest import PASSWORD, Db

DDL = (
    "create user app identified by app quota unlimited on users",
    "grant connect, resource, unlimited tablespace to app",
    """create table app.t (
        id number,
        amount number(10,2) check (amount > 0.5 and mod(amount, 0.25) = 0),
        name varchar2(20) constraint t_name check (upper(name) = name or name like 'x%'),
        day date check (day >= date '2020-01-01' and trunc(day) = day),
        code varchar2(10) check (regexp_like(code, '^[A-Z]+$') and length(code) between 2 and 5),
        state varchar2(5) default 'NEW' check (state in ('NEW', 'DONE')),
        month varchar2(7) generated always as (to_char(day, 'YYYY-MM')) virtual,
        doubled number generated always as (amount * 2 + nvl(id, 0)) virtual)""",
    "create unique index app.t_lower on app.t (lower(name))",
)


def check(db: Db, values: str) -> int | None:
    """Insert into t; the ORA number of a refusal."""
    try:
        db.run(f"insert into app.t (id, amount, name, day, code) values ({values})")
    except OraError as error:
        return error.code
    return None


def exercise(db: Db) -> None:
    assert check(db, "1, 12.25, 'ANN', date '2026-01-31', 'AB'") is None
    assert check(db, "2, 0.25, 'BOB', null, 'AB'") == 2290
    assert check(db, "2, 1.3, 'BOB', null, 'AB'") == 2290
    assert check(db, "2, 1, 'bob', null, 'AB'") == 2290
    assert check(db, "2, 1, 'xb', null, 'AB'") is None
    assert check(db, "2, 1, 'BOB', date '2019-12-31', 'AB'") == 2290
    assert check(db, "2, 1, 'BOB', to_date('2026-01-01 10', 'YYYY-MM-DD HH24'), 'AB'") == 2290
    assert check(db, "2, 1, 'BOB', null, 'ab'") == 2290
    assert check(db, "2, 1, 'BOB', null, 'ABCDEF'") == 2290
    assert check(db, "null, null, null, null, null") is None  # unknown is not false
    assert check(db, "3, 1, 'XB', null, 'AB'") == 1  # lower(name) is unique
    rows = db.rows("select month, doubled, state from app.t where id = 1")
    assert rows == [("2026-01", 25.5, "NEW")]
    assert db.value("select count(*) from app.t where lower(name) = 'ann'") == 1
    db.run("rollback")


def test_stored_expressions_survive_a_restart(tmp_path: Path):
    directory = tmp_path / "one"
    directory.mkdir()
    create_instance(directory, "ONE", PASSWORD)
    instance = open_instance(directory)
    db = Db(Engine(instance), "SYSTEM")
    for statement in DDL:
        db.run(statement)
    exercise(db)
    db.sql.close()
    instance.close()
    instance = open_instance(directory)
    db = Db(Engine(instance), "SYSTEM")
    exercise(db)
    db.sql.close()
    instance.close()


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("day < sysdate", 2436),
        ("name = user", 2436),
        ("id in (select 1 from dual)", 2251),
        ("nosuch = 1", 904),
        ("amount", 920),
        ("name > 1 +", 936),
    ],
)
def test_conditions_a_check_cannot_have(db, condition, code):
    sql = f"create table c (id number, amount number, name varchar2(9), day date, check ({condition}))"
    assert db.error(sql)[0] == code


@pytest.mark.parametrize(
    "statement",
    [
        "create table bound as select :p v from dual",
        "create table bound (a number default :p)",
        "create table bound (a number, check (a > :p))",
        "create view bound as select 1 x from dual where :p = 1",
        "create index bound_i on unbound (a + :p)",
        "alter table unbound add (b number default cast(:p as number))",
        "alter table unbound modify (a default :p)",
    ],
)
def test_ddl_has_no_binds(db, statement):
    """ORA-01027: bind variables not allowed for data definition operations."""
    db.run("create table unbound (a number)")
    try:
        assert db.error(statement)[0] == 1027
    finally:
        db.run("drop table unbound")


@pytest.mark.parametrize("key", ["'2024'", "'it''s'", "date '2024-01-01'", "1", "a, 'x'"])
def test_an_index_may_have_a_constant_key(db, key):
    """A function-based index; only a unique one has an effect: it allows one row."""
    db.run("create table keyed (a number)")
    try:
        db.run("insert into keyed values (1)")
        db.run(f"create unique index keyed_i on keyed ({key})")
        assert db.error("insert into keyed values (1)")[0] == 1
        expression = db.value("select column_expression from user_ind_expressions")
        assert expression == key.removeprefix("a, ")
    finally:
        db.run("drop table keyed")


def test_every_stored_function_has_a_name_of_its_own():
    names = list(functions())
    assert len(names) > 200
    assert len({n.lower() for n in names}) == len(names)


def test_defaults_are_evaluated_at_insert(db):
    db.run("create sequence ds start with 5")
    db.run(
        "create table dd (id number default ds.nextval, at date default sysdate, "
        "who varchar2(30) default user, n number default 1 + 1 not null, "
        "o number default on null 7, i number generated by default on null as identity)"
    )
    db.run("insert into dd (n) values (default)")
    db.run("insert into dd (id, o, i) values (1, null, null)")
    db.run("insert into dd (id, o) select 2, null from dual")
    rows = db.rows("select id, to_char(at, 'YYYY'), who, n, o, i from dd order by i")
    assert rows == [
        (5, "2026", "APP", 2, 7, 1),
        (1, "2026", "APP", 2, 7, 2),
        (2, "2026", "APP", 2, 7, 3),
    ]
    assert db.run("update dd set n = default, o = 1 where id = 5") == 1
