"""Everyday expressions and statements, each with the answer 19c gives.

SQL Language Reference 19c, "Data Types" (Data Type Comparison Rules, Data Conversion), "Format
Models" (Number Format Models, Datetime Format Models, ROUND and TRUNC Date Functions), "Functions",
"Expressions", "Conditions", "Nulls"; Error Messages 19c. D is Thursday, 14 May 2026, 15:45:50; today
is Sunday, 22 November 2026.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

D = "to_date('2026-05-14 15:45:50', 'YYYY-MM-DD HH24:MI:SS')"


def d(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# "ROUND and TRUNC Date Functions": format -> (TRUNC, ROUND)
UNITS = {
    "CC": ("2001-01-01", "2001-01-01"),
    "SCC": ("2001-01-01", "2001-01-01"),
    "YYYY": ("2026-01-01", "2026-01-01"),
    "SYEAR": ("2026-01-01", "2026-01-01"),
    "Y": ("2026-01-01", "2026-01-01"),
    "IYYY": ("2025-12-29", "2025-12-29"),
    "Q": ("2026-04-01", "2026-04-01"),
    "MONTH": ("2026-05-01", "2026-05-01"),
    "RM": ("2026-05-01", "2026-05-01"),
    "WW": ("2026-05-14", "2026-05-14"),
    "IW": ("2026-05-11", "2026-05-18"),
    "W": ("2026-05-08", "2026-05-15"),
    "DDD": ("2026-05-14", "2026-05-15"),
    "J": ("2026-05-14", "2026-05-15"),
    "DAY": ("2026-05-10", "2026-05-17"),
    "D": ("2026-05-10", "2026-05-17"),
    "HH12": ("2026-05-14T15:00", "2026-05-14T16:00"),
    "HH24": ("2026-05-14T15:00", "2026-05-14T16:00"),
    "MI": ("2026-05-14T15:45", "2026-05-14T15:46"),
}


@pytest.mark.parametrize("unit", UNITS)
def test_trunc_and_round_dates(db, unit):
    expected = UNITS[unit]
    assert (db.dual(f"trunc({D}, '{unit}')"), db.dual(f"round({D}, '{unit}')")) == (
        d(expected[0]), d(expected[1]))  # fmt: skip


# "Datetime Format Models"
FORMATS = {
    "D": "5", "DD": "14", "DDD": "134", "DY": "THU", "Day": "Thursday ", "fmDay": "Thursday",
    "DDTH": "14TH", "DDSP": "FOURTEEN", "Ddspth": "Fourteenth", "Month": "May      ",
    "MON": "MAY", "fmMonth": "May", "RM": "V   ", "WW": "20", "IW": "20", "W": "2", "Q": "2",
    "J": "2461175", "SSSSS": "56750", "CC": "21", "YYY": "026", "Y,YYY": "2,026", "SYYYY": " 2026",
    "IYYY": "2026", "HH": "03", "HH12:MI AM": "03:45 PM", "HH24MISS": "154550",
    '"at" HH24"h"': "at 15h", "DD/MM/RR": "14/05/26", "fmDD/fmMM": "14/05", "fmMM": "5",
    "YEAR": "TWENTY TWENTY-SIX", "DL": "Thursday, May 14, 2026", "DS": "5/14/2026",
    "YYYY-MM-DD\"T\"HH24:MI:SS": "2026-05-14T15:45:50",
}  # fmt: skip


@pytest.mark.parametrize("model", FORMATS)
def test_dates_as_text(db, model):
    assert db.dual(f"to_char({D}, '{model}')") == FORMATS[model]


EXPRESSIONS = [
    # number format models
    ("to_char(1234.567, '9,999.99')", " 1,234.57"),
    ("to_char(-1234.5, '9,999.99')", "-1,234.50"),
    ("to_char(5, 'S999')", "  +5"),
    ("to_char(-5, '999S')", "  5-"),
    ("to_char(-5, '999MI')", "  5-"),
    ("to_char(5, '999MI')", "  5 "),
    ("to_char(-5, '999PR')", "  <5>"),
    ("to_char(12345, '9999')", "#####"),
    ("to_char(0.5, '0.99')", " 0.50"),
    ("to_char(0.5, '.99')", " .50"),
    ("to_char(0, '999')", "   0"),
    ("to_char(0, 'FM999.99')", "0."),
    ("to_char(7, '000')", " 007"),
    ("to_char(255, 'FMXX')", "FF"),
    ("to_char(255, 'xxxx')", "   ff"),
    ("to_char(4, 'RN')", "             IV"),
    ("to_char(4, 'FMrn')", "iv"),
    ("to_char(1234, '9.9EEEE')", "  1.2E+03"),
    ("to_char(12.5, '99V99')", " 1250"),
    ("to_char(1234.5, 'FM9G999D00')", "1,234.50"),
    ("to_char(0.1)", ".1"),
    ("to_char(-0.1)", "-.1"),
    ("to_char(1/3)", ".3333333333333333333333333333333333333333"),
    ("to_char(null, '999')", None),
    ("to_number('1,234.5', '9,999.9')", Decimal("1234.5")),
    ("to_number(' 12 ')", 12),
    ("to_number('-1.5E3')", -1500),
    ("to_number('ff', 'XX')", 255),
    ("to_number('1,234')", "ORA-01722"),
    ("to_number('12.5kg')", "ORA-01722"),
    ("to_number('1234', '999')", "ORA-01722"),
    ("to_number('')", None),
    # implicit conversion
    ("'10' + 5", 15),
    ("1 || 2", "12"),
    ("1.50 || ''", "1.5"),
    ("'a' * 1", "ORA-01722"),
    ("sysdate || ''", "22-NOV-26"),
    ("date '2026-01-01' + '1.5'", d("2026-01-02T12:00")),
    ("nvl('a', 1)", "a"),
    ("nvl(1, 'a')", "ORA-01722"),
    ("nvl2(null, 1, 'x')", "ORA-01722"),
    ("coalesce(1, 'a')", "ORA-00932"),
    ("case when 1 = 1 then 1 else 'a' end", "ORA-00932"),
    ("case when 1 = 1 then date '2026-01-01' else null end", d("2026-01-01")),
    ("decode(1, 2, 'a', 2)", "2"),
    ("decode(1, '1', 'same', 'other')", "same"),
    ("decode(null, null, 'y', 'n')", "y"),
    ("case null when null then 'y' else 'n' end", "n"),
    ("decode(3, 1, 'a', 2, 'b')", None),
    ("greatest('10', 9)", "9"),
    ("greatest(10, '9')", 10),
    ("greatest(1, null, 3)", None),
    ("least('a', 'B', 'b')", "B"),
    ("greatest(date '2026-01-01', '02-JAN-26')", d("2026-01-02")),
    ("least(2, 2.5, '0.5')", Decimal("0.5")),
    ("greatest('a', 'a ')", "a "),
    ("cast('12.5' as number(3))", 13),
    ("cast(2.5 as integer)", 3),
    ("cast('abcdef' as varchar2(3))", "abc"),
    ("cast('31-DEC-25' as date)", d("2025-12-31")),
    ("cast(null as number)", None),
    ("cast(1234 as number(3))", "ORA-01438"),
    ("cast('x' as number)", "ORA-01722"),
    ("cast('ab' as char(4)) || '|'", "ab  |"),
    ("cast(timestamp '2026-05-14 15:45:50.9' as date)", d("2026-05-14T15:45:50")),
    # text functions with NULL, negative and zero arguments
    ("substr('hello', 0)", "hello"),
    ("substr('hello', 0, 1)", "h"),
    ("substr('hello', -2)", "lo"),
    ("substr('hello', -3, 2)", "ll"),
    ("substr('hello', -9)", None),
    ("substr('hello', 6)", None),
    ("substr('hello', 2, 0)", None),
    ("substr('hello', 2, -1)", None),
    ("substr('hello', 1.9, 2.9)", "he"),
    ("substr('hello', null)", None),
    ("substr(12345, 2, 3)", "234"),
    ("instr('hello', 'l')", 3),
    ("instr('hello', 'l', -1)", 4),
    ("instr('hello', 'l', -3)", 3),
    ("instr('hello', 'l', 1, 3)", 0),
    ("instr('hello', 'l', 0)", 0),
    ("instr('hello', '')", None),
    ("instr('hello', 'l', 1, 0)", "ORA-01428"),
    ("lpad('abc', 2)", "ab"),
    ("lpad('abc', 0)", None),
    ("lpad('abc', -1)", None),
    ("lpad('a', 5, null)", None),
    ("lpad('a', 4, 'xy')", "xyxa"),
    ("rpad('a', 3, 'xy')", "axy"),
    ("replace('abcb', 'b')", "ac"),
    ("replace('abc', null, 'x')", "abc"),
    ("replace('aaa', 'aa', 'b')", "ba"),
    ("translate('abc', 'ab', 'x')", "xc"),
    ("translate('abc', 'b', '')", None),
    ("ltrim('xyxabc', 'xy')", "abc"),
    ("rtrim('abc  ')", "abc"),
    ("trim('a' from 'aabaa')", "b"),
    ("trim(leading '0' from '0070')", "70"),
    ("trim('ab' from 'x')", "ORA-30001"),
    ("trim('   ')", None),
    ("initcap('o''neil van-dam 3rd')", "O'Neil Van-Dam 3rd"),
    ("length('')", None),
    ("length('a ')", 2),
    ("lengthb('é')", 2),
    ("ascii('')", None),
    ("concat('a', null)", "a"),
    ("'a' || null || 'b'", "ab"),
    ("null || null", None),
    ("chr(65) || chr(66)", "AB"),
    ("lower(5)", "5"),
    ("reverse('abc')", "cba"),
    ("rpad('x', 4001, 'x') || 'y'", "ORA-01489"),
    # arithmetic
    ("1 / 0", "ORA-01476"),
    ("0 / 0", "ORA-01476"),
    ("1 + null", None),
    ("mod(5, 0)", 5),
    ("mod(-5, 3)", -2),
    ("mod(5.5, 2)", Decimal("1.5")),
    ("remainder(5, 3)", -1),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(1234.567, -2)", 1200),
    ("round(55, -2)", 100),
    ("trunc(-1.9)", -1),
    ("trunc(1.999, 2)", Decimal("1.99")),
    ("ceil(-1.5)", -1),
    ("floor(-1.5)", -2),
    ("power(0, 0)", 1),
    ("power(2, -2)", Decimal("0.25")),
    ("power(-8, 1/3)", "ORA-01428"),
    ("sqrt(-1)", "ORA-01428"),
    ("ln(0)", "ORA-01428"),
    ("log(10, 1000)", 3),
    ("sign(-0.1)", -1),
    ("bitand(6, 3)", 2),
    ("2 + 3 * 4 - 6 / 2", 11),
    ("-2 ** 2", "ORA-00936"),
    ("1e125 * 10", "ORA-01426"),
    # dates
    ("date '2026-03-01' - date '2026-02-01'", 28),
    ("date '2026-03-01' - 1/2", d("2026-02-28T12:00")),
    ("date '2026-03-01' + 1/24/60/60", d("2026-03-01T00:00:01")),
    ("1 + date '2026-03-01'", d("2026-03-02")),
    ("date '2026-03-01' + date '2026-03-01'", "ORA-00975"),
    ("date '2026-03-01' * 2", "ORA-00932"),
    ("date '2026-01-31' + interval '1' month", "ORA-01839"),
    ("date '2024-02-29' + interval '1' year", "ORA-01839"),
    ("date '2026-01-31' + interval '1 12' day to hour", d("2026-02-01T12:00")),
    ("add_months(date '2026-01-31', 1)", d("2026-02-28")),
    ("add_months(date '2026-02-28', 1)", d("2026-03-31")),
    ("add_months(date '2026-11-30', 3)", d("2027-02-28")),
    ("add_months(date '2026-03-15', -1.9)", d("2026-02-15")),
    ("months_between(date '2026-03-31', date '2026-02-28')", 1),
    ("round(months_between(date '2026-03-15', date '2026-02-28'), 6)", Decimal("0.580645")),
    ("months_between(null, sysdate)", None),
    ("last_day(to_date('2024-02-10 10:00', 'YYYY-MM-DD HH24:MI'))", d("2024-02-29T10:00")),
    ("next_day(date '2026-11-22', 'SUNDAY')", d("2026-11-29")),
    ("next_day(date '2026-11-22', 'MON')", d("2026-11-23")),
    ("next_day(date '2026-11-22', 'XYZ')", "ORA-01846"),
    ("extract(month from date '2026-05-14')", 5),
    ("extract(hour from date '2026-05-14')", "ORA-30076"),
    ("extract(minute from numtodsinterval(90, 'MINUTE'))", 30),
    ("to_char(numtodsinterval(36, 'HOUR'))", "+000000001 12:00:00.000000000"),
    ("trunc(sysdate) - 1", d("2026-11-21")),
    ("to_char(sysdate, 'YYYYMMDD')", "20261122"),
    ("to_char(timestamp '2026-05-14 15:45:50.123456', 'SS.FF3')", "50.123"),
    ("to_char(timestamp '2026-05-14 00:00:00' - timestamp '2026-05-12 12:00:00')",
     "+000000001 12:00:00.000000000"),
    # TO_DATE: what it takes and what it refuses
    ("to_date('2026-01', 'YYYY-MM')", d("2026-01-01")),
    ("to_date('10', 'DD')", d("2026-11-10")),
    ("to_date('JAN', 'MON')", d("2026-01-01")),
    ("to_date('10:20', 'HH24:MI')", d("2026-11-01T10:20")),
    ("to_date('1-2-26', 'DD-MM-RR')", d("2026-02-01")),
    ("to_date('01/02/2026', 'DD-MM-YYYY')", d("2026-02-01")),
    ("to_date('1-feb-26', 'DD-MON-RR')", d("2026-02-01")),
    ("to_date('01-FEBRUARY-26', 'DD-MON-RR')", d("2026-02-01")),
    ("to_date('50', 'RR')", d("1950-11-01")),
    ("to_date('49', 'RR')", d("2049-11-01")),
    ("to_date('20260514154550', 'YYYYMMDDHH24MISS')", d("2026-05-14T15:45:50")),
    ("to_date('2461175', 'J')", d("2026-05-14")),
    ("to_date('56750', 'SSSSS')", d("2026-11-01T15:45:50")),
    ("to_date('12 AM', 'HH AM')", d("2026-11-01")),
    ("to_date(null, 'YYYY')", None),
    ("to_date('')", None),
    ("to_date('31-FEB-2026', 'DD-MON-YYYY')", "ORA-01839"),
    ("to_date('32-01', 'DD-MM')", "ORA-01847"),
    ("to_date('13', 'MM')", "ORA-01843"),
    ("to_date('XXX', 'MON')", "ORA-01843"),
    ("to_date('0000', 'YYYY')", "ORA-01841"),
    ("to_date('25', 'HH24')", "ORA-01850"),
    ("to_date('13', 'HH12')", "ORA-01849"),
    ("to_date('60', 'MI')", "ORA-01851"),
    ("to_date('60', 'SS')", "ORA-01852"),
    ("to_date('366', 'DDD')", "ORA-01848"),
    ("to_date('2026-01-01 x', 'YYYY-MM-DD')", "ORA-01830"),
    ("to_date('2026-01', 'YYYY-MM-DD')", "ORA-01840"),
    ("to_date('2026-01-01')", "ORA-01861"),
    ("to_date('01-01-2026', 'Q')", "ORA-01820"),
    ("to_date('2026-1-1', 'FXYYYY-MM-DD')", "ORA-01862"),
    ("to_timestamp('10:20:30.5', 'HH24:MI:SS.FF')", d("2026-11-01T10:20:30.500000")),
    # DEFAULT ... ON CONVERSION ERROR: the default is converted as the value would be
    ("to_number('x' default -1 on conversion error)", -1),
    ("to_number('12' default -1 on conversion error)", 12),
    ("to_number('x' default null on conversion error)", None),
    ("to_number(null default -1 on conversion error)", None),
    ("to_number('1,5x' default '2,5' on conversion error, '9,9')", 25),
    ("to_number('x' default 'y' on conversion error)", "ORA-01722"),
    ("to_number(to_char(1/0) default 0 on conversion error)", "ORA-01476"),
    ("to_date('2026-13-01' default '2026-01-01' on conversion error, 'YYYY-MM-DD')",
     d("2026-01-01")),
    ("cast('x' as number default 0 on conversion error)", 0),
    ("cast('7' as number default 0 on conversion error)", 7),
    ("upper('x' default 'y' on conversion error)", "ORA-00907"),
    # regular expressions
    ("regexp_substr('a1b22', '[0-9]+', 1, 2)", "22"),
    ("regexp_substr('a|b||c', '[^|]+', 1, 3)", "c"),
    ("regexp_substr('k=v', '(\\w+)=(\\w+)', 1, 1, null, 2)", "v"),
    ("regexp_replace('abc', '(a)(b)', '\\2\\1')", "bac"),
    ("regexp_replace('a  b   c', ' {2,}', ' ')", "a b c"),
    ("regexp_replace('aaa', 'a', 'b', 1, 2)", "aba"),
    ("regexp_instr('hello', 'l+')", 3),
    ("regexp_instr('hello', 'l+', 1, 1, 1)", 5),
    ("regexp_count('ababa', 'aba')", 1),
    ("regexp_count('a' || chr(10) || 'b', '^.', 1, 'm')", 2),
    ("regexp_replace('Hello', 'L', '_', 1, 0, 'i')", "He__o"),
    ("regexp_substr('x', 'y')", None),
    ("regexp_substr('2026-05-14', '[[:digit:]]{2}$')", "14"),
    ("regexp_replace('a(b', '(', '')", "ORA-12725"),
    # the rest
    ("nullif(1, 1)", None),
    ("nullif('a', 'b')", "a"),
    ("(select 1 from dual where 1 = 0)", None),
    ("(select level from dual connect by level < 3)", "ORA-01427"),
    ("user", "APP"),
    ("sys_context('USERENV', 'NOSUCH')", "ORA-02003"),
    ("width_bucket(5, 0, 10, 5)", 3),
    ("rawtohex('AB')", "4142"),
    ("to_char(hextoraw('FF'))", "FF"),
    ("vsize('abc')", 3),
    ("q'[it's]'", "it's"),
    ("n'abc'", "abc"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=range(len(EXPRESSIONS)))
def test_expression(db, expression, expected):
    assert db.dual(expression) == expected


@pytest.fixture
def few(db):
    for text in (
        "create table t (id number primary key, c char(5), v varchar2(5), n number(5,2), d date)",
        "insert into t values (1, 'ab', 'ab', 1.5, date '2026-01-01')",
        "insert into t values (2, 'b', null, null, null)",
        "insert into t values (3, null, 'c ', -1, date '2026-03-01')",
        "create table u (id number, t_id number, x varchar2(10))",
        "insert into u values (10, 1, 'one')",
        "insert into u values (11, 1, 'uno')",
        "insert into u values (12, null, 'none')",
    ):
        db.run(text)
    return db


QUERIES = [
    # CHAR is blank-padded against CHAR and literals, not against VARCHAR2
    ("select id from t where c = 'ab'", [(1,)]),
    ("select id from t where c = 'ab   '", [(1,)]),
    ("select id from t where c = v", []),
    ("select id from t where rtrim(c) = v", [(1,)]),
    ("select id from t where c in ('b', 'x')", [(2,)]),
    ("select id from t where c like 'ab'", []),
    ("select id from t where c like 'ab%'", [(1,)]),
    ("select length(c), c || '|' from t where id = 1", [(5, "ab   |")]),
    ("select id from t where v = 'c'", []),
    ("select id from t where 'c ' = v", [(3,)]),
    # NULLs
    ("select id from t where v = null", []),
    ("select id from t where not (v = 'ab')", [(3,)]),
    ("select id from t where v <> 'ab' or v is null order by id", [(2,), (3,)]),
    ("select id from t where n not in (1.5, null)", []),
    ("select id from t where id not in (select t_id from u)", []),
    ("select id from t where id not in (select t_id from u where t_id is not null) order by 1",
     [(2,), (3,)]),
    ("select id from t a where not exists (select 1 from u where t_id = a.id) order by 1",
     [(2,), (3,)]),
    ("select id from t where v in ('ab', null)", [(1,)]),
    ("select id from t where '' is null and id = 1", [(1,)]),
    ("select id from t where nvl(n, 0) between 0 and 2 order by id", [(1,), (2,)]),
    ("select id from t where lnnvl(n > 0) order by id", [(2,), (3,)]),
    ("select count(*), count(n), count(distinct v), sum(n), avg(n), min(v), max(d) from t",
     [(3, 2, 2, Decimal("0.5"), Decimal("0.25"), "ab", d("2026-03-01"))]),
    ("select count(*), sum(n), max(n), avg(n) from t where 1 = 0", [(0, None, None, None)]),
    ("select sum(n) from t where 1 = 0 group by id", []),
    ("select nvl(sum(n), 0) from t where id = 2", [(0,)]),
    ("select v, count(*) from t group by v order by v nulls first", [(None, 1), ("ab", 1),
                                                                     ("c ", 1)]),
    ("select id from t order by n", [(3,), (1,), (2,)]),
    ("select id from t order by n desc", [(2,), (1,), (3,)]),
    ("select id from t order by d desc nulls last, id", [(3,), (1,), (2,)]),
    ("select distinct nvl2(n, 'set', 'null') k from t order by k", [("null",), ("set",)]),
    # outer joins
    ("select t.id, u.x from t, u where t.id = u.t_id(+) order by 1, 2",
     [(1, "one"), (1, "uno"), (2, None), (3, None)]),
    ("select t.id, u.x from t, u where t.id = u.t_id(+) and u.x(+) = 'uno' order by 1",
     [(1, "uno"), (2, None), (3, None)]),
    ("select t.id, u.x from t, u where t.id = u.t_id(+) and u.x = 'uno' order by 1", [(1, "uno")]),
    ("select t.id, u.id from t, u where t.id(+) = u.t_id order by 2",
     [(1, 10), (1, 11), (None, 12)]),
    ("select t.id, u.id from t, u where t.id = u.t_id(+) and u.id is null order by 1",
     [(2, None), (3, None)]),
    ("select t.id, u.id from t full join u on t.id = u.t_id order by t.id, u.id",
     [(1, 10), (1, 11), (2, None), (3, None), (None, 12)]),
    ("select t.id, count(u.id) from t left join u on u.t_id = t.id group by t.id order by 1",
     [(1, 2), (2, 0), (3, 0)]),
    # implicit conversion in conditions
    ("select id from t where id = '1'", [(1,)]),
    ("select id from t where d = '01-JAN-26'", [(1,)]),
    ("select id from t where d > date '2026-01-31' and d < '02-MAR-26'", [(3,)]),
    ("select id from t where to_char(d, 'MM') = '03'", [(3,)]),
    ("select id from t where trunc(d, 'MM') = trunc(to_date('2026-01-20', 'YYYY-MM-DD'), 'MM')",
     [(1,)]),
    ("select id from t where (id, nvl(n, 0)) in ((1, 1.5), (2, 0)) order by id", [(1,), (2,)]),
    ("select id from t where n between symmetric_low.x and 2", "ORA-00904"),
    ("select a.id from t a where a.id > all (select id from t where n < 0)", []),
    ("select id from t where id > any (1, 2)", [(2,), (3,)]),
    ("select id from t where id >= all (1, 2) order by id", [(2,), (3,)]),
    ("select id from t where v like '_b'", [(1,)]),
    ("select id from t where x = 1", "ORA-00904"),
    ("select id from t where v = 1", "ORA-01722"),
    ("select id, t_id from t, u where id = 1", "ORA-00918"),
    ("select v, count(*) from t", "ORA-00937"),
    ("select v, c, count(*) from t group by v", "ORA-00979"),
    ("select id from t where sum(n) > 1", "ORA-00934"),
    ("select (select x from u where t_id = t.id) from t", "ORA-01427"),
    ("select (select x, id from u) from t", "ORA-00913"),
    ("select id from t where id = (select t_id from u)", "ORA-01427"),
    ("select id from t union select v from t", "ORA-01790"),
    ("select id, v from t union all select id from t", "ORA-01789"),
    ("select * from t order by 9", "ORA-01785"),
    ("select distinct v from t order by n", "ORA-01791"),
    ("select nosuch.* from t", "ORA-00904"),
    ("select * from nosuch", "ORA-00942"),
    ("select to_char(d, 'YYYY') y, sum(nvl(n, 0)) from t group by to_char(d, 'YYYY') order by 1",
     [("2026", Decimal("0.5")), (None, 0)]),
    ("select max(id) keep (dense_rank first order by d) from t", [(1,)]),
    ("select id, row_number() over (order by n desc nulls last) from t order by id",
     [(1, 1), (2, 3), (3, 2)]),
    ("select id, sum(n) over (order by id) from t order by id",
     [(1, Decimal("1.5")), (2, Decimal("1.5")), (3, Decimal("0.5"))]),
    ("select listagg(x, ',') within group (order by id) from u group by t_id order by t_id",
     [("one,uno",), ("none",)]),
    ("select id from t minus select t_id from u order by 1", [(2,), (3,)]),
    ("select count(*) from (select t_id from u union select t_id from u)", [(2,)]),
    ("with x as (select id, n from t where n is not null) select sum(a.n * b.n) from x a, x b "
     "where a.id = b.id", [(Decimal("3.25"),)]),
    ("select level, sys_connect_by_path(level, '/') from dual connect by level <= 2",
     [(1, "/1"), (2, "/1/2")]),
    ("select level, prior level, connect_by_root level from dual connect by level <= 2",
     [(1, None, 1), (2, 1, 1)]),
    ("select add_months(date '2026-01-31', level - 1) from dual connect by level <= 3",
     [(d("2026-01-31"),), (d("2026-02-28"),), (d("2026-03-31"),)]),
    ("select column_name, data_type, nullable from user_tab_columns where table_name = 'T' "
     "and column_id < 3 order by column_id", [("ID", "NUMBER", "N"), ("C", "CHAR", "Y")]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=range(len(QUERIES)))
def test_query(few, query, expected):
    if isinstance(expected, str):
        assert f"ORA-{few.error(query)[0]:05d}" == expected
    else:
        assert few.rows(query) == expected


CHANGES = [
    ("update t set n = (select max(id) from u where t_id = t.id and 1 = 0)", 3),
    ("update t set v = v || 'x' where id = 2", 1),
    ("update t set n = n * 2 where n > 100", 0),
    (
        "update t set (v, n) = (select substr(x, 1, 5), id from u where u.t_id = t.id and id = 10)",
        3,
    ),
    ("delete from t where id in (select t_id from u)", 1),
    ("delete t where d < sysdate - 30 and rownum <= 1", 1),
    ("delete from t a where exists (select 1 from u b where b.t_id = a.id)", 1),
    ("insert into u (id, x) select id, nvl(v, '-') from t", 3),
    ("insert into t (id) values (4)", 1),
    ("insert into t (id, n) values (5, 1.005)", 1),
    ("insert into t (id, d) values (6, '01-JAN-26')", 1),
    ("insert into t (id, c) values (7, 12)", 1),
    (
        "merge into t using u on (t.id = u.t_id and u.id = 10) when matched then update set v = 'm'",
        1,
    ),
    ("insert into t (id) values (1)", "ORA-00001"),
    ("insert into t (v) values ('x')", "ORA-01400"),
    ("insert into t (id, v) values (8, 'toolong')", "ORA-12899"),
    ("insert into t (id, n) values (8, 1000)", "ORA-01438"),
    ("insert into t (id, n) values (8, 'x')", "ORA-01722"),
    ("insert into t (id, d) values (8, '2026-01-01')", "ORA-01861"),
    ("insert into t values (8)", "ORA-00947"),
    ("insert into t (id) values (8, 9)", "ORA-00913"),
    ("insert into t (id, id) values (8, 9)", "ORA-00957"),
    ("update t set id = null where id = 1", "ORA-01407"),
    ("update t set id = 2 where id = 1", "ORA-00001"),
    ("update t set id = (select t_id from u where x <> 'none')", "ORA-01427"),
    ("update t set v = rpad('x', 6, 'x')", "ORA-12899"),
    ("merge into t using u on (t.id = u.t_id) when matched then update set v = 'm'", "ORA-30926"),
    ("delete from t where nosuch = 1", "ORA-00904"),
]


@pytest.mark.parametrize(("statement", "expected"), CHANGES, ids=range(len(CHANGES)))
def test_change(few, statement, expected):
    if isinstance(expected, str):
        assert f"ORA-{few.error(statement)[0]:05d}" == expected
    else:
        assert few.run(statement) == expected
