"""The SQL log: complete, visible while a statement runs, kept when its work is undone."""

from __future__ import annotations

import threading
import time

import pytest

from dtm.model.states import Phase
from dtm.oracle.calls import run_task
from dtm.oracle.codes import ErrorClass
from dtm.oracle.errors import OracleError
from dtm.oracle.sqllog import SqlLogRow, abandon, acknowledge, harvest
from tests.contract.oracle.conftest import HANDLE, Client, call, run


def wait_for_row(client: Client, status: str) -> SqlLogRow:
    session = client.open()
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        rows = [row for row in harvest(session, HANDLE) if row.status == status]
        if rows:
            return rows[0]
        time.sleep(0.02)
    raise AssertionError(f"no row of status {status}")


def lock_a_row(client: Client) -> None:
    """The main session holds a row that MILL.WAITS_FOR_ROW wants."""
    client.main.execute("INSERT INTO ledger (what) VALUES ('locked')")
    client.main.commit()
    client.main.execute("UPDATE ledger SET what = 'locked' WHERE what = 'locked'")


class Background:
    """Runs a task call in a session of its own."""

    def __init__(self, client: Client, procedure: str) -> None:
        self.session = client.open()
        self.result: str | OracleError | None = None
        self.thread = threading.Thread(target=self._run, args=(procedure,))
        self.thread.start()

    def _run(self, procedure: str) -> None:
        try:
            self.result = run_task(self.session, call(procedure)).outcome.value
        except OracleError as error:
            self.result = error

    def wait(self) -> str | OracleError | None:
        self.thread.join(15)
        return self.result


def test_every_statement_is_logged_with_rows_and_time(mill: Client) -> None:
    run(mill, "LOGS")
    first, block, update = harvest(mill.main, HANDLE)
    assert first.sql_text == "INSERT INTO ledger (what) SELECT 'logged' FROM dual"
    assert (first.status, first.rows, first.statement_no) == ("DONE", 1, 1)
    assert (first.iteration, first.phase, first.task) == (1, Phase.TASK.value, "logs")
    assert first.attempt == "attempt-1"
    assert first.elapsed_s is not None
    assert 0 <= first.elapsed_s < 60
    assert (block.status, block.rows) == ("DONE", None)
    assert (update.rows, update.alter_session) == (1, "ALTER SESSION SET NLS_SORT = 'BINARY'")
    assert len({row.log_key for row in (first, block, update)}) == 3
    assert first.sid == mill.main.identity().sid


def test_the_log_of_a_failure_survives_its_rollback(mill: Client) -> None:
    with pytest.raises(OracleError):
        run(mill, "LOGS_AND_FAILS")
    assert mill.ledger() == []
    done, failed = harvest(mill.main, HANDLE)
    assert (done.status, done.rows) == ("DONE", 1)
    assert (failed.status, failed.error_code) == ("FAILED", -1400)
    assert failed.error_stack is not None
    assert "ORA-01400" in failed.error_stack


def test_a_long_statement_is_logged_whole(mill: Client) -> None:
    text = "BEGIN NULL; /* " + "\u00e4" * 40_000 + " */ END;"
    mill.main.execute(
        "DECLARE l_text CLOB; BEGIN "
        " l_text := 'BEGIN NULL; /* ' || RPAD(TO_CLOB('\u00e4'), 10000, '\u00e4');"
        " l_text := l_text || l_text || ' */ END;';"
        " dtm.execute_immediate(:handle, l_text); END;",
        {"handle": HANDLE},
    )
    (row,) = harvest(mill.main, HANDLE)
    assert len(row.sql_text) > 20_000
    assert row.sql_text[:200] == text[:200]


def test_a_row_comes_until_its_status_is_acknowledged(mill: Client) -> None:
    run(mill, "LOGS")
    first = harvest(mill.main, HANDLE, limit=2)
    assert len(first) == 2
    acknowledge(mill.main, first)
    rest = harvest(mill.main, HANDLE)
    assert len(rest) == 1
    acknowledge(mill.main, rest)
    assert harvest(mill.main, HANDLE) == []
    acknowledge(mill.main, [])


def test_a_statement_is_visible_while_it_runs(mill: Client) -> None:
    lock_a_row(mill)
    task = Background(mill, "WAITS_FOR_ROW")
    running = wait_for_row(mill, "RUNNING")
    assert running.ended_at is None
    assert running.elapsed_s is None
    acknowledge(mill.open(), [running])
    mill.main.commit()
    assert task.wait() == "DONE"
    done = wait_for_row(mill, "DONE")
    assert (done.log_key, done.rows) == (running.log_key, 1)
    assert mill.ledger() == ["waited"]


def test_a_cancelled_statement(mill: Client) -> None:
    lock_a_row(mill)
    task = Background(mill, "WAITS_FOR_ROW")
    wait_for_row(mill, "RUNNING")
    assert task.session.cancel()
    error = task.wait()
    assert isinstance(error, OracleError)
    assert error.error_class is ErrorClass.CANCELLED
    assert task.session.alive()
    failed = wait_for_row(mill, "FAILED")
    assert failed.error_code == -1013
    mill.main.rollback()
    assert run_task(task.session, call("WAITS_FOR_ROW")).done


def test_what_a_killed_session_left_running_is_abandoned(mill: Client) -> None:
    lock_a_row(mill)
    task = Background(mill, "WAITS_FOR_ROW")
    running = wait_for_row(mill, "RUNNING")
    mill.schema.kill(running.sid)
    error = task.wait()
    assert isinstance(error, OracleError)
    assert error.error_class is ErrorClass.UNKNOWN_OUTCOME
    assert task.session.in_doubt
    assert not task.session.alive()
    mill.main.rollback()
    assert abandon(mill.main, HANDLE) == 1
    assert abandon(mill.main, HANDLE) == 0
    abandoned = wait_for_row(mill, "ABANDONED")
    assert abandoned.log_key == running.log_key
    assert run(mill, "WAITS_FOR_ROW").done


@pytest.mark.parametrize(
    ("statement", "logged"),
    [
        (
            'CREATE USER x IDENTIFIED BY "c4nary pw" QUOTA 1M ON u',
            "CREATE USER x IDENTIFIED BY ***",
        ),
        ("alter user x identified  by c4nary", "alter user x identified  by ***"),
        ("ALTER USER x IDENTIFIED BY c4nary REPLACE c4nary_old", "ALTER USER x IDENTIFIED BY ***"),
        ("ALTER USER x IDENTIFIED BY VALUES 'c4nary;1'", "ALTER USER x IDENTIFIED BY VALUES ***"),
    ],
)
def test_no_password_is_logged(mill: Client, statement: str, logged: str) -> None:
    with pytest.raises(OracleError):  # the schema may not create users
        mill.main.execute(
            "BEGIN dtm.execute_immediate(:handle, :statement); END;",
            {"handle": HANDLE, "statement": statement},
        )
    (row,) = harvest(mill.main, HANDLE)
    assert row.sql_text.startswith(logged)
    assert "c4nary" not in repr(row)
    assert row.sql_id is None
