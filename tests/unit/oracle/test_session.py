"""What a session does without a server: ending in time, cutting tags."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import oracledb
import pytest

from dtm.oracle import session as module
from dtm.oracle.session import OracleSession, cut


class Stuck:
    """A connection whose server never answers the logoff."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.closes = 0

    def close(self) -> None:
        self.closes += 1
        self.release.wait()


def test_closing_a_silent_connection_takes_no_longer_than_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CLOSE_DEADLINE_S", 0.2)
    stuck = Stuck()
    session = OracleSession(cast("oracledb.Connection", cast("Any", stuck)), "db1/ORDERS")
    started = time.monotonic()
    session.close()
    session.close()
    assert time.monotonic() - started < 1.0
    assert stuck.closes == 1
    stuck.release.set()


class Slow(Stuck):
    """A connection whose commit takes until it is released."""

    def commit(self) -> None:
        self.release.wait()

    def close(self) -> None:
        self.closes += 1

    def is_healthy(self) -> bool:
        return not self.release.is_set()

    def cancel(self) -> None:
        self.release.set()


def test_a_close_waits_for_the_call_that_runs_and_never_overlaps_it() -> None:
    slow = Slow()
    session = OracleSession(cast("oracledb.Connection", cast("Any", slow)), "db1/ORDERS")
    running = threading.Thread(target=session.commit)
    running.start()
    time.sleep(0.05)
    session.close(wait_s=0.05)
    assert slow.closes == 0
    slow.release.set()
    running.join()
    give_up = time.monotonic() + 5
    while not slow.closes and time.monotonic() < give_up:
        time.sleep(0.01)
    assert slow.closes == 1


def test_a_cancel_reaches_a_running_call_only() -> None:
    slow = Slow()
    session = OracleSession(cast("oracledb.Connection", cast("Any", slow)), "db1/ORDERS")
    assert not session.cancel()
    running = threading.Thread(target=session.commit)
    running.start()
    time.sleep(0.05)
    assert session.cancel()
    running.join()
    assert not session.cancel()


def test_repr_names_the_target() -> None:
    session = OracleSession(cast("oracledb.Connection", cast("Any", Stuck())), "db1/ORDERS")
    assert repr(session) == "OracleSession('db1/ORDERS')"


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [("abc", 48, "abc"), ("abcdef", 3, "abc"), ("\u00e4\u00e4", 3, "\u00e4"), ("", 3, "")],
)
def test_tags_are_cut_by_bytes(text: str, size: int, expected: str) -> None:
    assert cut(text, size) == expected
