"""The registry of built-in packages: a specification in PL/SQL, bodies in Python.

A body takes the Runtime and the values of IN and IN OUT parameters. A procedure with OUT
parameters returns their values (a tuple if there are several); a function with OUT parameters
returns (result, out, ...).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = Callable[..., Any]


@dataclass(slots=True)
class BuiltIn:
    """One supplied package. `granted`: EXECUTE belongs to PUBLIC. `stub`: calls are recorded and
    have no effect."""

    name: str
    specification: str
    granted: bool = True
    stub: bool = False
    bodies: dict[str, list[Body]] = field(default_factory=dict)

    def body(self, name: str) -> Callable[[Body], Body]:
        """Register the decorated function for the next overload of `name`."""

        def register(function: Body) -> Body:
            self.bodies.setdefault(name, []).append(function)
            return function

        return register


_packages: dict[str, BuiltIn] = {}


def package(name: str, specification: str, *, granted: bool = True, stub: bool = False) -> BuiltIn:
    """Register a package."""
    built_in = BuiltIn(name, specification, granted, stub)
    _packages[name] = built_in
    return built_in


def lookup(name: str) -> BuiltIn | None:
    """The built-in package `name` (upper case)."""
    return _packages.get(name)


def every() -> tuple[BuiltIn, ...]:
    """All of them, by name."""
    return tuple(_packages[name] for name in sorted(_packages))
