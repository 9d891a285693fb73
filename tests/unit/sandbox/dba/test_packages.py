"""Packages as DBAs write them - purge, partition roll, index rebuild, archive - run as a whole.

The expected results follow from the 19c books named in the other tests of this folder; each
package mixes dictionary queries, dynamic DDL, exceptions, collections and logging.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.unit.sandbox.dba.conftest import Dba

SOURCES = Path(__file__).parent / "packages"


def install(app: Dba, name: str) -> None:
    """Create everything in a file; units end with a line of only a slash. Nothing is INVALID."""
    text = (SOURCES / name).read_text(encoding="utf-8")
    for statement in text.split("\n/\n"):
        if statement.strip():
            app.run(statement.strip())
    errors = app.rows("SELECT name, line, position, text FROM user_errors")
    assert errors == []


@pytest.fixture
def today() -> dt.date:
    return dt.date.today().replace(day=1)


def month(day: dt.date, back: int) -> dt.date:
    index = day.year * 12 + day.month - 1 - back
    return dt.date(index // 12, index % 12 + 1, 1)


def test_rolling_window(app: Dba, system: Dba, today: dt.date) -> None:
    """Old monthly partitions are archived by exchange and dropped, new ones split off MAXVALUE,
    spoiled indexes rebuilt; HIGH_VALUE (a LONG) is read and evaluated."""
    install(app, "roll.sql")
    for back in range(8):
        day = month(today, back).replace(day=15)
        app.run(
            f"INSERT INTO events SELECT event_seq.NEXTVAL, DATE '{day}', 'payload' "
            f"FROM dual CONNECT BY LEVEL <= {back + 1}"
        )
    app.commit()
    app.run("BEGIN part_roll.extend('EVENTS', 3); END;")
    names = app.column(
        "SELECT partition_name FROM user_tab_partitions WHERE table_name = 'EVENTS' "
        "ORDER BY partition_position"
    )
    expected = [f"P{month(today, back):%Y%m}" for back in range(7, -4, -1)]
    assert names == ["P0", *expected, "PMAX"]
    assert app.value(f"SELECT COUNT(*) FROM events PARTITION ({expected[0]})") == 8
    purge = "BEGIN part_roll.purge('EVENTS', 5, archive => TRUE); END;"
    app.fails(1031, purge)  # RESOURCE, a role, does not count in a definer-rights package
    system.run(f"GRANT CREATE TABLE TO {app.user}")
    app.run(purge)
    names = app.column(
        "SELECT partition_name FROM user_tab_partitions WHERE table_name = 'EVENTS' "
        "ORDER BY partition_position"
    )
    assert names == [*expected[2:], "PMAX"]
    # Seven and six months back: 8 + 7 rows went to the archive, 6 + ... + 1 stay.
    assert app.value("SELECT COUNT(*) FROM events") == 21
    assert app.value("SELECT COUNT(*) FROM events_archive") == 15
    assert app.column("SELECT status FROM user_indexes WHERE table_name = 'EVENTS'") == [
        "VALID", "N/A",
    ] or set(app.column("SELECT status FROM user_indexes WHERE table_name = 'EVENTS'")) == {
        "VALID", "N/A",
    }  # fmt: skip
    assert app.column("SELECT DISTINCT status FROM user_ind_partitions") == ["USABLE"]
    assert app.rows(
        "SELECT action, COUNT(*) FROM roll_log WHERE status = 'OK' GROUP BY action ORDER BY 1"
    ) == [("DROP", 3), ("EXCHANGE", 2), ("REBUILD", 1), ("SPLIT", 11)]
    assert app.rows("SELECT * FROM roll_log WHERE status <> 'OK'") == []
    app.run(purge)  # nothing is left to do
    assert app.value("SELECT COUNT(*) FROM roll_log") == 17
    text = app.fails(20010, "BEGIN part_roll.purge('NOPE', 5, TRUE); END;")
    assert text.startswith("ORA-20010: table NOPE is not range partitioned")


def test_chunked_purge(app: Dba) -> None:
    """Deletes in chunks with BULK COLLECT, FORALL and SAVE EXCEPTIONS; child rows keep theirs."""
    install(app, "purge.sql")
    app.run("BEGIN FOR i IN 1 .. 1000 LOOP INSERT INTO orders VALUES "
            "(i, TRUNC(SYSDATE) - MOD(i, 100), CASE WHEN MOD(i, 10) = 0 THEN 'OPEN' "
            "ELSE 'DONE' END); END LOOP; "
            "INSERT INTO order_items SELECT order_id, 1 FROM orders WHERE MOD(order_id, 250) = 99; "
            "COMMIT; END;")  # fmt: skip
    old = app.value(
        "SELECT COUNT(*) FROM orders WHERE order_date < TRUNC(SYSDATE) - 49 AND status = 'DONE'"
    )
    # 50 of every 100 days, without the tenth that is OPEN.
    assert old == 450
    held = app.value(
        "SELECT COUNT(*) FROM orders o WHERE order_date < TRUNC(SYSDATE) - 49 AND status = 'DONE' "
        "AND EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.order_id)"
    )
    assert held == 2
    app.run(
        "DECLARE r purge_orders.result_t; BEGIN r := purge_orders.run(49, 100); "
        "INSERT INTO outcome VALUES (r.deleted, r.failed, r.chunks); COMMIT; END;"
    )
    assert app.rows("SELECT * FROM outcome") == [(448, 2, 5)]
    assert app.value("SELECT COUNT(*) FROM orders") == 552
    assert app.rows("SELECT DISTINCT error_code FROM purge_errors ORDER BY 1") == [(2292,)]
    assert app.value("SELECT COUNT(*) FROM purge_errors") == 2
    app.fails(20001, "BEGIN IF purge_orders.run(0, 100).deleted > 0 THEN NULL; END IF; END;")


def test_index_keeper(app: Dba) -> None:
    """Finds UNUSABLE indexes and partitions and rebuilds them; a lock held by another session is
    retried, then reported (ORA-00054)."""
    install(app, "rebuild.sql")
    app.run(
        "INSERT INTO facts SELECT LEVEL, MOD(LEVEL, 30), 'x' FROM dual CONNECT BY LEVEL <= 90",
        "COMMIT",
        "ALTER TABLE facts MOVE PARTITION p2",
        "ALTER TABLE plain MOVE",
    )
    app.fails(1502, "INSERT INTO plain VALUES (1)")
    other = app.again()
    other.run("UPDATE facts SET v = 'y' WHERE id = 1")
    app.run("BEGIN index_keeper.run; END;")
    assert app.rows(
        "SELECT object_name, part_name, outcome FROM keeper_log ORDER BY object_name, part_name"
    ) == [
        ("FACTS_N", "P2", "ORA-00054"), ("FACTS_PK", None, "ORA-00054"), ("PLAIN_PK", None, "OK"),
    ]  # fmt: skip
    other.rollback()
    app.run("DELETE FROM keeper_log", "COMMIT", "BEGIN index_keeper.run; END;")
    assert app.rows("SELECT object_name, outcome FROM keeper_log ORDER BY object_name") == [
        ("FACTS_N", "OK"), ("FACTS_PK", "OK"),
    ]  # fmt: skip
    assert app.value("SELECT index_keeper.unusable_count FROM dual") == 0
    app.run("INSERT INTO plain VALUES (1)")


def test_space_keeper(app: Dba, system: Dba) -> None:
    """Reads sizes and quotas, truncates what its rules name, disables and enables foreign keys."""
    install(app, "space.sql")
    app.run(
        "INSERT INTO staging SELECT LEVEL, RPAD('x', 900, 'x') FROM dual CONNECT BY LEVEL <= 500",
        "INSERT INTO staging_detail SELECT id FROM staging",
        "COMMIT",
    )
    app.fails(2266, "TRUNCATE TABLE staging")
    app.run("BEGIN space_keeper.run(p_limit_kb => 100); END;")
    assert app.value("SELECT COUNT(*) FROM staging") == 0
    assert app.value("SELECT COUNT(*) FROM staging_detail") == 0
    assert app.rows("SELECT constraint_name, status, validated FROM user_constraints "
                    "WHERE constraint_type = 'R'") == [
        ("DETAIL_FK", "ENABLED", "VALIDATED")
    ]  # fmt: skip
    kb_before, kb_after = app.rows(
        "SELECT kb_before, kb_after FROM space_log WHERE segment_name = 'STAGING'"
    )[0]
    assert kb_before > 400 > 100 > kb_after
    app.fails(2291, "INSERT INTO staging_detail VALUES (1)")
