"""Environment: a group of instances with shared defaults, protection and a rollout policy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dtm.model.resources import Kind, Resource


@dataclass(frozen=True, slots=True)
class Wave:
    """How many instances are done when this wave ends: a count, or a share of all in percent."""

    amount: int
    percent: bool = False

    def end(self, total: int) -> int:
        """Return the count out of `total`; a share is rounded up, so that it is never nothing."""
        return min(total, math.ceil(total * self.amount / 100) if self.percent else self.amount)

    def __str__(self) -> str:
        return f"{self.amount}%" if self.percent else str(self.amount)

    @classmethod
    def from_spec(cls, spec: int | str) -> Wave:
        """Read `5` or `25%`."""
        if isinstance(spec, str):
            return cls(int(spec.removesuffix("%")), percent=True)
        return cls(spec)


@dataclass(frozen=True, slots=True)
class RolloutPolicy:
    """Waves (cumulative) and failure budget: `max_failures` instances may fail; None = any number."""

    waves: tuple[Wave, ...] = (Wave(100, percent=True),)
    max_failures: int | None = 0

    @classmethod
    def from_spec(
        cls, spec: Mapping[str, Any] | None, *, max_failures: int | None = 0
    ) -> RolloutPolicy:
        """Build from a `rollout:` block; `max_failures` is the default of that place."""
        spec = spec or {}
        return cls(
            waves=tuple(Wave.from_spec(wave) for wave in spec.get("waves", ["100%"])),
            max_failures=spec.get("maxFailures", max_failures),
        )

    def slices(self, total: int) -> tuple[slice, ...]:
        """Cut a sorted list of `total` instances into waves; the last wave takes what is left."""
        ends = sorted({total, *(wave.end(total) for wave in self.waves)} - {0})
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))


@dataclass(frozen=True, slots=True)
class Environment:
    """`protected`: runs and destructive changes need `--confirm NAME`."""

    name: str
    enabled: bool = True
    protected: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rollout: RolloutPolicy = field(default_factory=RolloutPolicy)

    @classmethod
    def from_resource(cls, resource: Resource) -> Environment:
        """Build from a canonical resource of this kind."""
        assert resource.id.kind is Kind.ENVIRONMENT  # noqa: S101 - a caller's mistake, not input
        spec = resource.spec
        return cls(
            name=resource.id.name,
            enabled=spec.get("enabled", True),
            protected=spec.get("protected", False),
            parameters=spec.get("parameters", {}),
            rollout=RolloutPolicy.from_spec(spec.get("rollout")),
        )
