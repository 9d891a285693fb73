-- Runs: what runs, what ran, every attempt, every statement, every act of a person.
-- Oracle 12.1 and later; identifiers of at most 30 bytes. All timestamps are UTC (repository time).
-- Current state (DTM_RUNS, DTM_RUN_STREAMS, DTM_FENCES) and append-only history (the rest) are apart.
CREATE TABLE dtm_runs (
  run_id            VARCHAR2(40)   NOT NULL,
  operation_name    VARCHAR2(128)  NOT NULL,
  environment_name  VARCHAR2(128)  NOT NULL,
  assignment_name   VARCHAR2(128)  NOT NULL,
  run_mode          VARCHAR2(1)    NOT NULL,
  state             VARCHAR2(20)   NOT NULL,
  open_key          VARCHAR2(300),
  definition_digest VARCHAR2(64)   NOT NULL,
  requested_by      VARCHAR2(256)  NOT NULL,
  tool_version      VARCHAR2(64)   NOT NULL,
  max_parallel      NUMBER(6),
  start_count       NUMBER(10)     DEFAULT 1 NOT NULL,
  halt_kind         VARCHAR2(20),
  state_reason      VARCHAR2(4000),
  started_at        TIMESTAMP(6)   NOT NULL,
  resumed_at        TIMESTAMP(6)   NOT NULL,
  ended_at          TIMESTAMP(6),
  CONSTRAINT dtm_runs_pk PRIMARY KEY (run_id),
  CONSTRAINT dtm_runs_open_uk UNIQUE (open_key)
)
/
CREATE INDEX dtm_runs_operation_ix ON dtm_runs (operation_name, environment_name, started_at)
/
CREATE TABLE dtm_run_streams (
  handle            VARCHAR2(20)   NOT NULL,
  run_id            VARCHAR2(40)   NOT NULL,
  instance_name     VARCHAR2(128)  NOT NULL,
  object_name       VARCHAR2(261),
  position          NUMBER(10)     NOT NULL,
  member            NUMBER(10)     NOT NULL,
  wave              NUMBER(10)     NOT NULL,
  state             VARCHAR2(20)   NOT NULL,
  state_reason      VARCHAR2(4000),
  halt_kind         VARCHAR2(20),
  iteration         NUMBER(10)     DEFAULT 0 NOT NULL,
  exhausted         VARCHAR2(1)    DEFAULT 'N' NOT NULL,
  start_count       NUMBER(10)     DEFAULT 0 NOT NULL,
  start_iteration   NUMBER(10)     DEFAULT 0 NOT NULL,
  fence             NUMBER(20)     DEFAULT 0 NOT NULL,
  initial_fence     NUMBER(20)     DEFAULT 0 NOT NULL,
  last_seq          NUMBER(10)     DEFAULT 0 NOT NULL,
  liveness          VARCHAR2(10),
  client_session    VARCHAR2(200),
  started_at        TIMESTAMP(6),
  ended_at          TIMESTAMP(6),
  touched_at        TIMESTAMP(6),
  CONSTRAINT dtm_run_streams_pk PRIMARY KEY (handle),
  CONSTRAINT dtm_run_streams_run_fk FOREIGN KEY (run_id) REFERENCES dtm_runs (run_id)
)
/
CREATE INDEX dtm_run_streams_run_ix ON dtm_run_streams (run_id, position, member)
/
CREATE TABLE dtm_run_parameters (
  handle            VARCHAR2(20)   NOT NULL,
  name              VARCHAR2(128)  NOT NULL,
  value_type        VARCHAR2(20)   NOT NULL,
  value             VARCHAR2(4000),
  layer             VARCHAR2(100)  NOT NULL,
  origin            VARCHAR2(1000),
  CONSTRAINT dtm_run_parameters_pk PRIMARY KEY (handle, name),
  CONSTRAINT dtm_run_parameters_stream_fk FOREIGN KEY (handle) REFERENCES dtm_run_streams (handle)
)
/
CREATE TABLE dtm_run_packages (
  run_id            VARCHAR2(40)   NOT NULL,
  instance_name     VARCHAR2(128)  NOT NULL,
  package_name      VARCHAR2(128)  NOT NULL,
  pin_no            NUMBER(10)     NOT NULL,
  version_digest    VARCHAR2(64)   NOT NULL,
  reason            VARCHAR2(20)   NOT NULL,
  pinned_at         TIMESTAMP(6)   NOT NULL,
  CONSTRAINT dtm_run_packages_pk PRIMARY KEY (run_id, instance_name, package_name, pin_no),
  CONSTRAINT dtm_run_packages_run_fk FOREIGN KEY (run_id) REFERENCES dtm_runs (run_id)
)
/
CREATE TABLE dtm_run_attempts (
  handle            VARCHAR2(20)   NOT NULL,
  seq               NUMBER(10)     NOT NULL,
  iteration         NUMBER(10)     NOT NULL,
  phase             VARCHAR2(20)   NOT NULL,
  task_name         VARCHAR2(128)  NOT NULL,
  attempt_no        NUMBER(10)     NOT NULL,
  marker_no         NUMBER(20)     DEFAULT 0 NOT NULL,
  after_error       VARCHAR2(1)    DEFAULT 'N' NOT NULL,
  task_kind         VARCHAR2(20)   NOT NULL,
  fence             NUMBER(20)     NOT NULL,
  state             VARCHAR2(20)   NOT NULL,
  outcome_by        VARCHAR2(20),
  resolution        VARCHAR2(20),
  started_at        TIMESTAMP(6)   NOT NULL,
  ended_at          TIMESTAMP(6),
  elapsed_s         NUMBER(16,6),
  error_code        VARCHAR2(20),
  error_class       VARCHAR2(20),
  error_text        CLOB,
  CONSTRAINT dtm_run_attempts_pk PRIMARY KEY (handle, seq),
  CONSTRAINT dtm_run_attempts_stream_fk FOREIGN KEY (handle) REFERENCES dtm_run_streams (handle)
)
/
CREATE INDEX dtm_run_attempts_iter_ix ON dtm_run_attempts (handle, iteration, phase)
/
CREATE TABLE dtm_run_sql (
  handle            VARCHAR2(20)   NOT NULL,
  client_key        VARCHAR2(40)   NOT NULL,
  attempt_seq       NUMBER(10),
  iteration         NUMBER(10),
  task_name         VARCHAR2(128),
  state             VARCHAR2(20)   NOT NULL,
  sql_text          CLOB,
  sql_id            VARCHAR2(13),
  started_at        TIMESTAMP(6),
  ended_at          TIMESTAMP(6),
  elapsed_s         NUMBER(16,6),
  row_count         NUMBER(20),
  error_code        VARCHAR2(20),
  error_text        CLOB,
  px_queries        NUMBER(10),
  px_dml            NUMBER(10),
  px_ddl            NUMBER(10),
  px_servers        NUMBER(10),
  CONSTRAINT dtm_run_sql_pk PRIMARY KEY (handle, client_key),
  CONSTRAINT dtm_run_sql_stream_fk FOREIGN KEY (handle) REFERENCES dtm_run_streams (handle)
)
/
CREATE TABLE dtm_run_events (
  event_key         VARCHAR2(40)   NOT NULL,
  run_id            VARCHAR2(40)   NOT NULL,
  handle            VARCHAR2(20),
  happened_at       TIMESTAMP(6)   NOT NULL,
  kind              VARCHAR2(30)   NOT NULL,
  actor             VARCHAR2(256)  NOT NULL,
  message           VARCHAR2(4000),
  CONSTRAINT dtm_run_events_pk PRIMARY KEY (event_key),
  CONSTRAINT dtm_run_events_run_fk FOREIGN KEY (run_id) REFERENCES dtm_runs (run_id)
)
/
CREATE INDEX dtm_run_events_run_ix ON dtm_run_events (run_id, happened_at)
/
CREATE TABLE dtm_run_halts (
  halt_id           VARCHAR2(40)   NOT NULL,
  run_id            VARCHAR2(40)   NOT NULL,
  instance_name     VARCHAR2(128),
  halt_mode         VARCHAR2(20)   NOT NULL,
  reason            VARCHAR2(4000) NOT NULL,
  requested_by      VARCHAR2(256)  NOT NULL,
  requested_at      TIMESTAMP(6)   NOT NULL,
  honoured_at       TIMESTAMP(6),
  CONSTRAINT dtm_run_halts_pk PRIMARY KEY (halt_id),
  CONSTRAINT dtm_run_halts_run_fk FOREIGN KEY (run_id) REFERENCES dtm_runs (run_id),
  CONSTRAINT dtm_run_halts_mode_ck CHECK (halt_mode IN ('NOW', 'TASK', 'ITERATION'))
)
/
CREATE INDEX dtm_run_halts_run_ix ON dtm_run_halts (run_id)
/
CREATE TABLE dtm_fences (
  operation_name    VARCHAR2(128)  NOT NULL,
  environment_name  VARCHAR2(128)  NOT NULL,
  instance_name     VARCHAR2(128)  NOT NULL,
  fence             NUMBER(20)     NOT NULL,
  runner            VARCHAR2(256)  NOT NULL,
  taken_at          TIMESTAMP(6)   NOT NULL,
  CONSTRAINT dtm_fences_pk PRIMARY KEY (operation_name, environment_name, instance_name)
)
/
CREATE OR REPLACE VIEW dtm_v_runs AS
SELECT r.run_id, r.operation_name, r.environment_name, r.assignment_name, r.run_mode, r.state,
       r.state_reason, r.requested_by, r.started_at, r.resumed_at, r.ended_at, r.start_count,
       COUNT(s.handle) AS streams,
       SUM(CASE WHEN s.state = 'COMPLETED' THEN 1 ELSE 0 END) AS completed,
       SUM(CASE WHEN s.state IN ('FAILED', 'UNKNOWN') THEN 1 ELSE 0 END) AS failed,
       SUM(CASE WHEN s.state IN ('PENDING', 'RUNNING', 'HALTED') THEN 1 ELSE 0 END) AS unfinished
