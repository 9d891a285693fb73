"""The reference operation of the fault tests: every kind of task, and a ledger of side effects.

REF_LEDGER gets a row per completed piece of work, in the task's own transaction. REF_CALLS gets one
per call, autonomously, so it survives rollbacks. REF_KNOBS tells tasks to misbehave.
"""

from __future__ import annotations

TABLES = {
    "ref_state.sql": """CREATE TABLE REF_STATE (
  RUN_ID    NUMBER NOT NULL,
  ITERATION NUMBER NOT NULL
)
""",
    "ref_ledger.sql": """CREATE TABLE REF_LEDGER (
  RUN_ID    NUMBER NOT NULL,
  ITERATION NUMBER NOT NULL,
  TASK      VARCHAR2(30) NOT NULL,
  SID       NUMBER
)
""",
    "ref_calls.sql": """CREATE TABLE REF_CALLS (
  TASK VARCHAR2(30) NOT NULL,
  SID  NUMBER
)
""",
    "ref_knobs.sql": """CREATE TABLE REF_KNOBS (
  TASK   VARCHAR2(30) NOT NULL,
  ACTION VARCHAR2(30) NOT NULL,
  TIMES  NUMBER NOT NULL
)
""",
}

SPEC = """CREATE OR REPLACE PACKAGE ref_op AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE initial(p_handle IN VARCHAR2);
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
  PROCEDURE a(p_handle IN VARCHAR2);
  PROCEDURE b(p_handle IN VARCHAR2);
  PROCEDURE c(p_handle IN VARCHAR2);
  PROCEDURE d(p_handle IN VARCHAR2);
  PROCEDURE s(p_handle IN VARCHAR2);
  PROCEDURE p(p_handle IN VARCHAR2);
  PROCEDURE m(p_handle IN VARCHAR2);
  FUNCTION p_done(p_handle IN VARCHAR2) RETURN VARCHAR2;
END ref_op;
/
"""

