"""Operations as DBAs write them: partitions, a package from ODTM, bulk processing with errors."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.acceptance.conftest import Site
from tests.conftest import Schema

OWN = Path(__file__).parent / "operations"
SHIPPED = Path(__file__).parents[2] / "operations"


def _prepare(
    site: Site, operation: Path, tables: tuple[str, ...], spec: str = "", overrides: str = ""
) -> None:
    """Copy an operation into the workspace and assign it to each client's own tables."""
    shutil.copytree(
        operation,
        site.workspace.root / operation.name,
        ignore=shutil.ignore_patterns("assignments.yaml"),
    )
    site.write_inventory("live")
    owned = {name: [f"{s.user}.{t}" for t in tables] for name, s in site.clients.items()}
    foreign = [
        f"    - {{instance: {name}, object: {each}, enabled: false}}\n"
        for name in owned
        for other, objects in owned.items()
        if other != name
        for each in objects
    ]
    name = _name_in(operation)
    objects = ", ".join(each for listed in owned.values() for each in listed)
    site.workspace.write(
        "assignment.yaml",
        f"apiVersion: dtm/v1\nkind: Assignment\nmetadata: {{name: {name}-live}}\n"
        f"spec:\n  operation: {name}\n  environment: live\n  objects: [{objects}]\n"
        f"{spec}  overrides:\n{''.join(foreign)}{overrides}",
    )
    assert "valid" in site.workspace.dtm("validate").out
    site.workspace.dtm("apply", "--yes")
    assert "othing to do" in site.workspace.dtm("plan").out


def _name_in(operation: Path) -> str:
    text = (operation / "operation.yaml").read_text(encoding="utf-8")
    head = text[text.index("kind: Operation\n") :]
    return head.partition("name: ")[2].split("\n")[0].rstrip("}")


def _execute(schema: Schema, *statements: str) -> None:
    session = schema.connect()
    for each in statements:
        session.execute(each)
    session.commit()
    session.close()


def _rows(schema: Schema, query: str) -> list[tuple[object, ...]]:
    session = schema.connect()
    found = [tuple(row) for row in session.query(query)]
    session.close()
    return found


def _count(schema: Schema, table: str) -> int:
    ((count,),) = _rows(schema, f"SELECT COUNT(*) FROM {table}")
    assert isinstance(count, int)
    return count


def _states(site: Site) -> dict[str, str]:
    streams = site.workspace.json("status", "latest")["status"]["streams"]
    return {
        f"{each['instance']}/{each['object'].partition('.')[2]}": each["state"] for each in streams
    }


def _partitioned(table: str, key: str = "") -> tuple[str, str, str]:
    """Six months from January 2024, two rows a day on the first 170 days."""
    months = ", ".join(
        f"PARTITION p_2024_{month:02} VALUES LESS THAN (DATE '2024-{month + 1:02}-01')"
        for month in range(1, 7)
    )
    return (
        f"CREATE TABLE {table} (id NUMBER(9) NOT NULL {key}, day DATE NOT NULL, txt VARCHAR2(40))"
        f" PARTITION BY RANGE (day) ({months})",
        f"CREATE INDEX {table}_day_ix ON {table} (day) LOCAL",
        f"INSERT INTO {table} SELECT LEVEL, DATE '2024-01-01' + MOD(LEVEL, 170), 'row ' || LEVEL"
        " FROM dual CONNECT BY LEVEL <= 340",
    )


PARTITIONS = """
    SELECT partition_name FROM user_tab_partitions WHERE table_name = '{}' ORDER BY partition_position
"""


def test_rolling_partitions_never_exchanges_twice(site: Site) -> None:
    one, two = site.clients.values()
    for schema in (one, two):
        _execute(schema, *_partitioned("EVENTS"), *_partitioned("CLICKS", "PRIMARY KEY"))
    # On one somebody's table has the name, on two the table there has other columns.
    _execute(one, "CREATE TABLE events_d20240131 AS SELECT * FROM events WHERE ROWNUM = 1")
    _execute(two, "CREATE TABLE events_d20240131 (id NUMBER)")
    clicks = "".join(
        f"    - {{object: {each.user}.CLICKS, parameters: {{ACTION: DROP}}}}\n"
        for each in (one, two)
    )
    _prepare(
        site,
        SHIPPED / "roll-partitions",
        ("EVENTS", "CLICKS"),
        "  parameters: {TODAY: 2024-06-20, RETENTION_MONTHS: 3, MONTHS_AHEAD: 2}\n",
        clicks,
    )
    run = ("run", "roll-partitions", "--env", "live")

    failed = site.workspace.dtm(*run, expect=3).out
    assert "ORA-20002" in failed
    assert "ORA-14096" in failed
    _execute(one, "DROP TABLE events_d20240131 PURGE")
    _execute(  # the DBA does by hand what dtm was about to do
        two,
        "DROP TABLE events_d20240131 PURGE",
        "CREATE TABLE events_d20240131 AS SELECT * FROM events WHERE 1 = 0",
        "ALTER TABLE events EXCHANGE PARTITION p_2024_01 WITH TABLE events_d20240131",
    )
    site.workspace.dtm(*run)

    kept = [(f"P_2024_{month:02}",) for month in range(3, 9)]
    for schema in (one, two):
        assert _rows(schema, PARTITIONS.format("EVENTS")) == kept
        assert _rows(schema, PARTITIONS.format("CLICKS")) == kept
        assert _count(schema, "events_d20240131") == 2 * 31
        assert _count(schema, "events_d20240229") == 2 * 29
        assert _count(schema, "events") == _count(schema, "clicks") == 340 - 2 * 60
        assert _count(schema, "roll_partitions_state") == 0
    assert set(_states(site).values()) == {"COMPLETED"}


