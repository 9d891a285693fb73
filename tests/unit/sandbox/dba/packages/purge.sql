CREATE TABLE orders (
  order_id   NUMBER CONSTRAINT orders_pk PRIMARY KEY,
  order_date DATE NOT NULL,
  status     VARCHAR2(10) CHECK (status IN ('OPEN', 'DONE'))
)
/
CREATE TABLE order_items (
  order_id NUMBER NOT NULL CONSTRAINT items_fk REFERENCES orders,
  line     NUMBER
)
/
CREATE TABLE purge_errors (
  order_id   NUMBER,
  error_code NUMBER,
  message    VARCHAR2(2000),
  at         DATE DEFAULT SYSDATE
)
/
CREATE TABLE outcome (deleted NUMBER, failed NUMBER, chunks NUMBER)
/
CREATE OR REPLACE TYPE number_list AS TABLE OF NUMBER
/
CREATE OR REPLACE PACKAGE purge_orders AS
  TYPE result_t IS RECORD (deleted PLS_INTEGER := 0, failed PLS_INTEGER := 0, chunks PLS_INTEGER := 0);
  SUBTYPE days_t IS PLS_INTEGER RANGE 0 .. 36500;
  bulk_errors EXCEPTION;
  PRAGMA EXCEPTION_INIT(bulk_errors, -24381);

  FUNCTION run(p_days days_t, p_chunk PLS_INTEGER DEFAULT 1000) RETURN result_t;
END purge_orders;
/
CREATE OR REPLACE PACKAGE BODY purge_orders AS
  TYPE error_tab IS TABLE OF purge_errors%ROWTYPE INDEX BY PLS_INTEGER;

  CURSOR candidates(c_limit DATE) IS
    SELECT o.order_id
    FROM orders o
    WHERE o.order_date < c_limit
      AND o.status = 'DONE'
    ORDER BY o.order_date, o.order_id;

  PROCEDURE note_errors(p_ids number_list) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
    l_errors error_tab;
  BEGIN
    FOR i IN 1 .. SQL%BULK_EXCEPTIONS.COUNT LOOP
      l_errors(i).order_id := p_ids(SQL%BULK_EXCEPTIONS(i).ERROR_INDEX);
      l_errors(i).error_code := SQL%BULK_EXCEPTIONS(i).ERROR_CODE;
      l_errors(i).message := SQLERRM(-SQL%BULK_EXCEPTIONS(i).ERROR_CODE);
      l_errors(i).at := SYSDATE;
    END LOOP;
    FORALL i IN INDICES OF l_errors
      INSERT INTO purge_errors VALUES l_errors(i);
    COMMIT;
  END note_errors;

  FUNCTION run(p_days days_t, p_chunk PLS_INTEGER DEFAULT 1000) RETURN result_t IS
    l_ids    number_list;
    l_result result_t;
    l_limit  CONSTANT DATE := TRUNC(SYSDATE) - p_days;
  BEGIN
    IF p_days < 1 THEN
      RAISE_APPLICATION_ERROR(-20001, 'keep at least one day, not ' || p_days);
    END IF;
    DBMS_APPLICATION_INFO.SET_MODULE('PURGE_ORDERS', 'start');
    OPEN candidates(l_limit);
    <<chunks>>
    LOOP
      FETCH candidates BULK COLLECT INTO l_ids LIMIT p_chunk;
      EXIT chunks WHEN l_ids.COUNT = 0;
      l_result.chunks := l_result.chunks + 1;
      BEGIN
        FORALL i IN 1 .. l_ids.COUNT SAVE EXCEPTIONS
          DELETE FROM orders WHERE order_id = l_ids(i);
        l_result.deleted := l_result.deleted + SQL%ROWCOUNT;
      EXCEPTION
        WHEN bulk_errors THEN
          l_result.deleted := l_result.deleted + SQL%ROWCOUNT;
          l_result.failed := l_result.failed + SQL%BULK_EXCEPTIONS.COUNT;
          note_errors(l_ids);
      END;
      COMMIT;
      DBMS_APPLICATION_INFO.SET_ACTION('chunk ' || l_result.chunks);
    END LOOP chunks;
    CLOSE candidates;
    DBMS_APPLICATION_INFO.SET_MODULE(NULL, NULL);
    RETURN l_result;
  EXCEPTION
    WHEN OTHERS THEN
      IF candidates%ISOPEN THEN
        CLOSE candidates;
      END IF;
      RAISE;
  END run;
END purge_orders;
/
