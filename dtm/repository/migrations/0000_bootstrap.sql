-- The table in which the migrator notes its progress. Repeated whenever a schema is new or its
-- first migration was interrupted, so every statement here must be safe to repeat.
CREATE TABLE DTM_SCHEMA_VERSION (
  VERSION          NUMBER(6)           NOT NULL,
  NAME             VARCHAR2(100)       NOT NULL,
  DIGEST           VARCHAR2(64)        NOT NULL,
  STATEMENTS       NUMBER(6)           NOT NULL,
  STATEMENTS_DONE  NUMBER(6)           NOT NULL,
  TOOL_VERSION     VARCHAR2(64)        NOT NULL,
  STARTED_AT       TIMESTAMP(6)        NOT NULL,
  COMPLETED_AT     TIMESTAMP(6),
  CONSTRAINT DTM_SCHEMA_VERSION_PK PRIMARY KEY (VERSION)
)
/
COMMENT ON TABLE DTM_SCHEMA_VERSION IS 'Migrations of this schema, one row each; the schema version is the highest completed one'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.VERSION IS 'Number of the migration, counted from 1'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.NAME IS 'Name of the migration script'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.DIGEST IS 'sha256 (hex) of the script as it was applied'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.STATEMENTS IS 'Number of statements in the script'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.STATEMENTS_DONE IS 'Statements known to be done; an interrupted migration goes on after this one'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.TOOL_VERSION IS 'Version of dtm that applied it'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.STARTED_AT IS 'When it began (UTC, repository time)'
/
COMMENT ON COLUMN DTM_SCHEMA_VERSION.COMPLETED_AT IS 'When it ended (UTC, repository time); empty while unfinished'
/
