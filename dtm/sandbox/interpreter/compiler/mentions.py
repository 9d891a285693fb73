"""What a static statement uses of its tables, for fine-grained invalidation.

Development Guide 19c, "Understanding Schema Object Dependency", "Invalidation of Dependent
Objects". A word of the statement that is a column's name counts as that column, so a little more
is invalidated than Oracle would.
"""

from __future__ import annotations

from collections.abc import Sequence

from dtm.plsql.lexer import IDENT, OP, QUOTED, Token

WHOLE = "*"  # SELECT *, INSERT without a column list, %ROWTYPE: any change of the columns counts
CAPTURED = "+"  # a new column could take the place of a variable or of another table's column
_BEFORE_STAR = frozenset({"SELECT", "DISTINCT", "UNIQUE", "ALL", ",", "."})


def mentions(tokens: Sequence[Token], *, hosts: bool, relations: int) -> set[str]:
    """The words of a statement, WHOLE, CAPTURED."""
    found = {token.value for token in tokens if token.kind in (IDENT, QUOTED)}
    inserts = bool(tokens) and tokens[0].value == "INSERT" and "SELECT" not in found
    if (hosts or relations > 1) and not inserts:
        found.add(CAPTURED)
    if any(_whole(tokens, index) for index in range(len(tokens))):
        found.add(WHOLE)
    return found


def _whole(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind == OP and token.value == "*":
        return bool(index) and tokens[index - 1].value in _BEFORE_STAR
    if token.kind != IDENT:
        return False
    following = tokens[index + 1].value if index + 1 < len(tokens) else ""
    if token.value == "SET":
        return following == "ROW"
    if token.value == "INSERT":
        return following == "VALUES"  # MERGE
    if token.value != "INTO":
        return False
    after = index + 2
    while after + 1 < len(tokens) and tokens[after].value == ".":
        after += 2
    if after < len(tokens) and tokens[after].kind in (IDENT, QUOTED):
        if tokens[after].value in ("VALUES", "SELECT", "WITH"):
            return True
        after += 1  # an alias
    listed = after + 1 < len(tokens) and tokens[after].value == "("
    return not listed or tokens[after + 1].value in ("SELECT", "WITH")
