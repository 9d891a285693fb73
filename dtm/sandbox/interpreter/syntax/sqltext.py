"""Static SQL inside PL/SQL: cut it out of the source, with its INTO lists taken apart.

SQL itself is the SQL engine's; here only what PL/SQL adds to it is read. INTO lists are replaced
by blanks, so that offsets into the text stay offsets into the source.
"""

from __future__ import annotations

from dtm.plsql.lexer import IDENT, OP, QUOTED, Token
from dtm.sandbox.interpreter.syntax.declarations import DeclarationParser
from dtm.sandbox.interpreter.syntax.tree import Into, Ref, Sql, SqlText


class SqlParser(DeclarationParser):
    """Finds the ends of SQL statements and reads INTO, RETURNING and record forms."""

    def targets(self, *, bulk: bool = False) -> Into:
        """The variables behind INTO; the statement parser has it."""
        raise NotImplementedError

    def sql_until(self, *stops: str) -> SqlText:
        """SQL text up to a stop token outside parentheses; the stop stays."""
        start = self.index
        self._skip_sql(stops)
        return self._text(start, self.index, [])

    def _skip_sql(self, stops: tuple[str, ...]) -> None:
        depth = 0
        while depth or not self.at(*stops):
            if self.token is self.eof or self.at(";"):
                self.fail(*stops)
            if self.at("("):
                depth += 1
            elif self.at(")"):
                depth -= 1
                if depth < 0:
                    self.fail(*stops)
            self.advance()

    def parenthesised_query(self) -> SqlText:
        """( query )"""
        self.expect("(")
        query = self.sql_until(")")
        self.expect(")")
        return query

    def _text(self, first: int, last: int, blanks: list[tuple[int, int]]) -> SqlText:
        """Tokens [first, last) as text; `blanks` are token ranges to leave out."""
        tokens = self.tokens[first:last]
        if not tokens:
            self.fail("select")
        start = tokens[0].offset
        text = list(self.source[start : tokens[-1].end])
        dropped: set[int] = set()
        for low, high in blanks:
            begin, end = self.tokens[low].offset - start, self.tokens[high - 1].end - start
            for i in range(begin, end):
                if text[i] != "\n":
                    text[i] = " "
            dropped.update(range(low, high))
        kept = [t for i, t in enumerate(tokens, first) if i not in dropped]
        return SqlText(
            (tokens[0].line, tokens[0].column), self._select_branches(text, tokens), start, kept
        )

    def _select_branches(self, text: list[str], tokens: list[Token]) -> str:
        """Blank out what conditional compilation dropped between the tokens."""
        start = tokens[0].offset
        if "$" in self.source[start : tokens[-1].end]:
            position = start
            for token in tokens:
                if self.source[position : token.offset].strip():
                    for i in range(position - start, token.offset - start):
                        text[i] = text[i] if text[i] == "\n" else " "
                position = token.end
        return "".join(text)

    def sql_statement(self) -> Sql:
        """SELECT INTO, DML, LOCK TABLE, SET TRANSACTION, with its semicolon."""
        pos = self.pos
        start = self.index
        kind = "SELECT" if self.at("WITH") else self.token.value
        if kind == "LOCK" or kind == "SET":
            self._skip_sql((";",))
            statement = Sql(pos, kind, self._text(start, self.index, []))
        elif kind == "SELECT":
            statement = self._select(start)
        else:
            statement = self._dml(start, kind)
        self.expect(";")
        return statement

    def _select(self, start: int) -> Sql:
        pos = self.pos
        blanks: list[tuple[int, int]] = []
        into = None
        depth = 0
        while depth or not self.at(";"):
            if self.token is self.eof:
                self.fail(";")
            if depth == 0 and into is None and self.at("INTO", "BULK"):
                first = self.index
                into = self._into_list()
                blanks.append((first, self.index))
                continue
            depth += self._nesting()
            self.advance()
        return Sql(pos, "SELECT", self._text(start, self.index, blanks), into)

    def _nesting(self) -> int:
        if self.token.kind != OP:
            return 0
        if self.token.value == ";":
            self.fail(")")
        return {"(": 1, ")": -1}.get(self.token.value, 0)

    def _into_list(self) -> Into:
        bulk = self.accept("BULK", "COLLECT")
        self.expect("INTO")
        return self.targets(bulk=bulk)

    def _dml(self, start: int, kind: str) -> Sql:
        pos = self.pos
        blanks: list[tuple[int, int]] = []
        into = None
        record: tuple[int, int] | None = None
        record_ref: Ref | None = None
        depth = 0
        returning = False
        while depth or not self.at(";"):
            if self.token is self.eof:
                self.fail(";")
            if depth == 0 and kind != "MERGE":
                if self.at("RETURNING", "RETURN") and self.peek().value not in (".", "=", ","):
                    returning = True
                elif returning and self.at("INTO", "BULK"):
                    first = self.index
                    into = self._into_list()
                    blanks.append((first, self.index))
                    continue
                elif record is None and self._at_record(kind):
                    first = self.index + 1
                    self.index += 3 if kind == "UPDATE" else 1
                    record_ref = self.reference()
                    record = (first, self.index)
                    continue
            depth += self._nesting()
            self.advance()
        sql = self._text(start, self.index, blanks)
        statement = Sql(pos, kind, sql, into, record_ref)
        if record is not None:
            begin = self.tokens[record[0]].offset - sql.start
            statement.record_span = (begin, self.tokens[record[1] - 1].end - sql.start)
        return statement

    def _at_record(self, kind: str) -> bool:
        """VALUES record, or SET ROW = record?"""
        if kind == "INSERT":
            return self.at("VALUES") and self.peek().kind in (IDENT, QUOTED)
        return kind == "UPDATE" and self.at_sequence("SET", "ROW", "=")
