"""kill -9 in the middle of a task, two runners at once, Ctrl-C: nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from dtm.model.states import Phase
from dtm.oracle.calls import (
    CallKind,
    MarkerKey,
    StreamStart,
    TaskCall,
    begin_stream,
    run_task,
)
from dtm.oracle.calls import Outcome as CallResult
from tests.acceptance.conftest import Site
from tests.acceptance.workspace import wait_until
from tests.conftest import Schema

# The task counts itself in, waits until it is let go, and counts itself out.
PACKAGE = """
CREATE OR REPLACE PACKAGE slow AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE initial(p_handle IN VARCHAR2);
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
  PROCEDURE work(p_handle IN VARCHAR2);
END slow;
/
"""
BODY = """
CREATE OR REPLACE PACKAGE BODY slow AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_done NUMBER;
  BEGIN
    SELECT COUNT(*) INTO l_done FROM ledger WHERE what = 'work';
    IF l_done > 0 THEN
      RAISE dtm.operation_complete;
    END IF;
  END iterator;

  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    NULL;
  END initial;

  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    NULL;
  END final;

  PROCEDURE note(p_what IN VARCHAR2) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    INSERT INTO ledger (what) VALUES (p_what);
    COMMIT;
  END note;

  PROCEDURE work(p_handle IN VARCHAR2) IS
    l_go NUMBER;
  BEGIN
    note('begun');
    LOOP
      SELECT COUNT(*) INTO l_go FROM gate;
      EXIT WHEN l_go > 0;
      DBMS_SESSION.SLEEP(0.05);
    END LOOP;
    INSERT INTO ledger (what) VALUES ('work');
  END work;
