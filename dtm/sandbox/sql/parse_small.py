"""The small statements: LOCK TABLE, COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION, ALTER SESSION.

SQL Language Reference 19c, "SQL Statements".
"""

from __future__ import annotations

from dtm.plsql.lexer import IDENT, QUOTED
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql.parse_queries import QueryParser

_LOCK_MODES = (
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE",
    "SHARE ROW EXCLUSIVE",
    "SHARE",
    "EXCLUSIVE",
)


class SmallParser(QueryParser):
    """Parses small statements at the cursor."""

    # ------------------------------------------------------------ small statements

    def lock_statement(self) -> d.LockTable:
        at = self.advance().offset
        self.expect("TABLE", 905)
        tables = [self.table_name()]
        self._partition(tables[0])
        while self.accept_op(","):
            tables.append(self.table_name())
        self.expect("IN", 905)
        mode = next((m for m in _LOCK_MODES if self.accept(*m.split(), "MODE")), None)
        if mode is None:
            self.fail(905)
        wait: float | None = None
        if self.accept("NOWAIT"):
            wait = 0
        elif self.accept("WAIT"):
            wait = self.integer(30005)
        return d.LockTable(at, tables, mode, wait)

    def commit_statement(self) -> d.Transaction:
        at = self.advance().offset
        self.accept("WORK")
        if self.accept("COMMENT"):
            self.string()
        if self.accept("WRITE"):
            while self.accept_any("WAIT", "NOWAIT", "IMMEDIATE", "BATCH"):
                pass
        if self.is_word("FORCE"):
            self.unsupported(143, "COMMIT FORCE")
        return d.Transaction(at, "commit")

    def rollback_statement(self) -> d.Transaction:
        at = self.advance().offset
        self.accept("WORK")
        if self.is_word("FORCE"):
            self.unsupported(143, "ROLLBACK FORCE")
        if self.accept("TO"):
            self.accept("SAVEPOINT")
            return d.Transaction(at, "rollback", self.identifier(3001).text)
        return d.Transaction(at, "rollback")

    def savepoint_statement(self) -> d.Transaction:
        at = self.advance().offset
        return d.Transaction(at, "savepoint", self.identifier(3001).text)

    def set_statement(self) -> d.Statement:
        at = self.advance().offset
        if self.accept("ROLE"):
            return self._set_role(at)
        if self.accept_any("CONSTRAINT", "CONSTRAINTS"):
            return self._set_constraints(at)
        self.expect("TRANSACTION", 922)
        result = d.Transaction(at, "set transaction")
        if self.accept("READ"):
            word = self.accept_any("ONLY", "WRITE")
            if word is None:
                self.fail(905)
            result.read_only = word == "ONLY"
        elif self.accept("ISOLATION", "LEVEL"):
            if self.is_word("SERIALIZABLE"):
                self.unsupported(146, "ISOLATION LEVEL SERIALIZABLE")
            self.expect("READ", 905)
            self.expect("COMMITTED", 905)
        elif not self.is_word("NAME", "USE"):
            self.fail(905)
        if self.accept("USE", "ROLLBACK", "SEGMENT"):
            self.identifier()
        if self.accept("NAME"):
            self.string(1756)
        return result

    def _set_constraints(self, at: int) -> d.SetConstraints:
        """SET CONSTRAINTS ALL | name, ... IMMEDIATE | DEFERRED."""
        names: list[tuple[str, ...]] = []
        if not self.accept("ALL"):
            names.append(tuple(p.text for p in self.table_name().path))
            while self.accept_op(","):
                names.append(tuple(p.text for p in self.table_name().path))
        word = self.accept_any("IMMEDIATE", "DEFERRED") or self.fail(905)
        return d.SetConstraints(at, names, word == "DEFERRED")

    def _set_role(self, at: int) -> d.SetRole:
        """SET ROLE role, ... | ALL [EXCEPT role, ...] | NONE."""
        if self.accept("NONE"):
            return d.SetRole(at, [])
        everything = bool(self.accept("ALL"))
        names: list[str] = []
        if not everything or self.accept("EXCEPT"):
            names.append(self.identifier(1937).text)
            while self.accept_op(","):
                names.append(self.identifier(1937).text)
        if self.is_word("IDENTIFIED"):
            self.unsupported(144, "SET ROLE ... IDENTIFIED BY")
        return d.SetRole(at, names, everything)

    def alter_session_statement(self) -> d.AlterSession:
        at = self.advance().offset
        self.expect("SESSION", 940)
        if not self.accept("SET"):
            return self._alter_session_words(at)
        result = d.AlterSession(at, [])
        while not self.at_end():
            name_at = self.at
            if self.token.kind not in (IDENT, QUOTED):
                self.fail(922)
            name = self.advance().value
            self.expect_op("=", 922)
            result.settings.append((name, self._setting_value(), name_at))
        if not result.settings:
            self.fail(2248)
        return result

    def _setting_value(self) -> str:
        if self.is_op("-"):
            self.advance()
            return "-" + self.advance().value
        if self.at_end() or self.token.kind == "op":
            self.fail(2248 if self.at_end() else 922)
        return self.advance().value

    def _alter_session_words(self, at: int) -> d.AlterSession:
        """ENABLE / DISABLE / FORCE PARALLEL DML|DDL|QUERY, ENABLE RESUMABLE, CLOSE DATABASE LINK."""
        words = []
        while not self.at_end():
            words.append(self.advance().value)
        if not words:
            self.fail(922)
        return d.AlterSession(at, [], " ".join(words))