FROM dtm_runs r
LEFT JOIN dtm_run_streams s ON s.run_id = r.run_id
GROUP BY r.run_id, r.operation_name, r.environment_name, r.assignment_name, r.run_mode, r.state,
         r.state_reason, r.requested_by, r.started_at, r.resumed_at, r.ended_at, r.start_count
/
CREATE OR REPLACE VIEW dtm_v_running AS
SELECT r.operation_name, r.environment_name, s.run_id, s.instance_name, s.object_name, s.handle,
       s.iteration, a.phase, a.task_name, a.attempt_no, a.started_at, s.client_session
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
LEFT JOIN dtm_run_attempts a ON a.handle = s.handle AND a.state = 'RUNNING'
WHERE r.open_key IS NOT NULL
AND s.state = 'RUNNING'
/
CREATE OR REPLACE VIEW dtm_v_failed AS
SELECT r.operation_name, r.environment_name, s.run_id, s.instance_name, s.object_name, s.handle,
       s.state, s.state_reason, a.seq, a.iteration, a.phase, a.task_name, a.error_code, a.error_text,
       a.ended_at
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
LEFT JOIN dtm_run_attempts a ON a.handle = s.handle
  AND a.fence = s.fence AND a.state IN ('FAILED', 'UNKNOWN', 'CANCELLED')
