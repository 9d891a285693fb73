-- Reading runs for people: status, logs, history, errors.

-- name: runs
-- Runs, newest first, narrowed by operation, environment and whether they are open.
SELECT run_id, operation_name, environment_name, assignment_name, run_mode, state, definition_digest,
       requested_by, tool_version, max_parallel, start_count, halt_kind, state_reason, started_at,
       resumed_at, ended_at, open_key
FROM dtm_runs
WHERE (:operation_name IS NULL OR operation_name = :operation_name)
AND (:environment_name IS NULL OR environment_name = :environment_name)
ORDER BY started_at DESC, run_id DESC

-- name: state_counts
-- How many streams of each run are in each state.
SELECT run_id, state, COUNT(*) FROM dtm_run_streams GROUP BY run_id, state

-- name: running_tasks
-- Attempts of a run that have no outcome yet.
SELECT a.handle, a.task_name, a.phase, a.iteration, a.attempt_no, a.started_at
FROM dtm_run_attempts a
JOIN dtm_run_streams s ON s.handle = a.handle
WHERE s.run_id = :run_id AND a.state = 'RUNNING'
ORDER BY a.handle, a.seq

-- name: attempt_counts
-- Per stream of a run: attempts completed and failed, and seconds spent.
SELECT a.handle,
       SUM(CASE WHEN a.state = 'DONE' THEN 1 ELSE 0 END),
       SUM(CASE WHEN a.state = 'FAILED' THEN 1 ELSE 0 END),
       SUM(COALESCE(a.elapsed_s, 0))
FROM dtm_run_attempts a
JOIN dtm_run_streams s ON s.handle = a.handle
WHERE s.run_id = :run_id
GROUP BY a.handle

-- name: sql_counts
-- Per stream of a run: statements and rows so far.
SELECT q.handle, COUNT(*), SUM(COALESCE(q.row_count, 0))
FROM dtm_run_sql q
JOIN dtm_run_streams s ON s.handle = q.handle
WHERE s.run_id = :run_id
GROUP BY q.handle

-- name: attempts
-- Every attempt of a run in the order of its streams and of time.
SELECT s.instance_name, s.object_name, a.handle, a.seq, a.iteration, a.phase, a.task_name, a.attempt_no,
       a.after_error, a.state, a.outcome_by, a.started_at, a.ended_at, a.elapsed_s, a.error_code,
       a.error_class, a.error_text
FROM dtm_run_attempts a
JOIN dtm_run_streams s ON s.handle = a.handle
WHERE s.run_id = :run_id
AND (:instance_name IS NULL OR s.instance_name = :instance_name)
AND (:task_name IS NULL OR a.task_name = :task_name)
ORDER BY s.instance_name, s.position, s.member, a.seq

-- name: statements
-- Every logged statement of a run, and whether it was rolled back (null: not known).
SELECT v.instance_name, v.object_name, v.handle, v.client_key, v.iteration, v.task_name, v.state,
       v.sql_text, v.started_at, v.elapsed_s, v.row_count, v.error_code, v.error_text, v.px_servers,
       v.rolled_back, v.alter_session
FROM dtm_v_sql v
WHERE v.run_id = :run_id
AND (:instance_name IS NULL OR v.instance_name = :instance_name)
AND (:task_name IS NULL OR v.task_name = :task_name)
ORDER BY v.instance_name, v.started_at, v.client_key

-- name: events
-- The audit trail of a run.
SELECT event_key, run_id, kind, actor, message, happened_at, handle
FROM dtm_run_events WHERE run_id = :run_id
ORDER BY happened_at, event_key

-- name: failures
-- The errors a run's unfinished streams wait with: those of their last start.
SELECT s.instance_name, s.object_name, s.handle, a.phase, a.task_name, a.iteration, a.error_code,
       a.error_class, a.error_text, a.state, a.ended_at
FROM dtm_run_attempts a
JOIN dtm_run_streams s ON s.handle = a.handle AND s.fence = a.fence
WHERE s.run_id = :run_id
AND s.state IN ('FAILED', 'UNKNOWN')
AND a.state IN ('FAILED', 'UNKNOWN')
AND a.after_error = 'N'
AND NOT EXISTS (SELECT 1 FROM dtm_run_attempts b
  WHERE b.handle = a.handle AND b.seq > a.seq AND b.phase = a.phase AND b.task_name = a.task_name)
ORDER BY s.instance_name, s.position, s.member, a.seq

-- name: task_times
-- Seconds each task took in completed attempts of an operation, for estimates and history.
SELECT r.run_id, s.instance_name, a.task_name, a.phase, COUNT(*), SUM(a.elapsed_s)
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
JOIN dtm_run_attempts a ON a.handle = s.handle
WHERE r.operation_name = :operation_name
AND r.run_mode = 'R'
AND a.state = 'DONE'
GROUP BY r.run_id, s.instance_name, a.task_name, a.phase

-- name: stream_times
-- Seconds that streams of completed runs took from start to end, where one start was enough; newest
-- runs first.
SELECT s.instance_name, s.object_name, s.started_at, s.ended_at
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
WHERE r.operation_name = :operation_name
AND r.environment_name = :environment_name
AND r.run_mode = 'R'
AND s.state = 'COMPLETED'
AND s.start_count = 1
AND s.started_at IS NOT NULL
AND s.ended_at IS NOT NULL
ORDER BY r.started_at DESC, s.handle
FETCH FIRST 2000 ROWS ONLY
