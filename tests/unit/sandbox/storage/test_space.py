"""Tablespaces that fill: Error Messages 19c (ORA-01653, ORA-01536, ORA-01950), SQL Language
Reference, ALTER TABLESPACE, ALTER DATABASE."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, Column, Kind, OraType
from dtm.sandbox.sql.catalog_model import Tablespace
from dtm.sandbox.sql.encoding import Encoded
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


@pytest.fixture
def archive(world: World, app: Client) -> Client:
    world.dba.ddl(
        "CREATE TABLESPACE archive DATAFILE 'archive01.dbf' SIZE 256K",
        "ALTER USER app QUOTA UNLIMITED ON archive",
    )
    app.ddl("CREATE TABLE a (id NUMBER, pad VARCHAR2(4000)) TABLESPACE archive")
    app.ddl("CREATE TABLE other (id NUMBER)")
    return app


def fill(client: Client, table: str = "a") -> tuple[OraError, int]:
    for count in range(10_000):
        try:
            client.insert(table, count, "x" * 1000)
        except OraError as error:
            return error, count
    raise AssertionError("never full")


def test_full_tablespace_keeps_the_transaction(archive: Client) -> None:
    error, count = fill(archive)
    assert error.text == "ORA-01653: unable to extend table APP.A by 8 in tablespace ARCHIVE"
    assert archive.session.in_transaction()
    assert len(archive.rows("a", '"ID"')) == count
    archive.insert("other", 1)
    archive.commit()
    assert archive.rows("other") == [(1,)]
    assert len(archive.rows("a", '"ID"')) == count


def test_enlarging_by_too_little_fails_again(world: World, archive: Client) -> None:
    _, before = fill(archive)
    archive.commit()
    world.dba.ddl("ALTER DATABASE DATAFILE 'archive01.dbf' RESIZE 264K")
    error, more = fill(archive)
    assert error.code == 1653
    assert more < 10
    archive.commit()
    world.dba.ddl("ALTER TABLESPACE archive ADD DATAFILE 'archive02.dbf' SIZE 1M")
    error, more = fill(archive)
    assert error.code == 1653
    assert more > before
    archive.rollback()


def test_deleted_rows_give_their_space_back(archive: Client) -> None:
    _, count = fill(archive)
    archive.commit()
    archive.delete("a")
    archive.commit()
    _, again = fill(archive)
    assert again >= count - 5


def test_rollback_needs_no_space(archive: Client) -> None:
    """A deletion is taken back although others filled the tablespace meanwhile."""
    _, count = fill(archive)
    archive.commit()
    archive.delete("a", "id < 100")
    other = archive
    world_rows = count - 100
    archive.session.begin_autonomous()
    error, _ = fill(other)
    assert error.code == 1653
    archive.session.commit()
    archive.session.end_autonomous()
    archive.rollback()
    assert len(archive.rows("a", '"ID"')) > world_rows + 100


def test_ddl_that_finds_no_space_leaves_others_alone(
    world: World, archive: Client, fails: Fails
) -> None:
    """CREATE TABLE AS SELECT and CREATE INDEX in a full tablespace: ORA-01652, nothing else."""
    other = world.connect()
    other.insert("a", 1, "open transaction")
    other.insert("other", 1)
    big: list[tuple[Encoded, ...]] = [(number, "x" * 1000) for number in range(1000)]
    columns = [Column("N", NUMBER), Column("PAD", OraType(Kind.VARCHAR2, length=4000))]
    archive.translator.queries["SELECT 1 FROM big"] = (columns, big)
    fails(1652, archive.ddl, "CREATE TABLE b TABLESPACE archive AS SELECT 1 FROM big")
    assert world.instance.catalog.table("APP", "B") is None
    assert other.rows("other") == [(1,)]
    fill(archive)
    archive.commit()
    archive.ddl("CREATE TABLE small (id NUMBER) TABLESPACE users")
    assert other.session.in_transaction()
    other.rollback()
    assert archive.rows("other") == []
    assert (1, "open transaction") not in archive.rows("a")


def test_shrinking_below_the_data(world: World, archive: Client, fails: Fails) -> None:
    fill(archive)
    archive.commit()
    fails(3297, world.dba.ddl, "ALTER DATABASE DATAFILE 'archive01.dbf' RESIZE 64K")
    archive.ddl("TRUNCATE TABLE a")
    world.dba.ddl("ALTER DATABASE DATAFILE 'archive01.dbf' RESIZE 64K")
    _, count = fill(archive)
    assert count < 64


def test_autoextend(world: World, archive: Client) -> None:
    _, count = fill(archive)
    archive.rollback()
    world.dba.ddl("ALTER DATABASE DATAFILE 'archive01.dbf' AUTOEXTEND ON MAXSIZE 512K")
    _, more = fill(archive)
    assert more > count * 1.8


def test_quota(world: World, archive: Client, fails: Fails) -> None:
    world.dba.ddl("ALTER USER app QUOTA 100K ON archive")
    error, count = fill(archive)
    assert error.text == "ORA-01536: space quota exceeded for tablespace 'ARCHIVE'"
    assert 50 < count < 100
    world.dba.ddl("ALTER USER app QUOTA 0 ON archive")
    fails(1950, archive.insert, "a", 1, "x")
    world.dba.ddl("GRANT UNLIMITED TABLESPACE TO app")
    assert archive.insert("a", 1, "x") == 1


def test_limits_hold_after_reopening(world: World, archive: Client) -> None:
    _, count = fill(archive)
    archive.commit()
    world.reopen()
    client = world.connect()
    error, more = fill(client)
    assert error.code == 1653
    assert more < 10
    assert len(client.rows("a", '"ID"')) == count + more


def test_space_accounting(world: World, archive: Client) -> None:
    space = world.instance.space
    tablespace = world.instance.catalog.tablespace("ARCHIVE")
    assert isinstance(tablespace, Tablespace)
    empty = space.free_bytes(tablespace)
    fill(archive)
    archive.commit()
    used = space.segment_bytes(archive.table("a"))
    assert 200_000 < used < 256 * 1024
    assert space.free_bytes(tablespace) < empty - used + 16_384
    archive.ddl("DROP TABLE a")
    assert space.free_bytes(tablespace) >= empty


def test_tablespace_ddl_errors(world: World, archive: Client, fails: Fails) -> None:
    dba = world.dba
    fails(1543, dba.ddl, "CREATE TABLESPACE archive DATAFILE 'b.dbf' SIZE 1M")
    fails(1537, dba.ddl, "CREATE TABLESPACE b DATAFILE 'archive01.dbf' SIZE 1M")
    fails(959, dba.ddl, "ALTER TABLESPACE nothing ADD DATAFILE 'b.dbf' SIZE 1M")
    fails(959, archive.ddl, "CREATE TABLE b (id NUMBER) TABLESPACE nothing")
    fails(1031, archive.ddl, "CREATE TABLESPACE b DATAFILE 'b.dbf' SIZE 1M")
    fails(1516, dba.ddl, "ALTER DATABASE DATAFILE 'none.dbf' RESIZE 1M")
    archive.insert("a", 1, "x")
    archive.commit()
    fails(1549, dba.ddl, "DROP TABLESPACE archive")
    dba.ddl("DROP TABLESPACE archive INCLUDING CONTENTS AND DATAFILES")
    assert world.instance.catalog.table("APP", "A") is None
    dba.ddl("CREATE TABLESPACE archive DATAFILE 'archive01.dbf' SIZE 1M")
