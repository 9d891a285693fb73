CREATE OR REPLACE PACKAGE roll_partitions AUTHID DEFINER AS
  -- Rolls a table that is partitioned by range on one DATE or TIMESTAMP column, the stream's
  -- object: old partitions go, one per iteration and the oldest first, months to come are added.
  -- operation.yaml says what the parameters do. The partition in work is in ROLL_PARTITIONS_STATE
  -- by RUN_ID = TO_NUMBER(p_handle).

  -- Chooses the oldest partition to move out; nothing to move and nothing to add: complete.
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);

  -- Refuses, before anything is changed, a table that ACTION = DETACH cannot serve.
  PROCEDURE initial(p_handle IN VARCHAR2);

  -- p_after_error 'Y' keeps the state row, which the restart needs.
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);

  -- Adds the missing months. Safe to repeat: starts where the last partition ends.
  PROCEDURE add_partitions(p_handle IN VARCHAR2);

  -- Creates the empty table the partition is exchanged with. Safe to repeat.
  PROCEDURE create_detached(p_handle IN VARCHAR2);

  -- Exchanges the partition with that table. Not safe to repeat: a second exchange would bring
  -- the old rows back, so a restart asks EXCHANGE_DONE.
  PROCEDURE exchange_out(p_handle IN VARCHAR2);

  -- 'Y': the rows are in the detached table, or there are none.
  FUNCTION exchange_done(p_handle IN VARCHAR2) RETURN VARCHAR2;

  -- Drops the partition; with ACTION = DETACH it must be empty by now. Safe to repeat.
  PROCEDURE drop_partition(p_handle IN VARCHAR2);
END roll_partitions;
/
