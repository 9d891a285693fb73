"""Calls over the real engine: cancel, timeouts, lock waits, vanished clients, kills, kill -9."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

ENDLESS_SQL = "SELECT COUNT(*) FROM many a, many b, many c, many d, many e WHERE a.n + b.n + c.n + d.n + e.n < 0"
ENDLESS_PLSQL = (
    "DECLARE x PLS_INTEGER := 0; BEGIN LOOP x := x + 1; IF x > 1000 THEN x := 0; END IF;"
    " END LOOP; END;"
)
NESTED = (
    "DECLARE x NUMBER; BEGIN FOR i IN 1 .. 100000000 LOOP SELECT COUNT(*) INTO x FROM many;"
    " END LOOP; END;"
)
SLEEPING = "BEGIN DBMS_SESSION.SLEEP(60); END;"
LOCKED = "UPDATE held SET n = 2"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("calls")) as started:
        with connect(started) as connection:
            run(connection, "CREATE TABLE many (n NUMBER)")
            run(connection, "INSERT INTO many SELECT LEVEL FROM dual CONNECT BY LEVEL <= 500")
            run(connection, "CREATE TABLE held (n NUMBER)")
            run(connection, "INSERT INTO held VALUES (1)")
            run(connection, "CREATE TABLE steps (n NUMBER)")
            connection.commit()
        yield started


@pytest.fixture
def connection(process: SandboxProcess) -> Iterator[oracledb.Connection]:
    with connect(process) as opened:
        yield opened


@pytest.fixture
def holder(process: SandboxProcess) -> Iterator[oracledb.Connection]:
    """A session that holds the row of `held`."""
    with connect(process) as opened:
        run(opened, "UPDATE held SET n = 3")
        yield opened


def connect(process: SandboxProcess) -> oracledb.Connection:
    return oracledb.connect(user="system", password=process.password, dsn=process.dsn())


def run(connection: oracledb.Connection, text: str, *binds: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(text, binds)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def error_of(call: Callable[[], object]) -> Any:
    with pytest.raises(oracledb.Error) as caught:
        call()
    return caught.value.args[0]


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


LONG = pytest.mark.parametrize(
    "text",
    [ENDLESS_SQL, ENDLESS_PLSQL, NESTED, SLEEPING, LOCKED],
    ids=["sql", "plsql", "sql in plsql", "sleep", "row lock"],
)


@LONG
@pytest.mark.usefixtures("holder")
def test_cancel(connection: oracledb.Connection, text: str) -> None:
    run(connection, "INSERT INTO steps VALUES (1)")
    threading.Timer(0.3, connection.cancel).start()
    start = time.monotonic()
    assert error_of(lambda: run(connection, text)).full_code == "ORA-01013"
    assert time.monotonic() - start < 5
    own = run(connection, "SELECT COUNT(*) FROM steps WHERE n = 1")
    assert own == [(1,)]  # only the statement is undone
    connection.rollback()


@LONG
@pytest.mark.usefixtures("holder")
def test_call_timeout(connection: oracledb.Connection, text: str) -> None:
    connection.call_timeout = 300
    assert error_of(lambda: run(connection, text)).full_code == "DPY-4024"
    connection.call_timeout = 0
    assert run(connection, "SELECT 1 FROM dual") == [(1,)]


@LONG
@pytest.mark.usefixtures("holder")
def test_kill_session(process: SandboxProcess, text: str) -> None:
    victim = connect(process)
    with connect(process) as dba:
        number = f"{victim.session_id},{victim.serial_num}"

        def kill() -> None:
            run(dba, f"ALTER SYSTEM KILL SESSION '{number}' IMMEDIATE")

        timer = threading.Timer(0.3, kill)
        timer.start()
        assert error_of(lambda: run(victim, text)).code == 28
        timer.join()
        count = "SELECT COUNT(*) FROM v$session WHERE serial# = :1"
        assert wait_for(lambda: run(dba, count, victim.serial_num) == [(0,)])


def test_cancel_sql_of_another_session(process: SandboxProcess) -> None:
    with connect(process) as victim, connect(process) as dba:
        number = f"{victim.session_id}, {victim.serial_num}"
        timer = threading.Timer(0.3, lambda: run(dba, f"ALTER SYSTEM CANCEL SQL '{number}'"))
        timer.start()
        assert error_of(lambda: run(victim, ENDLESS_PLSQL)).full_code == "ORA-01013"
        timer.join()
        assert run(victim, "SELECT 1 FROM dual") == [(1,)]


def test_an_idle_killed_session_frees_its_rows_at_once(process: SandboxProcess) -> None:
    holder = connect(process)
    run(holder, "UPDATE held SET n = 7")
    with connect(process) as other:
        assert (
            error_of(lambda: run(other, "SELECT n FROM held FOR UPDATE NOWAIT")).full_code
            == "ORA-00054"
        )
        run(
            other,
            f"ALTER SYSTEM KILL SESSION '{holder.session_id},{holder.serial_num}' IMMEDIATE",
        )
        assert run(other, "UPDATE held SET n = 8") == 1
        other.rollback()
    assert error_of(holder.ping).code == 28


def test_a_closed_connection_has_left_nothing_behind(process: SandboxProcess) -> None:
    with connect(process) as other:
        for _ in range(20):
            holder = connect(process)
            run(holder, "UPDATE held SET n = 9")
            serial = holder.serial_num
            holder.close()
            count = "SELECT COUNT(*) FROM v$session WHERE serial# = :1"
            assert run(other, count, serial) == [(0,)]
            run(other, "SELECT n FROM held FOR UPDATE NOWAIT")
            other.rollback()


def test_the_call_of_a_vanished_client_runs_on_commits_and_frees_its_locks(
    process: SandboxProcess,
) -> None:
    code = (
        "import oracledb\n"
        f"c = oracledb.connect(user='system', password={process.password!r},"
        f" dsn={process.dsn()!r})\n"
        "print('in', flush=True)\n"
        "c.cursor().execute('''BEGIN UPDATE held SET n = 40; DBMS_SESSION.SLEEP(1);"
        " INSERT INTO steps VALUES (42); COMMIT; UPDATE held SET n = 41; END;''')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        time.sleep(0.4)
        client.kill()
    with connect(process) as other:
        assert run(other, "SELECT COUNT(*) FROM steps WHERE n = 42") == [(0,)]
        assert wait_for(lambda: run(other, "SELECT COUNT(*) FROM steps WHERE n = 42") == [(1,)])
        assert wait_for(lambda: run(other, "SELECT COUNT(*) FROM v$session") == [(1,)])
        assert run(other, "SELECT n FROM held FOR UPDATE NOWAIT") == [(40,)]


def test_kill_nine_loses_no_commit_and_leaves_no_lock(tmp_path: Path) -> None:
    """Rows are written in pairs over two tablespaces; the process is killed in mid-work."""
    with SandboxProcess(tmp_path / "box") as process:
        with connect(process) as connection:
            run(connection, "CREATE TABLESPACE second DATAFILE 'second.dbf' SIZE 10M")
            run(connection, "CREATE TABLE a (n NUMBER)")
            run(connection, "CREATE TABLE b (n NUMBER) TABLESPACE second")
        for round_number in range(3):
            acknowledged = work_until_killed(process, round_number)
            process.start()
            with connect(process) as connection:
                first = run(connection, "SELECT n FROM a ORDER BY n")
                assert first == run(connection, "SELECT n FROM b ORDER BY n")
                assert {n for (n,) in first} >= acknowledged
                run(connection, "LOCK TABLE a IN EXCLUSIVE MODE NOWAIT")


def work_until_killed(process: SandboxProcess, round_number: int) -> set[int]:
    """Commit pairs until kill -9 strikes; the numbers whose commit was answered."""
    acknowledged: set[int] = set()
    connection = connect(process)
    timer = threading.Timer(0.4, process.kill)
    timer.start()
    try:
        for n in range(round_number * 1_000_000, (round_number + 1) * 1_000_000):
            run(connection, "INSERT INTO a VALUES (:1)", n)
            run(connection, "INSERT INTO b VALUES (:1)", n)
            connection.commit()
            acknowledged.add(n)
    except oracledb.Error:
        pass
    timer.join()
    assert acknowledged
    return acknowledged


def test_cancel_in_a_loop_of_short_statements(connection: oracledb.Connection) -> None:
    run(connection, "INSERT INTO steps SELECT 100 + level FROM dual CONNECT BY level <= 2000")
    connection.commit()
    threading.Timer(0.3, connection.cancel).start()
    loop = (
        "BEGIN FOR i IN 1 .. 100000 LOOP UPDATE steps SET n = n WHERE MOD(n, 2000) = i; END LOOP;"
        " END;"
    )
    start = time.monotonic()
    assert error_of(lambda: run(connection, loop)).full_code == "ORA-01013"
    assert time.monotonic() - start < 5
    run(connection, "DELETE FROM steps WHERE n > 100")
    connection.commit()


def test_cancel_while_waiting_for_the_statement_of_another(process: SandboxProcess) -> None:
    """One statement at a time runs in an instance: the others' waits can be cancelled all the same."""
    with connect(process) as busy, connect(process) as waiting:
        codes: list[str] = []
        long = threading.Thread(
            target=lambda: codes.append(error_of(lambda: run(busy, ENDLESS_SQL)).full_code)
        )
        long.start()
        time.sleep(0.3)
        threading.Timer(0.3, waiting.cancel).start()
        assert error_of(lambda: run(waiting, "SELECT * FROM steps")).full_code == "ORA-01013"
        assert long.is_alive()
        busy.cancel()
        long.join(20)
        assert codes == ["ORA-01013"]
