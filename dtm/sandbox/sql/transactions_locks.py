"""Waiting for other transactions: row locks, unique keys, table locks, deadlocks.

Concepts 19c, "Data Concurrency and Consistency"; lock modes: Database Reference, V$LOCK.
"""

from __future__ import annotations

import time

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.transactions_undo import Transactions

_POLL_SECONDS = 0.02
ROW_SHARE, ROW_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE = 2, 3, 4, 5, 6
# Modes that may be held together (Concepts, "Summary of Table Locks").
_COMPATIBLE = {
    ROW_SHARE: {ROW_SHARE, ROW_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE},
    ROW_EXCLUSIVE: {ROW_SHARE, ROW_EXCLUSIVE},
    SHARE: {ROW_SHARE, SHARE},
    SHARE_ROW_EXCLUSIVE: {ROW_SHARE},
    EXCLUSIVE: set(),
}


class Patience:
    """How long to wait for a lock: `seconds` None for ever, 0 not at all (ORA-00054), else
    ORA-30006 when they are over (SELECT ... FOR UPDATE, "WAIT")."""

    def __init__(self, seconds: float | None = None, code: int | None = None) -> None:
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._code = code or (30006 if seconds else 54)

    def check(self) -> None:
        """Raise when there is no time left."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise OraError(self._code)


class Locks:
    """Table locks and who waits for whom."""

    def __init__(self, database: Database, transactions: Transactions) -> None:
        self._database = database
        self._transactions = transactions
        self.tables: dict[int, dict[int, int]] = {}  # table id -> xid -> mode, by LOCK TABLE
        self.waits: dict[int, int] = {}  # xid -> the xid it waits for

    def release(self, xid: int) -> None:
        """Free the table locks of an ended transaction."""
        for table_id in [i for i, held in self.tables.items() if xid in held]:
            del self.tables[table_id][xid]
            if not self.tables[table_id]:
                del self.tables[table_id]

    def conflict(self, table: Table, mode: int, xid: int) -> int | None:
        """A transaction whose table lock excludes `mode`; rows changed count as ROW EXCLUSIVE."""
        compatible = _COMPATIBLE[mode]
        held = self.tables.get(table.id)
        if held:
            for other, other_mode in held.items():
                if other != xid and other_mode not in compatible:
                    return other
        if mode in (ROW_SHARE, ROW_EXCLUSIVE):
            return None
        others = self._transactions.others(table, xid)
        return others[0] if others else None

    def hold(self, table: Table, mode: int, xid: int) -> None:
        """Record a table lock, the stronger mode wins."""
        held = self.tables.setdefault(table.id, {})
        held[xid] = max(mode, held.get(xid, 0))

    def wait(
        self,
        holder: int,
        waiter: int,
        suspended: tuple[int, ...],
        patience: Patience,
        context: SessionContext,
    ) -> None:
        """Wait until transaction `holder` ended or took something back; the caller looks again.

        `waiter` is the xid that waits (0: it has none yet), `suspended` the xids of the session's
        suspended transactions, which cannot go on before it. ORA-00060 on a deadlock, `patience`'s
        error when it ends, ORA-01013 on a cancel.
        """
        if self._database.depth:
            raise Unsupported(440, "waiting for a lock inside a function called from SQL")
        mine = {waiter, *suspended} - {0}
        if self._circular(holder, mine):
            raise OraError(60)
        self.waits.update(dict.fromkeys(mine, holder))
        try:
            self._sleep(holder, patience, context)
        finally:
            for xid in mine:
                self.waits.pop(xid, None)

    def _circular(self, holder: int, mine: set[int]) -> bool:
        seen: set[int] = set()
        at: int | None = holder
        while at is not None and at not in seen:
            if at in mine:
                return True
            seen.add(at)
            at = self.waits.get(at)
        return False

    def _sleep(self, holder: int, patience: Patience, context: SessionContext) -> None:
        found = self._transactions.active.get(holder)
        taken_back = found.taken_back if found is not None else 0
        while found is not None and found.taken_back == taken_back:
            patience.check()
            self._database.ended.wait(_POLL_SECONDS)
            context.interrupt_check()
            found = self._transactions.active.get(holder)
