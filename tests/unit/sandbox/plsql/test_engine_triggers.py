"""Triggers fired by every kind of DML on the real SQL engine.

PL/SQL Language Reference 19c, "PL/SQL Triggers": "DML Triggers", "INSTEAD OF DML Triggers",
"Order in Which Triggers Fire", "Mutating-Table Restriction".
"""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError


@pytest.fixture
def emp(database):
    """Table EMP (1, 2) with triggers of every kind that write into LOG."""
    session = database.session()
    session.sql_run("CREATE TABLE emp (id NUMBER PRIMARY KEY, name VARCHAR2(10), sal NUMBER(8,2))")
    session.sql_run("CREATE TABLE log (n NUMBER GENERATED ALWAYS AS IDENTITY, text VARCHAR2(80))")
    session.run("BEGIN INSERT INTO emp VALUES (1, 'a', 10); INSERT INTO emp VALUES (2, 'b', 20);"
                " COMMIT; END;")  # fmt: skip
    yield session
    session.engine.rollback()
    for name, kind in session.sql_run(
        "SELECT object_name, object_type FROM user_objects WHERE object_type IN ('TABLE', 'VIEW')"
    ):
        session.sql_run(f"DROP {kind} {name}" + (" PURGE" if kind == "TABLE" else ""))
    session.plsql.close()


def logging_triggers(session) -> None:
    for timing in ("BEFORE", "AFTER"):
        for level in ("", "FOR EACH ROW"):
            name = f"t_{timing[0]}{'r' if level else 's'}"
            ids = "|| ' ' || :OLD.id || '>' || :NEW.id" if level else ""
            word = f"'{timing[0]}{'r' if level else 's'} '"
            errors = session.create(f"""CREATE TRIGGER {name} {timing} INSERT OR UPDATE OR DELETE
                ON emp {level} DECLARE w VARCHAR2(1); BEGIN
                w := CASE WHEN INSERTING THEN 'I' WHEN UPDATING THEN 'U' ELSE 'D' END;
                INSERT INTO log (text) VALUES ({word} || w {ids}); END;""")
            assert errors == []


def log(session) -> list[str]:
    return [row[0] for row in session.sql_run("SELECT text FROM log ORDER BY n")]


def rows(session) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = session.sql_run("SELECT id, name, sal FROM emp ORDER BY id")
    return found


def test_merge_fires_the_triggers_of_its_clauses(emp):
    """Statement triggers fire for each clause, row triggers for what happens to the row."""
    logging_triggers(emp)
    emp.sql_run(
        "MERGE INTO emp t USING (SELECT 2 i FROM dual UNION ALL SELECT 3 FROM dual) s "
        "ON (t.id = s.i) WHEN MATCHED THEN UPDATE SET sal = 0 DELETE WHERE sal = 0 "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.i, 'new')"
    )
    assert rows(emp) == [(1, "a", 10), (3, "new", None)]
    written = log(emp)
    assert written[3:-3] == [
        "Br U 2>2", "Ar U 2>2", "Br D 2>", "Ar D 2>", "Br I >3", "Ar I >3"]  # fmt: skip
    assert sorted(written[:3]) == ["Bs D", "Bs I", "Bs U"]
    assert sorted(written[-3:]) == ["As D", "As I", "As U"]


def test_merge_with_a_before_row_trigger_that_changes_values(emp):
    emp.create("CREATE TRIGGER t_br BEFORE INSERT OR UPDATE ON emp FOR EACH ROW"
               " BEGIN :NEW.name := UPPER(:NEW.name) || NVL(:OLD.sal, 0); END;")  # fmt: skip
    emp.sql_run(
        "MERGE INTO emp t USING (SELECT 2 i FROM dual UNION ALL SELECT 3 FROM dual) s "
        "ON (t.id = s.i) WHEN MATCHED THEN UPDATE SET sal = 21 "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.i, 'new')"
    )
    assert rows(emp) == [(1, "a", 10), (2, "B20", 21), (3, "NEW0", None)]


def test_insert_all_fires_per_table_and_row(emp):
    logging_triggers(emp)
    emp.sql_run(
        "INSERT ALL INTO emp (id) VALUES (x) INTO emp (id) VALUES (x + 10) SELECT 5 x FROM dual"
    )
    assert log(emp) == ["Bs I", "Br I >5", "Ar I >5", "Br I >15", "Ar I >15", "As I"]


def test_set_of_several_columns_with_triggers(emp):
    emp.create("CREATE TRIGGER t_br BEFORE UPDATE ON emp FOR EACH ROW"
               " BEGIN :NEW.sal := :NEW.sal + 1; END;")  # fmt: skip
    emp.sql_run(
        "UPDATE emp e SET (name, sal) = (SELECT 'x' || e.id, e.sal * 2 FROM dual) WHERE id = 2"
    )
    assert rows(emp)[1] == (2, "x2", 41)


def test_returning_after_a_trigger(emp):
    emp.create("CREATE TRIGGER t_br BEFORE INSERT ON emp FOR EACH ROW"
               " BEGIN :NEW.id := 77; END;")  # fmt: skip
    assert emp.lines("""DECLARE i NUMBER; n VARCHAR2(20); k NUMBER := 3; BEGIN
        INSERT INTO emp (name) VALUES ('r') RETURNING id, name || k INTO i, n;
        DBMS_OUTPUT.PUT_LINE(i || n);
        DELETE FROM emp WHERE id = 77 RETURNING id + k INTO i; DBMS_OUTPUT.PUT_LINE(i);
        END;""") == ["77r3", "80"]


