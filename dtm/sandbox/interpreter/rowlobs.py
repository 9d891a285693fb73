"""DBMS_LOB and LOBs that in Oracle are locators of a row: writing them would change the row.

The sandbox's LOBs are values, so that such a write is refused and never lost in silence. PL/SQL
Packages and Types Reference 19c, "DBMS_LOB" (operational notes: locators of locked rows).
"""

from __future__ import annotations

from typing import Any

from dtm.sandbox.kernel.errors import Unsupported
from dtm.sandbox.kernel.rows import RowBlob, RowClob


def writable(lob: Any) -> Any:
    """The LOB, if writing changes a variable only."""
    if isinstance(lob, RowClob | RowBlob):
        raise Unsupported(654, "DBMS_LOB writing to a LOB of a row")
    return lob
