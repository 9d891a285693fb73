"""DEFAULT clauses checked when a table is made, places of errors in DDL, limits in bytes, NLS views.

SQL Language Reference 19c, "CREATE TABLE" (DEFAULT), "Data Types" (VARCHAR2, NLS_LENGTH_SEMANTICS),
"LPAD", "Concatenation Operator"; Database Reference 19c, NLS_SESSION_PARAMETERS; Error Messages 19c.
"""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("text", "code", "piece"),
    [
        ("create table z (a number default b, b number)", 984, "b, b"),
        ("create table z (a number default nosuch(1))", 904, "nosuch"),
        ("create table z (a number default 1 + (select 1 from dual))", 22818, "select"),
        ("create table z (a number default sysdate)", 932, "sysdate"),
        ("create table z (a number default sum(1))", 934, "sum"),
        ("create table z (a number default rownum)", 976, "rownum"),
        ("create table z (a number default :x)", 1027, ":x"),
        ("create table z (a number check (a > nosuch))", 904, "nosuch"),
        ("create table z (a number, check (b > 1))", 904, "b >"),
        ("create table z (a number check (a > sysdate))", 2436, "sysdate"),
        ("create table z (a number generated always as (nosuch + 1), b number)", 904, "nosuch"),
        ("create table z as select nosuch from dual", 904, "nosuch"),
        ("create index i on t (upper(nosuch))", 904, "nosuch"),
        ("create view v as select id, nosuch(3) x from t", 904, "nosuch"),
        ("alter table t modify v default nosuch", 984, "nosuch"),
        ("alter table t add (q number default nosuch)", 984, "nosuch"),
    ],
)
def test_what_is_refused_and_where(db, text, code, piece):
    db.run("create table t (id number, v varchar2(10))")
    assert db.error(text) == (code, text.index(piece))


def test_defaults_that_are_accepted(db):
    db.run("create sequence s")
    db.run(
        "create table t (a number default s.nextval, b varchar2(30) default user, c date default "
        "trunc(sysdate) + 1, d varchar2(20) default to_char(sysdate, 'YYYY'), e number default -1)"
    )
    db.run("insert into t (e) values (default)")
    assert db.rows("select a, b, to_char(c, 'YYYY-MM-DD'), d, e from t") == [
        (1, "APP", "2026-11-23", "2026", -1)
    ]


def test_lengths_are_bytes_unless_char_is_said(db):
    db.run("create table t (a varchar2(4), b varchar2(4 char), c char(3))")
    db.run("insert into t values ('éé', 'éééé', 'é')")
    assert db.rows("select lengthb(a), lengthb(b), lengthb(c), length(c) from t") == [(4, 8, 3, 2)]
    for column, value, actual, maximum in (
        ("A", "ééé", 6, 4), ("B", "ééééé", 5, 4), ("C", "éé", 4, 3)):  # fmt: skip
        with pytest.raises(Exception, match=f"actual: {actual}, maximum: {maximum}"):
            db.run(f"update t set {column} = :1", value)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lengthb(rpad('é', 4000, 'é'))", 4000),
        ("lengthb(lpad('x', 4000, 'é')) <= 4000", "ORA-00923"),
        ("rpad('é', 2000, 'é') || 'x'", "ORA-01489"),
        ("length(rpad('é', 1999, 'é') || 'xx')", 2001),
        ("replace(rpad('x', 4000, 'x'), 'x', 'yy')", "ORA-01489"),
        ("concat(rpad('x', 4000), 'y')", "ORA-01489"),
        ("to_char(to_clob(rpad('é', 2000, 'é')) || 'x')", "ORA-22835"),
        ("length(to_clob(rpad('x', 4000)) || rpad('y', 4000))", 8000),
    ],
)
def test_texts_of_sql_have_4000_bytes(db, expression, expected):
    assert db.dual(expression) == expected


def test_nls_views(db):
    query = "select value from nls_{}_parameters where parameter = '{}'"
    assert db.value(query.format("session", "NLS_DATE_FORMAT")) == "DD-MON-RR"
    db.run("alter session set nls_date_format = 'YYYY-MM-DD'")
    assert db.value(query.format("session", "NLS_DATE_FORMAT")) == "YYYY-MM-DD"
    assert db.value(query.format("database", "NLS_DATE_FORMAT")) == "DD-MON-RR"
    assert db.value(query.format("instance", "NLS_DATE_FORMAT")) is None
    assert db.value(query.format("database", "NLS_CHARACTERSET")) == "AL32UTF8"
    assert db.value("select count(*) from nls_session_parameters") == 17
