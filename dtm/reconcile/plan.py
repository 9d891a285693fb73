"""The plan: desired x recorded x live -> ordered changes. Pure: no I/O, no clock.

Order: configuration (a resource after what it refers to; removals last, in reverse), then
packages - unprotected environments first, instances by name, the helper before what calls it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dtm.model.inventory import Inventory
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.reconcile.changes import KIND_ORDER, Action, Base, Change, Plan, Risk, Warned
from dtm.reconcile.diff import resource_diff
from dtm.reconcile.installs import Installs
from dtm.reconcile.live import Live
from dtm.reconcile.scope import Want
from dtm.repository.records import Recorded


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a plan is made from; `live` has no entry for an instance not looked at."""

    desired: Mapping[ResourceId, Resource]
    recorded: Recorded
    wants: tuple[Want, ...]
    live: Mapping[str, Live]
    base: Base
    migrations: tuple[str, ...] = ()
    offline: bool = False


def make(inputs: Inputs) -> Plan:
    """Return the plan that brings repository and instances to the desired state."""
    config = config_changes(inputs.desired, inputs.recorded)
    installs = Installs(
        Inventory(inputs.desired),
        inputs.recorded,
        inputs.wants,
        inputs.live,
        renamed={
            change.target.name: change.renamed_from
            for change in config
            if change.renamed_from and change.target.kind is Kind.INSTANCE
        },
    )
    return Plan(
        base=inputs.base,
        changes=(*config, *installs.changes()),
        instances=tuple(installs.report(want) for want in inputs.wants),
        warnings=(*installs.warnings, *left_installed(inputs)),
        migrations=inputs.migrations,
        resources=len(inputs.desired),
        offline=inputs.offline,
    )


def left_installed(inputs: Inputs) -> tuple[Warned, ...]:
    """Say which packages were rolled out to instances where no assignment, not even a disabled one,
    needs them any more: dtm leaves them there."""
    wanted = {(w.instance.name, p.package) for w in inputs.wants for p in w.packages}
    inventory = Inventory(inputs.desired)
    released = set(inputs.recorded.releases) - wanted
    left = {(i, package) for i, package in released if i in inventory.all_instances}
    if not left:
        return ()
    needed = {
        (instance.name, inventory.operations[assignment.operation].package)
        for assignment in inventory.all_assignments.values()
        for instance in inventory.instances(assignment.environment, assignment.instances)
    }
    in_use = {instance for instance, _ in needed}  # the helper packages, too
    own = {package for _, package in needed} | set(inventory.packages)
    found: dict[str, list[str]] = defaultdict(list)
    for instance, package in sorted(left - needed):
        if package in own or instance not in in_use:
            found[package].append(instance)
    return tuple(
        Warned(
            None, f"{package} stays installed where nothing is assigned to use it: {_some(names)}"
        )
        for package, names in found.items()
    )


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def manifest_digest(resources: Iterable[Resource]) -> str:
    """Return the sha256 (hex) over all resources, whatever their order."""
    lines = sorted(f"{r.id} {r.digest}\n" for r in resources)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def to_read(
    desired: Mapping[ResourceId, Resource], digests: Mapping[ResourceId, str]
) -> frozenset[ResourceId]:
    """Return the recorded resources whose content a plan needs: changed, removed or renamed."""
    return frozenset(
        one
        for one, digest in digests.items()
        if one not in desired or desired[one].digest != digest
    )


# --- configuration


def config_changes(
    desired: Mapping[ResourceId, Resource], recorded: Recorded
) -> tuple[Change, ...]:
    """Return creations, updates and renames in order of dependency, then removals in reverse."""
    renames = _renames(desired, recorded)
    written = []
    for one in sorted(desired, key=_order):
        resource, old = desired[one], renames.get(one)
        if old is not None:
            written.append(_rename(resource, old, recorded))
        elif one not in recorded.digests:
            written.append(_create(resource))
        elif recorded.digests[one] != resource.digest:
            written.append(_update(resource, recorded))
    gone = set(recorded.digests) - set(desired) - set(renames.values())
    removed = [_delete(one, recorded) for one in sorted(gone, key=_order, reverse=True)]
    return (*written, *removed)


def _order(one: ResourceId) -> tuple[int, str]:
    return KIND_ORDER[one.kind], one.name


def _renames(
    desired: Mapping[ResourceId, Resource], recorded: Recorded
) -> dict[ResourceId, ResourceId]:
    """Map new ids to the recorded ids they replace; `renamedFrom` may stay in a manifest."""
    found = {}
    for one, resource in desired.items():
        name = resource.metadata.get("renamedFrom")
        old = ResourceId(one.kind, name) if name else None
        if old is None or old in desired:
            continue
        if one not in recorded.digests and old in recorded.digests:
            found[one] = old
    return found


def _create(resource: Resource) -> Change:
    return Change(
        Action.CREATE,
        resource.id,
        "not in the repository yet",
        environment=environment_of(resource),
        fields=resource_diff(None, resource),
    )


def _update(resource: Resource, recorded: Recorded) -> Change:
    old = recorded.resources[resource.id]
    fields = resource_diff(old, resource)
    count = len(fields)
    reason = f"{count} field{'s differ' if count != 1 else ' differs'}"
    risks: tuple[Risk, ...] = ()
    if _protected(old) and not _protected(resource):
        risks = (Risk.DESTRUCTIVE, Risk.PROTECTED)
        reason = "protection is taken away"
    return Change(
        Action.UPDATE,
        resource.id,
        reason if fields else "only its canonical form differs",
        environment=environment_of(resource),
        fields=fields,
        risks=risks,
    )


def _rename(resource: Resource, old: ResourceId, recorded: Recorded) -> Change:
    return Change(
        Action.RENAME,
        resource.id,
        f"renamed from {old.name}; its history follows",
        environment=environment_of(resource),
        fields=resource_diff(recorded.resources[old], resource),
        renamed_from=old.name,
    )


def _delete(one: ResourceId, recorded: Recorded) -> Change:
    old = recorded.resources[one]
    environment = environment_of(old)
    risks = [Risk.DESTRUCTIVE]
    if environment is not None and _was_protected(environment, recorded):
        risks.append(Risk.PROTECTED)
    return Change(
        Action.DELETE,
        one,
        "no longer in the working tree",
        environment=environment,
        fields=resource_diff(old, None),
        risks=tuple(risks),
    )


def environment_of(resource: Resource) -> str | None:
    """Return the environment a resource is or belongs to; None for packages and operations."""
    if resource.id.kind is Kind.ENVIRONMENT:
        return resource.id.name
    return resource.spec.get("environment")


def _was_protected(environment: str, recorded: Recorded) -> bool:
    """Say whether the recorded environment is protected; its content was read with the rest."""
    old = recorded.resources.get(ResourceId(Kind.ENVIRONMENT, environment))
    return old is not None and _protected(old)


def _protected(resource: Resource) -> bool:
    return resource.id.kind is Kind.ENVIRONMENT and bool(resource.spec.get("protected", False))