def test_an_odtm_package_runs_unchanged_and_resumes(site: Site) -> None:
    one, two = site.clients.values()
    for schema in (one, two):
        for table in ("INVOICES", "RECEIPTS"):
            _execute(
                schema,
                f"CREATE TABLE {table} (id NUMBER PRIMARY KEY, created DATE, amount NUMBER(10,2))",
                f"INSERT INTO {table} SELECT LEVEL, DATE '2024-01-01' + MOD(LEVEL, 120), LEVEL"
                " FROM dual CONNECT BY LEVEL <= 240",
            )
    _execute(two, "CREATE TABLE invoices_old (id NUMBER)")
    _prepare(site, OWN / "odtm", ("INVOICES", "RECEIPTS"))
    run = ("run", "odtm-archive", "--env", "live")

    failed = site.workspace.dtm(*run, expect=3).out
    assert "ORA-00913" in failed  # too many values
    assert _states(site) == {
        "one/INVOICES": "COMPLETED",
        "one/RECEIPTS": "COMPLETED",
        "two/INVOICES": "FAILED",
        "two/RECEIPTS": "PENDING",
    }
    _execute(two, "ALTER TABLE invoices_old ADD (created DATE, amount NUMBER(10,2))")
    site.workspace.dtm(*run)

    # KEEP_FROM is day 60 of 120: days 0 .. 59 go, twice.
    for schema in (one, two):
        for table in ("invoices", "receipts"):
            assert _count(schema, table) == _count(schema, f"{table}_old") == 120
        assert _count(schema, "dom$archive_state") == 0
    log = site.workspace.dtm("logs", "latest", "--sql").out
    assert "INSERT /*+ APPEND */ INTO RECEIPTS_OLD" in log
    attempts = site.workspace.json("logs", "latest")["log"]["attempts"]
    created = [a for a in attempts if a["task"] == "create-copy" and a["iteration"] == 1]
    assert [a["state"] for a in created] == ["DONE"] * 4  # not again after the failure


def test_bulk_errors_are_kept_and_the_rest_is_purged(site: Site) -> None:
    one, two = site.clients.values()
    for schema in (one, two):
        _execute(
            schema,
            "CREATE TABLE sessions_log (id NUMBER(12) PRIMARY KEY, ended DATE,"
            " status VARCHAR2(10) NOT NULL)",
            "CREATE TABLE session_refs (id NUMBER(12) REFERENCES sessions_log)",
            "INSERT INTO sessions_log SELECT LEVEL, DATE '2022-01-01' + MOD(LEVEL, 1000), 'ENDED'"
            " FROM dual CONNECT BY LEVEL <= 1000",
        )
    _execute(two, "INSERT INTO session_refs VALUES (17)", "INSERT INTO session_refs VALUES (101)")
    _prepare(site, OWN / "bulk", ("SESSIONS_LOG",), "  parameters: {AS_OF: 2024-01-01}\n")
    run = ("run", "bulk-purge", "--env", "live")

    refused = site.workspace.dtm(*run, "--mode", "test", expect=1)
    assert "purge" in refused.err
    failed = site.workspace.dtm(*run, expect=3).out
    assert "ORA-20010: 2 rows could not be deleted" in failed
    assert "ORA-02292" in failed
    kept = "SELECT row_key, code FROM bulk_purge_errors ORDER BY row_key"
    assert _rows(two, kept) == [(17, 2292), (101, 2292)]
    assert _rows(two, "SELECT id FROM sessions_log WHERE status = 'PURGE' ORDER BY id") == [
        (17,),
        (101,),
    ]

    _execute(two, "DELETE FROM session_refs", "DELETE FROM bulk_purge_errors")
    site.workspace.dtm(*run)
    for schema in (one, two):
        # ended before 2023-01-01: days 0 .. 364 of 1000
        assert _rows(schema, "SELECT MIN(ended), COUNT(*) FROM sessions_log")[0][1] == 635
        assert _count(schema, "bulk_purge_state") == 0
