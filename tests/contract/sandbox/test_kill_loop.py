"""kill -9 of the serving process while sessions work: nothing committed is lost, no transaction is
split, no lock stays.

Each worker moves amounts between accounts, and each move writes to tables of three tablespaces, a
CLOB and a sequence number, in one transaction. It notes what COMMIT acknowledged. After the kill
and a restart the tables must agree with one another and hold at least what was acknowledged.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from pathlib import Path

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

ACCOUNTS = 6
TOTAL = ACCOUNTS * 100
SCHEMA = [
    "CREATE TABLESPACE ts1 DATAFILE 'ts1.dbf' SIZE 20M",
    "CREATE TABLESPACE ts2 DATAFILE 'ts2.dbf' SIZE 20M",
    "CREATE USER app IDENTIFIED BY app_pw DEFAULT TABLESPACE ts1"
    " QUOTA UNLIMITED ON ts1 QUOTA UNLIMITED ON ts2 QUOTA UNLIMITED ON users",
    "GRANT CREATE SESSION, CREATE TABLE, CREATE SEQUENCE, CREATE PROCEDURE TO app",
    "CREATE TABLE app.accounts (id NUMBER PRIMARY KEY, amount NUMBER NOT NULL) TABLESPACE ts1",
    "CREATE TABLE app.moves (id NUMBER PRIMARY KEY, seq NUMBER UNIQUE, at DATE,"
    " worker VARCHAR2(20)) TABLESPACE ts2",
    "CREATE INDEX app.moves_worker ON app.moves (worker, at)",
    "CREATE TABLE app.texts (id NUMBER REFERENCES app.moves (id), body CLOB) TABLESPACE users",
    "CREATE SEQUENCE app.numbers CACHE 3",
    f"INSERT INTO app.accounts SELECT level, 100 FROM dual CONNECT BY level <= {ACCOUNTS}",
    "CREATE PROCEDURE app.move (p_id NUMBER, p_from NUMBER, p_to NUMBER, p_worker VARCHAR2) IS"
    " PROCEDURE note IS PRAGMA AUTONOMOUS_TRANSACTION; BEGIN"
    "   UPDATE tries SET n = n + 1 WHERE worker = p_worker; COMMIT; END;"
    " BEGIN"
    "  UPDATE accounts SET amount = amount - 1 WHERE id = LEAST(p_from, p_to);"
    "  UPDATE accounts SET amount = amount + 1 WHERE id = GREATEST(p_from, p_to);"
    "  note;"
    "  INSERT INTO moves VALUES (p_id, numbers.NEXTVAL, SYSDATE, p_worker);"
    "  INSERT INTO texts VALUES (p_id, RPAD('text ' || p_id, 3000, '.'));"
    " END;",
    "CREATE TABLE app.tries (worker VARCHAR2(20) PRIMARY KEY, n NUMBER) TABLESPACE ts2",
    "ALTER PROCEDURE app.move COMPILE",
]


class Worker(threading.Thread):
    """One session's moves until its connection is lost."""

    def __init__(self, process: SandboxProcess, number: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._number = number
        self._chance = random.Random(seed)
        self.acknowledged: list[int] = []
        self.created: list[str] = []
        self.unexpected: list[str] = []

    def run(self) -> None:
        try:
            self._work()
        except oracledb.Error as error:
            if error.args[0].full_code not in ("DPY-4011", "DPY-6005", "DPY-1001"):
                self.unexpected.append(str(error))

    def _work(self) -> None:
        with (
            oracledb.connect(user="app", password="app_pw", dsn=self._process.dsn()) as connection,
            connection.cursor() as cursor,
        ):
            self._sign_in(cursor)
            for step in range(100_000):
                number = self._number * 1_000_000 + self._chance.randrange(1_000_000)
                if step % 9 == 8:
                    self._create_table(cursor, number)
                    continue
                ends = self._chance.sample(range(1, ACCOUNTS + 1), 2)
                cursor.callproc("move", [number, *ends, f"w{self._number}"])
                if self._chance.random() < 0.2:
                    connection.rollback()
                    continue
                connection.commit()
                self.acknowledged.append(number)

    def _sign_in(self, cursor: oracledb.Cursor) -> None:
        with contextlib.suppress(oracledb.IntegrityError):
            cursor.execute("INSERT INTO tries VALUES (:1, 0)", [f"w{self._number}"])
        cursor.execute("COMMIT")

    def _create_table(self, cursor: oracledb.Cursor, number: int) -> None:
        name = f"made_{number}"
        cursor.execute(f"CREATE TABLE {name} AS SELECT {number} n FROM dual")
        self.created.append(name)


def one(cursor: oracledb.Cursor, text: str) -> object:
    (value,) = cursor.execute(text).fetchone() or (None,)
    return value


def check(process: SandboxProcess, workers: list[Worker], given: set[int]) -> None:
    """What must hold after every restart."""
    with (
        oracledb.connect(
            user="system", password=process.password, dsn=process.dsn()
        ) as connection,
        connection.cursor() as cursor,
    ):
        assert one(cursor, "SELECT SUM(amount) FROM app.accounts") == TOTAL
        moves = {r[0]: r[1] for r in cursor.execute("SELECT id, seq FROM app.moves")}
        texts = {r[0]: r[1] for r in cursor.execute(
            "SELECT id, DBMS_LOB.SUBSTR(body, 20, 1) || LENGTH(body) FROM app.texts")}  # fmt: skip
        assert texts.keys() == moves.keys()
        assert all(v == f"text {k}".ljust(20, ".") + "3000" for k, v in texts.items())
        for worker in workers:
            assert worker.unexpected == []
            assert set(worker.acknowledged) <= moves.keys()
            for name in worker.created:
                assert one(cursor, f"SELECT COUNT(*) FROM app.{name}") == 1
        assert len(set(moves.values())) == len(moves)
        fresh = one(cursor, "SELECT app.numbers.NEXTVAL FROM dual")
        assert isinstance(fresh, int)
        assert fresh > max(moves.values(), default=0)
        by_index = one(cursor, "SELECT COUNT(*) FROM app.moves WHERE worker > ' '")
        assert by_index == len(moves)
        assert one(cursor, "SELECT COUNT(*) FROM v$locked_object") == 0
        for table in ("accounts", "moves", "texts", "tries"):
            cursor.execute(f"LOCK TABLE app.{table} IN EXCLUSIVE MODE NOWAIT")
        connection.rollback()
        assert one(cursor, "SELECT COUNT(*) FROM dba_objects WHERE status = 'INVALID'"
                           " AND owner = 'APP'") == 0  # fmt: skip
        given.update(moves)


def kill_rounds(tmp_path: Path, seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    with SandboxProcess(tmp_path) as process:
        with (
            oracledb.connect(
                user="system", password=process.password, dsn=process.dsn()
            ) as connection,
            connection.cursor() as cursor,
        ):
            for text in SCHEMA:
                cursor.execute(text)
            connection.commit()
        seen: set[int] = set()
        for turn in range(rounds):
            workers = [Worker(process, n + 1 + 4 * turn, chance.randrange(1000)) for n in range(3)]
            for worker in workers:
                worker.start()
            time.sleep(chance.uniform(0.1, 1.2))
            process.kill()
            for worker in workers:
                worker.join(20)
                assert not worker.is_alive()
            process.start()
            known = set(seen)
            check(process, workers, seen)
            assert known <= seen
        assert seen  # they did work


def test_kill_nine_during_concurrent_work(tmp_path: Path) -> None:
    kill_rounds(tmp_path, seed=1, rounds=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_kill_nine_again_and_again(tmp_path: Path, seed: int) -> None:
    kill_rounds(tmp_path, seed, rounds=12)
