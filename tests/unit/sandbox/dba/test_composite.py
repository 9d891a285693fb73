"""Hash and composite partitions, indexes and what maintenance does to them.

VLDB and Partitioning Guide 19c, chapters "Partitioning Concepts", "Partition Administration";
SQL Language Reference 19c, CREATE TABLE, ALTER TABLE, ALTER INDEX; Error Messages 19c."""

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


def index_states(app: Dba, name: str) -> dict[str, str]:
    return dict(
        app.rows(
            "SELECT partition_name, status FROM user_ind_partitions WHERE index_name = :1",
            name.upper(),
        )
    )


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


def test_local_and_global_indexes(app: Dba) -> None:
    """Partition maintenance makes global indexes UNUSABLE, DML then gets ORA-01502 if they are
    unique; UPDATE INDEXES keeps them (VLDB Guide, "Updating Indexes Automatically"; Reference,
    SKIP_UNUSABLE_INDEXES)."""
    app.run(
        "CREATE TABLE t (id NUMBER, d NUMBER, CONSTRAINT t_pk PRIMARY KEY (id)) "
        "PARTITION BY RANGE (d) (PARTITION a VALUES LESS THAN (10), "
        "PARTITION b VALUES LESS THAN (20), PARTITION c VALUES LESS THAN (30))",
        "CREATE INDEX t_d ON t (d) LOCAL",
        "INSERT INTO t SELECT LEVEL, LEVEL FROM dual CONNECT BY LEVEL < 20",
    )
    app.commit()
    state = "SELECT status FROM user_indexes WHERE index_name = :1"
    assert app.value(state, "T_D") == "N/A"
    app.run("ALTER TABLE t DROP PARTITION c")  # empty: nothing happens to the key
    assert app.value(state, "T_PK") == "VALID"
    app.run("ALTER TABLE t TRUNCATE PARTITION a UPDATE INDEXES")
    assert app.value(state, "T_PK") == "VALID"
    app.run("ALTER TABLE t ADD PARTITION c VALUES LESS THAN (30)")
    app.run("INSERT INTO t VALUES (1, 1)", "ALTER TABLE t TRUNCATE PARTITION a")
    assert app.value(state, "T_PK") == "UNUSABLE"
    text = app.fails(1502, "INSERT INTO t VALUES (100, 1)")
    name = f"{app.user}.T_PK"
    assert text == f"ORA-01502: index '{name}' or partition of such index is in unusable state"
    app.fails(1502, "DELETE FROM t WHERE id = 11")
    app.fails(1502, "UPDATE t SET id = 500 WHERE id = 11")
    app.run("UPDATE t SET d = 12 WHERE id = 11")  # the key is not touched
    assert app.value("SELECT count(*) FROM t") == 10
    app.commit()
    app.run("ALTER INDEX t_pk REBUILD ONLINE", "INSERT INTO t VALUES (100, 1)")
    app.fails(1, "INSERT INTO t VALUES (100, 2)")
    app.commit()
    app.run("ALTER TABLE t MOVE PARTITION b")
    assert index_states(app, "t_d") == {"A": "USABLE", "B": "UNUSABLE", "C": "USABLE"}
    app.fails(14086, "ALTER INDEX t_d REBUILD")
    app.run("ALTER INDEX t_d REBUILD PARTITION b", "ALTER INDEX t_pk REBUILD")
    assert set(index_states(app, "t_d").values()) == {"USABLE"}
    app.run("ALTER INDEX t_d MODIFY PARTITION c UNUSABLE")
    app.run("INSERT INTO t VALUES (200, 25)")  # not unique: SKIP_UNUSABLE_INDEXES
    app.commit()
    app.run("ALTER TABLE t MODIFY PARTITION c REBUILD UNUSABLE LOCAL INDEXES")
    assert set(index_states(app, "t_d").values()) == {"USABLE"}
    app.run("ALTER INDEX t_d UNUSABLE")
    assert set(index_states(app, "t_d").values()) == {"UNUSABLE"}
    app.run("TRUNCATE TABLE t")  # "at the end of the truncate operation ... once again USABLE"
    assert set(index_states(app, "t_d").values()) == {"USABLE"}


