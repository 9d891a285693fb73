CREATE OR REPLACE PACKAGE purge_orders AUTHID DEFINER AS
  -- Archives orders older than the cut-off with their lines, then deletes them; one month of
  -- orders per iteration. The month in work is in PURGE_ORDERS_STATE, its keys in
  -- PURGE_ORDERS_KEYS, both by RUN_ID = TO_NUMBER(p_handle).

  -- Chooses the oldest month with orders before the cut-off; nothing left: operation complete.
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);

  PROCEDURE initial(p_handle IN VARCHAR2);

  -- p_after_error 'Y' keeps the state rows, which the restart needs.
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);

  PROCEDURE find_keys(p_handle IN VARCHAR2);
  PROCEDURE copy_orders(p_handle IN VARCHAR2);
  PROCEDURE copy_lines(p_handle IN VARCHAR2);
  PROCEDURE verify_copy(p_handle IN VARCHAR2);
  PROCEDURE delete_lines(p_handle IN VARCHAR2);
  PROCEDURE delete_orders(p_handle IN VARCHAR2);
  PROCEDURE clear_keys(p_handle IN VARCHAR2);
END purge_orders;
/
