"""Value expressions and conditions of Oracle SQL, by operator precedence.

SQL Language Reference 19c, "Operators", "Conditions", "Expressions". Conditions and values are
different things in Oracle: where a value is wanted, `=` is not an operator.
"""

from __future__ import annotations

from collections.abc import Callable

from dtm.plsql.lexer import BIND, IDENT, NUMBER, QUOTED, STRING
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.parse_calls import CallParser
from dtm.sandbox.sql.parse_tokens import MAX_LITERAL, RESERVED

# Binding powers: OR 1, AND 2, NOT 3, comparison 4, + - || 5, * / 6, unary 7.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY = range(1, 8)
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_CONDITION_FUNCTIONS = frozenset({"REGEXP_LIKE"})
_SET_OPERATORS = ("UNION", "INTERSECT", "MINUS", "ORDER", "OFFSET", "FETCH")
_MAX_DEPTH = 80  # nesting; Python's own stack must not overflow first
_VALUE_WORDS = frozenset({"ROWNUM", "ROWID", "LEVEL", "SYSDATE", "USER", "UID", "COLUMN_VALUE"})
_INTERVAL_UNITS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


class ExpressionParser(CallParser):
    """Parses expressions at the cursor."""

    depth = 0

    # ------------------------------------------------------------ entry points

    def expression(self) -> n.Node:
        """A value."""
        return self._climb(_SUM, conditions=False)

    def condition(self) -> n.Node:
        """A condition; ORA-00920 where a value stands without a relational operator."""
        node = self._climb(_OR, conditions=True)
        return self._as_condition(node)

    def _as_condition(self, node: n.Node) -> n.Node:
        if isinstance(node, n.Condition):
            return node
        raise self.failure(920)

    # ------------------------------------------------------------ precedence climbing

    def _climb(self, power: int, *, conditions: bool) -> n.Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self.unsupported(100, "expressions nested this deeply")
        left = self._prefix(power, conditions=conditions)
        while True:
            step = self._infix(left, power)
            if step is None:
                break
            left = step
        self.depth -= 1
        return left

    def _prefix(self, power: int, *, conditions: bool) -> n.Node:
        at = self.at
        if power <= _NOT and self.is_word("NOT"):
            self.advance()
            operand = self._as_condition(self._climb(_NOT, conditions=True))
            return n.Not(at, operand)
        if conditions and power <= _COMPARE and self.is_word("EXISTS"):
            self.advance()
            return n.Exists(at, self._parenthesised_query(operand=True))
        if self.is_op("-", "+"):
            op = self.advance().value
            return n.Unary(at, op, self._climb(_UNARY, conditions=False))
        if self.is_word("PRIOR") or (
            self.is_word("CONNECT_BY_ROOT") and not self.op_ahead(1, ",", ")")
        ):
            op = self.advance().value
            return n.Unary(at, op, self._climb(_UNARY, conditions=False))
        return self._postfix(self._primary(conditions=conditions and power <= _COMPARE))

    def _infix(self, left: n.Node, power: int) -> n.Node | None:
        at = self.at
        if power <= _PRODUCT and self.is_op("*", "/"):
            return self._arithmetic(left, _PRODUCT)
        if power <= _SUM and self.is_op("+", "-", "||"):
            return self._arithmetic(left, _SUM)
        if power <= _COMPARE and not isinstance(left, n.Condition):
            step = self._comparison(left)
            if step is not None:
                return step
        if power <= _AND and self.is_word("AND"):
            left = self._as_condition(left)
            self.advance()
            right = self._as_condition(self._climb(_NOT, conditions=True))
            return n.Logical(at, "AND", left, right)
        if power <= _OR and self.is_word("OR"):
            left = self._as_condition(left)
            self.advance()
            right = self._as_condition(self._climb(_AND, conditions=True))
            return n.Logical(at, "OR", left, right)
        return None

    def _arithmetic(self, left: n.Node, power: int) -> n.Node:
        at = self.at
        if isinstance(left, n.Condition):
            self.fail(907)
        if isinstance(left, n.Tuple):
            self.fail(907, at=left.items[1].at - 1)
        op = self.advance().value
        return n.Binary(at, op, left, self._climb(power + 1, conditions=False))

    # ------------------------------------------------------------ comparisons

    def _comparison(self, left: n.Node) -> n.Node | None:
        at = self.at
        if self.is_op(*_COMPARISONS):
            return self._relational(left)
        negated = self.is_word("NOT") and self.word_ahead(1, "IN", "BETWEEN", "LIKE", "LIKEC",
                                                          "LIKE2", "LIKE4", "MEMBER")  # fmt: skip
        if negated:
            self.advance()
        if self.accept("IN"):
            return self._in(left, at, negated=negated)
        if self.accept("BETWEEN"):
            low = self.expression()
            self.expect("AND", 905)
            return n.Between(at, left, low, self.expression(), negated)
        if self.is_word("LIKE", "LIKEC", "LIKE2", "LIKE4"):
            kind = self.advance().value
            pattern = self.expression()
            escape = self.expression() if self.accept("ESCAPE") else None
            return n.Like(at, left, pattern, escape, negated, kind)
        if self.is_word("IS"):
            return self._is(left)
        if self.is_word("MEMBER", "SUBMULTISET"):
            self.unsupported(101, f"{self.token.value} condition")
        return None

    def _relational(self, left: n.Node) -> n.Node:
        at, op = self.at, self.advance().value
        quantifier = self.accept_any("ANY", "SOME", "ALL") or ""
        if quantifier:
            if not self.is_op("("):
                self.fail(906)
            right = self._primary(conditions=False)
            if not isinstance(right, n.Subquery | n.Tuple):
                right = n.Tuple(right.at, [right])
            return n.Compare(at, op, left, right, "ANY" if quantifier == "SOME" else quantifier)
        right = self.expression()
        if isinstance(left, n.Tuple) and not isinstance(right, n.Subquery | n.Tuple):
            self.fail(920, at=at)
        return n.Compare(at, op, left, right)

    def _in(self, left: n.Node, at: int, *, negated: bool) -> n.Node:
        if not self.is_op("("):
            # IN x without parentheses is allowed for a single value.
            return n.InList(at, left, [self.expression()], negated)
        if self.is_query_ahead(1):
            return n.InQuery(at, left, self._parenthesised_query(operand=True), negated)
        self.advance()
        items = [self.expression()]
        if isinstance(items[0], n.Subquery) and self.is_word(*_SET_OPERATORS):
            items = [n.Subquery(items[0].at, self.query_rest(items[0].query))]
        while self.accept_op(","):
            items.append(self.expression())
        self.close_paren()
        if len(items) == 1 and isinstance(items[0], n.Subquery):
            return n.InQuery(at, left, items[0].query, negated)
        return n.InList(at, left, items, negated)

    def _is(self, left: n.Node) -> n.Node:
        at = self.at
        self.advance()
        negated = self.accept("NOT")
        if self.accept("NULL"):
            return n.IsNull(at, left, negated)
        what = self.accept_any("NAN", "INFINITE")
        if what:
            return n.IsNull(at, left, negated, what)
        if self.is_word("OF", "EMPTY", "A", "JSON", "DANGLING", "ANY", "PRESENT"):
            self.unsupported(102, f"IS {self.token.value} condition")
        raise self.failure(908)

    # ------------------------------------------------------------ primaries

    def _primary(self, *, conditions: bool) -> n.Node:
        token = self.token
        handler = _BY_KIND.get(token.kind)
        if handler is not None:
            return handler(self)
        if self.is_op("("):
            return self._parenthesised(conditions=conditions)
        if token.kind == QUOTED:
            return self._name_or_call()
        if token.kind == IDENT:
            return self._word(conditions=conditions)
        raise self.failure(936)

    def _number(self) -> n.Node:
        token = self.advance()
        return n.NumberLiteral(token.offset, token.value)

    def _string(self) -> n.Node:
        token = self.advance()
        if len(token.value.encode()) > MAX_LITERAL:
            raise OraError(1704, offset=token.offset)
        if not token.value:
            return n.NullLiteral(token.offset)
        return n.StringLiteral(token.offset, token.value, token.text[0] in "nN")

    def _bind(self) -> n.Node:
        token = self.advance()
        if self.is_word("INDICATOR") or self.token.kind == BIND:
            self.unsupported(103, "indicator variables")
        return n.Bind(token.offset, token.value)

    def _word(self, *, conditions: bool) -> n.Node:
        word, at = self.token.value, self.at
        special = _WORDS.get(word)
        if special is not None:
            node = special(self)
            if node is not None:
                return node
        if word in RESERVED and word not in _VALUE_WORDS:
            self.fail(936)
        if word == "LNNVL" and conditions and self.op_ahead(1, "("):
            self.index += 2
            operand = self.condition()
            self.close_paren()
            return n.Lnnvl(at, operand)
        node = self._name_or_call()
        if isinstance(node, n.Call) and node.path[-1] in _CONDITION_FUNCTIONS and conditions:
            return n.ConditionCall(at, node)
        return node

    def _null(self) -> n.Node:
        return n.NullLiteral(self.advance().offset)

    def _date_literal(self) -> n.Node | None:
        """DATE '...' and TIMESTAMP '...'; else not a literal."""
        if self.ahead().kind != STRING:
            return None
        at, kind = self.at, self.advance().value
        return n.DateLiteral(at, kind, self.advance().value)

    def _interval(self) -> n.Node | None:
        if self.ahead().kind != STRING:
            return None
        at = self.advance().offset
        text = self.advance().value
        first, precision = self._interval_unit()
        last = None
        if self.accept("TO"):
            last, _ = self._interval_unit()
        return n.IntervalLiteral(at, text, first, last, precision)

    def _interval_unit(self) -> tuple[str, int]:
        unit = self.accept_any(*_INTERVAL_UNITS)
        if unit is None:
            self.fail(30089)
        precision = 2
        if self.accept_op("("):
            precision = self.integer()
            if self.accept_op(","):
                self.integer()
            self.close_paren()
        return unit, precision

    def _parenthesised(self, *, conditions: bool) -> n.Node:
        at = self.at
        if self.is_query_ahead(1):
            return n.Subquery(at, self._parenthesised_query(operand=True))
        self.advance()
        node = self._climb(_OR, conditions=True) if conditions else self.expression()
        if isinstance(node, n.Subquery) and self.is_word(*_SET_OPERATORS):
            node = n.Subquery(at, self.query_rest(node.query))
        if self.is_op(",") and not isinstance(node, n.Condition):
            items = [node]
            while self.accept_op(","):
                items.append(self.expression())
            self.close_paren()
            return n.Tuple(at, items)
        self.close_paren()
        return node

    def _postfix(self, node: n.Node) -> n.Node:
        while True:
            if self.is_word("AT") and self.word_ahead(1, "TIME", "LOCAL"):
                node = self._at_time_zone(node)
            elif self.is_word("DAY", "YEAR") and (
                self.word_ahead(1, "TO") or (self.op_ahead(1, "(") and isinstance(node, n.Binary))
            ):
                self.unsupported(104, "interval expression")
            elif self.is_word("COLLATE"):
                self.unsupported(105, "COLLATE operator")
            elif self.is_word("MULTISET"):
                self.unsupported(106, "MULTISET operator")
            else:
                return node

    def _at_time_zone(self, node: n.Node) -> n.Node:
        at = self.advance().offset
        if self.accept("LOCAL"):
            return n.AtTimeZone(at, node, None)
        self.advance()
        self.expect("ZONE", 905)
        return n.AtTimeZone(at, node, self._primary(conditions=False))

    def _case(self) -> n.Node:
        at = self.advance().offset
        operand = None if self.is_word("WHEN") else self.expression()
        whens: list[tuple[n.Node, n.Node]] = []
        while self.accept("WHEN"):
            test = self.condition() if operand is None else self.expression()
            self.expect("THEN", 905)
            whens.append((test, self.expression()))
        if not whens:
            self.fail(905)
        default = self.expression() if self.accept("ELSE") else None
        self.expect("END", 905)
        return n.Case(at, operand, whens, default)

    def _cursor(self) -> n.Node | None:
        if self.op_ahead(1, "("):
            self.unsupported(107, "CURSOR expression")
        return None


_BY_KIND: dict[str, Callable[[ExpressionParser], n.Node]] = {
    NUMBER: ExpressionParser._number,
    STRING: ExpressionParser._string,
    BIND: ExpressionParser._bind,
}
_WORDS: dict[str, Callable[[ExpressionParser], n.Node | None]] = {
    "NULL": ExpressionParser._null,
    "DATE": ExpressionParser._date_literal,
    "TIMESTAMP": ExpressionParser._date_literal,
    "INTERVAL": ExpressionParser._interval,
    "CASE": ExpressionParser._case,
    "CURSOR": ExpressionParser._cursor,
}
