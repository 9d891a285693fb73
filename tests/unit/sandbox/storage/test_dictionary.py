"""Dictionary views: Database Reference 19c, "Static Data Dictionary Views", "Dynamic Performance
Views"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import dictionary
from dtm.sandbox.sql.catalog_model import Table, View
from dtm.sandbox.sql.engine_names import SessionNames
from dtm.sandbox.sql.privileges import Resolver
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


def query(client: Client, name: str) -> list[dict[str, Any]]:
    view = dictionary.find(name)
    assert view is not None, name
    names = [column.name for column in view.columns]
    return [dict(zip(names, row, strict=True)) for row in view.rows(client.session)]


@pytest.fixture
def app_tables(world: World, app: Client) -> Client:
    world.dba.ddl("CREATE TABLESPACE archive DATAFILE 'a.dbf' SIZE 10M")
    world.dba.ddl("ALTER USER app QUOTA 5M ON archive")
    app.ddl(
        "CREATE TABLE parent (id NUMBER(10) CONSTRAINT parent_pk PRIMARY KEY, "
        "name VARCHAR2(30 CHAR) DEFAULT 'x' NOT NULL, at TIMESTAMP(3))",
        "CREATE TABLE child (id NUMBER GENERATED ALWAYS AS IDENTITY, parent_id NUMBER(10) "
        "CONSTRAINT child_fk REFERENCES parent ON DELETE CASCADE, amount NUMBER(10,2), "
        "CONSTRAINT amount_ck CHECK (amount > 0)) TABLESPACE archive NOLOGGING",
        "CREATE INDEX child_ix ON child (parent_id, amount DESC)",
        "CREATE SEQUENCE seq START WITH 5 CACHE 10",
        "CREATE SYNONYM syn FOR parent",
        "COMMENT ON TABLE parent IS 'all parents'",
        "COMMENT ON COLUMN parent.name IS 'its name'",
        "CREATE TABLE parts (d DATE, n NUMBER) PARTITION BY RANGE (d) ("
        "PARTITION p1 VALUES LESS THAN (DATE '2026-01-01'), "
        "PARTITION p2 VALUES LESS THAN (MAXVALUE))",
    )
    return app


@pytest.mark.parametrize("name", sorted(dictionary.VIEWS))
def test_every_row_of_every_view_fits_its_columns(
    app_tables: Client, world: World, name: str
) -> None:
    app_tables.insert("parent", 1, "x", None)
    for client in (app_tables, world.dba):
        for row in query(client, name):
            for value in row.values():
                assert value is None or isinstance(value, int | float | str | bytes)


@pytest.mark.parametrize("name", sorted(n for n, v in dictionary.VIEWS.items() if v.key))
def test_narrow_reading_misses_nothing(app_tables: Client, name: str) -> None:
    view = dictionary.VIEWS[name]
    names = [column.name for column in view.columns]
    assert view.key is not None
    at = names.index(view.key)
    rows = list(view.rows(app_tables.session))
    assert view.narrow(app_tables.session, "NO_SUCH_COLUMN", "X") is None
    for value in {row[at] for row in rows[:40]} - {None}:
        narrow = view.narrow(app_tables.session, view.key, value)
        assert narrow is not None
        expected = [row for row in rows if row[at] == value]
        assert [row for row in narrow if row[at] == value] == expected


def test_tables_and_columns(app_tables: Client) -> None:
    tables = {row["TABLE_NAME"]: row for row in query(app_tables, "USER_TABLES")}
    assert set(tables) == {"PARENT", "CHILD", "PARTS"}
    assert tables["CHILD"]["TABLESPACE_NAME"] == "ARCHIVE"
    assert tables["CHILD"]["LOGGING"] == "NO"
    assert tables["PARTS"]["PARTITIONED"] == "YES"
    assert "OWNER" not in tables["PARENT"]
    columns = [r for r in query(app_tables, "USER_TAB_COLUMNS") if r["TABLE_NAME"] == "PARENT"]
    shown = [(r["COLUMN_NAME"], r["DATA_TYPE"], r["DATA_LENGTH"], r["NULLABLE"]) for r in columns]
    assert shown == [
        ("ID", "NUMBER", 22, "N"),
        ("NAME", "VARCHAR2", 120, "N"),
        ("AT", "TIMESTAMP(3)", 11, "Y"),
    ]
    assert columns[0]["DATA_PRECISION"] == 10
    assert columns[1]["CHAR_LENGTH"] == 30
    assert columns[1]["CHAR_USED"] == "C"
    assert columns[1]["DATA_DEFAULT"] == "'x'"


def test_constraints_and_indexes(app_tables: Client) -> None:
    constraints = {r["CONSTRAINT_NAME"]: r for r in query(app_tables, "USER_CONSTRAINTS")}
    foreign = constraints["CHILD_FK"]
    assert foreign["CONSTRAINT_TYPE"] == "R"
    assert (foreign["R_OWNER"], foreign["R_CONSTRAINT_NAME"]) == ("APP", "PARENT_PK")
    assert foreign["DELETE_RULE"] == "CASCADE"
    assert constraints["AMOUNT_CK"]["SEARCH_CONDITION"] == "amount > 0"
    assert constraints["PARENT_PK"]["INDEX_NAME"] == "PARENT_PK"
    generated = [r for r in constraints.values() if r["GENERATED"] == "GENERATED NAME"]
    assert '"NAME" IS NOT NULL' in [r["SEARCH_CONDITION"] for r in generated]
    indexes = {r["INDEX_NAME"]: r for r in query(app_tables, "USER_INDEXES")}
    assert indexes["PARENT_PK"]["UNIQUENESS"] == "UNIQUE"
    parts = [r for r in query(app_tables, "USER_IND_COLUMNS") if r["INDEX_NAME"] == "CHILD_IX"]
    assert [(r["COLUMN_NAME"], r["COLUMN_POSITION"], r["DESCEND"]) for r in parts] == [
        ("PARENT_ID", 1, "ASC"),
        ("AMOUNT", 2, "DESC"),
    ]


def test_objects_sequences_synonyms_comments(app_tables: Client) -> None:
    kinds = {(r["OBJECT_NAME"], r["OBJECT_TYPE"]) for r in query(app_tables, "USER_OBJECTS")}
    assert {("PARENT", "TABLE"), ("CHILD_IX", "INDEX"), ("SEQ", "SEQUENCE"), ("SYN", "SYNONYM"),
            ("PARTS", "TABLE PARTITION")} <= kinds  # fmt: skip
    sequence = next(r for r in query(app_tables, "USER_SEQUENCES") if r["SEQUENCE_NAME"] == "SEQ")
    assert (sequence["LAST_NUMBER"], sequence["CACHE_SIZE"]) == (5, 10)
    value = app_tables.instance.catalog.sequence("APP", "SEQ")
    assert app_tables.instance.sequences.next_value(value) == 5
    sequence = next(r for r in query(app_tables, "USER_SEQUENCES") if r["SEQUENCE_NAME"] == "SEQ")
    assert sequence["LAST_NUMBER"] == 15
    comments = {r["TABLE_NAME"]: r["COMMENTS"] for r in query(app_tables, "USER_TAB_COMMENTS")}
    assert comments["PARENT"] == "all parents"
    columns = {r["COLUMN_NAME"]: r["COMMENTS"] for r in query(app_tables, "USER_COL_COMMENTS")}
    assert columns["NAME"] == "its name"


def test_partitions_show_high_value_and_position(app_tables: Client) -> None:
    rows = query(app_tables, "USER_TAB_PARTITIONS")
    assert [(r["PARTITION_NAME"], r["PARTITION_POSITION"], r["HIGH_VALUE"]) for r in rows] == [
        ("P1", 1, "TO_DATE(' 2026-01-01 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', "
                  "'NLS_CALENDAR=GREGORIAN')"),
        ("P2", 2, "MAXVALUE"),
    ]  # fmt: skip


def test_all_views_show_what_was_granted(world: World, app_tables: Client) -> None:
    other = world.add_user("OTHER")
    assert query(other, "USER_TABLES") == []
    assert not [r for r in query(other, "ALL_TABLES") if r["OWNER"] == "APP"]
    app_tables.ddl("GRANT SELECT ON parent TO other")
    assert [r["TABLE_NAME"] for r in query(other, "ALL_TABLES") if r["OWNER"] == "APP"] == [
        "PARENT"
    ]
    privilege = query(other, "USER_TAB_PRIVS")[0]
    assert (privilege["TABLE_NAME"], privilege["PRIVILEGE"]) == ("PARENT", "SELECT")
    assert "CREATE TABLE" in [r["PRIVILEGE"] for r in query(other, "SESSION_PRIVS")]
    assert {r["TABLE_NAME"] for r in query(world.dba, "DBA_TABLES") if r["OWNER"] == "APP"} == {
        "PARENT", "CHILD", "PARTS",
    }  # fmt: skip


def test_who_may_query_the_dictionary(world: World, app: Client, fails: Fails) -> None:
    names = SessionNames(Resolver(world.instance.catalog, app.session.context))
    for allowed in ("USER_TABLES", "ALL_OBJECTS", "SESSION_PRIVS", "DUAL", "V$VERSION", "DICT"):
        assert names.relation((allowed,), "SELECT", 0).name
    for refused in ("DBA_TABLES", "V$SESSION", "GV$LOCK"):
        fails(942, names.relation, (refused,), "SELECT", 0)
    world.dba.ddl("GRANT SELECT ON sys.v_$session TO app")
    assert names.relation(("V$SESSION",), "SELECT", 0).name == "V_$SESSION"
    world.dba.ddl("GRANT SELECT ANY DICTIONARY TO app")
    assert names.relation(("DBA_TABLES",), "SELECT", 0).name == "DBA_TABLES"
    fails(1031, names.relation, ("USER_TABLES",), "DELETE", 0)


def test_space_views(app_tables: Client, world: World) -> None:
    for number in range(300):
        app_tables.insert("parts", "2025-05-05 00:00:00" if number % 3 else None, number)
    app_tables.commit()
    segments = [r for r in query(world.dba, "DBA_SEGMENTS") if r["OWNER"] == "APP"]
    assert {r["SEGMENT_NAME"] for r in segments} >= {"PARENT", "PARENT_PK", "CHILD", "PARTS"}
    assert {r["PARTITION_NAME"] for r in segments if r["SEGMENT_NAME"] == "PARTS"} == {"P1", "P2"}
    assert all(r["BYTES"] > 0 for r in segments)
    files = {r["TABLESPACE_NAME"]: r["BYTES"] for r in query(world.dba, "DBA_DATA_FILES")}
    assert files["ARCHIVE"] == 10 << 20
    free = {r["TABLESPACE_NAME"]: r["BYTES"] for r in query(world.dba, "DBA_FREE_SPACE")}
    assert 9 << 20 < free["ARCHIVE"] <= 10 << 20
    quota = {r["TABLESPACE_NAME"]: r["MAX_BYTES"] for r in query(app_tables, "USER_TS_QUOTAS")}
    assert quota == {"USERS": -1, "ARCHIVE": 5 << 20}


def test_sessions_transactions_locks(world: World, app_tables: Client) -> None:
    app_tables.session.context.attributes["module"] = "M"
    app_tables.insert("parent", 1, "x", None)
    sid = app_tables.session.context.sid
    rows = {r["SID"]: r for r in query(world.dba, "V_$SESSION")}
    assert rows[sid]["USERNAME"] == "APP"
    assert rows[sid]["MODULE"] == "M"
    assert len(query(world.dba, "V_$TRANSACTION")) == 1
    locks = {(r["SID"], r["TYPE"], r["LMODE"]) for r in query(world.dba, "GV_$LOCK")}
    assert locks == {(sid, "TX", 6), (sid, "TM", 3)}
    app_tables.commit()
    assert query(world.dba, "V_$LOCK") == []
    assert query(world.dba, "V_$DATABASE")[0]["OPEN_MODE"] == "READ WRITE"
    assert query(world.dba, "V_$INSTANCE")[0]["STATUS"] == "OPEN"


def test_dictionary_is_never_written_to_disk(world: World) -> None:
    stored = world.instance.database.run(
        'SELECT count(*) FROM main."$CATALOG" WHERE kind=?', ("object",)
    )
    assert stored == [(0,)]
    assert isinstance(world.instance.catalog.find("SYS", "ALL_TABLES"), View)
    assert not world.instance.catalog.all(Table)
