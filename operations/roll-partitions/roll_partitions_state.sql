-- The partition in work, one row per stream. Columns without a partition: nothing to move out in
-- this iteration, there are only months to add.
CREATE TABLE roll_partitions_state (
  run_id          NUMBER(20)     NOT NULL,
  table_owner     VARCHAR2(128)  NOT NULL,
  table_name      VARCHAR2(128)  NOT NULL,
  partition_name  VARCHAR2(128),
  upper_bound     DATE,
  detached_table  VARCHAR2(128),
  CONSTRAINT roll_partitions_state_pk PRIMARY KEY (run_id)
)
