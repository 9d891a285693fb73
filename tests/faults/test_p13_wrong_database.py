"""P13: the wrong database is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.errors import ExitCode
from tests.conftest import Database
from tests.faults.world import fault_world
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Two databases in one sandbox process."""
    with SandboxProcess(tmp_path / "sandbox", ("ONE", "OTHER")) as process:
        yield (
            Database(process.dsn("ONE"), "SYSTEM", process.password, process),
            Database(process.dsn("OTHER"), "SYSTEM", process.password, process),
        )


def test_another_database_under_the_same_dsn_is_refused(
    pair: tuple[Database, Database], tmp_path: Path
) -> None:
    """The database of first contact is recorded; a swapped DSN leads to another one."""
    one, other = pair
    with fault_world(one, tmp_path / "state") as ref:
        assert ref.run().exit_code is ExitCode.OK
        schema = ref.schemas["east"]
        admin = other.admin()
        admin.execute(f'CREATE USER {schema.user} IDENTIFIED BY "{schema.password}"')
        admin.execute(f"GRANT CREATE SESSION TO {schema.user}")
        admin.execute(f"GRANT SELECT ON SYS.V_$DATABASE TO {schema.user}")
        admin.close()
        ref.broken[schema.user] = other.dsn
        report = ref.run()
        assert report.exit_code is ExitCode.ERROR, report
        assert "another database" in report.streams[0].message
