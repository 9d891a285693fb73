CREATE OR REPLACE PACKAGE BODY bulk_purge AS
  e_bulk_errors EXCEPTION;
  PRAGMA EXCEPTION_INIT(e_bulk_errors, -24381);

  TYPE t_keys IS TABLE OF sessions_log.id%TYPE INDEX BY PLS_INTEGER;
  TYPE t_rows IS TABLE OF ROWID;

  PROCEDURE log_error(p_run IN NUMBER, p_key IN NUMBER, p_code IN NUMBER) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
    l_message VARCHAR2(500) := SUBSTR(SQLERRM(-p_code), 1, 500);
  BEGIN
    MERGE INTO bulk_purge_errors e
    USING (SELECT p_run AS run_id, p_key AS row_key FROM dual) n
       ON (e.run_id = n.run_id AND e.row_key = n.row_key)
     WHEN MATCHED THEN UPDATE SET e.code = p_code, e.message = l_message, e.logged_at = SYSTIMESTAMP
     WHEN NOT MATCHED THEN INSERT (run_id, row_key, code, message)
       VALUES (n.run_id, n.row_key, p_code, l_message);
    COMMIT;
  END log_error;

  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_cut_off DATE := NVL(dtm.get_date_param(p_handle, 'AS_OF'), TRUNC(SYSDATE))
                      - dtm.get_num_param(p_handle, 'KEEP_DAYS');
    l_left PLS_INTEGER;
  BEGIN
    SELECT COUNT(*) INTO l_left FROM sessions_log s
     WHERE s.ended < l_cut_off
       AND NOT EXISTS (SELECT NULL FROM bulk_purge_errors e
                        WHERE e.run_id = TO_NUMBER(p_handle) AND e.row_key = s.id);
    IF l_left = 0 THEN
      RAISE dtm.operation_complete;
    END IF;
    MERGE INTO bulk_purge_state t
    USING (SELECT TO_NUMBER(p_handle) run_id FROM dual) n ON (t.run_id = n.run_id)
     WHEN MATCHED THEN UPDATE SET t.cut_off = l_cut_off
     WHEN NOT MATCHED THEN INSERT (run_id, cut_off) VALUES (n.run_id, l_cut_off);
  END iterator;

  PROCEDURE initial(p_handle IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, 'bulk-purge', 'initial');
  END initial;

  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    IF p_after_error = 'N' THEN
      DELETE FROM bulk_purge_state WHERE run_id = TO_NUMBER(p_handle);
    END IF;
  END final;

  PROCEDURE flag_old(p_handle IN VARCHAR2) IS
    l_cut_off DATE;
    CURSOR c_old IS
      SELECT s.id, s.status FROM sessions_log s
       WHERE s.ended < l_cut_off AND s.status <> 'PURGE' AND ROWNUM <= 500
         FOR UPDATE OF s.status NOWAIT;
    l_flagged PLS_INTEGER := 0;
  BEGIN
    SELECT cut_off INTO l_cut_off FROM bulk_purge_state WHERE run_id = TO_NUMBER(p_handle) FOR UPDATE;
    FOR r IN c_old LOOP
      UPDATE sessions_log SET status = 'PURGE' WHERE CURRENT OF c_old;
      l_flagged := l_flagged + SQL%ROWCOUNT;
    END LOOP;
    UPDATE bulk_purge_state SET flagged = flagged + l_flagged WHERE run_id = TO_NUMBER(p_handle);
  END flag_old;

  PROCEDURE purge(p_handle IN VARCHAR2) IS
    l_run     NUMBER := TO_NUMBER(p_handle);
    l_keys    t_keys;
    l_rows    t_rows;
    l_batch   PLS_INTEGER := dtm.get_num_param(p_handle, 'BATCH');
    l_deleted PLS_INTEGER := 0;
    l_index   PLS_INTEGER;
    CURSOR c_flagged IS
      SELECT s.id, s.ROWID FROM sessions_log s
       WHERE s.status = 'PURGE'
         AND NOT EXISTS (SELECT NULL FROM bulk_purge_errors e WHERE e.run_id = l_run AND e.row_key = s.id)
       ORDER BY s.id;
  BEGIN
    dtm.initialise(p_handle, 'bulk-purge', 'purge');
    OPEN c_flagged;
    LOOP
      FETCH c_flagged BULK COLLECT INTO l_keys, l_rows LIMIT l_batch;
      EXIT WHEN l_keys.COUNT = 0;
      BEGIN
        FORALL i IN 1 .. l_rows.COUNT SAVE EXCEPTIONS
          DELETE FROM sessions_log WHERE ROWID = l_rows(i);
        l_deleted := SQL%ROWCOUNT;
      EXCEPTION
        WHEN e_bulk_errors THEN
          l_deleted := SQL%ROWCOUNT;
          FOR i IN 1 .. SQL%BULK_EXCEPTIONS.COUNT LOOP
            l_index := SQL%BULK_EXCEPTIONS(i).ERROR_INDEX;
            log_error(l_run, l_keys(l_index), SQL%BULK_EXCEPTIONS(i).ERROR_CODE);
          END LOOP;
      END;
      UPDATE bulk_purge_state SET deleted = deleted + l_deleted WHERE run_id = l_run;
      COMMIT;
    END LOOP;
    CLOSE c_flagged;
  EXCEPTION
    WHEN OTHERS THEN
      IF c_flagged%ISOPEN THEN
        CLOSE c_flagged;
      END IF;
      RAISE;
  END purge;

  PROCEDURE check_errors(p_handle IN VARCHAR2) IS
    l_errors PLS_INTEGER;
    l_sample VARCHAR2(500);
  BEGIN
    SELECT COUNT(*), MIN(message) KEEP (DENSE_RANK FIRST ORDER BY row_key)
      INTO l_errors, l_sample
      FROM bulk_purge_errors WHERE run_id = TO_NUMBER(p_handle);
    IF l_errors > dtm.get_num_param(p_handle, 'MAX_ERRORS') THEN
      RAISE_APPLICATION_ERROR(-20010, l_errors || ' rows could not be deleted, the first: ' || l_sample);
    END IF;
  END check_errors;
END bulk_purge;
/
