-- name: settings
-- Makes the session independent of client and server locale. Both date formats are ISO 8601.
ALTER SESSION SET
  TIME_ZONE = 'UTC'
  NLS_DATE_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS'
  NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.FF6'
  NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.FF6TZH:TZM'
  NLS_NUMERIC_CHARACTERS = '.,'
  NLS_SORT = 'BINARY'
  NLS_COMP = 'BINARY'
