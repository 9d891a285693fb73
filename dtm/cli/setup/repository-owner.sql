-- Owner of dtm's central repository. Run as a DBA; SQL*Plus asks for &user and &password.
-- Sources: Oracle Database Security Guide (privileges), Development Guide (DBMS_LOCK).
CREATE USER &user IDENTIFIED BY "&password" DEFAULT TABLESPACE USERS QUOTA UNLIMITED ON USERS;
GRANT CREATE SESSION, CREATE TABLE, CREATE VIEW, CREATE SEQUENCE, CREATE PROCEDURE TO &user;
-- One runner per operation, environment and instance: session locks.
GRANT EXECUTE ON SYS.DBMS_LOCK TO &user;
-- Who holds a lock, and whether that session is still there.
GRANT SELECT ON SYS.V_$SESSION TO &user;
GRANT SELECT ON SYS.GV_$SESSION TO &user;
GRANT SELECT ON SYS.GV_$LOCK TO &user;
GRANT SELECT ON SYS.V_$DATABASE TO &user;
GRANT SELECT ON SYS.V_$INSTANCE TO &user;
