CREATE OR REPLACE PACKAGE BODY purge_orders AS
  c_module CONSTANT VARCHAR2(30) := 'purge-orders';

  -- The run's number as SQL text; TO_NUMBER refuses anything that is not one.
  FUNCTION run_id(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN TO_CHAR(TO_NUMBER(p_handle), 'FM99999999999999999999');
  END run_id;

  FUNCTION cut_off(p_handle IN VARCHAR2) RETURN DATE IS
    l_fixed DATE := dtm.get_date_param(p_handle, 'CUTOFF');
  BEGIN
    RETURN NVL(l_fixed, TRUNC(SYSDATE) - dtm.get_num_param(p_handle, 'RETENTION_DAYS'));
  END cut_off;

  FUNCTION date_literal(p_date IN DATE) RETURN VARCHAR2 IS
  BEGIN
    RETURN 'DATE ''' || TO_CHAR(p_date, 'YYYY-MM-DD') || '''';
  END date_literal;

  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_cut_off DATE;
    l_oldest  DATE;
    l_table   VARCHAR2(261);
  BEGIN
    dtm.initialise(p_handle, c_module, 'iterator');
    l_cut_off := cut_off(p_handle);
    l_table := DBMS_ASSERT.ENQUOTE_NAME(p_owner) || '.' || DBMS_ASSERT.ENQUOTE_NAME(p_table_name);
    EXECUTE IMMEDIATE 'SELECT MIN(order_date) FROM ' || l_table || ' WHERE order_date < :cut_off'
      INTO l_oldest
      USING l_cut_off;
    IF l_oldest IS NULL THEN
      dtm.raise_complete('no orders before ' || TO_CHAR(l_cut_off, 'YYYY-MM-DD'));
    END IF;
    DELETE FROM purge_orders_state WHERE run_id = TO_NUMBER(p_handle);
    INSERT INTO purge_orders_state (run_id, month_start, month_end)
    VALUES (
      TO_NUMBER(p_handle),
      TRUNC(l_oldest, 'MM'),
      LEAST(ADD_MONTHS(TRUNC(l_oldest, 'MM'), 1), l_cut_off));
  END iterator;

  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'initial');
  END initial;

  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'final');
    IF p_after_error = 'N' THEN
      DELETE FROM purge_orders_keys WHERE run_id = TO_NUMBER(p_handle);
      DELETE FROM purge_orders_state WHERE run_id = TO_NUMBER(p_handle);
    END IF;
  END final;

  PROCEDURE find_keys(p_handle IN VARCHAR2) IS
    l_state purge_orders_state%ROWTYPE;
  BEGIN
    dtm.initialise(p_handle, c_module, 'find-keys');
    SELECT * INTO l_state FROM purge_orders_state WHERE run_id = TO_NUMBER(p_handle);
    dtm.execute_immediate(
      p_handle,
      'INSERT INTO purge_orders_keys (run_id, order_id)'
      || ' SELECT ' || run_id(p_handle) || ', order_id'
      || ' FROM sales.orders'
      || ' WHERE order_date >= ' || date_literal(l_state.month_start)
      || ' AND order_date < ' || date_literal(l_state.month_end));
  END find_keys;

  PROCEDURE copy_orders(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'copy-orders');
    dtm.execute_immediate(
      p_handle,
      'INSERT INTO sales.orders_archive (order_id, customer_id, order_date, status, note)'
      || ' SELECT o.order_id, o.customer_id, o.order_date, o.status, o.note'
      || ' FROM sales.orders o'
      || ' JOIN purge_orders_keys k ON k.order_id = o.order_id'
      || ' WHERE k.run_id = ' || run_id(p_handle));
  END copy_orders;

  PROCEDURE copy_lines(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'copy-lines');
    dtm.execute_immediate(
      p_handle,
      'INSERT INTO sales.order_lines_archive (order_id, line_no, product, quantity, price)'
      || ' SELECT l.order_id, l.line_no, l.product, l.quantity, l.price'
      || ' FROM sales.order_lines l'
      || ' JOIN purge_orders_keys k ON k.order_id = l.order_id'
      || ' WHERE k.run_id = ' || run_id(p_handle));
  END copy_lines;

  PROCEDURE verify_copy(p_handle IN VARCHAR2) IS
    l_missing PLS_INTEGER;
  BEGIN
    dtm.initialise(p_handle, c_module, 'verify-copy');
    SELECT COUNT(*)
      INTO l_missing
      FROM purge_orders_keys k
     WHERE k.run_id = TO_NUMBER(p_handle)
       AND (NOT EXISTS (SELECT 1 FROM sales.orders_archive a WHERE a.order_id = k.order_id)
            OR (SELECT COUNT(*) FROM sales.order_lines l WHERE l.order_id = k.order_id)
               <> (SELECT COUNT(*) FROM sales.order_lines_archive b WHERE b.order_id = k.order_id));
    IF l_missing > 0 THEN
      RAISE_APPLICATION_ERROR(-20001, l_missing || ' orders are not completely in the archive');
    END IF;
  END verify_copy;

  -- Deletes the rows of the chosen orders in batches, each committed on its own.
  PROCEDURE delete_in_batches(p_handle IN VARCHAR2, p_table IN VARCHAR2) IS
    l_keys  VARCHAR2(200);
    l_batch PLS_INTEGER := dtm.get_num_param(p_handle, 'BATCH_ROWS');
    l_left  PLS_INTEGER;
  BEGIN
    l_keys := 'order_id IN (SELECT k.order_id FROM purge_orders_keys k WHERE k.run_id = '
      || run_id(p_handle) || ')';
    LOOP
      EXECUTE IMMEDIATE
        'SELECT COUNT(*) FROM ' || p_table || ' WHERE ' || l_keys || ' AND ROWNUM = 1'
        INTO l_left;
      EXIT WHEN l_left = 0;
      dtm.execute_immediate(
        p_handle, 'DELETE FROM ' || p_table || ' WHERE ' || l_keys || ' AND ROWNUM <= ' || l_batch);
      COMMIT;
    END LOOP;
  END delete_in_batches;

  PROCEDURE delete_lines(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'delete-lines');
    delete_in_batches(p_handle, 'sales.order_lines');
  END delete_lines;

  PROCEDURE delete_orders(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'delete-orders');
    delete_in_batches(p_handle, 'sales.orders');
  END delete_orders;

  PROCEDURE clear_keys(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'clear-keys');
    dtm.execute_immediate(
      p_handle, 'DELETE FROM purge_orders_keys WHERE run_id = ' || run_id(p_handle));
  END clear_keys;
END purge_orders;
/
