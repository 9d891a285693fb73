CREATE TABLE purge_orders_state (
  run_id        NUMBER(20)  NOT NULL,
  month_start   DATE        NOT NULL,
  month_end     DATE        NOT NULL,
  CONSTRAINT purge_orders_state_pk PRIMARY KEY (run_id)
)
