"""A fleet of databases for `dtm run`: one sandbox process, a database per instance, some of them
reached over lines that a test can make sick."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from dtm.bootstrap import Wiring
from dtm.cli.setup.scripts import shipped
from dtm.model.instance import ConnectSpec
from dtm.oracle.connect import connect
from dtm.oracle.session import OracleSession
from dtm.runner.request import RunReport, RunRequest
from dtm.runner.run import run
from tests.acceptance.workspace import Workspace
from tests.faults.lines import Line
from tests.faults.world import QUICK
from tests.sandbox_process import SandboxProcess

REPOSITORY_PASSWORD = "Repo_4711"
CLIENT_PASSWORD = "Client_4711"

SPECIFICATION = """
CREATE OR REPLACE PACKAGE fleet AS
  PROCEDURE work(p_handle IN VARCHAR2);
  PROCEDURE rest(p_handle IN VARCHAR2);
END fleet;
/
"""
BODY = """
CREATE OR REPLACE PACKAGE BODY fleet AS
  PROCEDURE work(p_handle IN VARCHAR2) IS
    l_seconds NUMBER;
    l_sql     VARCHAR2(4000);
  BEGIN
    dtm.execute_immediate(p_handle, 'INSERT INTO fleet_ledger (task) VALUES (''work'')');
    FOR r IN (SELECT statement FROM fleet_knobs WHERE statement IS NOT NULL) LOOP
      dtm.execute_immediate(p_handle, r.statement);
    END LOOP;
    SELECT NVL(SUM(seconds), 0) INTO l_seconds FROM fleet_knobs;
    DBMS_SESSION.SLEEP(l_seconds);
  END work;
  PROCEDURE rest(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.execute_immediate(p_handle, 'INSERT INTO fleet_ledger (task) VALUES (''rest'')');
  END rest;
END fleet;
/
"""
TREE = """
apiVersion: dtm/v1
kind: Environment
metadata: {name: prod}
spec:
  instanceDefaults:
    connect: {user: DTM, password: {env: "PW_{{ instance.name | env_name }}"}}
---
apiVersion: dtm/v1
kind: Package
metadata: {name: FLEET}
spec: {sources: [fleet.pks, fleet.pkb], tables: [fleet_knobs.sql, fleet_ledger.sql]}
---
apiVersion: dtm/v1
kind: Operation
metadata: {name: fleet}
spec:
  package: FLEET
  lifecycle: {initial: null, iterator: null, final: null}
  tasks:
    - {name: work, procedure: WORK}
    - {name: rest, procedure: REST}
---
apiVersion: dtm/v1
kind: Assignment
metadata: {name: fleet-prod}
spec: {operation: fleet, environment: prod, concurrency: {instances: 200}}
"""
INSTANCE = """
apiVersion: dtm/v1
kind: Instance
metadata: {{name: {name}}}
spec: {{environment: prod, connect: {{dsn: "{dsn}"}}}}
"""


@dataclass
class Fleet:
    """`lines`: of the instances that are reached over one. `home`: the sandbox of each."""

    workspace: Workspace
    home: dict[str, SandboxProcess]
    lines: dict[str, Line] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return list(self.home)

    def client(
        self, name: str, user: str = "DTM", password: str = CLIENT_PASSWORD
    ) -> OracleSession:
        """A session on an instance, past its line."""
        spec = ConnectSpec(user=user, dsn=self.home[name].dsn(service(name)))
        return connect(spec, password, deadline_s=20, purpose="dtm test")

    def repository(self) -> OracleSession:
        """A session of the repository's owner."""
        dsn = next(iter(self.home.values())).dsn("REPO")
        spec = ConnectSpec(user="DTM_REPO", dsn=dsn)
        return connect(spec, REPOSITORY_PASSWORD, deadline_s=20, purpose="dtm test")

    def execute(self, names: Iterable[str], sql: str) -> None:
        """Run a statement on instances and commit."""
        for name in names:
            session = self.client(name)
            session.execute(sql)
            session.commit()
            session.close()

    def run(self, **request: Any) -> RunReport:
        """Run in this process, impatiently: a connection has seconds, more where many share a
        sandbox."""
        deadline_s = 2.0 + len(self.home) / 8
        with mock.patch.dict(os.environ, self.workspace.environment):
            deps = Wiring(self.workspace.root, deadline_s=deadline_s).runner_deps()
            return run(RunRequest("fleet", "prod", **request), replace(deps, tuning=QUICK))

    def ended(self) -> dict[str, datetime]:
        """When each stream of the newest run ended."""
        session = self.repository()
        rows = session.query(
            "SELECT instance_name, ended_at FROM dtm_run_streams WHERE run_id ="
            " (SELECT MAX(run_id) FROM dtm_runs) AND ended_at IS NOT NULL"
        )
        session.close()
        return dict(rows)

    def ledger(self, name: str) -> list[str]:
        """What the tasks committed on an instance."""
        session = self.client(name)
        rows = session.query("SELECT task FROM fleet_ledger")
        session.close()
        return sorted(row[0] for row in rows)

    def password(self, name: str, value: str | None) -> None:
        """What the runner takes for the password of an instance; None: the right one."""
        variable = f"PW_{name.upper().replace('-', '_')}"
        self.workspace.environment[variable] = CLIENT_PASSWORD if value is None else value


def service(name: str) -> str:
    """The database of an instance: `db-007` and `swap-a` have services DB_007 and SWAP."""
    return "SWAP" if name.startswith("swap") else name.upper().replace("-", "_")


@contextmanager
def make_fleet(root: Path, size: int, lines: int = 0) -> Iterator[Fleet]:
    """`size` instances `db-001` ..., the first `lines` of them over lines; applied.

    With lines there are two more, `swap-a` and `swap-b`, each in a sandbox process of its own
    under the same service name: swapping the targets of their lines swaps the databases.
    """
    names = [f"db-{number:03}" for number in range(1, size + 1)]
    with ExitStack() as stack:
        main = SandboxProcess(root / "sandbox", ["REPO", *map(service, names)])
        home = dict.fromkeys(names, stack.enter_context(main))
        if lines:
            for name in ("swap-a", "swap-b"):
                apart = SandboxProcess(root / name, ["SWAP"])
                home[name] = stack.enter_context(apart)
        fleet = Fleet(Workspace(root / "tree"), home)
        for name in [*names[:lines], *list(home)[size:]]:
            line = Line(("127.0.0.1", home[name].port or 0))
            fleet.lines[name] = stack.enter_context(line)
        _owner(main, "REPO", "repository-owner", "DTM_REPO", REPOSITORY_PASSWORD)
        for name, process in home.items():
            _owner(process, service(name), "client-owner", "DTM", CLIENT_PASSWORD)
            fleet.password(name, None)
        _write(fleet, main)
        fleet.workspace.dtm("apply", "--yes")
        yield fleet


def _owner(process: SandboxProcess, name: str, script: str, user: str, password: str) -> None:
    spec = ConnectSpec(user="SYSTEM", dsn=process.dsn(name))
    session = connect(spec, process.password, deadline_s=20, purpose="dtm test DBA")
    for statement in shipped(script, {"user": user, "password": password}):
        session.execute(statement.text)
    session.close()


def _write(fleet: Fleet, main: SandboxProcess) -> None:
    work = fleet.workspace
    work.root.mkdir(parents=True, exist_ok=True)
    work.environment["REPO_PW"] = REPOSITORY_PASSWORD
    work.write(
        "dtm.yaml",
        textwrap.dedent(
            f"""
            repository:
              user: DTM_REPO
              dsn: "{main.dsn("REPO")}"
              password: {{env: REPO_PW}}
            """
        ),
    )
    documents = [TREE]
    for name, process in fleet.home.items():
        port = fleet.lines[name].port if name in fleet.lines else process.port
        documents.append(INSTANCE.format(name=name, dsn=f"127.0.0.1:{port}/{service(name)}"))
    work.write("fleet.yaml", "---".join(documents))
    work.write("fleet.pks", SPECIFICATION)
    work.write("fleet.pkb", BODY)
    work.write(
        "fleet_knobs.sql", "CREATE TABLE fleet_knobs (seconds NUMBER, statement VARCHAR2(4000))\n"
    )
    work.write("fleet_ledger.sql", "CREATE TABLE fleet_ledger (task VARCHAR2(30))\n")
