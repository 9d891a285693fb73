"""A package written for ODTM runs unchanged through the alias DOM."""

from __future__ import annotations

from dtm.model.states import Phase
from dtm.oracle.calls import CallKind, FrozenParameter, Outcome
from dtm.oracle.sqllog import harvest
from tests.contract.oracle.conftest import HANDLE, Client, run

SPEC = """CREATE OR REPLACE PACKAGE "SOMEBODY"."DOM$SWEEP" AS
  PROCEDURE iterator (p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE initial  (p_handle IN VARCHAR2);
  PROCEDURE final    (p_handle IN VARCHAR2, p_after_error IN CHAR DEFAULT 'N');
  PROCEDURE sweep    (p_handle IN VARCHAR2);
END DOM$SWEEP;
/
"""
BODY = """CREATE OR REPLACE PACKAGE BODY "SOMEBODY"."DOM$SWEEP" IS
g_table VARCHAR2(30);

PROCEDURE get_state (p_handle IN VARCHAR2) IS
BEGIN
  DOM.initialise(p_handle);
  SELECT table_name INTO g_table FROM state$sweep WHERE run_id=TO_NUMBER(p_handle);
END get_state;

PROCEDURE iterator (p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
left_ NUMBER;
BEGIN
  DOM.initialise(p_handle);
  SELECT COUNT(*) INTO left_ FROM dust WHERE n <= DOM.get_num_param(p_handle,'MAX DUST');
  IF left_ = 0 THEN
    RAISE DOM.operation_complete;
  END IF;
  DELETE FROM state$sweep WHERE run_id=TO_NUMBER(p_handle);
  INSERT INTO state$sweep (run_id, table_name) VALUES (TO_NUMBER(p_handle), p_table_name);
  COMMIT;
END iterator;

PROCEDURE initial (p_handle IN VARCHAR2) IS
BEGIN
  get_state(p_handle);
END initial;

PROCEDURE final (p_handle IN VARCHAR2, p_after_error IN CHAR DEFAULT 'N') IS
BEGIN
  DOM.initialise(p_handle);
  IF p_after_error = 'N' THEN
    DELETE FROM state$sweep WHERE run_id=TO_NUMBER(p_handle);
    COMMIT;
  END IF;
END final;

PROCEDURE sweep (p_handle IN VARCHAR2) IS
BEGIN
  get_state(p_handle);
  DOM.execute_immediate(p_handle,'delete from '||g_table||' where n <= '
    ||DOM.get_string_param(p_handle,'MAX DUST')||' and rownum <= 2',
    'alter session enable parallel DML');
END sweep;
END DOM$SWEEP;
/
"""


def test_a_whole_operation(client: Client) -> None:
    client.main.execute("CREATE TABLE state$sweep (run_id NUMBER, table_name VARCHAR2(30))")
    client.main.execute("CREATE TABLE dust (n NUMBER)")
    client.main.execute("INSERT INTO dust (n) SELECT LEVEL FROM dual CONNECT BY LEVEL <= 5")
    client.main.commit()
    client.install(SPEC, BODY)
    client.begin(HANDLE, FrozenParameter("MAX DUST", "number", 3))
    options = {"kind": CallKind.SELF_COMMITTING, "package": "DOM$SWEEP"}
    iterator = options | {"phase": Phase.ITERATOR}
    outcomes = []
    for iteration in (1, 2, 3):
        step = run(client, "ITERATOR", "HOUSE", "DUST", iteration=iteration, **iterator)
        outcomes.append(step.outcome)
        if step.complete:
            break
        if iteration == 1:
            assert run(client, "INITIAL", phase=Phase.INITIAL, start_no=1, **options).done
        assert run(client, "SWEEP", iteration=iteration, **options).done
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.COMPLETE]
    assert run(client, "FINAL", "N", phase=Phase.FINAL, iteration=3, **options).done
    assert client.main.query("SELECT n FROM dust ORDER BY n") == [(4,), (5,)]
    assert client.main.query("SELECT COUNT(*) FROM state$sweep") == [(0,)]
    log = harvest(client.main, HANDLE)
    assert [row.rows for row in log] == [2, 1]
    assert log[0].sql_text == "delete from DUST where n <= 3 and rownum <= 2"
    assert log[0].alter_session == "alter session enable parallel DML"
