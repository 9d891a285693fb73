"""Compound, CALL, FOLLOWS, DDL and LOGON triggers. PL/SQL Language Reference 19c, "PL/SQL Triggers":
"Compound DML Triggers", "System Triggers"; "CREATE TRIGGER Statement"."""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.event_triggers import logged_on


@pytest.fixture
def session(database):
    session = database.session()
    session.sql_run("CREATE TABLE t (id NUMBER, v VARCHAR2(20))")
    session.sql_run("CREATE TABLE log (n NUMBER GENERATED ALWAYS AS IDENTITY, text VARCHAR2(200))")
    yield session
    session.engine.rollback()
    for (name,) in session.sql_run("SELECT trigger_name FROM user_triggers"):
        session.sql_run(f"DROP TRIGGER {name}")
    session.sql_run("DROP TABLE t PURGE")
    session.sql_run("DROP TABLE log PURGE")
    session.plsql.close()


def log(session) -> list[str]:
    return [text for (text,) in session.sql_run("SELECT text FROM log ORDER BY n")]


COMPOUND = """CREATE TRIGGER c FOR INSERT OR UPDATE OR DELETE ON t COMPOUND TRIGGER
  TYPE ids IS TABLE OF NUMBER;
  l ids := ids();
  PROCEDURE note(x VARCHAR2) IS BEGIN INSERT INTO log (text) VALUES (x); END;
  BEFORE STATEMENT IS BEGIN note('start ' || l.COUNT); END BEFORE STATEMENT;
  BEFORE EACH ROW IS BEGIN
    IF NOT DELETING THEN :NEW.v := NVL(:NEW.v, 'v' || :NEW.id); END IF; END BEFORE EACH ROW;
  AFTER EACH ROW IS BEGIN l.EXTEND; l(l.COUNT) := NVL(:NEW.id, -:OLD.id); END AFTER EACH ROW;
  AFTER STATEMENT IS s VARCHAR2(99); n NUMBER; BEGIN
    SELECT COUNT(*) INTO n FROM t;
    FOR i IN 1 .. l.COUNT LOOP s := s || l(i) || ' '; END LOOP; note('end ' || s || 'of ' || n);
  END AFTER STATEMENT;
END c;"""


def test_a_compound_trigger_keeps_its_variables_for_one_statement(session):
    """Each statement starts anew; AFTER STATEMENT may read the table (no ORA-04091)."""
    assert session.create(COMPOUND) == []
    session.sql_run("INSERT INTO t (id) SELECT LEVEL FROM dual CONNECT BY LEVEL <= 2")
    session.sql_run("DELETE FROM t WHERE id = 2")
    assert log(session) == ["start 0", "end 1 2 of 2", "start 0", "end -2 of 1"]
    assert session.sql_run("SELECT v FROM t") == [("v1",)]
    shown = "SELECT trigger_type, triggering_event FROM user_triggers"
    assert session.sql_run(shown) == [("COMPOUND", "INSERT OR UPDATE OR DELETE")]


def test_a_failed_statement_leaves_nothing_in_the_variables(session):
    session.create(COMPOUND)
    with pytest.raises(OraError):
        session.sql_run("INSERT INTO t (id, v) SELECT LEVEL, RPAD('x', LEVEL * 15, 'x') FROM dual"
                        " CONNECT BY LEVEL <= 2")  # fmt: skip
    session.sql_run("INSERT INTO t (id) VALUES (7)")
    assert log(session) == ["start 0", "end 7 of 1"]


def test_sections_see_only_what_they_may(session):
    errors = session.create("""CREATE TRIGGER c FOR INSERT ON t COMPOUND TRIGGER
        BEFORE STATEMENT IS BEGIN :NEW.v := 1; END BEFORE STATEMENT;
        AFTER EACH ROW IS BEGIN :NEW.v := 1; END AFTER EACH ROW;
        END;""")
    assert [text[:9] for _, _, text in errors if "ignored" not in text] == [
        "PLS-00049",
        "PLS-00363",
    ]


def test_follows_and_call(session):
    session.create(
        "CREATE PROCEDURE noted(x VARCHAR2) IS BEGIN INSERT INTO log (text) VALUES (x); END;"
    )
    session.create("CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW CALL noted('a' || :NEW.id)")
    session.create("CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW FOLLOWS a"
                   " BEGIN noted('b'); END;")  # fmt: skip
    session.create(
        "CREATE OR REPLACE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS b CALL noted('a2')"
    )
    session.create("CREATE OR REPLACE TRIGGER b BEFORE INSERT ON t FOR EACH ROW"
                   " BEGIN noted('b2'); END;")  # fmt: skip
    session.sql_run("INSERT INTO t (id) VALUES (1)")
    assert log(session) == ["b2", "a2"]


def test_ddl_triggers_on_the_schema(session):
    session.create("""CREATE TRIGGER d AFTER CREATE OR DROP ON SCHEMA BEGIN
        INSERT INTO log (text) VALUES (ORA_SYSEVENT || ' ' || ORA_DICT_OBJ_TYPE || ' '
          || ORA_DICT_OBJ_OWNER || '.' || ORA_DICT_OBJ_NAME || ' ' || ORA_LOGIN_USER); END;""")
    session.sql_run("CREATE TABLE x (n NUMBER)")
    session.sql_run("ALTER TABLE x ADD m NUMBER")
    session.create("CREATE OR REPLACE PROCEDURE p IS BEGIN NULL; END;")
    session.sql_run("DROP TABLE U.x PURGE")
    assert log(session)[-3:] == [
        "CREATE TABLE U.X U",
        "CREATE PROCEDURE U.P U",
        "DROP TABLE U.X U",
    ]
    assert session.value("ORA_SYSEVENT") is None


def test_a_before_trigger_refuses_ddl(session):
    session.create("""CREATE TRIGGER d BEFORE DDL ON SCHEMA WHEN (ORA_SYSEVENT = 'TRUNCATE')
        BEGIN RAISE_APPLICATION_ERROR(-20001, 'no ' || ORA_SYSEVENT); END;""")
    session.sql_run("INSERT INTO t (id) VALUES (1)")
    with pytest.raises(OraError) as caught:
        session.sql_run("TRUNCATE TABLE t")
    assert caught.value.text.split("\n")[:2] == [
        "ORA-00604: error occurred at recursive SQL level 1",
        "ORA-20001: no TRUNCATE",
    ]
    session.sql_run("CREATE TABLE y (n NUMBER)")
    session.sql_run("DROP TABLE y PURGE")
    session.sql_run("ALTER TRIGGER d DISABLE")
    session.sql_run("TRUNCATE TABLE t")
    assert session.sql_run("SELECT COUNT(*) FROM t") == [(0,)]


def test_logon_triggers(session, database):
    session.create("""CREATE TRIGGER l AFTER LOGON ON SCHEMA BEGIN
        INSERT INTO log (text) VALUES (ORA_SYSEVENT || ORA_LOGIN_USER); END;""")
    other, own = database.session("OTHER"), database.session()
    logged_on(other.storage, other.plsql)
    logged_on(own.storage, own.plsql)
    assert log(session) == ["LOGONU"]
    session.create(
        "CREATE OR REPLACE TRIGGER l AFTER LOGON ON SCHEMA BEGIN RAISE NO_DATA_FOUND; END;"
    )
    with pytest.raises(OraError) as caught:
        logged_on(own.storage, own.plsql)
    assert caught.value.code == 604
    for each in (other, own):
        each.plsql.close()
