"""P11: one sick instance delays nobody else."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from dtm.errors import ExitCode
from tests.faults.world import FaultWorld


@pytest.fixture
def silent() -> Iterator[str]:
    """A listener that accepts and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"127.0.0.1:{server.getsockname()[1]}/SILENT"


@pytest.fixture
def refusing() -> str:
    """A port where nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}/NOBODY"


def check(two: FaultWorld, dsn: str) -> None:
    two.broken[two.schemas["east"].user] = dsn
    started = time.monotonic()
    report = two.run()
    assert report.exit_code is ExitCode.DEGRADED, report
    by_name = {stream.instance: stream for stream in report.streams}
    assert by_name["west"].exit_code is ExitCode.OK
    assert by_name["east"].exit_code is ExitCode.DEGRADED
    assert time.monotonic() - started < 15
    done = two.query("SELECT ended_at - started_at FROM dtm_run_streams WHERE state = 'COMPLETED'")
    assert done[0][0].total_seconds() < 5, "the healthy one did not wait"
    two.broken.clear()
    assert two.run().exit_code is ExitCode.OK
    two.assert_each_once("east")
    two.assert_each_once("west")


def test_silent_listener(two: FaultWorld, silent: str) -> None:
    check(two, silent)


def test_refusing_listener(two: FaultWorld, refusing: str) -> None:
    check(two, refusing)
