CREATE OR REPLACE PACKAGE BODY roll_partitions AS
  c_module    CONSTANT VARCHAR2(30) := 'roll-partitions';
  c_no_bound  CONSTANT DATE := DATE '9999-12-31';  -- stands for MAXVALUE

  e_no_table EXCEPTION;
  PRAGMA EXCEPTION_INIT(e_no_table, -942);

  FUNCTION quoted(p_name IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN DBMS_ASSERT.ENQUOTE_NAME(p_name, FALSE);
  END quoted;

  FUNCTION quoted(p_owner IN VARCHAR2, p_name IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN quoted(p_owner) || '.' || quoted(p_name);
  END quoted;

  -- HIGH_VALUE is an expression in a LONG: Oracle evaluates what Oracle wrote.
  FUNCTION bound(p_high_value IN VARCHAR2) RETURN DATE IS
    l_bound DATE;
  BEGIN
    IF p_high_value = 'MAXVALUE' THEN
      RETURN c_no_bound;
    END IF;
    EXECUTE IMMEDIATE 'SELECT CAST(' || p_high_value || ' AS DATE) FROM dual' INTO l_bound;
    RETURN l_bound;
  END bound;

  FUNCTION this_month(p_handle IN VARCHAR2) RETURN DATE IS
  BEGIN
    RETURN TRUNC(NVL(dtm.get_date_param(p_handle, 'TODAY'), SYSDATE), 'MM');
  END this_month;

  -- A partition that ends here or earlier is old.
  FUNCTION cut_off(p_handle IN VARCHAR2) RETURN DATE IS
  BEGIN
    RETURN ADD_MONTHS(this_month(p_handle), -dtm.get_num_param(p_handle, 'RETENTION_MONTHS'));
  END cut_off;

  -- The last partition must reach this far.
  FUNCTION horizon(p_handle IN VARCHAR2) RETURN DATE IS
  BEGIN
    RETURN ADD_MONTHS(this_month(p_handle), dtm.get_num_param(p_handle, 'MONTHS_AHEAD') + 1);
  END horizon;

  FUNCTION detaches(p_handle IN VARCHAR2) RETURN BOOLEAN IS
  BEGIN
    RETURN dtm.get_string_param(p_handle, 'ACTION') = 'DETACH';
  END detaches;

  -- Oracle adds interval partitions by itself and refuses ADD PARTITION there (ORA-14760).
  FUNCTION is_interval(p_owner IN VARCHAR2, p_table_name IN VARCHAR2) RETURN BOOLEAN IS
    l_interval VARCHAR2(1000);
  BEGIN
    SELECT t.interval
      INTO l_interval
      FROM all_part_tables t
     WHERE t.owner = p_owner AND t.table_name = p_table_name AND t.partitioning_type = 'RANGE';
    RETURN l_interval IS NOT NULL;
  EXCEPTION
    WHEN NO_DATA_FOUND THEN
      RAISE_APPLICATION_ERROR(
        -20001, 'no table ' || quoted(p_owner, p_table_name) || ' partitioned by range');
  END is_interval;

  FUNCTION last_bound(p_owner IN VARCHAR2, p_table_name IN VARCHAR2) RETURN DATE IS
    l_last DATE;
  BEGIN
    FOR part IN (
      SELECT high_value
        FROM all_tab_partitions
       WHERE table_owner = p_owner AND table_name = p_table_name
       ORDER BY partition_position DESC
    ) LOOP
      l_last := bound(part.high_value);
      EXIT;
    END LOOP;
    RETURN l_last;
  END last_bound;

  -- The oldest partition; but never the last one of an interval table's fixed part, which Oracle
  -- keeps as the anchor of its intervals (ORA-14758).
  PROCEDURE find_oldest(
    p_owner IN VARCHAR2, p_table_name IN VARCHAR2, p_name OUT VARCHAR2, p_bound OUT DATE) IS
    l_anchor PLS_INTEGER := 0;
  BEGIN
    IF is_interval(p_owner, p_table_name) THEN
      SELECT MAX(t.partition_position)
        INTO l_anchor
        FROM all_tab_partitions t
       WHERE t.table_owner = p_owner AND t.table_name = p_table_name AND t.interval = 'NO';
    END IF;
    FOR part IN (
      SELECT partition_name, high_value
        FROM all_tab_partitions
       WHERE table_owner = p_owner AND table_name = p_table_name AND partition_position <> l_anchor
       ORDER BY partition_position
    ) LOOP
      p_name := part.partition_name;
      p_bound := bound(part.high_value);
      EXIT;
    END LOOP;
  END find_oldest;

  FUNCTION state_of(p_handle IN VARCHAR2) RETURN roll_partitions_state%ROWTYPE IS
    l_state roll_partitions_state%ROWTYPE;
  BEGIN
    SELECT * INTO l_state FROM roll_partitions_state WHERE run_id = TO_NUMBER(p_handle);
    RETURN l_state;
  END state_of;

  FUNCTION has_partition(p_state IN roll_partitions_state%ROWTYPE) RETURN BOOLEAN IS
    l_found PLS_INTEGER;
  BEGIN
    SELECT COUNT(*)
      INTO l_found
      FROM all_tab_partitions
     WHERE table_owner = p_state.table_owner
       AND table_name = p_state.table_name
       AND partition_name = p_state.partition_name;
    RETURN l_found > 0;
  END has_partition;

  FUNCTION has_rows(p_from IN VARCHAR2) RETURN BOOLEAN IS
    l_found PLS_INTEGER;
  BEGIN
    EXECUTE IMMEDIATE 'SELECT COUNT(*) FROM ' || p_from || ' WHERE ROWNUM = 1' INTO l_found;
    RETURN l_found > 0;
  END has_rows;

  FUNCTION partition_has_rows(p_state IN roll_partitions_state%ROWTYPE) RETURN BOOLEAN IS
  BEGIN
    RETURN has_rows(
      quoted(p_state.table_owner, p_state.table_name)
      || ' PARTITION (' || quoted(p_state.partition_name) || ')');
  END partition_has_rows;

  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2) IS
    l_state roll_partitions_state%ROWTYPE;
  BEGIN
    dtm.initialise(p_handle, c_module, 'iterator');
    l_state.run_id := TO_NUMBER(p_handle);
    l_state.table_owner := p_owner;
    l_state.table_name := p_table_name;
    find_oldest(p_owner, p_table_name, l_state.partition_name, l_state.upper_bound);
    IF l_state.upper_bound <= cut_off(p_handle) THEN
      l_state.detached_table :=
        SUBSTR(p_table_name, 1, 20) || '_D' || TO_CHAR(l_state.upper_bound - 1, 'YYYYMMDD');
    ELSIF is_interval(p_owner, p_table_name)
       OR last_bound(p_owner, p_table_name) >= horizon(p_handle) THEN
      dtm.raise_complete('no partition ends by ' || TO_CHAR(cut_off(p_handle), 'YYYY-MM-DD'));
    ELSE
      l_state.partition_name := NULL;
      l_state.upper_bound := NULL;
    END IF;
    DELETE FROM roll_partitions_state WHERE run_id = l_state.run_id;
    INSERT INTO roll_partitions_state VALUES l_state;
  END iterator;

  PROCEDURE initial(p_handle IN VARCHAR2) IS
    l_state  roll_partitions_state%ROWTYPE := state_of(p_handle);
    l_keys   PLS_INTEGER;
  BEGIN
    dtm.initialise(p_handle, c_module, 'initial');
    SELECT COUNT(*)
      INTO l_keys
      FROM all_constraints
     WHERE owner = l_state.table_owner
       AND table_name = l_state.table_name
       AND constraint_type IN ('P', 'U')
       AND status = 'ENABLED';
    IF l_keys > 0 AND detaches(p_handle) THEN
      RAISE_APPLICATION_ERROR(
        -20005, quoted(l_state.table_owner, l_state.table_name)
        || ' has an enabled primary key or unique constraint; only ACTION = DROP serves it');
    END IF;
  END initial;

  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2) IS
  BEGIN
    dtm.initialise(p_handle, c_module, 'final');
    IF p_after_error = 'N' THEN
      DELETE FROM roll_partitions_state WHERE run_id = TO_NUMBER(p_handle);
    END IF;
  END final;

  PROCEDURE add_partitions(p_handle IN VARCHAR2) IS
    l_state    roll_partitions_state%ROWTYPE := state_of(p_handle);
    l_from     DATE;
    l_horizon  DATE := horizon(p_handle);
  BEGIN
    dtm.initialise(p_handle, c_module, 'add-partitions');
    IF is_interval(l_state.table_owner, l_state.table_name) THEN
      RETURN;
    END IF;
    l_from := last_bound(l_state.table_owner, l_state.table_name);
    IF l_from < l_horizon AND l_from <> TRUNC(l_from, 'MM') THEN
      RAISE_APPLICATION_ERROR(
        -20006, 'the last partition of ' || quoted(l_state.table_owner, l_state.table_name)
        || ' ends on ' || TO_CHAR(l_from, 'YYYY-MM-DD') || ', not on the first of a month');
    END IF;
    WHILE l_from < l_horizon LOOP
      dtm.execute_immediate(
        p_handle,
        'ALTER TABLE ' || quoted(l_state.table_owner, l_state.table_name)
        || ' ADD PARTITION P_' || TO_CHAR(l_from, 'YYYY_MM')
        || ' VALUES LESS THAN (DATE ''' || TO_CHAR(ADD_MONTHS(l_from, 1), 'YYYY-MM-DD') || ''')');
      l_from := ADD_MONTHS(l_from, 1);
    END LOOP;
  END add_partitions;

  PROCEDURE create_detached(p_handle IN VARCHAR2) IS
    l_state     roll_partitions_state%ROWTYPE := state_of(p_handle);
    l_detached  VARCHAR2(300);
  BEGIN
    dtm.initialise(p_handle, c_module, 'create-detached');
    IF l_state.partition_name IS NULL OR NOT detaches(p_handle) THEN
      RETURN;
    END IF;
    l_detached := quoted(l_state.table_owner, l_state.detached_table);
    IF has_rows(l_detached) THEN
      RAISE_APPLICATION_ERROR(-20002, l_detached || ' is there already and has rows');
    END IF;
  EXCEPTION
    WHEN e_no_table THEN
      dtm.execute_immediate(
        p_handle,
        'CREATE TABLE ' || l_detached
        || ' AS SELECT * FROM ' || quoted(l_state.table_owner, l_state.table_name) || ' WHERE 1 = 0');
  END create_detached;

  PROCEDURE exchange_out(p_handle IN VARCHAR2) IS
    l_state roll_partitions_state%ROWTYPE := state_of(p_handle);
  BEGIN
    dtm.initialise(p_handle, c_module, 'exchange-out');
    IF exchange_done(p_handle) = 'N' THEN
      dtm.execute_immediate(
        p_handle,
        'ALTER TABLE ' || quoted(l_state.table_owner, l_state.table_name)
        || ' EXCHANGE PARTITION ' || quoted(l_state.partition_name)
        || ' WITH TABLE ' || quoted(l_state.table_owner, l_state.detached_table)
        || ' WITHOUT VALIDATION UPDATE GLOBAL INDEXES');
    END IF;
  END exchange_out;

  -- CREATE_DETACHED left the detached table empty: rows there can only come from the exchange.
  FUNCTION exchange_done(p_handle IN VARCHAR2) RETURN VARCHAR2 IS
    l_state roll_partitions_state%ROWTYPE := state_of(p_handle);
  BEGIN
    IF l_state.partition_name IS NULL
       OR NOT detaches(p_handle)
       OR has_rows(quoted(l_state.table_owner, l_state.detached_table))
       OR NOT partition_has_rows(l_state) THEN
      RETURN 'Y';
    END IF;
    RETURN 'N';
  END exchange_done;

  PROCEDURE drop_partition(p_handle IN VARCHAR2) IS
    l_state roll_partitions_state%ROWTYPE := state_of(p_handle);
  BEGIN
    dtm.initialise(p_handle, c_module, 'drop-partition');
    IF l_state.partition_name IS NULL OR NOT has_partition(l_state) THEN
      RETURN;
    END IF;
    IF detaches(p_handle) AND partition_has_rows(l_state) THEN
      RAISE_APPLICATION_ERROR(
        -20003, 'rows came into ' || l_state.partition_name || ' after it was moved out to '
        || l_state.detached_table || '; move them there and resume');
    END IF;
    dtm.execute_immediate(
      p_handle,
      'ALTER TABLE ' || quoted(l_state.table_owner, l_state.table_name)
      || ' DROP PARTITION ' || quoted(l_state.partition_name) || ' UPDATE GLOBAL INDEXES');
  END drop_partition;
END roll_partitions;
/
