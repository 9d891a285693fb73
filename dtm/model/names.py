"""Oracle names: checking, normalising, quoting; names of locks.

An unquoted name is case-insensitive and kept in upper case; a quoted one is kept verbatim
(Oracle Database SQL Language Reference, "Database Object Names and Qualifiers"). Names reach SQL
text through `quote` only. A database link (`name@link`) is never accepted.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

IDENTIFIER_BYTES = 30  # before 12.2; 128 where every target has COMPATIBLE >= 12.2
LONG_IDENTIFIER_BYTES = 128
LOCK_NAME_BYTES = 128  # DBMS_LOCK.ALLOCATE_UNIQUE, parameter lockname

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_$#]*\Z")
_QUOTED = re.compile(r'"([^"\x00]+)"\Z')
_PARTS = re.compile(r'("[^"]*"|[^".]+|\.)')


class InvalidName(ValueError):
    """A text that cannot be an Oracle name; the message says why."""


def normalise(text: str, *, limit: int = IDENTIFIER_BYTES) -> str:
    """Return the name as the dictionary stores it: upper case, or verbatim if quoted.

    Raises InvalidName for anything that is not one identifier of at most `limit` bytes (UTF-8).
    """
    if "@" in text:
        raise InvalidName(f"{text!r} names a database link; dtm does not use links")
    quoted = _QUOTED.match(text)
    if quoted:
        name = quoted.group(1)
    elif _PLAIN.match(text):
        name = text.upper()
    else:
        raise InvalidName(
            f"{text!r} is not an Oracle name (a letter, then letters, digits, _ $ #; or quoted)"
        )
    size = len(name.encode())
    if size > limit:
        raise InvalidName(f"{text!r} has {size} bytes; an Oracle name has at most {limit}")
    return name


def display(name: str) -> str:
    """Return a stored name as a person would type it: quoted only where it must be."""
    return name if _PLAIN.match(name) and name == name.upper() else f'"{name}"'


def quote(name: str) -> str:
    """Return a stored name (see `normalise`) quoted for SQL text; raises InvalidName."""
    if not name or '"' in name or "\x00" in name or "@" in name:
        raise InvalidName(f"{name!r} cannot be quoted as one Oracle name")
    if len(name.encode()) > LONG_IDENTIFIER_BYTES:
        raise InvalidName(f"{name!r} is longer than {LONG_IDENTIFIER_BYTES} bytes")
    return f'"{name}"'


@dataclass(frozen=True, slots=True, order=True)
class QualifiedName:
    """OWNER.NAME as the dictionary stores both parts."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{display(self.owner)}.{display(self.name)}"

    @property
    def sql(self) -> str:
        """Both parts quoted, for SQL text."""
        return f"{quote(self.owner)}.{quote(self.name)}"


def split_qualified(text: str, *, limit: int = IDENTIFIER_BYTES) -> QualifiedName:
    """Read `OWNER.NAME`, either part quoted or not; raises InvalidName."""
    if "@" in text:
        raise InvalidName(f"{text!r} names a database link; dtm does not use links")
    parts = _PARTS.findall(text)
    if len(parts) != 3 or parts[1] != "." or "".join(parts) != text:
        raise InvalidName(f"{text!r} is not of the form OWNER.NAME")
    return QualifiedName(normalise(parts[0], limit=limit), normalise(parts[2], limit=limit))


def lock_name(kind: str, *parts: str) -> str:
    """Return the name of a DBMS_LOCK: `DTM$<kind>$<hash of the parts>`, at most 128 bytes.

    Hashed, because operation and object names together do not fit. The parts are separated
    unambiguously: ("a", "bc") and ("ab", "c") give different names.
    """
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
    name = f"DTM${kind}${digest[:40].upper()}"
    if len(name.encode()) > LOCK_NAME_BYTES:
        raise InvalidName(f"lock kind {kind!r} is too long")
    return name


def code_lock_name(schema: str) -> str:
    """Return the name of the code gate of a client schema, readable where it fits."""
    name = f"DTM$CODE${schema}"
    return name if len(name.encode()) <= LOCK_NAME_BYTES else lock_name("CODE", schema)
