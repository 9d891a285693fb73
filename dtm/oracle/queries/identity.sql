-- name: context
-- Who and where this session is; SYS_CONTEXT needs no grant (SQL Language Reference, USERENV).
SELECT SYS_CONTEXT('USERENV', 'DB_UNIQUE_NAME'),
       SYS_CONTEXT('USERENV', 'DB_NAME'),
       SYS_CONTEXT('USERENV', 'CON_NAME'),
       SYS_CONTEXT('USERENV', 'SERVICE_NAME'),
       SYS_CONTEXT('USERENV', 'INSTANCE_NAME'),
       TO_NUMBER(SYS_CONTEXT('USERENV', 'INSTANCE')),
       SYS_CONTEXT('USERENV', 'DATABASE_ROLE'),
       SYS_CONTEXT('USERENV', 'SESSION_USER'),
       SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'),
       SYS_CONTEXT('USERENV', 'SERVER_HOST'),
       TO_NUMBER(SYS_CONTEXT('USERENV', 'SID')),
       TO_NUMBER(SYS_CONTEXT('USERENV', 'SESSIONID'))
  FROM dual

-- name: views
-- What the views show, in one round trip: the texts of the four queries below are binds, each gives
-- two texts. Dynamic: a view may not be granted (ORA-00942, ORA-01031) or lack a column (ORA-00904),
-- and there may be no row; then both are null.
DECLARE
  e_no_view      EXCEPTION;
  e_no_privilege EXCEPTION;
  e_no_column    EXCEPTION;
  PRAGMA EXCEPTION_INIT(e_no_view, -942);
  PRAGMA EXCEPTION_INIT(e_no_privilege, -1031);
  PRAGMA EXCEPTION_INIT(e_no_column, -904);
  l_one VARCHAR2(200);
  l_two VARCHAR2(200);

  PROCEDURE ask(p_sql IN VARCHAR2) IS
  BEGIN
    l_one := NULL;
    l_two := NULL;
    EXECUTE IMMEDIATE p_sql INTO l_one, l_two;
  EXCEPTION
    WHEN e_no_view OR e_no_privilege OR e_no_column OR NO_DATA_FOUND THEN
      NULL;
  END ask;
BEGIN
  ask(:ask_database);
  :dbid := l_one;
  :open_mode := l_two;
  ask(:ask_container);
  :pdb_guid := l_one;
  :pdb_open_mode := l_two;
  ask(:ask_startup);
  :startup_time := l_one;
  ask(:ask_serial);
  :serial := l_one;
  :logon_time := l_two;
END;

-- name: database
-- Identity of the database files and how they are open. Needs SELECT on V_$DATABASE.
SELECT TO_CHAR(dbid), open_mode FROM v$database

-- name: container
-- Identity of the pluggable database this session is in. Needs SELECT on V_$PDBS.
SELECT RAWTOHEX(guid), open_mode
  FROM v$pdbs
 WHERE con_id = TO_NUMBER(SYS_CONTEXT('USERENV', 'CON_ID'))

-- name: startup
-- When the database instance was started. Needs SELECT on V_$INSTANCE.
SELECT TO_CHAR(startup_time, 'YYYY-MM-DD"T"HH24:MI:SS'), NULL FROM v$instance

-- name: serial
-- The rest of this session's name for ALTER SYSTEM KILL SESSION. Needs SELECT on V_$SESSION.
SELECT TO_CHAR(serial#), TO_CHAR(logon_time, 'YYYY-MM-DD"T"HH24:MI:SS')
  FROM v$session
 WHERE sid = TO_NUMBER(SYS_CONTEXT('USERENV', 'SID'))
