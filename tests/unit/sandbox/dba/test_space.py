"""Tablespaces that fill, are resized, read only; quotas; what the dictionary says of them.

Administrator's Guide 19c, "Managing Tablespaces", "Managing Data Files and Temp Files"; Error
Messages 19c."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.sandbox.dba.conftest import Dba

FILL = "INSERT INTO big SELECT LEVEL, RPAD('x', 900, 'x') FROM dual CONNECT BY LEVEL <= {}"


@pytest.fixture
def small(app: Dba, system: Dba) -> Iterator[str]:
    """A tablespace of one megabyte with a table BIG in it."""
    name = f"TS_{app.user}"
    system.run(
        f"CREATE TABLESPACE {name} DATAFILE '/x/{name}.dbf' SIZE 1M",
        f"ALTER USER {app.user} QUOTA UNLIMITED ON {name}",
    )
    app.run(f"CREATE TABLE big (n NUMBER, v VARCHAR2(1000)) TABLESPACE {name}")
    yield name
    app.rollback()
    if system.column("SELECT 1 FROM dba_tablespaces WHERE tablespace_name = :1", name):
        system.run(f"DROP TABLESPACE {name} INCLUDING CONTENTS AND DATAFILES")


def free(system: Dba, name: str) -> int:
    found = system.value("SELECT SUM(bytes) FROM dba_free_space WHERE tablespace_name = :1", name)
    return int(found or 0)


def test_full_and_enlarged(app: Dba, system: Dba, small: str) -> None:
    text = app.fails(1653, FILL.format(3000))
    assert text == f"ORA-01653: unable to extend table {app.user}.BIG by 8 in tablespace {small}"
    before = free(system, small)
    app.run(FILL.format(700), "COMMIT")
    used = app.value("SELECT bytes FROM user_segments WHERE segment_name = 'BIG'")
    assert 600_000 < used < 1_000_000
    assert before - free(system, small) == pytest.approx(used, abs=70_000)
    app.fails(1653, FILL.format(700))
    system.run(f"ALTER DATABASE DATAFILE '/x/{small}.dbf' RESIZE 2M")
    app.run(FILL.format(700), "COMMIT")
    system.fails(3297, f"ALTER DATABASE DATAFILE '/x/{small}.dbf' RESIZE 100K")
    system.run(
        f"ALTER TABLESPACE {small} ADD DATAFILE '/x/{small}2.dbf' SIZE 1M "
        "AUTOEXTEND ON NEXT 1M MAXSIZE 3M"
    )
    app.run(FILL.format(2000), "COMMIT")
    percent = system.value(
        "SELECT used_percent FROM dba_tablespace_usage_metrics WHERE tablespace_name = :1", small
    )
    assert 50 < percent < 100
    app.run("TRUNCATE TABLE big")
    assert free(system, small) > 2_900_000
    assert app.value("SELECT bytes FROM user_segments WHERE segment_name = 'BIG'") == 65536


def test_quota(app: Dba, system: Dba, small: str) -> None:
    system.run(f"ALTER USER {app.user} QUOTA 200K ON {small}")
    assert app.fails(1536, FILL.format(400)) == (
        f"ORA-01536: space quota exceeded for tablespace '{small}'"
    )
    app.run(FILL.format(100), "COMMIT")
    used, most = app.rows(
        "SELECT bytes, max_bytes FROM user_ts_quotas WHERE tablespace_name = :1", small
    )[0]
    assert 90_000 < used < most == 204_800


def test_read_only(app: Dba, system: Dba, small: str) -> None:
    """Rows cannot change, nothing new is made there; an object may be dropped."""
    app.run("INSERT INTO big VALUES (1, 'x')", "COMMIT")
    system.run(f"ALTER TABLESPACE {small} READ ONLY")
    assert (
        system.value("SELECT status FROM dba_tablespaces WHERE tablespace_name = :1", small)
        == "READ ONLY"
    )
    text = app.fails(372, "UPDATE big SET n = 2")
    assert text.splitlines()[1].endswith(f": '/x/{small}.dbf'")
    app.fails(1647, f"CREATE TABLE other (n NUMBER) TABLESPACE {small}")
    assert app.column("SELECT n FROM big") == [1]
    system.run(f"ALTER TABLESPACE {small} READ WRITE")
    app.run("UPDATE big SET n = 2", "COMMIT")
    system.run(f"ALTER TABLESPACE {small} READ ONLY")
    app.run("DROP TABLE big")
    system.fails(1643, "ALTER TABLESPACE system READ ONLY")


def test_drop(app: Dba, system: Dba, small: str) -> None:
    """ORA-01549 with something in it; ORA-14404 when a table has partitions elsewhere too."""
    app.run(
        "DROP TABLE big",
        "CREATE TABLE t (n NUMBER) PARTITION BY RANGE (n) ("
        f"PARTITION a VALUES LESS THAN (10), PARTITION b VALUES LESS THAN (20) TABLESPACE {small})",
    )
    system.fails(1549, f"DROP TABLESPACE {small}")
    system.fails(14404, f"DROP TABLESPACE {small} INCLUDING CONTENTS")
    app.run("ALTER TABLE t DROP PARTITION b")
    system.run(f"DROP TABLESPACE {small}")
    app.fails(959, f"CREATE TABLE other (n NUMBER) TABLESPACE {small}")
