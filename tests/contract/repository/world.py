"""A repository and instances in one database: a schema each, and a small package to roll out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from dtm.model.instance import ConnectSpec, Instance
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.oracle.connect import connect
from dtm.oracle.session import OracleSession
from dtm.reconcile.apply import ApplyReport, apply_plan
from dtm.reconcile.deps import ApplyOptions, Deps, Desired, PlanOptions, Who
from dtm.reconcile.make import Planned, make_plan
from dtm.reconcile.oracle_target import OracleTarget, repository_lock
from dtm.reconcile.target import Target
from dtm.repository.records import PackageVersion
from tests.conftest import Database, Schema

REPOSITORY_GRANTS = (
    "CREATE SESSION",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE SEQUENCE",
    "CREATE PROCEDURE",
    "EXECUTE ON SYS.DBMS_LOCK",
    "SELECT ON SYS.V_$DATABASE",
    "SELECT ON SYS.V_$INSTANCE",
    "SELECT ON SYS.GV_$SESSION",
    "SELECT ON SYS.GV_$LOCK",
)
CLIENT_GRANTS = (
    "CREATE SESSION",
    "CREATE TABLE",
    "CREATE PROCEDURE",
    "EXECUTE ON SYS.DBMS_LOCK",
    "SELECT ON SYS.V_$DATABASE",
    "SELECT ON SYS.V_$INSTANCE",
    "SELECT ON SYS.V_$SESSION",
    "SELECT ON SYS.GV_$SESSION",
    "SELECT ON SYS.GV_$LOCK",
)
DEADLINE_S = 20.0

TABLE = """CREATE TABLE TIDY_STATE (
  RUN_ID NUMBER NOT NULL,
  NOTE   VARCHAR2(100)
)
"""
SPEC = """CREATE OR REPLACE PACKAGE TIDY AS
  PROCEDURE SWEEP(p_handle IN VARCHAR2);
END TIDY;
/
"""
BODY = """-- What it does is of no interest here.
CREATE OR REPLACE PACKAGE BODY TIDY AS
  PROCEDURE SWEEP(p_handle IN VARCHAR2) IS
  BEGIN
    INSERT INTO TIDY_STATE (RUN_ID, NOTE) VALUES (TO_NUMBER(p_handle), 'one');
  END SWEEP;
