"""Objects and collections as SQLite text: self-describing JSON.

A composite is {"t": [kind, owner, name], "v": [parts]}; a part is null, a composite, or a scalar
{"k": kind, "v": its encoded value, bytes in hexadecimal under "x"}.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.kernel.types import Composite, Kind, Months, OraType
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded

PARTS = "$.v"  # the JSON path of a composite's parts
KINDS = frozenset({Kind.OBJECT, Kind.COLLECTION})


def dump(value: Composite) -> str:
    """The text of a composite."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Value) -> Any:
    if value is None:
        return None
    if isinstance(value, Composite):
        parts = [_plain(part) for part in value.values]
        return {"t": [value.kind.value, *value.user], "v": parts}
    kind = _kind(value)
    encoded = encoding.encode(value, kind)
    if isinstance(encoded, bytes):
        return {"k": kind.value, "x": encoded.hex()}
    return {"k": kind.value, "v": encoded}


def _kind(value: Value) -> Kind:
    """A kind whose encoding loses nothing of the value."""
    if isinstance(value, dt.datetime):
        return Kind.TIMESTAMP if value.tzinfo is None else Kind.TIMESTAMP_TZ
    return _KINDS.get(type(value), Kind.NUMBER)


_KINDS: dict[type, Kind] = {
    str: Kind.CLOB,  # keeps an empty CLOB apart from NULL
    bool: Kind.BOOLEAN,
    float: Kind.BINARY_DOUBLE,
    bytes: Kind.BLOB,
    dt.timedelta: Kind.INTERVAL_DS,
    Months: Kind.INTERVAL_YM,
}


@lru_cache(maxsize=256)
def load(text: str) -> Composite:
    """The composite of a text."""
    found = _rich(json.loads(text))
    assert isinstance(found, Composite)  # noqa: S101
    return found


def _rich(value: Any) -> Value:
    if value is None:
        return None
    if "t" in value:
        kind, owner, name = value["t"]
        return Composite(Kind(kind), (owner, name), tuple(_rich(part) for part in value["v"]))
    encoded: Encoded = bytes.fromhex(value["x"]) if "x" in value else value["v"]
    decode = encoding.decoder(OraType(Kind(value["k"])))
    return encoded if decode is None else decode(encoded)


def _fitted(value: Value, target: OraType) -> Encoded:
    if isinstance(value, Composite):
        return dump(value)
    return encoding.encode(value, target.kind)


def part(target: OraType) -> SqlFunction:
    """One part, as json_each gives its text, encoded as a value of `target`."""

    def run(text: Encoded) -> Encoded:
        return None if text is None else _fitted(_rich(json.loads(str(text))), target)

    return SqlFunction(f"o_part_{_word(target)}", 1, lambda _: run)


def member(target: OraType) -> SqlFunction:
    """The n-th part (from 0) of a composite's text, encoded as a value of `target`."""

    def run(text: Encoded, index: Encoded) -> Encoded:
        if text is None:
            return None
        return _fitted(load(str(text)).values[int(index or 0)], target)

    return SqlFunction(f"o_member_{_word(target)}", 2, lambda _: run)


def _word(target: OraType) -> str:
    return "".join(c for c in target.kind.value if c.isalnum())


class _Collect:
    """COLLECT: the values of a group as a collection without a type's name."""

    kind = Kind.NUMBER

    def __init__(self) -> None:
        self.values: list[Value] = []

    def step(self, raw: Encoded) -> None:
        if self.kind in KINDS:
            self.values.append(None if raw is None else load(str(raw)))
            return
        decode = encoding.decoder(OraType(self.kind))
        self.values.append(raw if raw is None or decode is None else decode(raw))

    def final(self) -> Encoded:
        return dump(Composite(Kind.COLLECTION, ("", ""), tuple(self.values)))

    value = final

    def inverse(self, _raw: Encoded) -> None:
        del self.values[0]


def collect(element: OraType) -> SqlFunction:
    """The aggregate COLLECT of values of a type."""
    own = type("Collect", (_Collect,), {"kind": element.kind})
    return SqlFunction(f"o_collect_{_word(element)}", 1, lambda _: own, kind="window")


def named(owner: str, name: str) -> SqlFunction:
    """CAST of a collection to a named type."""

    def run(text: Encoded) -> Encoded:
        if text is None:
            return None
        found = load(str(text))
        return dump(Composite(found.kind, (owner, name), found.values))

    letters = f"{owner}.{name}".encode().hex()
    return SqlFunction(f"o_named_{letters}", 1, lambda _: run)


def _count(text: Encoded) -> Encoded:
    return None if text is None else len(load(str(text)).values)


COUNT = SqlFunction("o_cardinality", 1, lambda _: _count)
EMPTY = dump(Composite(Kind.COLLECTION, ("", ""), ()))
