CREATE OR REPLACE PACKAGE BODY dtm AS
  -- Context of the task call this session is in; set by TASK_BEGIN.
  g_handle         dtm_streams.handle%TYPE;
  g_iteration      dtm_markers.iteration%TYPE;
  g_phase          dtm_markers.phase%TYPE;
  g_task           dtm_markers.task%TYPE;
  g_start_no       dtm_markers.start_no%TYPE;
  g_attempt        dtm_markers.attempt%TYPE;
  g_kind           VARCHAR2(20);
  g_transaction_id VARCHAR2(64);
  g_outcome        VARCHAR2(20);
  g_last_error     VARCHAR2(32767);
  g_statement_no   PLS_INTEGER := 0;
  -- FALSE once V$PQ_SESSTAT turned out to be invisible to this schema.
  g_pq_visible     BOOLEAN := TRUE;

  -- The stack holds the backtrace as well since 12.2.
  FUNCTION error_text RETURN VARCHAR2 IS
    l_stack     VARCHAR2(32767) := DBMS_UTILITY.FORMAT_ERROR_STACK;
    l_backtrace VARCHAR2(32767) := DBMS_UTILITY.FORMAT_ERROR_BACKTRACE;
  BEGIN
    IF INSTR(l_stack, l_backtrace) > 0 THEN
      RETURN l_stack;
    END IF;
    RETURN l_stack || l_backtrace;
  END error_text;

  FUNCTION stream_of(p_handle IN VARCHAR2) RETURN dtm_streams%ROWTYPE IS
    l_stream dtm_streams%ROWTYPE;
  BEGIN
    SELECT * INTO l_stream FROM dtm_streams WHERE handle = p_handle;
    RETURN l_stream;
  EXCEPTION
    WHEN NO_DATA_FOUND THEN
      RAISE_APPLICATION_ERROR(-20117, 'DTM: unknown handle "' || p_handle || '"');
  END stream_of;

  PROCEDURE initialise(
    p_handle IN VARCHAR2,
    p_module IN VARCHAR2 DEFAULT NULL,
    p_action IN VARCHAR2 DEFAULT NULL)
  IS
    l_operation VARCHAR2(128) := p_module;
    l_stream    dtm_streams%ROWTYPE;
  BEGIN
    IF l_operation IS NULL THEN
      l_stream := stream_of(p_handle);
      l_operation := l_stream.operation_name;
    END IF;
    -- V$SESSION.MODULE holds 48 bytes and ACTION 32.
    DBMS_APPLICATION_INFO.SET_MODULE(
      module_name => SUBSTRB('DTM.' || l_operation, 1, 48),
      action_name => SUBSTRB(NVL(p_action, g_task), 1, 32));
  END initialise;

  -- ------------------------------------------------------------------ SQL log

  -- The statement as it may be logged: passwords after IDENTIFIED BY are stars.
  FUNCTION without_passwords(p_sql_str IN CLOB) RETURN CLOB IS
  BEGIN
    IF REGEXP_LIKE(p_sql_str, 'identified\s+by\s', 'i') THEN
      RETURN REGEXP_REPLACE(
        p_sql_str,
        '(identified\s+by\s+(values\s+)?)("[^"]*"|''[^'']*''|\S+)(\s+replace\s+("[^"]*"|\S+))?',
        '\1***', 1, 0, 'i');
    END IF;
    RETURN p_sql_str;
  END without_passwords;

  -- Autonomous: the row is visible while the statement runs and survives its rollback.

  PROCEDURE log_start(
    p_log_key       IN VARCHAR2,
    p_handle        IN VARCHAR2,
    p_sql_str       IN CLOB,
    p_alter_session IN VARCHAR2,
    p_status        IN VARCHAR2)
  IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    INSERT INTO dtm_sql_log (
      log_key, handle, iteration, phase, task, start_no, attempt, statement_no,
      sid, audsid,
      status, sql_text, alter_session, started_at, ended_at)
    VALUES (
      p_log_key, p_handle, g_iteration, g_phase, g_task, g_start_no, g_attempt, g_statement_no,
      TO_NUMBER(SYS_CONTEXT('USERENV', 'SID')), TO_NUMBER(SYS_CONTEXT('USERENV', 'SESSIONID')),
      p_status, p_sql_str, p_alter_session, SYS_EXTRACT_UTC(SYSTIMESTAMP),
      CASE p_status WHEN 'TESTED' THEN SYS_EXTRACT_UTC(SYSTIMESTAMP) END);
    COMMIT;
  END log_start;

  PROCEDURE log_done(
    p_log_key IN VARCHAR2,
    p_rows    IN NUMBER,
    p_queries IN NUMBER,
    p_dml     IN NUMBER,
    p_ddl     IN NUMBER,
    p_servers IN NUMBER)
  IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    UPDATE dtm_sql_log
       SET status = 'DONE',
           rows_processed = p_rows,
           ended_at = SYS_EXTRACT_UTC(SYSTIMESTAMP),
           parallel_queries = p_queries,
           parallel_dml = p_dml,
           parallel_ddl = p_ddl,
           parallel_servers = p_servers
     WHERE log_key = p_log_key;
    COMMIT;
  END log_done;

  PROCEDURE log_failed(p_log_key IN VARCHAR2, p_code IN NUMBER, p_stack IN VARCHAR2) IS
    PRAGMA AUTONOMOUS_TRANSACTION;
  BEGIN
    UPDATE dtm_sql_log
       SET status = 'FAILED',
           ended_at = SYS_EXTRACT_UTC(SYSTIMESTAMP),
           error_code = p_code,
           error_stack = p_stack
     WHERE log_key = p_log_key;
    COMMIT;
  END log_failed;

  -- V$PQ_SESSTAT.LAST_QUERY speaks of the statement just run by this session; one query, because
  -- the next would overwrite it. Dynamic: the view may not be granted.
  PROCEDURE read_parallel(
    p_queries OUT NUMBER,
    p_dml     OUT NUMBER,
    p_ddl     OUT NUMBER,
    p_servers OUT NUMBER)
  IS
    e_no_view      EXCEPTION;
    e_no_privilege EXCEPTION;
    PRAGMA EXCEPTION_INIT(e_no_view, -942);
    PRAGMA EXCEPTION_INIT(e_no_privilege, -1031);
  BEGIN
    IF g_pq_visible THEN
      EXECUTE IMMEDIATE
        'SELECT MAX(DECODE(statistic, ''Queries Parallelized'', last_query)),'
        || ' MAX(DECODE(statistic, ''DML Parallelized'', last_query)),'
        || ' MAX(DECODE(statistic, ''DDL Parallelized'', last_query)),'
        || ' MAX(DECODE(statistic, ''Server Threads'', last_query))'
        || ' FROM v$pq_sesstat'
        INTO p_queries, p_dml, p_ddl, p_servers;
    END IF;
  EXCEPTION
    WHEN e_no_view OR e_no_privilege THEN
      g_pq_visible := FALSE;
  END read_parallel;

  -- SQL%ROWCOUNT of a dynamic PL/SQL block says nothing about rows.
  FUNCTION is_block(p_sql_str IN CLOB) RETURN BOOLEAN IS
    l_start VARCHAR2(2000);
  BEGIN
    l_start := SUBSTR(p_sql_str, 1, 500);
    l_start := UPPER(SUBSTR(LTRIM(l_start, ' ' || CHR(9) || CHR(10) || CHR(13)), 1, 7));
    RETURN l_start LIKE 'BEGIN%' OR l_start = 'DECLARE' OR l_start LIKE 'CALL%';
  END is_block;

  PROCEDURE run_logged(
    p_log_key       IN VARCHAR2,
    p_sql_str       IN CLOB,
    p_alter_session IN VARCHAR2)
  IS
    l_rows    NUMBER;
    l_queries NUMBER;
    l_dml     NUMBER;
    l_ddl     NUMBER;
    l_servers NUMBER;
  BEGIN
    BEGIN
      IF p_alter_session IS NOT NULL THEN
        EXECUTE IMMEDIATE p_alter_session;
      END IF;
      EXECUTE IMMEDIATE p_sql_str;
      l_rows := SQL%ROWCOUNT;
    EXCEPTION
      WHEN OTHERS THEN
        log_failed(p_log_key, SQLCODE, error_text);
        RAISE;
    END;
    IF is_block(p_sql_str) THEN
      l_rows := NULL;
    END IF;
    read_parallel(l_queries, l_dml, l_ddl, l_servers);
    log_done(p_log_key, l_rows, l_queries, l_dml, l_ddl, l_servers);
  END run_logged;

  PROCEDURE execute_immediate(
    p_handle        IN VARCHAR2,
    p_sql_str       IN CLOB,
    p_alter_session IN VARCHAR2 DEFAULT NULL)
  IS
    l_log_key dtm_sql_log.log_key%TYPE := RAWTOHEX(SYS_GUID());
    l_stream  dtm_streams%ROWTYPE;
    l_shown   CLOB := without_passwords(p_sql_str);
  BEGIN
    l_stream := stream_of(p_handle);
    g_statement_no := g_statement_no + 1;
    IF l_stream.test_mode = 'Y' THEN
      log_start(l_log_key, p_handle, l_shown, p_alter_session, 'TESTED');
    ELSE
      log_start(l_log_key, p_handle, l_shown, p_alter_session, 'RUNNING');
      run_logged(l_log_key, p_sql_str, p_alter_session);
    END IF;
  END execute_immediate;

  -- --------------------------------------------------------------- parameters

  FUNCTION parameter_of(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2) RETURN dtm_parameters%ROWTYPE
  IS
    l_stream    dtm_streams%ROWTYPE;
    l_object    VARCHAR2(261) := '*';
    l_parameter dtm_parameters%ROWTYPE;
  BEGIN
    l_stream := stream_of(p_handle);
    IF p_object_name IS NOT NULL
      AND UPPER(p_object_name) NOT IN (
        NVL(UPPER(l_stream.object_name), '*'),
        NVL(UPPER(l_stream.object_owner || '.' || l_stream.object_name), '*'))
    THEN
      l_object := UPPER(p_object_name);
    END IF;
    SELECT *
      INTO l_parameter
      FROM dtm_parameters
     WHERE handle = p_handle
       AND object_name = l_object
       AND name = UPPER(p_name);
    RETURN l_parameter;
  EXCEPTION
    WHEN NO_DATA_FOUND THEN
      RAISE_APPLICATION_ERROR(
        -20115,
        'DTM: unknown parameter "' || p_name || '" of operation ' || l_stream.operation_name);
  END parameter_of;

  PROCEDURE check_type(p_parameter IN dtm_parameters%ROWTYPE, p_type IN VARCHAR2) IS
  BEGIN
    IF p_parameter.value_type <> p_type THEN
      RAISE_APPLICATION_ERROR(
        -20116,
        'DTM: parameter "' || p_parameter.name || '" is a ' || p_parameter.value_type
        || ', not a ' || p_type);
    END IF;
  END check_type;

  FUNCTION get_string_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN VARCHAR2
  IS
    l_parameter dtm_parameters%ROWTYPE;
  BEGIN
    l_parameter := parameter_of(p_handle, p_name, p_object_name);
    RETURN l_parameter.string_value;
  END get_string_param;

  FUNCTION get_num_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN NUMBER
  IS
    l_parameter dtm_parameters%ROWTYPE;
  BEGIN
    l_parameter := parameter_of(p_handle, p_name, p_object_name);
    check_type(l_parameter, 'NUMBER');
    RETURN l_parameter.number_value;
  END get_num_param;

  FUNCTION get_date_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN DATE
  IS
    l_parameter dtm_parameters%ROWTYPE;
  BEGIN
    l_parameter := parameter_of(p_handle, p_name, p_object_name);
    check_type(l_parameter, 'DATE');
    RETURN l_parameter.date_value;
  END get_date_param;

  PROCEDURE raise_complete(p_message IN VARCHAR2 DEFAULT NULL) IS
  BEGIN
    RAISE_APPLICATION_ERROR(-20100, NVL(p_message, 'operation complete'));
  END raise_complete;

  -- --------------------------------------------------------------- task calls

  -- NULL: no marker.
  FUNCTION marker_state RETURN VARCHAR2 IS
    l_state dtm_markers.state%TYPE;
  BEGIN
    SELECT MAX(state)
      INTO l_state
      FROM dtm_markers
     WHERE handle = g_handle
       AND iteration = g_iteration
       AND phase = g_phase
       AND task = g_task
       AND start_no = g_start_no;
    RETURN l_state;
  END marker_state;

  PROCEDURE insert_marker(p_state IN VARCHAR2) IS
    l_now TIMESTAMP(6) := SYS_EXTRACT_UTC(SYSTIMESTAMP);
  BEGIN
    INSERT INTO dtm_markers (
      handle, iteration, phase, task, start_no, state, attempt, started_at, done_at)
    VALUES (
      g_handle, g_iteration, g_phase, g_task, g_start_no, p_state, g_attempt, l_now,
      CASE p_state WHEN 'DONE' THEN l_now END);
  END insert_marker;

  FUNCTION task_begin(
    p_handle    IN VARCHAR2,
    p_iteration IN NUMBER,
    p_phase     IN VARCHAR2,
    p_task      IN VARCHAR2,
    p_start_no  IN NUMBER,
    p_kind      IN VARCHAR2,
    p_attempt   IN VARCHAR2) RETURN BOOLEAN
  IS
    l_state dtm_markers.state%TYPE;
  BEGIN
    g_handle := p_handle;
    g_iteration := p_iteration;
    g_phase := p_phase;
    g_task := p_task;
    g_start_no := p_start_no;
    g_kind := p_kind;
    g_attempt := p_attempt;
    g_transaction_id := NULL;
    g_outcome := NULL;
    g_last_error := NULL;
    g_statement_no := 0;
    IF p_kind = 'TEST' THEN
      RETURN TRUE;
    END IF;
    IF DBMS_TRANSACTION.LOCAL_TRANSACTION_ID IS NOT NULL THEN
      RAISE_APPLICATION_ERROR(-20118, 'DTM: a task must start outside a transaction');
    END IF;
    l_state := marker_state;
    IF l_state = 'DONE' THEN
      g_outcome := c_already_done;
      RETURN FALSE;
    ELSIF l_state = 'STARTED' THEN
      g_outcome := c_committed;
      RETURN FALSE;
    END IF;
    IF p_kind = 'ATOMIC' THEN
      insert_marker('STARTED');
      g_transaction_id := DBMS_TRANSACTION.LOCAL_TRANSACTION_ID;
    END IF;
    RETURN TRUE;
  END task_begin;

  -- The transaction that holds the marker must still be the current one: a COMMIT or a ROLLBACK
  -- inside the task ended it, and then what is left open is not committed either.
  PROCEDURE end_atomic IS
  BEGIN
    IF NVL(DBMS_TRANSACTION.LOCAL_TRANSACTION_ID, 'none') = g_transaction_id THEN
      UPDATE dtm_markers
         SET state = 'DONE',
             transaction_id = g_transaction_id,
             done_at = SYS_EXTRACT_UTC(SYSTIMESTAMP)
       WHERE handle = g_handle
         AND iteration = g_iteration
         AND phase = g_phase
         AND task = g_task
         AND start_no = g_start_no
         AND state = 'STARTED';
      IF SQL%ROWCOUNT = 1 THEN
        COMMIT;
        g_outcome := c_done;
        RETURN;
      END IF;
    END IF;
    ROLLBACK;
    IF marker_state IS NULL THEN
      g_outcome := c_rolled_back;
    ELSE
      g_outcome := c_committed;
    END IF;
  END end_atomic;

  PROCEDURE task_end IS
  BEGIN
    IF g_kind = 'ATOMIC' THEN
      end_atomic;
    ELSIF g_kind = 'SELF-COMMITTING' THEN
      insert_marker('DONE');
      COMMIT;
      g_outcome := c_done;
    ELSE
      g_outcome := c_done;
    END IF;
  END task_end;

  FUNCTION task_failed RETURN BOOLEAN IS
    l_code NUMBER := SQLCODE;
  BEGIN
    g_last_error := error_text;
    IF g_kind <> 'TEST' THEN
      ROLLBACK;
      IF g_kind = 'ATOMIC' AND marker_state = 'STARTED' THEN
        g_outcome := c_committed;
        RETURN FALSE;
      END IF;
    END IF;
    IF g_phase = 'ITERATOR' AND l_code = -20100 THEN
      g_outcome := c_complete;
      RETURN TRUE;
    END IF;
    RETURN FALSE;
  END task_failed;

  FUNCTION task_outcome RETURN VARCHAR2 IS
  BEGIN
    RETURN g_outcome;
  END task_outcome;

  FUNCTION statements_logged RETURN NUMBER IS
  BEGIN
    RETURN g_statement_no;
  END statements_logged;

  FUNCTION last_error RETURN VARCHAR2 IS
  BEGIN
    RETURN g_last_error;
  END last_error;
END dtm;
/
