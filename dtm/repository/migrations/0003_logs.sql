-- SQL log: the ALTER SESSION statement of a logged one. Retention: which streams' logs were pruned.
-- DTM_HALT writes the audit trail as `dtm halt` does, and refuses an instance the run does not have.
ALTER TABLE dtm_run_sql ADD (alter_session VARCHAR2(4000))
/
ALTER TABLE dtm_run_streams ADD (pruned_at TIMESTAMP(6))
/
ALTER VIEW dtm_v_runs COMPILE
/
ALTER VIEW dtm_v_running COMPILE
/
ALTER VIEW dtm_v_failed COMPILE
/
ALTER VIEW dtm_v_history COMPILE
/
COMMENT ON COLUMN dtm_run_sql.alter_session IS 'ALTER SESSION statement the helper ran before it'
/
COMMENT ON COLUMN dtm_run_streams.pruned_at IS 'UTC time its attempts, SQL log and parameters, and what its client kept, were removed (dtm prune); null: they are kept'
/
COMMENT ON COLUMN dtm_run_streams.state_reason IS 'Why it is in this state, in words; also why it was refused or not reached before its first task'
/
CREATE OR REPLACE VIEW dtm_v_sql AS
SELECT r.operation_name, r.environment_name, s.run_id, s.instance_name, s.object_name, q.handle,
       q.client_key, q.iteration, q.task_name, q.state, q.sql_text, q.started_at, q.elapsed_s,
       q.row_count, q.error_code, q.error_text, q.px_servers, a.state AS attempt_state,
       CASE WHEN a.state = 'DONE' THEN 'N'
            WHEN a.task_kind = 'atomic' AND a.state IN ('FAILED', 'CANCELLED', 'ABANDONED') THEN 'Y'
       END AS rolled_back, q.alter_session
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
JOIN dtm_run_sql q ON q.handle = s.handle
LEFT JOIN dtm_run_attempts a ON a.handle = q.handle AND a.seq = q.attempt_seq
/
COMMENT ON TABLE dtm_v_sql IS 'Every logged statement with its run and instance, and whether it was rolled back (null: not known, its task commits as it goes or has not ended).'
/
COMMENT ON COLUMN dtm_v_sql.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_v_sql.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_v_sql.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_v_sql.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_v_sql.object_name IS 'Object; null if there is none'
/
COMMENT ON COLUMN dtm_v_sql.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_v_sql.client_key IS 'Key of the row on the client'
/
COMMENT ON COLUMN dtm_v_sql.iteration IS 'Iteration'
/
COMMENT ON COLUMN dtm_v_sql.task_name IS 'Task that ran it'
/
COMMENT ON COLUMN dtm_v_sql.state IS 'RUNNING, DONE, FAILED, TESTED or ABANDONED'
/
COMMENT ON COLUMN dtm_v_sql.sql_text IS 'Full text'
/
COMMENT ON COLUMN dtm_v_sql.started_at IS 'UTC time of its start'
/
COMMENT ON COLUMN dtm_v_sql.elapsed_s IS 'Seconds'
/
COMMENT ON COLUMN dtm_v_sql.row_count IS 'Rows processed'
/
COMMENT ON COLUMN dtm_v_sql.error_code IS 'Error, such as ORA-01653'
/
COMMENT ON COLUMN dtm_v_sql.error_text IS 'Full error stack'
/
COMMENT ON COLUMN dtm_v_sql.px_servers IS 'Parallel execution servers'
/
COMMENT ON COLUMN dtm_v_sql.attempt_state IS 'Outcome of the task attempt that ran it'
/
COMMENT ON COLUMN dtm_v_sql.rolled_back IS 'Y, N, or null: not known'
/
COMMENT ON COLUMN dtm_v_sql.alter_session IS 'ALTER SESSION statement the helper ran before it'
/
CREATE OR REPLACE PROCEDURE dtm_halt (
  p_run_id   IN VARCHAR2,
  p_reason   IN VARCHAR2,
  p_mode     IN VARCHAR2 DEFAULT 'TASK',
  p_instance IN VARCHAR2 DEFAULT NULL)
AUTHID DEFINER
AS
  -- From SQL*Plus: EXEC dtm_halt('20260101-220000-7f3a', 'disk array rebuild'). Commits.
  l_state dtm_runs.state%TYPE;
  l_count NUMBER;
  l_actor VARCHAR2(256) := SYS_CONTEXT('USERENV', 'SESSION_USER');
  l_where VARCHAR2(200);
  l_now   TIMESTAMP(6) := SYS_EXTRACT_UTC(SYSTIMESTAMP);
BEGIN
  BEGIN
    SELECT state INTO l_state FROM dtm_runs WHERE run_id = p_run_id;
  EXCEPTION
    WHEN NO_DATA_FOUND THEN
      RAISE_APPLICATION_ERROR(-20001, 'there is no run ' || p_run_id);
  END;
  IF l_state <> 'RUNNING' THEN
    RAISE_APPLICATION_ERROR(-20001, 'run ' || p_run_id || ' is not running but ' || l_state);
  END IF;
  IF p_reason IS NULL THEN
    RAISE_APPLICATION_ERROR(-20021, 'a reason is required');
  END IF;
  IF p_mode IS NULL OR UPPER(p_mode) NOT IN ('NOW', 'TASK', 'ITERATION') THEN
    RAISE_APPLICATION_ERROR(-20021, 'mode is NOW, TASK or ITERATION');
  END IF;
  IF p_instance IS NOT NULL THEN
    SELECT COUNT(*) INTO l_count FROM dtm_run_streams
    WHERE run_id = p_run_id AND instance_name = p_instance;
    IF l_count = 0 THEN
      RAISE_APPLICATION_ERROR(-20021, 'run ' || p_run_id || ' has no instance ' || p_instance);
    END IF;
    l_where := ' on ' || p_instance;
  END IF;
  INSERT INTO dtm_run_halts (halt_id, run_id, instance_name, halt_mode, reason, requested_by, requested_at)
  VALUES (RAWTOHEX(SYS_GUID()), p_run_id, p_instance, UPPER(p_mode), p_reason, l_actor, l_now);
  INSERT INTO dtm_run_events (event_key, run_id, happened_at, kind, actor, message)
  VALUES (RAWTOHEX(SYS_GUID()), p_run_id, l_now, 'HALT', l_actor,
          SUBSTRB(LOWER(p_mode) || l_where || ': ' || p_reason, 1, 4000));
  COMMIT;
END dtm_halt;
/
