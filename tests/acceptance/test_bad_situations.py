"""Bad situations: a clear message, the exit code of docs/exit-codes.md, nothing changed."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import BODY, SPECIFICATION, Site
from tests.acceptance.scratch import Scratch
from tests.acceptance.workspace import sentence


@pytest.fixture
def scratch(site: Site) -> Scratch:
    """A valid tree that was never applied; the tables its package needs are there."""
    made = Scratch.invent()
    site.write_inventory(made.environment)
    made.write_operation(site.workspace)
    for schema in site.clients.values():
        session = schema.connect()
        for table in (made.source, made.target):
            session.execute(f"CREATE TABLE {table} (id NUMBER PRIMARY KEY, txt VARCHAR2(40))")
        session.execute(f"INSERT INTO {made.source} VALUES (1, 'one')")
        session.commit()
        session.close()
    return made


def test_missing_secret_variable_names_the_variable(site: Site, scratch: Scratch) -> None:
    del site.workspace.environment["REPO_PW"]
    done = site.workspace.dtm("plan", expect=1)
    assert "REPO_PW" in done.err


def test_wrong_repository_password(site: Site, scratch: Scratch) -> None:
    site.workspace.environment["REPO_PW"] = "Wrong_123456"
    done = site.workspace.dtm("plan", expect=1)
    assert "ORA-01017" in done.err
    assert "Wrong_123456" not in done.text


def test_unknown_repository_service(site: Site, scratch: Scratch) -> None:
    settings = site.workspace.root / "dtm.yaml"
    text = settings.read_text(encoding="utf-8")
    dsn = site.repository.dsn
    settings.write_text(text.replace(dsn, dsn.rpartition("/")[0] + "/NOSUCH"), encoding="utf-8")
    done = site.workspace.dtm("plan", expect=1)
    assert "NOSUCH" in done.err
    assert "12514" in done.err


def test_running_what_was_never_applied(site: Site, scratch: Scratch) -> None:
    run = ("run", scratch.operation, "--env", scratch.environment)
    assert "dtm apply" in site.workspace.dtm(*run, expect=1).err  # no repository yet
    site.workspace.dtm("init")
    assert "dtm apply" in site.workspace.dtm(*run, expect=1).err  # an empty one


def test_unknown_operation_and_environment(site: Site, scratch: Scratch) -> None:
    work = site.workspace
    work.dtm("apply", "--yes")
    wrong = work.dtm("run", scratch.operation + "x", "--env", scratch.environment, expect=1)
    assert f'did you mean "{scratch.operation}"' in sentence(wrong.err)
    wrong = work.dtm("run", scratch.operation, "--env", scratch.environment + "x", expect=1)
    assert f'did you mean "{scratch.environment}"' in sentence(wrong.err)
    wrong = work.dtm(
        "run", scratch.operation, "--env", scratch.environment, "--param", "STEPP=1", expect=1
    )
    assert 'did you mean "STEP"' in sentence(wrong.err)
    wrong = work.dtm(
        "run", scratch.operation, "--env", scratch.environment, "--param", "STEP=0", expect=1
    )
    assert "STEP" in wrong.err
    assert work.json("status")["runs"] == []


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A listener that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listener:
        yield listener.getsockname()[1]


def test_unreachable_instance_is_reported_and_the_others_proceed(
    site: Site, scratch: Scratch, silent_port: int
) -> None:
    work = site.workspace
    work.dtm("apply", "--yes")
    inventory = work.root / "inventory.yaml"
    text = inventory.read_text(encoding="utf-8")
    before, _, rest = text.rpartition(site.clients["two"].dsn)
    inventory.write_text(f"{before}127.0.0.1:{silent_port}/X{rest}", encoding="utf-8")
    told = work.dtm("plan", "--deadline", "2", expect=2)
    assert "two" in told.out
    work.dtm("apply", "--yes", "--deadline", "2", expect=6)
    words = ("run", scratch.operation, "--env", scratch.environment, "--connect-timeout", "2")
    done = work.dtm(*words, expect=6)
    assert "two" in done.text
    session = site.clients["one"].connect()
    assert session.query(f"SELECT COUNT(*) FROM {scratch.target}") == [(1,)]
    session.close()


def test_compile_error_shows_file_and_line_and_changes_nothing(
    site: Site, scratch: Scratch
) -> None:
    work = site.workspace
    work.dtm("apply", "--yes")
    body = work.root / "op" / f"{scratch.package}.pkb"
    good = body.read_text(encoding="utf-8")
    body.write_text(good.replace("SELECT MIN(id)", "SELECT MIN(idd)"), encoding="utf-8")
    failed = work.dtm("apply", "--yes", expect=3)
    line = next(n for n, each in enumerate(body.read_text().splitlines(), 1) if "idd" in each)
    place = re.escape(f"op/{scratch.package}.pkb:{line}:")  # from the tree's root
    assert re.search(
        rf"(?<!\S){place}\d+: (PL/SQL: )?(ORA|PLS)-\d+: .*IDD", failed.text, re.IGNORECASE
    )
    body.write_text(good, encoding="utf-8")
    work.dtm("apply", "--yes")
    work.dtm("run", scratch.operation, "--env", scratch.environment)


def test_wrong_signature_never_reaches_a_database(site: Site, scratch: Scratch) -> None:
    work = site.workspace
    spec = work.root / "op" / f"{scratch.package}.pks"
    text = spec.read_text(encoding="utf-8")
    wrong = text.replace("copy_rows(p_handle IN VARCHAR2)", "copy_rows(p_rows IN NUMBER)")
    spec.write_text(wrong, encoding="utf-8")
    done = work.dtm("apply", "--yes", expect=1)
    assert f"{scratch.package}.pks:" in done.text
    session = site.repository.connect()
    assert session.query("SELECT COUNT(*) FROM user_tables") == [(0,)]
    session.close()


def test_a_protected_environment_wants_its_name(site: Site) -> None:
    work = site.workspace
    site.write_inventory("guarded", "{protected: true}")
    work.write("pkg.pks", SPECIFICATION)
    work.write("pkg.pkb", BODY)
    work.write(
        "op.yaml",
        """
        apiVersion: dtm/v1
        kind: Package
        metadata: {name: PKG}
        spec: {sources: [pkg.pks, pkg.pkb]}
        ---
        apiVersion: dtm/v1
        kind: Operation
        metadata: {name: op}
        spec: {package: PKG, tasks: [{name: one, procedure: ONE}]}
        ---
        apiVersion: dtm/v1
        kind: Assignment
        metadata: {name: there}
        spec: {operation: op, environment: guarded}
        """,
    )
    work.dtm("apply", "--yes", "--confirm", "guarded")
    refused = work.dtm("run", "op", "--env", "guarded", expect=1)
    assert "--confirm guarded" in refused.err
    work.dtm("run", "op", "--env", "guarded", "--confirm", "guarded")