def test_unusable_partition_of_a_unique_local_index(app: Dba) -> None:
    app.run(
        "CREATE TABLE t (id NUMBER, d NUMBER) PARTITION BY RANGE (d) ("
        "PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))",
        "ALTER TABLE t ADD CONSTRAINT t_pk PRIMARY KEY (id, d) USING INDEX LOCAL",
    )
    assert app.rows("SELECT locality, alignment FROM user_part_indexes") == [
        ("LOCAL", "NON_PREFIXED")
    ]
    app.run("ALTER INDEX t_pk MODIFY PARTITION a UNUSABLE", "INSERT INTO t VALUES (1, 15)")
    app.fails(1502, "INSERT INTO t VALUES (1, 5)")
    app.commit()
    app.run("ALTER INDEX t_pk REBUILD PARTITION a", "INSERT INTO t VALUES (1, 5)")
    app.commit()
    app.fails(14039, "CREATE UNIQUE INDEX t_u ON t (id) LOCAL")
    app.run("CREATE TABLE plain (n NUMBER)")
    app.fails(14016, "CREATE INDEX plain_n ON plain (n) LOCAL")
    app.fails(14511, "ALTER TABLE t MOVE")


def test_split_and_merge_spoil_indexes_only_when_rows_move(app: Dba) -> None:
    """VLDB Guide, "Optimizing SPLIT PARTITION and SPLIT SUBPARTITION Operations"."""
    app.run(
        "CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) (PARTITION a VALUES LESS THAN (100))",
        "CREATE INDEX t_n ON t (n) LOCAL",
        "CREATE INDEX t_g ON t (n, 1)",
        "INSERT INTO t SELECT LEVEL FROM dual CONNECT BY LEVEL <= 50",
    )
    app.commit()
    app.run("ALTER TABLE t SPLIT PARTITION a AT (60) INTO (PARTITION low, PARTITION high)")
    assert index_states(app, "t_n") == {"LOW": "USABLE", "HIGH": "USABLE"}
    assert app.value("SELECT status FROM user_indexes WHERE index_name = 'T_G'") == "VALID"
    app.run("ALTER TABLE t SPLIT PARTITION low AT (30) INTO (PARTITION a, PARTITION b)")
    assert index_states(app, "t_n") == {"A": "UNUSABLE", "B": "UNUSABLE", "HIGH": "USABLE"}
    assert app.value("SELECT status FROM user_indexes WHERE index_name = 'T_G'") == "UNUSABLE"
    app.run(
        "ALTER TABLE t MERGE PARTITIONS a, b INTO PARTITION m UPDATE INDEXES",
        "ALTER INDEX t_g REBUILD",
    )
    assert index_states(app, "t_n") == {"M": "USABLE", "HIGH": "USABLE"}


