-- Progress of migrations (dtm/repository/migrator.py).

-- name: version_table
-- 1 when this schema has the table of migrations, else 0 (USER_TABLES).
SELECT COUNT(*) FROM USER_TABLES WHERE TABLE_NAME = 'DTM_SCHEMA_VERSION'

-- name: versions
-- Every migration begun here, in order.
SELECT VERSION, NAME, DIGEST, STATEMENTS_DONE, CASE WHEN COMPLETED_AT IS NULL THEN 'N' ELSE 'Y' END
  FROM DTM_SCHEMA_VERSION
 ORDER BY VERSION

-- name: begin
-- Note that a migration begins.
INSERT INTO DTM_SCHEMA_VERSION
       (VERSION, NAME, DIGEST, STATEMENTS, STATEMENTS_DONE, TOOL_VERSION, STARTED_AT)
VALUES (:version, :name, :digest, :statements, 0, :tool_version, SYS_EXTRACT_UTC(SYSTIMESTAMP))

-- name: progress
-- Note how many statements of a migration are done.
UPDATE DTM_SCHEMA_VERSION SET STATEMENTS_DONE = :done WHERE VERSION = :version

-- name: complete
-- Note that a migration is complete.
UPDATE DTM_SCHEMA_VERSION
   SET STATEMENTS_DONE = STATEMENTS, COMPLETED_AT = SYS_EXTRACT_UTC(SYSTIMESTAMP)
 WHERE VERSION = :version

-- name: object_exists
-- 1 when an object of that type exists in this schema, else 0 (USER_OBJECTS).
SELECT COUNT(*) FROM USER_OBJECTS WHERE OBJECT_TYPE = :type AND OBJECT_NAME = :name

-- name: column_exists
-- 1 when the table has the column, else 0 (USER_TAB_COLUMNS).
SELECT COUNT(*) FROM USER_TAB_COLUMNS WHERE TABLE_NAME = :table_name AND COLUMN_NAME = :name

-- name: constraint_exists
-- 1 when the table has the constraint, else 0 (USER_CONSTRAINTS).
SELECT COUNT(*) FROM USER_CONSTRAINTS WHERE TABLE_NAME = :table_name AND CONSTRAINT_NAME = :name

-- name: compile_errors
-- Errors of a unit this schema just compiled (USER_ERRORS).
SELECT LINE, POSITION, TEXT
  FROM USER_ERRORS
 WHERE NAME = :name AND ATTRIBUTE = 'ERROR'
 ORDER BY SEQUENCE
