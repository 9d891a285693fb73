-- name: source
-- Text of every PL/SQL unit of the schema, in order.
SELECT type, name, text FROM user_source ORDER BY type, name, line

-- name: units
-- Status of every PL/SQL unit with the settings it was compiled with.
SELECT o.object_type, o.object_name, o.status,
       s.plsql_optimize_level, s.plsql_code_type, s.plsql_ccflags, s.nls_length_semantics
  FROM user_objects o
  LEFT JOIN user_plsql_object_settings s ON s.name = o.object_name AND s.type = o.object_type
 WHERE o.object_type IN ('PACKAGE', 'PACKAGE BODY', 'PROCEDURE', 'FUNCTION', 'TRIGGER',
                         'TYPE', 'TYPE BODY')

-- name: read_back
-- Everything about one unit in one round trip: source lines, errors in order (not warnings),
-- status, compiler settings (separated by "|", PLSQL_CCFLAGS last), and the units of the schema that
-- use it and do not compile now (type and name, separated by "|"). Columns: what, line, position,
-- text.
SELECT what, line, position, text
  FROM (SELECT 'SOURCE' AS what, line AS seq, line AS line, 0 AS position, text AS text
          FROM user_source
         WHERE type = :type AND name = :name
        UNION ALL
        SELECT 'ERROR', sequence, line, position, text
          FROM user_errors
         WHERE type = :type AND name = :name AND attribute = 'ERROR'
        UNION ALL
        SELECT 'STATUS', 0, 0, 0, status
          FROM user_objects
         WHERE object_type = :type AND object_name = :name
        UNION ALL
        SELECT 'SETTINGS', 0, 0, 0,
               TO_CHAR(plsql_optimize_level) || '|' || plsql_code_type || '|'
               || nls_length_semantics || '|' || plsql_ccflags
          FROM user_plsql_object_settings
         WHERE type = :type AND name = :name
        UNION ALL
        SELECT 'DEPENDENT', 0, 0, 0, d.type || '|' || d.name
          FROM user_dependencies d
          JOIN user_objects o ON o.object_name = d.name AND o.object_type = d.type
         WHERE d.referenced_name = :name
           AND d.referenced_owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
           AND o.status = 'INVALID'
           AND d.name <> :name)
 ORDER BY what, seq

-- name: compile_settings
-- The settings every unit is compiled with. Warnings stay off: they depend on the compiler.
ALTER SESSION SET
  PLSQL_OPTIMIZE_LEVEL = 2
  PLSQL_CODE_TYPE = 'INTERPRETED'
  PLSQL_CCFLAGS = ''
  NLS_LENGTH_SEMANTICS = 'BYTE'
  PLSQL_WARNINGS = 'DISABLE:ALL'

-- name: columns
-- Columns of some tables of the schema. {names} is a list of bind names.
SELECT table_name, column_name, data_type, data_length, data_precision, data_scale, nullable,
       char_used, char_length
  FROM user_tab_columns
 WHERE table_name IN ({names})
 ORDER BY table_name, column_id
