"""LOG ERRORS: failing rows go to an error table.

SQL Language Reference 19c, "SQL Statements: INSERT", "error_logging_clause"; Administrator's Guide
19c, "Managing Tables", "Inserting Data with DML Error Logging".
"""

from __future__ import annotations

import pytest


@pytest.fixture
def logged(db):
    for text in (
        "create table parent (id number primary key)",
        "insert into parent values (1)",
        "create table t (id number primary key, name varchar2(5) not null, "
        "n number(3) check (n <> 13), p number references parent)",
        "create table raw_rows (id varchar2(10), name varchar2(20), n varchar2(10), p number)",
        'create table err$_t ("ORA_ERR_NUMBER$" number, "ORA_ERR_MESG$" varchar2(2000), '
        '"ORA_ERR_ROWID$" rowid, "ORA_ERR_OPTYP$" varchar2(2), "ORA_ERR_TAG$" varchar2(2000), '
        "id varchar2(4000), name varchar2(4000), n varchar2(4000))",
        "insert into raw_rows values ('1', 'ok', '1', 1)",
        "insert into raw_rows values ('1', 'twice', '1', 1)",
        "insert into raw_rows values ('2', 'much too long', '1', 1)",
        "insert into raw_rows values ('3', null, '1', 1)",
        "insert into raw_rows values ('4', 'bad', 'abc', 1)",
        "insert into raw_rows values ('5', 'chk', '13', 1)",
        "insert into raw_rows values ('6', 'big', '1000', 1)",
        "insert into raw_rows values ('7', 'ref', '1', 99)",
        "insert into raw_rows values ('8', 'good', '8', null)",
        "commit",
    ):
        db.run(text)
    return db


LOG = 'select "ORA_ERR_NUMBER$", "ORA_ERR_OPTYP$", "ORA_ERR_TAG$", id, name, n from err$_t'


def test_unlimited(logged):
    text = (
        "insert into t select * from raw_rows log errors into err$_t ('load ' || :1) "
        "reject limit unlimited"
    )
    assert logged.run(text, 7) == 2
    assert logged.rows("select id, name, n from t order by id") == [
        (1, "ok", 1),
        (8, "good", 8),
    ]
    assert sorted(logged.rows(LOG)) == [
        (1, "I", "load 7", "1", "twice", "1"),
        (1400, "I", "load 7", "3", None, "1"),
        (1438, "I", "load 7", "6", "big", "1000"),
        (1722, "I", "load 7", "4", "bad", "abc"),
        (2290, "I", "load 7", "5", "chk", "13"),
        (2291, "I", "load 7", "7", "ref", "1"),
        (12899, "I", "load 7", "2", "much too long", "1"),
    ]
    message = logged.value('select "ORA_ERR_MESG$" from err$_t where "ORA_ERR_NUMBER$" = 12899')
    assert message.startswith('ORA-12899: value too large for column "APP"."T"."NAME"')


def test_the_log_outlives_the_statement(logged):
    """REJECT LIMIT is 0 by default: the first error ends the statement, its log row stays."""
    assert logged.error("insert into t select * from raw_rows log errors")[0] == 1
    assert logged.rows("select * from t") == []
    logged.sql.rollback()
    assert [r[0] for r in logged.rows(LOG)] == [1]


def test_beyond_the_limit(logged):
    text = "insert into t select * from raw_rows log errors into err$_t reject limit 2"
    assert logged.error(text)[0] == 1400
    assert [r[0] for r in logged.rows(LOG)] == [1, 12899, 1400]
    assert logged.value("select count(*) from t") == 0


def test_values(logged):
    text = "insert into t (id, name) values (:1, :2) log errors reject limit 1"
    assert logged.run(text, 5, "toolong") == 0
    assert logged.run(text, 5, "short") == 1
    assert [r[0] for r in logged.rows(LOG)] == [12899]


def test_update_and_delete(logged):
    logged.run("insert into t select 1, 'a', 1, 1 from dual")
    logged.run("insert into t select 2, 'b', 2, 1 from dual")
    text = "update t set n = case id when 1 then 13 else 14 end log errors ('u') reject limit 5"
    assert logged.run(text) == 1
    assert logged.rows("select n from t order by id") == [(1,), (14,)]
    rowid = logged.value('select "ORA_ERR_ROWID$" from err$_t')
    assert logged.value("select id from t where rowid = :1", rowid) == 1
    assert [r[:3] for r in logged.rows(LOG)] == [(2290, "U", "u")]
    assert logged.run("delete from parent log errors into err$_t reject limit unlimited") == 0
    assert [r[:2] for r in logged.rows(LOG)] == [(2290, "U"), (2292, "D")]


def test_a_unique_key_violated_by_update_is_not_logged(logged):
    logged.run("insert into t select 1, 'a', 1, 1 from dual")
    logged.run("insert into t select 2, 'b', 2, 1 from dual")
    assert logged.error("update t set id = 1 log errors reject limit unlimited")[0] == 1
    assert logged.rows(LOG) == []


def test_the_error_table_is_checked(logged):
    assert logged.error("insert into t select * from raw_rows log errors into nope")[0] == 942
    assert logged.error("insert into t select * from raw_rows log errors into parent")[0] == 38900
    assert logged.error("insert into parent values (1) log errors")[0] == 942
