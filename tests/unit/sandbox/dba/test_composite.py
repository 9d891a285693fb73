"""Hash, composite and interval partitions.

VLDB and Partitioning Guide 19c, chapters "Partitioning Concepts", "Partition Administration";
SQL Language Reference 19c, CREATE TABLE, ALTER TABLE; Error Messages 19c."""

from __future__ import annotations

from pathlib import Path

from dtm.sandbox.sql.engine import Engine
from dtm.sandbox.sql.storage_create import open_instance
from tests.unit.sandbox.dba.conftest import Dba
from tests.unit.sandbox.plsql.real import Database

PARTS = "SELECT partition_name, subpartition_name FROM user_tab_subpartitions ORDER BY {}"


def subs(app: Dba) -> list[tuple[str, str]]:
    order = "partition_position, subpartition_position"
    return app.rows(PARTS.format(order))


def test_hash_partitions(app: Dba) -> None:
    """Every row has a place, NULLs in the first partition; ADD moves rows of one partition only,
    COALESCE takes them back (Partitioning Concepts, "Hash Partitioning")."""
    app.run(
        "CREATE TABLE t (n NUMBER, v VARCHAR2(10)) PARTITION BY HASH (n) PARTITIONS 3",
        "INSERT INTO t SELECT LEVEL, 'x' FROM dual CONNECT BY LEVEL <= 300",
        "INSERT INTO t VALUES (NULL, 'nil')",
    )
    app.commit()
    names = app.column(
        "SELECT partition_name FROM user_tab_partitions WHERE table_name = 'T' "
        "ORDER BY partition_position"
    )
    assert all(name.startswith("SYS_P") for name in names)
    assert app.rows(
        "SELECT DISTINCT high_value_length, composite FROM user_tab_partitions "
        "WHERE table_name = 'T'"
    ) == [(0, "NO")]

    def contents() -> list[set[int]]:
        return [set(app.column(f"SELECT n FROM t PARTITION ({p})")) for p in names]

    before = contents()
    assert None in before[0]
    assert sum(map(len, before)) == 301
    assert all(len(part) > 30 for part in before)
    app.run("ALTER TABLE t ADD PARTITION fourth")
    names.append("FOURTH")
    after = contents()
    assert after[0] == before[0]
    assert after[2] == before[2]
    assert after[1] | after[3] == before[1]  # number 4 of 4 halves number 2
    app.run("ALTER TABLE t COALESCE PARTITION")
    names.pop()
    assert contents() == before
    app.fails(14255, f"ALTER TABLE t DROP PARTITION {names[0]}")
    app.run("ALTER TABLE t COALESCE PARTITION", "ALTER TABLE t COALESCE PARTITION")
    app.fails(14285, "ALTER TABLE t COALESCE PARTITION")
    assert app.value("SELECT count(*) FROM t") == 301
    app.run("CREATE TABLE named (n NUMBER) PARTITION BY HASH (n) (PARTITION a, PARTITION b)")
    app.run("TRUNCATE TABLE named")
    app.fails(14151, "CREATE TABLE x (n NUMBER) PARTITION BY WHATEVER (n) PARTITIONS 2")


