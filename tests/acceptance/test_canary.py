"""A canary in every password - quotes, @, /, %, letters beyond ASCII - is searched in everything that
every command prints, writes and stores, also base64, URL-encoded, escaped and in hexadecimal."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from dtm.oracle.session import OracleSession
from tests.acceptance.conftest import Site
from tests.acceptance.scratch import Scratch
from tests.conftest import Schema

CANARY = "Cän@ry/4b1d%'x y&z"
WRONG = 'Wr"ong/Cän@ry%7c2e'


def forms(secret: str) -> set[str]:
    """How a secret may be written down."""
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), raw.hex()}
    found |= {json.dumps(secret)[1:-1], repr(secret)[1:-1], secret.replace("'", "''")}
    found |= {secret.replace('"', '\\"'), secret.replace("%", "%%"), raw.decode("latin-1")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found.add(encode(raw).decode().rstrip("="))
    return found | {raw.hex().upper()}


def change_password(schema: Schema, password: str) -> None:
    admin = schema.admin()
    admin.execute(f'ALTER USER {schema.user} IDENTIFIED BY "{password}"')
    admin.close()
    schema.password = password


def stored(session: OracleSession) -> list[str]:
    """Every text in every table of a schema, and its sources."""
    columns = session.query(
        "SELECT c.table_name, c.column_name FROM user_tab_columns c JOIN user_tables t"
        " ON t.table_name = c.table_name WHERE c.data_type IN ('VARCHAR2', 'CLOB', 'CHAR')"
    )
    texts = [
        str(row[0])
        for table, column in columns
        for row in session.query(f'SELECT "{column}" FROM "{table}"')
    ]
    return texts + [str(row[0]) for row in session.query("SELECT text FROM user_source")]


def files(root: Path) -> list[str]:
    """What lies below the tree, names included."""
    paths = [path for path in root.rglob("*") if path.is_file()]
    return [f"{path}\n{path.read_bytes().decode(errors='replace')}" for path in paths]


@pytest.mark.slow
def test_no_password_in_anything_dtm_prints_writes_or_stores(site: Site) -> None:
    scratch = Scratch.invent()
    site.write_inventory(scratch.environment)
    scratch.write_operation(site.workspace)
    work = site.workspace
    for schema in (site.repository, *site.clients.values()):
        change_password(schema, CANARY)
    for schema in site.clients.values():
        session = schema.connect()
        session.execute(f"CREATE TABLE {scratch.source} (id NUMBER PRIMARY KEY, txt VARCHAR2(40))")
        session.execute(f"CREATE TABLE {scratch.target} (id NUMBER PRIMARY KEY, txt VARCHAR2(40))")
        session.execute(f"INSERT INTO {scratch.source} VALUES (1, 'one')")
        session.commit()
        session.close()
    right = dict.fromkeys(work.environment, CANARY)
    work.environment.update(right)
    run = ("run", scratch.operation, "--env", scratch.environment)
    said = [work.dtm("validate").text]
    work.environment["PW_TWO"] = WRONG
    said += [work.dtm("plan", "-o", str(work.root / "saved.json"), expect=None).text]
    work.environment.update(right)
    said += [work.dtm("apply", "--yes").text]
    work.environment["PW_TWO"] = WRONG
    refused = work.start(*run)
    argv = Path(f"/proc/{refused.pid}/cmdline").read_bytes().decode()
    done = work.finish(refused, 1)
    assert "ORA-01017" in done.text
    said += [argv, done.text]
    said += [work.dtm(*run, "--output", "json", expect=1).text]
    work.environment["REPO_PW"] = WRONG
    for refusing in (("status",), ("plan",), run, ("halt", "latest")):
        failed = work.dtm(*refusing, expect=1)
        assert "ORA-01017" in failed.text
        said.append(failed.text)
    work.environment.update(right)
    looks: tuple[tuple[str, ...], ...] = (
        ("status", "latest"), ("logs", "latest", "--sql"), ("errors",), ("errors", "-o", "json"),
        ("history", scratch.operation), ("status", "latest", "--output", "json"), run,
        ("params", scratch.operation, "--env", scratch.environment), ("logs", "--output", "json"),
    )  # fmt: skip
    for command in looks:
        said.append(work.dtm(*command, expect=None).text)
    said += files(work.root)
    for schema in (site.repository, *site.clients.values()):
        session = schema.connect()
        said += stored(session)
        session.close()
    assert len(said) > 300
    for secret in (CANARY, WRONG):
        for form in forms(secret):
            assert [text[:200] for text in said if form in text] == [], form
