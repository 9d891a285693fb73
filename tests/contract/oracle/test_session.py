"""A session: values, tags, identity, the end."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from dtm.oracle.errors import OracleError, WrongDatabase
from dtm.oracle.identity import check_name, check_recorded, check_writable, identify
from dtm.oracle.logons import Logons
from tests.conftest import Database, Schema
from tests.contract.oracle.conftest import Client


def test_values_there_and_back(client: Client) -> None:
    client.main.execute(
        "CREATE TABLE kinds (n NUMBER, d DATE, t TIMESTAMP(6), v VARCHAR2(40), c CLOB, r RAW(4))"
    )
    now = dt.datetime.fromisoformat("2024-02-29 13:14:15.123456")
    rows: list[dict[str, Any]] = [
        {"n": 7, "d": now.replace(microsecond=0), "t": now, "v": "\u00e4'", "c": "x" * 50_000,
         "r": b"\0\1"},
        {"n": Decimal("0.1"), "d": None, "t": None, "v": "", "c": None, "r": None},
        {"n": 10**37 + 1, "d": None, "t": None, "v": None, "c": "", "r": None},
    ]  # fmt: skip
    sql = "INSERT INTO kinds (n, d, t, v, c, r) VALUES (:n, :d, :t, :v, :c, :r)"
    for row in rows[:1]:
        assert client.main.execute(sql, row) == 1
    assert client.main.execute_many(sql, rows[1:]) == 2
    assert client.main.execute_many(sql, []) == 0
    client.main.commit()
    found = client.main.query("SELECT n, d, t, v, c, r FROM kinds ORDER BY n")
    assert found[0] == (Decimal("0.1"), None, None, None, None, None)
    assert found[1] == tuple(rows[0].values())
    assert found[2][0] == 10**37 + 1
    assert [type(row[0]) for row in found] == [Decimal, int, int]


def test_formats_do_not_depend_on_the_locale(client: Client) -> None:
    ((date, number, zone),) = client.main.query(
        "SELECT TO_CHAR(DATE '2024-02-29'), TO_CHAR(1.5), SESSIONTIMEZONE FROM dual"
    )
    assert (date, number, zone) == ("2024-02-29T00:00:00", "1.5", "UTC")


def test_many_rows(client: Client) -> None:
    rows = client.main.query("SELECT LEVEL FROM dual CONNECT BY LEVEL <= 3000")
    assert rows == [(n,) for n in range(1, 3001)]


def test_an_error_names_statement_code_and_place(client: Client) -> None:
    with pytest.raises(OracleError) as caught:
        client.main.query("SELECT * FROM no_such_table")
    error = caught.value
    assert error.code == "ORA-00942"
    assert error.sql == "SELECT * FROM no_such_table"
    assert error.where == client.schema.dsn
    assert error.offset == 14
    assert error.__cause__ is None


def test_tags_are_seen_by_others(client: Client) -> None:
    session = client.open()
    session.tag(
        module="DTM." + "m" * 60,
        action="\u00e4" * 20,
        client_info="run/1",
        client_identifier="dtm:run:7",
    )
    sid = session.identity().sid
    seen = client.main.query(
        "SELECT module, action, client_info, client_identifier FROM v$session WHERE sid = :sid",
        {"sid": sid},
    )
    assert seen == [(("DTM." + "m" * 60)[:48], "\u00e4" * 16, "run/1", "dtm:run:7")]


def test_identity(client: Client) -> None:
    identity = client.main.identity()
    assert identity == identify(client.main)
    assert identity.session_user == identity.current_schema == client.schema.user
    assert identity.role == "PRIMARY"
    assert identity.serial is not None
    assert identity.dbid is not None
    assert identity.startup_time is not None
    assert identity.sid != client.open().identity().sid
    check_writable(identity, "mill-1")
    check_name(identity, (), "mill-1")
    check_name(identity, ["ELSEWHERE", identity.db_unique_name.lower()], "mill-1")
    check_recorded(identity, identity.dbid, identity.pdb_guid, "mill-1")
    check_recorded(identity, None, None, "mill-1")


def test_the_wrong_database_is_refused(client: Client) -> None:
    identity = client.main.identity()
    with pytest.raises(WrongDatabase, match="the manifest expects ELSEWHERE or NOWHERE") as caught:
        check_name(identity, ["NOWHERE", "ELSEWHERE"], "mill-1")
    assert caught.value.where == "instance mill-1"
    assert identity.dbid is not None
    with pytest.raises(WrongDatabase, match="was recorded at first contact"):
        check_recorded(identity, identity.dbid + 1, None, "mill-1")


def test_identity_without_grants(database: Database) -> None:
    with database.schema("MILLER", ("CREATE SESSION",)) as schema:
        session = schema.connect()
        identity = session.identity()
        assert identity.db_unique_name
        assert (identity.dbid, identity.startup_time) == (None, None)
        check_writable(identity, "mill-1")
        session.close()


def test_a_closed_session(client: Client) -> None:
    session = client.open()
    session.execute("INSERT INTO ledger (what) VALUES ('open')")
    session.close()
    session.close()
    assert not session.alive()
    assert not session.cancel()
    with pytest.raises(OracleError) as caught:
        session.commit()
    assert caught.value.code == "DPY-1001"
    assert client.ledger() == []


def test_a_wrong_password_is_tried_once(schema: Schema) -> None:
    logons = Logons()
    for _ in range(3):
        with pytest.raises(OracleError) as caught:
            logons.connect(schema.spec, "wr0ng-c4nary", deadline_s=10, purpose="test")
        assert caught.value.code == "ORA-01017"
        assert "wr0ng-c4nary" not in caught.value.text
    session = schema.connect()  # the account is not locked
    session.close()


def test_an_unknown_service(schema: Schema) -> None:
    with pytest.raises(OracleError) as caught:
        Logons().connect(schema.elsewhere("NO_SUCH"), "x", deadline_s=10, purpose="test")
    assert caught.value.code == "ORA-12514"
    assert caught.value.message.startswith("ORA-12514: ")


def test_identity_without_any_grant_on_a_view(database: Database) -> None:
    with database.schema("BARE", ("CREATE SESSION",)) as schema:
        session = schema.connect()
        identity = session.identity()
        session.close()
    assert identity.session_user == schema.user
    assert (identity.dbid, identity.serial, identity.startup_time) == (None, None, None)
    check_writable(identity, "mill-1")
