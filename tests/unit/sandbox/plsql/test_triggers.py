"""DML triggers as the SQL engine fires them. PL/SQL Language Reference 19c, "PL/SQL Triggers"."""

from __future__ import annotations

from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent
from tests.unit.sandbox.plsql.doubles import Session


@pytest.fixture
def emp(session):
    session.sql.table("EMP", ID="NUMBER", NAME="VARCHAR2", SAL="NUMBER")
    return session


def fire(emp: Session, operation: str, **values: Any) -> TriggerEvent:
    event = TriggerEvent(operation, **values)
    emp.plsql.fire_trigger("U", "TR", event)
    return event


def test_header_settings(emp):
    assert (
        emp.create("""CREATE TRIGGER tr AFTER INSERT OR UPDATE OF sal, name ON emp FOR EACH ROW
        BEGIN NULL; END;""")
        == []
    )
    settings = emp.catalog.unit("U", "TR", "TRIGGER").settings
    assert {
        key: settings[key] for key in ("TABLE_NAME", "TIMING", "LEVEL", "EVENTS", "COLUMNS")
    } == {
        "TABLE_NAME": "EMP",
        "TIMING": "AFTER",
        "LEVEL": "ROW",
        "EVENTS": "INSERT,UPDATE",
        "COLUMNS": "SAL,NAME",
    }


def test_before_row_changes_new_values(emp):
    emp.create("""CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON emp FOR EACH ROW WHEN (NEW.sal > 5)
        DECLARE bonus NUMBER := 1;
        BEGIN
          :NEW.sal := :NEW.sal + bonus + NVL(:OLD.sal, 0);
          IF INSERTING THEN :NEW.name := 'ins'; ELSIF UPDATING('SAL') THEN :NEW.name := 'upd'; END IF;
        END;""")
    event = fire(emp, "INSERT", new={"ID": 1, "NAME": None, "SAL": 10})
    assert event.new == {"ID": 1, "NAME": "ins", "SAL": 11}
    event = fire(emp, "UPDATE", columns=frozenset({"SAL"}), old={"ID": 1, "NAME": "a", "SAL": 2},
                 new={"ID": 1, "NAME": "a", "SAL": 10})  # fmt: skip
    assert event.new == {"ID": 1, "NAME": "upd", "SAL": 13}
    event = fire(emp, "INSERT", new={"ID": 1, "NAME": None, "SAL": 5})
    assert event.new == {"ID": 1, "NAME": None, "SAL": 5}


def test_errors_of_a_trigger(emp):
    emp.create("CREATE TRIGGER tr BEFORE DELETE ON emp\nBEGIN\n RAISE_APPLICATION_ERROR(-20005, 'no');"
               " END;")  # fmt: skip
    with pytest.raises(OraError) as caught:
        fire(emp, "DELETE")
    assert caught.value.text.splitlines() == [
        "ORA-20005: no",
        'ORA-06512: at "U.TR", line 3',
        "ORA-04088: error during execution of trigger 'U.TR'",
    ]


def test_commit_in_a_trigger(emp):
    emp.create("CREATE TRIGGER tr AFTER DELETE ON emp BEGIN COMMIT; END;")
    with pytest.raises(OraError, match="ORA-04092: cannot COMMIT in a trigger"):
        fire(emp, "DELETE")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BEFORE INSERT ON emp FOR EACH ROW BEGIN :NEW.nope := 1; END;", "PLS-00049: bad bind variable 'NEW.NOPE'"),
    ],
)  # fmt: skip
def test_compile_errors(emp, text, message):
    assert message in str(emp.create(f"CREATE TRIGGER tr {text}"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AFTER INSERT ON emp FOR EACH ROW BEGIN :NEW.sal := 1; END;", 4084),
        ("BEFORE INSERT ON emp FOR EACH ROW BEGIN :OLD.sal := 1; END;", 4085),
        ("BEFORE INSERT ON emp BEGIN :NEW.sal := 1; END;", 4082),
    ],
)
def test_what_create_trigger_refuses(emp, text, code):
    with pytest.raises(OraError) as caught:
        emp.create(f"CREATE TRIGGER tr {text}")
    assert caught.value.code == code


def test_a_trigger_with_errors_cannot_fire(emp):
    emp.create("CREATE TRIGGER tr BEFORE INSERT ON emp BEGIN nope; END;")
    with pytest.raises(OraError, match="ORA-04098"):
        fire(emp, "INSERT")


def test_a_trigger_needs_its_table(session):
    with pytest.raises(OraError, match="ORA-00942"):
        session.create("CREATE TRIGGER tr BEFORE INSERT ON nope BEGIN NULL; END;")
