CREATE OR REPLACE PACKAGE BODY dom AS
  PROCEDURE initialise(
    p_handle IN VARCHAR2,
    p_module IN VARCHAR2 DEFAULT NULL,
    p_action IN VARCHAR2 DEFAULT NULL) IS
  BEGIN
    dtm.initialise(p_handle, p_module, p_action);
  END initialise;

  -- ODTM commits before and after the statement and rolls back when it fails; its packages rely
  -- on it (a direct-path insert must be committed before the table is read again). In test mode
  -- nothing ran, so nothing is committed.
  PROCEDURE execute_immediate(
    p_handle        IN VARCHAR2,
    p_sql_str       IN VARCHAR2,
    p_alter_session IN VARCHAR2 DEFAULT NULL)
  IS
    l_test_mode dtm_streams.test_mode%TYPE;
  BEGIN
    SELECT NVL(MAX(test_mode), 'N') INTO l_test_mode FROM dtm_streams WHERE handle = p_handle;
    IF l_test_mode = 'N' THEN
      COMMIT;
    END IF;
    dtm.execute_immediate(p_handle, p_sql_str, p_alter_session);
    IF l_test_mode = 'N' THEN
      COMMIT;
    END IF;
  EXCEPTION
    WHEN OTHERS THEN
      IF l_test_mode = 'N' THEN
        ROLLBACK;
      END IF;
      RAISE;
  END execute_immediate;

  FUNCTION get_num_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN NUMBER IS
  BEGIN
    RETURN dtm.get_num_param(p_handle, p_name, p_object_name);
  END get_num_param;

  FUNCTION get_date_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN DATE IS
  BEGIN
    RETURN dtm.get_date_param(p_handle, p_name, p_object_name);
  END get_date_param;

  FUNCTION get_string_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN VARCHAR2 IS
  BEGIN
    RETURN dtm.get_string_param(p_handle, p_name, p_object_name);
  END get_string_param;
END dom;
/
