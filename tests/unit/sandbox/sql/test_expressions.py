"""Expressions through the whole engine: NULL rules, operators, implicit conversion, CHAR, dates.

SQL Language Reference 19c, "Nulls", "Operators", "Data Types", "Data Conversion", "Expressions".
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

D = Decimal


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("''", None),
        ("'a' || null || 'b'", "ab"),
        ("null || null", None),
        ("'a' || 1.50 || 'b'", "a1.5b"),
        ("'x' || date '2026-01-31'", "x31-JAN-26"),
        ("1 + null", None),
        ("nvl(null, 'x')", "x"),
        ("nvl2('', 1, 2)", 2),
        ("coalesce(null, '', 'c')", "c"),
        ("nullif('a', 'a')", None),
        ("decode(null, null, 'same', 'other')", "same"),
        ("decode(1, 2, 'two')", None),
        ("decode('2', 2, 'two', 'other')", "two"),
        ("case when null = null then 1 else 0 end", 0),
        ("case null when null then 1 else 0 end", 0),
        ("case 2 when 1 then 'a' when 2 then 'b' end", "b"),
        ("greatest('a', 'b', null)", None),
        ("least(3, 1.5, 2)", D("1.5")),
        ("length('')", None),
        ("replace('abc', 'b', '')", "ac"),
        ("0.1 + 0.2", D("0.3")),
        ("7 / 2", D("3.5")),
        ("1 / 3 * 3", D("0." + "9" * 40)),
        ("-2 * -3", 6),
        ("2 - -3", 5),
        ("- (1 + 2)", -3),
        ("12345678901234567890123456789012345678 + 1", 12345678901234567890123456789012345679),
        ("9223372036854775807 + 1", 9223372036854775808),
        ("9999999999 * 9999999999", 99999999980000000001),
        ("10 / 4 * 2", 5),
        ("'12' + '3'", 15),
        ("'5' * 2 || 'x'", "10x"),
        ("1 || 2 + 3", 15),  # || and + have one precedence: (1 || 2) + 3
        ("1e3", 1000),
        (".5", D("0.5")),
        ("1.5f", 1.5),
        ("2d / 0", float("inf")),
        ("1 / 0", "ORA-01476"),
        ("1 / 0.0", "ORA-01476"),
        ("'x' + 1", "ORA-01722"),
        ("to_number('1,5')", "ORA-01722"),
        ("nvl(1, 1 / 0)", "ORA-01476"),
        ("coalesce(1, 1 / 0)", 1),
        ("1 + date '2026-01-01'", dt.datetime(2026, 1, 2)),
        ("date '2026-01-01' - 1/24", dt.datetime(2025, 12, 31, 23)),
        ("date '2026-03-01' - date '2026-02-01'", 28),
        ("date '2026-01-01' + date '2026-01-01'", "ORA-00975"),
        ("date '2026-01-31' + interval '1' month", "ORA-01839"),
        ("date '2026-01-30' + interval '1' day", dt.datetime(2026, 1, 31)),
        ("timestamp '2026-01-01 00:00:00' - timestamp '2025-12-31 23:00:00.5'",
         dt.timedelta(minutes=59, seconds=59, microseconds=500000)),
        ("interval '1 12' day to hour * 2", dt.timedelta(days=3)),
        ("date '2026-13-01'", "ORA-01843"),
        ("date '26-1-1'", dt.datetime(26, 1, 1)),
        ("timestamp '2026-01-01 10:00:00 +02:00'",
         dt.datetime(2026, 1, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=2)))),
        ("cast('12.345' as number(4,2))", D("12.35")),
        ("cast(12345 as number(4))", "ORA-01438"),
        ("cast('abcdef' as varchar2(3))", "abc"),
        ("cast('ab' as char(4)) || '|'", "ab  |"),
        ("cast(timestamp '2026-01-01 10:00:00.9' as date)", dt.datetime(2026, 1, 1, 10)),
        ("cast('01-FEB-26' as date)", dt.datetime(2026, 2, 1)),
        ("cast(1 as nosuch)", "ORA-00902"),
        ("to_char(1e10)", "10000000000"),
        ("substr('abc', 2, 1) || substr('abc', -1)", "bc"),
        ("trim('  x  ') || '|'", "x|"),
        ("trim(leading '0' from '007')", "7"),
        ("extract(month from date '2026-05-20')", 5),
        ("case when 'a' = 'a ' then 1 else 0 end", 1),  # text literals are CHAR: blank-padded
        ("q'[it's]'", "it's"),
        ("n'x'", "x"),
        ("lnnvl(1)", "ORA-00904"),
        ("user", "APP"),
        ("sys_context('userenv', 'current_schema')", "APP"),
        ("regexp_replace('a.b.c', '\\.', '-', 1, 2)", "a.b-c"),
        ("to_char(sysdate, 'YYYY-MM-DD HH24:MI:SS')", "2026-11-22 10:30:15"),
        ("round(sysdate - trunc(sysdate), 4)", D("0.4377")),
        ("to_char(systimestamp, 'FF3 TZH:TZM')", "123 +00:00"),
        ("numtodsinterval(36, 'HOUR')", dt.timedelta(days=1, hours=12)),
        ("to_char(date '2026-01-01' + numtodsinterval(90, 'MINUTE'), 'HH24:MI')", "01:30"),
        ("timestamp '2026-01-01 00:00:00' at time zone '+05:30'",
         dt.datetime(2026, 1, 1, 5, 30, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))),
        ("vsize(123)", 3),
        ("lengthb('é')", 2),
        ("(select 1 from dual where 1 = 0)", None),
        ("(select 1 from dual) + (select 2 from dual)", 3),
    ],
)  # fmt: skip
def test_value(db, expression, expected):
    assert db.dual(expression) == expected


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("null = null", False),
        ("null <> 1", False),
        ("not (null = 1)", False),
        ("1 = 1 or null = 1", True),
        ("'' is null", True),
        ("'a' is not null", True),
        ("1 in (2, null)", False),
        ("1 not in (2, null)", False),
        ("1 not in (2, 3)", True),
        ("1 in (select null from dual)", False),
        ("1 not in (select 2 from dual)", True),
        ("1 not in (select null from dual)", False),
        ("1 not in (select 1 from dual where 1 = 0)", True),
        ("(1, 'a') in ((1, 'a'), (2, 'b'))", True),
        ("(1, 'a') = (select 1, 'a' from dual)", True),
        ("2 between 1 and 3", True),
        ("2 not between 1 and null", False),
        ("4 not between 1 and null", False),
        ("0 not between 1 and null", True),
        ("'abc' like 'a%'", True),
        ("'abc' like 'A%'", False),
        ("'a_c' like 'a\\_c' escape '\\'", True),
        ("'abc' like 'a\\_c' escape '\\'", False),
        ("'abc' like '_b_'", True),
        ("'abc' like '%'", True),
        ("null like '%'", False),
        ("12 like '1%'", True),
        ("1 = '1'", True),
        ("'1.0' = 1", True),
        ("date '2026-01-31' = '31-JAN-26'", True),
        ("1 > all (select 2 from dual where 1 = 0)", True),
        ("1 = any (select 1 from dual union select 2 from dual)", True),
        ("3 > all (1, 2)", True),
        ("3 <> all (1, null)", False),
        ("exists (select null from dual)", True),
        ("not exists (select 1 from dual where 1 = 2)", True),
        ("regexp_like('Ab', '^a', 'i')", True),
        ("'b' > 'a' and 'a' > 'B'", True),
        ("cast('a' as char(3)) = 'a'", True),
        ("cast('a' as char(3)) = cast('a' as varchar2(3))", False),
        ("cast('a' as varchar2(3)) = 'a '", False),
        ("0.1 + 0.2 = 0.3", True),
        ("1/3 + 1/3 + 1/3 < 1", True),
        ("-1/3 < 0", True),
        ("12345678901234567890123 > -12345678901234567890123", True),
        ("timestamp '2026-01-01 10:00:00 +02:00' = timestamp '2026-01-01 08:00:00 +00:00'", True),
        ("timestamp '2026-01-01 10:00:00.5' > date '2026-01-01'", True),
    ],
)
def test_condition(db, condition, truth):
    assert bool(db.rows(f"select 1 from dual where {condition}")) is truth


def test_char_columns_are_padded(db):
    """ "Data Types", "Blank-Padded and Nonpadded Comparison Semantics"."""
    db.run("create table ch (c char(5), v varchar2(5))")
    db.run("insert into ch values ('ab', 'ab')")
    assert db.rows("select c, v, length(c) from ch") == [("ab   ", "ab", 5)]
    assert db.value("select count(*) from ch where c = 'ab'") == 1
    assert db.value("select count(*) from ch where c = v") == 0
    assert db.value("select count(*) from ch where c in ('x', 'ab')") == 1
    assert db.value("select count(*) from ch where c = :1", "ab") == 0  # a VARCHAR2 bind
    assert db.value("select count(*) from ch where rtrim(c) = :1", "ab") == 1
    assert db.value("select count(*) from ch where c like 'ab'") == 0
    assert db.error("insert into ch (c) values ('abcdef')")[0] == 12899


def test_numbers_are_rounded_to_their_column(db):
    db.run("create table nu (n number(5,2), i integer, k number(3,-1), f float, x number)")
    db.run("insert into nu values (1.005, 2.5, 1234, 0.1, 1/3)")
    assert db.rows("select n, i, k, f, x from nu") == [
        (D("1.01"), 3, 1230, D("0.1"), D("0." + "3" * 40))
    ]
    assert db.error("insert into nu (n) values (1000)")[0] == 1438
    assert db.error("update nu set n = n * 1000")[0] == 1438
    assert db.error("insert into nu (n) values (:1)", 12345)[0] == 1438
    assert db.value("select count(*) from nu where x < 1 and x > 0.3 and x = 1/3") == 1
    db.run("insert into nu (x) values (-12345678901234567890123.5)")
    db.run("insert into nu (x) values (5)")
    assert [r[0] for r in db.rows("select x from nu order by x")] == [
        D("-12345678901234567890123.5"), D("0." + "3" * 40), 5
    ]  # fmt: skip
    assert db.rows("select min(x), max(x) from nu") == [(D("-12345678901234567890123.5"), 5)]


def test_binds_of_every_type(db):
    assert db.dual(":1 + 1", 41) == 42
    assert db.dual(":1 || 'x'", "a") == "ax"
    assert db.dual("to_char(:1, 'YYYY')", dt.datetime(2026, 5, 1)) == "2026"
    assert db.dual(":1 + 1", dt.datetime(2026, 5, 1)) == dt.datetime(2026, 5, 2)
    assert db.dual("nvl(:1, 'none')", None) == "none"
    assert db.dual(":1", D("12345678901234567890123.25")) == D("12345678901234567890123.25")
    assert db.dual(":1", b"\x01\x02") == b"\x01\x02"
    assert db.rows("select 1 from dual where :1 > 5", D("123456789012345678901")) == [(1,)]
    assert db.rows("select 1 from dual where :1 > 5", D("-123456789012345678901")) == []


def test_session_formats(db):
    """ "ALTER SESSION": NLS parameters of implicit conversion."""
    db.run("alter session set nls_date_format = 'YYYY-MM-DD HH24:MI:SS'")
    assert db.dual("'' || date '2026-01-31'") == "2026-01-31 00:00:00"
    assert db.dual("to_char(sysdate)") == "2026-11-22 10:30:15"
    assert db.value("select count(*) from dual where date '2026-01-31' = '2026-01-31'") == 1
    db.run("alter session set nls_numeric_characters = ',.'")
    assert db.dual("to_char(1.5)") == "1,5"
    assert db.dual("'1,5' + 1") == D("2.5")
    db.run("alter session set time_zone = '+02:00'")
    assert db.dual("to_char(current_timestamp, 'HH24:MI TZH')") == "12:30 +02"
    assert db.dual("to_char(systimestamp, 'HH24:MI')") == "10:30"
    assert db.error("alter session set nosuch = 1")[0] == 2248
