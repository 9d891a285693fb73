"""Making a plan: read the repository in one statement per table, the instances in parallel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dtm.model.database import Session
from dtm.model.instance import Instance
from dtm.model.inventory import Inventory
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.reconcile import plan as planning
from dtm.reconcile.changes import Base, Plan
from dtm.reconcile.deps import Deps, Desired, PlanOptions
from dtm.reconcile.events import Report, ignore
from dtm.reconcile.live import Live, read_all
from dtm.reconcile.scope import Want, wanted
from dtm.repository.config import ConfigStore
from dtm.repository.migrator import Migrator
from dtm.repository.records import Facts, Recorded


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what is needed to carry it out; `known`: database facts that must still hold."""

    plan: Plan
    desired: Desired
    inventory: Inventory
    recorded: Recorded
    wants: tuple[Want, ...]
    known: Mapping[str, Facts]


def make_plan(
    desired: Desired, deps: Deps, options: PlanOptions | None = None, report: Report = ignore
) -> Planned:
    """Compare working tree, repository and instances. Changes nothing.

    DtmError if the repository cannot be read; instances that cannot are reported in the plan.
    """
    options = options or PlanOptions()
    inventory = Inventory.of(desired.resources)
    session = deps.repository()
    try:
        migrations, recorded = _read(session, deps, inventory)
    finally:
        session.close()
    wants = wanted(inventory, deps.helper)
    known = _known(inventory, recorded)
    live: Mapping[str, Live] = {}
    if not options.offline:
        live = read_all(
            wants,
            deps.connect,
            known,
            limit=options.max_parallel,
            deadline_s=options.deadline_s,
            report=report,
        )
    inputs = planning.Inputs(
        desired=inventory.resources,
        recorded=recorded,
        wants=wants,
        live=live,
        base=_base(desired, deps, recorded),
        migrations=migrations,
        offline=options.offline,
    )
    return Planned(planning.make(inputs), desired, inventory, recorded, wants, known)


def _read(session: Session, deps: Deps, inventory: Inventory) -> tuple[tuple[str, ...], Recorded]:
    store = ConfigStore(session)
    migrations = Migrator(session, deps.tool_version).status().pending
    recorded = store.index()
    needed = planning.to_read(inventory.resources, recorded.digests)
    if not needed:
        return migrations, recorded
    # whether a removal needs --confirm is the recorded environment's to say
    environments = {one for one in recorded.digests if one.kind is Kind.ENVIRONMENT}
    return migrations, replace(recorded, resources=store.resources(needed | environments))


def _base(desired: Desired, deps: Deps, recorded: Recorded) -> Base:
    return Base(
        lineage=recorded.state.lineage,
        serial=recorded.state.serial,
        schema_version=recorded.state.schema_version,
        manifest_digest=planning.manifest_digest(desired.resources),
        commit=desired.commit,
        tool_version=deps.tool_version,
    )


def _known(inventory: Inventory, recorded: Recorded) -> dict[str, Facts]:
    """Return the facts that must still hold: not where the manifest now names another database."""
    moved = moved_instances(inventory, recorded)
    known = {name: facts for name, facts in recorded.facts.items() if name not in moved}
    for instance in inventory.all_instances.values():
        old = _renamed_from(inventory.resources[ResourceId(Kind.INSTANCE, instance.name)])
        if old is not None and old in known and instance.name not in known:
            known[instance.name] = known[old]
    return known


def _renamed_from(resource: Resource) -> str | None:
    name = resource.metadata.get("renamedFrom")
    return str(name) if name else None


def moved_instances(inventory: Inventory, recorded: Recorded) -> frozenset[str]:
    """Return instances whose manifest now connects elsewhere or expects another database."""
    moved = set()
    for one, old in recorded.resources.items():
        if one.kind is not Kind.INSTANCE or one.name not in inventory.all_instances:
            continue
        before, now = Instance.from_resource(old), inventory.all_instances[one.name]
        if (before.connect.target, before.expect_db_unique_names) != (
            now.connect.target,
            now.expect_db_unique_names,
        ):
            moved.add(one.name)
    return frozenset(moved)
