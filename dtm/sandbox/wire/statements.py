"""What the wire must know of a statement's text: its class and its bind names.

The driver decides by the first word what kind of statement it sends and scans the text for
binds; the server has to come to the same result to read the values. It is no parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SKIP = r"""
    n?q'(?:\[.*?(?:\]'|\Z)|\{.*?(?:\}'|\Z)|\(.*?(?:\)'|\Z)|<.*?(?:>'|\Z)
       |(?P<mark>[^\s\[{(<]).*?(?:(?P=mark)'|\Z))
  | '[^']*+(?:''[^']*+)*+(?:'|\Z)(?:\s*:)?     # a colon behind a string is JSON's
  | "[^"]*" | --[^\n]* | /\*.*?(?:\*/|\Z) | :=
"""
_TOKEN = re.compile(
    rf"""(?:{_SKIP})
      | (?P<word>[^\W\d_][\w$\#]*)
      | :\s*(?P<bind>"[^"]+"|[^\W\d_][\w$\#]*|\d+)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_DDL = frozenset(  # have no binds
    {"CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "ANALYZE", "AUDIT", "COMMENT", "TRUNCATE"}
)
_DML = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_BLOCK = frozenset({"BEGIN", "DECLARE", "CALL"})
_LABELLED = re.compile(r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*<<", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's text with what the wire needs. `binds`: names in the order values arrive."""

    text: str
    is_query: bool
    is_block: bool
    is_dml: bool
    binds: tuple[str, ...]
    returning: frozenset[int]  # positions in `binds` that receive RETURNING ... INTO


@lru_cache(maxsize=1024)
def scan(text: str) -> Statement:
    """Classify `text` and list its binds: SQL one per occurrence, PL/SQL one per name."""
    labelled = _LABELLED.match(text) is not None
    word = "BEGIN" if labelled else ""
    binds: list[str] = []
    returning: set[int] = set()
    seen_returning = seen_into = False
    for match in _TOKEN.finditer(text):
        if keyword := match["word"]:
            upper = keyword.upper()
            if not word:
                word = upper
                if word in _DDL:
                    break
            elif upper == "RETURNING" and word in _DML:
                seen_returning = True
            elif upper == "INTO" and seen_returning:
                seen_into = True
        elif name := match["bind"]:
            name = name[1:-1] if name[0] == '"' else name.upper()
            if word in _BLOCK and name in binds:
                continue
            if seen_into:
                returning.add(len(binds))
            binds.append(name)
    return Statement(
        text=text,
        is_query=word in ("SELECT", "WITH"),
        is_block=word in _BLOCK,
        is_dml=word in _DML,
        binds=tuple(binds),
        returning=frozenset(returning),
    )
