-- Retention: what finished runs leave behind, and removing it. Runs, streams and the audit trail stay.

-- name: candidates
-- Streams of finished runs that ended before a time, not pruned yet, with what the repository keeps.
SELECT r.run_id, r.operation_name, r.environment_name, r.ended_at, s.handle, s.instance_name,
       s.start_count,
       (SELECT COUNT(*) FROM dtm_run_attempts a WHERE a.handle = s.handle),
       (SELECT COUNT(*) FROM dtm_run_sql q WHERE q.handle = s.handle)
FROM dtm_runs r
JOIN dtm_run_streams s ON s.run_id = r.run_id
WHERE r.open_key IS NULL
AND r.state IN ('COMPLETED', 'ABANDONED')
AND r.ended_at < :before_time
AND s.pruned_at IS NULL
AND (:environment_name IS NULL OR r.environment_name = :environment_name)
AND (:operation_name IS NULL OR r.operation_name = :operation_name)
ORDER BY r.ended_at, r.run_id, s.handle

-- name: mark
-- A stream is pruned; 0 rows: somebody else did it, or its run is not finished. First of the
-- transaction: it locks the row.
UPDATE dtm_run_streams SET pruned_at = :at
WHERE handle = :handle AND pruned_at IS NULL
AND run_id IN (SELECT run_id FROM dtm_runs WHERE open_key IS NULL AND state IN ('COMPLETED', 'ABANDONED'))

-- name: delete_sql
-- Its SQL log.
DELETE FROM dtm_run_sql WHERE handle = :handle

-- name: delete_attempts
-- Its attempts.
DELETE FROM dtm_run_attempts WHERE handle = :handle

-- name: delete_parameters
-- Its frozen parameters.
DELETE FROM dtm_run_parameters WHERE handle = :handle
