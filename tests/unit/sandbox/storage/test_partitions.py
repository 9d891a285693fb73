"""Partitions: VLDB and Partitioning Guide 19c, "Partition Administration"; SQL Language Reference,
ALTER TABLE; numbers from Error Messages 19c."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dtm.sandbox.kernel.errors import OraError, Unsupported
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


def parts(client: Client, name: str = "t") -> list[tuple[str, str]]:
    partitioning = client.table(name).partitioning
    assert partitioning is not None
    return [(p.name, p.text) for p in partitioning.partitions]


@pytest.fixture
def ranges(app: Client) -> Client:
    app.ddl(
        "CREATE TABLE t (n NUMBER, d DATE, CONSTRAINT t_pk PRIMARY KEY (n)) PARTITION BY RANGE (n) ("
        "PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20) TABLESPACE users, "
        "PARTITION p3 VALUES LESS THAN (30))"
    )
    for number in (1, 9, 10, 19, 25):
        app.insert("t", number, None)
    app.commit()
    return app


def in_part(client: Client, partition: str, table: str = "t") -> list[int]:
    return [row[0] for row in client.rows(table, '"N"', partition)]


def test_rows_are_routed(ranges: Client, fails: Fails) -> None:
    assert in_part(ranges, "P1") == [1, 9]
    assert in_part(ranges, "P2") == [10, 19]
    assert in_part(ranges, "P3") == [25]
    assert fails(14400, ranges.insert, "t", 30, None).text == (
        "ORA-14400: inserted partition key does not map to any partition"
    )
    fails(2149, in_part, ranges, "NOPE")
    fails(1, ranges.insert, "t", 9, None)  # keys are unique over all partitions


def test_partition_key_update(ranges: Client, fails: Fails) -> None:
    """ORA-14402 unless ROW MOVEMENT is enabled."""
    assert ranges.update("t", '"N"=5', "n=9") == 1
    fails(14402, ranges.update, "t", '"N"=15', "n=5")
    ranges.ddl("ALTER TABLE t ENABLE ROW MOVEMENT")
    assert ranges.update("t", '"N"=15', "n=5") == 1
    assert in_part(ranges, "P2") == [10, 15, 19]
    fails(14400, ranges.update, "t", '"N"=99', "n=15")


def test_null_keys_go_to_maxvalue(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) (PARTITION p VALUES LESS THAN (10))")
    fails(14400, app.insert, "t", None)
    app.ddl("ALTER TABLE t ADD PARTITION m VALUES LESS THAN (MAXVALUE)")
    app.insert("t", None)
    app.insert("t", 10)
    app.insert("t", 9)
    assert in_part(app, "M") == [10, None]
    assert in_part(app, "P") == [9]


def test_two_key_columns(app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE t (n NUMBER, m NUMBER) PARTITION BY RANGE (n, m) ("
        "PARTITION p1 VALUES LESS THAN (1, 10), PARTITION p2 VALUES LESS THAN (2, MAXVALUE))"
    )
    for n, m in ((0, 99), (1, 9), (1, 10), (2, 50), (1, None)):
        app.insert("t", n, m)
    assert app.rows("t", '"N", "M"', "P1") == [(0, 99), (1, 9)]
    assert app.rows("t", '"N", "M"', "P2") == [(1, 10), (1, None), (2, 50)]
    fails(14400, app.insert, "t", 3, 0)


def test_add_and_drop(ranges: Client, fails: Fails) -> None:
    fails(14074, ranges.ddl, "ALTER TABLE t ADD PARTITION p4 VALUES LESS THAN (25)")
    fails(14013, ranges.ddl, "ALTER TABLE t ADD PARTITION p1 VALUES LESS THAN (40)")
    ranges.ddl("ALTER TABLE t ADD PARTITION p4 VALUES LESS THAN (MAXVALUE)")
    ranges.insert("t", 1000, None)
    ranges.commit()
    ranges.ddl("ALTER TABLE t DROP PARTITION p2 UPDATE GLOBAL INDEXES")
    assert ranges.rows("t", '"N"') == [(1,), (1000,), (25,), (9,)]
    ranges.insert("t", 15, None)  # now in p3, which begins at 10
    assert in_part(ranges, "P3") == [15, 25]
    ranges.commit()
    ranges.ddl("ALTER TABLE t DROP PARTITIONS p3, p4")
    fails(14083, ranges.ddl, "ALTER TABLE t DROP PARTITION p1")
    fails(2149, ranges.ddl, "ALTER TABLE t DROP PARTITION p3")


def test_truncate_has_no_undo(ranges: Client) -> None:
    ranges.ddl("ALTER TABLE t TRUNCATE PARTITION p2 DROP STORAGE UPDATE INDEXES")
    ranges.rollback()
    assert ranges.rows("t", '"N"') == [(1,), (25,), (9,)]


def test_split_and_merge(ranges: Client, fails: Fails) -> None:
    ranges.ddl("ALTER TABLE t SPLIT PARTITION p2 AT (15) INTO (PARTITION p2a, PARTITION p2b)")
    assert parts(ranges) == [("P1", "10"), ("P2A", "15"), ("P2B", "20"), ("P3", "30")]
    assert in_part(ranges, "P2A") == [10]
    assert in_part(ranges, "P2B") == [19]
    fails(
        14080,
        ranges.ddl,
        "ALTER TABLE t SPLIT PARTITION p3 AT (5) INTO (PARTITION x, PARTITION y)",
    )
    fails(14274, ranges.ddl, "ALTER TABLE t MERGE PARTITIONS p1, p2b INTO PARTITION x")
    ranges.ddl("ALTER TABLE t MERGE PARTITIONS p2a, p2b INTO PARTITION p2")
    assert in_part(ranges, "P2") == [10, 19]
    ranges.ddl("ALTER TABLE t RENAME PARTITION p2 TO middle")
    assert [name for name, _ in parts(ranges)] == ["P1", "MIDDLE", "P3"]


def test_exchange(ranges: Client, fails: Fails) -> None:
    ranges.ddl("CREATE TABLE x (n NUMBER NOT NULL, d DATE)", "CREATE TABLE y (n NUMBER)")
    ranges.insert("x", 11, None)
    ranges.insert("x", 12, None)
    ranges.commit()
    ranges.ddl(
        "ALTER TABLE t EXCHANGE PARTITION p2 WITH TABLE x INCLUDING INDEXES WITH VALIDATION"
    )
    assert in_part(ranges, "P2") == [11, 12]
    assert ranges.rows("x", '"N"') == [(10,), (19,)]
    fails(14099, ranges.ddl, "ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE x")
    with pytest.raises(Unsupported, match="WITHOUT VALIDATION"):
        ranges.ddl("ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE x WITHOUT VALIDATION")
    fails(14096, ranges.ddl, "ALTER TABLE t EXCHANGE PARTITION p1 WITH TABLE y")
    assert ranges.rows("x", '"N"') == [(10,), (19,)]
    ranges.ddl(
        "ALTER TABLE t EXCHANGE PARTITION p2 WITH TABLE x EXCLUDING INDEXES WITHOUT VALIDATION"
    )
    assert in_part(ranges, "P2") == [10, 19]


def test_list_partitions(app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE t (n NUMBER, r VARCHAR2(5)) PARTITION BY LIST (r) ("
        "PARTITION eu VALUES ('DE', 'FR'), PARTITION us VALUES ('US', NULL))"
    )
    app.insert("t", 1, "DE")
    app.insert("t", 2, None)
    fails(14400, app.insert, "t", 3, "JP")
    app.commit()
    assert in_part(app, "US") == [2]
    fails(14312, app.ddl, "ALTER TABLE t ADD PARTITION x VALUES ('FR')")
    app.ddl("ALTER TABLE t ADD PARTITION rest VALUES (DEFAULT)")
    fails(14323, app.ddl, "ALTER TABLE t ADD PARTITION jp VALUES ('JP')")
    app.insert("t", 3, "JP")
    app.commit()
    assert in_part(app, "REST") == [3]
    app.ddl("ALTER TABLE t SPLIT PARTITION rest VALUES ('JP') INTO (PARTITION jp, PARTITION rest)")
    assert in_part(app, "JP") == [3]
    assert parts(app) == [
        ("EU", "'DE', 'FR'"),
        ("US", "'US', NULL"),
        ("JP", "'JP'"),
        ("REST", "DEFAULT"),
    ]
    app.ddl("ALTER TABLE t MODIFY PARTITION eu ADD VALUES ('IT')")
    fails(14518, app.ddl, "ALTER TABLE t MODIFY PARTITION eu DROP VALUES ('DE')")
    app.ddl("ALTER TABLE t MODIFY PARTITION eu DROP VALUES ('FR')")
    assert parts(app)[0] == ("EU", "'DE', 'IT'")
    app.ddl("ALTER TABLE t MERGE PARTITIONS eu, jp INTO PARTITION both")
    assert in_part(app, "BOTH") == [1, 3]


def test_partitions_with_uncommitted_changes(ranges: Client, fails: Fails) -> None:
    other = Client(ranges.instance, "APP", ranges.translator)
    other.insert("t", 2, None)
    assert in_part(ranges, "P1") == [1, 9]
    assert in_part(other, "P1") == [1, 2, 9]
    fails(54, ranges.ddl, "ALTER TABLE t DROP PARTITION p3")
    other.rollback()
    ranges.ddl("ALTER TABLE t DROP PARTITION p3")


def test_interval_partitions(app: Client, fails: Fails) -> None:
    """Rows above the last bound make their partition (CREATE TABLE, "INTERVAL Clause")."""
    app.ddl(
        "CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) INTERVAL (10) "
        "(PARTITION p0 VALUES LESS THAN (100))"
    )
    app.insert("t", 5)
    app.insert("t", 105)
    app.insert("t", 137)
    names = [name for name, _ in parts(app)]
    assert names[0] == "P0"
    assert [text for _, text in parts(app)] == ["100", "110", "140"]
    assert in_part(app, names[2]) == [137]
    app.insert("t", 121)
    assert [text for _, text in parts(app)] == ["100", "110", "130", "140"]
    app.rollback()
    assert len(parts(app)) == 4  # partitions stay, rows do not
    assert app.rows("t") == []
    fails(14400, app.insert, "t", None)
    fails(14760, app.ddl, "ALTER TABLE t ADD PARTITION x VALUES LESS THAN (500)")
    app.ddl("ALTER TABLE t DROP PARTITION " + names[1])
    app.insert("t", 105)
    assert [text for _, text in parts(app)] == ["100", "110", "130", "140"]


def test_bad_definitions(app: Client, fails: Fails) -> None:
    head = "CREATE TABLE t (n NUMBER, r VARCHAR2(5), c CLOB) PARTITION BY"
    one = "(PARTITION p VALUES LESS THAN (1))"
    fails(904, app.ddl, f"{head} RANGE (x) {one}")
    fails(14135, app.ddl, f"{head} RANGE (c) {one}")
    fails(14304, app.ddl, f"{head} LIST (n, r) (PARTITION p VALUES (1))")
    fails(14037, app.ddl, f"{head} RANGE (n) (PARTITION p VALUES LESS THAN (5), "
                          "PARTITION q VALUES LESS THAN (1))")  # fmt: skip
    fails(14013, app.ddl, f"{head} RANGE (n) (PARTITION p VALUES LESS THAN (5), "
                          "PARTITION p VALUES LESS THAN (6))")  # fmt: skip
    fails(14017, app.ddl, f"{head} RANGE (n, r) {one}")
    fails(14007, app.ddl, f"{head} RANGE (n) (PARTITION p VALUES (1))")
    app.ddl("CREATE TABLE t (n NUMBER)")
    fails(14501, app.ddl, "ALTER TABLE t DROP PARTITION p")
    fails(14501, in_part, app, "P")


def test_partitions_survive_reopening(ranges: Client, world: World) -> None:
    world.reopen()
    client = world.connect()
    assert parts(client) == [("P1", "10"), ("P2", "20"), ("P3", "30")]
    assert in_part(client, "P2") == [10, 19]
