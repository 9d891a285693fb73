CREATE OR REPLACE PACKAGE dtm AUTHID DEFINER AS
  -- The helper package of dtm, installed by "dtm apply" in the client schema of every instance.
  --
  -- For operation packages: INITIALISE, EXECUTE_IMMEDIATE, GET_..._PARAM, OPERATION_COMPLETE.
  -- For dtm's runner alone: TASK_BEGIN ... LAST_ERROR.
  -- Error numbers: -20100 operation complete, -20115 unknown parameter, -20116 parameter of
  -- another type, -20117 unknown handle, -20118 the session is already inside a transaction.

  -- Raised by the iterator when nothing is left to do. From anything else it is an ordinary error.
  operation_complete EXCEPTION;
  PRAGMA EXCEPTION_INIT(operation_complete, -20100);

  -- Outcomes of a task call, as TASK_OUTCOME returns them.
  c_done         CONSTANT VARCHAR2(20) := 'DONE';
  c_already_done CONSTANT VARCHAR2(20) := 'ALREADY_DONE';
  c_complete     CONSTANT VARCHAR2(20) := 'COMPLETE';
  c_committed    CONSTANT VARCHAR2(20) := 'COMMITTED_INSIDE';
  c_rolled_back  CONSTANT VARCHAR2(20) := 'ROLLED_BACK_INSIDE';

  -- Tags the session (V$SESSION.MODULE and ACTION). Defaults: the operation and the running task.
  PROCEDURE initialise(
    p_handle IN VARCHAR2,
    p_module IN VARCHAR2 DEFAULT NULL,
    p_action IN VARCHAR2 DEFAULT NULL);

  -- Runs one dynamic statement, after p_alter_session if given, and logs it in DTM_SQL_LOG.
  -- The log row is committed on its own and is visible while the statement runs.
  -- In test mode the statement is logged and not executed.
  PROCEDURE execute_immediate(
    p_handle        IN VARCHAR2,
    p_sql_str       IN CLOB,
    p_alter_session IN VARCHAR2 DEFAULT NULL);

  -- Parameters of the stream, frozen at its start. ORA-20115: no such parameter.
  -- p_object_name: OWNER.NAME of another object of the operation.
  FUNCTION get_string_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN VARCHAR2;

  FUNCTION get_num_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN NUMBER;

  FUNCTION get_date_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN DATE;

  -- Raises ORA-20100 with a message; RAISE DTM.OPERATION_COMPLETE does the same without one.
  PROCEDURE raise_complete(p_message IN VARCHAR2 DEFAULT NULL);

  -- ---------------------------------------------------------------- for the runner
  -- One task call is one anonymous block: TASK_BEGIN, the procedure, TASK_END; TASK_FAILED from
  -- its exception handler. p_kind: ATOMIC, SELF-COMMITTING or TEST (no markers, no commit).

  -- TRUE: call the procedure now. FALSE: do not; TASK_OUTCOME tells why.
  FUNCTION task_begin(
    p_handle    IN VARCHAR2,
    p_iteration IN NUMBER,
    p_phase     IN VARCHAR2,
    p_task      IN VARCHAR2,
    p_start_no  IN NUMBER,
    p_kind      IN VARCHAR2,
    p_attempt   IN VARCHAR2) RETURN BOOLEAN;

  -- Completes the marker and commits; an atomic task that ended its transaction is found out.
  PROCEDURE task_end;

  -- Rolls back and keeps the error text. TRUE: an iterator raised ORA-20100, this is no error.
  FUNCTION task_failed RETURN BOOLEAN;

  FUNCTION task_outcome RETURN VARCHAR2;

  -- How many statements the last task call of this session has logged.
  FUNCTION statements_logged RETURN NUMBER;

  -- Full error stack and backtrace of the last failed task call of this session.
  FUNCTION last_error RETURN VARCHAR2;
END dtm;
/
