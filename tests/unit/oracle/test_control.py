"""The cancel ladder: as few steps as help, and what is known afterwards."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, cast

import pytest

from dtm.oracle.control import SessionStatus, Stopped, stop_call
from dtm.oracle.errors import OracleError
from dtm.oracle.identity import Identity
from dtm.oracle.session import OracleSession

WHO = Identity(
    db_unique_name="MILL", db_name="MILL", con_name=None, service_name=None, instance_name="MILL1",
    instance_number=2, role="PRIMARY", session_user="DTM", current_schema="DTM",
    server_host=None, sid=11, audsid=1, serial=345,
)  # fmt: skip


class Server:
    """A call that ends at the step `ends_at`; `refuses` steps with ORA-01031."""

    def __init__(
        self, ends_at: str | None, status: str | None = "ACTIVE", refuses: tuple[str, ...] = ()
    ) -> None:
        self.ends_at = ends_at
        self.status = status
        self.refuses = refuses
        self.ended = threading.Event()
        self.executed: list[str] = []
        self.closed = False

    def _step(self, name: str) -> None:
        if name == self.ends_at:
            self.ended.set()

    def cancel(self) -> bool:
        self._step("cancel")
        return self.ends_at != "dead"

    def execute(self, sql: str, binds: object = None) -> int:
        self.executed.append(sql)
        step = "cancel sql" if "CANCEL" in sql else "kill session"
        if step in self.refuses:
            raise OracleError("ORA-01031: insufficient privileges")
        self._step(step)
        return 0

    def query(self, sql: str, binds: Mapping[str, Any]) -> list[tuple[str]]:
        assert binds == {"inst_id": 2, "sid": 11, "serial": 345}
        return [] if self.status is None else [(self.status,)]

    def close(self) -> None:
        self.closed = True

    def stop(self, who: Identity = WHO) -> Stopped:
        session = cast("OracleSession", cast("Any", self))
        return stop_call(session, who, self.ended, lambda: session, patience_s=0.01)


def test_a_cancel_is_enough():
    server = Server("cancel")
    assert server.stop() == Stopped(True, ("cancel",), SessionStatus.IDLE)
    assert server.executed == []


def test_then_the_servers_own_cancel():
    server = Server("cancel sql", "INACTIVE")
    result = server.stop()
    assert result == Stopped(True, ("cancel", "cancel sql"), SessionStatus.IDLE)
    assert server.executed == ["ALTER SYSTEM CANCEL SQL '11, 345, @2'"]
    assert server.closed


def test_then_the_end_of_the_session():
    server = Server("kill session", None)
    result = server.stop()
    assert result.steps == ("cancel", "cancel sql", "kill session")
    assert result.status is SessionStatus.GONE
    assert server.executed[-1] == "ALTER SYSTEM KILL SESSION '11, 345, @2' IMMEDIATE"


@pytest.mark.parametrize(
    ("status", "expected", "safe"),
    [
        ("ACTIVE", SessionStatus.WORKING, False),
        ("KILLED", SessionStatus.ENDING, False),
        ("INACTIVE", SessionStatus.IDLE, True),
        (None, SessionStatus.GONE, True),
    ],
)
def test_what_is_known_when_nothing_helps(status, expected, safe):
    result = Server(None, status, refuses=("cancel sql", "kill session")).stop()
    assert not result.ended
    assert result.steps[1] == "cancel sql: ORA-01031: insufficient privileges"
    assert result.status is expected
    assert result.safe is safe


def test_without_a_second_session_nothing_is_known():
    server = Server(None)

    def watcher() -> OracleSession:
        raise OracleError("ORA-12541: no listener", connecting=True)

    session = cast("OracleSession", cast("Any", server))
    result = stop_call(session, WHO, server.ended, watcher, patience_s=0.01)
    assert result.steps == ("cancel", "no second session: ORA-12541: no listener")
    assert result.status is SessionStatus.UNKNOWN
    assert not result.safe
