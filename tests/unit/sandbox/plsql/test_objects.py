"""Object types. PL/SQL Language Reference 19c, "CREATE TYPE Statement", "CREATE TYPE BODY
Statement"; Object-Relational Developer's Guide 19c, "Basic Components of Oracle Objects"."""

from __future__ import annotations

import pytest

SHAPE = """CREATE TYPE shape AS OBJECT (
  name VARCHAR2(20),
  MEMBER FUNCTION area RETURN NUMBER,
  NOT INSTANTIABLE MEMBER PROCEDURE grow(SELF IN OUT NOCOPY shape, k NUMBER),
  MEMBER FUNCTION described RETURN VARCHAR2,
  STATIC FUNCTION numbered(n NUMBER DEFAULT 7) RETURN VARCHAR2
) NOT FINAL NOT INSTANTIABLE;"""
SHAPE_BODY = """CREATE TYPE BODY shape AS
  MEMBER FUNCTION area RETURN NUMBER IS BEGIN RETURN 0; END;
  MEMBER FUNCTION described RETURN VARCHAR2 IS BEGIN RETURN name || ':' || area(); END;
  STATIC FUNCTION numbered(n NUMBER DEFAULT 7) RETURN VARCHAR2 IS BEGIN RETURN 'S' || n; END;
END;"""
CIRCLE = """CREATE TYPE circle UNDER shape (
  r NUMBER,
  CONSTRUCTOR FUNCTION circle(r NUMBER) RETURN SELF AS RESULT,
  OVERRIDING MEMBER FUNCTION area RETURN NUMBER,
  OVERRIDING MEMBER PROCEDURE grow(SELF IN OUT NOCOPY circle, k NUMBER),
  MAP MEMBER FUNCTION rank RETURN NUMBER
);"""
CIRCLE_BODY = """CREATE TYPE BODY circle AS
  CONSTRUCTOR FUNCTION circle(r NUMBER) RETURN SELF AS RESULT IS
  BEGIN SELF.r := r; name := shape.numbered(r); RETURN; END;
  OVERRIDING MEMBER FUNCTION area RETURN NUMBER IS BEGIN RETURN 3 * r * r; END;
  OVERRIDING MEMBER PROCEDURE grow(SELF IN OUT NOCOPY circle, k NUMBER) IS
  BEGIN r := r * k; END;
  MAP MEMBER FUNCTION rank RETURN NUMBER IS BEGIN RETURN r; END;
END;"""
SQUARE = """CREATE TYPE square UNDER shape (
  side NUMBER,
  OVERRIDING MEMBER PROCEDURE grow(SELF IN OUT NOCOPY square, k NUMBER),
  OVERRIDING MEMBER FUNCTION described RETURN VARCHAR2);"""
SQUARE_BODY = """CREATE TYPE BODY square AS
  OVERRIDING MEMBER PROCEDURE grow(SELF IN OUT NOCOPY square, k NUMBER) IS
  BEGIN SELF.side := SELF.side + k; END;
  OVERRIDING MEMBER FUNCTION described RETURN VARCHAR2 IS
  BEGIN RETURN 'square ' || (SELF AS shape).described(); END;
END;"""


@pytest.fixture
def shapes(session):
    for text in (SHAPE, SHAPE_BODY, CIRCLE, CIRCLE_BODY, SQUARE, SQUARE_BODY):
        assert session.create(text) == []
    assert session.create("CREATE TYPE shape_list AS TABLE OF shape;") == []
    return session


def test_methods_are_those_of_the_objects_own_type(shapes):
    assert shapes.lines("""DECLARE l shape_list := shape_list(circle(2), square('q', 5)); BEGIN
        FOR i IN 1 .. l.COUNT LOOP
          DBMS_OUTPUT.PUT_LINE(l(i).described || ' ' || l(i).area());
          l(i).grow(2);
        END LOOP;
        DBMS_OUTPUT.PUT_LINE(TREAT(l(1) AS circle).r || ' ' || TREAT(l(2) AS square).side);
        END;""") == ["S2:12 12", "square q:0 0", "4 7"]


def test_the_attribute_value_constructor_takes_every_attribute_in_order(shapes):
    assert shapes.lines("""DECLARE c circle := NEW circle(r => 1, name => 'n'); BEGIN
        DBMS_OUTPUT.PUT_LINE(c.name || c.r || shape.numbered || shape.numbered(n => 1)); END;
        """) == ["n1S7S1"]
    error = shapes.error("DECLARE c square := square(1); BEGIN NULL; END;")
    assert "PLS-00306: wrong number or types of arguments in call to 'SQUARE'" in error.text