WHERE r.open_key IS NOT NULL
AND s.state IN ('FAILED', 'UNKNOWN')
/
CREATE OR REPLACE VIEW dtm_v_history AS
SELECT r.operation_name, r.environment_name, r.run_mode, s.run_id, s.instance_name, s.object_name,
       a.handle, a.seq, a.iteration, a.phase, a.task_name, a.attempt_no, a.state, a.outcome_by,
       a.started_at, a.ended_at, a.elapsed_s, a.error_code, a.error_text
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
JOIN dtm_run_attempts a ON a.handle = s.handle
/
CREATE OR REPLACE VIEW dtm_v_sql AS
SELECT r.operation_name, r.environment_name, s.run_id, s.instance_name, s.object_name, q.handle,
       q.client_key, q.iteration, q.task_name, q.state, q.sql_text, q.started_at, q.elapsed_s,
       q.row_count, q.error_code, q.error_text, q.px_servers, a.state AS attempt_state,
       CASE WHEN a.state = 'DONE' THEN 'N'
            WHEN a.task_kind = 'atomic' AND a.state IN ('FAILED', 'CANCELLED', 'ABANDONED') THEN 'Y'
       END AS rolled_back
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
JOIN dtm_run_sql q ON q.handle = s.handle
LEFT JOIN dtm_run_attempts a ON a.handle = q.handle AND a.seq = q.attempt_seq
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
  IF UPPER(p_mode) NOT IN ('NOW', 'TASK', 'ITERATION') THEN
    RAISE_APPLICATION_ERROR(-20021, 'mode is NOW, TASK or ITERATION');
  END IF;
  INSERT INTO dtm_run_halts (halt_id, run_id, instance_name, halt_mode, reason, requested_by, requested_at)
  VALUES (RAWTOHEX(SYS_GUID()), p_run_id, p_instance, UPPER(p_mode), p_reason,
          SYS_CONTEXT('USERENV', 'SESSION_USER'), l_now);
  COMMIT;
