"""One atomic task through the helper against its floor: the same work and two commits, bare driver.

The floor is what any durable orchestration must do: record the intent, do the work, record the
outcome. The helper's marker rides in the work's own commit, so it may even be below it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import oracledb
import pytest

from dtm.model.states import Phase
from dtm.oracle.calls import CallKind, MarkerKey, StreamStart, TaskCall, begin_stream, run_task
from dtm.oracle.helper import helper_packages
from dtm.oracle.install import install_unit
from dtm.oracle.tables import ensure_table
from tests.conftest import Database, Schema

CALLS = 150
WORK = """CREATE OR REPLACE PACKAGE bench AUTHID DEFINER AS
  PROCEDURE work(p_handle IN VARCHAR2);
END bench;
/"""
WORK_BODY = """CREATE OR REPLACE PACKAGE BODY bench AS
  PROCEDURE work(p_handle IN VARCHAR2) IS
  BEGIN
    INSERT INTO ledger (what) VALUES (p_handle);
  END work;
END bench;
/"""


def _median_ms(work: Callable[[int], object]) -> float:
    times = []
    for number in range(CALLS):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def _floor(schema: Schema) -> float:
    with oracledb.connect(user=schema.user, password=schema.password, dsn=schema.dsn) as bare:
        cursor = bare.cursor()
        cursor.execute("CREATE TABLE journal (n NUMBER PRIMARY KEY, state VARCHAR2(10))")

        def work(number: int) -> None:
            cursor.execute("INSERT INTO journal (n, state) VALUES (:n, 'STARTED')", n=number)
            bare.commit()
            cursor.execute("BEGIN bench.work(:handle); END;", handle="floor")
            cursor.execute("UPDATE journal SET state = 'DONE' WHERE n = :n", n=number)
            bare.commit()

        return _median_ms(work)


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_an_atomic_task(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    grants = ("CREATE SESSION", "CREATE TABLE", "CREATE PROCEDURE")
    with database.schema("BENCH", grants) as schema:
        session = schema.connect()
        helper = helper_packages()[0]
        for table in helper.tables:
            ensure_table(session, table)
        session.execute("CREATE TABLE ledger (what VARCHAR2(40))")
        for name, text in (("bench.pks", WORK), ("bench.pkb", WORK_BODY)):
            unit = type(helper.units[0])("PACKAGE", "BENCH", name, text)
            assert install_unit(session, unit).ok
        for unit in helper.units:
            assert install_unit(session, unit).ok
        begin_stream(session, StreamStart("1", None, "bench"), ())

        def task(number: int) -> None:
            key = MarkerKey("1", number, Phase.TASK, "work")
            assert run_task(session, TaskCall(key, CallKind.ATOMIC, "BENCH", "WORK", "1")).done

        before = session.round_trips
        cpu = time.process_time()
        measured = _median_ms(task)
        cpu = time.process_time() - cpu
        trips = (session.round_trips - before) / CALLS
        floor = _floor(schema)
        session.close()
    with capsys.disabled():
        print(
            f"\natomic task through the helper {measured:.2f} ms, {trips:.0f} round trip, "
            f"{cpu / CALLS * 1000:.2f} ms CPU here; bare driver with two commits {floor:.2f} ms: "
            f"{measured / floor:.2f} x floor"
        )
