CREATE TABLE bulk_purge_errors (
  run_id     NUMBER(20) NOT NULL,
  row_key    NUMBER(12) NOT NULL,
  code       NUMBER NOT NULL,
  message    VARCHAR2(500),
  logged_at  TIMESTAMP DEFAULT SYSTIMESTAMP NOT NULL,
  CONSTRAINT bulk_purge_errors_pk PRIMARY KEY (run_id, row_key)
)
