CREATE TABLE facts (
  id NUMBER CONSTRAINT facts_pk PRIMARY KEY,
  n  NUMBER,
  v  VARCHAR2(10)
)
PARTITION BY RANGE (n) (
  PARTITION p1 VALUES LESS THAN (10),
  PARTITION p2 VALUES LESS THAN (20),
  PARTITION p3 VALUES LESS THAN (30)
)
/
CREATE INDEX facts_n ON facts (n, v) LOCAL
/
CREATE TABLE plain (n NUMBER CONSTRAINT plain_pk PRIMARY KEY)
/
CREATE TABLE keeper_log (
  at          DATE DEFAULT SYSDATE,
  object_name VARCHAR2(128),
  part_name   VARCHAR2(128),
  outcome     VARCHAR2(200),
  seconds     NUMBER
)
/
CREATE OR REPLACE PACKAGE index_keeper AUTHID CURRENT_USER AS
  retries CONSTANT PLS_INTEGER := 2;
  FUNCTION unusable_count RETURN NUMBER;
  PROCEDURE run(p_parallel PLS_INTEGER DEFAULT NULL);
END index_keeper;
/
CREATE OR REPLACE PACKAGE BODY index_keeper AS
  resource_busy EXCEPTION;
  PRAGMA EXCEPTION_INIT(resource_busy, -54);

  TYPE target_rec IS RECORD (index_name VARCHAR2(128), part_name VARCHAR2(128));
  TYPE target_tab IS TABLE OF target_rec;

  CURSOR broken IS
    SELECT index_name, CAST(NULL AS VARCHAR2(128)) AS part_name
    FROM user_indexes
    WHERE status = 'UNUSABLE'
    UNION ALL
    SELECT index_name, partition_name
    FROM user_ind_partitions
    WHERE status = 'UNUSABLE'
    ORDER BY 1, 2;

  FUNCTION unusable_count RETURN NUMBER IS
    l_count NUMBER := 0;
  BEGIN
    FOR r IN broken LOOP
      l_count := l_count + 1;
    END LOOP;
    RETURN l_count;
  END unusable_count;

  PROCEDURE log(p_target target_rec, p_outcome VARCHAR2, p_started NUMBER) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    INSERT INTO keeper_log (object_name, part_name, outcome, seconds)
    VALUES (p_target.index_name, p_target.part_name, p_outcome,
            (DBMS_UTILITY.GET_TIME - p_started) / 100);
    COMMIT;
  END log;

  FUNCTION statement_for(p_target target_rec, p_parallel PLS_INTEGER) RETURN VARCHAR2 IS
  BEGIN
    RETURN 'ALTER INDEX ' || DBMS_ASSERT.ENQUOTE_NAME(p_target.index_name, FALSE) || ' REBUILD' ||
      CASE WHEN p_target.part_name IS NOT NULL THEN
        ' PARTITION ' || DBMS_ASSERT.ENQUOTE_NAME(p_target.part_name, FALSE)
      END ||
      CASE WHEN p_parallel > 1 THEN ' PARALLEL ' || p_parallel END;
  END statement_for;

  PROCEDURE rebuild(p_target target_rec, p_parallel PLS_INTEGER) IS
    l_started NUMBER := DBMS_UTILITY.GET_TIME;
    l_try     PLS_INTEGER := 0;
  BEGIN
    <<again>>
    BEGIN
      EXECUTE IMMEDIATE statement_for(p_target, p_parallel);
      log(p_target, 'OK', l_started);
    EXCEPTION
      WHEN resource_busy THEN
        l_try := l_try + 1;
        IF l_try < retries THEN
          GOTO again;
        END IF;
        log(p_target, 'ORA-' || LPAD(-SQLCODE, 5, '0'), l_started);
    END;
  END rebuild;

  PROCEDURE run(p_parallel PLS_INTEGER DEFAULT NULL) IS
    l_targets target_tab;
  BEGIN
    OPEN broken;
    FETCH broken BULK COLLECT INTO l_targets;
    CLOSE broken;
    FOR i IN 1 .. l_targets.COUNT LOOP
      rebuild(l_targets(i), p_parallel);
    END LOOP;
  END run;
END index_keeper;
/
