"""What survives a restart, and a full tablespace beside a dead client.

SQL Language Reference 19c, "CREATE INDEX"; Error Messages 19c, ORA-01653.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

# A client that leaves a row locked and unfinished, says so, and never comes back.
LEAVER = """
import oracledb, os, sys, time
user, dsn = sys.argv[1:]
connection = oracledb.connect(user=user, password=os.environ["PW"], dsn=dsn)
connection.cursor().execute("update small set a = a + 1")
print("locked", flush=True)
time.sleep(120)
"""


FILL = "insert into small select level + 1, rpad('x', 1000, 'x') from dual connect by level <= 100"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("doubts")) as started:
        yield started


def connect(process: SandboxProcess) -> oracledb.Connection:
    return oracledb.connect(user="system", password=process.password, dsn=process.dsn())


def run(connection: oracledb.Connection, *texts: str) -> None:
    with connection.cursor() as cursor:
        for text in texts:
            cursor.execute(text)


def value(connection: oracledb.Connection, text: str) -> object:
    with connection.cursor() as cursor:
        row = cursor.execute(text, fetch_lobs=False).fetchone()
    return row and row[0]


def fill(connection: oracledb.Connection) -> None:
    """Insert until something fails, 5 MB at most."""
    for _ in range(50):
        run(connection, FILL)


def restart(process: SandboxProcess) -> None:
    process.kill()
    process.start()


def test_indexes_on_constant_keys_after_a_restart(process: SandboxProcess) -> None:
    with connect(process) as connection:
        run(
            connection,
            "create table keyed (id number, a varchar2(9))",
            "create index keyed_c on keyed (a, 0)",
            "create index keyed_f on keyed (0, upper(a))",
            "create unique index keyed_u on keyed (case when id = 1 then 'one' end)",
            "insert into keyed values (1, 'x')",
            "commit",
        )
    restart(process)
    with connect(process) as connection:
        run(connection, "insert into keyed values (2, null)", "insert into keyed values (3, 'y')")
        with pytest.raises(oracledb.IntegrityError, match="ORA-00001"):
            run(connection, "insert into keyed values (1, 'z')")
        assert value(connection, "select count(*) from keyed where upper(a) = 'X'") == 1
        names = "select count(*) from user_indexes where table_name = 'KEYED' and status = 'VALID'"
        assert value(connection, names) == 3


def test_a_tablespace_fills_up_while_a_client_is_killed(
    process: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", process.password)
    with connect(process) as connection:
        run(
            connection,
            "create tablespace little datafile 'little.dbf' size 1m",
            "create table small (a number, pad varchar2(1000)) tablespace little",
            "insert into small values (1, 'x')",
            "commit",
        )
        leaver = subprocess.Popen(
            [sys.executable, "-c", LEAVER, "system", process.dsn()],
            stdout=subprocess.PIPE,
            text=True,
        )
        with leaver:
            assert leaver.stdout is not None
            assert leaver.stdout.readline() == "locked\n"
            run(connection, FILL)
            leaver.kill()
            with pytest.raises(oracledb.DatabaseError, match="ORA-01653"):
                fill(connection)
        rows = value(connection, "select count(*) from small")
        assert isinstance(rows, int)
        assert 200 < rows < 5000
        connection.commit()
        run(connection, "update small set a = a where a = 1")  # the dead client's lock is gone
        assert value(connection, "select count(*) from small") == rows
        assert value(connection, "select count(*) from small where a = 1") == 1
        connection.commit()
    restart(process)
    with connect(process) as connection:
        assert value(connection, "select count(*) from small") == rows
