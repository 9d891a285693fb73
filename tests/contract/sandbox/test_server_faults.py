"""Every kind of fault, with the real driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

SELECT = "select 1 from dual"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("faults"), ("ALPHA", "BETA")) as started:
        yield started


@pytest.fixture
def process(shared: SandboxProcess) -> Iterator[SandboxProcess]:
    yield shared
    shared.clear_faults()


def connect(process: SandboxProcess, service: str = "ALPHA") -> oracledb.Connection:
    return oracledb.connect(user="system", password=process.password, dsn=process.dsn(service))


def error_of(call: Callable[[], object]) -> Any:
    with pytest.raises(oracledb.Error) as caught:
        call()
    return caught.value.args[0]


def run(connection: oracledb.Connection, text: str = SELECT) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else None


def test_refuse_connects(process: SandboxProcess) -> None:
    process.fault("refuse", instance="alpha", times=2)
    assert "ORA-12528" in error_of(lambda: connect(process)).message
    assert "ORA-12528" in error_of(lambda: connect(process)).message
    connect(process, "BETA").close()
    connect(process).close()


def test_refuse_with_another_number(process: SandboxProcess) -> None:
    process.fault("refuse", code=12516)
    assert "ORA-12516" in error_of(lambda: connect(process)).message


def test_hanging_listener_until_cleared(process: SandboxProcess) -> None:
    process.fault("hang", instance="ALPHA")
    threading.Timer(0.5, process.clear_faults).start()
    start = time.monotonic()
    connect(process).close()
    assert time.monotonic() - start > 0.4


def test_error_on_the_third_match_only(process: SandboxProcess) -> None:
    process.fault("error", code=1653, message="no space", match="FROM\\s+dual", nth=3)
    with connect(process) as connection:
        assert run(connection) == [(1,)]
        assert run(connection, "select  1\n from   dual") == [(1,)]
        error = error_of(lambda: run(connection))
        assert (error.full_code, "no space" in error.message) == ("ORA-01653", True)
        assert run(connection) == [(1,)]


def test_error_for_ever_for_one_user(process: SandboxProcess) -> None:
    process.fault("error", code=60, user="system", times=0)
    with connect(process) as connection:
        for _ in range(3):
            assert error_of(lambda: run(connection)).full_code == "ORA-00060"
    process.fault("error", code=61, user="somebody", times=0)
    process.command("fault", "clear", "--number", "1")


def test_delay_can_be_cancelled(process: SandboxProcess) -> None:
    process.fault("delay", match="dual", seconds=0.3)
    with connect(process) as connection:
        start = time.monotonic()
        assert run(connection) == [(1,)]
        assert time.monotonic() - start > 0.25
        process.fault("delay", match="dual", seconds=30)
        threading.Timer(0.2, connection.cancel).start()
        assert error_of(lambda: run(connection)).full_code == "ORA-01013"


@pytest.mark.parametrize("action", ["drop-call", "drop-before"])
def test_connection_lost_without_an_answer(process: SandboxProcess, action: str) -> None:
    process.fault(action, match="dual")
    connection = connect(process)
    assert error_of(lambda: run(connection)).full_code == "DPY-4011"
    connect(process).close()


def test_connection_lost_behind_the_answer(process: SandboxProcess) -> None:
    process.fault("drop-after", match="dual")
    connection = connect(process)
    assert run(connection) == [(1,)]
    assert error_of(lambda: run(connection)).full_code == "DPY-4011"


def test_killed_by_the_statement(process: SandboxProcess) -> None:
    process.fault("kill", match="dual")
    connection = connect(process)
    assert error_of(lambda: run(connection)).code == 28
    assert not connection.is_healthy()


def test_killed_from_outside(process: SandboxProcess) -> None:
    connection = connect(process)
    sessions = process.command("sessions")["sessions"]
    session = next(one for one in sessions if one["sid"] == connection.session_id)
    where = ("--instance", "alpha", "--sid", str(session["sid"]))
    with pytest.raises(RuntimeError, match="ORA-00030"):
        process.command("kill", *where, "--serial", str(session["serial"] + 1))
    process.command("kill", *where, "--serial", str(session["serial"]))
    assert error_of(lambda: run(connection)).code == 28


def test_list_and_clear(process: SandboxProcess) -> None:
    process.fault("error", code=1, match="x")
    process.fault("drop-after", match="y")
    faults = process.command("fault", "list")["faults"]
    assert [one["action"] for one in faults] == ["error", "drop-after"]
    number = str(faults[0]["number"])
    assert process.command("fault", "clear", "--number", number)["cleared"] == 1
    assert process.command("fault", "clear")["cleared"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--action", "error"],
        ["--action", "delay"],
        ["--action", "error", "--code", "1", "--match", "("],
        ["--action", "refuse", "--nth", "0"],
        [],
    ],
)
def test_faults_that_cannot_be(process: SandboxProcess, arguments: list[str]) -> None:
    with pytest.raises(RuntimeError, match='"error"'):
        process.command("fault", "add", *arguments)


@pytest.mark.parametrize(("action", "kept"), [("stop", 0), ("stop-before", 1), ("stop-after", 1)])
def test_the_process_dies_around_a_commit(tmp_path: Path, action: str, kept: int) -> None:
    """kill -9 before the commit loses the row, behind it the row is there, answer or not."""
    with SandboxProcess(tmp_path / action) as process:
        with connect(process, "MILLDB") as connection:
            run(connection, "create table t (a number)")
        connection = connect(process, "MILLDB")
        run(connection, "insert into t values (1)")
        process.fault(action, match="^COMMIT$")
        if action == "stop-after":
            connection.commit()
        else:
            assert error_of(connection.commit).full_code == "DPY-4011"
        process.kill()
        process.start()
        with connect(process, "MILLDB") as again:
            assert run(again, "select count(*) from t") == [(kept,)]
