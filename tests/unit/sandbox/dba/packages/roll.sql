CREATE SEQUENCE event_seq CACHE 50
/
CREATE TABLE events (
  event_id   NUMBER NOT NULL,
  event_date DATE NOT NULL,
  payload    VARCHAR2(100),
  CONSTRAINT events_pk PRIMARY KEY (event_id)
)
PARTITION BY RANGE (event_date) (
  PARTITION p0 VALUES LESS THAN (DATE '2000-01-01'),
  PARTITION pmax VALUES LESS THAN (MAXVALUE)
)
ENABLE ROW MOVEMENT
/
CREATE INDEX events_date ON events (event_date) LOCAL
/
CREATE TABLE events_archive AS SELECT * FROM events WHERE 1 = 0
/
CREATE TABLE roll_log (
  logged_at TIMESTAMP DEFAULT SYSTIMESTAMP,
  action    VARCHAR2(20),
  object    VARCHAR2(128),
  status    VARCHAR2(10),
  message   VARCHAR2(4000)
)
/
CREATE OR REPLACE PACKAGE part_roll AUTHID DEFINER AS
  no_such_table EXCEPTION;
  PRAGMA EXCEPTION_INIT(no_such_table, -20010);

  -- Monthly partitions from the oldest row to p_months ahead, split off the MAXVALUE partition.
  PROCEDURE extend(p_table IN VARCHAR2, p_months IN PLS_INTEGER DEFAULT 1);

  -- Drops partitions that end more than p_keep months ago.
  PROCEDURE purge(p_table IN VARCHAR2, p_keep IN PLS_INTEGER, archive IN BOOLEAN DEFAULT FALSE);