def test_range_list_with_template(app: Dba) -> None:
    """Names <partition>_<template name>; ORA-14400 when no subpartition takes a row."""
    app.run(
        "CREATE TABLE sales (d DATE, region VARCHAR2(2), n NUMBER) "
        "PARTITION BY RANGE (d) SUBPARTITION BY LIST (region) "
        "SUBPARTITION TEMPLATE (SUBPARTITION eu VALUES ('DE', 'FR'), "
        "SUBPARTITION us VALUES ('US')) ("
        "PARTITION p2023 VALUES LESS THAN (DATE '2024-01-01'), "
        "PARTITION p2024 VALUES LESS THAN (DATE '2025-01-01') ("
        "SUBPARTITION p2024_all VALUES (DEFAULT)))",
        "INSERT INTO sales VALUES (DATE '2023-05-01', 'DE', 1)",
        "INSERT INTO sales VALUES (DATE '2023-05-01', 'US', 2)",
        "INSERT INTO sales VALUES (DATE '2024-05-01', 'JP', 3)",
    )
    app.commit()
    assert subs(app) == [("P2023", "P2023_EU"), ("P2023", "P2023_US"), ("P2024", "P2024_ALL")]
    app.fails(14400, "INSERT INTO sales VALUES (DATE '2023-05-01', 'JP', 4)")
    assert app.column("SELECT n FROM sales SUBPARTITION (p2023_us)") == [2]
    assert app.column("SELECT n FROM sales PARTITION (p2023) ORDER BY n") == [1, 2]
    assert app.column("SELECT n FROM sales PARTITION FOR (DATE '2024-12-31')") == [3]
    assert app.column("SELECT n FROM sales SUBPARTITION FOR (DATE '2023-01-01', 'FR')") == [1]
    app.fails(14251, "SELECT n FROM sales SUBPARTITION (p2023)")
    app.fails(2149, "SELECT n FROM sales PARTITION (p2023_us)")
    app.fails(2149, "SELECT n FROM sales PARTITION FOR (DATE '2026-01-01')")
    app.run("ALTER TABLE sales ADD PARTITION p2025 VALUES LESS THAN (DATE '2026-01-01')")
    assert subs(app)[-2:] == [("P2025", "P2025_EU"), ("P2025", "P2025_US")]
    app.run("ALTER TABLE sales MODIFY PARTITION p2025 ADD SUBPARTITION p2025_jp VALUES ('JP')")
    app.fails(14312, "ALTER TABLE sales MODIFY PARTITION p2025 ADD SUBPARTITION x VALUES ('JP')")
    app.fails(14621, "ALTER TABLE sales MODIFY PARTITION p2024 ADD SUBPARTITION x VALUES ('JP')")
    app.run(
        "ALTER TABLE sales TRUNCATE SUBPARTITION p2023_us",
        "ALTER TABLE sales DROP SUBPARTITION p2025_jp",
        "ALTER TABLE sales RENAME SUBPARTITION p2024_all TO p2024_rest",
    )
    assert app.column("SELECT n FROM sales ORDER BY n") == [1, 3]
    app.fails(14629, "ALTER TABLE sales DROP SUBPARTITION p2024_rest")
    app.run(
        "ALTER TABLE sales SPLIT SUBPARTITION p2024_rest VALUES ('JP') "
        "INTO (SUBPARTITION p2024_jp, SUBPARTITION p2024_rest)"
    )
    assert app.column("SELECT n FROM sales SUBPARTITION (p2024_jp)") == [3]
    app.run(
        "ALTER TABLE sales MERGE SUBPARTITIONS p2024_jp, p2024_rest INTO SUBPARTITION p2024_any"
    )
    assert app.column("SELECT n FROM sales SUBPARTITION (p2024_any)") == [3]
    assert app.rows(
        "SELECT partitioning_type, subpartitioning_type, partition_count, "
        "def_subpartition_count, subpartitioning_key_count FROM user_part_tables"
    ) == [("RANGE", "LIST", 3, 2, 1)]
    assert app.column("SELECT column_name FROM user_subpart_key_columns") == ["REGION"]
    assert app.rows(
        "SELECT high_value FROM user_tab_subpartitions WHERE subpartition_name = 'P2023_EU'"
    ) == [("'DE', 'FR'",)]
    assert set(
        app.column("SELECT segment_type FROM user_segments WHERE segment_name = 'SALES'")
    ) == {"TABLE SUBPARTITION"}


