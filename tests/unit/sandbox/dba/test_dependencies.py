"""Which change makes which object INVALID, and what happens on its next use.

Database Development Guide 19c, "Understanding Schema Object Dependency": "Invalidation of
Dependent Objects" (operations that cause fine-grained invalidation), "Object Revalidation";
PL/SQL Language Reference, "Package State"; SQL Language Reference, CREATE VIEW."""

from __future__ import annotations

from tests.unit.sandbox.dba.conftest import Dba

INVALID = "SELECT object_name || '/' || object_type FROM user_objects WHERE status = 'INVALID'"


def invalid(app: Dba) -> set[str]:
    return set(app.column(INVALID))


def test_user_dependencies(app: Dba) -> None:
    """Tables, views, sequences, synonyms, types and units, from static SQL, %TYPE, %ROWTYPE."""
    app.run(
        "CREATE TABLE t (a NUMBER, b VARCHAR2(10))",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE SEQUENCE s",
        "CREATE SYNONYM syn FOR t",
        "CREATE TYPE names AS TABLE OF VARCHAR2(10)",
        "CREATE PROCEDURE helper IS BEGIN NULL; END;",
        "CREATE PROCEDURE p IS n NUMBER; r v%ROWTYPE; l names; BEGIN "
        "SELECT s.NEXTVAL INTO n FROM dual; INSERT INTO syn (a) VALUES (n); helper; "
        "EXECUTE IMMEDIATE 'SELECT 1 FROM nowhere'; END;",
    )
    found = app.rows(
        "SELECT referenced_name, referenced_type FROM user_dependencies WHERE name = 'P' "
        "AND referenced_owner = USER ORDER BY 1"
    )
    assert found == [
        ("HELPER", "PROCEDURE"), ("NAMES", "TYPE"), ("S", "SEQUENCE"), ("SYN", "SYNONYM"),
        ("T", "TABLE"), ("V", "VIEW"),
    ]  # fmt: skip


def test_a_new_column_concerns_few(app: Dba) -> None:
    """ADD column: units with SELECT *, %ROWTYPE, INSERT without columns, a query with a join or
    a PL/SQL variable become INVALID; others, and views, do not."""
    app.run(
        "CREATE TABLE t (a NUMBER, b VARCHAR2(10))",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE FUNCTION plain RETURN NUMBER IS n NUMBER; BEGIN "
        "SELECT MAX(a) INTO n FROM t; UPDATE t SET b = 'x' WHERE a = 1; RETURN n; END;",
        "CREATE PROCEDURE listed(x NUMBER) IS BEGIN INSERT INTO t (a) VALUES (x); END;",
        "CREATE PROCEDURE typed(x t.a%TYPE) IS BEGIN NULL; END;",
        "CREATE PROCEDURE star IS BEGIN FOR r IN (SELECT * FROM t) LOOP NULL; END LOOP; END;",
        "CREATE PROCEDURE rowtype IS r t%ROWTYPE; BEGIN NULL; END;",
        "CREATE PROCEDURE unlisted IS BEGIN INSERT INTO t VALUES (1, 'x'); END;",
        "CREATE PROCEDURE joined IS n NUMBER; BEGIN "
        "SELECT COUNT(*) INTO n FROM t x, v y WHERE x.a = y.a; END;",
        "CREATE PROCEDURE captured(c NUMBER) IS BEGIN DELETE FROM t WHERE a = c; END;",
    )
    assert invalid(app) == set()
    app.run("ALTER TABLE t ADD z NUMBER")
    assert invalid(app) == {
        "STAR/PROCEDURE", "ROWTYPE/PROCEDURE", "UNLISTED/PROCEDURE", "JOINED/PROCEDURE",
        "CAPTURED/PROCEDURE",
    }  # fmt: skip
    app.run("BEGIN star; rowtype; joined; captured(1); END;")
    assert invalid(app) == {"UNLISTED/PROCEDURE"}
    text = app.fails(6550, "BEGIN unlisted; END;")
    assert "PLS-00905: object" in text