BODY = """CREATE OR REPLACE PACKAGE BODY ref_op AS
  -- What the task was told to do when it was called; see OBEY.
  g_action VARCHAR2(30);

  FUNCTION my_sid RETURN NUMBER IS
  BEGIN
    RETURN TO_NUMBER(SYS_CONTEXT('USERENV', 'SID'));
  END my_sid;

  FUNCTION iteration_of(p_handle IN VARCHAR2) RETURN NUMBER IS
    l_iteration NUMBER;
  BEGIN
    SELECT NVL(MAX(iteration), 0) INTO l_iteration
      FROM ref_state WHERE run_id = TO_NUMBER(p_handle);
    RETURN l_iteration;
  END iteration_of;

  PROCEDURE note_call(p_task IN VARCHAR2) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    INSERT INTO ref_calls (task, sid) VALUES (p_task, my_sid);
    COMMIT;
  END note_call;

  FUNCTION knob(p_task IN VARCHAR2) RETURN VARCHAR2 IS
    PRAGMA AUTONOMOUS_TRANSACTION;
    l_action VARCHAR2(30);
  BEGIN
    SELECT MIN(action) INTO l_action FROM ref_knobs WHERE task = p_task AND times > 0;
    UPDATE ref_knobs SET times = times - 1
     WHERE task = p_task AND action = l_action AND times > 0;
    COMMIT;
    RETURN l_action;
  END knob;

  -- A test holds this lock in X mode to keep a task waiting inside the server. Lock ids are the
  -- whole database's: each schema has its own.
  PROCEDURE wait_at_gate IS
    l_gate   INTEGER;
    l_result INTEGER;
  BEGIN
    SELECT times INTO l_gate FROM ref_knobs WHERE action = 'GATE';
    l_result := DBMS_LOCK.REQUEST(id => l_gate, lockmode => 4, timeout => 60);
    IF l_result NOT IN (0, 4) THEN
      RAISE_APPLICATION_ERROR(-20501, 'the gate stayed shut: ' || l_result);
    END IF;
    l_result := DBMS_LOCK.RELEASE(id => l_gate);
  END wait_at_gate;

  -- Waits until the other member of the group has been called as well.
  PROCEDURE meet(p_other IN VARCHAR2) IS
    l_there NUMBER := 0;
  BEGIN
    FOR l_try IN 1 .. 200 LOOP
      SELECT COUNT(*) INTO l_there FROM ref_calls WHERE task = p_other;
      EXIT WHEN l_there > 0;
      DBMS_LOCK.SLEEP(0.1);
    END LOOP;
    IF l_there = 0 THEN
      RAISE_APPLICATION_ERROR(-20502, p_other || ' never came');
    END IF;
  END meet;

  -- Before the work, after it, and (self-committing tasks) after its commit.
  PROCEDURE obey_first(p_task IN VARCHAR2) IS
  BEGIN
    note_call(p_task);
    g_action := knob(p_task);
    IF g_action = 'WAIT FIRST' THEN
      wait_at_gate;
    ELSIF g_action = 'FAIL FIRST' THEN
      RAISE_APPLICATION_ERROR(-20500, p_task || ' was told to fail');
    END IF;
  END obey_first;

  PROCEDURE obey(p_task IN VARCHAR2) IS
  BEGIN
    IF g_action = 'FAIL' THEN
      RAISE_APPLICATION_ERROR(-20500, p_task || ' was told to fail');
    ELSIF g_action = 'COMPLETE' THEN
      RAISE dtm.operation_complete;
    ELSIF g_action = 'WAIT' THEN
      wait_at_gate;
    ELSIF g_action = 'COMMIT' THEN
      COMMIT;
    ELSIF g_action = 'ROLLBACK' THEN
      ROLLBACK;
    ELSIF g_action = 'MEET B' THEN
      meet('b');
    ELSIF g_action = 'MEET C' THEN
      meet('c');
    END IF;
  END obey;

  PROCEDURE obey_last(p_task IN VARCHAR2) IS
  BEGIN
    IF g_action = 'WAIT LAST' THEN
      wait_at_gate;
    ELSIF g_action = 'FAIL LAST' THEN
      RAISE_APPLICATION_ERROR(-20500, p_task || ' was told to fail');
    END IF;
  END obey_last;

  PROCEDURE work(p_handle IN VARCHAR2, p_task IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, 'ref-op', p_task);
    obey_first(p_task);
    dtm.execute_immediate(
      p_handle,
      'INSERT INTO ref_ledger (run_id, iteration, task, sid) VALUES ('
      || p_handle || ', ' || iteration_of(p_handle) || ', ''' || p_task || ''', ' || my_sid || ')');
    obey(p_task);
  END work;

  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_iteration NUMBER := iteration_of(p_handle);
  BEGIN
    IF l_iteration >= dtm.get_num_param(p_handle, 'ITERATIONS') THEN
      note_call('iterator');
      RAISE dtm.operation_complete;
    END IF;
    DELETE FROM ref_state WHERE run_id = TO_NUMBER(p_handle);
    INSERT INTO ref_state (run_id, iteration) VALUES (TO_NUMBER(p_handle), l_iteration + 1);
    work(p_handle, 'iterator');
  END iterator;

  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    work(p_handle, 'initial');
  END initial;

  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    work(p_handle, 'final' || p_after_error);
    IF p_after_error = 'N' THEN
      DELETE FROM ref_state WHERE run_id = TO_NUMBER(p_handle);
    END IF;
  END final;

  PROCEDURE a(p_handle IN VARCHAR2) IS BEGIN work(p_handle, 'a'); END a;
  PROCEDURE b(p_handle IN VARCHAR2) IS BEGIN work(p_handle, 'b'); END b;
  PROCEDURE c(p_handle IN VARCHAR2) IS BEGIN work(p_handle, 'c'); END c;
  PROCEDURE d(p_handle IN VARCHAR2) IS BEGIN work(p_handle, 'd'); END d;

  PROCEDURE s(p_handle IN VARCHAR2) IS
  BEGIN
    work(p_handle, 's');
    COMMIT;
    obey_last('s');
  END s;

  PROCEDURE p(p_handle IN VARCHAR2) IS
  BEGIN
    work(p_handle, 'p');
    COMMIT;
    obey_last('p');
  END p;

  PROCEDURE m(p_handle IN VARCHAR2) IS
  BEGIN
    work(p_handle, 'm');
    COMMIT;
    obey_last('m');
  END m;

  FUNCTION p_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
    l_count NUMBER;
  BEGIN
    SELECT COUNT(*) INTO l_count FROM ref_ledger
     WHERE run_id = TO_NUMBER(p_handle) AND task = 'p' AND iteration = iteration_of(p_handle);
    RETURN CASE WHEN l_count > 0 THEN 'Y' ELSE 'N' END;
  END p_done;
END ref_op;
/
"""

SELF = "self-committing"
TASKS: list[dict[str, object]] = [
    {"name": "a", "procedure": "A"},
    {"parallel": [{"name": "b", "procedure": "B"}, {"name": "c", "procedure": "C"}]},
    {"name": "s", "procedure": "S", "kind": SELF, "restart": "safe"},
    {"name": "p", "procedure": "P", "kind": SELF, "restart": "probe", "probe": "P_DONE"},
    {"name": "d", "procedure": "D"},
]
MANUAL: dict[str, object] = {"name": "m", "procedure": "M", "kind": SELF, "restart": "manual"}
ATOMIC = ("a", "b", "c", "d")
LIFECYCLE = {
    "iterator": {"procedure": "ITERATOR"},
    "initial": {"procedure": "INITIAL"},
    "final": {"procedure": "FINAL"},
}
