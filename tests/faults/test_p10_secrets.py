"""P10: no secret in repository, spool, log, report, argv or traceback."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from dtm.errors import ExitCode
from tests.conftest import Database
from tests.faults.process import wait_until
from tests.faults.world import FaultWorld, fault_world


@pytest.fixture
def apart(database: Database, own: Database, tmp_path: Path) -> Iterator[FaultWorld]:
    with fault_world(database, tmp_path / "state", central=own) as made:
        yield made


def forms(secret: str) -> list[str]:
    """The secret as it stands, base64 and URL-encoded."""
    return [secret, base64.b64encode(secret.encode()).decode().rstrip("="), quote(secret, safe="")]


def everything_in_the_repository(ref: FaultWorld) -> str:
    texts = []
    columns = ref.query(
        "SELECT table_name, column_name FROM user_tab_columns"
        " WHERE data_type IN ('VARCHAR2', 'CLOB') ORDER BY table_name, column_name"
    )
    tables = {row[0] for row in ref.query("SELECT table_name FROM user_tables")}
    for table, column in columns:
        if table in tables:
            texts += [str(row[0]) for row in ref.query(f"SELECT {column} FROM {table}")]
    assert len(texts) > 100
    return "\n".join(texts)


def test_no_secret_anywhere(apart: FaultWorld, own: Database) -> None:
    """A failing run, a refused logon and an outage with a spool; then everything is searched."""
    assert own.sandbox is not None
    secrets = [schema.password for schema in [apart.repository, *apart.schemas.values()]]
    apart.tell("east", "b", "FAIL")
    seen = [repr(apart.run())]
    apart.tell("east", "d", "WAIT")
    with apart.gate("east") as open_gate:
        process = apart.process()
        apart.wait_for_call("east", "d")
        argv = Path(f"/proc/{process.pid}/cmdline").read_text()
        own.sandbox.kill()
        open_gate()
        wait_until(lambda: any((apart.state_dir / "spool").glob("*")), "there is a spool")
        process.kill()
    seen += [argv, *(path.read_text() for path in (apart.state_dir / "spool").glob("*"))]
    own.sandbox.start()
    right = apart.schemas["east"].password
    apart.schemas["east"].password = "Canary_4b1d_wrong"
    secrets.append("Canary_4b1d_wrong")
    refused = apart.run(wait_s=10)
    assert refused.exit_code is ExitCode.ERROR
    apart.schemas["east"].password = right
    seen += [repr(refused), repr(apart.reporter.events), everything_in_the_repository(apart)]
    for text in seen:
        for secret in secrets:
            for form in forms(secret):
                assert form not in text, text[:300]
