"""A database for the tests: one sandbox process per test session, or a real Oracle.

With DTM_TEST_DSN the same tests run against that database, as DTM_TEST_USER (default SYSTEM, a
DBA) with DTM_TEST_PASSWORD; every schema they make is dropped again.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from dtm.model.instance import ConnectSpec
from dtm.oracle.connect import connect
from dtm.oracle.errors import OracleError
from dtm.oracle.session import OracleSession
from tests.sandbox_process import SandboxProcess

CONNECT_DEADLINE_S = 20.0
_numbers = itertools.count(1)


@dataclass
class Schema:
    """A database user of a test. `connect` opens a session as it, `admin` one as a DBA."""

    database: Database
    user: str
    password: str

    @property
    def dsn(self) -> str:
        return self.database.dsn

    @property
    def spec(self) -> ConnectSpec:
        return ConnectSpec(user=self.user, dsn=self.dsn)

    def elsewhere(self, service: str) -> ConnectSpec:
        """A spec for another service of the same listener."""
        return ConnectSpec(user=self.user, dsn=f"{self.dsn.rpartition('/')[0]}/{service}")

    def connect(self) -> OracleSession:
        return connect(self.spec, self.password, deadline_s=CONNECT_DEADLINE_S, purpose="dtm test")

    def admin(self) -> OracleSession:
        return self.database.admin()

    def kill(self, sid: int | None) -> None:
        """Kill a session of this database, as a DBA would."""
        admin = self.admin()
        ((serial,),) = admin.query("SELECT serial# FROM v$session WHERE sid = :sid", {"sid": sid})
        admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
        admin.close()


@dataclass
class Database:
    """A database with a DBA's logon. `sandbox`: the process, None for a real Oracle."""

    dsn: str
    user: str
    password: str = field(repr=False)
    sandbox: SandboxProcess | None = None

    def admin(self) -> OracleSession:
        spec = ConnectSpec(user=self.user, dsn=self.dsn)
        return connect(spec, self.password, deadline_s=CONNECT_DEADLINE_S, purpose="dtm test DBA")

    @contextmanager
    def schema(self, name: str, grants: Sequence[str]) -> Iterator[Schema]:
        """A new user NAME_<n> with grants ("CREATE TABLE", "SELECT ON SYS.V_$SESSION")."""
        user = f"{name}_{os.getpid()}_{next(_numbers)}"
        created = Schema(self, user, f"Pw_{secrets.token_hex(8)}")
        admin = self.admin()
        admin.execute(
            f'CREATE USER {user} IDENTIFIED BY "{created.password}"'
            " DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS"
        )
        try:
            for grant in grants:
                admin.execute(f"GRANT {grant} TO {user}")
            admin.close()
            yield created
        finally:
            self._drop(user)

    def _drop(self, user: str) -> None:
        """Drop a user, ending what a failed test left connected."""
        admin = self.admin()  # a new one: the test may have killed the server meanwhile
        rows = admin.query("SELECT sid, serial# FROM v$session WHERE username = :u", {"u": user})
        for sid, serial in rows:
            try:
                admin.execute(f"ALTER SYSTEM KILL SESSION '{sid},{serial}' IMMEDIATE")
            except OracleError as error:
                if error.code not in ("ORA-00030", "ORA-00031"):  # gone by itself, or about to be
                    raise
        admin.execute(f"DROP USER {user} CASCADE")
        admin.close()


ORACLE_DSN = os.environ.get("DTM_TEST_DSN")
# Without a DSN every test that could run on a real Oracle is listed as skipped there, and counted.
_NO_ORACLE = pytest.mark.skip(reason="not run on a real Oracle: DTM_TEST_DSN is not set")
_PLACES = ["oracle"] if ORACLE_DSN else ["sandbox", pytest.param("oracle", marks=_NO_ORACLE)]


@pytest.fixture(scope="session", params=_PLACES)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The database of this test session."""
    if request.param == "oracle" and ORACLE_DSN:
        password = os.environ.get("DTM_TEST_PASSWORD", "")
        yield Database(ORACLE_DSN, os.environ.get("DTM_TEST_USER", "SYSTEM"), password)
        return
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        yield Database(process.dsn(), "SYSTEM", process.password, process)


@pytest.fixture
def sandbox(database: Database) -> Database:
    """The same, for tests that need the sandbox's own faults."""
    if database.sandbox is None:
        pytest.skip("needs the sandbox, DTM_TEST_DSN is set")
    return database
