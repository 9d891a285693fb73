"""Catalog values as self-describing JSON text, for the rows of system.db."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from dtm.sandbox.kernel import types
from dtm.sandbox.sql import catalog_model as model

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for module in (model, types)
    for cls in vars(module).values()
    if isinstance(cls, type) and dataclasses.is_dataclass(cls)
}


def dump(value: object) -> str:
    """The JSON text of a catalog value."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Any:
    """The catalog value of a JSON text made by `dump`."""
    return _rich(json.loads(text))


def _plain(value: Any) -> Any:
    if isinstance(value, types.Kind):
        return {"$": "kind", "v": value.value}
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return {"$": "hex", "v": value.hex()}
    if isinstance(value, dt.datetime):
        return {"$": "time", "v": value.isoformat()}
    if isinstance(value, frozenset):
        return {"$": "set", "v": sorted(value)}
    if isinstance(value, Mapping):
        return {"$": "map", "v": [[_plain(k), _plain(v)] for k, v in value.items()]}
    fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return {"$": type(value).__name__, **fields}


def _rich(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_rich(item) for item in value)
    if not isinstance(value, dict):
        return value
    tag = value["$"]
    if tag in _CLASSES:
        fields = {name: _rich(item) for name, item in value.items() if name != "$"}
        return _CLASSES[tag](**fields)
    body = value["v"]
    if tag == "kind":
        return types.Kind(body)
    if tag == "hex":
        return bytes.fromhex(body)
    if tag == "time":
        return dt.datetime.fromisoformat(body)
    if tag == "set":
        return frozenset(body)
    return {_rich(k): _rich(v) for k, v in body}
