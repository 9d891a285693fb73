"""Array DML: as many statements, one after the other, however fast they go.

Call Interface Programmer's Guide 19c, "Array DML"; python-oracledb, "Batch Statement Execution".
"""

from __future__ import annotations

from collections.abc import Iterator

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("arrays")) as started:
        yield started


@pytest.fixture
def cursor(process: SandboxProcess) -> Iterator[oracledb.Cursor]:
    with (
        oracledb.connect(
            user="system", password=process.password, dsn=process.dsn()
        ) as connection,
        connection.cursor() as cursor,
    ):
        yield cursor
        connection.rollback()
        for name in ("a", "b", "kept"):
            cursor.execute(
                f"begin execute immediate 'drop table {name} cascade constraints purge';"
                " exception when others then if sqlcode != -942 then raise; end if; end;"
            )


def ids(cursor: oracledb.Cursor) -> list[int]:
    return [row[0] for row in cursor.execute("select id from a order by id").fetchall()]


def test_many_rows_and_their_count(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number primary key, v varchar2(20) default 'd', d date)")
    cursor.executemany(
        "insert into a (id, v) values (:1, upper(:2))", [(i, f"v{i}") for i in range(1_300)]
    )
    assert cursor.rowcount == 1_300
    last = cursor.lastrowid
    cursor.execute("select count(*), sum(id), min(v), count(d) from a")
    assert cursor.fetchone() == (1_300, 1_299 * 650, "V0", 0)
    cursor.execute("select id from a where rowid = :1", [last])
    assert cursor.fetchone() == (1_299,)


def test_the_rows_before_a_failing_one_stay(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number primary key)")
    with pytest.raises(oracledb.IntegrityError) as caught:
        cursor.executemany("insert into a values (:1)", [(i % 700,) for i in range(1_000)])
    assert caught.value.args[0].full_code == "ORA-00001"
    assert cursor.rowcount == 700
    assert ids(cursor) == list(range(700))


def test_batch_errors_name_their_rows(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number(3) primary key)")
    rows = [(1,), (2,), (1,), (5000,), (3,)]
    cursor.executemany("insert into a values (:1)", rows, batcherrors=True, arraydmlrowcounts=True)
    found = [(one.offset, one.full_code) for one in cursor.getbatcherrors()]
    assert found == [(2, "ORA-00001"), (3, "ORA-01438")]
    assert cursor.getarraydmlrowcounts() == [1, 1, 0, 0, 1]
    assert ids(cursor) == [1, 2, 3]


def test_a_child_before_its_parent_in_the_same_table_fails(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number primary key, up number references a (id))")
    rows = [(1, None), (2, 3), (3, 1)]
    cursor.executemany("insert into a values (:1, :2)", rows, batcherrors=True)
    assert [(one.offset, one.full_code) for one in cursor.getbatcherrors()] == [(1, "ORA-02291")]
    assert ids(cursor) == [1, 3]


def test_statement_triggers_fire_once_per_row_of_binds(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number)")
    cursor.execute("create table kept (id number)")
    cursor.execute(
        "create trigger every_statement after insert on a begin insert into kept values (1); end;"
    )
    cursor.executemany("insert into a values (:1)", [(i,) for i in range(7)])
    cursor.execute("select count(*) from kept")
    assert cursor.fetchone() == (7,)


def test_sequences_give_each_row_its_value(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number, n number generated always as identity)")
    cursor.executemany("insert into a (id) values (:1)", [(i,) for i in range(5)])
    cursor.execute("select count(distinct n), max(n) - min(n) from a")
    assert cursor.fetchone() == (5, 4)


def test_numbers_of_any_size(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number)")
    values = [0, 1, 99, 100, 10**20, 12345678901234567890123, -5, -100, 10**37, 1000000]
    cursor.executemany("insert into a values (:1)", [(value,) for value in values])
    assert ids(cursor) == sorted(values)


def test_forall_inserts_up_to_the_failing_row(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number primary key)")
    rows, count = cursor.var(int), cursor.var(int)
    cursor.execute(
        """declare
             type list is table of number index by pls_integer;
             l list;
           begin
             for i in 1 .. 1200 loop l(i) := i; end loop;
             l(1101) := 1;
             begin
               forall i in 1 .. l.count insert into a values (l(i));
             exception when dup_val_on_index then :1 := sql%rowcount;
             end;
             select count(*) into :2 from a;
           end;""",
        [rows, count],
    )
    assert (rows.getvalue(), count.getvalue()) == (1100, 1100)


def test_forall_saves_exceptions_with_the_row_that_failed(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number(3) primary key)")
    seen = cursor.var(str)
    cursor.execute(
        """declare
             type list is table of number;
             l list := list(1, 2, 1, 5000, 3);
           begin
             forall i in indices of l save exceptions insert into a values (l(i));
           exception when others then
             for i in 1 .. sql%bulk_exceptions.count loop
               :1 := :1 || sql%bulk_exceptions(i).error_index || ':'
                 || sql%bulk_exceptions(i).error_code || ' ';
             end loop;
           end;""",
        [seen],
    )
    assert seen.getvalue() == "3:1 4:1438 "
    assert ids(cursor) == [1, 2, 3]


def test_forall_over_a_gap_names_the_index(cursor: oracledb.Cursor) -> None:
    cursor.execute("create table a (id number)")
    with pytest.raises(oracledb.DatabaseError) as caught:
        cursor.execute(
            "declare type list is table of number; l list := list(1, 2, 3);"
            " begin l.delete(2); forall i in 1 .. 3 insert into a values (l(i)); end;"
        )
    assert "ORA-22160" in str(caught.value)