def test_a_row_trigger_sees_its_table_mutating(emp):
    """ "Mutating-Table Restriction": row level triggers may not read the table of their statement;
    statement triggers may."""
    emp.create("CREATE TRIGGER t_ar AFTER UPDATE ON emp FOR EACH ROW DECLARE n NUMBER;"
               " BEGIN SELECT COUNT(*) INTO n FROM emp; END;")  # fmt: skip
    with pytest.raises(OraError, match=r"ORA-04091: table U\.EMP is mutating"):
        emp.sql_run("UPDATE emp SET sal = 1")
    emp.sql_run("DROP TRIGGER t_ar")
    emp.create("CREATE TRIGGER t_as AFTER UPDATE ON emp DECLARE n NUMBER;"
               " BEGIN SELECT SUM(sal) INTO n FROM emp; INSERT INTO log (text) VALUES (n); END;")  # fmt: skip
    emp.sql_run("UPDATE emp SET sal = 7")
    assert log(emp) == ["14"]


def test_insert_values_does_not_mutate(emp):
    emp.create("CREATE TRIGGER t_br BEFORE INSERT ON emp FOR EACH ROW"
               " BEGIN SELECT NVL(MAX(id), 0) + 1 INTO :NEW.id FROM emp; END;")  # fmt: skip
    emp.sql_run("INSERT INTO emp (name) VALUES ('c')")
    assert rows(emp)[-1] == (3, "c", None)
    with pytest.raises(OraError, match="ORA-04091"):
        emp.sql_run("INSERT INTO emp (name) SELECT 'd' FROM dual")


def test_instead_of_triggers(emp):
    emp.sql_run("CREATE VIEW v AS SELECT id, name, sal * 2 AS twice FROM emp WHERE sal > 0")
    assert (
        emp.create("""CREATE TRIGGER v_io INSTEAD OF INSERT OR UPDATE OR DELETE ON v
        BEGIN
          IF INSERTING THEN
            INSERT INTO emp VALUES (:NEW.id, :NEW.name, :NEW.twice / 2);
          ELSIF UPDATING THEN
            UPDATE emp SET name = :NEW.name, sal = :NEW.twice / 2 WHERE id = :OLD.id;
          ELSE
            DELETE FROM emp WHERE id = :OLD.id;
          END IF;
        END;""")
        == []
    )
    emp.sql_run("INSERT INTO v (id, twice) VALUES (5, 100)")
    emp.sql_run("INSERT INTO v SELECT 6, 'six', 12 FROM dual")
    emp.sql_run("UPDATE v SET twice = twice + 2, name = 'u' || id WHERE id IN (1, 6)")
    emp.sql_run("DELETE FROM v WHERE twice = 40")
    assert rows(emp) == [(1, "u1", 11), (5, None, 50), (6, "u6", 7)]
    assert emp.lines("""BEGIN UPDATE v SET name = 'z'; DBMS_OUTPUT.PUT_LINE(SQL%ROWCOUNT);
        END;""") == ["3"]


def test_a_failing_instead_of_trigger_undoes_the_statement(emp):
    emp.sql_run("CREATE VIEW v AS SELECT id, name FROM emp")
    emp.create("""CREATE TRIGGER v_io INSTEAD OF DELETE ON v BEGIN
        DELETE FROM emp WHERE id = :OLD.id;
        IF :OLD.id = 2 THEN RAISE_APPLICATION_ERROR(-20001, 'no'); END IF; END;""")
    with pytest.raises(OraError, match="ORA-20001"):
        emp.sql_run("DELETE FROM v")
    assert len(rows(emp)) == 2


def test_errors_of_triggers_are_logged(emp):
    """SQL Language Reference 19c, "error_logging_clause": errors raised during trigger execution."""
    emp.create("CREATE TRIGGER t_br BEFORE INSERT ON emp FOR EACH ROW BEGIN"
               " IF :NEW.id = 8 THEN RAISE_APPLICATION_ERROR(-20008, 'eight'); END IF; END;")  # fmt: skip
    emp.run("BEGIN DBMS_ERRLOG.CREATE_ERROR_LOG('EMP'); END;")
    emp.sql_run(
        "INSERT INTO emp (id, name) SELECT LEVEL + 5, 'l' FROM dual CONNECT BY LEVEL < 5 "
        "LOG ERRORS REJECT LIMIT 1"
    )
    assert [r[0] for r in rows(emp)] == [1, 2, 6, 7, 9]
    assert emp.sql_run('SELECT "ORA_ERR_NUMBER$", id, name FROM err$_emp') == [(20008, "8", "l")]
    columns = emp.sql_run(
        "SELECT column_name, data_type FROM user_tab_columns WHERE table_name = 'ERR$_EMP' "
        "ORDER BY column_id"
    )
    assert columns == [
        ("ORA_ERR_NUMBER$", "NUMBER"), ("ORA_ERR_MESG$", "VARCHAR2"),
        ("ORA_ERR_ROWID$", "UROWID"), ("ORA_ERR_OPTYP$", "VARCHAR2"),
        ("ORA_ERR_TAG$", "VARCHAR2"), ("ID", "VARCHAR2"), ("NAME", "VARCHAR2"),
        ("SAL", "VARCHAR2")]  # fmt: skip
