CREATE OR REPLACE PACKAGE "DOMOWN"."DOM$ARCHIVE" AS

   /**
    * Archive rows in ranges
    */
   PROCEDURE initial (p_handle IN VARCHAR2);
   PROCEDURE iterator (p_handle IN VARCHAR2, p_owner IN VARCHAR2, p_table_name IN VARCHAR2);
   PROCEDURE final (p_handle IN VARCHAR2, p_after_error IN VARCHAR2);
   PROCEDURE create_copy (p_handle IN VARCHAR2);
   PROCEDURE copy_rows (p_handle IN VARCHAR2);
   PROCEDURE delete_rows (p_handle IN VARCHAR2);
END DOM$ARCHIVE;
/