def test_objects_are_assigned_by_copy(shapes):
    assert shapes.lines("""DECLARE c circle := circle(1); s shape; BEGIN
        s := c; c.r := 9; DBMS_OUTPUT.PUT_LINE(TREAT(s AS circle).r); END;""") == ["1"]


def test_a_null_object(shapes):
    """Attributes read as NULL; assigning one is ORA-06530, calling a method ORA-30625."""
    assert shapes.lines("""DECLARE c circle; BEGIN
        IF c IS NULL AND c.r IS NULL THEN DBMS_OUTPUT.PUT_LINE('null'); END IF;
        BEGIN c.r := 1;
        EXCEPTION WHEN ACCESS_INTO_NULL THEN DBMS_OUTPUT.PUT_LINE(SQLERRM); END;
        BEGIN c.grow(1);
        EXCEPTION WHEN SELF_IS_NULL THEN DBMS_OUTPUT.PUT_LINE(SQLERRM); END;
        END;""") == [
        "null",
        "ORA-06530: Reference to uninitialized composite",
        "ORA-30625: method dispatch on NULL SELF argument is disallowed",
    ]


def test_is_of_and_treat(shapes):
    assert shapes.lines("""DECLARE s shape := circle(1); n shape; BEGIN
        IF s IS OF (circle) AND s IS OF (ONLY circle, square) AND s IS NOT OF (square)
           AND s IS OF (shape) AND s IS NOT OF (ONLY shape) AND (n IS OF (shape)) IS NULL
           AND TREAT(s AS square) IS NULL
        THEN DBMS_OUTPUT.PUT_LINE('yes'); END IF; END;""") == ["yes"]


def test_map_orders_and_without_it_comparing_is_refused(shapes):
    assert shapes.lines("""BEGIN
        IF circle(1) < circle(2) AND circle('a', 3) = circle('b', 3)
        THEN DBMS_OUTPUT.PUT_LINE('map'); END IF; END;""") == ["map"]
    error = shapes.error(
        """DECLARE b BOOLEAN := square('a', 1) = square('a', 1); BEGIN NULL; END;"""
    )
    assert "PLS-00526: A MAP or ORDER function is required" in error.text


def test_order_methods_compare_too(session):
    session.create("""CREATE TYPE v AS OBJECT (n NUMBER,
        ORDER MEMBER FUNCTION cmp(o v) RETURN INTEGER);""")
    session.create("""CREATE TYPE BODY v AS ORDER MEMBER FUNCTION cmp(o v) RETURN INTEGER IS
        BEGIN RETURN SIGN(n - o.n); END; END;""")
    assert session.lines("""DECLARE a v := v(1); z v; BEGIN
        IF a < v(2) AND NOT a = v(2) AND (a = z) IS NULL THEN DBMS_OUTPUT.PUT_LINE('order');
        END IF; END;""") == ["order"]


def test_what_a_type_may_not_be(shapes):
    assert "PLS-00713" in shapes.error("DECLARE s shape := shape('x'); BEGIN NULL; END;").text
    assert (
        "PLS-00382" in shapes.error("DECLARE c circle; s shape; BEGIN c := s; END;").text
    )  # needs TREAT
    errors = {
        "CREATE TYPE w1 UNDER circle (x NUMBER);": "PLS-00590",
        "CREATE TYPE w2 AS OBJECT (x BOOLEAN);": "PLS-00530",
        "CREATE TYPE w3 AS OBJECT (x NUMBER, x DATE);": "PLS-00410",
        "CREATE TYPE w4 UNDER shape (OVERRIDING MEMBER FUNCTION nope RETURN NUMBER);": "PLS-00635",
    }
    for text, number in errors.items():
        assert number in shapes.create(text)[0][2]


def test_bodies_and_specifications_must_agree(session):
    session.create("CREATE TYPE t AS OBJECT (x NUMBER, MEMBER PROCEDURE p);")
    error = session.error("BEGIN t(1).p; END;")
    assert "PLS-00363" in error.text  # the result of a call is no SELF IN OUT
    assert session.error("DECLARE v t := t(1); BEGIN v.p; END;").code == 4067
    texts = [
        e[2]
        for e in session.create("""CREATE TYPE BODY t AS
        MEMBER PROCEDURE q IS BEGIN NULL; END; END;""")
    ]
    assert texts == [
        "PLS-00539: subprogram 'Q' is declared in an object type body and must be defined in the"
        " object type specification",
        "PLS-00538: subprogram or cursor 'P' is declared in an object type specification and must"
        " be defined in the object type body",
    ]


