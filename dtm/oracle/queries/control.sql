-- name: cancel_sql
-- Cancels the running statement of another session (18c and later); needs ALTER SYSTEM.
-- {session} is 'sid, serial#, @inst_id', made of numbers.
ALTER SYSTEM CANCEL SQL '{session}'

-- name: kill_session
-- Ends another session, its transaction rolled back; needs ALTER SYSTEM.
ALTER SYSTEM KILL SESSION '{session}' IMMEDIATE

-- name: session_status
-- ACTIVE: in a call; INACTIVE: idle; KILLED: rolling back; no row: gone. LOGON_TIME guards
-- against a SID and SERIAL# that were given out again.
SELECT status
  FROM gv$session
 WHERE inst_id = :inst_id
   AND sid = :sid
   AND serial# = :serial
