"""Transaction control of a SQL session: the statements, and what PL/SQL and the wire call.

SQL Language Reference 19c, "COMMIT", "ROLLBACK", "SAVEPOINT", "SET TRANSACTION".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql.parse_tokens import unsupported
from dtm.sandbox.sql.transactions import StorageSession


class TransactionControl:
    """Ends and divides transactions; see ports.SqlPort."""

    storage: StorageSession

    def control(self, node: d.Transaction, text: str) -> None:
        """COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION."""
        if node.kind == "commit":
            self.commit()
        elif node.kind == "rollback" and node.name is not None:
            self.rollback_to(node.name)
        elif node.kind == "rollback":
            self.rollback()
        elif node.kind == "savepoint":
            self.savepoint(node.name or "")
        else:
            if self.in_transaction():
                raise OraError(1453)
            if node.read_only:
                raise unsupported(text, 304, "SET TRANSACTION READ ONLY", node.at)

    # ------------------------------------------------------------ transactions

    def commit(self) -> None:
        self.storage.commit()

    def rollback(self) -> None:
        self.storage.rollback()

    def savepoint(self, name: str) -> None:
        self.storage.savepoint(name)

    def rollback_to(self, name: str) -> None:
        self.storage.rollback_to(name)

    def mark(self) -> object:
        return self.storage.mark()

    def undo_to(self, mark: object) -> None:
        self.storage.undo_to(mark)

    def in_transaction(self) -> bool:
        return self.storage.in_transaction()

    def transaction_id(self) -> str | None:
        return self.storage.transaction_id()

    def begin_autonomous(self) -> None:
        self.storage.begin_autonomous()

    def end_autonomous(self) -> None:
        self.storage.end_autonomous()

    def close(self) -> None:
        self.storage.close()
