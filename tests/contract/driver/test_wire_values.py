"""Every data type out and in, LOBs, arrays and cursors, with the real driver."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import oracledb
import pytest

from tests.contract.driver.canned import ROWID, STAMP, TYPES
from tests.contract.driver.conftest import Server, error_of

Cursor = oracledb.Cursor


def test_all_column_types(cursor: Cursor) -> None:
    cursor.execute("select * from types_demo")
    names = [column[0] for column in cursor.description or ()]
    rows = cursor.fetchall()
    assert len(rows) == 3
    row = dict(zip(names, rows[1], strict=True))
    expected = {column.name: value for column, value in TYPES}
    expected["TZ"] = STAMP  # the driver shows local time without the zone
    expected["YM"] = oracledb.IntervalYM(-1, -2)
    expected["AMT"] = -12.5
    assert row == expected


def test_description_of_columns(cursor: Cursor) -> None:
    cursor.execute("select * from types_demo")
    described: Any = cursor.description
    shown = {column[0]: tuple(column)[2:] for column in described}
    assert shown["ID"] == (10, None, 9, 0, False)
    assert shown["NAME"] == (30, 120, None, None, True)
    assert shown["BIG"] == (127, None, 0, -127, True)
    assert shown["TS"] == (23, None, 0, 6, True)


NUMBERS: list[Any] = [
    0, 1, -1, 9, 10, -10, 99, 100, 101, -100, 1000000, 2**63, -(2**63), -(2**120),
    10**37, 123456789012345678901234567890, 0.1, -0.001, 0.5, 1e-10, -1.5e20,
    decimal.Decimal("12345.678900"), decimal.Decimal("-99999999999999999999.999"),
    decimal.Decimal("1E-30"), decimal.Decimal("1E+100"), decimal.Decimal("0.00"),
]  # fmt: skip


@pytest.mark.parametrize("value", NUMBERS, ids=str)
def test_numbers_go_there_and_back(cursor: Cursor, value: Any) -> None:
    exact = cursor.var(decimal.Decimal)
    cursor.execute("begin echo(:a, :b); end;", [value, exact])
    assert exact.getvalue() == decimal.Decimal(str(value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (oracledb.DB_TYPE_VARCHAR, "žluťoučký 🐴"),
        (oracledb.DB_TYPE_VARCHAR, None),
        (oracledb.DB_TYPE_VARCHAR, "x" * 32767),
        (oracledb.DB_TYPE_NVARCHAR, "žluťoučký"),
        (oracledb.DB_TYPE_CHAR, "ab"),
        (oracledb.DB_TYPE_RAW, b"\x00\x01\xff"),
        (oracledb.DB_TYPE_DATE, dt.datetime.fromisoformat("0001-01-01")),
        (oracledb.DB_TYPE_DATE, dt.datetime.fromisoformat("9999-12-31 23:59:59")),
        (oracledb.DB_TYPE_TIMESTAMP, STAMP),
        (oracledb.DB_TYPE_TIMESTAMP_TZ, STAMP),
        (oracledb.DB_TYPE_BINARY_DOUBLE, -1.5e-300),
        (oracledb.DB_TYPE_BINARY_FLOAT, 0.25),
        (oracledb.DB_TYPE_BINARY_INTEGER, -7),
        (oracledb.DB_TYPE_BOOLEAN, True),
        (oracledb.DB_TYPE_BOOLEAN, False),
        (oracledb.DB_TYPE_BOOLEAN, None),
        (oracledb.DB_TYPE_INTERVAL_DS, dt.timedelta(days=-3, hours=5, microseconds=7)),
        (oracledb.DB_TYPE_INTERVAL_YM, oracledb.IntervalYM(3, 7)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_binds_go_there_and_back(cursor: Cursor, kind: Any, value: Any) -> None:
    given, got = cursor.var(kind, 32767), cursor.var(kind, 32767)
    given.setvalue(0, value)
    for _ in range(2):  # the second time only values travel
        cursor.execute("begin echo(:a, :b); end;", [given, got])
        assert got.getvalue() == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (oracledb.DB_TYPE_CLOB, "å" * 70000),
        (oracledb.DB_TYPE_CLOB, None),
        (oracledb.DB_TYPE_BLOB, b"\x01" * 70000),
    ],
    ids=["clob", "null", "blob"],
)
def test_lob_binds(cursor: Cursor, kind: Any, value: Any) -> None:
    given, got = cursor.var(kind), cursor.var(kind)
    given.setvalue(0, value and cursor.connection.createlob(kind, value))
    cursor.execute("begin echo(:a, :b); end;", [given, got])
    lob = got.getvalue()
    assert (lob and lob.read()) == value


def test_lob_columns_by_locator(cursor: Cursor) -> None:
    for _ in range(2):
        cursor.execute("select * from lobs")
        first, second, third = cursor.fetchall()
        assert first[1].size() == 100_003
        assert first[1].read() == "å" * 100_000 + "end"
        assert first[1].read(99_999, 10) == "åå" + "end"
        assert first[2].read() == b"\x01\x02" * 50_000
        assert second[1:] == (None, None)
        assert third[1].read() in ("", None)
        assert third[2].read() == b"x"


def test_lob_columns_inline(server: Server) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select * from lobs", fetch_lobs=False)
        first, second, third = cursor.fetchall()
        assert first[1] == "å" * 100_000 + "end"
        assert first[2] == b"\x01\x02" * 50_000
        assert second[1:] == (None, None)
        assert third[2] == b"x"


def test_temporary_lobs(connection: oracledb.Connection, cursor: Cursor) -> None:
    lob = connection.createlob(oracledb.DB_TYPE_CLOB, "hello")
    lob.write(" you", 6)
    assert lob.read() == "hello you"
    lob.trim(5)
    assert (lob.read(), lob.size(), lob.getchunksize()) == ("hello", 5, 8132)
    lob.open()
    assert lob.isopen()
    lob.close()
    got = cursor.var(oracledb.DB_TYPE_CLOB)
    cursor.execute("begin echo(:a, :b); end;", [lob, got])
    assert got.getvalue().read() == "hello"


def test_writing_a_row_lob_is_refused_not_lost(cursor: Cursor) -> None:
    cursor.execute("select * from lobs")
    lob = cursor.fetchone()[1]
    assert error_of(lambda: lob.write("x", 1)).full_code == "ORA-22920"


def test_ref_cursor_and_implicit_results(cursor: Cursor) -> None:
    with cursor.connection.cursor() as opened:
        cursor.execute("begin open :1 for x; end;", [opened])
        assert [row[0] for row in opened] == list(range(250))
    cursor.execute("begin return_result; end;")
    assert [len(result.fetchall()) for result in cursor.getimplicitresults()] == [3, 0]


def test_ref_cursor_as_in_bind(cursor: Cursor) -> None:
    with cursor.connection.cursor() as opened:
        cursor.execute("begin open :1 for x; end;", [opened])
        left = cursor.var(int)
        cursor.execute("begin drain(:1, :2); end;", [opened, left])
        assert left.getvalue() == 250


def test_array_bind(cursor: Cursor) -> None:
    given = cursor.arrayvar(str, ["a", None, "c"], 20)
    got = cursor.arrayvar(str, 10, 20)
    cursor.execute("begin echo(:a, :b); end;", [given, got])
    assert got.getvalue() == ["a", None, "c"]


def test_in_out_binds(cursor: Cursor) -> None:
    one, two = cursor.var(str), cursor.var(str)
    one.setvalue(0, "A")
    two.setvalue(0, "B")
    for expected in (("B", "A"), ("A", "B")):
        cursor.execute("begin swap(:a, :b); end;", a=one, b=two)
        assert (one.getvalue(), two.getvalue()) == expected


def test_returning(cursor: Cursor) -> None:
    got = cursor.var(int)
    for _ in range(2):
        cursor.execute("update t set a = :a returning id into :o", a=1, o=got)
        assert got.getvalue() == [1, 2, 3]


def test_long_binds_travel_last(cursor: Cursor) -> None:
    cursor.execute("select :a, :b, :c from dual", ["x" * 40_000, 5, "y" * 50_000])
    first, second, third = cursor.fetchone()
    assert (first.read(), second, third.read()) == ("x" * 40_000, 5, "y" * 50_000)


@pytest.mark.parametrize("arraysize", [1, 7, 5000])
@pytest.mark.parametrize("prefetch", [0, 2, 50])
def test_array_fetch(cursor: Cursor, arraysize: int, prefetch: int) -> None:
    cursor.arraysize, cursor.prefetchrows = arraysize, prefetch
    for count in (0, 1, 50, 51):
        cursor.execute(f"select level from dual connect by level <= {count}")
        assert [row[0] for row in cursor] == list(range(1, count + 1))


def test_scrollable_cursor(connection: oracledb.Connection) -> None:
    with connection.cursor(scrollable=True) as cursor:
        cursor.execute("select level from dual connect by level <= 10")
        assert cursor.fetchone() == (1,)
        cursor.scroll(5, "absolute")
        assert cursor.fetchone() == (5,)
        cursor.scroll(mode="last")
        assert cursor.fetchone() == (10,)
        cursor.scroll(mode="first")
        assert cursor.fetchmany(3) == [(1,), (2,), (3,)]


def test_more_batch_errors_than_a_byte_counts(cursor: Cursor) -> None:
    rows = [(1,)] * 300 + [(2,)]
    cursor.executemany("insert into uq values (:1)", rows, batcherrors=True)
    errors = cursor.getbatcherrors()
    assert [error.offset for error in errors] == list(range(300))
    assert {error.code for error in errors} == {1}
    assert cursor.rowcount == 1


def test_row_counts_and_array_error(cursor: Cursor) -> None:
    cursor.executemany("insert into uq values (:1)", [(2,), (3,)], arraydmlrowcounts=True)
    assert cursor.getarraydmlrowcounts() == [1, 1]
    error = error_of(lambda: cursor.executemany("insert into uq values (:1)", [(2,), (1,), (3,)]))
    assert error.full_code == "ORA-00001"
    assert cursor.rowcount == 1


def test_last_rowid(cursor: Cursor) -> None:
    cursor.execute("insert into uq values (:1)", [2])
    assert cursor.lastrowid == ROWID


def test_parse_describes_without_running(cursor: Cursor) -> None:
    cursor.parse("select * from types_demo")
    assert len(cursor.description or ()) == len(TYPES)
