-- Owner of dtm's helper and of the operation packages on one instance. Run as a DBA on each.
-- Add exactly what the operation packages need (`requires:` of a Package), granted directly:
-- roles are switched off inside definer-rights PL/SQL. No DBA role, no ANY privilege.
CREATE USER &user IDENTIFIED BY "&password" DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS;
GRANT CREATE SESSION, CREATE TABLE, CREATE PROCEDURE TO &user;
-- Without this grant dtm still runs, but recognises a live runner only by V$SESSION ("weak").
GRANT EXECUTE ON SYS.DBMS_LOCK TO &user;
-- Identity of the database, orphan sessions, parallel threads in the SQL log.
GRANT SELECT ON SYS.V_$DATABASE TO &user;
GRANT SELECT ON SYS.V_$INSTANCE TO &user;
GRANT SELECT ON SYS.V_$PQ_SESSTAT TO &user;
GRANT SELECT ON SYS.V_$SESSION TO &user;
GRANT SELECT ON SYS.GV_$SESSION TO &user;
GRANT SELECT ON SYS.GV_$LOCK TO &user;
