"""Which streams an assignment gives: instances x objects, in run order, and what is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dtm.errors import UsageError
from dtm.model.assignment import Assignment, ObjectEntry
from dtm.model.instance import Instance
from dtm.model.inventory import Inventory
from dtm.model.operation import Limits, Operation
from dtm.model.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Target:
    """One stream to be: `object` None is the whole instance.

    Targets of one instance run in order of `group`; equal groups may run side by side.
    `left_out` says why a target is not run, in words for `--preview`; None: it runs.
    """

    instance: str
    object: str | None
    group: int
    left_out: str | None = None


def targets(
    inventory: Inventory,
    assignment: Assignment,
    *,
    instances: Collection[str] = (),
    objects: Collection[str] = (),
) -> tuple[Target, ...]:
    """Return all targets of an assignment, by instance name, then object order.

    `instances` and `objects` (as stored names) narrow them down; empty: all. Raises UsageError
    for one that the assignment does not have.
    """
    operation = inventory.operation(assignment.operation)
    selected = inventory.instances(assignment.environment, assignment.instances)
    _refuse_unknown("instance", instances, [i.name for i in selected], assignment)
    names = [entry.name for group in assignment.objects for entry in group]
    _refuse_unknown("object", objects, names, assignment)
    everywhere = _disabled_above(inventory, operation, assignment)
    return tuple(
        Target(
            instance.name,
            entry.name if entry else None,
            group,
            everywhere
            or _disabled_here(assignment, instance, entry)
            or _not_asked(instance, entry, instances, objects),
        )
        for instance in selected
        for group, entry in _entries(assignment)
    )


def limits(operation: Operation, assignment: Assignment) -> Limits:
    """Return the limits that hold: operation, operation in environment, assignment."""
    result = operation.limits
    in_env = operation.environments.get(assignment.environment)
    if in_env is not None:
        result = result.overridden_by(in_env.limits)
    return result.overridden_by(assignment.limits)


def _entries(assignment: Assignment) -> Iterator[tuple[int, ObjectEntry | None]]:
    if not assignment.objects:
        yield 0, None
    for number, group in enumerate(assignment.objects):
        for entry in group:
            yield number, entry


def _disabled_above(
    inventory: Inventory, operation: Operation, assignment: Assignment
) -> str | None:
    env = assignment.environment
    in_env = operation.environments.get(env)
    package = inventory.packages.get(operation.package)
    if not inventory.environment(env).enabled:
        return f"environment {env} is disabled"
    if not operation.enabled:
        return f"operation {operation.name} is disabled"
    if in_env is not None and not in_env.enabled:
        return f"operation {operation.name} is disabled in {env}"
    if package is not None and not package.enabled:
        return f"package {package.name} is disabled"
    return None if assignment.enabled else f"assignment {assignment.name} is disabled"


def _disabled_here(
    assignment: Assignment, instance: Instance, entry: ObjectEntry | None
) -> str | None:
    if not instance.enabled:
        return f"instance {instance.name} is disabled"
    if entry is not None and not entry.enabled:
        return f"object {entry.name} is disabled"
    name = entry.name if entry else None
    state: bool | None = None
    for exact in (False, True):  # an override of instance and object wins over one of either
        for override in assignment.overrides:
            both = override.instance is not None and override.object is not None
            if (
                both is exact
                and override.enabled is not None
                and override.instance in (None, instance.name)
                and override.object in (None, name)
            ):
                state = override.enabled if exact or state is not False else False
    if state is not False:
        return None
    return f"{name} is disabled on {instance.name}" if name else f"disabled on {instance.name}"


def _not_asked(
    instance: Instance,
    entry: ObjectEntry | None,
    instances: Collection[str],
    objects: Collection[str],
) -> str | None:
    if instances and instance.name not in instances:
        return "not among --instance"
    return "not among --object" if objects and entry and entry.name not in objects else None


def _refuse_unknown(
    what: str, asked: Collection[str], known: list[str], assignment: Assignment
) -> None:
    for name in asked:
        if name not in known:
            raise UsageError(
                f'assignment {assignment.name} has no {what} "{name}"',
                hint=did_you_mean(name, known) or f"it has: {', '.join(known) or 'none'}",
            )
