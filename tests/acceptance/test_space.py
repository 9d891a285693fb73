"""A full tablespace stops a stream; too small a repair fails again; a real one lets it finish."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Site
from tests.acceptance.scratch import Scratch
from tests.conftest import Database

ROWS = 400


@pytest.fixture
def archive(sandbox: Database, site: Site) -> Iterator[str]:
    """A small tablespace in which both client schemas have a quota."""
    name = f"SMALL_{site.repository.user.rpartition('_')[2]}"
    admin = sandbox.admin()
    admin.execute(f"CREATE TABLESPACE {name} DATAFILE '{name.lower()}.dbf' SIZE 64K")
    for schema in site.clients.values():
        admin.execute(f"ALTER USER {schema.user} QUOTA UNLIMITED ON {name}")
    yield name
    for schema in site.clients.values():
        _drop_tables(admin, schema.user)
    admin.execute(f"DROP TABLESPACE {name} INCLUDING CONTENTS AND DATAFILES")
    admin.close()


def _drop_tables(admin, user: str) -> None:
    rows = admin.query("SELECT table_name FROM dba_tables WHERE owner = :u", {"u": user})
    for (table,) in rows:
        admin.execute(f"DROP TABLE {user}.{table} PURGE")


def test_enlarging_by_too_little_fails_again(sandbox: Database, site: Site, archive: str) -> None:
    scratch = Scratch.invent()
    work = site.workspace
    for schema in site.clients.values():
        session = schema.connect()
        session.execute(
            f"CREATE TABLE {scratch.source} (id NUMBER PRIMARY KEY, txt VARCHAR2(900))"
        )
        session.execute(
            f"INSERT INTO {scratch.source} SELECT LEVEL, RPAD('x', 800, 'x') FROM dual"
            f" CONNECT BY LEVEL <= {ROWS}"
        )
        session.execute(
            f"CREATE TABLE {scratch.target} (id NUMBER PRIMARY KEY, txt VARCHAR2(900))"
            f" TABLESPACE {archive}"
        )
        session.commit()
        session.close()
    site.write_inventory(scratch.environment)
    scratch.write_operation(work)
    work.dtm("apply", "--yes")
    run = ("run", scratch.operation, "--env", scratch.environment, "--param", "STEP=100")

    assert "ORA-01653" in work.dtm(*run, expect=3).out
    _resize(sandbox, archive, "128K")
    again = work.dtm(*run, expect=3)
    assert "ORA-01653" in again.out
    _resize(sandbox, archive, "8M")
    work.dtm(*run)
    for schema in site.clients.values():
        session = schema.connect()
        assert session.query(f"SELECT COUNT(*) FROM {scratch.target}") == [(ROWS,)]
        assert session.query(f"SELECT COUNT(*) FROM {scratch.source}") == [(0,)]
        session.close()


def _resize(sandbox: Database, tablespace: str, size: str) -> None:
    admin = sandbox.admin()
    admin.execute(f"ALTER DATABASE DATAFILE '{tablespace.lower()}.dbf' RESIZE {size}")
    admin.close()