def test_range_hash_subpartitions_and_exchange(app: Dba) -> None:
    app.run(
        "CREATE TABLE t (d NUMBER, k NUMBER) PARTITION BY RANGE (d) "
        "SUBPARTITION BY HASH (k) SUBPARTITIONS 4 ("
        "PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20) SUBPARTITIONS 2, "
        "PARTITION c VALUES LESS THAN (30) (SUBPARTITION c1, SUBPARTITION c2))",
        "INSERT INTO t SELECT MOD(LEVEL, 30), LEVEL FROM dual CONNECT BY LEVEL <= 90",
    )
    app.commit()
    counts = app.rows(
        "SELECT partition_name, subpartition_count FROM user_tab_partitions "
        "ORDER BY partition_position"
    )
    assert counts == [("A", 4), ("B", 2), ("C", 2)]
    c1 = app.column("SELECT k FROM t SUBPARTITION (c1) ORDER BY k")
    c2 = app.column("SELECT k FROM t SUBPARTITION (c2) ORDER BY k")
    assert sorted(c1 + c2) == app.column("SELECT k FROM t PARTITION (c) ORDER BY k")
    app.run(
        "CREATE TABLE x (d NUMBER, k NUMBER)",
        "ALTER TABLE t EXCHANGE SUBPARTITION c1 WITH TABLE x WITHOUT VALIDATION",
    )
    assert app.column("SELECT k FROM x ORDER BY k") == c1
    assert app.column("SELECT k FROM t PARTITION (c) ORDER BY k") == c2
    app.run("ALTER TABLE t MODIFY PARTITION c ADD SUBPARTITION c3")
    assert app.column("SELECT k FROM t PARTITION (c) ORDER BY k") == c2
    app.run("ALTER TABLE t MODIFY PARTITION c COALESCE SUBPARTITION")
    app.fails(14206, "ALTER TABLE t DROP SUBPARTITION c2")
    app.fails(14257, "ALTER TABLE t MOVE PARTITION a")


def test_key_updates_over_subpartitions(app: Dba) -> None:
    """ORA-14402 for a change of the subpartition, too."""
    app.run(
        "CREATE TABLE t (d NUMBER, r VARCHAR2(2)) PARTITION BY RANGE (d) "
        "SUBPARTITION BY LIST (r) (PARTITION a VALUES LESS THAN (10) ("
        "SUBPARTITION a1 VALUES ('X'), SUBPARTITION a2 VALUES ('Y')))",
        "INSERT INTO t VALUES (1, 'X')",
        "UPDATE t SET d = 2",
    )
    app.fails(14402, "UPDATE t SET r = 'Y'")
    app.run("ALTER TABLE t ENABLE ROW MOVEMENT", "UPDATE t SET r = 'Y'")
    assert app.value("SELECT count(*) FROM t SUBPARTITION (a2)") == 1
    app.fails(14400, "UPDATE t SET r = 'Z'")


def test_interval_composite(app: Dba) -> None:
    """New interval partitions get the template's subpartitions."""
    app.run(
        "CREATE TABLE t (d DATE, r NUMBER) PARTITION BY RANGE (d) "
        "INTERVAL (NUMTOYMINTERVAL(1, 'MONTH')) SUBPARTITION BY LIST (r) "
        "SUBPARTITION TEMPLATE (SUBPARTITION one VALUES (1), SUBPARTITION two VALUES (2)) "
        "(PARTITION p0 VALUES LESS THAN (DATE '2024-01-01'))",
        "INSERT INTO t VALUES (DATE '2024-03-10', 2)",
    )
    app.fails(14400, "INSERT INTO t VALUES (DATE '2024-05-10', 3)")
    names = app.column(
        "SELECT subpartition_name FROM user_tab_subpartitions WHERE interval = 'YES' "
        "ORDER BY subpartition_position"
    )
    assert [name[-4:] for name in names] == ["_ONE", "_TWO"]
    assert app.value(f"SELECT count(*) FROM t SUBPARTITION ({names[1]})") == 1


