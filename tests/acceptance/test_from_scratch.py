"""An operation from an empty directory: validate, plan, apply, run, fail, fix, resume."""

from __future__ import annotations

from tests.acceptance.conftest import Site
from tests.acceptance.scratch import Scratch
from tests.conftest import Schema

ROWS = 35  # four iterations of ten, ten, ten, five


def _fill(schema: Schema, scratch: Scratch, *, with_target: bool) -> None:
    session = schema.connect()
    session.execute(f"CREATE TABLE {scratch.source} (id NUMBER PRIMARY KEY, txt VARCHAR2(40))")
    session.execute(
        f"INSERT INTO {scratch.source} SELECT LEVEL, 'row ' || LEVEL FROM dual CONNECT BY LEVEL <= {ROWS}"
    )
    session.commit()
    if with_target:
        _create_target(schema, scratch)
    session.close()


def _create_target(schema: Schema, scratch: Scratch) -> None:
    session = schema.connect()
    session.execute(f"CREATE TABLE {scratch.target} (id NUMBER PRIMARY KEY, txt VARCHAR2(40))")
    session.close()


def _counts(schema: Schema, scratch: Scratch) -> tuple[int, int]:
    session = schema.connect()
    ((left,),) = session.query(f"SELECT COUNT(*) FROM {scratch.source}")
    ((moved,),) = session.query(f"SELECT COUNT(*) FROM {scratch.target}")
    session.close()
    return left, moved


def test_the_whole_story_with_names_of_its_own(site: Site) -> None:
    scratch = Scratch.invent()
    work = site.workspace
    _fill(site.clients["one"], scratch, with_target=True)
    _fill(site.clients["two"], scratch, with_target=False)
    site.write_inventory(scratch.environment)
    scratch.write_operation(work)

    assert "valid" in work.dtm("validate").out
    assert scratch.operation in work.dtm("plan", expect=2).out
    work.dtm("apply", "--yes")
    assert "othing to do" in work.dtm("plan").out

    failed = work.dtm("run", scratch.operation, "--env", scratch.environment, expect=3)
    assert "ORA-00942" in failed.out
    assert _counts(site.clients["one"], scratch) == (0, ROWS)

    status = work.json("status", "latest")["status"]
    states = {stream["instance"]: stream["state"] for stream in status["streams"]}
    assert states == {"one": "COMPLETED", "two": "FAILED"}
    log = work.dtm("logs", "latest", "--sql").out
    assert f"INSERT INTO {scratch.target}" in log
    assert "10 rows" in log
    assert "ORA-06512" in log  # the whole stack, not its first line

    _create_target(site.clients["two"], scratch)
    work.dtm("run", scratch.operation, "--env", scratch.environment)
    assert _counts(site.clients["two"], scratch) == (0, ROWS)
    _assert_nothing_ran_twice(site)
    done = work.json("status", "latest")["status"]
    assert {stream["state"] for stream in done["streams"]} == {"COMPLETED"}
    assert len(work.json("status")["runs"]) == 1, (
        "the second command resumed, it did not start anew"
    )


def _assert_nothing_ran_twice(site: Site) -> None:
    attempts = site.workspace.json("logs", "latest")["log"]["attempts"]
    done = [
        (each["handle"], each["iteration"], each["task"])
        for each in attempts
        if each["phase"] == "TASK" and each["state"] == "DONE"
    ]
    assert len(done) == len(set(done))
    assert len(done) == 2 * 2 * 4  # instances x tasks x iterations


def test_test_mode_logs_statements_and_executes_none(site: Site) -> None:
    scratch = Scratch.invent()
    work = site.workspace
    for schema in site.clients.values():
        _fill(schema, scratch, with_target=True)
    site.write_inventory(scratch.environment)
    scratch.write_operation(work)
    work.dtm("apply", "--yes")
    work.dtm("run", scratch.operation, "--env", scratch.environment, "--mode", "test")
    assert f"INSERT INTO {scratch.target}" in work.dtm("logs", "latest", "--sql").out
    for schema in site.clients.values():
        assert _counts(schema, scratch) == (ROWS, 0)


def test_a_package_dropped_by_hand_is_noticed_and_installed_again(site: Site) -> None:
    scratch = Scratch.invent()
    work = site.workspace
    for schema in site.clients.values():
        _fill(schema, scratch, with_target=True)
    site.write_inventory(scratch.environment)
    scratch.write_operation(work)
    work.dtm("apply", "--yes")
    session = site.clients["one"].connect()
    session.execute(f"DROP PACKAGE {scratch.package}")
    session.close()
    told = work.dtm("run", scratch.operation, "--env", scratch.environment)
    assert scratch.package.upper() in told.out
    assert _counts(site.clients["one"], scratch) == (0, ROWS)
