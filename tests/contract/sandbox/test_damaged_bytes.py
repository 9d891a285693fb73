"""Bytes damaged on their way to the server: other sessions never notice, nothing is a traceback."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

REACH = 6000  # bytes of a session among which one is damaged


def damaged(data: bytes, at: int, chance: random.Random) -> bytes:
    """`data` with one kind of damage at `at`."""
    junk = chance.randbytes(chance.randrange(1, 40))
    flipped = bytes([data[at] ^ 1 << chance.randrange(8)])
    return chance.choice(
        [
            data[:at] + flipped + data[at + 1 :],
            data[:at] + junk + data[at + len(junk) :],
            data[:at] + junk + data[at:],
            data[:at],
            data + data,
        ]
    )


class Relay:
    """Carries one connection to the server and damages what the client sends, once."""

    def __init__(self, port: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._listener.accept()
            self._listener.close()
            server = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._carry, args=(server, client), daemon=True).start()
            self._carry(client, server, self._chance.randrange(100, REACH))

    def _carry(self, source: socket.socket, sink: socket.socket, at: int | None = None) -> None:
        seen = 0
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if at is not None and seen <= at < seen + len(data):
                    sink.sendall(damaged(data, at - seen, self._chance))
                else:
                    sink.sendall(data)
                seen += len(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("bytes")) as started:
        with oracledb.connect(
            user="system", password=started.password, dsn=started.dsn()
        ) as connection:
            connection.cursor().execute("CREATE TABLE t (a NUMBER, b VARCHAR2(20))")
        yield started


def talk(process: SandboxProcess, port: int) -> None:
    """One session's calls through the relay; whatever becomes of them."""
    with (
        contextlib.suppress(oracledb.Error, OSError, UnicodeError, ValueError),
        oracledb.connect(
            user="system", password=process.password, dsn=f"127.0.0.1:{port}/MILLDB"
        ) as connection,
        connection.cursor() as cursor,
    ):
        connection.call_timeout = 1000
        for count in range(1, 8):
            query = "SELECT LEVEL, TO_CLOB('x') FROM dual CONNECT BY LEVEL <= :1"
            cursor.execute(query, [count]).fetchall()
            cursor.executemany("INSERT INTO t VALUES (:1, :2)", [(n, "v" * n) for n in range(5)])
            cursor.execute("BEGIN :1 := 'a' || :2; END;", [cursor.var(str), "zz"])
            connection.rollback()


def damage_sessions(process: SandboxProcess, seeds: range) -> None:
    with (
        oracledb.connect(user="system", password=process.password, dsn=process.dsn()) as witness,
        witness.cursor() as cursor,
    ):
        for seed in seeds:
            relay = Relay(process.port or 0, seed)
            session = threading.Thread(target=talk, args=(process, relay.port), daemon=True)
            session.start()
            session.join(2)  # the driver may wait for ever for the rest of a damaged packet
            assert cursor.execute("SELECT 1 FROM dual").fetchall() == [(1,)]
    log = Path(process.directory, "server.log").read_text()
    assert "Traceback" not in log, log[-3000:]


def test_damaged_bytes_are_nobody_elses_trouble(process: SandboxProcess) -> None:
    damage_sessions(process, range(2))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_damaged_bytes(process: SandboxProcess) -> None:
    damage_sessions(process, range(100, 140))
