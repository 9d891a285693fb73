"""User locks: sharing, exclusion, holders, the code gate, life without DBMS_LOCK."""

from __future__ import annotations

import time

import pytest

from dtm.errors import Locked
from dtm.oracle.errors import OracleError
from dtm.oracle.install import code_gate
from dtm.oracle.locks import (
    LockResult,
    Mode,
    holders,
    release,
    request,
    request_all,
    tagged_sessions,
)
from dtm.oracle.session import OracleSession
from tests.conftest import Database
from tests.contract.oracle.conftest import Client

LOCK = "DTM$W$MILL"


def ended(client_session: OracleSession, sid: int) -> None:
    """Wait until the server has ended a session that was closed."""
    give_up = time.monotonic() + 5
    sql = "SELECT COUNT(*) FROM gv$session WHERE sid = :sid"
    while client_session.query(sql, {"sid": sid}) != [(0,)]:
        assert time.monotonic() < give_up
        time.sleep(0.02)


OTHER = "DTM$S$MILL"


def test_shared_locks_share_and_exclusive_ones_do_not(client: Client) -> None:
    one, two, three = client.open(), client.open(), client.open()
    assert request(one, LOCK, Mode.S) is LockResult.ACQUIRED
    assert request(two, LOCK, Mode.S) is LockResult.ACQUIRED
    assert request(three, LOCK, Mode.X) is LockResult.BUSY
    assert release(one, LOCK)
    assert not release(one, LOCK)
    assert request(three, LOCK, Mode.X) is LockResult.BUSY
    two.close()
    assert request(three, LOCK, Mode.X, timeout_s=5) is LockResult.ACQUIRED
    assert request(one, LOCK, Mode.S) is LockResult.BUSY


def test_a_session_that_owns_the_lock_is_told_so(client: Client) -> None:
    session = client.open()
    assert request(session, LOCK, Mode.X).held
    assert request(session, LOCK, Mode.X) is LockResult.ALREADY_OWNED


def test_a_lock_survives_commit_and_rollback(client: Client) -> None:
    session, other = client.open(), client.open()
    request(session, LOCK, Mode.X)
    session.execute("INSERT INTO ledger (what) VALUES ('x')")
    session.commit()
    session.rollback()
    assert request(other, LOCK, Mode.X) is LockResult.BUSY


def test_several_locks_all_or_none_in_one_round_trip(client: Client) -> None:
    holder, session, other = client.open(), client.open(), client.open()
    request(holder, LOCK, Mode.X)
    before = session.round_trips
    assert request_all(session, [(OTHER, Mode.S), ("DTM$CODE$X", Mode.S)]).held
    assert session.round_trips == before + 1
    assert request_all(other, [(OTHER, Mode.S), (LOCK, Mode.S)]) is LockResult.BUSY
    session.close()
    assert request(holder, OTHER, Mode.X, timeout_s=5) is LockResult.ACQUIRED


def test_holders_are_named(client: Client) -> None:
    session = client.open()
    session.tag(module="DTM.turn-mill", action="grind", client_identifier="dtm:run-1:7")
    request(session, LOCK, Mode.S)
    (info,) = holders(client.main, LOCK)
    assert info.sid == session.identity().sid
    assert (info.mode, info.username) == (Mode.S, client.schema.user)
    assert (info.module, info.action) == ("DTM.turn-mill", "grind")
    assert info.client_identifier == "dtm:run-1:7"
    assert str(info).startswith(f"SID {info.sid}, SERIAL# {info.serial}, instance 1")
    assert holders(client.main, OTHER) == ()


def test_locks_are_refused_inside_a_transaction(client: Client) -> None:
    client.main.execute("INSERT INTO ledger (what) VALUES ('open')")
    with pytest.raises(OracleError) as caught:
        request(client.main, LOCK, Mode.X)
    assert caught.value.code == "ORA-20118"
    client.main.rollback()
    assert client.ledger() == []


def test_the_code_gate_waits_for_running_tasks(client: Client) -> None:
    task = client.open()
    gate = f"DTM$CODE${client.schema.user}"
    request(task, gate, Mode.S)
    task.tag(module="DTM.turn-mill")
    assert task.alive()
    with (
        pytest.raises(Locked, match=r"in use: SID \d+, .*DTM\.turn-mill") as caught,
        code_gate(client.main, client.schema.user, 0),
    ):
        raise AssertionError("the gate let an install in")
    assert caught.value.exit_code == 4
    release(task, gate)
    with code_gate(client.main, client.schema.user, 0) as result:
        assert result is LockResult.ACQUIRED
        assert request(task, gate, Mode.S) is LockResult.BUSY
    assert request(task, gate, Mode.S) is LockResult.ACQUIRED


def test_without_dbms_lock_liveness_is_weak(database: Database) -> None:
    grants = ("CREATE SESSION", "SELECT ON SYS.GV_$SESSION")
    with database.schema("MILLER", grants) as schema:
        session, other = schema.connect(), schema.connect()
        assert request(session, LOCK, Mode.X) is LockResult.NOT_GRANTED
        assert not release(session, LOCK)
        assert holders(session, LOCK) == ()
        other.tag(client_identifier="dtm:run-w:7")
        assert other.alive()
        (seen,) = tagged_sessions(session, "dtm:run-w:") or ()
        assert seen.sid == other.identity().sid
        assert tagged_sessions(session, "dtm:run_w:") == ()
        other.close()
        ended(session, other.identity().sid)
        assert tagged_sessions(session, "dtm:run-w:") == ()
        session.close()


def test_without_any_view_nothing_is_known(database: Database) -> None:
    with database.schema("MILLER", ("CREATE SESSION",)) as schema:
        session = schema.connect()
        assert tagged_sessions(session, "dtm:") is None
        session.close()


def test_an_orphan_is_found_and_named(client: Client) -> None:
    orphan = client.open()
    orphan.tag(module="DTM.turn-mill", action="grind")
    request(orphan, LOCK, Mode.S)
    assert request(client.main, LOCK, Mode.X) is LockResult.BUSY
    (found,) = holders(client.main, LOCK)
    assert f"SID {orphan.identity().sid}" in str(found)
    assert "DTM.turn-mill, grind" in str(found)
    orphan.close()
    ended(client.main, orphan.identity().sid)
    assert holders(client.main, LOCK) == ()
    assert request(client.main, LOCK, Mode.X) is LockResult.ACQUIRED


def test_schemas_of_the_same_database_share_lock_names(database: Database, client: Client) -> None:
    with database.schema("BAKER", ("CREATE SESSION", "EXECUTE ON SYS.DBMS_LOCK")) as other:
        stranger = other.connect()
        request(client.main, LOCK, Mode.X)
        assert request(stranger, LOCK, Mode.X) is LockResult.BUSY
        stranger.close()
