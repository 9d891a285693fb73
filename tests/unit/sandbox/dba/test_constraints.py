"""Deferrable and disabled constraints, keys over non-unique indexes.

SQL Language Reference 19c, "constraint", SET CONSTRAINTS, ALTER SESSION; Database Concepts 19c,
"Data Integrity", "Deferrable Constraints"; Error Messages 19c."""

from __future__ import annotations

import threading

from tests.unit.sandbox.dba.conftest import Dba


def test_deferred_check_at_commit(app: Dba) -> None:
    """ORA-02091 with the constraint's error; nothing of the transaction stays."""
    app.run(
        "CREATE TABLE t (n NUMBER CONSTRAINT t_c CHECK (n > 0) DEFERRABLE INITIALLY DEFERRED, "
        "m NUMBER CONSTRAINT t_m NOT NULL DEFERRABLE)",
        "INSERT INTO t VALUES (1, 1)",
    )
    app.commit()
    app.run("INSERT INTO t VALUES (-1, 1)", "UPDATE t SET n = 5 WHERE n = -1")
    app.run("COMMIT")
    app.run("INSERT INTO t VALUES (7, 1)", "INSERT INTO t VALUES (-2, 1)")
    text = app.fails(2091, "COMMIT")
    assert text == (
        "ORA-02091: transaction rolled back\n"
        f"ORA-02290: check constraint ({app.user}.T_C) violated"
    )
    assert app.column("SELECT n FROM t ORDER BY n") == [1, 5]
    app.fails(2290, "INSERT INTO t VALUES (1, NULL)")  # INITIALLY IMMEDIATE
    app.run("SET CONSTRAINTS t_m DEFERRED", "INSERT INTO t VALUES (1, NULL)")
    app.fails(2290, "SET CONSTRAINT t_m IMMEDIATE")
    app.run("UPDATE t SET m = 0 WHERE m IS NULL", "SET CONSTRAINTS ALL IMMEDIATE", "COMMIT")
    assert app.value("SELECT count(*) FROM t") == 3
    assert app.rows(
        "SELECT constraint_name, deferrable, deferred FROM user_constraints ORDER BY 1"
    ) == [("T_C", "DEFERRABLE", "DEFERRED"), ("T_M", "DEFERRABLE", "IMMEDIATE")]


def test_modes_end_with_the_transaction(app: Dba) -> None:
    app.run(
        "CREATE TABLE t (n NUMBER CONSTRAINT t_c CHECK (n > 0) DEFERRABLE, "
        "m NUMBER CONSTRAINT t_x CHECK (m > 0))"
    )
    app.run("SET CONSTRAINTS ALL DEFERRED", "INSERT INTO t VALUES (0, 1)", "ROLLBACK")
    app.fails(2290, "INSERT INTO t VALUES (0, 1)")
    app.fails(2447, "SET CONSTRAINTS t_x DEFERRED")
    app.fails(2448, "SET CONSTRAINTS nope DEFERRED")
    app.run("ALTER SESSION SET CONSTRAINTS = DEFERRED", "INSERT INTO t VALUES (0, 1)")
    app.fails(2091, "COMMIT")
    app.run("INSERT INTO t VALUES (0, 1)", "ROLLBACK")  # still for every transaction
    app.run("ALTER SESSION SET CONSTRAINTS = DEFAULT")
    app.fails(2290, "INSERT INTO t VALUES (0, 1)")


def test_deferred_foreign_key(app: Dba) -> None:
    """Children first, parents afterwards; a parent may go and come back."""
    app.run(
        "CREATE TABLE p (id NUMBER PRIMARY KEY)",
        "CREATE TABLE c (id NUMBER CONSTRAINT c_fk REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO c VALUES (1)",
        "INSERT INTO p VALUES (1)",
        "COMMIT",
        "DELETE FROM p",
        "INSERT INTO p VALUES (1)",
        "COMMIT",
        "DELETE FROM p",
    )
    text = app.fails(2091, "COMMIT")
    assert text.endswith(
        f"ORA-02292: integrity constraint ({app.user}.C_FK) violated - child record found"
    )
    app.run("INSERT INTO c VALUES (2)")
    assert "ORA-02291" in app.fails(2091, "BEGIN COMMIT; END;")
    assert app.value("SELECT count(*) FROM p") == 1


