"""Logon, descriptors, passwords and the end of connections, with the real driver."""

from __future__ import annotations

import time

import oracledb
import pytest

from tests.contract.driver.canned import LONG_PASSWORD, PASSWORD
from tests.contract.driver.conftest import Server, error_of


@pytest.mark.parametrize(
    "options",
    [{"password": "nope"}, {"user": "nobody"}, {"password": ""}, {"password": "x" * 1000}],
    ids=["wrong password", "unknown user", "empty password", "long password"],
)
def test_wrong_credentials(server: Server, options: dict[str, str]) -> None:
    error = error_of(lambda: server.connect(**options))
    assert error.full_code in ("ORA-01017", "DPY-4001")  # the driver itself refuses an empty one


def test_long_password_with_accents(server: Server) -> None:
    server.connect(user="ops", password=LONG_PASSWORD).close()


def test_unknown_service_and_sid(server: Server) -> None:
    error = error_of(lambda: server.connect(dsn=f"127.0.0.1:{server.port}/NOPE"))
    assert "ORA-12514" in error.message
    descriptor = (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={server.port}))"
        "(CONNECT_DATA=(SID=NOPE)))"
    )
    error = error_of(lambda: server.connect(dsn=descriptor))
    assert "ORA-12505" in error.message


def test_long_descriptor_travels_in_a_second_packet(server: Server) -> None:
    padding = "x" * 400
    descriptor = (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT={server.port}))"
        f"(CONNECT_DATA=(SERVICE_NAME=SVC)(PADDING={padding})))"
    )
    server.connect(dsn=descriptor).close()


@pytest.mark.parametrize(
    "options",
    [
        {"mode": oracledb.AUTH_MODE_SYSDBA},
        {"sdu": 512},
        {"sdu": 65535},
        {"disable_oob": True},
        {"expire_time": 1, "tcp_connect_timeout": 2.0},
    ],
    ids=str,
)
def test_connect_options(server: Server, options: dict[str, object]) -> None:
    with server.connect(**options) as connection, connection.cursor() as cursor:
        cursor.execute("select level from dual connect by level <= 2000")
        assert len(cursor.fetchall()) == 2000


def test_refused_logon_names_the_reason(server: Server) -> None:
    error = error_of(lambda: server.connect(program="unwanted"))
    assert error.full_code == "ORA-01045"


def test_identity_of_the_session(connection: oracledb.Connection) -> None:
    assert connection.version.startswith("19.")
    assert connection.instance_name == "CANNED"
    assert connection.service_name == "SVC"
    assert connection.session_id > 0


def test_change_password(server: Server) -> None:
    with server.connect() as connection:
        error = error_of(lambda: connection.changepassword("wrong", "lion"))
        assert error.full_code == "ORA-28008"
        connection.changepassword(PASSWORD, "lion")
    assert error_of(server.connect).full_code == "ORA-01017"
    with server.connect(password="lion") as connection:
        connection.changepassword("lion", PASSWORD)
    server.connect().close()


def test_every_session_is_closed_once(server: Server) -> None:
    kept = [server.connect() for _ in range(5)]
    for connection in kept:
        connection.close()
    end = time.monotonic() + 5
    while (counts := server.ask())[0] != counts[1] and time.monotonic() < end:
        time.sleep(0.02)
    assert counts[0] == counts[1]


def test_pool_and_threads(server: Server) -> None:
    pool = oracledb.create_pool(
        user="scott", password=PASSWORD, dsn=server.dsn, min=2, max=4, increment=1
    )
    for i in range(20):
        with pool.acquire() as connection, connection.cursor() as cursor:
            cursor.execute("select :x from dual", x=i)
            assert cursor.fetchone() == (i,)
    pool.close()
