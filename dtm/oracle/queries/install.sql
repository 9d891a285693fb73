-- name: source
-- Text of every PL/SQL unit of the schema, in order.
SELECT type, name, text FROM user_source ORDER BY type, name, line

-- name: unit_source
-- Text of one unit.
SELECT text FROM user_source WHERE type = :type AND name = :name ORDER BY line

-- name: units
-- Status of every PL/SQL unit with the compiler settings it was compiled with.
SELECT o.object_type, o.object_name, o.status,
       s.plsql_optimize_level, s.plsql_code_type, s.plsql_ccflags, s.nls_length_semantics,
       s.plsql_warnings
  FROM user_objects o
  LEFT JOIN user_plsql_object_settings s ON s.name = o.object_name AND s.type = o.object_type
 WHERE o.object_type IN ('PACKAGE', 'PACKAGE BODY', 'PROCEDURE', 'FUNCTION', 'TRIGGER',
                         'TYPE', 'TYPE BODY')

-- name: unit
-- The same of one unit.
SELECT o.object_type, o.object_name, o.status,
       s.plsql_optimize_level, s.plsql_code_type, s.plsql_ccflags, s.nls_length_semantics,
       s.plsql_warnings
  FROM user_objects o
  LEFT JOIN user_plsql_object_settings s ON s.name = o.object_name AND s.type = o.object_type
 WHERE o.object_type = :type
   AND o.object_name = :name

-- name: compile_settings
-- The settings every unit is compiled with; recorded with its fingerprint. Warnings stay off,
-- because they depend on the version of the compiler.
ALTER SESSION SET
  PLSQL_OPTIMIZE_LEVEL = 2
  PLSQL_CODE_TYPE = 'INTERPRETED'
  PLSQL_CCFLAGS = ''
  NLS_LENGTH_SEMANTICS = 'BYTE'
  PLSQL_WARNINGS = 'DISABLE:ALL'

-- name: errors
-- What the compiler said of one unit; ATTRIBUTE tells errors from warnings.
SELECT line, position, text
  FROM user_errors
 WHERE type = :type
   AND name = :name
   AND attribute = 'ERROR'
 ORDER BY sequence

-- name: invalid_dependents
-- Units of the schema that use a unit, directly, and do not compile now.
SELECT d.type, d.name
  FROM user_dependencies d
  JOIN user_objects o ON o.object_name = d.name AND o.object_type = d.type
 WHERE d.referenced_name = :name
   AND d.referenced_owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')
   AND o.status = 'INVALID'
   AND d.name <> :name
 GROUP BY d.type, d.name
 ORDER BY d.type, d.name

-- name: columns
-- Columns of one table of the schema.
SELECT column_name, data_type, data_length, data_precision, data_scale, nullable, char_used,
       char_length
  FROM user_tab_columns
 WHERE table_name = :name
 ORDER BY column_id

-- name: comments
-- Comments of one table and its columns.
SELECT column_name, comments FROM user_col_comments WHERE table_name = :name
