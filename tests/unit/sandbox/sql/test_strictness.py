"""What 19c refuses is refused, with its number and its place in the text.

Error Messages 19c; SQL Language Reference 19c, "SQL Statements", "Oracle SQL Reserved Words".
"""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError, Unsupported


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("select 1", 923, 8),
        ("select 1 x y from dual", 923, 11),
        ("select a, from emp", 936, 10),
        ("select from dual", 936, 7),
        ("select 1 from dual limit 1", 933, 25),
        ("select * from emp as e", 933, 18),
        ("select 1 from dual;", 933, 18),
        ("update emp set nm = 'x';", 933, 23),
        ("insert into emp (id) values (9);", 933, 31),
        ("select _a from emp", 911, 7),
        ("select *, id from emp", 923, 8),
        ("select id, * from emp", 936, 11),
        ("select * from (select id, id from emp)", 918, 7),
        ("select sum(sum(id)) from emp", 978, 11),
        ("select max(sum(sum(id))) from emp group by nm", 935, 11),
        ("select * from emp where id in (select id from dept order by id)", 907, 51),
        ("select (select id from dept order by id) from emp", 907, 28),
        ("select id from emp where id = any 1", 906, 34),
        ("select case id when 'x' then 1 end from emp", 932, 20),
        ("select ntile(0) over (order by id) from emp", 1428, 7),
        ('select "" from dual', 1741, 7),
        ("select add_months(sysdate) from dual", 909, 7),
        ("select count() from dual", 909, 7),
        ("select date 'x' from dual", 1841, 7),
        ("select ? from dual", 911, 7),
        ("select id from emp where id = 1 {", 911, 32),
        ("select (1 = 1) from dual", 907, 10),
        ("select id = 1 from emp", 923, 10),
        ("select id from emp where id", 920, 27),
        ("select id from emp where", 936, 24),
        ("select id from emp where id = ", 936, 30),
        ("select id from emp where id == 1", 936, 29),
        ("select id from emp where (id = 1", 907, 32),
        ("select id from emp where id in ()", 936, 32),
        ("select id from emp where id is nul", 908, 31),
        ("select id from emp where id between 1", 905, 37),
        ("select id from emp where id not 1", 920, 28),
        ("select id from emp order id", 924, 25),
        ("select id from emp group id", 924, 25),
        ("select true from dual", 904, 7),
        ("select 'a from dual", 1756, 7),
        ('select "a from dual', 1740, 7),
        ("select /* x from dual", 1742, 7),
        ("select date from dual", 936, 7),
        ("select size from dual", 936, 7),
        ("select id as number from emp", 923, 13),
        ("select nosuch from emp", 904, 7),
        ("select e.nosuch from emp e", 904, 7),
        ("select emp.id from emp e", 904, 7),
        ("select id from nosuch", 942, 15),
        ("select id from other.nosuch", 942, 15),
        ("select id from select", 903, 15),
        ("select id from emp e, dept d", 918, 7),
        ("select id from emp, dept", 918, 7),
        ("select id, count(*) from emp", 937, 7),
        ("select id, count(*) from emp group by nm", 979, 7),
        ("select count(*) from emp group by id having nm = 'a'", 979, 44),
        ("select count(*) from emp group by id order by nm", 979, 46),
        ("select * from emp where count(*) > 1", 934, 24),
        ("select id from emp group by count(*)", 934, 28),
        ("select id from emp where row_number() over (order by id) = 1", 30483, 25),
        ("select row_number() from emp", 30484, 7),
        ("select rank() over () from emp", 30485, 14),
        ("select distinct id from emp order by nm", 1791, 37),
        ("select id from emp order by 2", 1785, 28),
        ("select id from emp union select nm from emp", 1790, 19),
        ("select id from emp union select id, nm from emp", 1789, 19),
        ("select id from emp union select id from emp order by nm", 904, 53),
        ("select (select id, nm from emp) from dual", 913, 7),
        ("select * from emp where id in (select id, nm from dept)", 913, 31),
        ("select * from emp where (id, nm) in (select id from dept)", 947, 37),
        ("select case when id = 1 then 1 else 'x' end from emp", 932, 7),
        ("select nvl(id) from emp", 909, 7),
        ("select upper() from dual", 909, 7),
        ("select upper('a', 'b') from dual", 909, 7),
        ("select substr('a') from dual", 938, 7),
        ("select substr('a', 1, 2, 3) from dual", 939, 7),
        ("select nosuch(1) from dual", 904, 7),
        ("select p.nosuch(1) from dual", 904, 7),
        ("select level from emp", 1788, 7),
        ("select prior id from emp", 1788, 7),
        ("select id from emp start with id = 1", 1788, 36),
        ("select seq.nextval from dual", 2289, 7),
        ("select date '2026-02-30' from dual", 1839, 7),
        ("select interval '1' week from dual", 30089, 20),
        ("select cast(1 as varchar2) from dual", 906, 17),
        ("select cast(1 as number(50)) from dual", 1727, 17),
        ("select sum(d) from emp", 932, 7),
        ("select d + d from emp", 975, 9),
        ("select e.id from emp e join dept d on e.dept = d.id (+)", 25156, 47),
        ("select e.id from emp e, dept d where e.dept (+) = d.id (+)", 1468, 48),
        ("select e.id from emp e, dept d where e.dept (+) = d.id or 1 = 2", 1719, 55),
        ("select e.id from emp e join dept d using (id)", 25154, 7),
        ("select id from emp e left join dept d", 905, 37),
        ("with x as (select 1 a from dual) select b from x", 904, 40),
        ("with x (a, b) as (select 1 from dual) select a from x", 32038, 8),
        ("with x as (select 1 a from dual union all select a from x) select * from x", 32039, 5),
        ("select :1 from dual where", 936, 25),
        ("insert emp values (1)", 925, 7),
        ("insert into emp (id) values (1, 2)", 913, 12),
        ("insert into emp (id, nm) values (1)", 947, 12),
        ("insert into emp (id, id) values (1, 2)", 957, 21),
        ("insert into emp (nosuch) values (1)", 904, 17),
        ("insert into emp (id) vals (1)", 926, 21),
        ("insert into emp select 1 from dual", 947, 16),
        ("insert into emp (id) values (id)", 904, 29),
        ("update emp id = 1", 971, 14),
        ("update emp set id", 927, 17),
        ("update emp set nosuch = 1", 904, 15),
        ("update emp set id = 1, id = 2", 957, 23),
        ("update emp set (id, nm) = (1, 2)", 1767, 26),
        ("update emp set id = sum(id)", 934, 20),
        ("update emp set id = 1 where rownum", 920, 34),
        ("delete emp where nosuch = 1", 904, 17),
        ("delete from emp e where emp.id = 1", 904, 24),
        ("merge into emp e using dept d on e.id = d.id when matched then update set nm = 'x'", 906, 33),
        ("merge into emp e using dept d on (e.id = d.id) when matched then update set id = 1", 38104, 76),
        ("merge into emp e using dept d on (e.id = d.id)", 905, 46),
        ("selec 1 from dual", 900, 0),
        ("", 900, 0),
        ("commit now", 933, 7),
        ("rollback to", 3001, 11),
        ("set role x", 1924, 0),
        ("select " + "a" * 129 + " from dual", 972, 7),
        ("select 1 from dual where 1 = 1 for update of nosuch", 904, 45),
        ("select sysdate() from dual", 923, 14),
        ("select rownum.x from dual", 904, 7),
        ("select a.b.c.d.e from dual", 904, 7),
        ("select * x from dual", 923, 9),
        ("select emp.* x from emp", 923, 13),
        ("select x.* from emp", 904, 7),
    ],
)  # fmt: skip
def test_refused_with_number_and_place(emp, text, code, offset):
    assert emp.error(text) == (code, offset)


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("select * from emp@remote", "database links"),
        ("select * from emp as of scn 1", "flashback"),
        ("select * from emp sample (10) seed (1)", "SAMPLE"),
        ("select xmlelement(\"a\", 1) from dual", "XMLELEMENT"),
        ("select json_value('{}', '$.a') from dual", "JSON_VALUE"),
        ("select json_value('{}', '$.a' returning number) from dual", "JSON_VALUE"),
        ("select json_object(*) from emp", "JSON_OBJECT"),
        ("select json_object(e.*) from emp e", "JSON_OBJECT"),
        ("select collation(nm) from emp", "COLLATION"),
        ("select json_arrayagg(id order by id) from emp", "JSON_ARRAYAGG"),
        ("select treat(id as person) from emp", "TREAT"),
        ("select xmlserialize(content id indent) from emp", "XMLSERIALIZE"),
        ("select validate_conversion('1' as number) from dual", "VALIDATE_CONVERSION"),
        ("select * from emp model dimension by (id) measures (sal) ()", "MODEL"),
        ("select max(count(*)) from emp group by id order by 1", "nested aggregate"),
        ("delete from emp where rownum = 1 or id = 2", "ROWNUM"),
        ("select ora_rowscn from emp", "ORA_ROWSCN"),
        ("explain plan for select 1 from dual", "EXPLAIN PLAN"),
        ("set transaction isolation level serializable", "SERIALIZABLE"),
    ],
)  # fmt: skip
def test_what_the_sandbox_has_not_is_named_with_its_place(emp, text, construct):
    with pytest.raises(Unsupported) as error:
        emp.rows(text)
    assert construct in error.value.construct
    assert "at line 1, column" in str(error.value)


