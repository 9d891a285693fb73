"""What does not compile, with number, line and column. Oracle Database Error Messages 19c,
"PLS-00001 to PLS-01921"; ORA-06550."""

from __future__ import annotations

import pytest

from dtm.sandbox.kernel.errors import Unsupported


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("BEGIN\n  x := 1;\nEND;", 2, 3, "PLS-00201: identifier 'X' must be declared"),
        ("BEGIN NULL END;", 1, 12, 'PLS-00103: Encountered the symbol "END"'),
        ("BEGIN NULL;", 1, 12, 'PLS-00103: Encountered the symbol "end-of-file"'),
        ("BEGIN CREATE TABLE t (x NUMBER); END;", 1, 7, 'PLS-00103: Encountered the symbol "CREATE"'),
        ("BEGIN TRUNCATE TABLE t; END;", 1, 16, 'PLS-00103: Encountered the symbol "TABLE"'),
        ("BEGIN DBMS_OUTPUT.PUT_LINE(1, 2); END;", 1, 7,
         "PLS-00306: wrong number or types of arguments in call to 'PUT_LINE'"),
        ("BEGIN DBMS_OUTPUT.NOPE; END;", 1, 19, "PLS-00302: component 'NOPE' must be declared"),
        ("DECLARE x NUMBER; x DATE; BEGIN NULL; END;", 1, 19,
         "PLS-00371: at most one declaration for 'X' is permitted"),
        ("DECLARE x NUMBER; BEGIN x := TRUE; END;", 1, 30, "PLS-00382: expression is of wrong type"),
        ("DECLARE c CONSTANT NUMBER := 1; BEGIN c := 2; END;", 1, 39,
         "PLS-00363: expression 'C' cannot be used as an assignment target"),
        ("DECLARE PROCEDURE p(a NUMBER) IS BEGIN a := 1; END; BEGIN NULL; END;", 1, 40,
         "PLS-00363: expression 'A' cannot be used as an assignment target"),
        ("BEGIN FOR i IN 1..2 LOOP i := 1; END LOOP; END;", 1, 26, "PLS-00363"),
        ("DECLARE x VARCHAR2; BEGIN NULL; END;", 1, 11, "PLS-00215"),
        ("DECLARE x NUMBER(39); BEGIN NULL; END;", 1, 11, "PLS-00216"),
        ("DECLARE x nope; BEGIN NULL; END;", 1, 11, "PLS-00201: identifier 'NOPE' must be declared"),
        ("DECLARE x NUMBER NOT NULL; BEGIN NULL; END;", 1, 9, "PLS-00218"),
        ("DECLARE x CONSTANT NUMBER; BEGIN NULL; END;", 1, 9, "PLS-00322"),
        ("BEGIN EXIT; END;", 1, 7, "PLS-00376"),
        ("DECLARE PROCEDURE p IS BEGIN q; END; PROCEDURE q IS BEGIN NULL; END; BEGIN p; END;",
         1, 30, "PLS-00313: 'Q' not declared in this scope"),
        ("DECLARE PROCEDURE p IS BEGIN NULL; END; x NUMBER; BEGIN p; END;", 1, 41, "PLS-00103"),
        ("DECLARE x NUMBER := (SELECT 1 FROM dual); BEGIN NULL; END;", 1, 22, "PLS-00103"),
        ("BEGIN IF EXISTS (SELECT 1 FROM dual) THEN NULL; END IF; END;", 1, 10,
         "PLS-00204: function or pseudo-column 'EXISTS' may be used inside a SQL statement only"),
        ("DECLARE _x NUMBER; BEGIN NULL; END;", 1, 9, 'PLS-00103: Encountered the symbol "_"'),
        ("BEGIN NULL; END; /", 1, 18, 'PLS-00103: Encountered the symbol "/"'),
        ("BEGIN NULL; END;\n/", 2, 1, 'PLS-00103: Encountered the symbol "/"'),
        ("BEGIN FORALL i IN 1 .. 3 DELETE FROM dual; END;", 1, 26, "PLS-00435"),
        ("BEGIN RAISE; END;", 1, 7, "PLS-00367"),
        ("BEGIN RAISE nope; END;", 1, 13, "PLS-00201: identifier 'NOPE' must be declared"),
        ("BEGIN RETURN 1; END;", 1, 7, "PLS-00372"),
        ("BEGIN GOTO nowhere; END;", 1, 7, "PLS-00375"),
        ("BEGIN NULL; EXCEPTION WHEN OTHERS THEN NULL; WHEN NO_DATA_FOUND THEN NULL; END;", 1, 46,
         "PLS-00370"),
        ("BEGIN IF 1 THEN NULL; END IF; END;", 1, 10, "PLS-00382"),
        ("DECLARE x NUMBER; BEGIN x := DECODE(1, 1, 2); END;", 1, 30,
         "PLS-00204: function or pseudo-column 'DECODE' may be used inside a SQL statement only"),
        ("DECLARE x NUMBER; BEGIN x.y := 1; END;", 1, 25, "PLS-00487"),
        ("DECLARE x NUMBER; BEGIN x(1) := 1; END;", 1, 25, "PLS-00222"),
        ("DECLARE PROCEDURE p; BEGIN p; END;", 1, 19, "PLS-00328"),
        ("DECLARE x NUMBER; BEGIN SELECT 1 FROM (SELECT 1); END;", 1, 25, "PLS-00428"),
        ("BEGIN DELETE FROM nope; END;", 1, 19, "PL/SQL: ORA-00942: table or view does not exist"),
        ("BEGIN x := 'abc; END;", 1, 12, "PLS-00103"),
        ("DECLARE select NUMBER; BEGIN NULL; END;", 1, 9, "PLS-00103"),
        (f"DECLARE {'x' * 129} NUMBER; BEGIN NULL; END;", 1, 9, "PLS-00114"),
        ("BEGIN :x := 1; END;", 1, 7, "PLS-00049: bad bind variable 'X'"),
        ("DECLARE e EXCEPTION; PRAGMA EXCEPTION_INIT(e, 5); BEGIN NULL; END;", 1, 47, "PLS-00701"),
    ],
)  # fmt: skip
def test_errors_of_blocks(session, text, line, column, message):
    error = session.error(text)
    assert error.code == 6550
    assert error.text.startswith(f"ORA-06550: line {line}, column {column}:\n{message}")


