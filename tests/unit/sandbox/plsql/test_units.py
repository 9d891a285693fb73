"""Packages and stored subprograms. PL/SQL Language Reference 19c, "PL/SQL Packages", "PL/SQL
Subprograms"; Database Development Guide 19c, "Schema Object Dependency"."""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.plsql.doubles import Session

SPEC = """CREATE OR REPLACE PACKAGE pk AS
  c CONSTANT NUMBER := 3;
  g NUMBER := c + 4;
  bad EXCEPTION;
  TYPE r IS RECORD (a NUMBER := 1, b VARCHAR2(10));
  PROCEDURE p(n NUMBER DEFAULT g);
  FUNCTION f(a VARCHAR2) RETURN VARCHAR2;
  FUNCTION f(a NUMBER) RETURN NUMBER;
END pk;"""
BODY = """CREATE OR REPLACE PACKAGE BODY pk AS
  priv NUMBER := 100;
  PROCEDURE helper;
  PROCEDURE p(n NUMBER DEFAULT g) IS BEGIN
    priv := priv + n; helper;
    IF priv > 1000 THEN RAISE bad; END IF;
  END p;
  PROCEDURE helper IS BEGIN DBMS_OUTPUT.PUT_LINE('p' || pk.priv); END;
  FUNCTION f(a VARCHAR2) RETURN VARCHAR2 IS BEGIN RETURN 'v' || a; END;
  FUNCTION f(a NUMBER) RETURN NUMBER IS BEGIN RETURN a * 2; END;
BEGIN
  DBMS_OUTPUT.PUT_LINE('init');
END pk;"""


@pytest.fixture
def pk(session):
    assert session.create(SPEC) == []
    assert session.create(BODY) == []
    return session


def test_state_lives_as_long_as_the_session(pk):
    assert pk.lines("BEGIN pk.p(1); END;") == ["init", "p101"]
    assert pk.lines("BEGIN pk.p; pk.g := 20; END;") == ["p108"]
    assert pk.lines("BEGIN pk.p; DBMS_OUTPUT.PUT_LINE(pk.c || pk.f('x') || pk.f(4)); END;") == [
        "p128",
        "3vx8",
    ]
    other = Session(pk.library, pk.catalog, sid=11)
    assert other.lines("BEGIN pk.p(1); END;") == ["init", "p101"]


def test_public_exceptions_and_records(pk):
    assert pk.lines("""DECLARE v pk.r; BEGIN
        BEGIN pk.p(10000); EXCEPTION WHEN pk.bad THEN DBMS_OUTPUT.PUT_LINE('bad' || v.a); END;
        END;""") == ["init", "p10100", "bad1"]


def test_constants_cannot_be_assigned(pk):
    assert "PLS-00363" in pk.error("BEGIN pk.c := 1; END;").text
    assert "PLS-00302: component 'NOPE' must be declared" in pk.error("BEGIN pk.nope; END;").text


def test_private_names_stay_private(pk):
    assert "PLS-00302: component 'PRIV'" in pk.error("BEGIN pk.priv := 1; END;").text


def test_a_new_body_discards_state(pk):
    pk.run("BEGIN pk.p(1); END;")
    pk.create(BODY.replace("100", "500"))
    error = pk.error("BEGIN pk.p(1); END;")
    assert error.code == 4068
    assert error.stack[:3] == [
        'ORA-04061: existing state of package body "U.PK" has been invalidated',
        'ORA-04065: not executed, altered or dropped package body "U.PK"',
        'ORA-06508: PL/SQL: could not find program unit being called: "U.PK"',
    ]
    assert pk.lines("BEGIN pk.p(1); END;")[-1] == "p501"


def test_a_stateless_package_changes_silently(session):
    session.create("CREATE PACKAGE s AS FUNCTION f RETURN NUMBER; END;")
    body = (
        "CREATE OR REPLACE PACKAGE BODY s AS FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; END;"
    )
    session.create(body)
    assert session.value("s.f") == "1"
    session.create(body.replace("RETURN 1", "RETURN 2"))
    assert session.value("s.f") == "2"


def test_a_failed_initialisation_is_tried_again(session):
    session.create("CREATE PACKAGE i AS PROCEDURE p; END;")
    session.create(
        "CREATE PACKAGE BODY i AS x NUMBER(1) := 10; PROCEDURE p IS BEGIN NULL; END; END;"
    )
    assert session.error("BEGIN i.p; END;").code == 6502
    assert session.error("BEGIN i.p; END;").code == 6502


def test_missing_body(session):
    session.create("CREATE PACKAGE nb AS PROCEDURE p; END;")
    error = session.error("BEGIN nb.p; END;")
    assert error.text.splitlines()[:2] == [
        'ORA-04067: not executed, package body "U.NB" does not exist',
        'ORA-06508: PL/SQL: could not find program unit being called: "U.NB"',
    ]


def test_a_unit_with_errors_is_stored_and_cannot_run(session):
    errors = session.create("CREATE PROCEDURE bad AS\nBEGIN\n  nothing;\nEND;")
    assert errors == [
        (3, 3, "PLS-00201: identifier 'NOTHING' must be declared"),
        (3, 3, "PL/SQL: Statement ignored"),
    ]
    assert session.catalog.unit("U", "BAD", "PROCEDURE").status == "INVALID"
    assert "PLS-00905: object U.BAD is invalid" in session.error("BEGIN bad; END;").text


