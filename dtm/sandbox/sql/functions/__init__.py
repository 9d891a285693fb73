"""Oracle's built-in SQL functions as pure Python callables on kernel values.

`registry` finds and resolves them; importing this package registers all of them. Used by the SQL
translator (registered in SQLite) and by the PL/SQL interpreter alike. Pure: no I/O; the clock and
the session are reached through `environment.Environment` only.
"""

from __future__ import annotations

from dtm.sandbox.sql.functions import (
    binary,
    conversion_functions,
    date_functions,
    general,
    number_functions,
    regexp,
    session_functions,
    string_functions,
    string_padding,
)

__all__ = [
    "binary",
    "conversion_functions",
    "date_functions",
    "general",
    "number_functions",
    "regexp",
    "session_functions",
    "string_functions",
    "string_padding",
]
