"""Queries: joins, grouping, sets, subqueries, WITH, order and limits, hierarchies, analytics.

SQL Language Reference 19c, "SQL Queries and Subqueries", "SQL Statements: SELECT", "Functions".
"""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.types import DATE, NUMBER, Kind

SETUP = (
    "create table e (id number(4) not null, nm varchar2(10), mgr number(4), dep number(4), "
    "sal number(8,2), hired date)",
    "create table p (id number(4) primary key, dn varchar2(10))",
    "insert into p values (10, 'ACC')",
    "insert into p values (20, 'DEV')",
    "insert into p values (30, 'OPS')",
    "insert into e values (1, 'King', null, 10, 5000, date '2020-01-01')",
    "insert into e values (2, 'Blake', 1, 20, 3000, date '2021-05-01')",
    "insert into e values (3, 'Clark', 1, 10, 3000, date '2021-06-09')",
    "insert into e values (4, 'Jones', 2, 20, null, date '2022-04-02')",
    "insert into e values (5, 'Ford', 4, null, 1500, date '2023-12-03')",
    "commit",
)


@pytest.fixture
def hr(db):
    for statement in SETUP:
        db.run(statement)
    return db


CASES = [
    # joins
    ("select e.nm, p.dn from e, p where e.dep = p.id(+) and p.dn(+) like '%E%' order by e.id",
     [("King", None), ("Blake", "DEV"), ("Clark", None), ("Jones", "DEV"), ("Ford", None)]),
    ("select p.dn, count(e.id) from p, e where p.id = e.dep(+) group by p.dn order by 1",
     [("ACC", 2), ("DEV", 2), ("OPS", 0)]),
    ("select e.nm, p.dn from e left join p on p.id = e.dep and e.sal > 4000 order by e.id",
     [("King", "ACC"), ("Blake", None), ("Clark", None), ("Jones", None), ("Ford", None)]),
    ("select e.nm, p.dn from e right join p on p.id = e.dep where e.id is null", [(None, "OPS")]),
    ("select e.nm, p.dn from e full join p on p.id = e.dep where e.id is null or p.id is null "
     "order by 1 nulls last", [("Ford", None), (None, "OPS")]),
    ("select count(*) from e cross join p", [(15,)]),
    ("select id, dn from p join (select dep id, nm from e) using (id) where nm = 'King'",
     [(10, "ACC")]),
    ("select count(*) from p natural join (select 10 id, 'ACC' dn from dual)", [(1,)]),
    ("select a.nm, b.nm, c.nm from e a, e b, e c where a.mgr = b.id(+) and b.mgr = c.id(+) "
     "and a.id in (1, 4) order by 1", [("Jones", "Blake", "King"), ("King", None, None)]),
    ("select x.nm from e x join (e y join p on y.dep = p.id) on x.mgr = y.id order by 1",
     [("Blake",), ("Clark",), ("Ford",), ("Jones",)]),
    # grouping
    ("select dep, sum(sal), count(sal), count(*) from e group by dep order by dep",
     [(10, 8000, 2, 2), (20, 3000, 1, 2), (None, 1500, 1, 1)]),
    ("select dep, max(nm) from e group by dep having count(*) > 1 order by dep desc",
     [(20, "Jones"), (10, "King")]),
    ("select count(*), sum(sal), max(sal) from e where 1 = 0", [(0, None, None)]),
    ("select dep from e where 1 = 0 group by dep", []),
    ("select trunc(sal / 1000) k, count(*) from e group by trunc(sal / 1000) order by k",
     [(1, 1), (3, 2), (5, 1), (None, 1)]),
    ("select dep, mgr, sum(sal) from e group by rollup(dep, mgr) order by 1, 2, 3",
     [(10, 1, 3000), (10, None, 5000), (10, None, 8000), (20, 1, 3000), (20, 2, None),
      (20, None, 3000), (None, 4, 1500), (None, None, 1500), (None, None, 12500)]),
    ("select grouping(dep), count(*) from e group by grouping sets ((dep), ()) order by 1, 2",
     [(0, 1), (0, 2), (0, 2), (1, 5)]),
    ("select max(count(*)), min(sum(sal)) from e group by dep", [(2, 1500)]),
    ("select round(avg(max(sal)), 1), count(count(*)) from e where dep is not null group by dep",
     [(4000, 2)]),
    ("select * from (select dep, mgr, sal from e) pivot (sum(sal) for dep in (10, 20 as dev)) "
     "order by mgr nulls first", [(None, 5000, None), (1, 3000, 3000), (2, None, None), (4, None, None)]),
    ("select \"A_C\", b_c from (select dep from e) pivot (count(*) c for dep in (10 \"A\", 20 b))",
     [(2, 2)]),
    ("select count(distinct mgr), sum(distinct sal), avg(sal) from e", [(3, 9500, 3125)]),
    ("select median(sal), stddev(sal), variance(sal) from e where dep = 10",
     [(4000, pytest.approx(1414.2136, abs=1e-4), 2000000)]),
    ("select listagg(nm, '; ') within group (order by sal desc nulls last, nm) from e",
     [("King; Blake; Clark; Ford; Jones",)]),
    ("select dep, listagg(nm) within group (order by nm) from e group by dep order by dep",
     [(10, "ClarkKing"), (20, "BlakeJones"), (None, "Ford")]),
    ("select max(nm) keep (dense_rank first order by hired) a, "
     "min(nm) keep (dense_rank last order by sal) b, "
     "sum(sal) keep (dense_rank first order by sal desc nulls last) c from e",
     [("King", "Jones", 5000)]),
    ("select count(*) from (select distinct dep, mgr from e)", [(5,)]),
    # sets
    ("select dep from e union select id from p order by 1", [(10,), (20,), (30,), (None,)]),
    ("select dep from e union all select id from p where id = 10 order by dep nulls first",
     [(None,), (10,), (10,), (10,), (20,), (20,)]),
    ("select id from p minus select dep from e", [(30,)]),
    ("select id from p intersect select dep from e order by id desc", [(20,), (10,)]),
    ("select 1 a from dual union all select 2 from dual minus select 2 from dual", [(1,)]),
    ("select 1 a from dual union all (select 2 from dual minus select 2 from dual)", [(1,)]),
    ("select null from dual union select 1 from dual order by 1", [(1,), (None,)]),
    # subqueries
    ("select nm, (select dn from p where p.id = e.dep) from e where id > 3 order by id",
     [("Jones", "DEV"), ("Ford", None)]),
    ("select nm from e where sal > (select avg(sal) from e x where x.dep = e.dep) order by 1",
     [("King",)]),
    ("select nm from e where not exists (select 1 from e x where x.mgr = e.id) order by 1",
     [("Clark",), ("Ford",)]),
    ("select nm from e where (dep, sal) in (select dep, max(sal) from e group by dep) order by 1",
     [("Blake",), ("King",)]),
    ("select dn from p where id not in (select dep from e)", []),
    ("select dn from p where id not in (select dep from e where dep is not null)", [("OPS",)]),
    ("select t.n from (select dep, count(*) n from e group by dep) t where t.dep = 10", [(2,)]),
    ("select nm from e where sal >= all (select sal from e where sal is not null)", [("King",)]),
    ("select nm from e where sal < any (select sal from e where dep = 20) order by 1", [("Ford",)]),
    # WITH
    ("with d as (select dep, sum(sal) s from e group by dep), t as (select sum(s) s from d) "
     "select d.dep, round(d.s / t.s, 2) from d, t where d.dep = 10", [(10, pytest.approx(0.64))]),
    ("with r (n, f) as (select 1, 1 from dual union all select n + 1, f * (n + 1) from r "
     "where n < 5) select max(f) from r", [(120,)]),
    ("with r (id, lvl) as (select id, 1 from e where mgr is null union all select e.id, lvl + 1 "
     "from r join e on e.mgr = r.id) select lvl, count(*) from r group by lvl order by lvl",
     [(1, 1), (2, 2), (3, 1), (4, 1)]),
    # order and limits
    ("select nm from e order by sal desc, nm", [("Jones",), ("King",), ("Blake",), ("Clark",),
                                                ("Ford",)]),
    ("select nm from e order by sal nulls first fetch first 2 rows only", [("Jones",), ("Ford",)]),
    ("select id from e order by id offset 2 rows fetch next 2 rows only", [(3,), (4,)]),
    ("select id from e order by id offset 4 rows", [(5,)]),
    ("select id, rownum from e where rownum <= 2", [(1, 1), (2, 2)]),
    ("select rownum, nm from (select nm from e order by nm) where rownum < 3",
     [(1, "Blake"), (2, "Clark")]),
    ("select id from (select id, rownum r from (select id from e order by id desc) "
     "where rownum <= 4) where r > 2", [(3,), (2,)]),
    ("select count(*) from e where rownum > 1", [(0,)]),
    ("select max(rownum), count(*) from e where rownum <= 3", [(3, 3)]),
    ("select dep, count(*) from e where rownum <= 3 group by dep order by dep",
     [(10, 2), (20, 1)]),
    ("select distinct dep from e where rownum <= 1", [(10,)]),
    ("select nm from e where rownum = 1 order by nm", [("King",)]),
    ("select nm n from e where nm like '%r%' order by n", [("Clark",), ("Ford",)]),
    ("select nm, nm || '!' nm2 from e order by length(nm), nm2 fetch first 1 row only",
     [("Ford", "Ford!")]),
    # hierarchies
    ("select level, nm from e start with mgr is null connect by prior id = mgr "
     "order siblings by nm",
     [(1, "King"), (2, "Blake"), (3, "Jones"), (4, "Ford"), (2, "Clark")]),
    ("select lpad(' ', level - 1) || nm from e connect by mgr = prior id start with id = 2",
     [("Blake",), (" Jones",), ("  Ford",)]),
    ("select sys_connect_by_path(nm, '/'), connect_by_isleaf, connect_by_root nm from e "
     "where id in (3, 5) start with mgr is null connect by prior id = mgr order by id",
     [("/King/Clark", 1, "King"), ("/King/Blake/Jones/Ford", 1, "King")]),
    ("select nm from e start with nm = 'Ford' connect by prior mgr = id",
     [("Ford",), ("Jones",), ("Blake",), ("King",)]),
    ("select level n from dual connect by level <= 4", [(1,), (2,), (3,), (4,)]),
    ("select date '2026-01-01' + level - 1 d from dual connect by level <= 2",
     [(__import__("datetime").datetime(2026, 1, 1),), (__import__("datetime").datetime(2026, 1, 2),)]),
    ("select max(level) from e connect by prior id = mgr", [(4,)]),
    ("select e.nm, p.dn from e, p where e.dep = p.id and level < 3 start with mgr is null "
     "connect by prior e.id = e.mgr order by e.id",
     [("King", "ACC"), ("Blake", "DEV"), ("Clark", "ACC")]),
    ("select nm, prior nm from e where level = 2 start with mgr is null connect by prior id = mgr "
     "order by nm", [("Blake", "King"), ("Clark", "King")]),
    ("select regexp_substr('a,b,c', '[^,]+', 1, level) x from dual "
     "connect by regexp_substr('a,b,c', '[^,]+', 1, level) is not null", [("a",), ("b",), ("c",)]),
    # analytics
    ("select nm, row_number() over (order by sal desc nulls last, nm) from e order by 2",
     [("King", 1), ("Blake", 2), ("Clark", 3), ("Ford", 4), ("Jones", 5)]),
    ("select nm, rank() over (order by sal desc nulls last), dense_rank() over (order by sal desc "
     "nulls last) from e where sal is not null order by 2, 1",
     [("King", 1, 1), ("Blake", 2, 2), ("Clark", 2, 2), ("Ford", 4, 3)]),
    ("select id, sum(sal) over (partition by dep order by id) from e order by id",
     [(1, 5000), (2, 3000), (3, 8000), (4, 3000), (5, 1500)]),
    ("select id, lag(nm, 1, '-') over (order by id), lead(id) over (order by id) from e order by 1",
     [(1, "-", 2), (2, "King", 3), (3, "Blake", 4), (4, "Clark", 5), (5, "Jones", None)]),
    ("select id, first_value(nm) over (partition by dep order by sal desc nulls last, id) from e "
     "where dep is not null order by id", [(1, "King"), (2, "Blake"), (3, "King"), (4, "Blake")]),
    ("select id, sum(sal) over (order by id rows between 1 preceding and current row) from e "
     "order by id", [(1, 5000), (2, 8000), (3, 6000), (4, 3000), (5, 1500)]),
    ("select dep, round(ratio_to_report(sum(sal)) over (), 2) from e group by dep order by 1",
     [(10, pytest.approx(0.64)), (20, pytest.approx(0.24)), (None, pytest.approx(0.12))]),
    ("select id, ntile(2) over (order by id), count(*) over () from e order by id",
     [(1, 1, 5), (2, 1, 5), (3, 1, 5), (4, 2, 5), (5, 2, 5)]),
    ("select nm from (select nm, row_number() over (partition by dep order by sal desc nulls last) r "
     "from e) where r = 1 order by nm", [("Blake",), ("Ford",), ("King",)]),
    ("select id, listagg(nm, ',') within group (order by nm) over (partition by dep) from e "
     "where dep = 10 order by id", [(1, "Clark,King"), (3, "Clark,King")]),
    ("select percent_rank() over (order by id) from e where id in (1, 2, 3) order by 1",
     [(0,), (pytest.approx(0.5),), (1,)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), CASES, ids=range(len(CASES)))
def test_query(hr, query, expected):
    rows = hr.rows(query)
    if any(isinstance(v, type(pytest.approx(1))) for row in expected for v in row):
        rows = [tuple(float(v) if not isinstance(v, str | None) else v for v in r) for r in rows]
    assert rows == expected


def test_columns_are_described_without_rows(hr):
    columns = hr.compile(
        "select id, nm as name, sal * 2, sysdate d, count(*) over () \"Cnt\", 'x' from e where 1 = 0"
    ).columns
    assert [c.name for c in columns] == ["ID", "NAME", "SAL*2", "D", "Cnt", "'x'"]
    assert [c.type.kind for c in columns] == [
        Kind.NUMBER, Kind.VARCHAR2, Kind.NUMBER, Kind.DATE, Kind.NUMBER, Kind.CHAR
    ]  # fmt: skip
    assert [c.nullable for c in columns[:2]] == [False, True]
    assert columns[0].type.precision == 4
    assert columns[1].type.length == 10
    assert columns[2].type == NUMBER
    assert columns[3].type == DATE


def test_loops_in_hierarchies(hr):
    """ "Hierarchical Queries": ORA-01436, NOCYCLE, CONNECT_BY_ISCYCLE."""
    hr.run("update e set mgr = 5 where id = 1")
    query = "select nm, connect_by_iscycle from e start with id = 1 connect by {} prior id = mgr"
    assert hr.error(query.format(""))[0] == 1436
    rows = hr.rows(query.format("nocycle") + " order siblings by id")
    assert rows == [("King", 0), ("Blake", 0), ("Jones", 0), ("Ford", 1), ("Clark", 0)]


def test_views_and_synonyms(hr, new_session):
    hr.run("create view v as select dep, count(*) n, max(sal) m from e group by dep")
    hr.run(
        "create or replace view v (d, n, top) as select dep, count(*), max(sal) from e group by dep"
    )
    assert hr.error("create or replace view w as select dep, count(*) from e group by dep") == (
        998,
        40,
    )
    assert hr.error("create table w as select dep n, user from e") == (998, 32)
    assert hr.rows("select top from v where d = 10 and n = 2") == [(5000,)]
    assert [c.name for c in hr.compile("select * from v").columns] == ["D", "N", "TOP"]
    hr.run("create synonym s for v")
    assert hr.value("select count(*) from s") == 3
    assert hr.value("select count(*) from app.v x, s y where x.d = y.d") == 2
    other = new_session("OTHER")
    assert other.error("select * from app.v")[0] == 942
    hr.run("grant select on v to other")
    assert other.value("select count(*) from app.v") == 3
    assert other.error("select * from app.e")[0] == 942
    hr.run("drop table p")
    hr.run("drop table e")
    assert hr.error("select * from v")[0] == 4063


def test_dictionary_views_join_like_tables(hr):
    rows = hr.rows(
        "select t.table_name, count(*) from user_tables t join user_tab_columns c "
        "on c.table_name = t.table_name where t.table_name in ('E', 'P') "
        "group by t.table_name order by 1"
    )
    assert rows == [("E", 6), ("P", 2)]
    assert hr.value("select count(*) from dual d, user_objects o where o.object_name = 'E'") == 1


def test_sequences(hr):
    """ "Pseudocolumns", "Sequence Pseudocolumns"."""
    hr.run("create sequence sq start with 100 increment by 5")
    assert hr.error("select sq.currval from dual")[0] == 8002
    assert hr.rows("select sq.nextval, id from e where id < 3") == [(100, 1), (105, 2)]
    assert hr.value("select sq.currval from dual") == 105
    assert hr.run("insert into p values (sq.nextval, 'S' || sq.currval)") == 1
    assert hr.rows("select id, dn from p where id > 30") == [(110, "S110")]
    for text in (
        "select id from e where id = sq.nextval",
        "select distinct sq.nextval from e",
        "select sq.nextval from e order by id",
        "select * from (select sq.nextval from e)",
        "select sq.nextval from e union select 1 from dual",
        "select id from e group by sq.nextval",
    ):
        assert hr.error(text)[0] == 2287


def test_an_aggregate_outside_the_select_list_makes_one_row(db):
    """SELECT, "HAVING": without GROUP BY the rows are one group; ORDER BY may aggregate it."""
    db.run("create table grp (a number)")
    try:
        assert db.rows("select 'x' from grp order by count(a)") == [("x",)]
        assert db.rows("select 'x' from grp having count(*) = 0") == [("x",)]
        assert db.rows("select 'x' from grp having count(*) > 0") == []
        assert db.error("select a from grp order by count(*)")[0] == 937
    finally:
        db.run("drop table grp")


def test_rowid_against_any_of_a_query(db):
    db.run("create table rid (a number)")
    try:
        db.run("insert into rid values (1)")
        db.run("insert into rid values (2)")
        any_two = "rowid = any (select rowid from rid where a = 2)"
        assert db.rows(f"select a from rid where {any_two}") == [(2,)]
        assert db.run(f"delete from rid where {any_two}") == 1
        assert db.rows("select a from rid where rowid <> all (select rowid from rid)") == []
        db.run("rollback")
    finally:
        db.run("drop table rid")


def test_padding_ends_at_the_length_of_varchar2(db):
    """LPAD, RPAD: in SQL the result is a VARCHAR2 of at most 4000 bytes, cut without an error."""
    assert db.dual("length(rpad('x', 5000))") == 4000
    assert db.dual("length(lpad(to_clob('x'), 5000))") == 5000
    assert db.error("select rpad('x', 9999999999999999999) from dual")[0] == 3001


def test_an_aggregate_against_any_of_a_query(db):
    db.run("create table agg (a number, b number)")
    try:
        db.run("insert into agg values (1, 2)")
        group = "select a from agg group by a having max(b)"
        assert db.rows(f"{group} = any (select b from agg)") == [(1,)]
        assert db.rows(f"{group} <> all (select b from agg)") == []
        assert db.error(f"{group} > any (select b from agg)")[0] == 3001
        nested = "select max(max(a) over (order by b)) over (order by b) from agg"
        assert db.error(nested)[0] == 30483  # window functions are not allowed here
    finally:
        db.run("drop table agg")
