-- name: task_call
-- One task, one round trip. {call} is the quoted procedure with its argument list.
BEGIN
  IF dtm.task_begin(:handle, :iteration, :phase, :task, :start_no, :kind, :attempt) THEN
    {call};
    dtm.task_end;
  END IF;
  :outcome := dtm.task_outcome;
  :logged := dtm.statements_logged;
EXCEPTION
  WHEN OTHERS THEN
    IF dtm.task_failed THEN
      :outcome := dtm.task_outcome;
      :logged := dtm.statements_logged;
    ELSE
      RAISE;
    END IF;
END;

-- name: last_failure
-- What the helper kept of the task call that just failed in this session.
BEGIN
  :error_text := SUBSTRB(dtm.last_error, 1, 32000);
  :outcome := dtm.task_outcome;
END;

-- name: probe_call
-- Asks an operation's probe function whether a self-committing task has completed.
BEGIN
  :answer := {call};
  ROLLBACK;
END;

-- name: insert_stream
-- Begins a stream; its key refuses a handle that was used before. No row: there are markers under it.
INSERT INTO dtm_streams (
  handle, run_id, operation_name, object_owner, object_name, test_mode, started_at)
SELECT :handle, :run_id, :operation_name, :object_owner, :object_name, :test_mode,
       SYS_EXTRACT_UTC(SYSTIMESTAMP)
  FROM dual
 WHERE NOT EXISTS (SELECT 1 FROM dtm_markers WHERE handle = :handle)

-- name: insert_parameter
-- Freezes one parameter of a stream.
INSERT INTO dtm_parameters (
  handle, object_name, name, value_type, string_value, number_value, date_value)
VALUES (
  :handle, :object_name, :name, :value_type, :string_value, :number_value, :date_value)

-- name: select_stream
-- A stream as it was begun.
SELECT handle, run_id, operation_name, object_owner, object_name, test_mode
  FROM dtm_streams
 WHERE handle = :handle

-- name: select_markers
-- Markers of a stream from an iteration on.
SELECT iteration, phase, task, start_no, state, attempt, transaction_id, started_at, done_at
  FROM dtm_markers
 WHERE handle = :handle
   AND iteration >= :since
 ORDER BY iteration, phase, task, start_no

-- name: select_marker
-- One marker by its key.
SELECT iteration, phase, task, start_no, state, attempt, transaction_id, started_at, done_at
  FROM dtm_markers
 WHERE handle = :handle
   AND iteration = :iteration
   AND phase = :phase
   AND task = :task
   AND start_no = :start_no

-- name: complete_marker
-- A person or a probe says that the task is done: its STARTED marker becomes DONE.
UPDATE dtm_markers
   SET state = 'DONE',
       attempt = :attempt,
       done_at = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE handle = :handle
   AND iteration = :iteration
   AND phase = :phase
   AND task = :task
   AND start_no = :start_no

-- name: insert_done_marker
-- The same where the task has left no marker.
INSERT INTO dtm_markers (
  handle, iteration, phase, task, start_no, state, attempt, started_at, done_at)
VALUES (
  :handle, :iteration, :phase, :task, :start_no, 'DONE', :attempt,
  SYS_EXTRACT_UTC(SYSTIMESTAMP), SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: delete_started_marker
-- A person says that the task is to be repeated; a DONE marker is never deleted here.
DELETE FROM dtm_markers
 WHERE handle = :handle
   AND iteration = :iteration
   AND phase = :phase
   AND task = :task
   AND start_no = :start_no
   AND state = 'STARTED'

-- name: harvest
-- Log rows whose present status the repository has not confirmed yet.
SELECT log_key, handle, iteration, phase, task, start_no, attempt, statement_no, sid, audsid,
       status, sql_text, alter_session, rows_processed, started_at, ended_at,
       parallel_queries, parallel_dml, parallel_ddl, parallel_servers, error_code, error_stack
  FROM (SELECT l.*
          FROM dtm_sql_log l
         WHERE l.handle = :handle
           AND (l.harvested IS NULL OR l.harvested <> l.status)
         ORDER BY l.started_at, l.statement_no, l.log_key)
 WHERE ROWNUM <= :row_limit

-- name: acknowledge
-- Confirms one row in the status that was harvested; if it has changed since, it comes again. A
-- block, so that many rows and their commit are one round trip.
BEGIN
  UPDATE dtm_sql_log SET harvested = :status WHERE log_key = :log_key;
  COMMIT;
END;

-- name: abandon
-- Marks what a dead session left RUNNING; only for one who holds the locks of the stream.
UPDATE dtm_sql_log
   SET status = 'ABANDONED',
       ended_at = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE handle = :handle
   AND status = 'RUNNING'

-- name: forget_sql_log
-- Removes a finished stream's statements; the repository has them.
DELETE FROM dtm_sql_log WHERE handle = :handle

-- name: forget_parameters
-- Removes a finished stream's parameters.
DELETE FROM dtm_parameters WHERE handle = :handle

-- name: forget_markers
-- Removes a finished stream's markers.
DELETE FROM dtm_markers WHERE handle = :handle

-- name: forget_stream
-- Removes a finished stream.
DELETE FROM dtm_streams WHERE handle = :handle
