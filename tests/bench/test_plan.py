"""No-op plan of a large tree, against its floor: comparing content hashes and nothing else."""

from __future__ import annotations

import hashlib
import json
import resource as os_resource
import statistics
import time
from collections.abc import Callable

import pytest

from dtm.model.resources import Kind, Resource
from dtm.reconcile.deps import Desired, PlanOptions
from dtm.reconcile.make import make_plan
from tests.conftest import Database
from tests.contract.repository.world import resource, world

pytestmark = pytest.mark.bench

SIZES = (100, 10_000)
ROUNDS = 5


def tree(size: int) -> list[Resource]:
    """Half instances, half assignments that select one each; no package goes anywhere."""
    cycle = {"initial": None, "iterator": None, "final": None}
    operation = {"package": "P", "lifecycle": cycle, "tasks": [], "enabled": False}
    units = {"units": [{"file": "p.pks", "type": "PACKAGE", "name": "P"}], "tables": []}
    made = [
        resource(Kind.ENVIRONMENT, "prod", {"protected": True}),
        resource(Kind.PACKAGE, "P", units, {"p.pks": "CREATE PACKAGE P AS END;"}),
        resource(Kind.OPERATION, "op", operation),
    ]
    for number in range((size - 3) // 2):
        name = f"i{number:05d}"
        connect = {"user": "DTM", "dsn": f"{name}:1521/X", "password": {"env": "P"}}
        made.append(
            resource(Kind.INSTANCE, name, {"environment": "prod", "connect": connect}, app="x")
        )
        spec = {"operation": "op", "environment": "prod", "instances": {"names": [name]}}
        made.append(resource(Kind.ASSIGNMENT, f"a{number:05d}", spec))
    return made


def median(work: Callable[[], object]) -> float:
    """Seconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def hash_compare(resources: list[Resource]) -> bool:
    """The floor: canonical text of every document, hashed and compared."""
    texts = [json.dumps([r.metadata, r.spec], sort_keys=True).encode() for r in resources]
    known = {r.id: r.digest for r in resources}
    hashes = {r.id: hashlib.sha256(t).hexdigest() for r, t in zip(resources, texts, strict=True)}
    return hashes == known


@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
def test_no_op_plan(database: Database, size: int) -> None:
    resources = tree(size)
    with world(database) as made:
        started = time.perf_counter()
        made.apply(resources)
        first = time.perf_counter() - started
        deps, desired = made.deps(), Desired(tuple(resources))
        options = PlanOptions()
        plan = median(lambda: make_plan(desired, deps, options))
        assert make_plan(desired, deps, options).plan.empty
    floor = median(lambda: hash_compare(resources))
    peak = os_resource.getrusage(os_resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n{size} resources: no-op plan {plan:.3f} s, floor {floor:.3f} s, "
        f"ratio {plan / floor:.1f}; first apply {first:.2f} s; peak {peak:.0f} MB"
    )
