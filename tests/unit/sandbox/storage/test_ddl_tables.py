"""CREATE, ALTER, DROP TABLE: SQL Language Reference 19c; numbers from Error Messages 19c."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.types import NUMBER, Column, Kind, OraType
from dtm.sandbox.sql.encoding import encode_number
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


def test_column_types(app: Client) -> None:
    app.ddl(
        "CREATE TABLE t (a VARCHAR2(10), b VARCHAR2(10 CHAR), c CHAR, d NUMBER, e NUMBER(5), "
        "f NUMBER(7,2), g NUMBER(*,3), h INTEGER, i DATE, j TIMESTAMP, k TIMESTAMP(3) WITH TIME ZONE, "
        "l TIMESTAMP WITH LOCAL TIME ZONE, m CLOB, n BLOB, o RAW(16), p BINARY_DOUBLE, q FLOAT(10), "
        "r INTERVAL DAY TO SECOND, s INTERVAL YEAR(4) TO MONTH, u NVARCHAR2(5), v ROWID, "
        "w DOUBLE PRECISION, x CHARACTER VARYING(3), y LONG, z DECIMAL(4,1))"
    )
    types = {column.name: column.type for column in app.table("t").columns}
    assert types["A"] == OraType(Kind.VARCHAR2, length=10)
    assert types["B"] == OraType(Kind.VARCHAR2, length=10, char_used=True)
    assert types["C"] == OraType(Kind.CHAR, length=1)
    assert types["E"] == OraType(Kind.NUMBER, precision=5, scale=0)
    assert types["F"] == OraType(Kind.NUMBER, precision=7, scale=2)
    assert types["G"] == OraType(Kind.NUMBER, precision=38, scale=3)
    assert types["H"] == OraType(Kind.NUMBER, precision=38, scale=0)
    assert types["K"] == OraType(Kind.TIMESTAMP_TZ, precision=3)
    assert types["S"] == OraType(Kind.INTERVAL_YM, precision=4)
    assert types["X"] == OraType(Kind.VARCHAR2, length=3)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CREATE TABLE t", 906),
        ("CREATE TABLE t (a)", 2263),
        ("CREATE TABLE t (a NUMBER", 907),
        ("CREATE TABLE t (a NUMBER) x", 922),
        ("CREATE TABLE t (a NUMBER);", 922),
        ("CREATE TABLE t (a NUMBR)", 902),
        ("CREATE TABLE t (a VARCHAR2)", 906),
        ("CREATE TABLE t (a VARCHAR2(0))", 1723),
        ("CREATE TABLE t (a VARCHAR2(4001))", 910),
        ("CREATE TABLE t (a NUMBER(39))", 1727),
        ("CREATE TABLE t (a NUMBER(5,200))", 1728),
        ("CREATE TABLE t (a NUMBER, a DATE)", 957),
        ("CREATE TABLE table (a NUMBER)", 903),
        ("CREATE TABLE t (select NUMBER)", 904),
        ("CREATE TABLE t (date NUMBER)", 904),
        (f"CREATE TABLE {'x' * 129} (a NUMBER)", 972),
        ("CREATE TABLE 1t (a NUMBER)", 903),
        ("CREATE TABLE t (a NUMBER PRIMARY KEY, b NUMBER PRIMARY KEY)", 2260),
        ("CREATE TABLE t (a NUMBER UNIQUE PRIMARY KEY)", 2261),
        ("CREATE TABLE t (a NUMBER, UNIQUE (b))", 904),
        ("CREATE TABLE t (a CLOB PRIMARY KEY)", 2329),
        ("CREATE TABLE t (a NUMBER REFERENCES nowhere)", 942),
        ("CREATE TABLE t (a NUMBER CONSTRAINT c UNIQUE, b NUMBER CONSTRAINT c UNIQUE)", 2264),
        ("CREATE TABLE t (a NUMBER) TABLESPACE nowhere", 959),
        ("CREATE TABLE t (a NUMBER) TABLESPACE temp", 2195),
        ("CREATE TABLE nobody.t (a NUMBER)", 1918),
        ("CREATE TABLE system.t (a NUMBER)", 1031),
        ("CREATE TABLE t (a NUMBER GENERATED AS IDENTITY, b NUMBER GENERATED AS IDENTITY)", 30669),
        ("CREATE TABLE t (a VARCHAR2(5) DEFAULT 'x)", 1756),
        ('CREATE TABLE "t (a NUMBER)', 1740),
        ("CREAT TABLE t (a NUMBER)", 900),
        ("CREATE TABEL t (a NUMBER)", 901),
        ("DROP TABEL t", 950),
        ("ALTER TABEL t ADD (x NUMBER)", 940),
        ("DROP TABLE t", 942),
        ("ALTER TABLE t ADD (x NUMBER)", 942),
        ("TRUNCATE TABLE t", 942),
        ("COMMENT ON TABLE t IS 'x'", 942),
    ],
)
def test_refused_with_oracles_number(app: Client, fails: Fails, text: str, code: int) -> None:
    fails(code, app.ddl, text)


@pytest.mark.parametrize(
    ("text", "construct"),
    [
        ("CREATE TABLE t (a NUMBER) ORGANIZATION EXTERNAL (x)", "external table"),
        ("CREATE TABLE t (a XMLTYPE)", "data type XMLTYPE"),
        ("CREATE TABLE t (a NUMBER) PARTITION BY REFERENCE (f)", "REFERENCE partitioning"),
        ("CREATE PRIVATE TEMPORARY TABLE t (a NUMBER)", "PRIVATE TEMPORARY TABLE"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 FROM dual", "CREATE MATERIALIZED"),
    ],
)
def test_unsupported_names_construct_and_place(app: Client, text: str, construct: str) -> None:
    with pytest.raises(Unsupported, match=r"DTM-SBX-\d{3}") as caught:
        app.ddl(text)
    assert construct in caught.value.construct
    assert "line 1, column" in caught.value.text


def test_error_offset_points_at_the_text(app: Client, fails: Fails) -> None:
    text = "CREATE TABLE t (a NUMBER, b NUMBR)"
    assert fails(902, app.ddl, text).offset == text.index("NUMBR")


def test_names_are_upper_case_unless_quoted(app: Client, fails: Fails) -> None:
    app.ddl('CREATE TABLE "Mixed" ("Col" NUMBER, other NUMBER)')
    table = app.instance.catalog.table("APP", "Mixed")
    assert table is not None
    assert [c.name for c in table.columns] == ["Col", "OTHER"]
    fails(942, app.ddl, "DROP TABLE mixed")
    fails(955, app.ddl, 'CREATE TABLE "Mixed" (a NUMBER)')
    app.ddl('DROP TABLE "Mixed" PURGE')


def test_renamed_columns_are_followed(app: Client, fails: Fails) -> None:
    app.ddl(
        "CREATE TABLE t (a NUMBER CONSTRAINT a_ck CHECK (a > 0), b NUMBER AS (a * 2))",
        "CREATE INDEX i ON t (a + 1)",
        "ALTER TABLE t RENAME COLUMN a TO amount",
    )
    fails(2290, app.insert, "t", 0)
    app.insert("t", 4)
    assert app.rows("t") == [(4, 8)]
    constraint = app.table("t").constraint("A_CK")
    assert constraint is not None
    assert constraint.condition == '"AMOUNT" > 0'


def test_create_table_as_select(app: Client, fails: Fails) -> None:
    query = "SELECT a, b FROM src"
    columns = [Column("A", NUMBER, nullable=False), Column("B", OraType(Kind.VARCHAR2, length=5))]
    app.translator.queries[query] = (columns, [(1, "x"), (2, None)])
    app.ddl(f"CREATE TABLE t AS {query}")
    assert app.rows("t") == [(1, "x"), (2, None)]
    fails(1400, app.insert, "t", None, "y")
    app.ddl(f"CREATE TABLE u (one PRIMARY KEY, two) AS {query}")
    assert [c.name for c in app.table("u").columns] == ["ONE", "TWO"]
    fails(1, app.insert, "u", 1, "y")
    fails(1730, app.ddl, f"CREATE TABLE v (one) AS {query}")
    fails(1773, app.ddl, f"CREATE TABLE v (one NUMBER, two DATE) AS {query}")
    assert app.instance.catalog.table("APP", "V") is None


def test_create_table_as_select_checks_its_rows(app: Client, fails: Fails) -> None:
    query = "SELECT n FROM src"
    third = encode_number(Decimal(1) / Decimal(3))
    app.translator.queries[query] = ([Column("N", NUMBER)], [(5,), (third,), (25,)])
    fails(2290, app.ddl, f"CREATE TABLE t (n CHECK (n > 5)) AS {query}")
    head = "CREATE TABLE t (n) PARTITION BY RANGE (n)"
    one = "(PARTITION p VALUES LESS THAN (10))"
    fails(14400, app.ddl, f"{head} {one} AS {query}")
    app.ddl(f"{head} INTERVAL (10) {one} AS {query}")
    table = app.table("t")
    assert table.partitioning is not None
    assert [p.text for p in table.partitioning.partitions] == ["10", "30"]
    assert table.wide == frozenset({"N"})


def test_wide_numbers_are_noticed(app: Client) -> None:
    """NUMBERs that are neither 64-bit integers nor exact doubles make plans compare by function."""
    app.ddl("CREATE TABLE t (a NUMBER, b NUMBER, c NUMBER(10))")
    version = app.instance.catalog.version
    app.insert("t", 1, 0.5, 3)
    assert app.table("t").wide == frozenset()
    assert app.instance.catalog.version == version
    app.insert("t", 1, encode_number(10**30 + 1), 3)
    assert app.table("t").wide == frozenset({"B"})
    assert app.instance.catalog.version > version
    app.rollback()
    app.insert("t", encode_number(10**30 + 1), encode_number(10**30 + 1), 3)
    assert app.table("t").wide == frozenset({"A", "B"})


def test_alter_table_columns(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER(5), b VARCHAR2(10))")
    app.insert("t", 1, "long text")
    app.commit()
    app.ddl("ALTER TABLE t ADD (c NUMBER DEFAULT 7 NOT NULL, d VARCHAR2(5))")
    assert app.rows("t") == [(1, "long text", 7, None)]
    fails(1430, app.ddl, "ALTER TABLE t ADD c NUMBER")
    fails(1758, app.ddl, "ALTER TABLE t ADD e NUMBER NOT NULL")
    fails(1439, app.ddl, "ALTER TABLE t MODIFY (a VARCHAR2(5))")
    fails(1440, app.ddl, "ALTER TABLE t MODIFY (a NUMBER(3))")
    fails(1441, app.ddl, "ALTER TABLE t MODIFY b VARCHAR2(5)")
    fails(2296, app.ddl, "ALTER TABLE t MODIFY (d NOT NULL)")
    fails(904, app.ddl, "ALTER TABLE t MODIFY (x NUMBER)")
    app.ddl("ALTER TABLE t MODIFY (a NUMBER(9) NOT NULL, b VARCHAR2(20), d DATE)")
    fails(1400, app.insert, "t", None, "x", 1)
    fails(1442, app.ddl, "ALTER TABLE t MODIFY (a NOT NULL)")
    app.ddl("ALTER TABLE t MODIFY (a NULL)")
    fails(1451, app.ddl, "ALTER TABLE t MODIFY (a NULL)")
    app.ddl("ALTER TABLE t RENAME COLUMN b TO text")
    fails(957, app.ddl, "ALTER TABLE t RENAME COLUMN a TO text")
    app.ddl("ALTER TABLE t DROP (c, d)")
    assert app.rows("t") == [(1, "long text")]
    app.update("t", "text='new'")
    app.rollback()
    assert app.rows("t") == [(1, "long text")]
    fails(12983, app.ddl, "ALTER TABLE t DROP (a, text)")


def test_rename_read_only_and_physical_clauses(app: Client, fails: Fails) -> None:
    app.ddl("CREATE TABLE t (a NUMBER) PCTFREE 5 STORAGE (INITIAL 1M) NOLOGGING PARALLEL 4")
    app.insert("t", 1)
    app.commit()
    app.ddl("RENAME t TO u", "ALTER TABLE u RENAME TO w", "ALTER TABLE w READ ONLY")
    fails(12081, app.insert, "w", 2)
    app.ddl("ALTER TABLE w READ WRITE", "ALTER TABLE w MOVE COMPRESS", "ALTER TABLE w NOPARALLEL")
    app.ddl("ALTER TABLE w ENABLE ROW MOVEMENT", "ALTER TABLE w SHRINK SPACE CASCADE")
    app.ddl("ANALYZE TABLE w COMPUTE STATISTICS")
    assert app.rows("w") == [(1,)]
    assert app.table("w").properties["COMPRESSION"] == "ENABLED"
    fails(942, app.ddl, "DROP TABLE t")


def test_move_to_another_tablespace(world: World, app: Client) -> None:
    world.dba.ddl(
        "CREATE TABLESPACE other DATAFILE 'o.dbf' SIZE 5M", "ALTER USER app QUOTA 5M ON other"
    )
    app.ddl("CREATE TABLE t (a NUMBER PRIMARY KEY, b NUMBER)")
    app.insert("t", 1, 2)
    app.commit()
    app.ddl("ALTER TABLE t MOVE TABLESPACE other")
    assert app.table("t").tablespace == "OTHER"
    app.update("t", '"B"=5')
    app.rollback()
    assert app.rows("t") == [(1, 2)]
    world.reopen()
    assert world.connect().rows("t") == [(1, 2)]


def test_global_temporary_tables(world: World, app: Client) -> None:
    """CREATE TABLE, "GLOBAL TEMPORARY": rows are the session's own."""
    app.ddl(
        "CREATE GLOBAL TEMPORARY TABLE g (a NUMBER PRIMARY KEY)",
        "CREATE GLOBAL TEMPORARY TABLE k (a NUMBER) ON COMMIT PRESERVE ROWS",
    )
    other = world.connect()
    app.insert("g", 1)
    other.insert("g", 1)
    other.insert("g", 2)
    assert app.rows("g") == [(1,)]
    assert other.rows("g") == [(1,), (2,)]
    app.delete("g")
    assert other.rows("g") == [(1,), (2,)]
    app.insert("k", 5)
    app.commit()
    other.commit()
    assert app.rows("g") == []
    assert app.rows("k") == [(5,)]
    assert other.rows("k") == []
    app.insert("k", 6)
    app.rollback()
    assert app.rows("k") == [(5,)]
    app.session.close()
    assert world.connect().rows("k") == []
    world.reopen()
    assert world.connect().rows("g") == []


def test_ddl_is_all_or_nothing(app: Client, fails: Fails) -> None:
    """A CREATE TABLE that fails at its last constraint leaves no trace."""
    before = app.instance.catalog.version
    fails(942, app.ddl, "CREATE TABLE t (a NUMBER PRIMARY KEY, b NUMBER REFERENCES nothing)")
    assert app.instance.catalog.table("APP", "T") is None
    assert app.instance.catalog.index("APP", "T") is None
    assert app.instance.catalog.version == before
    app.ddl("CREATE TABLE t (a NUMBER PRIMARY KEY)")
    app.insert("t", 1)
