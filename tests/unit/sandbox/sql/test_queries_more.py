"""Queries of the second rank: row limits, lateral views, UNPIVOT, windows, samples, collections.

SQL Language Reference 19c, "SQL Statements: SELECT" (row_limiting_clause, lateral inline views,
cross_outer_apply_clause, unpivot_clause, sample_clause, grouping_sets_clause); "Functions",
"Analytic Functions"; "Pseudocolumns", ROWNUM.
"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.unit.sandbox.sql.test_queries import SETUP


@pytest.fixture
def hr(db):
    for statement in SETUP:
        db.run(statement)
    return db


def d(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


CASES = [
    # FETCH ... PERCENT: "the number of rows is rounded up"; WITH TIES: rows with the same keys
    ("select nm from e order by id fetch first 30 percent rows only", [("King",), ("Blake",)]),
    ("select nm from e order by id fetch first 20 percent rows only", [("King",)]),
    ("select nm from e order by id fetch first 0 percent rows only", []),
    ("select nm from e order by id offset 4 rows fetch next 50 percent rows only", [("Ford",)]),
    ("select nm from e order by sal desc nulls last fetch first 2 rows with ties",
     [("King",), ("Blake",), ("Clark",)]),
    ("select sal s, nm from e order by s desc nulls last offset 1 row fetch next 1 row with ties",
     [(3000, "Blake"), (3000, "Clark")]),
    ("select * from (select id from e order by 1 desc fetch first 1 row with ties)", [(5,)]),
    ("select dep, count(*) c from e group by dep order by c desc, dep fetch first 1 row with ties",
     [(10, 2)]),
    # ROWNUM: one more than the rows let through so far
    ("select id, rownum from e where rownum <= 2 or id = 5", [(1, 1), (2, 2), (5, 3)]),
    ("select id from e where mod(rownum, 2) = 0", []),
    ("select id from e where rownum <> 3 order by id desc", [(2,), (1,)]),
    ("select id, rownum from e where rownum in (1, 2) and sal > 2000", [(1, 1), (2, 2)]),
    ("select count(*) from e where rownum < id", [(4,)]),
    ("select p.id, (select count(*) from e where dep = p.id and (rownum = 1 or e.id = 3)) c "
     "from p order by 1", [(10, 2), (20, 1), (30, 0)]),
    ("select dep, count(*) from e where not rownum > 3 group by dep order by 1",
     [(10, 2), (20, 1)]),
    ("select id from e where rownum > (select 1 from dual)", []),
    ("select level, rownum from dual connect by rownum <= 3", [(1, 1), (2, 2), (3, 3)]),
    # hierarchies seen through ROWNUM; siblings ordered by an expression
    ("select rownum r, level l, connect_by_isleaf f, sys_connect_by_path(nm, '/') p, "
     "connect_by_root nm n, prior nm o from e start with mgr is null connect by prior id = mgr "
     "order siblings by nm",
     [(1, 1, 0, "/King", "King", None), (2, 2, 0, "/King/Blake", "King", "King"),
      (3, 3, 0, "/King/Blake/Jones", "King", "Blake"),
      (4, 4, 1, "/King/Blake/Jones/Ford", "King", "Jones"),
      (5, 2, 1, "/King/Clark", "King", "King")]),
    ("select max(level), count(*) from e where rownum < 4 start with mgr is null "
     "connect by prior id = mgr", [(3, 3)]),
    ("select lpad(' ', 2 * (level - 1)) || nm from e start with mgr is null "
     "connect by prior id = mgr order siblings by upper(nm) desc, id + 0.5",
     [("King",), ("  Clark",), ("  Blake",), ("    Jones",), ("      Ford",)]),
    # SEARCH of a recursive WITH: an ordering column; depth first visits children before siblings
    ("with r (id, nm) as (select id, nm from e where mgr is null union all select e.id, e.nm from r "
     "join e on e.mgr = r.id) search depth first by nm set o select nm, o from r order by o",
     [("King", 1), ("Blake", 2), ("Jones", 3), ("Ford", 4), ("Clark", 5)]),
    ("with r (id, nm) as (select id, nm from e where mgr is null union all select e.id, e.nm from r "
     "join e on e.mgr = r.id) search breadth first by nm desc set o select * from r order by o",
     [(1, "King", 1), (3, "Clark", 2), (2, "Blake", 3), (4, "Jones", 4), (5, "Ford", 5)]),
    # LATERAL, APPLY
    ("select p.dn, x.nm from p, lateral (select nm from e where dep = p.id order by id desc) x "
     "order by p.id, x.nm", [("ACC", "Clark"), ("ACC", "King"), ("DEV", "Blake"), ("DEV", "Jones")]),
    ("select p.dn, x.nm, x.h + 1 from p outer apply (select nm, hired h from e where dep = p.id "
     "order by sal desc nulls last fetch first 1 row only) x order by p.id",
     [("ACC", "King", d("2020-01-02")), ("DEV", "Blake", d("2021-05-02")), ("OPS", None, None)]),
    ("select count(*) from p cross apply (select 1 from e where e.dep = p.id)", [(4,)]),
    ("select p.id, x.s from p left join lateral (select sum(sal) s from e where dep = p.id) x "
     "on x.s > 5000 order by 1", [(10, 8000), (20, None), (30, None)]),
    # UNPIVOT: NULLs are left out by default
    ("select * from (select id, dep, mgr from e) unpivot (v for k in (dep, mgr as 'the manager')) "
     "where id in (1, 2, 5) order by id, k",
     [(1, "DEP", 10), (2, "DEP", 20), (2, "the manager", 1), (5, "the manager", 4)]),
    ("select * from (select id, dep, mgr from e) unpivot include nulls "
     "(v for k in (dep as 1, mgr as 2)) u where u.id = 1 order by k", [(1, 1, 10), (1, 2, None)]),
    ("select id, k, x, y from (select id, dep, mgr, sal a, sal + 1 b from e) unpivot "
     "((x, y) for k in ((dep, mgr) as 'dm', (a, b))) where id = 1 order by k",
     [(1, "A_B", 5000, 5001), (1, "dm", 10, None)]),
    # PIVOT over two columns
    ("select * from (select dep, mgr, sal from e) pivot (sum(sal) s for (dep, mgr) in "
     "((10, 1) as a, (20, 2), (10, null) as k))", [(3000, None, 5000)]),
    # GROUPING SETS: the union of the groupings; GROUPING_ID: the bits of GROUPING
    ("select dep, mgr, count(*) from e group by grouping sets (dep, mgr) order by 1, 2, 3",
     [(10, None, 2), (20, None, 2), (None, 1, 2), (None, 2, 1), (None, 4, 1), (None, None, 1),
      (None, None, 1)]),
    ("select grouping_id(dep, mgr) g, count(*), sum(sal) from e group by cube(dep, mgr) "
     "having count(*) > 1 order by 1, 2, 3", [(1, 2, 3000), (1, 2, 8000), (2, 2, 6000), (3, 5, 12500)]),
    ("select dep, count(*) from e group by grouping sets (rollup(dep), ()) order by 1, 2",
     [(10, 2), (20, 2), (None, 1), (None, 5), (None, 5)]),
    # IGNORE NULLS
    ("select id, last_value(sal ignore nulls) over (order by id) from e",
     [(1, 5000), (2, 3000), (3, 3000), (4, 3000), (5, 1500)]),
    ("select id, lag(sal ignore nulls) over (order by id), lead(sal, 1, -1) ignore nulls "
     "over (order by id) from e",
     [(1, None, 3000), (2, 5000, 3000), (3, 3000, 1500), (4, 3000, 1500), (5, 3000, -1)]),
    ("select id, first_value(mgr) ignore nulls over (order by id) from e where id < 4",
     [(1, None), (2, 1), (3, 1)]),
    ("select id, lag(sal) respect nulls over (order by id) from e where id > 3",
     [(4, None), (5, None)]),
    ("select distinct nth_value(id, 2) from last over (order by id rows between unbounded "
     "preceding and unbounded following) from e", [(4,)]),
    # LISTAGG
    ("select listagg(distinct dep, ',') within group (order by dep) from e", [("10,20",)]),
    ("select listagg(distinct mgr, '-') within group (order by mgr desc) from e", [("4-2-1",)]),
    ("select listagg(nm, ',' on overflow truncate) within group (order by id) from e where id < 3",
     [("King,Blake",)]),
    ("select length(listagg(rpad('x', 1000, 'x'), ',' on overflow truncate '#' without count) "
     "within group (order by id)) from e", [(3004,)]),
    ("select count(distinct dep) over () from e where id = 1", [(1,)]),
    ("select id, count(distinct mgr) over (partition by dep) from e order by id",
     [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1)]),
    # percentiles: CONT interpolates, DISC takes the first value whose CUME_DIST reaches it
    ("select percentile_cont(0.5) within group (order by sal), percentile_cont(0.25) within group "
     "(order by sal), percentile_disc(0.5) within group (order by sal) from e",
     [(3000, 2625, 3000)]),
    ("select percentile_disc(0.5) within group (order by hired desc), percentile_cont(0.5) within "
     "group (order by hired) from e where id in (1, 2)", [(d("2021-05-01"), d("2020-08-31"))]),
    ("select percentile_cont(0.5) within group (order by sal) from e where 1 = 0", [(None,)]),
    ("select id, percentile_cont(0.5) within group (order by sal) over (partition by dep) from e "
     "order by id", [(1, 4000), (2, 3000), (3, 4000), (4, 3000), (5, 1500)]),
    # RANGE over dates: numbers are days
    ("select id, count(*) over (order by hired range 365 preceding) from e order by id",
     [(1, 1), (2, 1), (3, 2), (4, 3), (5, 1)]),
    ("select id, count(*) over (order by hired range between interval '365' day(3) preceding "
     "and interval '40' day following) from e order by id", [(1, 1), (2, 2), (3, 2), (4, 3), (5, 1)]),
    ("select id, count(*) over (order by hired desc range between current row and "
     "numtodsinterval(400, 'DAY') following) from e order by id",
     [(1, 1), (2, 1), (3, 2), (4, 3), (5, 1)]),
    # KEEP with OVER
    ("select id, max(nm) keep (dense_rank last order by sal nulls first) over (partition by dep) "
     "from e order by id",
     [(1, "King"), (2, "Blake"), (3, "King"), (4, "Blake"), (5, "Ford")]),
    ("select count(*) from e sample (99.999)", [(5,)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), CASES, ids=range(len(CASES)))
def test_query(hr, query, expected):
    assert hr.rows(query) == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select * from (select id, nm from e) unpivot (v for k in (id, nm))", 1790),
        ("select percentile_cont(0.5) within group (order by nm) from e", 30495),
        ("select percentile_cont(1.5) within group (order by sal) from e", 30496),
        ("select percentile_cont(0.5) from e", 30491),
        ("select sum(sal ignore nulls) over () from e", 907),
        ("select count(*) over (order by hired, id range 1 preceding) from e", 30486),
        ("select count(*) over (order by hired range interval '365' day preceding) from e", 1873),
        ("select * from e sample (100)", 30562),
        ("select listagg(rpad('x', 1000), ',') within group (order by id) from e", 1489),
        ("select grouping_id(dep) from e group by dep", 30481),
        ("select nth_value(id) over (order by id) from e", 909),
    ],
)
def test_what_is_refused(hr, query, code):
    assert hr.error(query)[0] == code
