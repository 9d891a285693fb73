CREATE OR REPLACE PACKAGE bulk_purge AS
  PROCEDURE iterator(p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
  PROCEDURE initial(p_handle IN VARCHAR2);
  PROCEDURE final(p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
  PROCEDURE flag_old(p_handle IN VARCHAR2);
  PROCEDURE purge(p_handle IN VARCHAR2);
  PROCEDURE check_errors(p_handle IN VARCHAR2);
END bulk_purge;
/
