"""The LIKE condition.

SQL Language Reference 19c, "Conditions", "Pattern-matching Conditions".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded

Matcher = Callable[[str], object]


@lru_cache(maxsize=1024)
def matcher(pattern: str, escape: str | None) -> Matcher:
    """A function telling whether a text matches; OraError 1425 / 1424 for a bad escape."""
    if escape is not None and len(escape) != 1:
        raise OraError(1425)
    if escape is None and "_" not in pattern:
        simple = _simple(pattern)
        if simple is not None:
            return simple
    return re.compile(_expression(pattern, escape), re.DOTALL).fullmatch


def _simple(pattern: str) -> Matcher | None:
    body = pattern.strip("%")
    if "%" in body:
        return None
    head, tail = pattern.startswith("%"), pattern.endswith("%")
    if not pattern.strip("%"):
        return (lambda _: True) if pattern else (lambda text: not text)
    if head and tail:
        return lambda text: body in text
    if tail:
        return lambda text: text.startswith(body)
    if head:
        return lambda text: text.endswith(body)
    return lambda text: text == body


def _expression(pattern: str, escape: str | None) -> str:
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == escape:
            index += 1
            if index >= len(pattern) or pattern[index] not in ("%", "_", escape):
                raise OraError(1424)
            parts.append(re.escape(pattern[index]))
        elif char == "%":
            if parts[-1:] != [".*"]:
                parts.append(".*")
        else:
            parts.append("." if char == "_" else re.escape(char))
        index += 1
    return "".join(parts)


def _like(text: Encoded, pattern: Encoded, *rest: Encoded) -> Encoded:
    if text is None or pattern is None or None in rest:
        return None
    escape = str(rest[0]) if rest else None
    return int(bool(matcher(str(pattern), escape)(str(text))))


LIKE = SqlFunction("o_like", 2, lambda _: _like)
LIKE_ESCAPE = SqlFunction("o_like_escape", 3, lambda _: _like)
