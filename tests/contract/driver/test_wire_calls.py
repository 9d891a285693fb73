"""Errors, cancel, timeouts, attributes, vanished clients and junk, with the real driver."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import oracledb
import pytest

from tests.contract.driver.conftest import Server, error_of

Cursor = oracledb.Cursor


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Poll until `condition()` holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def still_works(connection: oracledb.Connection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select :x from dual", x=3)
        return bool(cursor.fetchone() == (3,))


def test_error_code_text_and_offset(connection: oracledb.Connection, cursor: Cursor) -> None:
    error = error_of(lambda: cursor.execute("select * from nonexist"))
    assert (error.full_code, error.offset) == ("ORA-00942", 14)
    error = error_of(lambda: cursor.execute("begin raise; end;"))
    assert error.full_code == "ORA-20001"
    assert "ORA-06512: at line 1" in error.message
    assert still_works(connection)


def test_error_in_the_middle_of_a_fetch(cursor: Cursor) -> None:
    error = error_of(lambda: cursor.execute("select broken_row from dual"))
    assert error.full_code == "ORA-01476"
    assert still_works(cursor.connection)


def test_a_bug_is_an_internal_error_and_the_session_lives(cursor: Cursor) -> None:
    error = error_of(lambda: cursor.execute("select bug from dual"))
    assert (error.full_code, "DTM-SBX-999" in error.message) == ("ORA-03001", True)
    assert still_works(cursor.connection)


def test_compile_warning(cursor: Cursor) -> None:
    cursor.execute("create procedure fine as begin null; end;")
    fine = cursor.warning
    cursor.execute("create procedure broken as begin null; end;")
    broken: Any = cursor.warning
    assert (fine, broken.full_code) == (None, "DPY-7000")


def test_transaction_state(connection: oracledb.Connection, cursor: Cursor) -> None:
    cursor.execute("insert into t values (:1)", [1])
    states = [connection.transaction_in_progress]
    connection.rollback()
    assert [*states, connection.transaction_in_progress] == [True, False]
    connection.autocommit = True
    for _ in range(3):
        cursor.execute("insert into t values (:1)", [1])
        assert not connection.transaction_in_progress


def test_end_to_end_attributes(connection: oracledb.Connection, cursor: Cursor) -> None:
    connection.module, connection.action = "mod", "act"
    connection.client_identifier, connection.clientinfo = "cid", "info"
    for name, value in (
        ("module", "mod"),
        ("action", "act"),
        ("client_identifier", "cid"),
        ("client_info", "info"),
    ):
        cursor.execute(f"select attribute {name}")
        assert cursor.fetchone() == (value,)
    connection.module = "m" * 49
    assert error_of(connection.ping).full_code == "ORA-24960"
    assert still_works(connection)


def test_current_schema(connection: oracledb.Connection) -> None:
    connection.current_schema = "HR"
    assert still_works(connection)
    connection.current_schema = "NOBODY"
    assert error_of(connection.ping).full_code == "ORA-01435"
    connection.current_schema = "HR"  # the driver asks for it again until it succeeds
    assert still_works(connection)


def test_unsupported_functions_answer_with_an_error(connection: oracledb.Connection) -> None:
    error = error_of(lambda: connection.tpc_begin(connection.xid(1, "a", "b")))
    assert error.full_code == "ORA-03001"
    error = error_of(lambda: connection.subscribe(callback=print))
    assert error.code in (3001, 0) or error.full_code.startswith(("DPY", "ORA"))
    assert still_works(connection)


def test_cancel(connection: oracledb.Connection, cursor: Cursor) -> None:
    threading.Timer(0.2, connection.cancel).start()
    start = time.monotonic()
    error = error_of(lambda: cursor.execute("begin sleep(20); end;"))
    assert error.full_code == "ORA-01013"
    assert time.monotonic() - start < 5
    assert still_works(connection)


def test_call_timeout(connection: oracledb.Connection, cursor: Cursor) -> None:
    connection.call_timeout = 200
    start = time.monotonic()
    assert error_of(lambda: cursor.execute("begin sleep(20); end;")).full_code == "DPY-4024"
    assert time.monotonic() - start < 5
    connection.call_timeout = 0
    assert still_works(connection)


def code_of(call: Callable[[], object]) -> int:
    """The ORA number a call ends with, 0 when it succeeds."""
    try:
        call()
    except oracledb.DatabaseError as error:
        return int(error.args[0].code)
    except oracledb.InterfaceError:  # nothing to fetch: the execute was cancelled
        return 0
    return 0


def test_cancel_at_random_moments(connection: oracledb.Connection, cursor: Cursor) -> None:
    chance = random.Random(7)
    codes = set()
    for _ in range(40):
        timer = threading.Timer(chance.random() * 0.004, connection.cancel)
        timer.start()
        codes.add(
            code_of(lambda: cursor.execute("select level from dual connect by level <= 300"))
        )
        codes.add(code_of(cursor.fetchall))
        timer.join()
    codes.add(code_of(connection.ping))  # a late cancel may hit it
    assert codes <= {0, 1013, 1001, 1002}
    assert still_works(connection)


def test_call_of_a_vanished_client_runs_to_its_end(server: Server) -> None:
    _, _, slept = server.ask()
    code = (
        "import oracledb\n"
        f"c = oracledb.connect(user='scott', password='tiger', dsn='{server.dsn}')\n"
        "print('in', flush=True)\n"
        "c.cursor().execute('begin sleep(1.0); end;')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        client.stdout.readline()
        time.sleep(0.3)
        client.kill()
    assert wait_for(lambda: server.ask()[2] == slept + 1)
    assert wait_for(lambda: server.ask()[0] == server.ask()[1])


def test_killed_while_idle_and_while_working(server: Server) -> None:
    with server.connect() as connection:
        assert wait_for(lambda: server.ask()[0] == server.ask()[1] + 1)  # nobody else is left
        server.ask(f"kill {connection.session_id}")
        assert wait_for(lambda: server.ask()[0] == server.ask()[1])  # ended before it asks again
        error = error_of(lambda: connection.cursor().execute("select 1 from dual"))
        assert error.code == 28
        assert not connection.is_healthy()
    with server.connect() as connection:
        threading.Timer(0.2, lambda: server.ask(f"kill {connection.session_id}")).start()
        error = error_of(lambda: connection.cursor().execute("begin sleep(20); end;"))
        assert error.code == 28


@pytest.mark.parametrize("when", ["before", "after"])
def test_dropped_around_the_answer(server: Server, when: str) -> None:
    connection = server.connect()
    cursor = connection.cursor()
    call = f"update t set drop_{when} = 1"
    if when == "before":
        assert error_of(lambda: cursor.execute(call)).full_code == "DPY-4011"
    else:
        cursor.execute(call)
        assert error_of(lambda: cursor.execute("select 1 from dual")).full_code == "DPY-4011"


def test_junk_does_no_harm(server: Server) -> None:
    chance = random.Random(42)
    with server.connect() as connection:
        for i in range(200):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                junk = chance.randbytes(chance.randint(1, 300))
                if i % 2:
                    junk = b"\x00\x40\x00\x00\x01\x00\x00\x00" + chance.randbytes(56)
                client.sendall(junk)
        assert still_works(connection)


def test_junk_behind_a_logon_does_no_harm(server: Server) -> None:
    """Requests of a logged-on client, with bytes turned, cut short or repeated."""
    chance = random.Random(11)
    recorded = record_session(server)
    with server.connect() as watcher:
        for _ in range(150):
            packets = [bytearray(packet) for packet in recorded]
            victim = packets[chance.randrange(len(packets))]
            for _ in range(chance.randint(1, 4)):
                victim[chance.randrange(len(victim))] = chance.randrange(256)
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.settimeout(0.005)
                for packet in packets:
                    try:
                        client.sendall(packet)
                        client.recv(65536)
                    except OSError:
                        continue
        assert still_works(watcher)


def record_session(server: Server) -> list[bytes]:
    """The packets a client sends for a logon and some calls (they will not pass a second time)."""
    recorded: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as front:
        port = front.getsockname()[1]

        def forward() -> None:
            client, _ = front.accept()
            with client, socket.create_connection(("127.0.0.1", server.port)) as back:
                threading.Thread(target=copy, args=(back, client, None), daemon=True).start()
                copy(client, back, recorded)

        thread = threading.Thread(target=forward, daemon=True)
        thread.start()
        with server.connect(dsn=f"127.0.0.1:{port}/SVC") as connection:
            still_works(connection)
            connection.commit()
        thread.join(5)
    return recorded


def copy(source: socket.socket, target: socket.socket, recorded: list[bytes] | None) -> None:
    """Copy bytes until either side ends."""
    try:
        while data := source.recv(65536):
            if recorded is not None:
                recorded.append(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_silent_client_is_dropped_before_logon(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(10)
        assert client.recv(10) == b""


def test_wide_and_big_statements(cursor: Cursor) -> None:
    names = ", ".join(f":b{i}" for i in range(900))
    cursor.execute(f"select {names} from dual", list(range(900)))
    assert cursor.fetchone() == tuple(range(900))
    cursor.execute("select :x /* " + "y" * 500_000 + " */ from dual", [1])
    assert cursor.fetchone() == (1,)
