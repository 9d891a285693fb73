"""DML through views and into named partitions.

SQL Language Reference 19c, "SQL Statements: CREATE VIEW" (Notes on Updatable Views, WITH CHECK
OPTION, WITH READ ONLY); "INSERT", "UPDATE", "DELETE" (partition_extension_clause).
"""

from __future__ import annotations

import pytest


@pytest.fixture
def staff(db):
    for text in (
        "create table staff (id number primary key, name varchar2(10) not null, dept number, "
        "sal number default 5)",
        "insert into staff values (1, 'ann', 10, 100)",
        "insert into staff values (2, 'bob', 20, 200)",
        "insert into staff values (3, 'cid', 10, 300)",
        "create view ten as select id, name n, sal * 2 twice, dept from staff where dept = 10",
        "create view ten_checked as select id, name, dept from staff where dept = 10 "
        "with check option",
        "create view upper_ten as select * from ten_checked where id > 1",
        "create view totals as select dept, sum(sal) total from staff group by dept",
        "create view shown as select id, name from staff with read only",
    ):
        db.run(text)
    return db


def staff_rows(db) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = db.rows("select id, name, dept, sal from staff order by id")
    return found


def test_update_sees_the_rows_of_the_view_only(staff):
    assert staff.run("update ten set n = upper(n) where twice > 0") == 2
    assert [r[1] for r in staff_rows(staff)] == ["ANN", "bob", "CID"]
    assert staff.run("update ten v set v.n = 'x' where v.id = 2") == 0


def test_delete_and_rowid(staff):
    assert staff.run("delete from ten where id = 2") == 0
    assert (
        staff.run("delete from ten t where t.rowid = (select rowid from staff where id = 3)") == 1
    )
    assert [r[0] for r in staff_rows(staff)] == [1, 2]


def test_insert_takes_defaults_and_need_not_be_seen(staff):
    assert staff.run("insert into ten (id, n, dept) values (4, 'dan', 30)") == 1
    assert staff_rows(staff)[-1] == (4, "dan", 30, 5)


def test_returning_names_the_view_s_columns(staff):
    text = "update ten set n = 'eve' where id = 3 returning n || twice, rowidtochar(rowid) into :a, :b"
    rows = staff.rows(text)
    assert rows[0][0] == "eve600"
    assert staff.value("select name from staff where rowid = :1", rows[0][1]) == "eve"


def test_merge_into_a_view(staff):
    assert (
        staff.run(
            "merge into ten t using (select 1 i from dual union all select 2 from dual) s "
            "on (t.id = s.i and s.i = 1) when matched then update set t.n = 'm'"
        )
        == 1
    )
    assert staff_rows(staff)[0][1] == "m"


def test_an_inline_view(staff):
    assert staff.run("delete from (select id, dept from staff where dept = 10) where id < 3") == 1
    assert staff.run("update (select name, sal from staff) set sal = sal + 1, name = 'q'") == 2
    assert staff.run("insert into (select id, name from staff where 1 = 0) values (9, 'ina')") == 1
    assert staff_rows(staff) == [(2, "q", 20, 201), (3, "q", 10, 301), (9, "ina", None, 5)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("update ten set twice = 1", 1733),  # a virtual column
        ("insert into ten values (5, 'x', 1, 10)", 1733),
        ("insert into ten (id, twice) values (5, 1)", 1733),
        ("update ten set name = 'x'", 904),  # not a column of the view
        ("delete from totals", 1732),
        ("update totals set dept = 1", 1732),
        ("insert into (select distinct id, name from staff) values (1, 'x')", 1732),
        ("update shown set name = 'x'", 42399),
        ("delete from shown", 42399),
        ("insert into shown values (7, 'x')", 42399),
        ("insert into ten (id, n) values (5, null)", 1400),
        ("insert into ten_checked values (6, 'x', 20)", 1402),
        ("insert into ten_checked (id, name) values (6, 'x')", 1402),  # NULL = 10 is unknown
        ("update ten_checked set dept = 20", 1402),
        ("insert into upper_ten values (0, 'x', 20)", 1402),
        ("insert all into ten (id, n) values (8, 'x') select 1 from dual", 1702),
    ],
)
def test_what_is_refused(staff, text, code):
    before = staff_rows(staff)
    assert staff.error(text)[0] == code
    assert staff_rows(staff) == before


def test_check_option_of_an_inner_view(staff):
    """Only the conditions of the view WITH CHECK OPTION and of views below it bind."""
    assert staff.run("insert into upper_ten values (0, 'zoe', 10)") == 1
    assert staff.run("update upper_ten set name = 'ned', id = 30 where id = 3") == 1
    assert [r[:3] for r in staff_rows(staff)] == [
        (0, "zoe", 10), (1, "ann", 10), (2, "bob", 20), (30, "ned", 10)]  # fmt: skip


def test_privileges_are_the_view_s(staff, new_session):
    staff.run("grant select, update on ten to other")
    other = new_session("OTHER")
    assert other.run("update app.ten set n = 'oth' where id = 1") == 1
    assert other.error("delete from app.ten")[0] == 1031
    assert other.error("update app.staff set name = 'x'")[0] == 942
    other.sql.rollback()


@pytest.fixture
def sales(db):
    db.run(
        "create table sales (id number, d date, constraint pk_sales primary key (id)) "
        "partition by range (d) (partition p1 values less than (date '2024-02-01'), "
        "partition p2 values less than (date '2024-03-01'))"
    )
    db.run("insert into sales values (1, date '2024-01-15')")
    db.run("insert into sales values (2, date '2024-02-15')")
    return db


def test_dml_on_a_named_partition(sales):
    assert sales.run("insert into sales partition (p1) values (3, date '2024-01-20')") == 1
    assert (
        sales.error("insert into sales partition (p1) values (4, date '2024-02-20')")[0] == 14401
    )
    assert sales.error("insert into sales partition (p9) values (4, date '2024-02-20')")[0] == 2149
    assert sales.run("update sales partition (p1) set id = id + 10") == 2
    assert sales.run("delete from sales partition (p2)") == 1
    assert sales.rows("select id from sales order by id") == [(11,), (13,)]


def test_partition_for_a_value(sales):
    assert sales.rows("select id from sales partition for (date '2024-02-02')") == [(2,)]
    text = "select count(*) from sales partition for (to_date('2024-01-31', 'YYYY-MM-DD'))"
    assert sales.value(text) == 1
    assert sales.run("delete from sales partition for (date '2024-01-01')") == 1
    assert sales.error("select * from sales partition for (date '2025-01-01')")[0] == 2149
    assert sales.error("select * from sales partition for (:1)", 1)[0] == 14763
    text = "insert into sales partition for (date '2024-01-05') values (7, date '2024-02-05')"
    assert sales.error(text)[0] == 14401
    assert sales.rows("select id from sales") == [(2,)]


def test_rownum_and_queries_on_the_table_itself_in_set(staff):
    assert staff.run("update staff set sal = rownum where dept = 10") == 2
    assert [r[3] for r in staff_rows(staff)] == [1, 200, 2]
    text = "update staff a set (sal, dept) = (select max(sal), a.id from staff)"
    assert staff.run(text) == 3
    assert [r[2:] for r in staff_rows(staff)] == [(1, 200), (2, 200), (3, 200)]


def test_set_of_several_columns_in_merge(staff):
    assert (
        staff.run(
            "merge into staff t using (select 1 i from dual) s on (t.id = s.i) when matched then "
            "update set (name, sal) = (select 'mm', s.i + 1 from dual)"
        )
        == 1
    )
    assert staff_rows(staff)[0] == (1, "mm", 10, 2)
