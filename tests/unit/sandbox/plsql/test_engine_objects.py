"""User types in SQL on the real engine. SQL Language Reference 19c, "table_collection_expression",
"CAST", "COLLECT", "VALUE", "CARDINALITY", "Type Constructor Expressions"; PL/SQL Language Reference
19c, "Pipelined Table Functions"."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dtm.sandbox.kernel.errors import OraError, Unsupported
from tests.unit.sandbox.plsql.real import Database


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    database = Database(tmp_path_factory.mktemp("instance") / "one")
    session = database.session()
    for text in (
        "CREATE TYPE names AS TABLE OF VARCHAR2(10)",
        "CREATE TYPE person AS OBJECT (id NUMBER, name VARCHAR2(10), born DATE,"
        " MEMBER FUNCTION title RETURN VARCHAR2) NOT FINAL",
        "CREATE TYPE BODY person AS MEMBER FUNCTION title RETURN VARCHAR2 IS"
        " BEGIN RETURN 'Mx ' || name; END; END;",
        "CREATE TYPE pupil UNDER person (grade NUMBER)",
        "CREATE TYPE people AS TABLE OF person",
    ):
        session.sql_run(text)
    assert (
        session.create("""CREATE PACKAGE pk AS
        FUNCTION counted(n NUMBER) RETURN names PIPELINED;
        FUNCTION some(p person) RETURN people;
        FUNCTION named(l names) RETURN VARCHAR2;
        FUNCTION kind(x NUMBER) RETURN VARCHAR2;
        FUNCTION kind(x VARCHAR2) RETURN VARCHAR2;
        FUNCTION kind(x DATE, y NUMBER DEFAULT 1) RETURN VARCHAR2;
        END;""")
        == []
    )
    assert (
        session.create("""CREATE PACKAGE BODY pk AS
        FUNCTION counted(n NUMBER) RETURN names PIPELINED IS BEGIN
          FOR i IN 1 .. n LOOP PIPE ROW ('n' || i); END LOOP; RETURN; END;
        FUNCTION some(p person) RETURN people IS BEGIN
          RETURN people(p, pupil(9, 'z', NULL, 3)); END;
        FUNCTION named(l names) RETURN VARCHAR2 IS r VARCHAR2(99); BEGIN
          FOR i IN 1 .. l.COUNT LOOP r := r || l(i) || ';'; END LOOP; RETURN r; END;
        FUNCTION kind(x NUMBER) RETURN VARCHAR2 IS BEGIN RETURN 'number'; END;
        FUNCTION kind(x VARCHAR2) RETURN VARCHAR2 IS BEGIN RETURN 'text'; END;
        FUNCTION kind(x DATE, y NUMBER DEFAULT 1) RETURN VARCHAR2 IS BEGIN RETURN 'date'; END;
        END;""")
        == []
    )
    yield session
    session.plsql.close()
    database.close()


def test_table_of_constructors_and_functions(session):
    assert session.sql_run(
        "SELECT COUNT(*), SUM(column_value) FROM TABLE(sys.odcinumberlist(1, 2, 3.5))"
    ) == [(3, Decimal("6.5"))]
    assert session.sql_run("SELECT column_value FROM TABLE(names('b', NULL, 'a'))") == [
        ("b",), (None,), ("a",)
    ]  # fmt: skip
    assert session.sql_run("SELECT * FROM TABLE(pk.counted(2)) t") == [("n1",), ("n2",)]
    assert session.sql_run("SELECT COUNT(*) FROM TABLE(pk.counted(0))") == [(0,)]
    rows = session.sql_run(
        "SELECT t.name, born FROM TABLE(pk.some(person(1, 'a', DATE '2001-02-03'))) t ORDER BY id DESC"
    )
    assert rows == [("z", None), ("a", dt.datetime(2001, 2, 3))]


def test_numbers_keep_all_digits_and_raw_its_bytes(session):
    assert session.sql_run(
        "SELECT column_value FROM TABLE(sys.odcinumberlist(12345678901234567890123456789012345678))"
    ) == [(12345678901234567890123456789012345678,)]


def test_table_of_an_atomic_null_has_no_rows(session):
    assert session.sql_run("SELECT COUNT(*) FROM TABLE(CAST(NULL AS names))") == [(0,)]
    with pytest.raises(OraError) as caught:
        session.sql_run("SELECT * FROM TABLE(NULL)")
    assert caught.value.code == 22905
    with pytest.raises(OraError) as caught:
        session.sql_run("SELECT * FROM TABLE(1 + 1)")
    assert caught.value.code == 22905


def test_table_of_variables(session):
    assert session.lines("""DECLARE l people := people(person(1, 'x', NULL), pupil(2, 'y', NULL, 8));
        n names := names('x', 'q'); s VARCHAR2(10); c NUMBER; BEGIN
        FOR r IN (SELECT p.id, p.name FROM TABLE(l) p WHERE p.name IN (SELECT column_value FROM TABLE(n)))
        LOOP DBMS_OUTPUT.PUT_LINE(r.id || r.name); END LOOP;
        EXECUTE IMMEDIATE 'SELECT COUNT(*) FROM TABLE(:1)' INTO c USING n;
        DBMS_OUTPUT.PUT_LINE(c); END;""") == ["1x", "2"]


def test_objects_into_variables(session):
    """SELECT of objects gives them whole, subtypes included."""
    assert session.lines("""DECLARE l people; o person; b people; t names; BEGIN
        SELECT pk.some(person(1, 'a', NULL)) INTO l FROM dual;
        SELECT VALUE(x) BULK COLLECT INTO b FROM TABLE(l) x ORDER BY x.id DESC;
        DBMS_OUTPUT.PUT_LINE(b(1).title || TREAT(b(1) AS pupil).grade || b.COUNT);
        SELECT person(4, 'd', NULL) INTO o FROM dual;
        SELECT CAST(MULTISET(SELECT name FROM TABLE(l) ORDER BY name) AS names) INTO t FROM dual;
        DBMS_OUTPUT.PUT_LINE(o.title || t.COUNT || t(1) || t(2));
        SELECT CAST(COLLECT(p.name) AS names) INTO t FROM TABLE(l) p;
        DBMS_OUTPUT.PUT_LINE(pk.named(t));
        SELECT CAST(MULTISET(SELECT id, name, born FROM TABLE(l)) AS people) INTO b FROM dual;
        DBMS_OUTPUT.PUT_LINE(b(2).name || CASE WHEN b(2) IS OF (ONLY person) THEN '!' END); END;""") == [
        "Mx z32", "Mx d2az", "a;z;", "z!"
    ]  # fmt: skip


def test_collections_as_arguments(session):
    assert session.sql_run(
        "SELECT pk.named(names('a', 'b')) n, CARDINALITY(names('a', 'b')) c FROM dual"
    ) == [("a;b;", 2)]


def test_overloads_are_chosen_by_the_types_of_the_arguments(session):
    assert session.sql_run(
        "SELECT pk.kind(1), pk.kind('1'), pk.kind(SYSDATE), pk.kind(x => 2), pk.kind(SYSDATE, y => 2)"
        " FROM dual"
    ) == [("number", "text", "date", "number", "date")]
    with pytest.raises(OraError) as caught:
        session.sql_run("SELECT pk.kind(1, 2, 3) FROM dual")
    assert caught.value.code == 6553
    with pytest.raises(OraError) as caught:
        session.sql_run("SELECT pk.kind(NULL) FROM dual")
    assert "PLS-307: too many declarations of 'KIND' match this call" in caught.value.text


def test_no_data_needed_is_not_an_error_of_the_query(session):
    assert session.sql_run("SELECT column_value FROM TABLE(pk.counted(1000)) WHERE ROWNUM < 3") == [
        ("n1",), ("n2",)
    ]  # fmt: skip


def test_package_collections_in_table(session):
    """12.2: a collection type of a package specification in TABLE()."""
    session.create("""CREATE PACKAGE pt AS TYPE r IS RECORD (a NUMBER, b VARCHAR2(5));
        TYPE t IS TABLE OF r INDEX BY PLS_INTEGER; TYPE n IS TABLE OF NUMBER; END;""")
    assert session.lines("""DECLARE x pt.t; y pt.n := pt.n(5, 6); s NUMBER; BEGIN
        x(3).a := 1; x(3).b := 'q'; x(9).a := 2;
        FOR i IN (SELECT a, b FROM TABLE(x) ORDER BY a DESC) LOOP
          DBMS_OUTPUT.PUT_LINE(i.a || NVL(i.b, '-')); END LOOP;
        SELECT SUM(column_value) INTO s FROM TABLE(y); DBMS_OUTPUT.PUT_LINE(s); END;""") == [
        "2-", "1q", "11"
    ]  # fmt: skip


def test_an_invalid_function_in_sql(session):
    """ORA-06575."""
    session.sql_run("CREATE FUNCTION broken RETURN NUMBER IS BEGIN RETURN nope; END;")
    with pytest.raises(OraError) as caught:
        session.sql_run("SELECT broken FROM dual")
    assert caught.value.text == "ORA-06575: Package or function BROKEN is in an invalid state"


def test_collect_per_group(session):
    """COLLECT is an aggregate: DISTINCT and ORDER BY in it, a key for every other column."""
    rows = "(SELECT MOD(LEVEL, 2) k, CEIL(LEVEL / 2) n FROM dual CONNECT BY LEVEL <= 5)"
    text = f"""DECLARE k NUMBER; t names; c SYS_REFCURSOR; BEGIN
        OPEN c FOR SELECT k, CAST(COLLECT(TO_CHAR(n) ORDER BY n DESC) AS names) FROM {rows}
          GROUP BY k ORDER BY k;
        LOOP FETCH c INTO k, t; EXIT WHEN c%NOTFOUND;
          DBMS_OUTPUT.PUT_LINE(k || ':' || pk.named(t)); END LOOP; END;"""
    assert session.lines(text) == ["0:2;1;", "1:3;2;1;"]
    counted = "CARDINALITY(CAST(COLLECT(DISTINCT TO_CHAR(k)) AS names))"
    assert session.sql_run(f"SELECT {counted} c, COUNT(*) n FROM {rows}") == [(2, 5)]
    with pytest.raises(OraError) as raised:
        session.sql_run(f"SELECT n, {counted} c FROM {rows}")
    assert raised.value.code == 937


def test_union_all_of_objects(session):
    """UNION ALL takes objects of one type; without MAP or ORDER no other set operator does."""
    text = """DECLARE l people := people(person(1, 'a', NULL), person(2, 'b', NULL)); r people; BEGIN
        SELECT o BULK COLLECT INTO r FROM (SELECT VALUE(x) o FROM TABLE(l) x WHERE id = 2
          {} SELECT {} FROM TABLE(l) x WHERE id = 1);
        FOR i IN 1 .. r.COUNT LOOP DBMS_OUTPUT.PUT_LINE(r(i).title); END LOOP; END;"""
    assert session.lines(text.format("UNION ALL", "VALUE(x)")) == ["Mx b", "Mx a"]
    assert "ORA-01790" in session.error(text.format("UNION ALL", "x.name")).text
    with pytest.raises(Unsupported):
        session.run(text.format("UNION", "VALUE(x)"))


def test_numeric_overloads(session):
    """PLS_INTEGER, NUMBER, BINARY_FLOAT, BINARY_DOUBLE is the order in which matches are looked for
    (PL/SQL Language Reference 19c, "Formal Parameters that Differ Only in Numeric Data Type")."""
    types = ("PLS_INTEGER", "NUMBER", "BINARY_FLOAT", "BINARY_DOUBLE")

    def chosen(argument: str, *declared: str) -> str:
        procedures = "".join(
            f"PROCEDURE p(x {t}) IS BEGIN DBMS_OUTPUT.PUT_LINE('{t}'); END; " for t in declared
        )
        return "".join(session.lines(f"DECLARE {procedures} BEGIN p({argument}); END;"))

    assert chosen("0", *types) == "PLS_INTEGER"
    assert chosen("0", "BINARY_DOUBLE", "NUMBER") == "NUMBER"
    assert chosen("0.5", "BINARY_DOUBLE", "BINARY_FLOAT") == "BINARY_FLOAT"
    assert chosen("0.5d", *types) == "BINARY_DOUBLE"
    assert chosen("'5'", "BINARY_FLOAT", "NUMBER") == "NUMBER"
    assert chosen("'5'", "NUMBER", "VARCHAR2") == "VARCHAR2"


def test_user_types_tells_supertypes(session):
    """Database Reference 19c, ALL_TYPES: FINAL, INSTANTIABLE and the supertype."""
    for text in (
        "CREATE TYPE shape AS OBJECT (n NUMBER, FINAL MEMBER FUNCTION f RETURN NUMBER)"
        " NOT FINAL NOT INSTANTIABLE",
        "CREATE TYPE disc UNDER u.shape (radius NUMBER)",
    ):
        session.sql_run(text)
    assert session.sql_run(
        "SELECT type_name, final, instantiable, supertype_owner, supertype_name FROM user_types"
        " WHERE type_name IN ('SHAPE', 'DISC', 'NAMES') ORDER BY 1"
    ) == [
        ("DISC", "YES", "YES", "U", "SHAPE"),
        ("NAMES", "YES", "YES", None, None),
        ("SHAPE", "NO", "NO", None, None),
    ]


def test_cast_of_null_to_an_associative_array(session):
    """An associative array is never NULL, as "Associative Arrays" has it: empty until filled."""
    declared = "DECLARE SUBTYPE k IS VARCHAR2(9 CHAR); TYPE t IS TABLE OF NUMBER INDEX BY k; "
    procedure = (
        "PROCEDURE p(x t DEFAULT CAST(NULL AS t)) IS BEGIN DBMS_OUTPUT.PUT_LINE(x.COUNT); END; "
    )
    assert session.lines(f"{declared}{procedure}BEGIN p; END;") == ["0"]
    assert "PLS-00382" in session.error(f"{declared}x t; BEGIN x := NULL; END;").text


def test_pipelined_using_is_refused(session):
    """Not implemented, and no syntax error either."""
    with pytest.raises(Unsupported):
        session.sql_run("""CREATE TYPE feed AS OBJECT (n NUMBER,
            STATIC FUNCTION rows_of RETURN names PIPELINED USING feed)""")


@pytest.mark.parametrize(
    "statement", ["n := DBMS_PLSQL_CODE_COVERAGE.START_COVERAGE('run')", "n := ORA_SQL_TXT(names)"]
)
def test_supplied_by_oracle_alone_is_refused(session, statement):
    """Packages and event attribute functions of Oracle's are no unknown names (PLS-00201)."""
    with pytest.raises(Unsupported):
        session.run(f"DECLARE n NUMBER; names ORA_NAME_LIST_T; BEGIN {statement}; END;")


