"""Inventory: all resources as typed values, with lookups. Made from git or from the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from dtm.errors import UsageError
from dtm.model.assignment import Assignment, Selector
from dtm.model.environment import Environment
from dtm.model.instance import Instance
from dtm.model.operation import Operation
from dtm.model.package import Package
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.model.suggest import did_you_mean

_T = TypeVar("_T")


@dataclass(frozen=True)
class Inventory:
    """Lookups raise UsageError with the nearest name; lists are sorted by name."""

    resources: Mapping[ResourceId, Resource]

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Inventory:
        """Build from canonical resources (of a valid working tree, or as recorded)."""
        return cls({resource.id: resource for resource in resources})

    @cached_property
    def environments(self) -> Mapping[str, Environment]:
        """Environments by name."""
        return {r.id.name: Environment.from_resource(r) for r in self._of(Kind.ENVIRONMENT)}

    @cached_property
    def all_instances(self) -> Mapping[str, Instance]:
        """Instances of all environments by name."""
        return {r.id.name: Instance.from_resource(r) for r in self._of(Kind.INSTANCE)}

    @cached_property
    def packages(self) -> Mapping[str, Package]:
        """Packages by stored name."""
        return {r.id.name: Package.from_resource(r) for r in self._of(Kind.PACKAGE)}

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Operations by name."""
        return {r.id.name: Operation.from_resource(r) for r in self._of(Kind.OPERATION)}

    @cached_property
    def all_assignments(self) -> Mapping[str, Assignment]:
        """Assignments of all operations by name."""
        return {r.id.name: Assignment.from_resource(r) for r in self._of(Kind.ASSIGNMENT)}

    def environment(self, name: str) -> Environment:
        """Return the environment; UsageError if there is none of that name."""
        return _find(Kind.ENVIRONMENT, name, self.environments)

    def instance(self, name: str) -> Instance:
        """Return the instance; UsageError if there is none of that name."""
        return _find(Kind.INSTANCE, name, self.all_instances)

    def operation(self, name: str) -> Operation:
        """Return the operation; UsageError if there is none of that name."""
        return _find(Kind.OPERATION, name, self.operations)

    def package(self, name: str) -> Package:
        """Return the package; UsageError if there is none of that name."""
        return _find(Kind.PACKAGE, name, self.packages)

    def assignment(self, name: str) -> Assignment:
        """Return the assignment; UsageError if there is none of that name."""
        return _find(Kind.ASSIGNMENT, name, self.all_assignments)

    def instances(self, env: str, selector: Selector | None = None) -> tuple[Instance, ...]:
        """Instances of an environment that a selector chooses, disabled ones too, by name."""
        members = self._instances_by_environment.get(env, {})
        if selector is None:
            return tuple(members.values())
        # named ones are looked up: a fleet has as many assignments as instances
        names = sorted(set(selector.names) & members.keys()) if selector.names else members
        return tuple(
            members[name] for name in names if selector.matches(name, members[name].labels)
        )

    @cached_property
    def _instances_by_environment(self) -> Mapping[str, Mapping[str, Instance]]:
        found: dict[str, dict[str, Instance]] = {}
        for instance in self.all_instances.values():
            found.setdefault(instance.environment, {})[instance.name] = instance
        return found

    def assignments(
        self, operation: str | None = None, env: str | None = None
    ) -> tuple[Assignment, ...]:
        """Assignments of an operation in an environment (either None: any), disabled ones too."""
        return tuple(
            assignment
            for assignment in self.all_assignments.values()
            if operation in (None, assignment.operation) and env in (None, assignment.environment)
        )

    @cached_property
    def _by_environment(self) -> Mapping[str, Sequence[Instance]]:
        found: dict[str, list[Instance]] = {}
        for instance in self.all_instances.values():
            found.setdefault(instance.environment, []).append(instance)
        return found

    def _of(self, kind: Kind) -> list[Resource]:
        return sorted(
            (r for r in self.resources.values() if r.id.kind is kind), key=lambda r: r.id.name
        )


def _find(kind: Kind, name: str, found: Mapping[str, _T]) -> _T:
    if name in found:
        return found[name]
    known = f"known: {', '.join(found)}" if found else f"there is no {kind.value} at all"
    hint = did_you_mean(name, found) or known
    raise UsageError(f'there is no {kind.value} named "{name}"', hint=hint)
