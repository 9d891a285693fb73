"""Which assignment a command means, and what a new run pins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dtm.errors import NotApplied, UsageError
from dtm.model import parameters
from dtm.model.assignment import Assignment
from dtm.model.declarations import text_of
from dtm.model.environment import Environment
from dtm.model.inventory import Inventory
from dtm.model.operation import Operation
from dtm.model.package import Package
from dtm.model.parameters import ResolvedParameter
from dtm.model.resources import Kind, ResourceId
from dtm.model.suggest import did_you_mean
from dtm.model.targets import Target, limits, targets
from dtm.repository.runs_rows import PackagePin, ParameterPin
from dtm.runner.definition import Definition, define
from dtm.runner.request import RunRequest

_T = TypeVar("_T")
Parameters = dict[str, ResolvedParameter]

HELPER = "DTM"
ALIAS = "DOM"


@dataclass(frozen=True, slots=True)
class Selected:
    """What a command is about, as applied now. `targets` holds those left out, too."""

    inventory: Inventory
    environment: Environment
    operation: Operation
    assignment: Assignment
    package: Package
    definition: Definition
    digest: str
    targets: tuple[Target, ...]

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages an instance needs for it, in install order."""
        alias = (ALIAS,) if self.package.compat else ()
        return (HELPER, *alias, self.package.name)


def select(inventory: Inventory, request: RunRequest) -> Selected:
    """Find operation, environment and the one assignment; UsageError or NotApplied otherwise."""
    operation = _applied(Kind.OPERATION, request.operation, inventory.operations)
    environment = _applied(Kind.ENVIRONMENT, request.environment, inventory.environments)
    assignment = _assignment(inventory, request)
    package = _applied(Kind.PACKAGE, operation.package, inventory.packages)
    definition = define(operation, limits(operation, assignment), test_mode=request.test)
    chosen = targets(inventory, assignment, instances=request.instances, objects=request.objects)
    digest = inventory.resources[ResourceId(Kind.OPERATION, operation.name)].digest
    return Selected(
        inventory, environment, operation, assignment, package, definition, digest, chosen
    )


def _applied(kind: Kind, name: str, found: Mapping[str, _T]) -> _T:
    if name in found:
        return found[name]
    hint = did_you_mean(name, found) or "`dtm apply` puts the working tree into the repository"
    raise NotApplied(f'the repository holds no {kind.value} "{name}"', hint=hint)


def _assignment(inventory: Inventory, request: RunRequest) -> Assignment:
    """The named one, or the only enabled one of that operation in that environment."""
    found = inventory.assignments(request.operation, request.environment)
    names = ", ".join(a.name for a in found) or "none"
    where = f"{request.operation} in {request.environment}"
    if request.assignment is not None:
        named = next((a for a in found if a.name == request.assignment), None)
        if named is None:
            hint = did_you_mean(request.assignment, [a.name for a in found]) or f"it has: {names}"
            raise UsageError(f'{where} has no assignment "{request.assignment}"', hint=hint)
        if not named.enabled:
            raise UsageError(f"assignment {named.name} is disabled")
        return named
    enabled = [a for a in found if a.enabled]
    if len(enabled) == 1:
        return enabled[0]
    if not enabled:
        hint = f"disabled: {names}" if found else "write an Assignment and apply it"
        raise UsageError(f"{where} has no enabled assignment", hint=hint)
    several = ", ".join(a.name for a in enabled)
    raise UsageError(
        f"{where} has {len(enabled)} assignments: {several}", hint="choose one with --assignment"
    )


def resolve(selected: Selected, target: Target, overrides: Mapping[str, str]) -> Parameters:
    """The parameters of one target with their layers."""
    return parameters.resolve(
        selected.inventory,
        selected.operation,
        selected.assignment,
        selected.inventory.instance(target.instance),
        target.object,
        overrides,
    )


def parameter_pins(resolved: Parameters) -> tuple[ParameterPin, ...]:
    """Resolved parameters as they are frozen: text without NLS."""
    return tuple(
        ParameterPin(
            name=p.name,
            type=p.type.value,
            value=None if p.value is None else text_of(p.value),
            layer=p.layer.value,
            origin=p.origin,
        )
        for p in resolved.values()
    )


def package_pins(
    selected: Selected,
    instances: Iterable[str],
    releases: Mapping[tuple[str, str], str],
    before: Mapping[tuple[str, str], PackagePin],
) -> tuple[PackagePin, ...]:
    """Pins for what is released now, where that is not what is pinned in `before` already.

    Instances without a release of every package get none: `unreleased` says so.
    """
    pins = []
    for instance in instances:
        for package in selected.packages:
            version = releases.get((instance, package))
            old = before.get((instance, package))
            if version is None or (old is not None and old.version == version):
                continue
            number = old.number + 1 if old else 1
            reason = "RESUME" if before else "START"
            pins.append(PackagePin(instance, package, number, version, reason))
    return tuple(pins)


def unreleased(
    selected: Selected, instance: str, releases: Mapping[tuple[str, str], str]
) -> str | None:
    """The first package that has no released version on an instance."""
    return next((p for p in selected.packages if (instance, p) not in releases), None)


def waves(selected: Selected, instances: Iterable[str]) -> dict[str, int]:
    """The wave of the run each instance is in, from 1."""
    names = sorted(set(instances))
    result: dict[str, int] = {}
    for number, part in enumerate(selected.assignment.rollout.slices(len(names)), start=1):
        result |= dict.fromkeys(names[part], number)
    return result


def changed_parameters(
    selected: Selected, pinned: Iterable[ParameterPin], overrides: Mapping[str, str]
) -> str | None:
    """Say which `--param` differs from what a stream pinned; None: none does."""
    typed = parameters.command_line(selected.operation, overrides)
    values = {pin.name: pin.value for pin in pinned}
    for name, value in typed.items():
        if values.get(name) != text_of(value):
            return f"{name} is pinned as {values.get(name)!r}, not {text_of(value)!r}"
    return None


def wanted(selected: Selected) -> tuple[Target, ...]:
    """The targets a new run starts; UsageError when everything is left out."""
    kept = tuple(target for target in selected.targets if target.left_out is None)
    if kept:
        return kept
    reasons = sorted({t.left_out for t in selected.targets if t.left_out})
    raise UsageError(
        f"nothing to run {selected.operation.name} on in {selected.environment.name}",
        hint="; ".join(reasons) or f"assignment {selected.assignment.name} selects no instance",
    )
