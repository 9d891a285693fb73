"""A repository and client schemas on the test database, and workspaces that point at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.workspace import Workspace
from tests.conftest import Database, Schema

REPOSITORY_GRANTS = (
    "CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE SEQUENCE, CREATE PROCEDURE",
    "EXECUTE ON SYS.DBMS_LOCK",
    "SELECT ON SYS.V_$SESSION",
    "SELECT ON SYS.GV_$SESSION",
    "SELECT ON SYS.GV_$LOCK",
    "SELECT ON SYS.V_$DATABASE",
    "SELECT ON SYS.V_$INSTANCE",
)
CLIENT_GRANTS = (
    "CREATE SESSION, CREATE TABLE, CREATE PROCEDURE",
    "EXECUTE ON SYS.DBMS_LOCK",
    "SELECT ON SYS.V_$DATABASE",
    "SELECT ON SYS.V_$INSTANCE",
    "SELECT ON SYS.V_$PQ_SESSTAT",
    "SELECT ON SYS.V_$SESSION",
    "SELECT ON SYS.GV_$SESSION",
    "SELECT ON SYS.GV_$LOCK",
)


@dataclass
class Site:
    """A workspace with its repository and one client schema per instance."""

    workspace: Workspace
    repository: Schema
    clients: dict[str, Schema]  # instance name -> schema

    def write_inventory(self, environment: str, spec: str = "{}") -> None:
        """Write dtm.yaml, the environment and its instances."""
        self.workspace.write(
            "dtm.yaml",
            f"""
            repository:
              user: {self.repository.user}
              dsn: "{self.repository.dsn}"
              password: {{env: REPO_PW}}
            """,
        )
        documents = [
            f"apiVersion: dtm/v1\nkind: Environment\nmetadata: {{name: {environment}}}\nspec: {spec}\n"
        ]
        documents += [
            f"apiVersion: dtm/v1\nkind: Instance\nmetadata: {{name: {name}}}\n"
            f"spec:\n  environment: {environment}\n  connect:\n    user: {schema.user}\n"
            f'    dsn: "{schema.dsn}"\n    password: {{env: PW_{name.upper()}}}\n'
            for name, schema in self.clients.items()
        ]
        self.workspace.write("inventory.yaml", "---\n".join(documents))


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    """A repository and two instances, `one` and `two`, each a schema of its own."""
    with ExitStack() as stack:
        repository = stack.enter_context(database.schema("REPO", REPOSITORY_GRANTS))
        clients = {
            name: stack.enter_context(database.schema("CLIENT", CLIENT_GRANTS))
            for name in ("one", "two")
        }
        passwords = {f"PW_{name.upper()}": schema.password for name, schema in clients.items()}
        root = tmp_path / "tree"
        root.mkdir()
        workspace = Workspace(root, {"REPO_PW": repository.password, **passwords})
        yield Site(workspace, repository, clients)


SPECIFICATION = """\
CREATE OR REPLACE PACKAGE pkg AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE one(p_handle IN VARCHAR2);
  PROCEDURE initial(p_handle IN VARCHAR2);
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
END pkg;
/
"""
BODY = """\
CREATE OR REPLACE PACKAGE BODY pkg AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
  BEGIN
    RAISE dtm.operation_complete;
  END iterator;
  PROCEDURE one(p_handle IN VARCHAR2) IS
  BEGIN
    NULL;
  END one;
  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    NULL;
  END initial;
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    NULL;
  END final;
END pkg;
/
"""
