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

-- name: database
-- Identity of the database files and how they are open. Needs SELECT on V_$DATABASE.
SELECT dbid, open_mode FROM v$database

-- name: container
-- Identity of the pluggable database this session is in. Needs SELECT on V_$PDBS.
SELECT RAWTOHEX(guid), open_mode
  FROM v$pdbs
 WHERE con_id = TO_NUMBER(SYS_CONTEXT('USERENV', 'CON_ID'))

-- name: startup
-- When the database instance was started. Needs SELECT on V_$INSTANCE.
SELECT startup_time FROM v$instance

-- name: serial
-- The rest of this session's name for ALTER SYSTEM KILL SESSION. Needs SELECT on V_$SESSION.
SELECT serial#, logon_time FROM v$session WHERE sid = TO_NUMBER(SYS_CONTEXT('USERENV', 'SID'))
