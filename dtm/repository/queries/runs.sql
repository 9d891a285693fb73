-- Writing and loading runs. Every statement of the journal is absolute, so that repeating it changes nothing.

-- name: now
-- The repository's clock, UTC: the only clock for anything shared.
SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM dual

-- name: find_open
-- The open run of an assignment in a mode; there is at most one.
SELECT run_id FROM dtm_runs WHERE open_key = :open_key

-- name: newest_start
-- When the newest real run of an assignment was started; null if it never was.
SELECT MAX(started_at) FROM dtm_runs WHERE assignment_name = :assignment_name AND run_mode = 'R'

-- name: assignments_changed
-- When each recorded assignment was changed last.
SELECT name, changed_at FROM dtm_resources WHERE kind = 'Assignment'

-- name: find_like
-- Runs whose id begins with what a person typed, newest first.
SELECT run_id FROM dtm_runs WHERE run_id LIKE :prefix || '%' ORDER BY started_at DESC, run_id DESC

-- name: latest
-- All runs, newest first.
SELECT run_id FROM dtm_runs ORDER BY started_at DESC, run_id DESC

-- name: run
-- One run.
SELECT run_id, operation_name, environment_name, assignment_name, run_mode, state, definition_digest,
       requested_by, tool_version, max_parallel, start_count, halt_kind, state_reason, started_at,
       resumed_at, ended_at, open_key
FROM dtm_runs WHERE run_id = :run_id

-- name: streams
-- The streams of a run in run order.
SELECT handle, run_id, instance_name, object_name, position, member, wave, state, state_reason,
       halt_kind, iteration, exhausted, start_count, start_iteration, fence, initial_fence, last_seq,
       liveness, client_session, started_at, ended_at
FROM dtm_run_streams WHERE run_id = :run_id
ORDER BY position, member, instance_name

-- name: live_attempts
-- Attempts that decide what comes next: of the current iteration, and without a known outcome.
SELECT a.handle, a.seq, a.iteration, a.phase, a.task_name, a.attempt_no, a.marker_no, a.after_error,
       a.fence, a.state, a.outcome_by, a.error_code
FROM dtm_run_attempts a
JOIN dtm_run_streams s ON s.handle = a.handle
WHERE s.run_id = :run_id
AND (a.iteration >= s.iteration OR a.state IN ('RUNNING', 'UNKNOWN'))
ORDER BY a.handle, a.seq

-- name: parameters
-- The pinned parameters of a run's streams.
SELECT p.handle, p.name, p.value_type, p.value, p.layer, p.origin
FROM dtm_run_parameters p
JOIN dtm_run_streams s ON s.handle = p.handle
WHERE s.run_id = :run_id
ORDER BY p.handle, p.name

-- name: packages
-- The package versions of a run, every pin, oldest first.
SELECT instance_name, package_name, pin_no, version_digest, reason, pinned_at
FROM dtm_run_packages WHERE run_id = :run_id
ORDER BY instance_name, package_name, pin_no

-- name: insert_run
-- A new run; its open_key makes a second open one of the same assignment impossible (ORA-00001).
INSERT INTO dtm_runs (run_id, operation_name, environment_name, assignment_name, run_mode, state, open_key,
  definition_digest, requested_by, tool_version, max_parallel, start_count, started_at, resumed_at)
VALUES (:run_id, :operation_name, :environment_name, :assignment_name, :run_mode, 'RUNNING', :open_key,
  :definition_digest, :requested_by, :tool_version, :max_parallel, 1, :at, :at)

-- name: insert_stream
-- A stream that has not started.
INSERT INTO dtm_run_streams (handle, run_id, instance_name, object_name, position, member, wave, state)
VALUES (:handle, :run_id, :instance_name, :object_name, :position, :member, :wave, 'PENDING')

-- name: insert_parameter
-- A pinned parameter.
INSERT INTO dtm_run_parameters (handle, name, value_type, value, layer, origin)
VALUES (:handle, :name, :value_type, :value, :layer, :origin)

-- name: insert_package
-- A pin or re-pin of a package version on an instance.
INSERT INTO dtm_run_packages (run_id, instance_name, package_name, pin_no, version_digest, reason, pinned_at)
VALUES (:run_id, :instance_name, :package_name, :pin_no, :version_digest, :reason, :at)

-- name: resume_run
-- The run goes on under a new start.
UPDATE dtm_runs SET state = 'RUNNING', start_count = start_count + 1, resumed_at = :at, ended_at = NULL,
  halt_kind = NULL, state_reason = NULL, definition_digest = :definition_digest
WHERE run_id = :run_id

-- name: lock_run
-- Serialises those who settle, resume or abandon a run. ORA-30006: a stopped runner holds the row.
SELECT state FROM dtm_runs WHERE run_id = :run_id FOR UPDATE WAIT 10