def test_deferrable_key(app: Dba) -> None:
    """Its index is not unique; doubles may exist until COMMIT."""
    app.run(
        "CREATE TABLE t (n NUMBER, CONSTRAINT t_u UNIQUE (n) DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET n = 2 WHERE ROWNUM = 1",
        "COMMIT",
        "INSERT INTO t VALUES (1)",
    )
    assert app.value("SELECT uniqueness FROM user_indexes") == "NONUNIQUE"
    text = app.fails(2091, "COMMIT")
    assert text.splitlines()[1] == f"ORA-00001: unique constraint ({app.user}.T_U) violated"
    app.run("INSERT INTO t VALUES (NULL)", "INSERT INTO t VALUES (NULL)", "COMMIT")
    app.run("SET CONSTRAINTS ALL IMMEDIATE")
    app.fails(1, "INSERT INTO t VALUES (1)")


def test_key_over_a_plain_index_waits_for_others(app: Dba) -> None:
    """A row with the same key another transaction has not committed makes us wait (Concepts,
    "Locks and Unique Keys")."""
    app.run(
        "CREATE TABLE t (n NUMBER)",
        "CREATE INDEX t_n ON t (n)",
        "ALTER TABLE t ADD CONSTRAINT t_u UNIQUE (n) USING INDEX t_n",
    )
    other = app.again()
    other.run("INSERT INTO t VALUES (1)")
    done: list[str] = []
    thread = threading.Thread(target=lambda: done.append(app.fails(1, "INSERT INTO t VALUES (1)")))
    thread.start()
    thread.join(0.3)
    assert not done
    other.commit()
    thread.join(10)
    assert len(done) == 1
    other.run("DELETE FROM t")
    thread = threading.Thread(target=lambda: app.run("INSERT INTO t VALUES (1)"))
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    other.commit()
    thread.join(10)
    assert not thread.is_alive()
    app.commit()
    assert app.value("SELECT count(*) FROM t") == 1


def test_states_of_existing_rows(app: Dba) -> None:
    """ENABLE NOVALIDATE takes the rows there are as they are, ENABLE VALIDATE does not:
    ORA-02293, ORA-02298, ORA-02437, ORA-02299, ORA-02296."""
    app.run(
        "CREATE TABLE p (id NUMBER PRIMARY KEY)",
        "CREATE TABLE t (n NUMBER, m NUMBER)",
        "INSERT INTO t VALUES (-1, 7)",
        "INSERT INTO t VALUES (-1, NULL)",
        "COMMIT",
    )
    user = app.user
    assert app.fails(2293, "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0)") == (
        f"ORA-02293: cannot validate ({user}.C) - check constraint violated"
    )
    assert app.fails(2298, "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (m) REFERENCES p") == (
        f"ORA-02298: cannot validate ({user}.F) - parent keys not found"
    )
    assert app.fails(2299, "ALTER TABLE t ADD CONSTRAINT u UNIQUE (n)") == (
        f"ORA-02299: cannot validate ({user}.U) - duplicate keys found"
    )
    assert app.fails(2437, "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (m)") == (
        f"ORA-02437: cannot validate ({user}.K) - primary key violated"
    )
    app.fails(2296, "ALTER TABLE t MODIFY m NOT NULL")
    app.run(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) ENABLE NOVALIDATE",
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (m) REFERENCES p ENABLE NOVALIDATE",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (n) DEFERRABLE ENABLE NOVALIDATE",
    )
    app.fails(2290, "INSERT INTO t VALUES (0, NULL)")
    app.fails(2291, "INSERT INTO t VALUES (1, 8)")
    app.fails(1, "UPDATE t SET n = 5")
    app.run("UPDATE t SET m = NULL")  # -1 stays: not what this constraint is about
    app.fails(2299, "ALTER TABLE t ENABLE VALIDATE CONSTRAINT u")
    app.run("ALTER TABLE t DISABLE CONSTRAINT c", "INSERT INTO t VALUES (-3, NULL)", "COMMIT")
    app.fails(2293, "ALTER TABLE t ENABLE CONSTRAINT c")
    app.run("ALTER TABLE t ENABLE NOVALIDATE CONSTRAINT c")
    assert app.rows(
        "SELECT status, validated FROM user_constraints WHERE constraint_name = 'C'"
    ) == [("ENABLED", "NOT VALIDATED")]


