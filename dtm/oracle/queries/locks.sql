-- name: request
-- Takes locks in order, all or none. DBMS_LOCK may not be granted: anonymous, so nothing stored
-- depends on it. ALLOCATE_UNIQUE commits, hence never inside a transaction, and its row may expire
-- ten days after the last call, hence every time (PL/SQL Packages Reference, DBMS_LOCK).
-- {requests} repeats the block request_one.
DECLARE
  l_handle VARCHAR2(128);
  l_result PLS_INTEGER := 0;
  l_first  PLS_INTEGER := 0;
BEGIN
  IF DBMS_TRANSACTION.LOCAL_TRANSACTION_ID IS NOT NULL THEN
    RAISE_APPLICATION_ERROR(-20118, 'DTM: a lock is requested inside a transaction');
  END IF;
  {requests}
  :result := l_result;
  :failed_at := l_first;
END;

-- name: request_one
-- One of several requests. Results of REQUEST: 0 success, 1 timeout, 2 deadlock, 3 parameter
-- error, 4 already owned, 5 illegal handle.
IF l_result IN (0, 4) THEN
    l_first := l_first + 1;
    DBMS_LOCK.ALLOCATE_UNIQUE(lockname => :name{n}, lockhandle => l_handle);
    l_result := DBMS_LOCK.REQUEST(
      lockhandle => l_handle,
      lockmode => :mode{n},
      timeout => :timeout,
      release_on_commit => FALSE);
  END IF;

-- name: release
-- Releases one lock. Results of RELEASE: 0 success, 3 parameter error, 4 not owned, 5 handle.
DECLARE
  l_handle VARCHAR2(128);
BEGIN
  IF DBMS_TRANSACTION.LOCAL_TRANSACTION_ID IS NOT NULL THEN
    RAISE_APPLICATION_ERROR(-20118, 'DTM: a lock is released inside a transaction');
  END IF;
  DBMS_LOCK.ALLOCATE_UNIQUE(lockname => :name, lockhandle => l_handle);
  :result := DBMS_LOCK.RELEASE(lockhandle => l_handle);
END;

-- name: allocate
-- The lock's identifier, as GV$LOCK.ID1 shows it: the first ten digits of the handle.
DECLARE
  l_handle VARCHAR2(128);
BEGIN
  IF DBMS_TRANSACTION.LOCAL_TRANSACTION_ID IS NOT NULL THEN
    RAISE_APPLICATION_ERROR(-20118, 'DTM: a lock is looked up inside a transaction');
  END IF;
  DBMS_LOCK.ALLOCATE_UNIQUE(lockname => :name, lockhandle => l_handle);
  :lock_id := TO_NUMBER(SUBSTR(l_handle, 1, 10));
END;

-- name: holders
-- Sessions that hold a user lock, on any instance of the cluster. LMODE 4: S, 6: X.
SELECT s.inst_id, s.sid, s.serial#, s.username, s.module, s.action, s.client_info,
       s.client_identifier, s.machine, s.program, s.logon_time, s.status, s.sql_id, l.lmode
  FROM gv$lock l
  JOIN gv$session s ON s.inst_id = l.inst_id AND s.sid = l.sid
 WHERE l.type = 'UL'
   AND l.id1 = :lock_id
   AND l.lmode > 0
 ORDER BY s.inst_id, s.sid

-- name: tagged
-- Sessions with a client identifier that begins with a text: liveness without DBMS_LOCK.
SELECT s.inst_id, s.sid, s.serial#, s.username, s.module, s.action, s.client_info,
       s.client_identifier, s.machine, s.program, s.logon_time, s.status, s.sql_id, 0
  FROM gv$session s
 WHERE s.client_identifier LIKE :prefix ESCAPE '\'
   AND NOT (s.sid = TO_NUMBER(SYS_CONTEXT('USERENV', 'SID'))
            AND s.inst_id = TO_NUMBER(SYS_CONTEXT('USERENV', 'INSTANCE')))
 ORDER BY s.inst_id, s.sid

-- name: sql_text
-- What a session runs, where V_$SQL is granted.
SELECT sql_fulltext FROM gv$sql WHERE inst_id = :inst_id AND sql_id = :sql_id AND ROWNUM = 1
