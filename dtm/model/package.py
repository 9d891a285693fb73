"""Package: PL/SQL units and state tables that an operation runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dtm.model.resources import Kind, Resource

TABLE = "TABLE"


@dataclass(frozen=True, slots=True, order=True)
class UnitKey:
    """Type and name as in USER_OBJECTS."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True, slots=True)
class SourceUnit:
    """One CREATE statement: `type` as in USER_OBJECTS ('PACKAGE BODY'), `name` as stored there.

    `text` is the rendered file, '\\n' line ends; `file` is its path as the manifest writes it.
    """

    type: str
    name: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Requirements:
    """What preflight checks on each instance."""

    privileges: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """Units in install order and the CREATE TABLE texts; `compat`: roll out the DOM alias too."""

    name: str
    units: tuple[SourceUnit, ...]
    tables: tuple[SourceUnit, ...] = ()
    requires: Requirements = Requirements()
    compat: str | None = None
    enabled: bool = True

    @classmethod
    def from_resource(cls, resource: Resource) -> Package:
        """Build from a canonical resource: `spec.units` and `spec.tables` hold {file, type, name}."""
        assert resource.id.kind is Kind.PACKAGE  # noqa: S101 - a caller's mistake, not input
        spec = resource.spec
        requires: Mapping[str, Any] = spec.get("requires", {})

        def units(key: str) -> tuple[SourceUnit, ...]:
            return tuple(
                SourceUnit(u["type"], u["name"], u["file"], resource.sources[u["file"]])
                for u in spec.get(key, ())
            )

        return cls(
            name=resource.id.name,
            units=units("units"),
            tables=units("tables"),
            requires=Requirements(
                tuple(requires.get("privileges", ())), tuple(requires.get("objects", ()))
            ),
            compat=spec.get("compat"),
            enabled=spec.get("enabled", True),
        )