def test_delete_rules(app: Dba) -> None:
    app.run(
        "CREATE TABLE p (id NUMBER PRIMARY KEY)",
        "CREATE TABLE a (id NUMBER CONSTRAINT a_fk REFERENCES p ON DELETE CASCADE)",
        "CREATE TABLE b (id NUMBER CONSTRAINT b_fk REFERENCES p ON DELETE SET NULL)",
        "INSERT INTO p SELECT LEVEL FROM dual CONNECT BY LEVEL <= 3",
        "INSERT INTO a SELECT id FROM p",
        "INSERT INTO b SELECT id FROM p",
        "DELETE FROM p WHERE id < 3",
    )
    assert app.column("SELECT id FROM a") == [3]
    assert app.column("SELECT id FROM b ORDER BY id NULLS FIRST") == [None, None, 3]
    app.fails(2266, "TRUNCATE TABLE p")
    app.fails(14705, "TRUNCATE TABLE p CASCADE")
    app.run("ALTER TABLE b DISABLE CONSTRAINT b_fk", "TRUNCATE TABLE p CASCADE")
    assert app.value("SELECT count(*) FROM a") == 0
    assert app.value("SELECT count(*) FROM b") == 3


def test_exceptions_into(app: Dba) -> None:
    """ENABLE ... EXCEPTIONS INTO reports the rows in the way (Administrator's Guide, "Reporting
    Constraint Exceptions"); the columns are those of utlexcpt.sql."""
    app.run(
        "CREATE TABLE p (id NUMBER PRIMARY KEY)",
        "CREATE TABLE t (n NUMBER, m NUMBER, CONSTRAINT t_u UNIQUE (n) DISABLE, "
        "CONSTRAINT t_f FOREIGN KEY (m) REFERENCES p DISABLE, "
        "CONSTRAINT t_c CHECK (n < 3) DISABLE)",
        "CREATE TABLE bad (row_id ROWID, owner VARCHAR2(128), table_name VARCHAR2(128), "
        "constraint VARCHAR2(128))",
        "INSERT INTO t SELECT MOD(LEVEL, 4), LEVEL FROM dual CONNECT BY LEVEL <= 5",
        "INSERT INTO p VALUES (1)",
        "COMMIT",
    )
    app.fails(2299, "ALTER TABLE t ENABLE CONSTRAINT t_u EXCEPTIONS INTO bad")
    assert app.column("SELECT n FROM t WHERE ROWID IN (SELECT row_id FROM bad) ORDER BY m") == [
        1,
        1,
    ]
    app.run(
        "DELETE FROM t WHERE ROWID IN (SELECT MAX(row_id) FROM bad)", "DELETE FROM bad", "COMMIT"
    )
    app.run("ALTER TABLE t ENABLE CONSTRAINT t_u EXCEPTIONS INTO bad")
    app.fails(2298, "ALTER TABLE t ENABLE CONSTRAINT t_f EXCEPTIONS INTO bad")
    app.fails(2293, "ALTER TABLE t ENABLE VALIDATE CONSTRAINT t_c EXCEPTIONS INTO bad")
    assert app.rows(
        "SELECT constraint, table_name, COUNT(*) FROM bad GROUP BY constraint, table_name ORDER BY 1"
    ) == [("T_C", "T", 1), ("T_F", "T", 3)]
    app.fails(2445, "ALTER TABLE t ENABLE CONSTRAINT t_f EXCEPTIONS INTO p")


def test_shrink_needs_row_movement(app: Dba) -> None:
    app.run("CREATE TABLE t (n NUMBER)")
    assert app.fails(10636, "ALTER TABLE t SHRINK SPACE") == (
        "ORA-10636: ROW MOVEMENT is not enabled"
    )
    app.run("ALTER TABLE t ENABLE ROW MOVEMENT", "ALTER TABLE t SHRINK SPACE CASCADE")
