"""Users, privileges and roles across schemas.

Database Security Guide 19c, "Configuring Privilege and Role Authorization"; SQL Language Reference
19c, GRANT, REVOKE, SET ROLE, CREATE VIEW, ALTER USER; Database Reference, SQL92_SECURITY."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.sandbox.dba.conftest import Dba

NewUser = Callable[..., Dba]


def test_seen_or_not(new_user: NewUser) -> None:
    """What one may not see does not exist (ORA-00942); what one sees without the right needed is
    ORA-01031."""
    a, b = new_user(), new_user("CREATE SESSION, CREATE TABLE")
    a.run("CREATE TABLE t (n NUMBER PRIMARY KEY)", "CREATE SEQUENCE s")
    t = f"{a.user}.t"
    for text in (
        f"SELECT * FROM {t}",
        f"DELETE FROM {t}",
        f"TRUNCATE TABLE {t}",
        f"DROP TABLE {t}",
    ):
        b.fails(942, text)
    b.fails(2289, f"SELECT {a.user}.s.NEXTVAL FROM dual")
    a.run(f"GRANT INSERT ON t TO {b.user}")
    b.run(f"INSERT INTO {t} VALUES (1)")
    b.rollback()
    for text in (
        f"SELECT * FROM {t}", f"DELETE FROM {t}", f"TRUNCATE TABLE {t}", f"DROP TABLE {t}",
        f"ALTER TABLE {t} ADD m NUMBER", f"CREATE INDEX i ON {t} (n, 1)",
        f"CREATE TABLE c (n NUMBER REFERENCES {t})", f"LOCK TABLE {t} IN EXCLUSIVE MODE",
    ):  # fmt: skip
        b.fails(1031, text)
    a.run(f"GRANT REFERENCES ON t TO {b.user}")
    b.run(f"CREATE TABLE c (n NUMBER REFERENCES {t})")
    b.fails(1031, f"CREATE TABLE {a.user}.x (n NUMBER)")
    b.fails(1031, "CREATE VIEW v AS SELECT 1 AS one FROM dual")


def test_column_privileges(new_user: NewUser) -> None:
    a, b = new_user(), new_user("CREATE SESSION")
    a.run(
        "CREATE TABLE t (n NUMBER, m NUMBER, secret NUMBER)",
        f"GRANT SELECT, INSERT (n, m), UPDATE (m) ON t TO {b.user}",
    )
    t = f"{a.user}.t"
    b.run(f"INSERT INTO {t} (n, m) VALUES (1, 2)", f"UPDATE {t} SET m = 3 WHERE n = 1")
    b.fails(1031, f"INSERT INTO {t} VALUES (1, 2, 3)")
    b.fails(1031, f"UPDATE {t} SET m = 1, secret = 1")
    b.fails(
        1031,
        f"MERGE INTO {t} USING dual ON (1 = 1) WHEN MATCHED THEN UPDATE SET secret = 1",
    )
    assert a.rows(
        "SELECT column_name, privilege FROM user_col_privs WHERE grantee = :1 ORDER BY 1, 2",
        b.user,
    ) == [("M", "INSERT"), ("M", "UPDATE"), ("N", "INSERT")]
    a.run(f"GRANT UPDATE ON t TO {b.user}")
    b.run(f"UPDATE {t} SET secret = 1")


def test_where_needs_select(new_user: NewUser) -> None:
    """SQL92_SECURITY is TRUE from 12.2 on."""
    a, b = new_user(), new_user("CREATE SESSION")
    a.run("CREATE TABLE t (n NUMBER)", f"GRANT UPDATE, DELETE ON t TO {b.user}")
    b.run(f"UPDATE {a.user}.t SET n = 1", f"DELETE FROM {a.user}.t")
    b.fails(1031, f"UPDATE {a.user}.t SET n = 1 WHERE n = 2")
    b.fails(1031, f"DELETE FROM {a.user}.t WHERE n = 2")


def test_revoke_cascades_for_objects_only(new_user: NewUser, system: Dba) -> None:
    a, b, c = new_user(), new_user("CREATE SESSION"), new_user("CREATE SESSION")
    a.run("CREATE TABLE t (n NUMBER)", f"GRANT SELECT ON t TO {b.user} WITH GRANT OPTION")
    b.run(f"GRANT SELECT ON {a.user}.t TO {c.user}")
    assert c.rows(f"SELECT * FROM {a.user}.t") == []
    b.fails(1031, f"GRANT DELETE ON {a.user}.t TO {c.user}")
    a.run(f"REVOKE SELECT ON t FROM {b.user}")
    c.fails(942, f"SELECT * FROM {a.user}.t")
    assert a.fails(1927, f"REVOKE SELECT ON t FROM {b.user}") == (
        "ORA-01927: cannot REVOKE privileges you did not grant"
    )
    system.run(f"GRANT SELECT ANY TABLE TO {b.user} WITH ADMIN OPTION")
    b.run(f"GRANT SELECT ANY TABLE TO {c.user}")
    system.run(f"REVOKE SELECT ANY TABLE FROM {b.user}")
    assert c.rows(f"SELECT * FROM {a.user}.t") == []
    b.fails(1031, f"GRANT SELECT ANY TABLE TO {c.user}")


def test_views_and_units_stand_on_their_owners_rights(new_user: NewUser) -> None:
    a, b, c = new_user(), new_user(), new_user("CREATE SESSION")
    a.run("CREATE TABLE t (n NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT")
    a.run(f"GRANT SELECT ON t TO {b.user}")
    b.run(
        f"CREATE VIEW v AS SELECT n FROM {a.user}.t",
        f"CREATE FUNCTION f RETURN NUMBER IS m NUMBER; BEGIN SELECT MAX(n) INTO m FROM {a.user}.t;"
        " RETURN m; END;",
        f"GRANT EXECUTE ON f TO {c.user}",
    )
    assert b.fails(1720, f"GRANT SELECT ON v TO {c.user}") == (
        f"ORA-01720: grant option does not exist for '{a.user}.T'"
    )
    assert c.value(f"SELECT {b.user}.f FROM dual") == 1
    c.fails(942, f"SELECT * FROM {a.user}.t")
    a.run(f"REVOKE SELECT ON t FROM {b.user}")
    assert set(b.column("SELECT object_name FROM user_objects WHERE status = 'INVALID'")) == {
        "V", "F",
    }  # fmt: skip
    b.fails(4063, "SELECT * FROM v")
    a.run(f"GRANT SELECT ON t TO {b.user} WITH GRANT OPTION")
    b.run(f"GRANT SELECT ON v TO {c.user}")
    assert c.column(f"SELECT n FROM {b.user}.v") == [1]


def test_roles(new_user: NewUser, system: Dba) -> None:
    """Enabled by SET ROLE or as default roles; they do not count in definer-rights units or when
    a view or unit is compiled."""
    a, b = new_user("CONNECT, RESOURCE, CREATE ROLE"), new_user()
    role = f"r_{a.user}"
    a.run(
        "CREATE TABLE t (n NUMBER)",
        f"CREATE ROLE {role}",
        f"GRANT SELECT ON t TO {role}",
        f"GRANT {role} TO {b.user}",
    )
    query = f"SELECT * FROM {a.user}.t"
    b = b.again()
    assert b.rows(query) == []
    b.fails(1031, f"CREATE VIEW v AS {query}")
    b.run(f"CREATE PROCEDURE p IS n NUMBER; BEGIN SELECT MAX(n) INTO n FROM {a.user}.t; END;")
    assert b.column("SELECT text FROM user_errors WHERE name = 'P' AND sequence = 1")[
        0
    ].startswith("PL/SQL: ORA-")
    call = f"n NUMBER; BEGIN EXECUTE IMMEDIATE 'SELECT MAX(n) FROM {a.user}.t' INTO n; END;"
    b.run(
        f"CREATE PROCEDURE definer IS {call}",
        f"CREATE PROCEDURE caller AUTHID CURRENT_USER IS {call}",
    )
    b.run("BEGIN caller; END;")
    b.fails(942, "BEGIN definer; END;")
    b.run("SET ROLE NONE")
    b.fails(942, query)
    assert b.column("SELECT role FROM session_roles") == []
    b.run(f"SET ROLE {role}")
    assert b.column("SELECT role FROM session_roles") == [role.upper()]
    b.run(f"SET ROLE ALL EXCEPT {role}")
    b.fails(942, query)
    assert b.fails(1924, "SET ROLE dba") == "ORA-01924: role 'DBA' not granted or does not exist"
    system.run(f"ALTER USER {b.user} DEFAULT ROLE ALL EXCEPT {role}")
    again = b.again()
    again.fails(942, query)
    assert again.rows(
        "SELECT default_role FROM user_role_privs WHERE granted_role = :1", role.upper()
    ) == [("NO",)]
    assert b.fails(1932, f"GRANT dba TO {b.user}") == (
        "ORA-01932: ADMIN option not granted for role 'DBA'"
    )
    a.run(f"REVOKE {role} FROM {b.user}")
    a.fails(1951, f"REVOKE {role} FROM {b.user}")


def test_names_over_schemas(new_user: NewUser, system: Dba) -> None:
    """Own schema, private synonym, public synonym; CURRENT_SCHEMA changes names, not rights."""
    a, b = new_user(), new_user()
    name = f"pub_{a.user}"
    a.run(f"CREATE TABLE {name} (n NUMBER)", f"INSERT INTO {name} VALUES (1)", "COMMIT")
    system.run(f"CREATE PUBLIC SYNONYM {name} FOR {a.user}.{name}")
    b.fails(942, f"SELECT * FROM {name}")
    a.run(f"GRANT SELECT ON {name} TO PUBLIC")
    assert b.column(f"SELECT n FROM {name}") == [1]
    b.run("CREATE TABLE own (n NUMBER)", "INSERT INTO own VALUES (2)", "COMMIT")
    b.run(f"CREATE SYNONYM {name} FOR own")
    assert b.column(f"SELECT n FROM {name}") == [2]
    b.run(f"ALTER SESSION SET CURRENT_SCHEMA = {a.user}")
    assert b.column(f"SELECT n FROM {name}") == [1]
    b.fails(1031, f"INSERT INTO {name} VALUES (3)")
    assert b.value("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM dual") == a.user
    b.fails(1435, "ALTER SESSION SET CURRENT_SCHEMA = nobody")
    system.run(f"DROP PUBLIC SYNONYM {name}")


def test_passwords_and_locks(new_user: NewUser, system: Dba) -> None:
    a = new_user("CREATE SESSION")
    assert a.fails(28008, f'ALTER USER {a.user} IDENTIFIED BY "y" REPLACE "wrong"') == (
        "ORA-28008: invalid old password"
    )
    a.run(f'ALTER USER {a.user} IDENTIFIED BY "y" REPLACE "x"')
    a.fails(1031, "ALTER USER system IDENTIFIED BY mine")
    a.fails(1031, f"ALTER USER {a.user} ACCOUNT LOCK")
    system.run(f"ALTER USER {a.user} ACCOUNT LOCK PASSWORD EXPIRE")
    state = "SELECT account_status FROM dba_users WHERE username = :1"
    assert system.value(state, a.user) == "EXPIRED & LOCKED"
    system.run(f"ALTER USER {a.user} ACCOUNT UNLOCK")
    assert system.value(state, a.user) == "EXPIRED"
