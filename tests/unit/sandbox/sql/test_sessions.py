"""Two sessions: consistent reads, row locks, FOR UPDATE.

Database Concepts 19c, "Data Concurrency and Consistency"; SQL Language Reference, SELECT,
"for_update_clause".
"""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError


@pytest.fixture
def pair(db, new_session):
    db.run("create table acc (id number primary key, v number, t varchar2(20))")
    db.run("insert into acc values (1, 10, 'a')")
    db.run("insert into acc values (2, 20, 'b')")
    db.run("commit")
    other = new_session("APP")
    yield db, other
    other.run("rollback")


def test_a_reader_sees_committed_rows_only(pair):
    ours, other = pair
    other.run("update acc set v = 99 where id = 1")
    other.run("insert into acc values (3, 30, 'c')")
    other.run("delete from acc where id = 2")
    assert ours.rows("select id, v from acc order by id") == [(1, 10), (2, 20)]
    assert other.rows("select id, v from acc order by id") == [(1, 99), (3, 30)]
    other.run("commit")
    assert ours.rows("select id, v from acc order by id") == [(1, 99), (3, 30)]


def test_binds_in_set_and_where_while_the_table_is_dirty(pair):
    ours, other = pair
    other.run("insert into acc values (9, 9, 'z')")
    ours.run("insert into acc values (:1, :2, :3)", 5, 50, "e")
    assert ours.run("update acc set v = :1, t = :2 where id = :3 and v < :4", 51, "f", 5, 100) == 1
    assert ours.run("delete from acc where id in (:1, :2)", 1, 5) == 2
    assert ours.rows("select id from acc order by 1") == [(2,)]
    assert ours.run("merge into acc a using (select :1 i, :2 x from dual) s on (a.id = s.i) "
                    "when matched then update set v = s.x "
                    "when not matched then insert (id, v) values (s.i, s.x)", 2, 7) == 1  # fmt: skip
    ours.run("rollback")
    other.run("rollback")
    assert ours.rows("select id, v from acc order by id") == [(1, 10), (2, 20)]


def test_for_update_nowait_and_wait(pair):
    ours, other = pair
    assert other.rows("select v from acc where id = 1 for update") == [(10,)]
    assert ours.error("select v from acc where id = 1 for update nowait")[0] == 54
    assert ours.error("select v from acc where id = 1 for update wait 1")[0] == 30006
    assert ours.rows("select v from acc where id = 2 for update nowait") == [(20,)]
    other.run("rollback")
    assert ours.rows("select v from acc where id = 1 for update nowait") == [(10,)]


def test_for_update_with_rownum_locks_the_rows_it_shows(pair):
    ours, other = pair
    assert other.rows("select id from acc where rownum <= 1 for update") == [(1,)]
    assert ours.rows("select id from acc where id = 2 for update nowait") == [(2,)]
    assert ours.error("select id from acc for update nowait")[0] == 54


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select distinct v from acc for update", 1786),
        ("select count(*) from acc for update", 1786),
        ("select v from acc union select v from acc for update", 2014),
        ("select * from (select v from acc for update)", 907),
    ],
)
def test_what_cannot_be_locked(pair, query, code):
    assert pair[0].error(query)[0] == code


def test_lock_table(pair):
    ours, other = pair
    other.run("lock table acc in exclusive mode nowait")
    assert ours.error("lock table acc in share mode nowait")[0] == 54
    assert ours.rows("select count(*) from acc") == [(2,)]
    other.run("commit")
    ours.run("lock table acc in share mode nowait")


def test_a_failed_statement_undoes_only_itself(pair):
    ours, _ = pair
    ours.run("insert into acc values (3, 30, 'c')")
    with pytest.raises(OraError) as error:
        ours.run("insert into acc select id + 2, v, t from acc")
    assert error.value.code == 1
    assert ours.rows("select id from acc order by id") == [(1,), (2,), (3,)]


def test_savepoints(pair):
    ours, _ = pair
    ours.run("savepoint a")
    ours.run("delete from acc where id = 1")
    ours.run("savepoint b")
    ours.run("delete from acc")
    ours.run("rollback to b")
    assert ours.value("select count(*) from acc") == 1
    ours.run("rollback to savepoint a")
    assert ours.value("select count(*) from acc") == 2
    assert ours.error("rollback to b")[0] == 1086
