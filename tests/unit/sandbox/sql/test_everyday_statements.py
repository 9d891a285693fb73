"""Everyday queries and changes, each with the answer 19c gives.

SQL Language Reference 19c, "Data Types" (Data Type Comparison Rules, Data Conversion), "Conditions",
"Nulls", "SQL Queries and Subqueries"; Error Messages 19c.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest


def d(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


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