def test_a_body_with_errors(session):
    session.create("CREATE PACKAGE eb AS PROCEDURE p; END;")
    session.create("CREATE PACKAGE BODY eb AS PROCEDURE p IS BEGIN x := 1; END; END;")
    error = session.error("BEGIN eb.p; END;")
    assert error.text.splitlines()[:2] == [
        'ORA-04063: package body "U.EB" has errors',
        'ORA-06508: PL/SQL: could not find program unit being called: "U.EB"',
    ]


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("PACKAGE BODY sp AS END;", "PLS-00323"),
        ("PACKAGE BODY sp AS PROCEDURE p(n VARCHAR2) IS BEGIN NULL; END; END;", "PLS-00323"),
        ("PACKAGE BODY nospec AS END;", "PLS-00304"),
        ("PACKAGE BODY sp AS PROCEDURE p(n NUMBER) IS BEGIN NULL; END; PROCEDURE q; END;",
         "PLS-00328"),
    ],
)  # fmt: skip
def test_specification_and_body_must_agree(session, body, number):
    session.create("CREATE PACKAGE sp AS PROCEDURE p(n NUMBER); END;")
    assert number in str(session.create(f"CREATE {body}"))


def test_create_without_replace(session):
    session.create("CREATE PROCEDURE x AS BEGIN NULL; END;")
    with pytest.raises(OraError, match="ORA-00955"):
        session.create("CREATE PROCEDURE x AS BEGIN NULL; END;")


def test_source_is_kept_from_the_type_word(session):
    session.create("CREATE OR REPLACE\nEDITIONABLE PROCEDURE src AS\nBEGIN NULL; END;")
    assert (
        session.catalog.unit("U", "SRC", "PROCEDURE").text == "PROCEDURE src AS\nBEGIN NULL; END;"
    )


def test_conditional_compilation(session):
    session.context.nls["PLSQL_CCFLAGS"] = "debug:TRUE, level:3"
    assert session.lines("""BEGIN
      $IF $$debug AND $$level > 2 $THEN DBMS_OUTPUT.PUT_LINE('debug');
      $ELSIF $$level IS NULL $THEN this is not even PL/SQL
      $ELSE nor this $END
      $IF DBMS_DB_VERSION.VER_LE_11 $THEN old; $ELSE DBMS_OUTPUT.PUT_LINE($$PLSQL_LINE); $END
      END;""") == ["debug", "5"]


def test_autonomous_transactions_roll_back_on_error(session):
    session.create("""CREATE PROCEDURE a(fail BOOLEAN) AS PRAGMA AUTONOMOUS_TRANSACTION;
        BEGIN IF fail THEN RAISE PROGRAM_ERROR; END IF; COMMIT; END;""")
    session.run("BEGIN a(FALSE); END;")
    assert session.sql.log == ["BEGIN AUTONOMOUS", "COMMIT", "END AUTONOMOUS"]
    session.sql.log.clear()
    assert session.error("BEGIN a(TRUE); END;").code == 6501
    assert session.sql.log == ["BEGIN AUTONOMOUS", "ROLLBACK", "END AUTONOMOUS"]


def test_definer_and_invoker_rights(session):
    session.create("""CREATE FUNCTION d RETURN VARCHAR2 IS BEGIN
        RETURN SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'); END;""")
    session.create("""CREATE FUNCTION i RETURN VARCHAR2 AUTHID CURRENT_USER IS BEGIN
        RETURN SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'); END;""")
    session.context.user = session.context.current_schema = "OTHER"
    session.catalog.granted |= {"D", "I"}
    assert session.value("u.d || ',' || u.i") == "U,OTHER"
    assert session.context.effective_user is None


def test_dbms_lock_needs_a_grant(session):
    session.catalog.granted.clear()
    error = session.error("DECLARE h VARCHAR2(128); BEGIN DBMS_LOCK.ALLOCATE_UNIQUE('x', h); END;")
    assert "PLS-00201: identifier 'DBMS_LOCK.ALLOCATE_UNIQUE' must be declared" in error.text


def test_serially_reusable_packages_forget(session):
    session.create("CREATE PACKAGE sr AS PRAGMA SERIALLY_REUSABLE; n NUMBER := 1; END;")
    assert session.lines("BEGIN sr.n := sr.n + 1; DBMS_OUTPUT.PUT_LINE(sr.n); END;") == ["2"]
    assert session.value("sr.n") == "1"


def test_records_take_null_and_keep_their_shape(session):
    assert session.lines("""DECLARE TYPE r IS RECORD (a NUMBER := 5, b VARCHAR2(9)); v r;
        FUNCTION f(x r := NULL) RETURN r IS BEGIN RETURN NULL; END;
        BEGIN v := NULL; DBMS_OUTPUT.PUT_LINE(NVL(TO_CHAR(v.a), 'null') || f().b); END;""") == [
        "null"
    ]


def test_an_argument_that_cannot_be_converted(session):
    text = session.error("DECLARE d DATE; BEGIN d := NVL(0, SYSDATE); END;").text
    assert "PLS-00306: wrong number or types of arguments in call to 'NVL'" in text
