CREATE TABLE staging (id NUMBER CONSTRAINT staging_pk PRIMARY KEY, v VARCHAR2(1000))
/
CREATE TABLE staging_detail (staging_id NUMBER CONSTRAINT detail_fk REFERENCES staging (id))
/
CREATE TABLE space_rules (segment_name VARCHAR2(128) PRIMARY KEY, rule VARCHAR2(20))
/
INSERT INTO space_rules
SELECT 'STAGING', 'TRUNCATE' FROM dual UNION ALL SELECT 'SPACE_LOG', 'KEEP' FROM dual
/
CREATE TABLE space_log (
  segment_name VARCHAR2(128),
  rule         VARCHAR2(20),
  kb_before    NUMBER,
  kb_after     NUMBER
)
/
CREATE OR REPLACE PACKAGE space_keeper AS
  FUNCTION size_kb(p_segment VARCHAR2) RETURN NUMBER;
  PROCEDURE run(p_limit_kb NUMBER);
END space_keeper;
/
CREATE OR REPLACE PACKAGE BODY space_keeper AS
  TYPE constraint_map IS TABLE OF VARCHAR2(128) INDEX BY VARCHAR2(128);

  FUNCTION size_kb(p_segment VARCHAR2) RETURN NUMBER IS
    l_kb NUMBER;
  BEGIN
    SELECT NVL(SUM(bytes), 0) / 1024 INTO l_kb FROM user_segments WHERE segment_name = p_segment;
    RETURN l_kb;
  END size_kb;

  FUNCTION children_of(p_table VARCHAR2) RETURN constraint_map IS
    l_found constraint_map;
  BEGIN
    FOR r IN (
      SELECT c.constraint_name, c.table_name
      FROM user_constraints c
      JOIN user_constraints p
        ON p.owner = c.r_owner AND p.constraint_name = c.r_constraint_name
      WHERE p.table_name = p_table
        AND c.constraint_type = 'R'
        AND c.status = 'ENABLED'
    ) LOOP
      l_found(r.constraint_name) := r.table_name;
    END LOOP;
    RETURN l_found;
  END children_of;

  PROCEDURE switch_keys(p_keys constraint_map, p_word VARCHAR2) IS
    l_name VARCHAR2(128) := p_keys.FIRST;
  BEGIN
    WHILE l_name IS NOT NULL LOOP
      EXECUTE IMMEDIATE 'ALTER TABLE ' || p_keys(l_name) || ' ' || p_word || ' CONSTRAINT ' || l_name;
      l_name := p_keys.NEXT(l_name);
    END LOOP;
  END switch_keys;

  PROCEDURE truncate_table(p_table VARCHAR2) IS
    l_keys constraint_map := children_of(p_table);
    l_name VARCHAR2(128);
  BEGIN
    switch_keys(l_keys, 'DISABLE');
    l_name := l_keys.FIRST;
    WHILE l_name IS NOT NULL LOOP
      EXECUTE IMMEDIATE 'TRUNCATE TABLE ' || l_keys(l_name) || ' REUSE STORAGE';
      l_name := l_keys.NEXT(l_name);
    END LOOP;
    EXECUTE IMMEDIATE 'TRUNCATE TABLE ' || p_table || ' DROP STORAGE';
    switch_keys(l_keys, 'ENABLE VALIDATE');
  END truncate_table;

  PROCEDURE run(p_limit_kb NUMBER) IS
    l_before NUMBER;
  BEGIN
    FOR r IN (
      SELECT s.segment_name, s.rule
      FROM space_rules s
      WHERE s.rule <> 'KEEP'
        AND EXISTS (
          SELECT NULL FROM user_segments u
          WHERE u.segment_name = s.segment_name AND u.bytes > p_limit_kb * 1024
        )
    ) LOOP
      l_before := size_kb(r.segment_name);
      CASE r.rule
        WHEN 'TRUNCATE' THEN truncate_table(r.segment_name);
        ELSE RAISE_APPLICATION_ERROR(-20100, 'unknown rule ' || r.rule);
      END CASE;
      INSERT INTO space_log VALUES (r.segment_name, r.rule, l_before, size_kb(r.segment_name));
    END LOOP;
    COMMIT;
  END run;
END space_keeper;
/
