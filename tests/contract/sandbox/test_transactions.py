"""What sessions see of themselves and of each other, through the real driver.

Database Concepts 19c, "Data Concurrency and Consistency"; SQL Language Reference 19c, "How to Use
Sequence Values", "CREATE TABLE" (temporary tables); PL/SQL Language Reference 19c, "SELECT FOR UPDATE and FOR
UPDATE Cursors".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sessions")) as started:
        with connect(started) as connection, connection.cursor() as cursor:
            for text in (
                "CREATE TABLE t (id NUMBER PRIMARY KEY, v VARCHAR2(20))",
                "CREATE SEQUENCE s",
                "CREATE GLOBAL TEMPORARY TABLE kept (a NUMBER) ON COMMIT PRESERVE ROWS",
                "CREATE GLOBAL TEMPORARY TABLE gone (a NUMBER) ON COMMIT DELETE ROWS",
                "CREATE FUNCTION seen (p NUMBER) RETURN NUMBER IS"
                " PRAGMA AUTONOMOUS_TRANSACTION; n NUMBER;"
                " BEGIN SELECT COUNT(*) INTO n FROM t WHERE id = p; RETURN n; END;",
                "CREATE PROCEDURE change (p NUMBER) IS PRAGMA AUTONOMOUS_TRANSACTION;"
                " BEGIN UPDATE t SET v = 'auto' WHERE id = p; COMMIT; END;",
            ):
                cursor.execute(text)
        yield started


def connect(process: SandboxProcess) -> oracledb.Connection:
    connection = oracledb.connect(user="system", password=process.password, dsn=process.dsn())
    connection.call_timeout = 20_000
    return connection


@pytest.fixture
def a(process: SandboxProcess) -> Iterator[oracledb.Connection]:
    with connect(process) as connection:
        run(connection, "DELETE FROM t")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (:1, :2)", [(i, f"v{i}") for i in range(10)])
        connection.commit()
        yield connection


@pytest.fixture
def b(process: SandboxProcess) -> Iterator[oracledb.Connection]:
    with connect(process) as connection:
        yield connection


def run(connection: oracledb.Connection, text: str, *binds: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(text, binds)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def code(connection: oracledb.Connection, text: str, *binds: Any) -> str:
    try:
        run(connection, text, *binds)
    except oracledb.Error as error:
        return str(error.args[0].full_code)
    return "ok"


def half_read(connection: oracledb.Connection, text: str) -> oracledb.Cursor:
    cursor = connection.cursor()
    cursor.arraysize = cursor.prefetchrows = 2
    cursor.execute(text)
    cursor.fetchmany(2)
    return cursor


def test_an_open_cursor_shows_the_past(a: oracledb.Connection, b: oracledb.Connection) -> None:
    cursor = half_read(a, "SELECT id FROM t ORDER BY id")
    run(b, "DELETE FROM t WHERE id = 5")
    b.commit()
    run(a, "DELETE FROM t WHERE id = 6")
    a.commit()
    assert [row[0] for row in cursor] == list(range(2, 10))


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_for_update_cursor_ends_with_its_transaction(a: oracledb.Connection, end: str) -> None:
    cursor = half_read(a, "SELECT id FROM t ORDER BY id FOR UPDATE")
    run(a, end)
    with pytest.raises(oracledb.Error, match="ORA-01002"):
        cursor.fetchall()


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("BEGIN FOR r IN (SELECT id FROM t FOR UPDATE) LOOP COMMIT; END LOOP; END;", "ORA-01002"),
        ("DECLARE CURSOR c IS SELECT id FROM t FOR UPDATE; n NUMBER; BEGIN OPEN c;"
         " FETCH c INTO n; COMMIT; FETCH c INTO n; END;", "ORA-01002"),
        ("DECLARE n NUMBER; BEGIN FOR r IN (SELECT id FROM t FOR UPDATE) LOOP n := seen(1);"
         " change(-1); UPDATE t SET v = 'x' WHERE id = r.id; END LOOP; COMMIT; END;", "ok"),
        ("BEGIN FOR r IN (SELECT id FROM t) LOOP COMMIT; END LOOP; END;", "ok"),
    ],
)  # fmt: skip
def test_commits_in_a_cursor_loop(a: oracledb.Connection, block: str, expected: str) -> None:
    assert code(a, block) == expected


def test_a_waiting_update_looks_at_the_row_again(
    a: oracledb.Connection, b: oracledb.Connection
) -> None:
    run(b, "UPDATE t SET v = 'new' WHERE id = 3")
    changed: list[int] = []
    waiting = threading.Thread(
        target=lambda: changed.append(run(a, "UPDATE t SET v = 'a' WHERE id = 3 AND v = 'v3'"))
    )
    waiting.start()
    time.sleep(0.2)
    b.commit()
    waiting.join(20)
    assert changed == [0]


def test_waiting_for_a_key(a: oracledb.Connection, b: oracledb.Connection) -> None:
    run(b, "INSERT INTO t VALUES (50, 'b')")
    codes: list[str] = []
    waiting = threading.Thread(
        target=lambda: codes.append(code(a, "INSERT INTO t VALUES (50, 'a')"))
    )
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    b.commit()
    waiting.join(20)
    assert codes == ["ORA-00001"]


def test_autonomous_transactions_are_others(a: oracledb.Connection) -> None:
    run(a, "INSERT INTO t VALUES (90, 'x')")
    assert run(a, "SELECT COUNT(*) FROM t WHERE id = 90") == [(1,)]
    with a.cursor() as cursor:
        assert cursor.callfunc("seen", int, [90]) == 0
    run(a, "UPDATE t SET v = 'own' WHERE id = 1")
    assert code(a, "BEGIN change(1); END;") == "ORA-00060"
    a.rollback()


def test_one_number_a_row(a: oracledb.Connection) -> None:
    ((first, same, again),) = run(a, "SELECT s.CURRVAL, s.NEXTVAL, s.NEXTVAL FROM dual")
    assert first == same == again
    rows = run(a, "SELECT s.NEXTVAL, s.CURRVAL FROM t")
    assert [x for x, _ in rows] == [y for _, y in rows] == [first + n for n in range(1, 11)]
    run(a, "INSERT INTO t VALUES (1000 + s.NEXTVAL, s.CURRVAL)")
    assert run(a, "SELECT id - 1000, v FROM t WHERE id > 1000") == [(first + 11, str(first + 11))]
    assert code(a, "SELECT s.NEXTVAL, CASE 1 WHEN 1 THEN s.NEXTVAL END FROM dual") == "ORA-03001"


def test_a_temporary_table_in_use_is_not_dropped(
    a: oracledb.Connection, b: oracledb.Connection
) -> None:
    run(a, "INSERT INTO kept VALUES (1)")
    run(a, "INSERT INTO gone VALUES (1)")
    assert run(b, "SELECT COUNT(*) FROM kept") == [(0,)]
    assert code(b, "DROP TABLE kept") == "ORA-14452"
    assert code(b, "DROP TABLE gone") == "ORA-14452"
    a.commit()
    assert run(a, "SELECT (SELECT COUNT(*) FROM kept), (SELECT COUNT(*) FROM gone) FROM dual") == [
        (1, 0)
    ]
    run(a, "TRUNCATE TABLE kept")
    assert code(b, "DROP TABLE kept") == "ok"
    run(b, "CREATE GLOBAL TEMPORARY TABLE kept (a NUMBER) ON COMMIT PRESERVE ROWS")


def test_rows_done_before_an_error_in_an_array(a: oracledb.Connection) -> None:
    with a.cursor() as cursor:
        rows = [(200, "a"), (200, "b"), (201, "x" * 30), (202, "c")]
        cursor.executemany(
            "INSERT INTO t VALUES (:1, :2)", rows, batcherrors=True, arraydmlrowcounts=True
        )
        found = [(e.offset, e.full_code) for e in cursor.getbatcherrors()]
        assert found == [(1, "ORA-00001"), (2, "ORA-12899")]
        assert cursor.getarraydmlrowcounts() == [1, 0, 0, 1]
        with pytest.raises(oracledb.IntegrityError):
            cursor.executemany(
                "INSERT INTO t VALUES (:1, :2)", [(300, "a"), (300, "b"), (301, "")]
            )
        assert cursor.rowcount == 1
    assert run(a, "SELECT id FROM t WHERE id >= 200 ORDER BY id") == [(200,), (202,), (300,)]