END TIDY;
/
"""
WRONG_BODY = BODY.replace("TO_NUMBER(p_handle)", "P_NOBODY_KNOWS")
NEXT_BODY = BODY.replace("'one'", "'two'")


def resource(
    kind: Kind,
    name: str,
    spec: Mapping[str, Any],
    sources: Mapping[str, str] | None = None,
    **meta: Any,
) -> Resource:
    content = json.dumps([kind, name, spec, meta, sources], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Resource(ResourceId(kind, name), meta, spec, digest, sources or {})


@dataclass
class World:
    """`schemas`: client schemas by instance name; the first few letters are the environment."""

    database: Database
    repository: Schema
    schemas: dict[str, Schema]
    helper: tuple[PackageVersion, ...] = ()
    elsewhere: dict[str, ConnectSpec] = field(default_factory=dict)
    wrap: Callable[[Target], Target] = lambda target: target

    # --- the working tree

    def tree(
        self, *, body: str = BODY, spec: str = SPEC, table: str = TABLE, **environment: Any
    ) -> list[Resource]:
        """One environment, every schema an instance, one package, operation and assignment."""
        units = [
            {"file": "tidy.pks", "type": "PACKAGE", "name": "TIDY"},
            {"file": "tidy.pkb", "type": "PACKAGE BODY", "name": "TIDY"},
        ]
        tables = [{"file": "tidy_state.sql", "type": "TABLE", "name": "TIDY_STATE"}]
        sources = {"tidy.pks": spec, "tidy.pkb": body, "tidy_state.sql": table}
        cycle = {"initial": None, "iterator": None, "final": None}
        operation = {
            "package": "TIDY",
            "lifecycle": cycle,
            "tasks": [{"name": "sweep", "procedure": "SWEEP"}],
            "parameters": {"DAYS": {"type": "number", "default": 365}},
        }
        return [
            resource(Kind.ENVIRONMENT, "test", {"parameters": {"DAYS": 30}, **environment}),
            *(self.instance(name) for name in self.schemas),
            resource(Kind.PACKAGE, "TIDY", {"units": units, "tables": tables}, sources),
            resource(Kind.OPERATION, "tidy", operation, description="Sweeps", owner="dba"),
            resource(Kind.ASSIGNMENT, "tidy-test", {"operation": "tidy", "environment": "test"}),
        ]

    def instance(self, name: str, **meta: Any) -> Resource:
        spec = self.elsewhere.get(name) or self.schemas[name].spec
        connect_ = {"user": spec.user, "dsn": spec.dsn, "password": {"env": f"DTM_TEST_{name}"}}
        return resource(Kind.INSTANCE, name, {"environment": "test", "connect": connect_}, **meta)

    # --- what dtm is given

    def deps(self, **change: Any) -> Deps:
        made = Deps(
            repository=self.repository.connect,
            connect=self.connect,
            helper=self.helper,
            lock=repository_lock,
            tool_version="1.0",
            who=Who("tester", "here"),
        )
        return replace(made, **change)

    def connect(self, instance: Instance) -> Target:
        return self.wrap(OracleTarget(self.session(instance)))

    def session(self, instance: Instance) -> OracleSession:
        schema = next(s for s in self.schemas.values() if s.user == instance.connect.user)
        return connect(
            instance.connect, schema.password, deadline_s=DEADLINE_S, purpose="dtm test"
        )

    def plan(self, tree: list[Resource] | None = None, **deps: Any) -> Planned:
        desired = Desired(tuple(self.tree() if tree is None else tree), "c0ffee")
        return make_plan(desired, self.deps(**deps), PlanOptions(deadline_s=DEADLINE_S))

    def apply(
        self, tree: list[Resource] | None = None, options: ApplyOptions | None = None, **deps: Any
    ) -> ApplyReport:
        return apply_plan(self.plan(tree, **deps), self.deps(**deps), options)

    # --- looking, as somebody else would

    def query(self, sql: str, **binds: Any) -> list[tuple[Any, ...]]:
        return _query(self.repository, sql, binds)

    def on(self, name: str, sql: str, **binds: Any) -> list[tuple[Any, ...]]:
        return _query(self.schemas[name], sql, binds)

    def do(self, name: str, sql: str) -> None:
        session = (self.repository if name == "repository" else self.schemas[name]).connect()
        session.execute(sql)
        session.commit()
        session.close()

    def ddl_times(self) -> dict[str, list[tuple[Any, ...]]]:
        """LAST_DDL_TIME of everything, in the repository and on the instances."""
        sql = "SELECT object_type, object_name, last_ddl_time FROM user_objects ORDER BY 1, 2"
        found = {name: self.on(name, sql) for name in self.schemas}
        return found | {"repository": self.query(sql)}


BODY_TEXT = (
    "SELECT text FROM user_source WHERE type = 'PACKAGE BODY' AND name = 'TIDY' ORDER BY line"
)


def body_of(world: World, name: str = "east") -> str:
    """The package body that an instance holds."""
    return "".join(text for (text,) in world.on(name, BODY_TEXT))


def _query(schema: Schema, sql: str, binds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    session = schema.connect()
    try:
        return session.query(sql, binds)
    finally:
        session.close()


@contextmanager
def world(database: Database, *names: str, repository: Schema | None = None) -> Iterator[World]:
    """Client schemas by name and a repository schema (a new one by default); dropped at the end."""
    with ExitStack() as stack:
        if repository is None:
            repository = stack.enter_context(database.schema("DTMREPO", REPOSITORY_GRANTS))
        schemas = {
            name: stack.enter_context(database.schema("DTMCLI", CLIENT_GRANTS)) for name in names
        }
        yield World(database, repository, schemas)


def empty(repository: Schema) -> None:
    """Make a migrated repository as good as new: its tables without rows, children first."""
    session = repository.connect()
    tables = {name for (name,) in session.query("SELECT table_name FROM user_tables")}
    sql = (
        "SELECT c.table_name, p.table_name FROM user_constraints c"
        " JOIN user_constraints p ON p.constraint_name = c.r_constraint_name"
        " WHERE c.constraint_type = 'R'"
    )
    references = session.query(sql)
    tables.remove("DTM_SCHEMA_VERSION")
    while tables:
        free = tables - {parent for child, parent in references if child in tables - {parent}}
        for name in sorted(free):
            session.execute(f'DELETE FROM "{name}"')
        tables -= free
    session.commit()
    session.close()
