"""A task call when the connection, the server or a DBA gets in its way; needs the sandbox's faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from dtm.oracle.calls import CallKind, MarkerState, Outcome, marker, run_task
from dtm.oracle.codes import ErrorClass
from dtm.oracle.connect import connect
from dtm.oracle.control import SessionStatus, session_status, stop_call
from dtm.oracle.errors import OracleError
from tests.conftest import Database
from tests.contract.oracle.conftest import Client, call
from tests.sandbox_process import SandboxProcess

BLOCK = "dtm.task_begin"


@pytest.fixture
def process(sandbox: Database) -> Iterator[SandboxProcess]:
    assert sandbox.sandbox is not None
    yield sandbox.sandbox
    sandbox.sandbox.clear_faults()


def lost(mill: Client, procedure: str = "GRIND", kind: CallKind = CallKind.ATOMIC) -> OracleError:
    session = mill.open()
    with pytest.raises(OracleError) as caught:
        run_task(session, call(procedure, kind=kind))
    assert session.in_doubt
    return caught.value


def test_the_answer_is_lost_after_the_commit(mill: Client, process: SandboxProcess) -> None:
    process.fault("drop-before", match=BLOCK)
    error = lost(mill)
    assert error.error_class is ErrorClass.UNKNOWN_OUTCOME
    found = marker(mill.main, call("GRIND").key)
    assert found is not None
    assert found.state is MarkerState.DONE
    assert run_task(mill.main, call("GRIND")).outcome is Outcome.ALREADY_DONE
    assert mill.ledger() == ["ground"]


def test_the_connection_is_lost_before_the_call(mill: Client, process: SandboxProcess) -> None:
    process.fault("drop-call", match=BLOCK)
    assert lost(mill).error_class is ErrorClass.UNKNOWN_OUTCOME
    assert marker(mill.main, call("GRIND").key) is None
    assert run_task(mill.main, call("GRIND")).outcome is Outcome.DONE
    assert mill.ledger() == ["ground"]


def test_a_self_committing_task_whose_answer_is_lost(
    mill: Client, process: SandboxProcess
) -> None:
    process.fault("drop-before", match=BLOCK)
    lost(mill, "COMMITS", CallKind.SELF_COMMITTING)
    again = run_task(mill.main, call("COMMITS", kind=CallKind.SELF_COMMITTING))
    assert again.outcome is Outcome.ALREADY_DONE
    assert mill.ledger() == ["before commit"]


def test_an_error_that_is_worth_a_retry(mill: Client, process: SandboxProcess) -> None:
    process.fault("error", match=BLOCK, code=54)
    with pytest.raises(OracleError) as caught:
        run_task(mill.main, call("GRIND"))
    assert caught.value.error_class is ErrorClass.TRANSIENT
    assert not mill.main.in_doubt
    assert run_task(mill.main, call("GRIND")).outcome is Outcome.DONE


@pytest.mark.parametrize("action", ["hang", "refuse"])
def test_connecting_is_bounded(mill: Client, process: SandboxProcess, action: str) -> None:
    process.fault(action, times=0, seconds=30)
    started = time.monotonic()
    with pytest.raises(OracleError) as caught:
        connect(mill.schema.spec, mill.schema.password, deadline_s=1.0, purpose="test")
    assert time.monotonic() - started < 4.0
    assert caught.value.error_class is ErrorClass.TRANSIENT_CONNECT
    assert mill.schema.password not in caught.value.text


def test_a_slow_session_set_up_is_bounded(mill: Client, process: SandboxProcess) -> None:
    process.fault("delay", match="NLS_DATE_FORMAT", seconds=20)
    started = time.monotonic()
    with pytest.raises(OracleError, match="no answer from") as caught:
        connect(mill.schema.spec, mill.schema.password, deadline_s=1.0, purpose="test")
    assert time.monotonic() - started < 8.0
    assert caught.value.error_class is ErrorClass.TRANSIENT_CONNECT


class Waiting:
    """A session whose task waits for a row that the main session holds."""

    def __init__(self, mill: Client) -> None:
        mill.main.execute("INSERT INTO ledger (what) VALUES ('locked')")
        mill.main.commit()
        mill.main.execute("UPDATE ledger SET what = 'locked'")
        self.session = mill.open()
        self.identity = self.session.identity()
        self.ended = threading.Event()
        self.error: OracleError | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        watcher = mill.open()
        give_up = time.monotonic() + 10
        while session_status(watcher, self.identity) is not SessionStatus.WORKING:
            assert time.monotonic() < give_up
            time.sleep(0.02)

    def _run(self) -> None:
        try:
            run_task(self.session, call("WAITS_FOR_ROW"))
        except OracleError as error:
            self.error = error
        self.ended.set()


def test_the_ladder_ends_at_the_first_step_that_helps(mill: Client) -> None:
    waiting = Waiting(mill)
    result = stop_call(waiting.session, waiting.identity, waiting.ended, mill.open, patience_s=10)
    assert (result.ended, result.steps) == (True, ("cancel",))
    assert result.safe
    assert waiting.error is not None
    assert waiting.error.error_class is ErrorClass.CANCELLED
    waiting.thread.join()
    assert session_status(mill.open(), waiting.identity) is SessionStatus.IDLE


def test_a_dba_may_climb_to_the_end(mill: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = Waiting(mill)
    monkeypatch.setattr(type(waiting.session), "cancel", lambda _self: True)
    result = stop_call(
        waiting.session, waiting.identity, waiting.ended, mill.schema.admin, patience_s=2
    )
    assert result.ended
    assert result.steps == ("cancel", "cancel sql")
    waiting.thread.join()
    assert waiting.error is not None
    assert waiting.error.error_class is ErrorClass.CANCELLED


def test_without_privileges_the_session_is_named_as_working(
    mill: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting(mill)
    monkeypatch.setattr(type(waiting.session), "cancel", lambda _self: True)
    result = stop_call(waiting.session, waiting.identity, waiting.ended, mill.open, patience_s=0.2)
    assert not result.ended
    assert not result.safe
    assert result.status is SessionStatus.WORKING
    assert [step.partition(":")[0] for step in result.steps] == [
        "cancel",
        "cancel sql",
        "kill session",
    ]
    assert "ORA-01031" in result.steps[1]
    mill.main.rollback()
    waiting.thread.join(15)
    assert waiting.error is None


def test_a_killed_session_is_gone(mill: Client) -> None:
    victim = mill.open()
    identity = victim.identity()
    mill.schema.kill(identity.sid)
    give_up = time.monotonic() + 10
    while session_status(mill.main, identity) is not SessionStatus.GONE:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_cancelling_and_closing_what_was_killed_is_harmless(mill: Client) -> None:
    """Driver 26.1 crashes the whole process here if it is let."""
    victim = mill.open()
    mill.schema.kill(victim.identity().sid)
    with pytest.raises(OracleError):
        victim.query("SELECT 1 FROM dual")
    assert not victim.cancel()
    victim.close()
    waiting = Waiting(mill)
    closer = threading.Thread(target=waiting.session.close)
    closer.start()
    mill.schema.kill(waiting.identity.sid)
    for _ in range(500):
        waiting.session.cancel()
    waiting.thread.join(10)
    closer.join(10)
    assert waiting.ended.is_set()
