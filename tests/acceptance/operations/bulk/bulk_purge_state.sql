CREATE TABLE bulk_purge_state (
  run_id    NUMBER(20) CONSTRAINT bulk_purge_state_pk PRIMARY KEY,
  cut_off   DATE NOT NULL,
  flagged   NUMBER DEFAULT 0 NOT NULL,
  deleted   NUMBER DEFAULT 0 NOT NULL
)
