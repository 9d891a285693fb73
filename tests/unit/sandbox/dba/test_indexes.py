"""Indexes, and what maintenance of tables and partitions does to them.

VLDB and Partitioning Guide 19c, chapter "Partition Administration"; SQL Language Reference 19c,
ALTER TABLE, ALTER INDEX, "constraint"; Error Messages 19c."""

from __future__ import annotations

from tests.unit.sandbox.dba.conftest import Dba


def index_states(app: Dba, name: str) -> dict[str, str]:
    return dict(
        app.rows(
            "SELECT partition_name, status FROM user_ind_partitions WHERE index_name = :1",
            name.upper(),
        )
    )


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
