"""The fast path of schema validation: a JSON Schema compiled to closures that answer yes or no.

It knows the part of draft-07 that `schemas/` use and refuses to compile anything else, so it can
never pass over a keyword. A document it rejects is explained by jsonschema (`explain`); a test
holds the two to the same verdict.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]
Schema = dict[str, Any]

_NOTES = frozenset(
    {"$schema", "title", "description", "default", "examples", "definitions", "then", "else"}
)


def _is_integer(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and value.is_integer()
    )


_TYPES: dict[str, Check] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": _is_integer,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def compile_schema(schema: Schema) -> Check:
    """Return a function that says whether a JSON value has the schema's shape."""
    return _Compiler(schema).compile(schema)


class _Compiler:
    """Compiles subschemas; `$ref` into `#/definitions` is resolved once."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.named: dict[str, Check] = {}

    def compile(self, schema: Schema) -> Check:
        if "$ref" in schema:  # draft-07: everything beside $ref is ignored
            return self._reference(schema["$ref"])
        checks = []
        if "type" in schema:
            checks.append(_type(schema["type"]))
        for keyword, value in schema.items():
            if keyword in _NOTES or keyword == "type":
                continue
            if keyword in ("properties", "additionalProperties"):
                if keyword == "properties" and "additionalProperties" in schema:
                    continue
                checks.append(self._object(schema))
            else:
                checks.append(self._keyword(keyword, value, schema))
        return _all(checks)

    def _reference(self, reference: str) -> Check:
        name = reference.removeprefix("#/definitions/")
        if name not in self.named:
            self.named[name] = self.compile(self.root["definitions"][name])
        return self.named[name]

    def _keyword(self, keyword: str, value: Any, schema: Schema) -> Check:
        if keyword in _SIMPLE:
            return _SIMPLE[keyword](value)
        if keyword == "items":
            item = self.compile(value)
            return lambda data: not isinstance(data, list) or all(map(item, data))
        if keyword == "propertyNames":
            name = self.compile(value)
            return lambda data: not isinstance(data, dict) or all(map(name, data))
        if keyword in ("allOf", "anyOf"):
            members = [self.compile(member) for member in value]
            return _all(members) if keyword == "allOf" else _any(members)
        if keyword == "if":
            condition = self.compile(value)
            yes, no = self.compile(schema.get("then", {})), self.compile(schema.get("else", {}))
            return lambda data: yes(data) if condition(data) else no(data)
        raise ValueError(f"schema keyword {keyword!r} is not supported by the fast path")

    def _object(self, schema: Schema) -> Check:
        known = {name: self.compile(sub) for name, sub in schema.get("properties", {}).items()}
        rest = schema.get("additionalProperties", True)
        other = self.compile(rest) if isinstance(rest, dict) else (lambda _: bool(rest))

        def check(data: Any) -> bool:
            if not isinstance(data, dict):
                return True
            get = known.get
            return all(get(name, other)(value) for name, value in data.items())

        return check


def _all(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(data: Any) -> bool:
        for one in checks:  # noqa: SIM110 - a generator costs a quarter of the time here
            if not one(data):
                return False
        return True

    return check


def _any(checks: list[Check]) -> Check:
    return lambda data: any(check(data) for check in checks)


def _type(names: str | list[str]) -> Check:
    if isinstance(names, str):
        return _TYPES[names]
    return _any([_TYPES[name] for name in names])


def _required(names: list[str]) -> Check:
    return lambda data: not isinstance(data, dict) or all(name in data for name in names)


def _pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda data: not isinstance(data, str) or search(data) is not None


def _unique(wanted: bool) -> Check:
    def check(data: Any) -> bool:
        if not wanted or not isinstance(data, list):
            return True
        return not any(_same(one, other) for i, one in enumerate(data) for other in data[:i])

    return check


def _same(one: Any, other: Any) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _size(kind: type[str | list[Any] | dict[str, Any]], wanted: Callable[[int], bool]) -> Check:
    return lambda data: not isinstance(data, kind) or wanted(len(data))


def _number(wanted: Callable[[Any], bool]) -> Check:
    is_number = _TYPES["number"]
    return lambda data: not is_number(data) or wanted(data)


_SIMPLE: dict[str, Callable[[Any], Check]] = {
    "const": lambda value: lambda data: _same(data, value),
    "enum": lambda values: lambda data: any(_same(data, value) for value in values),
    "required": _required,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "minLength": lambda n: _size(str, lambda size: size >= n),
    "maxLength": lambda n: _size(str, lambda size: size <= n),
    "minItems": lambda n: _size(list, lambda size: size >= n),
    "maxItems": lambda n: _size(list, lambda size: size <= n),
    "minProperties": lambda n: _size(dict, lambda size: size >= n),
    "maxProperties": lambda n: _size(dict, lambda size: size <= n),
    "minimum": lambda n: _number(lambda data: data >= n),
    "maximum": lambda n: _number(lambda data: data <= n),
}
