CREATE OR REPLACE PACKAGE BODY "DOMOWN"."DOM$ARCHIVE" AS

   g_module CONSTANT VARCHAR2(48) := 'DOM$ARCHIVE';

   PROCEDURE get_state (p_handle IN VARCHAR2, p_rec OUT DOM$ARCHIVE_STATE%ROWTYPE)
   IS
   BEGIN
      SELECT *
      INTO   p_rec
      FROM   DOM$ARCHIVE_STATE
      WHERE  run_id = TO_NUMBER(p_handle);
   END get_state;

   PROCEDURE initial (p_handle IN VARCHAR2)
   IS
   BEGIN
      DOM.initialise(p_handle => p_handle, p_module => g_module, p_action => 'initial');
   END initial;

   PROCEDURE iterator (p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2)
   IS
      v_min   NUMBER;
      v_step  NUMBER;
      v_until DATE;
      v_object VARCHAR2(61) := p_owner||'.'||p_table_name;
   BEGIN
      DOM.initialise(p_handle, g_module, 'iterator');
      v_step  := DOM.get_num_param(p_handle => p_handle, p_name => 'STEP', p_object_name => v_object);
      v_until := DOM.get_date_param(p_handle, 'KEEP_FROM', v_object);
      EXECUTE IMMEDIATE 'SELECT MIN(id) FROM '||p_owner||'.'||p_table_name||
         ' WHERE created < :b1' INTO v_min USING v_until;
      IF v_min IS NULL
      THEN
         RAISE DOM.operation_complete;
      END IF;
      DELETE FROM DOM$ARCHIVE_STATE WHERE run_id = TO_NUMBER(p_handle);
      INSERT INTO DOM$ARCHIVE_STATE (run_id, table_owner, table_name, min_id, max_id)
      VALUES (TO_NUMBER(p_handle), p_owner, p_table_name, v_min, v_min + v_step - 1);
      COMMIT;
   END iterator;

   PROCEDURE final (p_handle IN VARCHAR2, p_after_error IN VARCHAR2)
   IS
   BEGIN
      DOM.initialise(p_handle, g_module, 'final');
      IF p_after_error = 'N'
      THEN
         DELETE DOM$ARCHIVE_STATE WHERE run_id = TO_NUMBER(p_handle);
         COMMIT;
      END IF;
   END final;

   PROCEDURE create_copy (p_handle IN VARCHAR2)
   IS
      v_rec DOM$ARCHIVE_STATE%ROWTYPE;
      v_count PLS_INTEGER;
   BEGIN
      DOM.initialise(p_handle, g_module, 'create_copy');
      get_state(p_handle, v_rec);
      SELECT COUNT(*) INTO v_count FROM user_tables
      WHERE table_name = v_rec.table_name||DOM.get_string_param(p_handle, 'SUFFIX');
      IF v_count = 0 THEN
         DOM.execute_immediate(
            p_handle  => p_handle,
            p_sql_str => 'CREATE TABLE '||v_rec.table_name||DOM.get_string_param(p_handle, 'SUFFIX')||
                         ' AS SELECT * FROM '||v_rec.table_owner||'.'||v_rec.table_name||' WHERE 1=2');
      END IF;
   END create_copy;

   PROCEDURE copy_rows (p_handle IN VARCHAR2)
   IS
      v_rec DOM$ARCHIVE_STATE%ROWTYPE;
   BEGIN
      DOM.initialise(p_handle, g_module, 'copy_rows');
      get_state(p_handle, v_rec);
      DOM.execute_immediate(
         p_handle        => p_handle,
         p_sql_str       => 'INSERT /*+ APPEND */ INTO '||v_rec.table_name||DOM.get_string_param(p_handle, 'SUFFIX')||
                            ' SELECT /*+ PARALLEL(t 2) */ * FROM '||v_rec.table_owner||'.'||v_rec.table_name||' t'||
                            ' WHERE id BETWEEN '||v_rec.min_id||' AND '||v_rec.max_id||
                            ' AND created < TO_DATE('''||TO_CHAR(DOM.get_date_param(p_handle,'KEEP_FROM'),'YYYYMMDD')||''',''YYYYMMDD'')',
         p_alter_session => 'ALTER SESSION ENABLE PARALLEL DML');
   END copy_rows;

   PROCEDURE delete_rows (p_handle IN VARCHAR2)
   IS
      v_rec DOM$ARCHIVE_STATE%ROWTYPE;
   BEGIN
      DOM.initialise(p_handle, g_module, 'delete_rows');
      get_state(p_handle, v_rec);
      DOM.execute_immediate(p_handle,
         'DELETE FROM '||v_rec.table_owner||'.'||v_rec.table_name||' t WHERE EXISTS (SELECT 1 FROM '||
         v_rec.table_name||DOM.get_string_param(p_handle, 'SUFFIX')||' c WHERE c.id = t.id)'||
         ' AND id BETWEEN '||v_rec.min_id||' AND '||v_rec.max_id);
   END delete_rows;
END DOM$ARCHIVE;
/
