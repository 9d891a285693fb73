"""Access to parts: fields, attributes, elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.symbols import Code, Place
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.values import Assoc, Table
from dtm.sandbox.kernel.errors import OraError

Value = Any


def attribute_reader(outer: Callable[[Frame], Value], position: int) -> Callable[[Frame], Value]:
    def load(f: Frame) -> Value:
        value = outer(f)
        return None if value is None else value.fields[position]

    return load


def there(value: Value) -> Value:
    """The record or object; ORA-06530 for a null object."""
    if value is None:
        raise OraError(6530)
    return value


def as_place(thing: Place | Code) -> Place:
    if isinstance(thing, Place):
        return thing
    return Place(thing.type, thing.run, None, text="")


def element_store(
    outer: Callable[[Frame], Value], key: Callable[[Frame], Value]
) -> Callable[[Frame, Value], None]:
    def store(f: Frame, value: Value) -> None:
        container: Assoc | Table | None = outer(f)
        if container is None:
            raise OraError(6531)
        container.put(key(f), value)

    return store
