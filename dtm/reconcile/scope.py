"""Which package versions go to which instance; pure.

A package goes where an enabled assignment of an enabled operation selects an enabled instance.
The helper goes wherever a package goes, and goes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from dtm.model.assignment import Assignment
from dtm.model.instance import Instance
from dtm.model.inventory import Inventory
from dtm.repository.records import PackageVersion
from dtm.repository.versions import version_of

ALIAS = "DOM"  # rolled out beside a package with `compat: odtm`


@dataclass(frozen=True, slots=True)
class Want:
    """What one instance is meant to hold, in install order: helper, alias, packages by name."""

    instance: Instance
    packages: tuple[PackageVersion, ...]


def wanted(inventory: Inventory, helper: Iterable[PackageVersion]) -> tuple[Want, ...]:
    """Return what every instance in question is meant to hold, by instance name."""
    names: dict[str, set[str]] = defaultdict(set)
    for assignment in inventory.all_assignments.values():
        if _enabled(inventory, assignment):
            package = inventory.operations[assignment.operation].package
            for instance in inventory.instances(assignment.environment, assignment.instances):
                if instance.enabled:
                    names[instance.name].add(package)
    versions = {
        name: version_of(inventory.packages[name]) for name in sorted(set().union(*names.values()))
    }
    helpers = tuple(helper)
    return tuple(
        Want(
            inventory.all_instances[instance],
            (
                *(h for h in helpers if h.package != ALIAS or _compat(inventory, packages)),
                *(versions[name] for name in sorted(packages)),
            ),
        )
        for instance, packages in sorted(names.items())
    )


def selections(inventory: Inventory) -> tuple[tuple[str, str], ...]:
    """Return (assignment, instance) for everything selected, disabled or not, sorted."""
    return tuple(
        (assignment.name, instance.name)
        for assignment in inventory.all_assignments.values()
        for instance in inventory.instances(assignment.environment, assignment.instances)
    )


def _enabled(inventory: Inventory, assignment: Assignment) -> bool:
    operation = inventory.operations[assignment.operation]
    override = operation.environments.get(assignment.environment)
    return (
        assignment.enabled
        and operation.enabled
        and (override is None or override.enabled)
        and inventory.environments[assignment.environment].enabled
        and inventory.packages[operation.package].enabled
    )


def _compat(inventory: Inventory, packages: Iterable[str]) -> bool:
    return any(inventory.packages[name].compat is not None for name in packages)