-- name: fences
-- Locks and reads the fences of an operation in an environment; ORA-30006 as above.
SELECT instance_name, fence FROM dtm_fences
WHERE operation_name = :operation_name AND environment_name = :environment_name
FOR UPDATE WAIT 2

-- name: insert_fence
-- The first fence of an instance.
INSERT INTO dtm_fences (operation_name, environment_name, instance_name, fence, runner, taken_at)
VALUES (:operation_name, :environment_name, :instance_name, :fence, :runner, :at)

-- name: update_fence
-- A later one.
UPDATE dtm_fences SET fence = :fence, runner = :runner, taken_at = :at
WHERE operation_name = :operation_name AND environment_name = :environment_name
AND instance_name = :instance_name

-- name: newest_fence
-- The largest fence any stream of a run has.
SELECT COALESCE(MAX(fence), 0) FROM dtm_run_streams WHERE run_id = :run_id

-- name: stream_fences
-- The fences of a run's unfinished streams.
SELECT instance_name, fence FROM dtm_run_streams
WHERE run_id = :run_id AND state NOT IN ('COMPLETED', 'SKIPPED')

-- name: owned
-- How many streams of a run a fence still owns.
SELECT COUNT(*) FROM dtm_run_streams WHERE run_id = :run_id AND fence = :fence

-- name: lock_streams
-- The rows that are about to be claimed. ORA-30006: a runner was stopped while it wrote them.
SELECT handle FROM dtm_run_streams
WHERE run_id = :run_id AND state NOT IN ('COMPLETED', 'SKIPPED')
ORDER BY handle
FOR UPDATE WAIT 2

-- name: claim_streams
-- The unfinished streams of an instance belong to this fence now; none of them is running.
UPDATE dtm_run_streams SET fence = :fence,
  state_reason = CASE WHEN state = 'RUNNING' THEN 'its runner ended without a word' ELSE state_reason END,
  state = CASE WHEN state = 'RUNNING' THEN 'HALTED' ELSE state END
WHERE run_id = :run_id AND instance_name = :instance_name AND state NOT IN ('COMPLETED', 'SKIPPED')

-- name: write_stream
-- Where a stream stands; 0 rows: its fence is outdated and the writer must stop.
UPDATE dtm_run_streams SET state = :state, iteration = :iteration, exhausted = :exhausted,
  start_count = :start_count, start_iteration = :start_iteration, initial_fence = :initial_fence,
  last_seq = :last_seq, touched_at = :at
WHERE handle = :handle AND fence = :fence

-- name: write_start
-- A start of a stream.
UPDATE dtm_run_streams SET started_at = COALESCE(started_at, :start_at), ended_at = NULL, state_reason = NULL,
  halt_kind = NULL, liveness = :liveness, client_session = :client_session
WHERE handle = :handle AND fence = :fence

-- name: forget_open_attempts
-- A fresh start (test mode): what an earlier start left open was rolled back.
UPDATE dtm_run_attempts SET state = 'ABANDONED', outcome_by = 'RULE', ended_at = :start_at
WHERE handle = :handle AND state IN ('RUNNING', 'UNKNOWN')

-- name: write_end
-- An end of a stream.
UPDATE dtm_run_streams SET ended_at = :end_at, state_reason = :reason, halt_kind = :halt
WHERE handle = :handle AND fence = :fence

-- name: write_intent
-- An attempt begins.
INSERT INTO dtm_run_attempts (handle, seq, iteration, phase, task_name, attempt_no, marker_no, after_error,
  task_kind, fence, state, started_at)
SELECT :handle, :seq, :task_iteration, :phase, :task_name, :attempt_no, :marker_no, :after_error,
  :task_kind, :fence, 'RUNNING', :began_at FROM dual
WHERE NOT EXISTS (SELECT 1 FROM dtm_run_attempts WHERE handle = :handle AND seq = :seq)

-- name: write_outcome
-- What became of an attempt; a known outcome is never overwritten.
UPDATE dtm_run_attempts SET state = :outcome, outcome_by = :outcome_by, ended_at = :done_at,
  elapsed_s = :elapsed_s, error_code = :error_code, error_class = :error_class, error_text = :error_text
WHERE handle = :handle AND seq = :done_seq AND state IN ('RUNNING', 'UNKNOWN')

-- name: add_sql_key
-- A statement of the SQL log, by its client key; nothing if it is there.
INSERT INTO dtm_run_sql (handle, client_key, state)
SELECT :handle, :client_key, 'RUNNING' FROM dual
WHERE NOT EXISTS (SELECT 1 FROM dtm_run_sql WHERE handle = :handle AND client_key = :client_key)

