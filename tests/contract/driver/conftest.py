"""A canned server process per test module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import oracledb
import pytest

from tests.contract.driver import canned


@dataclass
class Server:
    """A running canned server and how to reach it."""

    process: subprocess.Popen[str]
    port: int

    @property
    def dsn(self) -> str:
        return f"127.0.0.1:{self.port}/{canned.SERVICE}"

    def connect(self, **options: Any) -> oracledb.Connection:
        defaults = {"user": canned.USER, "password": canned.PASSWORD, "dsn": self.dsn}
        return oracledb.connect(**(defaults | options))

    def ask(self, command: str = "count") -> tuple[int, int, int]:
        """Send a command; (sessions opened, sessions closed, sleeps completed)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        opened, closed, slept = map(int, self.process.stdout.readline().split())
        return opened, closed, slept


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("canned") / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.contract.driver.canned"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        yield Server(process, int(process.stdout.readline()))
        process.kill()
    text = log.read_text()
    expected = text.count("internal error in function 94: select bug from dual")
    assert text.count("Traceback") == expected, text


@pytest.fixture
def connection(server: Server) -> Iterator[oracledb.Connection]:
    with server.connect() as opened:
        yield opened


@pytest.fixture
def cursor(connection: oracledb.Connection) -> Iterator[oracledb.Cursor]:
    with connection.cursor() as opened:
        yield opened


def error_of(call: Callable[[], object]) -> Any:
    """The driver's error object of a call that must fail."""
    with pytest.raises(oracledb.Error) as caught:
        call()
    return caught.value.args[0]
