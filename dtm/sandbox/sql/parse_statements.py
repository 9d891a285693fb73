"""DML and the small statements: INSERT, UPDATE, DELETE, MERGE, LOCK TABLE, COMMIT, ALTER SESSION.

SQL Language Reference 19c, "SQL Statements". DDL is not parsed here (see the ddl modules).
"""

from __future__ import annotations

from dtm.plsql.lexer import BIND, IDENT
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_dml_nodes as d
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_small import SmallParser


class StatementParser(SmallParser):
    """Parses one whole statement. `plsql`: the text stands in PL/SQL (INTO lists blanked out)."""

    def __init__(self, text: str, *, plsql: bool = False) -> None:
        super().__init__(text)
        self.plsql = plsql

    def statement(self) -> d.Statement:
        """The statement at the cursor up to the end of the text; ORA-00900 for unknown words."""
        parsers = {
            "SELECT": self.query,
            "WITH": self.query,
            "INSERT": self._insert_statement,
            "UPDATE": self._update,
            "DELETE": self._delete,
            "MERGE": self._merge,
            "LOCK": self.lock_statement,
            "COMMIT": self.commit_statement,
            "ROLLBACK": self.rollback_statement,
            "SAVEPOINT": self.savepoint_statement,
            "SET": self.set_statement,
            "ALTER": self.alter_session_statement,
        }
        if self.is_op("("):
            result: d.Statement = self.query()
        elif self.token.kind == IDENT and self.token.value in parsers:
            result = parsers[self.token.value]()
        else:
            self.fail(900)
        self.finish()
        return result

    # ------------------------------------------------------------ shared pieces

    def _dml_target(self) -> n.FromItem:
        """The table of UPDATE and DELETE; ONLY and an inline view are recognised."""
        if self.is_op("("):
            at = self.at
            if self.word_ahead(1, "SELECT", "WITH"):
                query = self._parenthesised_query()
                return n.DerivedTable(at, query, self._alias())
            self.advance()
            item = self._dml_target()
            self.close_paren()
            return item
        return self._dml_table()

    def _dml_table(self) -> n.TableRef:
        item = self.table_name()
        if self.is_op("@"):
            self.unsupported(110, "database links")
        self._partition(item)
        if self.is_identifier() and not self.is_word("LOG", "RETURNING", "RETURN", "USING"):
            item.alias = self.identifier()
        return item

    def _returning(self) -> d.Returning | None:
        at = self.at
        if not self.is_word("RETURNING", "RETURN"):
            return None
        self.advance()
        items = [self.select_item()]
        while self.accept_op(","):
            items.append(self.select_item())
        into: list[n.Node] = []
        if self.is_word("BULK"):
            self.unsupported(125, "BULK COLLECT INTO outside PL/SQL")
        if self.accept("INTO"):
            into.append(self._into_bind())
            while self.accept_op(","):
                into.append(self._into_bind())
            if len(into) != len(items):
                raise OraError(913 if len(into) < len(items) else 947, offset=at)
        elif not self.plsql:
            self.fail(925)
        return d.Returning(at, items, into)

    def _error_logging(self) -> d.ErrorLogging | None:
        if not (self.is_word("LOG") and self.word_ahead(1, "ERRORS")):
            return None
        clause = d.ErrorLogging(self.at, None, None, 0)
        self.index += 2
        if self.accept("INTO"):
            clause.table = self.table_name()
        if self.accept_op("("):
            clause.tag = self.expression()
            self.close_paren()
        if self.accept("REJECT"):
            self.expect("LIMIT", 905)
            clause.limit = None if self.accept("UNLIMITED") else self.integer(2017)
        return clause

    def _into_bind(self) -> n.Node:
        token = self.token
        if token.kind != BIND:
            self.fail(925 if self.at_end() else 1745)
        self.advance()
        return n.Bind(token.offset, token.value)

    def _value_or_default(self) -> n.Node:
        if self.is_word("DEFAULT") and (self.op_ahead(1, ",", ")") or self._ends_set(1)):
            return d.DefaultValue(self.advance().offset)
        return self.expression()

    def _ends_set(self, distance: int) -> bool:
        token = self.ahead(distance)
        return token.kind == "eof" or self.word_ahead(
            distance, "WHERE", "RETURNING", "RETURN", "WHEN", "DELETE", "LOG"
        )

    # ------------------------------------------------------------ INSERT

    def _insert_statement(self) -> d.Statement:
        at = self.advance().offset
        if self.is_word("ALL", "FIRST"):
            return self._multi_insert(at)
        self.expect("INTO", 925)
        into = self._insert_target()
        query = row = None
        if self.accept("VALUES"):
            if self.is_op("("):
                into.values = self._values()
            elif self.plsql:
                row = self.expression()
            else:
                self.fail(906)
        elif self.is_word("SELECT", "WITH") or self.is_op("("):
            query = self.query()
        else:
            self.fail(926)
        statement = d.Insert(at, into, query, row=row)
        statement.returning = self._returning()
        statement.errors = self._error_logging()
        return statement

    def _insert_target(self) -> d.InsertInto:
        at = self.at
        if self.is_op("("):
            table = self._dml_target()
        else:
            table = self.table_name()
            if self.is_op("@"):
                self.unsupported(110, "database links")
            self._partition(table)
            if self.is_identifier():
                table.alias = self.identifier()
        into = d.InsertInto(at, table, None, None)
        if self.is_op("(") and not self.word_ahead(1, "SELECT", "WITH"):
            self.advance()
            into.columns = [self.column_name()]
            while self.accept_op(","):
                into.columns.append(self.column_name())
            self.close_paren()
        return into

    def _values(self) -> list[n.Node]:
        self.expect_op("(", 906)
        values = [self._value_or_default()]
        while self.accept_op(","):
            values.append(self._value_or_default())
        self.close_paren()
        return values

    def _multi_insert(self, at: int) -> d.MultiInsert:
        first = self.advance().value == "FIRST"
        branches: list[tuple[n.Node | None, list[d.InsertInto]]] = []
        otherwise: list[d.InsertInto] = []
        if self.is_word("INTO"):
            branches.append((None, self._into_clauses()))
        while self.accept("WHEN"):
            condition = self.condition()
            self.expect("THEN", 905)
            branches.append((condition, self._into_clauses()))
        if self.accept("ELSE"):
            otherwise = self._into_clauses()
        if not branches:
            self.fail(905)
        if not (self.is_word("SELECT", "WITH") or self.is_op("(")):
            self.fail(928)
        return d.MultiInsert(at, first, branches, otherwise, self.query())

    def _into_clauses(self) -> list[d.InsertInto]:
        clauses = []
        while self.accept("INTO"):
            into = self._insert_target()
            if self.accept("VALUES"):
                into.values = self._values()
            clauses.append(into)
        if not clauses:
            self.fail(925)
        return clauses

    # ------------------------------------------------------------ UPDATE, DELETE

    def _update(self) -> d.Update:
        at = self.advance().offset
        table = self._dml_target()
        self.expect("SET", 971)
        row = None
        assignments: list[d.Assignment] = []
        if self.plsql and self.is_word("ROW") and self.op_ahead(1, "="):
            self.index += 2
            row = self.expression()
        else:
            assignments = self._assignments()
        where = self._where()
        returning = self._returning()
        return d.Update(at, table, assignments, where, returning, row, self._error_logging())

    def _where(self) -> n.Node | None:
        if not self.accept("WHERE"):
            return None
        if self.is_word("CURRENT") and self.word_ahead(1, "OF"):
            self.unsupported(142, "WHERE CURRENT OF outside PL/SQL")
        return self.condition()

    def _assignments(self) -> list[d.Assignment]:
        result = [self._assignment()]
        while self.accept_op(","):
            result.append(self._assignment())
        return result

    def _assignment(self) -> d.Assignment:
        at = self.at
        if self.accept_op("("):
            columns = [self.column_name()]
            while self.accept_op(","):
                columns.append(self.column_name())
            self.close_paren()
            self.expect_op("=", 927)
            query_at = self.at
            if not (self.is_op("(") and self.word_ahead(1, "SELECT", "WITH")):
                self.fail(1767)
            return d.Assignment(
                at, columns, n.Subquery(query_at, self._parenthesised_query(operand=True))
            )
        column = self.column_name()
        self.expect_op("=", 927)
        return d.Assignment(at, [column], self._value_or_default())

    def _delete(self) -> d.Delete:
        at = self.advance().offset
        self.accept("FROM")
        table = self._dml_target()
        where = self._where()
        returning = self._returning()
        return d.Delete(at, table, where, returning, self._error_logging())

    # ------------------------------------------------------------ MERGE

    def _merge(self) -> d.Merge:
        at = self.advance().offset
        self.expect("INTO", 925)
        table = self._dml_table()
        self.expect("USING", 905)
        source = self.table_primary()
        self.expect("ON", 969)
        if not self.is_op("("):
            self.fail(906)
        merge = d.Merge(at, table, source, self.condition())
        while self.is_word("WHEN"):
            self._merge_branch(merge)
        if merge.assignments is None and merge.insert_values is None:
            self.fail(905)
        merge.errors = self._error_logging()
        return merge

    def _merge_branch(self, merge: d.Merge) -> None:
        at = self.advance().offset
        negated = self.accept("NOT")
        self.expect("MATCHED", 905)
        self.expect("THEN", 905)
        if negated:
            if merge.insert_values is not None:
                self.fail(933, at=at)
            merge.unmatched_at = at
            self._merge_insert(merge)
            return
        if merge.assignments is not None:
            self.fail(933, at=at)
        merge.matched_at = at
        self.expect("UPDATE", 905)
        self.expect("SET", 971)
        merge.assignments = self._assignments()
        if self.accept("WHERE"):
            merge.update_where = self.condition()
        if self.accept("DELETE"):
            self.expect("WHERE", 905)
            merge.delete_where = self.condition()

    def _merge_insert(self, merge: d.Merge) -> None:
        self.expect("INSERT", 905)
        if self.accept_op("("):
            merge.insert_columns = [self.column_name()]
            while self.accept_op(","):
                merge.insert_columns.append(self.column_name())
            self.close_paren()
        self.expect("VALUES", 926)
        merge.insert_values = self._values()
        if self.accept("WHERE"):
            merge.insert_where = self.condition()


def parse(text: str, *, plsql: bool = False) -> d.Statement:
    """Parse one SQL statement (query, DML, transaction control, ALTER SESSION)."""
    return StatementParser(text, plsql=plsql).statement()


def parse_query(text: str) -> n.Query:
    """Parse a text that must be a query (a view's)."""
    statement = parse(text)
    if not isinstance(statement, n.Query):
        raise OraError(928)
    return statement


def parse_expression(text: str) -> n.Node:
    """Parse a text that is one value expression (a DEFAULT, a virtual column)."""
    parser = StatementParser(text)
    node = parser.expression()
    parser.finish()
    return node


def parse_condition(text: str) -> n.Node:
    """Parse a text that is one condition (a CHECK constraint)."""
    parser = StatementParser(text)
    node = parser.condition()
    parser.finish()
    return node