def test_interval_section_rules(app: Dba) -> None:
    """ORA-14758; a merge or split of interval partitions moves the transition point (VLDB Guide,
    "Merging Interval Partitions", "Splitting Partitions in a Range-Partitioned Table")."""
    app.run(
        "CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) INTERVAL (10) ("
        "PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
        "INSERT INTO t SELECT LEVEL * 10 + 5 FROM dual CONNECT BY LEVEL <= 6",
    )
    app.commit()

    def bounds() -> list[tuple[str, str]]:
        return app.rows(
            "SELECT high_value, interval FROM user_tab_partitions WHERE table_name = 'T' "
            "ORDER BY partition_position"
        )

    text = app.fails(14758, "ALTER TABLE t DROP PARTITION p1")
    assert text == "ORA-14758: Last partition in the range section cannot be dropped"
    app.run("ALTER TABLE t DROP PARTITION p0")
    app.run("ALTER TABLE t MERGE PARTITIONS FOR (25), FOR (35) INTO PARTITION m")
    assert bounds() == [
        ("20", "NO"), ("40", "NO"), ("50", "YES"), ("60", "YES"), ("70", "YES"),
    ]  # fmt: skip
    assert app.column("SELECT n FROM t PARTITION (m) ORDER BY n") == [25, 35]
    app.run("ALTER TABLE t SPLIT PARTITION FOR (55) AT (53) INTO (PARTITION s1, PARTITION s2)")
    assert bounds() == [
        ("20", "NO"), ("40", "NO"), ("50", "NO"), ("53", "NO"), ("60", "NO"), ("70", "YES"),
    ]  # fmt: skip
    app.fails(14760, "ALTER TABLE t ADD PARTITION x VALUES LESS THAN (500)")
    app.run("ALTER TABLE t SET INTERVAL ()")
    assert all(made == "NO" for _, made in bounds())
    app.run("ALTER TABLE t ADD PARTITION x VALUES LESS THAN (500)")
    app.fails(14400, "INSERT INTO t VALUES (500)")


def test_several_partitions_at_once(app: Dba) -> None:
    app.run(
        "CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) ("
        "PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20), "
        "PARTITION c VALUES LESS THAN (30), PARTITION d VALUES LESS THAN (40))",
        "INSERT INTO t SELECT LEVEL - 1 FROM dual CONNECT BY LEVEL <= 40",
    )
    app.commit()
    app.run("ALTER TABLE t TRUNCATE PARTITIONS a, FOR (11) DROP STORAGE")
    assert app.value("SELECT min(n) FROM t") == 20
    app.run("ALTER TABLE t DROP PARTITIONS a, b UPDATE INDEXES")
    app.run(
        "ALTER TABLE t SPLIT PARTITION d INTO ("
        "PARTITION d1 VALUES LESS THAN (33), PARTITION d2 VALUES LESS THAN (36), PARTITION d3)"
    )
    assert app.column("SELECT n FROM t PARTITION (d2) ORDER BY n") == [33, 34, 35]
    app.fails(
        14080,
        "ALTER TABLE t SPLIT PARTITION d1 INTO (PARTITION x VALUES LESS THAN (20), PARTITION y)",
    )
    app.fails(14804, "ALTER TABLE t SPLIT PARTITION d1 INTO (PARTITION x)")
    app.run("ALTER TABLE t MERGE PARTITIONS d1 TO d3 INTO PARTITION d")
    app.run(
        "ALTER TABLE t ADD PARTITION e VALUES LESS THAN (50), "
        "PARTITION f VALUES LESS THAN (MAXVALUE)"
    )
    assert app.column(
        "SELECT partition_name FROM user_tab_partitions ORDER BY partition_position"
    ) == ["C", "D", "E", "F"]
    app.fails(14275, "ALTER TABLE t MERGE PARTITIONS c, d INTO PARTITION c")
    app.fails(14273, "ALTER TABLE t MERGE PARTITIONS d, c INTO PARTITION x")
    app.fails(14081, "ALTER TABLE t RENAME PARTITION c TO c")
    app.fails(14082, "ALTER TABLE t RENAME PARTITION c TO d")
    app.fails(2149, "ALTER TABLE t TRUNCATE PARTITION nope")


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """Subpartitions, templates, UNUSABLE partitions, deferred constraints are in the dictionary."""
    database = Database(tmp_path / "again")
    app = Dba(database, "U")
    app.run(
        "CREATE TABLE t (d NUMBER, r NUMBER, CONSTRAINT c CHECK (r > 0) INITIALLY DEFERRED) "
        "PARTITION BY RANGE (d) SUBPARTITION BY HASH (r) SUBPARTITION TEMPLATE ("
        "SUBPARTITION one, SUBPARTITION two) (PARTITION a VALUES LESS THAN (10))",
        "CREATE INDEX i ON t (r) LOCAL (PARTITION ia)",
        "CREATE TABLE k (n NUMBER PRIMARY KEY)",
        "INSERT INTO t SELECT 1, LEVEL FROM dual CONNECT BY LEVEL <= 20",
        "COMMIT",
        "ALTER TABLE t MOVE SUBPARTITION a_one",
        "ALTER TABLE k MOVE",
    )
    one = app.column("SELECT r FROM t SUBPARTITION (a_one) ORDER BY r")
    assert 0 < len(one) < 20
    database.close()
    database.instance = open_instance(tmp_path / "again")
    database.engine = Engine(database.instance)
    app = Dba(database, "U")
    assert app.column("SELECT r FROM t SUBPARTITION (a_one) ORDER BY r") == one
    assert app.rows(
        "SELECT partition_name, subpartition_name, status FROM user_ind_subpartitions "
        "ORDER BY subpartition_position"
    ) == [("IA", "A_ONE", "UNUSABLE"), ("IA", "A_TWO", "USABLE")]
    app.fails(1502, "INSERT INTO k VALUES (1)")
    app.run("ALTER TABLE t ADD PARTITION b VALUES LESS THAN (20)", "INSERT INTO t VALUES (11, -1)")
    assert app.value("SELECT COUNT(*) FROM user_tab_subpartitions WHERE partition_name = 'B'") == 2
    app.fails(2091, "COMMIT")
    database.close()


