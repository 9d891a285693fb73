"""Oracle's supplied packages, one module each; importing this package registers them all."""

from __future__ import annotations

from dtm.sandbox.interpreter.builtins import (
    dbms_application_info,
    dbms_assert,
    dbms_lock,
    dbms_output,
    dbms_session,
    dbms_standard,
    dbms_transaction,
    dbms_utility,
)

MODULES = (
    dbms_application_info,
    dbms_assert,
    dbms_lock,
    dbms_output,
    dbms_session,
    dbms_standard,
    dbms_transaction,
    dbms_utility,
)
