"""A fresh client schema with the helper, and operations with names that occur nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from dtm.model.names import quote
from dtm.model.package import SourceUnit
from dtm.model.states import Phase
from dtm.oracle.calls import (
    CallKind,
    CallOutcome,
    FrozenParameter,
    MarkerKey,
    StreamStart,
    TaskCall,
    begin_stream,
    run_task,
)
from dtm.oracle.helper import HelperPackage, helper_packages
from dtm.oracle.install import install_unit
from dtm.oracle.session import OracleSession
from dtm.oracle.sources import sent
from dtm.oracle.tables import ensure_table
from tests.conftest import Database, Schema

CLIENT_GRANTS = (
    "CREATE SESSION",
    "CREATE TABLE",
    "CREATE PROCEDURE",
    "EXECUTE ON SYS.DBMS_LOCK",
    "SELECT ON SYS.V_$SESSION",
    "SELECT ON SYS.V_$INSTANCE",
    "SELECT ON SYS.V_$DATABASE",
    "SELECT ON SYS.GV_$SESSION",
    "SELECT ON SYS.GV_$LOCK",
)
HELPER_TABLES = tuple(table.name for table in helper_packages()[0].tables)
HANDLE = "1900000000000000001"


def unit(text: str, file: str = "unit.sql") -> SourceUnit:
    statement = sent(text, file)
    return SourceUnit(statement.type, statement.name, file, text)


def install_package(session: OracleSession, package: HelperPackage) -> None:
    for table in package.tables:
        ensure_table(session, table)
    for source in package.units:
        installed = install_unit(session, source)
        assert installed.ok, [str(error) for error in installed.errors]


@dataclass
class Client:
    """A schema with the helper installed; `session()` opens one more session in it."""

    schema: Schema
    main: OracleSession
    open: Callable[[], OracleSession]

    def install(self, *texts: str) -> None:
        """Install units for a test; they must compile."""
        for text in texts:
            installed = install_unit(self.main, unit(text))
            assert installed.ok, [str(error) for error in installed.errors]

    def begin(
        self, handle: str = HANDLE, *parameters: FrozenParameter, test_mode: bool = False
    ) -> None:
        start = StreamStart(handle, "run-1", "turn-mill", "GRAIN", "SACKS", test_mode)
        begin_stream(self.main, start, parameters)

    def ledger(self) -> list[str]:
        return [row[0] for row in self.main.query("SELECT what FROM ledger ORDER BY what")]


def call(
    procedure: str,
    *args: str | None,
    kind: CallKind = CallKind.ATOMIC,
    phase: Phase = Phase.TASK,
    handle: str = HANDLE,
    iteration: int = 1,
    start_no: int = 0,
    package: str = "MILL",
) -> TaskCall:
    key = MarkerKey(handle, iteration, phase, procedure.lower(), start_no)
    return TaskCall(key, kind, package, procedure, "attempt-1", args)


def run(client: Client, procedure: str, *args: str | None, **options: object) -> CallOutcome:
    return run_task(client.main, call(procedure, *args, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def schema(database: Database) -> Iterator[Schema]:
    """A client schema with the helper, shared by all tests of the session."""
    with database.schema("MILLER", CLIENT_GRANTS) as created:
        session = created.connect()
        for package in helper_packages():
            install_package(session, package)
        session.close()
        yield created


@pytest.fixture
def client(schema: Schema) -> Iterator[Client]:
    """The schema with a table LEDGER; whatever a test leaves there is removed again."""
    with ExitStack() as stack:

        def open_session() -> OracleSession:
            session = schema.connect()
            stack.callback(session.close)
            return session

        main = open_session()
        main.execute("CREATE TABLE ledger (what VARCHAR2(100) NOT NULL)")
        yield Client(schema, main, open_session)
    _clean(schema)


def _clean(schema: Schema) -> None:
    """Leave the helper alone in the schema, its tables empty."""
    session = schema.connect()
    for kind, name in session.query(
        "SELECT object_type, object_name FROM user_objects"
        " WHERE object_type IN ('TABLE', 'PACKAGE', 'PROCEDURE', 'FUNCTION')"
    ):
        if name in HELPER_TABLES:
            session.execute(f"DELETE FROM {name}")
        elif name not in ("DTM", "DOM"):
            session.execute(f"DROP {kind} {quote(name)}")
    session.commit()
    session.close()


MILL = """CREATE OR REPLACE PACKAGE mill AUTHID DEFINER AS
  PROCEDURE grind(p_handle IN VARCHAR2);
  PROCEDURE commits(p_handle IN VARCHAR2);
  PROCEDURE commits_and_goes_on(p_handle IN VARCHAR2);
  PROCEDURE commits_and_fails(p_handle IN VARCHAR2);
  PROCEDURE rolls_back(p_handle IN VARCHAR2);
  PROCEDURE to_savepoint(p_handle IN VARCHAR2);
  PROCEDURE does_ddl(p_handle IN VARCHAR2);
  PROCEDURE tampers(p_handle IN VARCHAR2);
  PROCEDURE fails(p_handle IN VARCHAR2);
  PROCEDURE says_complete(p_handle IN VARCHAR2);
  PROCEDURE next_sack(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE logs(p_handle IN VARCHAR2);
  PROCEDURE logs_and_fails(p_handle IN VARCHAR2);
  PROCEDURE waits_for_row(p_handle IN VARCHAR2);
  FUNCTION is_done(p_handle IN VARCHAR2) RETURN VARCHAR2;
  FUNCTION shrugs(p_handle IN VARCHAR2) RETURN VARCHAR2;
END mill;
/
"""
MILL_BODY = """CREATE OR REPLACE PACKAGE BODY mill AS
  PROCEDURE note(p_what IN VARCHAR2) IS
  BEGIN
    INSERT INTO ledger (what) VALUES (p_what);
  END note;

  PROCEDURE grind(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle);
    note('ground');
  END grind;

  PROCEDURE commits(p_handle IN VARCHAR2) IS
  BEGIN
    note('before commit');
    COMMIT;
  END commits;

  PROCEDURE commits_and_goes_on(p_handle IN VARCHAR2) IS
  BEGIN
    note('before commit');
    COMMIT;
    note('after commit');
  END commits_and_goes_on;

  PROCEDURE commits_and_fails(p_handle IN VARCHAR2) IS
  BEGIN
    note('before commit');
    COMMIT;
    note('after commit');
    RAISE_APPLICATION_ERROR(-20777, 'the stone broke');
  END commits_and_fails;

  PROCEDURE rolls_back(p_handle IN VARCHAR2) IS
  BEGIN
    note('undone');
    ROLLBACK;
    note('after rollback');
  END rolls_back;

  PROCEDURE to_savepoint(p_handle IN VARCHAR2) IS
  BEGIN
    note('kept');
    SAVEPOINT here;
    note('undone');
    ROLLBACK TO SAVEPOINT here;
  END to_savepoint;

  PROCEDURE does_ddl(p_handle IN VARCHAR2) IS
  BEGIN
    EXECUTE IMMEDIATE 'CREATE TABLE husks (n NUMBER)';
  END does_ddl;

  PROCEDURE tampers(p_handle IN VARCHAR2) IS
  BEGIN
    note('undone');
    DELETE FROM dtm_markers;
  END tampers;

  PROCEDURE fails(p_handle IN VARCHAR2) IS
  BEGIN
    note('undone');
    RAISE_APPLICATION_ERROR(-20777, 'the stone broke');
  END fails;

  PROCEDURE says_complete(p_handle IN VARCHAR2) IS
  BEGIN
    RAISE dtm.operation_complete;
  END says_complete;

  PROCEDURE next_sack(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_count PLS_INTEGER;
  BEGIN
    SELECT COUNT(*) INTO l_count FROM ledger;
    IF l_count >= 2 THEN
      note('undone');
      dtm.raise_complete('no sacks left');
    END IF;
    note(p_owner || '.' || p_table_name || ' ' || l_count);
  END next_sack;

  PROCEDURE logs(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.execute_immediate(p_handle, 'INSERT INTO ledger (what) SELECT ''logged'' FROM dual');
    dtm.execute_immediate(p_handle, 'BEGIN NULL; END;');
    dtm.execute_immediate(
      p_handle, 'UPDATE ledger SET what = what', 'ALTER SESSION SET NLS_SORT = ''BINARY''');
  END logs;

  PROCEDURE logs_and_fails(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.execute_immediate(p_handle, 'INSERT INTO ledger (what) VALUES (''undone'')');
    dtm.execute_immediate(p_handle, 'INSERT INTO ledger (what) VALUES (NULL)');
  END logs_and_fails;

  PROCEDURE waits_for_row(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.execute_immediate(p_handle, 'UPDATE ledger SET what = ''waited'' WHERE what = ''locked''');
  END waits_for_row;

  FUNCTION is_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
    l_count PLS_INTEGER;
  BEGIN
    SELECT COUNT(*) INTO l_count FROM ledger;
    RETURN CASE WHEN l_count > 0 THEN 'Y' ELSE 'N' END;
  END is_done;

  FUNCTION shrugs(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN NULL;
  END shrugs;
END mill;
/
"""


@pytest.fixture
def mill(client: Client) -> Client:
    """A client with the package MILL and a stream begun under HANDLE."""
    client.install(MILL, MILL_BODY)
    client.begin()
    return client