END slow;
/
"""
MANIFESTS = """
apiVersion: dtm/v1
kind: Package
metadata: {name: SLOW}
spec: {sources: [slow.pks, slow.pkb]}
---
apiVersion: dtm/v1
kind: Operation
metadata: {name: slow}
spec: {package: SLOW, tasks: [{name: work, procedure: WORK}]}
---
apiVersion: dtm/v1
kind: Assignment
metadata: {name: slow-there}
spec: {operation: slow, environment: lab, instances: {names: [one]}}
"""
# A runner looks for requests every second, and for signals ten times a second.
NOTICED_S = 2.0
RUN = ("run", "slow", "--env", "lab")


@pytest.fixture
def slow(site: Site) -> Schema:
    """The operation, applied, with its gate closed."""
    work = site.workspace
    site.write_inventory("lab")
    work.write("slow.pks", PACKAGE)
    work.write("slow.pkb", BODY)
    work.write("slow.yaml", MANIFESTS)
    schema = site.clients["one"]
    _run(schema, "CREATE TABLE ledger (what VARCHAR2(20))")
    _run(schema, "CREATE TABLE gate (n NUMBER)")
    work.dtm("apply", "--yes")
    return schema


def _run(schema: Schema, sql: str) -> None:
    session = schema.connect()
    session.execute(sql)
    session.commit()
    session.close()


def _count(schema: Schema, what: str) -> int:
    session = schema.connect()
    ((number,),) = session.query("SELECT COUNT(*) FROM ledger WHERE what = :w", {"w": what})
    session.close()
    return int(number)


def _in_the_task(schema: Schema) -> None:
    wait_until(lambda: _count(schema, "begun"), "in the task")


def test_kill_9_in_mid_task_then_the_server_finishes_and_resume_repeats_nothing(
    site: Site, slow: Schema
) -> None:
    work = site.workspace
    runner = work.start(*RUN)
    _in_the_task(slow)
    runner.kill()
    runner.communicate()
    # The session works on in the server: it is found, named and not run over.
    busy = work.dtm(*RUN, expect=4)
    assert "DTM" in busy.text
    assert _count(slow, "begun") == 1
    _run(slow, "INSERT INTO gate VALUES (1)")
    wait_until(lambda: _count(slow, "work"), "finished by the server alone")
    work.dtm(*RUN, "--wait", "20s")
    assert _count(slow, "work") == 1
    assert _count(slow, "begun") == 1, "the marker told the next runner that it was done"


def test_a_second_runner_is_refused_while_the_first_is_alive(site: Site, slow: Schema) -> None:
    work = site.workspace
    runner = work.start(*RUN)
    _in_the_task(slow)
    work.dtm(*RUN, expect=4)
    _run(slow, "INSERT INTO gate VALUES (1)")
    work.finish(runner, 0)
    assert (_count(slow, "begun"), _count(slow, "work")) == (1, 1)


def test_one_interrupt_stops_at_the_boundary_two_cancel_the_call(site: Site, slow: Schema) -> None:
    work = site.workspace
    runner = work.start(*RUN)
    _in_the_task(slow)
    runner.send_signal(signal.SIGINT)
    time.sleep(NOTICED_S)
    _run(slow, "INSERT INTO gate VALUES (1)")
    work.finish(runner, 130)
    assert _count(slow, "work") == 1
    work.dtm(*RUN)
    assert _count(slow, "work") == 1


def test_two_interrupts_cancel_the_call_and_it_resumes(site: Site, slow: Schema) -> None:
    work = site.workspace
    runner = work.start(*RUN)
    _in_the_task(slow)
    runner.send_signal(signal.SIGINT)
    time.sleep(0.5)  # two signals at once may arrive as one
    runner.send_signal(signal.SIGINT)
    work.finish(runner, 130)
    assert _count(slow, "work") == 0
    _run(slow, "INSERT INTO gate VALUES (1)")
    work.dtm(*RUN)
    assert (_count(slow, "begun"), _count(slow, "work")) == (2, 1)


def test_halt_from_another_process_is_honoured_and_resumed(site: Site, slow: Schema) -> None:
    work = site.workspace
    runner = work.start(*RUN)
    _in_the_task(slow)
    work.dtm("halt", "latest", "--reason", "maintenance of the array")
    time.sleep(NOTICED_S)
    _run(slow, "INSERT INTO gate VALUES (1)")
    work.finish(runner, 7)
    assert "maintenance of the array" in work.dtm("status", "latest").out
    work.dtm(*RUN)
    assert _count(slow, "work") == 1


# Makes one call of the task and is gone before anybody hears of its end.
_DEAF_CALLER = """
import os, signal, sys
from dtm.model.instance import ConnectSpec
from dtm.oracle.calls import run_task
from dtm.oracle.connect import connect
from tests.acceptance.test_kill import call_of

user, dsn, handle = sys.argv[1:]
session = connect(ConnectSpec(user=user, dsn=dsn), os.environ["PW"], deadline_s=20, purpose="test")
run_task(session, call_of(handle))
os.kill(os.getpid(), signal.SIGKILL)
"""


def call_of(handle: str) -> TaskCall:
    """The call of the atomic task WORK under a handle."""
    key = MarkerKey(handle, 1, Phase.TASK, "work")
    return TaskCall(key, CallKind.ATOMIC, "SLOW", "WORK", "1")


def test_kill_9_after_the_commit_the_helper_alone_does_not_run_it_again(slow: Schema) -> None:
    """The helper's own marker check: nobody recorded the end, and the same call comes again."""
    _run(slow, "INSERT INTO gate VALUES (1)")
    handle = "1882575074646458311"
    session = slow.connect()
    begin_stream(session, StreamStart(handle, "R", "slow"), [])
    done = subprocess.run(
        [sys.executable, "-c", _DEAF_CALLER, slow.user, slow.dsn, handle],
        env={**os.environ, "PW": slow.password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert _count(slow, "work") == 1
    assert run_task(session, call_of(handle)).outcome is CallResult.ALREADY_DONE
    session.close()
    assert (_count(slow, "begun"), _count(slow, "work")) == (1, 1)