def test_every_statement_in_error_is_listed(session):
    text = session.error("BEGIN\n a := 1;\n b := 2;\nEND;").text
    assert text.splitlines() == [
        "ORA-06550: line 2, column 2:",
        "PLS-00201: identifier 'A' must be declared",
        "ORA-06550: line 2, column 2:",
        "PL/SQL: Statement ignored",
        "ORA-06550: line 3, column 2:",
        "PLS-00201: identifier 'B' must be declared",
        "ORA-06550: line 3, column 2:",
        "PL/SQL: Statement ignored",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN x@link; END;",
        "DECLARE x NUMBER := CURSOR(SELECT 1); BEGIN NULL; END;",
        "CREATE PROCEDURE p AS LANGUAGE JAVA NAME 'x';",
    ],
)
def test_unsupported_constructs_name_themselves(session, text):
    run = session.create if text.startswith("CREATE") else session.run
    with pytest.raises(Unsupported) as caught:
        run(text)
    assert "DTM-SBX-" in caught.value.text
    assert "line 1, column" in caught.value.text


def test_a_stored_unit_is_refused_where_it_comes_to_it(session):
    """The rest of the unit is of use; USER_ERRORS has a warning."""
    assert (
        session.create("""CREATE PROCEDURE p(n NUMBER) IS
      PROCEDURE q IS x XMLTYPE; BEGIN NULL; END;
    BEGIN
      IF n = 1 THEN UTL_SMTP.QUIT(1); ELSIF n = 2 THEN q; END IF;
    END;""")
        == []
    )
    warnings = [
        (e.line, e.attribute, e.text) for e in session.catalog.errors["U", "P", "PROCEDURE"]
    ]
    assert warnings == [
        (2, "WARNING", "unimplemented feature: DTM-SBX-650: XMLTYPE at line 2, column 24"
                       " (refused when it runs)"),
        (4, "WARNING", "unimplemented feature: DTM-SBX-650: UTL_SMTP at line 4, column 21"
                       " (refused when it runs)"),
    ]  # fmt: skip
    session.run("BEGIN p(0); END;")
    for number in (1, 2):
        with pytest.raises(Unsupported) as caught:
            session.run(f"BEGIN p({number}); EXCEPTION WHEN OTHERS THEN NULL; END;")
        assert "DTM-SBX-650" in caught.value.text


def test_others_does_not_see_what_the_sandbox_cannot_do(session):
    session.create("CREATE PROCEDURE p AS BEGIN EXECUTE IMMEDIATE 'BEGIN x@y; END;';"
                   " EXCEPTION WHEN OTHERS THEN NULL; END;")  # fmt: skip
    with pytest.raises(Unsupported):
        session.run("BEGIN p; END;")


@pytest.mark.parametrize("depth", [50, 1000, 20000])
def test_deep_nesting_ends_in_an_error_or_a_value(session, depth):
    text = f"DECLARE x NUMBER; BEGIN x := {'(' * depth}1{')' * depth}; END;"
    if depth < 100:
        session.run(text)
    else:
        assert "PLS-00123" in session.error(text).text
