"""DBMS_DB_VERSION. PL/SQL Packages and Types Reference 19c. For $IF."""

from __future__ import annotations

from dtm.sandbox.interpreter import registry

_VERSIONS = ("9", "9_1", "9_2", "10", "10_1", "10_2", "11", "11_1", "11_2", "12", "12_1", "12_2",
             "18", "19")  # fmt: skip
PACKAGE = registry.package(
    "DBMS_DB_VERSION",
    "PACKAGE dbms_db_version AS\n"
    "  version CONSTANT PLS_INTEGER := 19;\n"
    "  release CONSTANT PLS_INTEGER := 0;\n"
    + "".join(
        f"  ver_le_{name} CONSTANT BOOLEAN := {'TRUE' if name == '19' else 'FALSE'};\n"
        for name in _VERSIONS
    )
    + "END;",
    complete=True,
)
