"""Indexes, sequences, synonyms, views, users, roles, privileges, ALTER SESSION and SYSTEM.

SQL Language Reference 19c; Database Security Guide 19c, "Configuring Privilege and Role
Authorization"; numbers from Error Messages 19c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import matches
from dtm.sandbox.kernel.serving import Verifier
from dtm.sandbox.kernel.types import NUMBER, Column
from dtm.sandbox.sql.catalog_model import Sequence, View
from dtm.sandbox.sql.privileges import Resolver, has_system_privilege
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


# ---------------------------------------------------------------- indexes


def test_index_organized_tables_may_overflow(app: Client, fails: Fails) -> None:
    """CREATE TABLE, "index_org_table_clause": OVERFLOW, with INCLUDING before it, has attributes of
    its own; a table that is not index-organized has none (ORA-00922)."""
    columns = "(a NUMBER PRIMARY KEY, b VARCHAR2(10))"
    app.ddl(
        f"CREATE TABLE t {columns} ORGANIZATION INDEX INITRANS 4 OVERFLOW NOLOGGING INITRANS 4"
    )
    app.ddl(f"CREATE TABLE u {columns} ORGANIZATION INDEX PCTTHRESHOLD 20 INCLUDING a OVERFLOW")
    assert app.table("t").properties["ORGANIZATION"] == "INDEX"
    fails(922, app.ddl, f"CREATE TABLE v {columns} OVERFLOW")
    fails(905, app.ddl, f"CREATE TABLE v {columns} ORGANIZATION INDEX INCLUDING a")


def test_indexes(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER, b VARCHAR2(10), c CLOB)")
    app.insert("t", 1, "x")
    app.insert("t", 1, "y")
    app.commit()
    fails(1452, app.ddl, "CREATE UNIQUE INDEX i ON t (a)")
    app.ddl("CREATE INDEX i ON t (a, b DESC) TABLESPACE users COMPUTE STATISTICS NOLOGGING ONLINE")
    fails(955, app.ddl, "CREATE INDEX i ON t (b)")
    fails(1408, app.ddl, "CREATE INDEX j ON t (a, b)")
    fails(904, app.ddl, "CREATE INDEX j ON t (x)")
    fails(957, app.ddl, "CREATE INDEX j ON t (a, a)")
    fails(2327, app.ddl, "CREATE INDEX j ON t (c)")
    fails(942, app.ddl, "CREATE INDEX j ON nothing (a)")
    fails(14016, app.ddl, "CREATE INDEX j ON t (b) LOCAL")
    app.ddl("CREATE INDEX f ON t (upper(b))", "CREATE UNIQUE INDEX u ON t (b)")
    error = fails(1, app.insert, "t", 2, "x")
    assert "APP.U" in error.text
    app.ddl("ALTER INDEX i REBUILD ONLINE PARALLEL 2", "ALTER INDEX i RENAME TO i2")
    app.ddl("ALTER INDEX i2 INVISIBLE", "ALTER INDEX u UNUSABLE")
    fails(1418, app.ddl, "ALTER INDEX i REBUILD")
    app.ddl("DROP INDEX u", "DROP INDEX f", "DROP INDEX i2")
    fails(1418, app.ddl, "DROP INDEX u")
    app.insert("t", 2, "x")


def test_rolled_back_work_keeps_indexes_right(app: Client) -> None:
    app.ddl("CREATE TABLE t (a NUMBER)", "CREATE INDEX i ON t (a)")
    for number in range(50):
        app.insert("t", number)
    app.commit()
    app.update("t", '"A"="A"+100', "a<25")
    app.delete("t", "a>40")
    app.rollback()
    assert len(app.rows("t")) == 50
    assert app.instance.database.run("PRAGMA integrity_check") == [("ok",)]


# ---------------------------------------------------------------- sequences


def numbers(client: Client, name: str, count: int) -> list[int]:
    sequence = client.instance.catalog.sequence("APP", name)
    return [client.instance.sequences.next_value(sequence) for _ in range(count)]


def test_sequences(app: Client, fails: Fails) -> None:
    app.ddl("CREATE SEQUENCE s START WITH 10 INCREMENT BY 5 NOCACHE ORDER")
    assert numbers(app, "S", 3) == [10, 15, 20]
    app.ddl("ALTER SEQUENCE s INCREMENT BY 100")
    assert numbers(app, "S", 2) == [120, 220]
    app.ddl("ALTER SEQUENCE s RESTART START WITH 1 INCREMENT BY 1")
    assert numbers(app, "S", 2) == [1, 2]
    app.ddl("CREATE SEQUENCE down INCREMENT BY -1 MINVALUE -2 MAXVALUE 1 START WITH 1 NOCACHE")
    assert numbers(app, "DOWN", 4) == [1, 0, -1, -2]
    error = fails(8004, numbers, app, "DOWN", 1)
    assert "DOWN.NEXTVAL goes below MINVALUE -2 and cannot be instantiated" in error.text
    app.ddl("CREATE SEQUENCE c MAXVALUE 3 CYCLE CACHE 2")
    assert numbers(app, "C", 5) == [1, 2, 3, 1, 2]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ("INCREMENT BY 0", 4002),
        ("MINVALUE 5 MAXVALUE 5", 4004),
        ("START WITH 1 MINVALUE 5", 4006),
        ("START WITH 10 MAXVALUE 5", 4008),
        ("CACHE 1", 4010),
        ("MAXVALUE 5 CYCLE CACHE 10", 4013),
        ("NONSENSE", 933),
    ],
)
def test_sequence_options_refused(app: Client, fails: Fails, options: str, code: int) -> None:
    fails(code, app.ddl, f"CREATE SEQUENCE s {options}")


def test_sequence_errors(app: Client, fails: Fails) -> None:
    app.ddl("CREATE SEQUENCE s")
    fails(955, app.ddl, "CREATE SEQUENCE s")
    fails(2283, app.ddl, "ALTER SEQUENCE s START WITH 5")
    fails(2286, app.ddl, "ALTER SEQUENCE s")
    app.ddl("DROP SEQUENCE s")
    fails(2289, app.ddl, "DROP SEQUENCE s")


# ---------------------------------------------------------------- synonyms, views


def test_synonyms(world: World, app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE t (a NUMBER)", "CREATE SYNONYM s FOR t", "CREATE SYNONYM later FOR nothing"
    )
    resolver = Resolver(world.instance.catalog, app.session.context)
    assert resolver.relation(("S",), "SELECT").name == "T"
    fails(942, resolver.relation, ("LATER",), "SELECT")
    fails(955, app.ddl, "CREATE SYNONYM s FOR t")
    app.ddl("CREATE OR REPLACE SYNONYM s FOR system.x")
    fails(1031, app.ddl, "CREATE PUBLIC SYNONYM p FOR t")
    world.dba.ddl("CREATE PUBLIC SYNONYM p FOR app.t")
    assert resolver.relation(("P",), "SELECT").name == "T"
    app.ddl("DROP SYNONYM s")
    fails(1434, app.ddl, "DROP SYNONYM s")
    fails(1432, world.dba.ddl, "DROP PUBLIC SYNONYM s")


def test_views(world: World, app: Client, fails: Fails) -> None:
    query = "SELECT a FROM t"
    app.translator.queries[query] = ([Column("A", NUMBER)], [])
    app.ddl("CREATE TABLE t (a NUMBER)", f"CREATE VIEW v (x) AS {query} WITH READ ONLY")
    view = world.instance.catalog.find("APP", "V")
    assert isinstance(view, View)
    assert (view.text, view.read_only, view.columns[0].name) == (query, True, "X")
    fails(955, app.ddl, f"CREATE VIEW v AS {query}")
    fails(1730, app.ddl, f"CREATE OR REPLACE VIEW v (x, y) AS {query}")
    fails(942, app.ddl, "CREATE VIEW w AS SELECT a FROM nothing")
    assert app.ddl("CREATE FORCE VIEW w AS SELECT a FROM nothing").warning
    fails(955, app.ddl, f"CREATE OR REPLACE VIEW t AS {query}")
    app.ddl("DROP VIEW v")
    fails(942, app.ddl, "DROP VIEW v")
    fails(942, app.ddl, "DROP TABLE w")


# ---------------------------------------------------------------- users, roles, privileges


def verifier(client: Client, name: str) -> Verifier:
    user = client.instance.catalog.user(name)
    assert user is not None
    return Verifier(user.salt, user.iterations, user.hash)


def test_users(world: World, app: Client, fails: Fails) -> None:
    dba = world.dba
    dba.ddl('CREATE USER u IDENTIFIED BY "Secret 1" DEFAULT TABLESPACE users QUOTA 10M ON users')
    assert matches(verifier(dba, "U"), b"Secret 1")
    dba.ddl("ALTER USER u IDENTIFIED BY Other ACCOUNT LOCK")
    assert matches(verifier(dba, "U"), b"Other")
    assert world.instance.catalog.users[("U",)].locked
    fails(1920, dba.ddl, "CREATE USER u IDENTIFIED BY x")
    fails(959, dba.ddl, "CREATE USER w IDENTIFIED BY x DEFAULT TABLESPACE nowhere")
    fails(1918, dba.ddl, "ALTER USER nobody IDENTIFIED BY x")
    fails(922, dba.ddl, "CREATE USER w")
    fails(1031, app.ddl, "CREATE USER w IDENTIFIED BY x")
    fails(1031, app.ddl, "ALTER USER u IDENTIFIED BY x")
    app.ddl("ALTER USER app IDENTIFIED BY mine")
    assert matches(verifier(dba, "APP"), b"mine")
    fails(1940, dba.ddl, "DROP USER app CASCADE")
    app.ddl("CREATE TABLE t (a NUMBER PRIMARY KEY)", "CREATE SEQUENCE s")
    app.session.close()
    fails(1922, dba.ddl, "DROP USER app")
    dba.ddl("DROP USER app CASCADE")
    assert world.instance.catalog.find("APP", "T") is None
    assert world.instance.catalog.index("APP", "SYS_C001001") is None
    fails(1918, dba.ddl, "DROP USER app")


def test_system_privileges_and_roles(world: World, app: Client, fails: Fails) -> None:
    catalog, dba = world.instance.catalog, world.dba
    dba.ddl("CREATE USER u IDENTIFIED BY x", "CREATE ROLE r", "GRANT CREATE TABLE TO r")
    user = world.connect("U")
    fails(1031, user.ddl, "CREATE TABLE t (a NUMBER)")
    dba.ddl("GRANT r TO u")
    user.ddl("CREATE TABLE t (a NUMBER)")
    assert has_system_privilege(catalog, "U", "CREATE TABLE")
    assert not has_system_privilege(catalog, "U", "CREATE TABLE", roles=False)
    fails(1031, user.ddl, "CREATE SEQUENCE s")
    dba.ddl("REVOKE r FROM u")
    fails(1031, user.ddl, "CREATE TABLE t2 (a NUMBER)")
    dba.ddl("GRANT CREATE SESSION, RESOURCE, CONNECT TO u")
    user.ddl("CREATE TABLE t2 (a NUMBER)")
    fails(1031, user.ddl, "GRANT CREATE SESSION TO app")
    fails(990, dba.ddl, "GRANT CREATE NONSENSE TO u")
    fails(1919, dba.ddl, "GRANT nonsense TO u")
    fails(1917, dba.ddl, "GRANT CREATE TABLE TO nobody")
    fails(1952, dba.ddl, "REVOKE ALTER SYSTEM FROM u")
    fails(1951, dba.ddl, "REVOKE r FROM u")
    fails(1921, dba.ddl, "CREATE ROLE r")
    dba.ddl("GRANT r TO u WITH ADMIN OPTION")
    user.ddl("GRANT r TO app")
    dba.ddl("CREATE ROLE q", "GRANT r TO q")
    fails(1934, dba.ddl, "GRANT q TO r")
    dba.ddl("DROP ROLE r")
    fails(1919, dba.ddl, "DROP ROLE r")
    dba.ddl("GRANT CREATE VIEW TO PUBLIC")
    assert has_system_privilege(catalog, "U", "CREATE VIEW")


def test_object_privileges(world: World, app: Client, fails: Fails) -> None:
    """No privilege at all: ORA-00942. Another one than needed: ORA-01031."""
    app.ddl("CREATE TABLE t (a NUMBER, b NUMBER)", "CREATE SEQUENCE s")
    other = world.add_user("OTHER")
    resolver = Resolver(world.instance.catalog, other.session.context)
    fails(942, resolver.relation, ("APP", "T"), "SELECT")
    fails(2289, resolver.sequence, ("APP", "S"))
    app.ddl("GRANT INSERT ON t TO other", "GRANT SELECT ON s TO other")
    assert resolver.relation(("APP", "T"), "INSERT").name == "T"
    assert isinstance(resolver.sequence(("APP", "S")), Sequence)
    fails(1031, resolver.relation, ("APP", "T"), "SELECT")
    fails(1031, other.ddl, "DROP TABLE app.t")
    fails(1031, other.ddl, "GRANT SELECT ON app.t TO system")
    app.ddl("GRANT SELECT ON t TO other WITH GRANT OPTION", "GRANT UPDATE (b) ON t TO other")
    other.ddl("GRANT SELECT ON app.t TO system")
    app.ddl("REVOKE INSERT, SELECT ON t FROM other")
    fails(1031, resolver.relation, ("APP", "T"), "SELECT")
    fails(1927, app.ddl, "REVOKE DELETE ON t FROM other")
    fails(942, app.ddl, "GRANT SELECT ON nothing TO other")
    fails(990, app.ddl, "GRANT CREATE TABLE ON t TO other")
    fails(2224, app.ddl, "GRANT EXECUTE ON t TO other")
    world.dba.ddl("GRANT SELECT ANY TABLE TO other")
    assert resolver.relation(("APP", "T"), "SELECT").name == "T"
    fails(
        942,
        Resolver(world.instance.catalog, app.session.context).relation,
        ("SYS", "OBJ$"),
        "SELECT",
    )


def test_definer_rights_leave_roles_out(world: World, app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER)")
    other = world.add_user("OTHER")
    world.dba.ddl("CREATE ROLE r", "GRANT SELECT ON app.t TO r", "GRANT r TO other")
    context = other.session.context
    resolver = Resolver(world.instance.catalog, context)
    assert resolver.relation(("APP", "T"), "SELECT").name == "T"
    context.effective_user = "OTHER"
    fails(942, resolver.relation, ("APP", "T"), "SELECT")


# ---------------------------------------------------------------- sessions


def test_alter_session(app: Client, fails: Fails) -> None:
    context, session = app.session.context, app.session
    app.ddl(
        "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD' NLS_NUMERIC_CHARACTERS = ',.'",
        "ALTER SESSION SET CURRENT_SCHEMA = system",
        "ALTER SESSION SET plsql_ccflags = 'debug:TRUE'",
        "ALTER SESSION ENABLE PARALLEL DML",
        "ALTER SESSION SET optimizer_mode = first_rows_10",
    )
    assert context.nls["NLS_DATE_FORMAT"] == "YYYY-MM-DD"
    assert context.current_schema == "SYSTEM"
    assert session.parameters["PARALLEL DML"] == "ENABLED"
    fails(2248, app.ddl, "ALTER SESSION SET nonsense = 1")
    fails(1435, app.ddl, "ALTER SESSION SET CURRENT_SCHEMA = nobody")
    fails(12705, app.ddl, "ALTER SESSION SET NLS_LENGTH_SEMANTICS = 'WORD'")
    fails(2096, app.ddl, "ALTER SESSION SET processes = 5")


def test_alter_session_does_not_commit(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER)")
    app.insert("t", 1)
    app.ddl("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY'")
    assert app.session.in_transaction()
    fails(12841, app.ddl, "ALTER SESSION ENABLE PARALLEL DML")
    app.rollback()
    assert app.rows("t") == []


def test_alter_system_kill(world: World, app: Client, fails: Fails) -> None:
    killed: list[tuple[int, int]] = []

    class Registry:
        def kill(self, sid: int, serial: int, by: int) -> None:
            if sid == 999_999:
                raise OraError(30)
            killed.append((sid, serial))

        def cancel(self, sid: int, serial: int) -> None:
            killed.append((-sid, serial))

    fails(1031, app.ddl, "ALTER SYSTEM KILL SESSION '1,1'")
    world.instance.attributes["sessions"] = Registry()
    dba: Any = world.dba
    dba.ddl("ALTER SYSTEM KILL SESSION '7,1' IMMEDIATE", "ALTER SYSTEM CANCEL SQL '8, 2'")
    assert killed == [(7, 1), (-8, 2)]
    fails(30, dba.ddl, "ALTER SYSTEM KILL SESSION '999999,1'")
    fails(26, dba.ddl, "ALTER SYSTEM KILL SESSION 'x'")
    fails(27, dba.ddl, f"ALTER SYSTEM KILL SESSION '{dba.session.context.sid},1'")
    dba.ddl("ALTER SYSTEM SET open_cursors = 500 SCOPE = BOTH", "ALTER SYSTEM CHECKPOINT")
    assert world.instance.parameters["OPEN_CURSORS"] == "500"


def test_comments_and_purge(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER)", "COMMENT ON TABLE t IS 'it''s'", "PURGE RECYCLEBIN")
    assert app.table("t").comment == "it's"
    app.ddl("COMMENT ON COLUMN app.t.a IS 'x'")
    assert app.table("t").columns[0].comment == "x"
    fails(904, app.ddl, "COMMENT ON COLUMN t.b IS 'x'")
    fails(1780, app.ddl, "COMMENT ON TABLE t IS x")
