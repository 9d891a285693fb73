CREATE TABLE purge_orders_keys (
  run_id    NUMBER(20)  NOT NULL,
  order_id  NUMBER(12)  NOT NULL,
  CONSTRAINT purge_orders_keys_pk PRIMARY KEY (run_id, order_id)
)