def test_exchange_and_indexes(app: Dba) -> None:
    """EXCLUDING INDEXES (the default) leaves both sides' indexes UNUSABLE, INCLUDING needs equal
    ones (ORA-14098); global indexes become UNUSABLE (VLDB Guide, "Exchanging Partitions")."""
    app.run(
        "CREATE TABLE t (n NUMBER, v NUMBER) PARTITION BY RANGE (n) ("
        "PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20))",
        "CREATE INDEX t_n ON t (n) LOCAL",
        "CREATE INDEX t_v ON t (v)",
        "CREATE TABLE x (n NUMBER, v NUMBER)",
        "INSERT INTO x VALUES (5, 5)",
    )
    app.commit()
    swap = "ALTER TABLE t EXCHANGE PARTITION a WITH TABLE x"
    text = app.fails(14098, f"{swap} INCLUDING INDEXES")
    assert text == "ORA-14098: index mismatch for tables in ALTER TABLE EXCHANGE PARTITION"
    app.run("CREATE INDEX x_n ON x (n)", f"{swap} INCLUDING INDEXES WITHOUT VALIDATION")
    status = "SELECT status FROM user_indexes WHERE index_name = :1"
    assert index_states(app, "t_n") == {"A": "USABLE", "B": "USABLE"}
    assert app.value(status, "X_N") == "VALID"
    assert app.value(status, "T_V") == "UNUSABLE"
    app.run("ALTER INDEX t_v REBUILD", f"{swap} UPDATE GLOBAL INDEXES")
    assert index_states(app, "t_n") == {"A": "UNUSABLE", "B": "USABLE"}
    assert app.value(status, "X_N") == "UNUSABLE"
    assert app.value(status, "T_V") == "VALID"
    app.run("INSERT INTO x VALUES (15, 1)")
    app.commit()
    app.fails(14099, swap)
    app.run("CREATE TABLE y (n NUMBER, v VARCHAR2(5))")
    app.fails(14097, "ALTER TABLE t EXCHANGE PARTITION a WITH TABLE y")


def test_moving_a_table_spoils_its_indexes(app: Dba) -> None:
    """SQL Language Reference, ALTER TABLE, move_table_clause: UNUSABLE unless ONLINE or UPDATE
    INDEXES."""
    app.run(
        "CREATE TABLE t (n NUMBER PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
    )
    app.commit()
    status = "SELECT status FROM user_indexes WHERE table_name = 'T'"
    app.run("ALTER TABLE t MOVE ONLINE")
    assert app.value(status) == "VALID"
    app.run("ALTER TABLE t MOVE")
    assert app.value(status) == "UNUSABLE"
    app.fails(1502, "INSERT INTO t VALUES (2)")
    app.run("CREATE TABLE child (n NUMBER REFERENCES t)")
    app.fails(1502, "INSERT INTO child VALUES (1)")  # the parent is looked for by its index
    app.run(
        "BEGIN FOR i IN (SELECT index_name FROM user_indexes WHERE status = 'UNUSABLE') LOOP "
        "EXECUTE IMMEDIATE 'ALTER INDEX ' || i.index_name || ' REBUILD'; END LOOP; END;"
    )
    app.run("INSERT INTO t VALUES (2)")
    app.fails(1, "INSERT INTO t VALUES (2)")
    app.run("ALTER TABLE t MOVE COMPRESS UPDATE INDEXES")
    assert app.value(status) == "VALID"


def test_using_index(app: Dba) -> None:
    """SQL Language Reference, "constraint", using_index_clause."""
    app.run(
        "CREATE TABLE a (n NUMBER CONSTRAINT a_pk PRIMARY KEY "
        "USING INDEX (CREATE UNIQUE INDEX a_ix ON a (n)), m NUMBER)"
    )
    assert app.rows("SELECT constraint_name, index_name FROM user_constraints") == [
        ("A_PK", "A_IX")
    ]
    app.run("ALTER TABLE a DROP CONSTRAINT a_pk")
    assert app.column("SELECT index_name FROM user_indexes") == ["A_IX"]
    app.run("CREATE INDEX a_m ON a (m, n)")
    app.run("ALTER TABLE a ADD CONSTRAINT a_u UNIQUE (m) USING INDEX a_m")
    app.run("INSERT INTO a VALUES (1, 1)")
    app.fails(1, "INSERT INTO a VALUES (2, 1)")
    app.fails(14196, "ALTER TABLE a ADD CONSTRAINT a_x UNIQUE (n) USING INDEX a_m")
    app.fails(
        14196, "ALTER TABLE a ADD CONSTRAINT a_x UNIQUE (n) USING INDEX (CREATE INDEX z ON a (m))"
    )


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
