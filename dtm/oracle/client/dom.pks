CREATE OR REPLACE PACKAGE dom AUTHID DEFINER AS
  -- Alias of DTM for operation packages written for ODTM; rolled out where a Package says
  -- "compat: odtm". Like the original, EXECUTE_IMMEDIATE commits: import such packages with
  -- tasks of kind self-committing.

  operation_complete EXCEPTION;
  PRAGMA EXCEPTION_INIT(operation_complete, -20100);

  PROCEDURE initialise(
    p_handle IN VARCHAR2,
    p_module IN VARCHAR2 DEFAULT NULL,
    p_action IN VARCHAR2 DEFAULT NULL);

  PROCEDURE execute_immediate(
    p_handle        IN VARCHAR2,
    p_sql_str       IN VARCHAR2,
    p_alter_session IN VARCHAR2 DEFAULT NULL);

  FUNCTION get_num_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN NUMBER;

  FUNCTION get_date_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN DATE;

  FUNCTION get_string_param(
    p_handle      IN VARCHAR2,
    p_name        IN VARCHAR2,
    p_object_name IN VARCHAR2 DEFAULT NULL) RETURN VARCHAR2;
END dom;
/
