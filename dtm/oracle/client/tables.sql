-- Tables of dtm's client schema, one per instance. Statements end with a line holding only "/".
-- Identifiers stay within 30 bytes (Oracle 12.1). All times are UTC.

CREATE TABLE dtm_streams (
  handle          VARCHAR2(40)  NOT NULL,
  run_id          VARCHAR2(40),
  operation_name  VARCHAR2(128) NOT NULL,
  object_owner    VARCHAR2(128),
  object_name     VARCHAR2(128),
  test_mode       VARCHAR2(1)   DEFAULT 'N' NOT NULL,
  started_at      TIMESTAMP(6)  NOT NULL,
  CONSTRAINT dtm_streams_pk PRIMARY KEY (handle),
  CONSTRAINT dtm_streams_mode_ck CHECK (test_mode IN ('Y', 'N'))
)
/
COMMENT ON TABLE dtm_streams IS 'Streams of work begun on this instance by dtm; one row per handle'
/
COMMENT ON COLUMN dtm_streams.handle IS 'Id of the stream as PL/SQL gets it; a decimal number as text, never reused'
/
COMMENT ON COLUMN dtm_streams.run_id IS 'Id of the run in the repository'
/
COMMENT ON COLUMN dtm_streams.operation_name IS 'Operation that the stream executes'
/
COMMENT ON COLUMN dtm_streams.object_owner IS 'Owner of the object the stream works on; null when the operation has no objects'
/
COMMENT ON COLUMN dtm_streams.object_name IS 'Name of the object the stream works on; null when the operation has no objects'
/
COMMENT ON COLUMN dtm_streams.test_mode IS 'Y: DTM.EXECUTE_IMMEDIATE logs statements and executes none'
/
COMMENT ON COLUMN dtm_streams.started_at IS 'When the stream was begun (UTC)'
/
CREATE TABLE dtm_parameters (
  handle        VARCHAR2(40)   NOT NULL,
  object_name   VARCHAR2(261)  DEFAULT '*' NOT NULL,
  name          VARCHAR2(128)  NOT NULL,
  value_type    VARCHAR2(10)   NOT NULL,
  string_value  VARCHAR2(4000),
  number_value  NUMBER,
  date_value    DATE,
  CONSTRAINT dtm_parameters_pk PRIMARY KEY (handle, object_name, name),
  CONSTRAINT dtm_parameters_type_ck CHECK (value_type IN ('STRING', 'NUMBER', 'DATE'))
)
/
COMMENT ON TABLE dtm_parameters IS 'Parameters of each stream, frozen when it was begun; read by DTM.GET_STRING_PARAM and its sisters'
/
COMMENT ON COLUMN dtm_parameters.handle IS 'Stream the parameter belongs to'
/
COMMENT ON COLUMN dtm_parameters.object_name IS 'OWNER.NAME for a value of another object; * for the object of the stream itself'
/
COMMENT ON COLUMN dtm_parameters.name IS 'Name of the parameter in upper case'
/
COMMENT ON COLUMN dtm_parameters.value_type IS 'Declared type: STRING, NUMBER or DATE'
/
COMMENT ON COLUMN dtm_parameters.string_value IS 'Value as text, for every type: numbers with a decimal point, dates as ISO 8601'
/
COMMENT ON COLUMN dtm_parameters.number_value IS 'Value of a NUMBER parameter'
/
COMMENT ON COLUMN dtm_parameters.date_value IS 'Value of a DATE parameter'
/
CREATE TABLE dtm_markers (
  handle          VARCHAR2(40)  NOT NULL,
  iteration       NUMBER(10)    NOT NULL,
  phase           VARCHAR2(10)  NOT NULL,
  task            VARCHAR2(128) NOT NULL,
  start_no        NUMBER(20)    DEFAULT 0 NOT NULL,
  state           VARCHAR2(10)  NOT NULL,
  attempt         VARCHAR2(64),
  transaction_id  VARCHAR2(64),
  started_at      TIMESTAMP(6)  NOT NULL,
  done_at         TIMESTAMP(6),
  CONSTRAINT dtm_markers_pk PRIMARY KEY (handle, iteration, phase, task, start_no),
  CONSTRAINT dtm_markers_phase_ck CHECK (phase IN ('ITERATOR', 'INITIAL', 'TASK', 'FINAL')),
  CONSTRAINT dtm_markers_state_ck CHECK (state IN ('STARTED', 'DONE'))
)
/
COMMENT ON TABLE dtm_markers IS 'Completion markers: the row of an atomic task commits together with the work of the task'
/
COMMENT ON COLUMN dtm_markers.handle IS 'Stream the task belongs to'
/
COMMENT ON COLUMN dtm_markers.iteration IS 'Iteration of the stream, counted from 1'
/
COMMENT ON COLUMN dtm_markers.phase IS 'ITERATOR, INITIAL, TASK or FINAL'
/
COMMENT ON COLUMN dtm_markers.task IS 'Name of the task in its operation'
/
COMMENT ON COLUMN dtm_markers.start_no IS 'Start of the stream that an INITIAL or a FINAL after an error belongs to; 0 for all others'
/
COMMENT ON COLUMN dtm_markers.state IS 'DONE: completed. STARTED: the task committed inside and is not atomic, a person must decide'
/
COMMENT ON COLUMN dtm_markers.attempt IS 'Attempt that wrote the marker; not part of the key'
/
COMMENT ON COLUMN dtm_markers.transaction_id IS 'DBMS_TRANSACTION.LOCAL_TRANSACTION_ID of the transaction that inserted the marker'
/
COMMENT ON COLUMN dtm_markers.started_at IS 'When the task was called (UTC)'
/
COMMENT ON COLUMN dtm_markers.done_at IS 'When the task had completed (UTC)'
/
CREATE TABLE dtm_sql_log (
  log_key            VARCHAR2(32)  NOT NULL,
  handle             VARCHAR2(40)  NOT NULL,
  iteration          NUMBER(10),
  phase              VARCHAR2(10),
  task               VARCHAR2(128),
  start_no           NUMBER(20),
  attempt            VARCHAR2(64),
  statement_no       NUMBER(10)    NOT NULL,
  sid                NUMBER(10),
  audsid             NUMBER(20),
  status             VARCHAR2(10)  NOT NULL,
  sql_text           CLOB,
  alter_session      VARCHAR2(4000),
  rows_processed     NUMBER(20),
  started_at         TIMESTAMP(6)  NOT NULL,
  ended_at           TIMESTAMP(6),
  parallel_queries   NUMBER(10),
  parallel_dml       NUMBER(10),
  parallel_ddl       NUMBER(10),
  parallel_servers   NUMBER(10),
  error_code         NUMBER(10),
  error_stack        CLOB,
  harvested          VARCHAR2(10),
  CONSTRAINT dtm_sql_log_pk PRIMARY KEY (log_key),
  CONSTRAINT dtm_sql_log_status_ck CHECK (status IN ('RUNNING', 'DONE', 'FAILED', 'TESTED', 'ABANDONED'))
)
/
COMMENT ON TABLE dtm_sql_log IS 'Statements run through DTM.EXECUTE_IMMEDIATE; written in autonomous transactions, so a row says what ran, not that it was committed'
/
COMMENT ON COLUMN dtm_sql_log.log_key IS 'Globally unique key of the statement execution (SYS_GUID)'
/
COMMENT ON COLUMN dtm_sql_log.handle IS 'Stream the statement belongs to'
/
COMMENT ON COLUMN dtm_sql_log.iteration IS 'Iteration of the stream'
/
COMMENT ON COLUMN dtm_sql_log.phase IS 'ITERATOR, INITIAL, TASK or FINAL; null when called outside a task'
/
COMMENT ON COLUMN dtm_sql_log.task IS 'Name of the task; null when called outside a task'
/
COMMENT ON COLUMN dtm_sql_log.start_no IS 'Start number of the task, see DTM_MARKERS'
/
COMMENT ON COLUMN dtm_sql_log.attempt IS 'Attempt at the task, as the repository knows it'
/
COMMENT ON COLUMN dtm_sql_log.statement_no IS 'Number of the statement within its task call, counted from 1'
/
COMMENT ON COLUMN dtm_sql_log.sid IS 'SID of the session that ran the statement'
/
COMMENT ON COLUMN dtm_sql_log.audsid IS 'Auditing session id (V$SESSION.AUDSID) of that session'
/
COMMENT ON COLUMN dtm_sql_log.status IS 'RUNNING, DONE, FAILED, TESTED (test mode: not executed) or ABANDONED (its session died)'
/
COMMENT ON COLUMN dtm_sql_log.sql_text IS 'Full text of the statement'
/
COMMENT ON COLUMN dtm_sql_log.alter_session IS 'ALTER SESSION statement that was run before it'
/
COMMENT ON COLUMN dtm_sql_log.rows_processed IS 'Rows processed; null for PL/SQL blocks'
/
COMMENT ON COLUMN dtm_sql_log.started_at IS 'Start of the statement (UTC)'
/
COMMENT ON COLUMN dtm_sql_log.ended_at IS 'End of the statement (UTC); null while it runs'
/
COMMENT ON COLUMN dtm_sql_log.parallel_queries IS 'V$PQ_SESSTAT: Queries Parallelized by this statement'
/
COMMENT ON COLUMN dtm_sql_log.parallel_dml IS 'V$PQ_SESSTAT: DML Parallelized by this statement'
/
COMMENT ON COLUMN dtm_sql_log.parallel_ddl IS 'V$PQ_SESSTAT: DDL Parallelized by this statement'
/
COMMENT ON COLUMN dtm_sql_log.parallel_servers IS 'V$PQ_SESSTAT: Server Threads of this statement'
/
COMMENT ON COLUMN dtm_sql_log.error_code IS 'SQLCODE of the failure, negative'
/
COMMENT ON COLUMN dtm_sql_log.error_stack IS 'Full error stack and backtrace of the failure'
/
COMMENT ON COLUMN dtm_sql_log.harvested IS 'Status up to which the repository has this row; null: not at all'
/
CREATE INDEX dtm_sql_log_handle_ix ON dtm_sql_log (handle)
/
