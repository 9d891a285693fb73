"""What the sandbox costs: round trips, PL/SQL, deletes, start-up, memory. Prints, judges nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.bench


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("speed")) as started:
        yield started


@pytest.fixture
def connection(process: SandboxProcess) -> Iterator[oracledb.Connection]:
    with oracledb.connect(
        user="system", password=process.password, dsn=process.dsn()
    ) as connection:
        yield connection


def rate(call: Callable[[], object], seconds: float = 2.0) -> float:
    """Calls per second."""
    call()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        call()
        count += 1
    return count / (time.perf_counter() - start)


def test_round_trips(process: SandboxProcess, connection: oracledb.Connection) -> None:
    cursor = connection.cursor()

    def select() -> None:
        cursor.execute("select 1 from dual")
        cursor.fetchall()

    def connect() -> None:
        oracledb.connect(user="system", password=process.password, dsn=process.dsn()).close()

    print(f"\nselect 1 from dual: {rate(select):,.0f}/s (wanted: 4,000)")
    print(f"ping: {rate(connection.ping):,.0f}/s; connect: {rate(connect):,.0f}/s")


def test_plsql_loop(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    start = time.perf_counter()
    cursor.execute(
        "declare x pls_integer := 0; begin for i in 1 .. 500000 loop"
        " x := x + 1; if x > 1000 then x := 0; end if; end loop; end;"
    )
    print(
        f"\n1,000,000 simple PL/SQL statements: {time.perf_counter() - start:.1f} s (wanted: 10)"
    )


def test_delete_through_plsql(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute("create table speed (id number primary key, text varchar2(40))")
    rows = [(i, f"row {i}") for i in range(100_000)]
    start = time.perf_counter()
    cursor.executemany("insert into speed values (:1, :2)", rows)
    connection.commit()
    print(f"\nexecutemany of 100,000 rows: {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    cursor.execute("begin delete from speed where id >= 0; commit; end;")
    print(
        f"delete of 100,000 rows through PL/SQL: {time.perf_counter() - start:.1f} s (wanted: 2)"
    )


def test_start_and_memory(tmp_path: Path) -> None:
    names = [f"I{number}" for number in range(40)]
    with SandboxProcess(tmp_path / "forty", names) as process:
        process.stop()
        start = time.perf_counter()
        process.start()
        seconds = time.perf_counter() - start
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        print(f"\nstart of 40 instances: {seconds:.2f} s; {resident} (wanted: 300 MB)")
    with SandboxProcess(tmp_path / "one") as process:
        process.stop()
        start = time.perf_counter()
        process.start()
        print(f"start of one: {time.perf_counter() - start:.2f} s (wanted: 1)")