def test_select_into_a_bind(session):
    """ "SELECT INTO Statement": a host variable takes a column as a variable does."""
    text = "BEGIN SELECT COUNT(*), MAX(name) INTO :n, :m FROM TABLE(people(person(1, 'x', NULL))); END;"
    assert session.run(text, n=None, m=None) == {"N": "1", "M": "x"}


def test_aggregates_in_returning(session):
    """UPDATE, "returning_clause": SUM(...) over the changed rows is right, and refused by name;
    INSERT may have none (ORA-00934)."""
    session.sql_run("CREATE TABLE paid (n NUMBER)")
    for statement in ("UPDATE paid SET n = n + 1", "DELETE FROM paid"):
        with pytest.raises(Unsupported):
            session.run(f"BEGIN {statement} RETURNING SUM(n) INTO :s; END;", s=None)
    wrong = "BEGIN INSERT INTO paid VALUES (1) RETURNING SUM(n) INTO :s; END;"
    assert "ORA-00934" in session.error(wrong, s=None).text


def test_dbms_sql_refuses_types_of_users(session):
    """DBMS_SQL, "DEFINE_COLUMN": nested tables are among what Oracle takes; a wrong type is not."""
    text = "DECLARE c INTEGER := DBMS_SQL.OPEN_CURSOR; l {}; BEGIN DBMS_SQL.DEFINE_COLUMN(c, 1, l); END;"
    with pytest.raises(Unsupported):
        session.run(text.format("names"))
    assert "PLS-00306" in session.error(text.format("BOOLEAN")).text