END dtm_halt;
/
COMMENT ON TABLE dtm_runs IS 'One row per run: one execution of an assignment. Current state; history is in DTM_RUN_EVENTS.'
/
COMMENT ON COLUMN dtm_runs.run_id IS 'Id of the run: UTC time it was created, and four random characters'
/
COMMENT ON COLUMN dtm_runs.operation_name IS 'Operation that is run'
/
COMMENT ON COLUMN dtm_runs.environment_name IS 'Environment it is run in'
/
COMMENT ON COLUMN dtm_runs.assignment_name IS 'Assignment that says where and on which objects'
/
COMMENT ON COLUMN dtm_runs.run_mode IS 'R: real; T: test (statements are logged, not executed)'
/
COMMENT ON COLUMN dtm_runs.state IS 'RUNNING, FAILED, HALTED, INTERRUPTED, COMPLETED or ABANDONED; open until one of the last two'
/
COMMENT ON COLUMN dtm_runs.open_key IS 'Assignment and mode while the run is open, else null: at most one open run of each'
/
COMMENT ON COLUMN dtm_runs.definition_digest IS 'Digest of the operation as applied when the run was last started or resumed'
/
COMMENT ON COLUMN dtm_runs.requested_by IS 'Who started it: operating system user and machine'
/
COMMENT ON COLUMN dtm_runs.tool_version IS 'Version of dtm that started it'
/
COMMENT ON COLUMN dtm_runs.max_parallel IS 'Streams at the same time, if limited; may be changed while it runs'
/
COMMENT ON COLUMN dtm_runs.start_count IS 'How often it was started: 1 and one more per resume'
/
COMMENT ON COLUMN dtm_runs.halt_kind IS 'Why it halted: PERSON, SIGNAL, WINDOW, DURATION, ITERATIONS or BUDGET'
/
COMMENT ON COLUMN dtm_runs.state_reason IS 'Why it is in this state, in words'
/
COMMENT ON COLUMN dtm_runs.started_at IS 'UTC time of the first start'
/
COMMENT ON COLUMN dtm_runs.resumed_at IS 'UTC time of the last start'
/
COMMENT ON COLUMN dtm_runs.ended_at IS 'UTC time the last runner ended it; null while it runs'
/
COMMENT ON TABLE dtm_run_streams IS 'One row per stream: one run on one instance for one object. Rows are the pin of instances and objects.'
/
COMMENT ON COLUMN dtm_run_streams.handle IS 'Id of the stream as PL/SQL gets it (p_handle): UTC milliseconds * 2**20 + 20 random bits, decimal'
/
COMMENT ON COLUMN dtm_run_streams.run_id IS 'Run it belongs to'
/
COMMENT ON COLUMN dtm_run_streams.instance_name IS 'Instance it runs on'
/
COMMENT ON COLUMN dtm_run_streams.object_name IS 'Object (OWNER.NAME) it runs for; null if the assignment names none'
/
COMMENT ON COLUMN dtm_run_streams.position IS 'Run order of the object on its instance, from 1; equal positions may run side by side'
/
COMMENT ON COLUMN dtm_run_streams.member IS 'Order among equal positions, from 1'
/
COMMENT ON COLUMN dtm_run_streams.wave IS 'Wave of the run its instance is in, from 1'
/
COMMENT ON COLUMN dtm_run_streams.state IS 'PENDING, RUNNING, FAILED, UNKNOWN, HALTED, COMPLETED or SKIPPED'
/
COMMENT ON COLUMN dtm_run_streams.state_reason IS 'Why it is in this state, in words'
/
COMMENT ON COLUMN dtm_run_streams.halt_kind IS 'Why it halted: PERSON, SIGNAL, WINDOW, DURATION, ITERATIONS or BUDGET'
/
COMMENT ON COLUMN dtm_run_streams.iteration IS 'Iteration whose iterator completed last; 0 before the first'
/
COMMENT ON COLUMN dtm_run_streams.exhausted IS 'Y after the iterator said (ORA-20100) that nothing is left to do'
/
COMMENT ON COLUMN dtm_run_streams.start_count IS 'How often the stream was started'
/
COMMENT ON COLUMN dtm_run_streams.start_iteration IS 'Iteration at the last start; the iteration limit counts from here'
/
COMMENT ON COLUMN dtm_run_streams.fence IS 'Number of the runner that owns the stream; writes with any other number are refused'
/
COMMENT ON COLUMN dtm_run_streams.initial_fence IS 'Fence of the last start whose initial task completed'
/
COMMENT ON COLUMN dtm_run_streams.last_seq IS 'Number of the last attempt in DTM_RUN_ATTEMPTS'
/
COMMENT ON COLUMN dtm_run_streams.liveness IS 'strong: DBMS_LOCK proves who is alive; weak: only GV$SESSION was looked at'
/
COMMENT ON COLUMN dtm_run_streams.client_session IS 'Database, instance, SID, SERIAL#, AUDSID of the coordinating session'
/
COMMENT ON COLUMN dtm_run_streams.started_at IS 'UTC time of the first start'
/
COMMENT ON COLUMN dtm_run_streams.ended_at IS 'UTC time of the last end; null while it runs'
/
COMMENT ON COLUMN dtm_run_streams.touched_at IS 'UTC time of the last write of its runner'
/
COMMENT ON TABLE dtm_run_parameters IS 'Parameters of a stream, frozen when the run started.'
/
COMMENT ON COLUMN dtm_run_parameters.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_run_parameters.name IS 'Parameter'
/
COMMENT ON COLUMN dtm_run_parameters.value_type IS 'string, number or date'
/
COMMENT ON COLUMN dtm_run_parameters.value IS 'Value as text: numbers with a point, dates as ISO 8601'
/
COMMENT ON COLUMN dtm_run_parameters.layer IS 'Layer that gave the value: default, environment, assignment, command line ...'
/
COMMENT ON COLUMN dtm_run_parameters.origin IS 'Manifest or option the value came from'
/
COMMENT ON TABLE dtm_run_packages IS 'Package versions a run uses per instance; a resume that uses another adds a row. Append-only.'
/
COMMENT ON COLUMN dtm_run_packages.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_run_packages.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_run_packages.package_name IS 'Package'
/
COMMENT ON COLUMN dtm_run_packages.pin_no IS '1 at the start, one more per re-pin'
/
COMMENT ON COLUMN dtm_run_packages.version_digest IS 'Digest of the released package version'
/
COMMENT ON COLUMN dtm_run_packages.reason IS 'START or RESUME'
/
COMMENT ON COLUMN dtm_run_packages.pinned_at IS 'UTC time'
/
COMMENT ON TABLE dtm_run_attempts IS 'Every attempt at every task. Rows are added before the call and get their outcome after it; a retry adds a row.'
/
COMMENT ON COLUMN dtm_run_attempts.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_run_attempts.seq IS 'Number of the attempt in its stream, from 1'
/
COMMENT ON COLUMN dtm_run_attempts.iteration IS 'Iteration, from 1'
/
COMMENT ON COLUMN dtm_run_attempts.phase IS 'ITERATOR, INITIAL, TASK or FINAL'
/
COMMENT ON COLUMN dtm_run_attempts.task_name IS 'Task as the operation names it'
/
COMMENT ON COLUMN dtm_run_attempts.attempt_no IS 'Number of the attempt at this task in this iteration and start, from 1'
/
COMMENT ON COLUMN dtm_run_attempts.marker_no IS 'Start number in the key of the completion marker on the client; 0 where the key has none'
/
COMMENT ON COLUMN dtm_run_attempts.after_error IS 'Y for final after an error'
/
COMMENT ON COLUMN dtm_run_attempts.task_kind IS 'atomic: its work commits with its marker or not at all; self-committing: it commits as it goes'
/
COMMENT ON COLUMN dtm_run_attempts.fence IS 'Runner that made the attempt'
/
COMMENT ON COLUMN dtm_run_attempts.state IS 'RUNNING (intent; or its runner died), DONE, FAILED, CANCELLED, UNKNOWN or ABANDONED'
/
COMMENT ON COLUMN dtm_run_attempts.outcome_by IS 'How the outcome is known: ANSWER, MARKER, PROBE, COMPLETE (ORA-20100 of the iterator), RULE or PERSON'
/
COMMENT ON COLUMN dtm_run_attempts.resolution IS 'What a person decided on an unknown outcome: DONE or RETRY'
/
COMMENT ON COLUMN dtm_run_attempts.started_at IS 'UTC time the intent was written'
/
COMMENT ON COLUMN dtm_run_attempts.ended_at IS 'UTC time the outcome was known'
/
COMMENT ON COLUMN dtm_run_attempts.elapsed_s IS 'Seconds from call to answer'
/
COMMENT ON COLUMN dtm_run_attempts.error_code IS 'Cause of the error, such as ORA-01653'
/
COMMENT ON COLUMN dtm_run_attempts.error_class IS 'TRANSIENT, UNKNOWN, SPACE, PERMANENT, CANCELLED ...'
/
COMMENT ON COLUMN dtm_run_attempts.error_text IS 'Full error stack'
/
COMMENT ON TABLE dtm_run_sql IS 'Every statement that went through the client helper, harvested from the clients.'
/
COMMENT ON COLUMN dtm_run_sql.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_run_sql.client_key IS 'Key of the row on the client'
/
COMMENT ON COLUMN dtm_run_sql.attempt_seq IS 'Attempt in DTM_RUN_ATTEMPTS that ran it, where known'
/
COMMENT ON COLUMN dtm_run_sql.iteration IS 'Iteration'
/
COMMENT ON COLUMN dtm_run_sql.task_name IS 'Task that ran it'
/
COMMENT ON COLUMN dtm_run_sql.state IS 'RUNNING, DONE, FAILED, TESTED (test mode: not executed) or ABANDONED (its attempt died)'
/
COMMENT ON COLUMN dtm_run_sql.sql_text IS 'Full text'
/
COMMENT ON COLUMN dtm_run_sql.sql_id IS 'SQL_ID where known'
/
COMMENT ON COLUMN dtm_run_sql.started_at IS 'Start, UTC time of the client'
/
COMMENT ON COLUMN dtm_run_sql.ended_at IS 'End, UTC time of the client'
/
COMMENT ON COLUMN dtm_run_sql.elapsed_s IS 'Seconds'
/
COMMENT ON COLUMN dtm_run_sql.row_count IS 'Rows processed'
/
COMMENT ON COLUMN dtm_run_sql.error_code IS 'Error, such as ORA-01653'
/
COMMENT ON COLUMN dtm_run_sql.error_text IS 'Full error stack'
/
COMMENT ON COLUMN dtm_run_sql.px_queries IS 'Parallelized queries (V$PQ_SESSTAT)'
/
COMMENT ON COLUMN dtm_run_sql.px_dml IS 'Parallelized DML statements (V$PQ_SESSTAT)'
/
COMMENT ON COLUMN dtm_run_sql.px_ddl IS 'Parallelized DDL statements (V$PQ_SESSTAT)'
/
COMMENT ON COLUMN dtm_run_sql.px_servers IS 'Parallel execution servers (V$PQ_SESSTAT)'
/
COMMENT ON TABLE dtm_run_events IS 'Audit trail of runs. Append-only.'
/
COMMENT ON COLUMN dtm_run_events.event_key IS 'Id, so that replaying a spool adds nothing twice'
/
COMMENT ON COLUMN dtm_run_events.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_run_events.handle IS 'Stream, if it concerns one'
/
COMMENT ON COLUMN dtm_run_events.happened_at IS 'UTC time'
/
COMMENT ON COLUMN dtm_run_events.kind IS 'START, RESUME, END, HALT, ABANDON, RESOLVE, LOCK, REPIN, INSTALL, SPOOL, PARALLEL ...'
/
COMMENT ON COLUMN dtm_run_events.actor IS 'Who: operating system user and machine, or the database user'
/
COMMENT ON COLUMN dtm_run_events.message IS 'What and why'
/
COMMENT ON TABLE dtm_run_halts IS 'Requests to halt a run; DTM_HALT adds them from SQL*Plus, dtm halt from anywhere.'
/
COMMENT ON COLUMN dtm_run_halts.halt_id IS 'Id'
/
COMMENT ON COLUMN dtm_run_halts.run_id IS 'Run to halt'
/
COMMENT ON COLUMN dtm_run_halts.instance_name IS 'Only the streams of this instance; null: all'
/
COMMENT ON COLUMN dtm_run_halts.halt_mode IS 'NOW: cancel the running calls; TASK: after the running task; ITERATION: after the running iteration'
/
COMMENT ON COLUMN dtm_run_halts.reason IS 'Why'
/
COMMENT ON COLUMN dtm_run_halts.requested_by IS 'Who asked'
/
COMMENT ON COLUMN dtm_run_halts.requested_at IS 'UTC time of the request'
/
COMMENT ON COLUMN dtm_run_halts.honoured_at IS 'UTC time a runner had honoured it; null while it is outstanding'
/
COMMENT ON TABLE dtm_fences IS 'Number of the runner that owns an operation on an instance; grows with every takeover.'
/
COMMENT ON COLUMN dtm_fences.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_fences.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_fences.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_fences.fence IS 'Number: larger than any before, even if the repository is restored from a backup'
/
COMMENT ON COLUMN dtm_fences.runner IS 'Runner that took it: user, machine, process'
/
COMMENT ON COLUMN dtm_fences.taken_at IS 'UTC time'
/
COMMENT ON TABLE dtm_v_runs IS 'Runs with counts of their streams by state.'
/
COMMENT ON TABLE dtm_v_running IS 'What runs now: running streams with their running task.'
/
COMMENT ON TABLE dtm_v_failed IS 'What failed and waits: streams FAILED or UNKNOWN in open runs, with the last error.'
/
COMMENT ON TABLE dtm_v_history IS 'Every task attempt of every run, readable.'
/
COMMENT ON TABLE dtm_v_sql IS 'Every logged statement with its run and instance, and whether it was rolled back (null: not known, its task commits as it goes or has not ended).'
/
COMMENT ON COLUMN dtm_v_runs.run_id IS 'Id of the run'
/
COMMENT ON COLUMN dtm_v_runs.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_v_runs.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_v_runs.assignment_name IS 'Assignment'
/
COMMENT ON COLUMN dtm_v_runs.run_mode IS 'R: real; T: test'
/
COMMENT ON COLUMN dtm_v_runs.state IS 'State of the run'
/
COMMENT ON COLUMN dtm_v_runs.state_reason IS 'Why, in words'
/
COMMENT ON COLUMN dtm_v_runs.requested_by IS 'Who started it'
/
COMMENT ON COLUMN dtm_v_runs.started_at IS 'UTC time of the first start'
/
COMMENT ON COLUMN dtm_v_runs.resumed_at IS 'UTC time of the last start'
/
COMMENT ON COLUMN dtm_v_runs.ended_at IS 'UTC time of the last end; null while it runs'
/
COMMENT ON COLUMN dtm_v_runs.start_count IS 'How often it was started'
/
COMMENT ON COLUMN dtm_v_runs.streams IS 'Number of streams'
/
COMMENT ON COLUMN dtm_v_runs.completed IS 'Streams that completed'
/
COMMENT ON COLUMN dtm_v_runs.failed IS 'Streams that failed or whose outcome is unknown'
/
COMMENT ON COLUMN dtm_v_runs.unfinished IS 'Streams that are pending, running or halted'
/
COMMENT ON COLUMN dtm_v_running.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_v_running.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_v_running.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_v_running.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_v_running.object_name IS 'Object; null if there is none'
/
COMMENT ON COLUMN dtm_v_running.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_v_running.iteration IS 'Iteration whose iterator completed last'
/
COMMENT ON COLUMN dtm_v_running.phase IS 'ITERATOR, INITIAL, TASK or FINAL'
/
COMMENT ON COLUMN dtm_v_running.task_name IS 'Task that runs; null between tasks'
/
COMMENT ON COLUMN dtm_v_running.attempt_no IS 'Attempt at it, from 1'
/
COMMENT ON COLUMN dtm_v_running.started_at IS 'UTC time its call began'
/
COMMENT ON COLUMN dtm_v_running.client_session IS 'Coordinating session on the instance'
/
COMMENT ON COLUMN dtm_v_failed.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_v_failed.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_v_failed.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_v_failed.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_v_failed.object_name IS 'Object; null if there is none'
/
COMMENT ON COLUMN dtm_v_failed.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_v_failed.state IS 'FAILED, or UNKNOWN: a person must say what became of a task'
/
COMMENT ON COLUMN dtm_v_failed.state_reason IS 'Why, in words'
/
COMMENT ON COLUMN dtm_v_failed.seq IS 'Number of the attempt'
/
COMMENT ON COLUMN dtm_v_failed.iteration IS 'Iteration'
/
COMMENT ON COLUMN dtm_v_failed.phase IS 'ITERATOR, INITIAL, TASK or FINAL'
/
COMMENT ON COLUMN dtm_v_failed.task_name IS 'Task that failed'
/
COMMENT ON COLUMN dtm_v_failed.error_code IS 'Cause, such as ORA-01653'
/
COMMENT ON COLUMN dtm_v_failed.error_text IS 'Full error stack'
/
COMMENT ON COLUMN dtm_v_failed.ended_at IS 'UTC time of the failure'
/
COMMENT ON COLUMN dtm_v_history.operation_name IS 'Operation'
/
COMMENT ON COLUMN dtm_v_history.environment_name IS 'Environment'
/
COMMENT ON COLUMN dtm_v_history.run_mode IS 'R: real; T: test'
/
COMMENT ON COLUMN dtm_v_history.run_id IS 'Run'
/
COMMENT ON COLUMN dtm_v_history.instance_name IS 'Instance'
/
COMMENT ON COLUMN dtm_v_history.object_name IS 'Object; null if there is none'
/
COMMENT ON COLUMN dtm_v_history.handle IS 'Stream'
/
COMMENT ON COLUMN dtm_v_history.seq IS 'Number of the attempt in its stream'
/
COMMENT ON COLUMN dtm_v_history.iteration IS 'Iteration'
/
COMMENT ON COLUMN dtm_v_history.phase IS 'ITERATOR, INITIAL, TASK or FINAL'
/
COMMENT ON COLUMN dtm_v_history.task_name IS 'Task'
/
COMMENT ON COLUMN dtm_v_history.attempt_no IS 'Number of the attempt at this task'
/
COMMENT ON COLUMN dtm_v_history.state IS 'Outcome'
/
COMMENT ON COLUMN dtm_v_history.outcome_by IS 'How the outcome is known'
/
COMMENT ON COLUMN dtm_v_history.started_at IS 'UTC time of the intent'
/
COMMENT ON COLUMN dtm_v_history.ended_at IS 'UTC time of the outcome'
/
COMMENT ON COLUMN dtm_v_history.elapsed_s IS 'Seconds from call to answer'
/
COMMENT ON COLUMN dtm_v_history.error_code IS 'Cause of an error'
/
COMMENT ON COLUMN dtm_v_history.error_text IS 'Full error stack'
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
