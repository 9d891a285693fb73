"""The idioms of maintenance code, with the results Oracle gives.

SQL Language Reference 19c; each idiom names its feature."""

from __future__ import annotations

import pytest

from dtm.sandbox.sql.functions.numeric import number_to_text

QUERIES = [
    ("NVL", "select nvl(nm,'-') from emp where id=4", "-"),
    ("NVL2", "select nvl2(nm,'a','b') from emp where id=4", "b"),
    ("DECODE", "select decode(dept,10,'ten',20,'twenty','other') from emp where id=3", "other"),
    ("DECODE null=null", "select decode(nm,null,'isnull','no') from emp where id=4", "isnull"),
    ("''  is null", "select count(*) from emp where '' is null", "4"),
    ("concat with NULL", "select 'a'||nm||'b' from emp where id=4", "ab"),
    ("ROWNUM where", "select count(*) from emp where rownum<=2", "2"),
    ("ROWNUM select", "select max(rownum) from emp", "4"),
    (
        "ROWNUM topN subquery",
        "select id from (select id from emp order by sal desc nulls last) where rownum=1",
        "2",
    ),
    (
        "ORDER BY default nulls last",
        "select id from (select id,nm from emp order by nm) where rownum=1",
        "1",
    ),
    (
        "ORDER BY desc nulls first",
        "select id from (select id,sal from emp order by sal desc) where rownum=1",
        "3",
    ),
    ("(+) join", "select count(*) from emp e, dept d where e.dept=d.id(+) and d.id is null", "1"),
    ("MINUS", "select count(*) from (select dept from emp minus select id from dept)", "1"),
    (
        "TO_CHAR date",
        "select to_char(d,'YYYY-MM-DD HH24:MI:SS') from emp where id=1",
        "2026-01-31 10:30:00",
    ),
    ("TO_CHAR date MON/DY", "select to_char(d,'DD-MON-YYYY') from emp where id=1", "31-JAN-2026"),
    ("TO_CHAR fm number", "select to_char(1234.5,'FM9,999.00') from dual", "1,234.50"),
    ("TO_CHAR number", "select to_char(sal) from emp where id=1", "100.5"),
    (
        "TO_DATE",
        "select to_char(to_date('20260102','YYYYMMDD'),'DD/MM/YYYY') from dual",
        "02/01/2026",
    ),
    ("TO_NUMBER", "select to_number('12')+1 from dual", "13"),
    (
        "TRUNC(date)",
        "select count(*) from emp where trunc(d)=to_date('2026-01-31','YYYY-MM-DD')",
        "1",
    ),
    (
        "TRUNC(date,'MM')",
        "select count(*) from emp where trunc(d,'MM')=to_date('2026-02-01','YYYY-MM-DD')",
        "1",
    ),
    ("TRUNC(number)", "select trunc(sal) from emp where id=1", "100"),
    ("TRUNC(number,1)", "select trunc(200.25,1) from dual", "200.2"),
    (
        "ADD_MONTHS",
        "select to_char(add_months(d,1),'YYYY-MM-DD') from emp where id=1",
        "2026-02-28",
    ),
    (
        "ADD_MONTHS last day",
        "select to_char(add_months(to_date('2026-02-28','YYYY-MM-DD'),1),'YYYY-MM-DD') from dual",
        "2026-03-31",
    ),
    ("LAST_DAY", "select to_char(last_day(d),'DD') from emp where id=2", "28"),
    (
        "MONTHS_BETWEEN",
        "select months_between(to_date('2026-03-31','YYYY-MM-DD'),to_date('2026-01-31','YYYY-MM-DD')) from dual",
        "2",
    ),
    ("date+1", "select to_char(d+1,'YYYY-MM-DD HH24') from emp where id=1", "2026-02-01 10"),
    ("date-1/24", "select to_char(d-1/24,'HH24:MI') from emp where id=1", "09:30"),
    (
        "date-date",
        "select to_date('2026-02-02','YYYY-MM-DD')-to_date('2026-01-31','YYYY-MM-DD') from dual",
        "2",
    ),
    ("date < sysdate-30", "select count(*) from emp where d < sysdate - 30", "4"),
    (
        "purge cutoff trunc(sysdate)-n",
        "select count(*) from emp where d < trunc(sysdate) - 400",
        "1",
    ),
    ("INTERVAL day", "select to_char(d + interval '1' day,'DD') from emp where id=2", "16"),
    (
        "numtodsinterval",
        "select to_char(d + numtodsinterval(90,'MINUTE'),'HH24:MI') from emp where id=1",
        "12:00",
    ),
    ("EXTRACT", "select extract(year from d) from emp where id=1", "2026"),
    ("DATE literal", "select count(*) from emp where d >= date '2026-01-01'", "2"),
    ("int division", "select 7/2 from dual", "3.5"),
    ("MOD neg", "select mod(-7,3) from dual", "-1"),
    ("ROUND half", "select round(2.5)||','||round(0.125,2) from dual", "3,.13"),
    ("SUBSTR neg", "select substr('hello',-3,2) from dual", "ll"),
    ("SUBSTR 0", "select substr('hello',0,2) from dual", "he"),
    ("INSTR 4 args", "select instr('a.b.c','.',1,2) from dual", "4"),
    ("LPAD", "select lpad('7',3,'0') from dual", "007"),
    ("REGEXP_LIKE", "select count(*) from emp where regexp_like(nm,'^[ab]')", "2"),
    ("REGEXP_SUBSTR", "select regexp_substr('a,b,c','[^,]+',1,2) from dual", "b"),
    ("REGEXP_REPLACE", "select regexp_replace('a1b2','[0-9]','') from dual", "ab"),
    ("LISTAGG", "select listagg(nm,',') within group (order by id desc) from emp", "cid,bob,ann"),
    ("CONNECT BY level", "select count(*) from (select level from dual connect by level<=5)", "5"),
    (
        "hierarchy CONNECT BY",
        "select count(*) from emp start with mgr is null connect by prior id=mgr",
        "4",
    ),
    (
        "analytic row_number",
        "select id from (select id,row_number() over (partition by dept order by sal) rn from emp) where rn=2",
        "1",
    ),
    (
        "KEEP dense_rank",
        "select max(id) keep (dense_rank last order by sal nulls first) from emp",
        "2",
    ),
    ("WITH", "with x as (select 1 a from dual) select a from x", "1"),
    ("FETCH FIRST", "select id from emp order by id fetch first 1 rows only", "1"),
    ("GREATEST null", "select nvl(greatest(1,null),-1) from dual", "-1"),
    ("case-insens ident", "select Emp.ID from EMP where Id=1", "1"),
    ("implicit str->num", "select count(*) from emp where '1'=id", "1"),
    ("string compare padded", "select count(*) from dept where dn='x '", "0"),
    ("LIKE case sensitive", "select count(*) from emp where nm like 'A%'", "0"),
    ("LIKE escape", "select count(*) from emp where nm like '%!_%' escape '!'", "0"),
    ("DUAL", "select 1 from dual", "1"),
    ("SYS_GUID/USER", "select count(*) from dual where user is not null", "1"),
    ("rowid", "select count(*) from emp where rowid is not null", "4"),
    ("NUMBER exact 0.1+0.2=0.3", "select count(*) from dual where 0.1+0.2=0.3", "1"),
    (
        "big number 38 digits",
        "select 12345678901234567890123+1 from dual",
        "12345678901234567890124",
    ),
]
CHANGES = [
    ("DELETE rownum", "delete from emp where rownum<=2", "2"),
    (
        "DELETE rowid in subq",
        "delete from emp where rowid in (select rowid from emp where dept=10)",
        "2",
    ),
    (
        "UPDATE correlated",
        "update emp e set nm=(select dn from dept d where d.id=e.dept) where exists (select 1 from dept d where d.id=e.dept)",
        "3",
    ),
    (
        "UPDATE multi-col",
        "update emp e set (nm,sal)=(select dn,1 from dept d where d.id=e.dept) where e.dept=10",
        "2",
    ),
    ("INSERT SELECT", "insert into dept(id,dn) select id,nm from emp where id<3", "2"),
    (
        "INSERT ALL",
        "insert all into dept values(1,'a') into dept values(2,'b') select 1 from dual",
        "2",
    ),
    (
        "MERGE",
        "merge into dept t using (select 10 id,'m' dn from dual union all select 30,'n' from dual) s on (t.id=s.id) when matched then update set t.dn=s.dn when not matched then insert(id,dn) values(s.id,s.dn)",
        "2",
    ),
    ("DELETE t alias no FROM", "delete emp e where e.id=1", "1"),
    ("CTAS", "create table cc as select * from emp", "ok"),
    ("TRUNCATE TABLE", "truncate table emp", "ok"),
]


def shown(value: object) -> str:
    return value if isinstance(value, str) else number_to_text(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "query", "expected"), QUERIES, ids=[q[0] for q in QUERIES])
def test_query_idiom(emp, name, query, expected):
    assert ",".join(shown(row[0]) for row in emp.rows(query)) == expected


@pytest.mark.parametrize(("name", "statement", "expected"), CHANGES, ids=[q[0] for q in CHANGES])
def test_change_idiom(emp, name, statement, expected):
    count = emp.run(statement)
    assert expected == "ok" or str(count) == expected