def test_self_of_a_function_cannot_be_changed(session):
    session.create("CREATE TYPE t AS OBJECT (x NUMBER, MEMBER FUNCTION f RETURN NUMBER);")
    errors = session.create("""CREATE TYPE BODY t AS
        MEMBER FUNCTION f RETURN NUMBER IS BEGIN x := 1; RETURN x; END; END;""")
    assert "PLS-00363" in errors[0][2]


def test_types_that_refer_to_each_other(session):
    """CREATE TYPE name; announces a type."""
    assert session.create("CREATE TYPE node;") == []
    assert session.create("CREATE TYPE nodes AS TABLE OF node;") == []
    assert session.create("CREATE TYPE node AS OBJECT (v NUMBER, below nodes);") == []
    assert session.lines("""DECLARE n node := node(1, nodes(node(2, NULL), node(3, nodes())));
        BEGIN n.below(2).v := 4;
        DBMS_OUTPUT.PUT_LINE(n.below.COUNT || n.below(2).v || n.below(2).below.COUNT); END;
        """) == ["240"]


def test_an_exception_leaves_self_unchanged(session):
    """SELF IN OUT is copied back only on success, NOCOPY apart."""
    session.create("CREATE TYPE t AS OBJECT (x NUMBER, MEMBER PROCEDURE p);")
    session.create("""CREATE TYPE BODY t AS MEMBER PROCEDURE p IS
        BEGIN x := 2; RAISE VALUE_ERROR; END; END;""")
    assert session.lines("""DECLARE v t := t(1); BEGIN
        BEGIN v.p; EXCEPTION WHEN VALUE_ERROR THEN NULL; END;
        DBMS_OUTPUT.PUT_LINE(v.x); END;""") == ["1"]


def test_qualified_expressions_of_associative_arrays(session):
    """18c: "Qualified Expressions Overview"."""
    assert session.lines("""DECLARE
        TYPE t IS TABLE OF NUMBER INDEX BY VARCHAR2(5); TYPE u IS TABLE OF t INDEX BY PLS_INTEGER;
        k CONSTANT VARCHAR2(5) := 'b'; v t := t('a' => 1, k => 2); w u := u(-1 => v, 7 => t());
        BEGIN DBMS_OUTPUT.PUT_LINE(v.FIRST || v('b') || w(-1)('a') || w(7).COUNT || w.LAST); END;
        """) == ["a2107"]
    error = session.error("""DECLARE TYPE t IS TABLE OF NUMBER INDEX BY PLS_INTEGER;
        v t := t(1, 2); BEGIN NULL; END;""")
    assert "PLS-00306" in error.text


def test_a_subtype_may_get_its_length_later(session):
    """ "User-Defined PL/SQL Subtypes": an unconstrained subtype."""
    session.create("CREATE PACKAGE p AS SUBTYPE s IS VARCHAR2; END;")
    assert session.error("DECLARE v p.s(2) := 'abc'; BEGIN NULL; END;").code == 6502


def test_an_object_of_a_subtype_may_be_passed_in_and_out(shapes):
    """ "Substitutability": what comes back must still fit the variable (ORA-06502)."""
    assert shapes.lines("""DECLARE c circle := circle(2);
        PROCEDURE named(s IN OUT shape) IS BEGIN s.name := 'x' || s.name; END;
        PROCEDURE changed(s IN OUT shape) IS BEGIN s := square('q', 1); END; BEGIN
        named(c); DBMS_OUTPUT.PUT_LINE(c.name || c.r);
        changed(c); EXCEPTION WHEN VALUE_ERROR THEN DBMS_OUTPUT.PUT_LINE(c.name); END;""") == [
        "xS22", "xS2"
    ]  # fmt: skip


def test_exceptions_of_dbms_assert(session):
    assert session.lines("""DECLARE s VARCHAR2(99); BEGIN s := DBMS_ASSERT.SIMPLE_SQL_NAME('1 x');
        EXCEPTION WHEN DBMS_ASSERT.INVALID_SQL_NAME THEN DBMS_OUTPUT.PUT_LINE('no name'); END;
        """) == ["no name"]


def test_a_constructor_may_declare_variables_of_its_type(session):
    session.create("""CREATE TYPE t AS OBJECT (x NUMBER, y NUMBER,
        CONSTRUCTOR FUNCTION t(x NUMBER) RETURN SELF AS RESULT);""")
    assert (
        session.create("""CREATE TYPE BODY t AS
        CONSTRUCTOR FUNCTION t(x NUMBER) RETURN SELF AS RESULT IS o t := t(x, 7);
        BEGIN SELF.x := o.x; y := o.y; RETURN; END; END;""")
        == []
    )
    assert session.value("t(5).x || t(5).y") == "57"
