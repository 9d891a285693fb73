-- name: privileges
-- System privileges in force in this session, by direct grant or through enabled roles.
SELECT privilege FROM session_privs

-- name: visible_object
-- Whether the session's user may see an object of that owner and name at all.
SELECT COUNT(*) FROM all_objects WHERE owner = :owner AND object_name = :name
