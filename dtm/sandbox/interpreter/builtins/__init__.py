"""Oracle's supplied packages, one module each; importing this package registers them all."""

from __future__ import annotations

from dtm.sandbox.interpreter.builtins import (
    dbms_application_info,
    dbms_assert,
    dbms_crypto,
    dbms_db_version,
    dbms_lob,
    dbms_lock,
    dbms_output,
    dbms_pipe,
    dbms_random,
    dbms_session,
    dbms_sql,
    dbms_standard,
    dbms_transaction,
    dbms_utility,
    stubs,
    utl_file,
    utl_raw,
)

MODULES = (
    dbms_application_info,
    dbms_assert,
    dbms_crypto,
    dbms_db_version,
    dbms_lob,
    dbms_lock,
    dbms_output,
    dbms_pipe,
    dbms_random,
    dbms_session,
    dbms_sql,
    dbms_standard,
    dbms_transaction,
    dbms_utility,
    stubs,
    utl_file,
    utl_raw,
)