def test_errors_name_the_line_and_column_of_a_construct(emp):
    with pytest.raises(Unsupported) as error:
        emp.rows("select 1\n  from emp@remote")
    assert "line 2, column 11" in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "select e.id as id, e.nm nm, 'x' \"Q x\" from emp e",
        "select/*+ parallel(e 4) */id from emp e -- tail",
        "SELECT ID FROM EMP WHERE ((ID)) = (1)",
        "select id level_, rowid rid, rownum n from emp",
        "select count(*) from emp having count(*) > 0",
        "select id limit, nm offset from emp limit",
        "select left.id from emp left",
        "(select id from emp) union (select id from dept) order by 1",
        "select * from (select id from emp where id in ((select id from dept))) ",
        "select id from emp where not id = 1 and not (nm = 'x' or nm is null)",
        "select emp.id, app.emp.nm from app.emp",
        "select e.*, d.dn from emp e, dept d where e.dept = d.id",
        "select min(id) from emp group by ()",
        "select id from emp where (id, nm) = ((1, 'a'))",
        'select 1 as "select" from dual',
        "select date '2024-1-31' from dual",
        "select id from emp where id in (select id from dept order by id fetch first 1 row only)",
    ],
)
def test_accepted(emp, text):
    assert emp.rows(text) is not None


def test_a_missing_bind_value_is_noticed(emp):
    with pytest.raises(OraError) as error:
        emp.rows("select id from emp where id = :1 and nm = :2", 1)
    assert error.value.code == 1008