END part_roll;
/
CREATE OR REPLACE PACKAGE BODY part_roll AS
  TYPE partition_rec IS RECORD (
    name     user_tab_partitions.partition_name%TYPE,
    position PLS_INTEGER,
    bound    DATE
  );
  TYPE partition_tab IS TABLE OF partition_rec INDEX BY PLS_INTEGER;

  PROCEDURE log(p_action VARCHAR2, p_object VARCHAR2, p_status VARCHAR2 := 'OK', p_text VARCHAR2 := NULL) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    INSERT INTO roll_log (action, object, status, message)
    VALUES (p_action, p_object, p_status, SUBSTR(p_text, 1, 4000));
    COMMIT;
  END log;

  PROCEDURE ddl(p_action VARCHAR2, p_object VARCHAR2, p_text VARCHAR2) IS
  BEGIN
    EXECUTE IMMEDIATE p_text;
    log(p_action, p_object);
  EXCEPTION
    WHEN OTHERS THEN
      log(p_action, p_object, 'ERROR', SQLERRM || CHR(10) || p_text);
      RAISE;
  END ddl;

  FUNCTION bound_of(p_high LONG) RETURN DATE IS
    l_date DATE;
  BEGIN
    IF p_high = 'MAXVALUE' THEN
      RETURN NULL;
    END IF;
    EXECUTE IMMEDIATE 'SELECT ' || p_high || ' FROM dual' INTO l_date;
    RETURN l_date;
  END bound_of;

  FUNCTION partitions_of(p_table VARCHAR2) RETURN partition_tab IS
    l_type   user_part_tables.partitioning_type%TYPE;
    l_result partition_tab;
    l_count  PLS_INTEGER := 0;
  BEGIN
    BEGIN
      SELECT partitioning_type INTO l_type FROM user_part_tables WHERE table_name = p_table;
    EXCEPTION
      WHEN NO_DATA_FOUND THEN
        l_type := NULL;
    END;
    IF l_type IS NULL OR l_type <> 'RANGE' THEN
      RAISE_APPLICATION_ERROR(-20010, 'table ' || p_table || ' is not range partitioned');
    END IF;
    FOR r IN (
      SELECT partition_name, partition_position, high_value
      FROM user_tab_partitions
      WHERE table_name = p_table
      ORDER BY partition_position
    ) LOOP
      l_count := l_count + 1;
      l_result(l_count).name := r.partition_name;
      l_result(l_count).position := r.partition_position;
      l_result(l_count).bound := bound_of(r.high_value);
    END LOOP;
    RETURN l_result;
  END partitions_of;

  PROCEDURE rebuild(p_table VARCHAR2) IS
  BEGIN
    FOR i IN (
      SELECT index_name FROM user_indexes WHERE table_name = p_table AND status = 'UNUSABLE'
    ) LOOP
      ddl('REBUILD', i.index_name, 'ALTER INDEX "' || i.index_name || '" REBUILD ONLINE');
    END LOOP;
    FOR p IN (
      SELECT ip.index_name, ip.partition_name
      FROM user_ind_partitions ip
      JOIN user_part_indexes pi ON pi.index_name = ip.index_name
      WHERE pi.table_name = p_table AND ip.status = 'UNUSABLE'
    ) LOOP
      ddl('REBUILD', p.partition_name,
          'ALTER INDEX "' || p.index_name || '" REBUILD PARTITION "' || p.partition_name || '"');
    END LOOP;
  END rebuild;

  PROCEDURE extend(p_table IN VARCHAR2, p_months IN PLS_INTEGER DEFAULT 1) IS
    l_parts partition_tab := partitions_of(p_table);
    l_last  partition_rec := l_parts(l_parts.COUNT);
    l_month DATE;
    l_text  VARCHAR2(1000);
  BEGIN
    IF l_last.bound IS NOT NULL THEN
      RAISE_APPLICATION_ERROR(-20011, 'no MAXVALUE partition');
    END IF;
    EXECUTE IMMEDIATE 'SELECT TRUNC(MIN(event_date), ''MM'') FROM ' ||
      DBMS_ASSERT.ENQUOTE_NAME(p_table) || ' PARTITION (' || l_last.name || ')' INTO l_month;
    l_month := COALESCE(l_month, TRUNC(SYSDATE, 'MM'));
    WHILE l_month <= ADD_MONTHS(TRUNC(SYSDATE, 'MM'), p_months) LOOP
      l_text := 'ALTER TABLE ' || p_table || ' SPLIT PARTITION ' || l_last.name ||
        ' AT (TO_DATE(''' || TO_CHAR(ADD_MONTHS(l_month, 1), 'YYYY-MM-DD') || ''', ''YYYY-MM-DD''))' ||
        ' INTO (PARTITION P' || TO_CHAR(l_month, 'YYYYMM') || ', PARTITION ' || l_last.name ||
        ') UPDATE INDEXES';
      ddl('SPLIT', 'P' || TO_CHAR(l_month, 'YYYYMM'), l_text);
      l_month := ADD_MONTHS(l_month, 1);
    END LOOP;
  END extend;

  PROCEDURE archive_partition(p_table VARCHAR2, p_name VARCHAR2) IS
    l_temp VARCHAR2(128) := SUBSTR('X_' || p_table || '_' || p_name, 1, 30);
  BEGIN
    EXECUTE IMMEDIATE 'CREATE TABLE ' || l_temp || ' AS SELECT * FROM ' || p_table || ' WHERE 1 = 0';
    EXECUTE IMMEDIATE 'CREATE INDEX ' || l_temp || '_I ON ' || l_temp || ' (event_date)';
    ddl('EXCHANGE', p_name, 'ALTER TABLE ' || p_table || ' EXCHANGE PARTITION ' || p_name ||
        ' WITH TABLE ' || l_temp || ' INCLUDING INDEXES WITHOUT VALIDATION');
    EXECUTE IMMEDIATE 'INSERT /*+ APPEND */ INTO events_archive SELECT * FROM ' || l_temp;
    COMMIT;
    EXECUTE IMMEDIATE 'DROP TABLE ' || l_temp || ' PURGE';
  END archive_partition;

  PROCEDURE purge(p_table IN VARCHAR2, p_keep IN PLS_INTEGER, archive IN BOOLEAN DEFAULT FALSE) IS
    l_parts partition_tab := partitions_of(p_table);
    l_limit DATE := ADD_MONTHS(TRUNC(SYSDATE, 'MM'), -p_keep);
    l_rows  NUMBER;
    l_index PLS_INTEGER := l_parts.FIRST;
  BEGIN
    WHILE l_index IS NOT NULL LOOP
      EXIT WHEN l_parts(l_index).bound IS NULL OR l_parts(l_index).bound > l_limit;
      EXECUTE IMMEDIATE 'SELECT COUNT(*) FROM ' || p_table ||
        ' PARTITION (' || l_parts(l_index).name || ') WHERE ROWNUM = 1' INTO l_rows;
      IF l_rows > 0 AND archive THEN
        archive_partition(p_table, l_parts(l_index).name);
      END IF;
      ddl('DROP', l_parts(l_index).name,
          'ALTER TABLE ' || p_table || ' DROP PARTITION ' || l_parts(l_index).name);
      l_index := l_parts.NEXT(l_index);
    END LOOP;
    rebuild(p_table);
  END purge;
END part_roll;
/