def test_interval_partition_by_lock_and_exchange(app: Dba) -> None:
    """LOCK TABLE ... PARTITION FOR makes the partition an EXCHANGE then fills (VLDB Guide,
    "Exchanging a Partition of an Interval Partitioned Table")."""
    app.run(
        "CREATE TABLE t (d DATE, n NUMBER) PARTITION BY RANGE (d) "
        "INTERVAL (NUMTODSINTERVAL(1, 'DAY')) (PARTITION p0 VALUES LESS THAN (DATE '2024-01-01'))",
        "CREATE TABLE x (d DATE, n NUMBER)",
        "INSERT INTO x VALUES (DATE '2024-03-05' + 0.5, 1)",
        "COMMIT",
    )
    swap = "ALTER TABLE t EXCHANGE PARTITION FOR (DATE '2024-03-05') WITH TABLE x"
    app.fails(2149, swap)
    app.run("LOCK TABLE t PARTITION FOR (DATE '2024-03-05') IN SHARE MODE", swap)
    assert app.column("SELECT n FROM t PARTITION FOR (DATE '2024-03-05')") == [1]
    assert app.column("SELECT interval FROM user_tab_partitions ORDER BY partition_position") == [
        "NO", "YES",
    ]  # fmt: skip
    app.fails(2149, "LOCK TABLE t PARTITION (nope) IN SHARE MODE")
    other = app.again()
    other.run("LOCK TABLE t PARTITION (p0) IN EXCLUSIVE MODE")
    app.fails(54, "LOCK TABLE t PARTITION (p0) IN EXCLUSIVE MODE NOWAIT")


def test_key_updates_between_interval_partitions(app: Dba) -> None:
    """ORA-14402 between interval partitions, also those made after the table was opened."""
    app.run(
        "CREATE TABLE t (n NUMBER, k NUMBER) PARTITION BY RANGE (n) INTERVAL (10) "
        "SUBPARTITION BY HASH (k) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (10))",
        "INSERT INTO t VALUES (15, 1)",
        "COMMIT",
        "UPDATE t SET n = 19",
    )
    app.fails(14402, "UPDATE t SET n = 25")
    app.fails(14402, "UPDATE t SET n = 5")
    app.run("ALTER TABLE t ENABLE ROW MOVEMENT", "UPDATE t SET n = 25")
    assert app.value("SELECT COUNT(*) FROM t PARTITION FOR (25)") == 1
    app.fails(14400, "UPDATE t SET n = NULL")