def test_a_changed_column_concerns_who_names_it(app: Dba) -> None:
    app.run(
        "CREATE TABLE t (a NUMBER, b VARCHAR2(10))",
        "CREATE VIEW va AS SELECT a FROM t",
        "CREATE VIEW vb AS SELECT b FROM t",
        "CREATE FUNCTION fa RETURN NUMBER IS n NUMBER; BEGIN SELECT MAX(a) INTO n FROM t; "
        "RETURN n; END;",
        "CREATE FUNCTION fb RETURN VARCHAR2 IS n t.b%TYPE; BEGIN RETURN n; END;",
        "CREATE FUNCTION above RETURN VARCHAR2 IS BEGIN RETURN fb; END;",
        "ALTER TABLE t MODIFY b VARCHAR2(20)",
    )
    assert invalid(app) == {"VB/VIEW", "FB/FUNCTION", "ABOVE/FUNCTION"}
    app.run("BEGIN IF above IS NULL THEN NULL; END IF; END;")
    assert app.rows("SELECT * FROM vb") == []
    assert invalid(app) == set()
    assert app.value("SELECT data_length FROM user_tab_columns WHERE table_name = 'VB'") == 20
    app.run(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        "CREATE INDEX i ON t (a)",
        "ALTER TABLE t MOVE",
        "COMMENT ON COLUMN t.a IS 'x'",
        "TRUNCATE TABLE t",
    )
    assert invalid(app) == set()
    app.run("ALTER TABLE t DROP COLUMN b")
    text = app.fails(4063, "SELECT * FROM vb")
    assert text == f'ORA-04063: view "{app.user}.VB" has errors'
    assert app.rows("SELECT * FROM va") == []
    assert "FB/FUNCTION" in invalid(app)
    app.run("DROP TABLE t")
    assert {"VA/VIEW", "FA/FUNCTION"} <= invalid(app)


def test_star_in_a_view_means_the_columns_there_were(app: Dba) -> None:
    """CREATE VIEW, "Notes on Creating Views": a new column does not appear in the view."""
    app.run(
        "CREATE TABLE t (a NUMBER, b NUMBER)",
        "INSERT INTO t VALUES (1, 2)",
        "CREATE VIEW v AS SELECT t.*, a + b AS total FROM t",
        "ALTER TABLE t ADD c NUMBER DEFAULT 9",
    )
    assert app.rows("SELECT * FROM v") == [(1, 2, 3)]
    assert app.value("SELECT text FROM user_views") == (
        'SELECT "T"."A","T"."B", a + b AS total FROM t'
    )


def test_package_state_is_lost_once(app: Dba) -> None:
    """ORA-04068 when another session changed the package this session has state of; a change of
    a table it does not look at closely leaves the state alone."""
    app.run(
        "CREATE TABLE t (a NUMBER)",
        "CREATE PACKAGE p IS g NUMBER := 0; FUNCTION n RETURN NUMBER; END;",
        "CREATE PACKAGE BODY p IS FUNCTION n RETURN NUMBER IS m NUMBER; BEGIN "
        "SELECT COUNT(a) INTO m FROM t; g := g + 1; RETURN g; END; END;",
        "CREATE TABLE result (n NUMBER)",
    )
    count = "BEGIN INSERT INTO result VALUES (p.n); COMMIT; END;"
    other = app.again()
    app.run(count, count)
    other.run("ALTER TABLE t ADD b NUMBER")
    app.run(count)
    assert app.column("SELECT n FROM result ORDER BY n") == [1, 2, 3]
    other.run("CREATE OR REPLACE PACKAGE p IS g NUMBER := 10; FUNCTION n RETURN NUMBER; END;")
    text = app.fails(4068, count)
    assert text.splitlines()[:2] == [
        "ORA-04068: existing state of packages has been discarded",
        f'ORA-04061: existing state of package "{app.user}.P" has been invalidated',
    ]
    app.run(count)
    assert app.value("SELECT max(n) FROM result") == 11


def test_forced_view(app: Dba) -> None:
    app.run("CREATE FORCE VIEW w AS SELECT z FROM later")
    assert invalid(app) == {"W/VIEW"}
    app.fails(4063, "SELECT * FROM w")
    app.run("CREATE TABLE later (z NUMBER)")
    assert app.rows("SELECT * FROM w") == []
    assert invalid(app) == set()
    assert app.column("SELECT referenced_name FROM user_dependencies WHERE name = 'W'") == [
        "LATER"
    ]
