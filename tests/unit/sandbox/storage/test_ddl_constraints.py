"""Constraints: SQL Language Reference 19c, "constraint"; numbers from Error Messages 19c."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


def test_not_null_check_and_default_are_enforced(app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE t (a NUMBER NOT NULL, b NUMBER CONSTRAINT b_ck CHECK (b > 0), "
        "c VARCHAR2(5) DEFAULT 'x', CONSTRAINT ab_ck CHECK (a < b) DISABLE)"
    )
    error = fails(1400, app.insert, "t", None, 1)
    assert error.text == 'ORA-01400: cannot insert NULL into ("APP"."T"."A")'
    error = fails(2290, app.insert, "t", 1, 0)
    assert error.text == "ORA-02290: check constraint (APP.B_CK) violated"
    app.insert("t", 1, None)  # unknown passes
    app.insert("t", 5, 2)
    error = fails(1407, app.update, "t", '"A"=NULL')
    assert error.text == 'ORA-01407: cannot update ("APP"."T"."A") to NULL'
    app.rollback()
    app.insert("t", 5, 2)
    app.commit()
    fails(2293, app.ddl, "ALTER TABLE t ENABLE CONSTRAINT ab_ck")
    app.ddl("ALTER TABLE t ENABLE NOVALIDATE CONSTRAINT ab_ck")
    fails(2290, app.insert, "t", 7, 3)
    app.ddl("ALTER TABLE t DROP CONSTRAINT ab_ck")
    app.insert("t", 7, 3)


def test_composite_keys_treat_nulls_as_oracle_does(app: Client, fails: Fails) -> None:
    """CREATE INDEX, "Unique": all NULL is no key; (1, NULL) equals (1, NULL)."""
    app.ddl("CREATE TABLE t (a NUMBER, b NUMBER, CONSTRAINT ab UNIQUE (a, b))")
    app.insert("t", None, None)
    app.insert("t", None, None)
    app.insert("t", 1, None)
    error = fails(1, app.insert, "t", 1, None)
    assert error.text == "ORA-00001: unique constraint (APP.AB) violated"
    app.insert("t", 1, 2)
    fails(1, app.insert, "t", 1, 2)
    app.insert("t", None, 2)
    fails(1, app.insert, "t", None, 2)


def test_foreign_keys(app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE p (id NUMBER PRIMARY KEY, code VARCHAR2(5) UNIQUE)",
        "CREATE TABLE c (id NUMBER, p_id NUMBER CONSTRAINT c_p REFERENCES p)",
        "CREATE TABLE d (code VARCHAR2(5) CONSTRAINT d_p REFERENCES p (code) ON DELETE CASCADE)",
        "CREATE TABLE e (p_id NUMBER CONSTRAINT e_p REFERENCES p ON DELETE SET NULL)",
    )
    app.insert("p", 1, "a")
    app.insert("p", 2, "b")
    error = fails(2291, app.insert, "c", 1, 9)
    expected = "ORA-02291: integrity constraint (APP.C_P) violated - parent key not found"
    assert error.text == expected
    app.insert("c", 1, 1)
    app.insert("c", 2, None)
    error = fails(2292, app.delete, "p", "id=1")
    expected = "ORA-02292: integrity constraint (APP.C_P) violated - child record found"
    assert error.text == expected
    fails(2292, app.update, "p", '"ID"=7', "id=1")
    app.insert("d", "b")
    app.insert("e", 2)
    app.commit()
    assert app.delete("p", "id=2") == 1
    assert app.rows("d") == []
    assert app.rows("e") == [(None,)]
    app.rollback()
    assert app.rows("d") == [("b",)]
    assert app.rows("e") == [(2,)]
    fails(2449, app.ddl, "DROP TABLE p")
    fails(2266, app.ddl, "TRUNCATE TABLE p")
    fails(2273, app.ddl, "ALTER TABLE p DROP PRIMARY KEY")
    app.ddl("DROP TABLE p CASCADE CONSTRAINTS")
    app.insert("c", 3, 99)


def test_self_referencing_key_is_checked_at_the_end(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE emp (id NUMBER PRIMARY KEY, boss NUMBER REFERENCES emp)")
    app.insert("emp", 1, 1)
    app.insert("emp", 2, 1)
    app.insert("emp", 3, 2)
    fails(2292, app.delete, "emp", "id=2")
    assert app.delete("emp") == 3
    app.rollback()
    app.ddl(
        "CREATE TABLE tree (id NUMBER PRIMARY KEY, up NUMBER REFERENCES tree ON DELETE CASCADE)"
    )
    for number, up in ((1, None), (2, 1), (3, 2), (4, 3), (5, None)):
        app.insert("tree", number, up)
    assert app.delete("tree", "id=1") == 1
    assert app.rows("tree") == [(5, None)]


def test_foreign_key_waits_for_an_uncommitted_parent(world: World, app: Client) -> None:
    app.ddl("CREATE TABLE p (id NUMBER PRIMARY KEY)", "CREATE TABLE c (p_id NUMBER REFERENCES p)")
    other = world.connect()
    app.insert("p", 1)
    other.cancelled = OraError(1013)
    with pytest.raises(OraError, match="ORA-01013"):
        other.insert("c", 1)
    other.cancelled = None
    app.commit()
    assert other.insert("c", 1) == 1


def test_children_of_others_make_the_parent_wait(world: World, app: Client) -> None:
    """Neither an uncommitted child nor one being deleted lets its parent go."""
    app.ddl("CREATE TABLE p (id NUMBER PRIMARY KEY)", "CREATE TABLE c (p_id NUMBER REFERENCES p)")
    app.insert("p", 1)
    app.insert("p", 2)
    app.insert("c", 2)
    app.commit()
    other = world.connect()
    app.insert("c", 1)
    app.delete("c", "p_id=2")
    for parent in (1, 2):
        other.cancelled = OraError(1013)
        with pytest.raises(OraError, match="ORA-01013"):
            other.delete("p", f"id={parent}")
        other.cancelled = None
    app.commit()
    with pytest.raises(OraError, match="ORA-02292"):
        other.delete("p", "id=1")
    assert other.delete("p", "id=2") == 1


def test_alter_table_constraints(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER, b NUMBER)", "CREATE TABLE p (a NUMBER PRIMARY KEY)")
    app.insert("t", 1, 1)
    app.insert("t", 1, None)
    app.commit()
    fails(2437, app.ddl, "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a)")
    fails(2437, app.ddl, "ALTER TABLE t ADD PRIMARY KEY (b)")
    fails(2299, app.ddl, "ALTER TABLE t ADD UNIQUE (a)")
    fails(2293, app.ddl, "ALTER TABLE t ADD CHECK (a > 1)")
    fails(2298, app.ddl, "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p")
    fails(2270, app.ddl, "ALTER TABLE p ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (a)")
    app.delete("t", "b IS NULL")
    app.commit()
    app.ddl("ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a) USING INDEX TABLESPACE users")
    fails(1, app.insert, "t", 1, 2)
    fails(1400, app.insert, "t", None, 2)
    fails(2429, app.ddl, "DROP INDEX pk")
    app.ddl("ALTER TABLE t DISABLE PRIMARY KEY")
    app.insert("t", 1, 2)
    app.commit()
    fails(2437, app.ddl, "ALTER TABLE t ENABLE CONSTRAINT pk")
    app.delete("t", "b=2")
    app.ddl("ALTER TABLE t ENABLE CONSTRAINT pk", "ALTER TABLE t RENAME CONSTRAINT pk TO pk2")
    assert "APP.PK2" in fails(1, app.insert, "t", 1, 2).text
    app.ddl("ALTER TABLE t DROP PRIMARY KEY")
    fails(2443, app.ddl, "ALTER TABLE t DROP CONSTRAINT pk2")
    app.insert("t", 1, 2)
