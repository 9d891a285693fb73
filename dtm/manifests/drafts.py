"""A document on its way to a Resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dtm.manifests.findings import Place
from dtm.manifests.paths import Path
from dtm.manifests.sources import Source
from dtm.model.declarations import ParameterDecl
from dtm.model.resources import Kind, Location


@dataclass(slots=True)
class Draft:
    """A document with a known kind and name; it counts as existing whatever else is wrong.

    `raw_spec` is rendered and, when `checkable`, of the right shape - with what was wrong taken
    out, so that the rest is checked in the same pass; then `spec` is canonical. `wrong` holds the
    path of every error found.
    """

    place: Place
    location: Location
    kind: Kind
    name: str  # as the repository knows it
    data: Mapping[str, Any]
    raw_spec: Mapping[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    checkable: bool = True
    wrong: list[Path] = field(default_factory=list)
    declarations: dict[str, ParameterDecl] | None = None  # Operation only
    sources: Mapping[str, list[Source]] = field(default_factory=dict)  # Package only

    @property
    def valid(self) -> bool:
        """Whether this can become a resource."""
        return self.checkable and not self.wrong

    def intact(self, *prefix: str) -> bool:
        """Say whether nothing is wrong at, below or above a path."""
        return self.checkable and not any(
            path[: len(prefix)] == prefix or path == prefix[: len(path)] for path in self.wrong
        )