-- name: write_sql
-- Everything known of it; a finished row is not set back to RUNNING by an older copy.
UPDATE dtm_run_sql SET attempt_seq = :attempt_seq, iteration = :iteration, task_name = :task_name,
  state = :state, sql_text = :sql_text, sql_id = :sql_id, started_at = :started_at, ended_at = :ended_at,
  elapsed_s = :elapsed_s, row_count = :row_count, error_code = :error_code, error_text = :error_text,
  px_queries = :px_queries, px_dml = :px_dml, px_ddl = :px_ddl, px_servers = :px_servers,
  alter_session = :alter_session
WHERE handle = :handle AND client_key = :client_key
AND (state = 'RUNNING' OR :state <> 'RUNNING')

-- name: write_event
-- A line of the audit trail; nothing if it is there.
INSERT INTO dtm_run_events (event_key, run_id, handle, happened_at, kind, actor, message)
SELECT :event_key, :run_id, :handle, :at, :kind, :actor, :message FROM dual
WHERE NOT EXISTS (SELECT 1 FROM dtm_run_events WHERE event_key = :event_key)

-- name: stream_states
-- How many streams of a run are in each state, and who halted them.
SELECT state, halt_kind, COUNT(*) FROM dtm_run_streams WHERE run_id = :run_id GROUP BY state, halt_kind

-- name: set_run_state
-- What a run's streams make of it.
UPDATE dtm_runs SET state = :state, halt_kind = :halt_kind, state_reason = :reason, ended_at = :ended_at,
  open_key = CASE WHEN :state IN ('COMPLETED', 'ABANDONED') THEN NULL ELSE open_key END
WHERE run_id = :run_id

-- name: insert_halt
-- A request to halt.
INSERT INTO dtm_run_halts (halt_id, run_id, instance_name, halt_mode, reason, requested_by, requested_at)
VALUES (:halt_id, :run_id, :instance_name, :halt_mode, :reason, :requested_by, :at)

-- name: outstanding_halts
-- Requests nobody has honoured yet, and the parallelism now wanted.
SELECT h.halt_id, h.instance_name, h.halt_mode, h.reason, h.requested_by, h.requested_at
FROM dtm_run_halts h WHERE h.run_id = :run_id AND h.honoured_at IS NULL
ORDER BY h.requested_at, h.halt_id

-- name: honour_halt
-- A request was honoured.
UPDATE dtm_run_halts SET honoured_at = :at WHERE halt_id = :halt_id AND honoured_at IS NULL

-- name: max_parallel
-- The parallelism now wanted.
SELECT max_parallel FROM dtm_runs WHERE run_id = :run_id

-- name: set_max_parallel
-- Changes it; a running runner notices.
UPDATE dtm_runs SET max_parallel = :max_parallel WHERE run_id = :run_id

-- name: resolve_attempt
-- A person says what became of an attempt.
UPDATE dtm_run_attempts SET state = :state, outcome_by = 'PERSON', resolution = :resolution
WHERE handle = :handle AND seq = :seq AND state = 'UNKNOWN'

-- name: open_runs
-- Open runs with the instances they still work on.
SELECT r.run_id, r.operation_name, r.assignment_name, r.environment_name, r.state, s.instance_name
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
WHERE r.open_key IS NOT NULL AND s.state NOT IN ('COMPLETED', 'SKIPPED')
ORDER BY r.run_id, s.instance_name

-- name: rename_operation
-- History follows a renamed operation.
UPDATE dtm_runs SET operation_name = :new_name WHERE operation_name = :old_name

-- name: rename_operation_fences
-- Its fences do too.
UPDATE dtm_fences SET operation_name = :new_name WHERE operation_name = :old_name

-- name: rename_assignment
-- History follows a renamed assignment.
UPDATE dtm_runs SET assignment_name = :new_name,
  open_key = CASE WHEN open_key IS NULL THEN NULL ELSE :new_name || '/' || run_mode END
WHERE assignment_name = :old_name

-- name: rename_environment
-- History follows a renamed environment.
UPDATE dtm_runs SET environment_name = :new_name WHERE environment_name = :old_name

-- name: rename_environment_fences
-- Its fences do too.
UPDATE dtm_fences SET environment_name = :new_name WHERE environment_name = :old_name

-- name: rename_instance
-- History follows a renamed instance.
UPDATE dtm_run_streams SET instance_name = :new_name WHERE instance_name = :old_name

-- name: rename_instance_fences
-- Its fences do too.
UPDATE dtm_fences SET instance_name = :new_name WHERE instance_name = :old_name

-- name: rename_instance_packages
-- Its package pins do too.
UPDATE dtm_run_packages SET instance_name = :new_name WHERE instance_name = :old_name

-- name: rename_package
-- Pins follow a renamed package.
UPDATE dtm_run_packages SET package_name = :new_name WHERE package_name = :old_name
