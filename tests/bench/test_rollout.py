"""Rollout of packages to many schemas, against its floor: the bare driver, the same parallelism.

Both connect, send the same DDL and disconnect; dtm also looks before, reads back, and records.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import oracledb
import pytest

from dtm.model.resources import Kind, Resource
from dtm.reconcile.deps import ApplyOptions
from tests.conftest import Database, Schema
from tests.contract.repository.world import World, resource, world

pytestmark = pytest.mark.bench

SCHEMAS = 20
PACKAGES = 10
PARALLEL = 8


def texts(number: int, version: int) -> tuple[str, str]:
    """Specification and body of one package."""
    name = f"BENCH_{number}"
    spec = f"CREATE OR REPLACE PACKAGE {name} AS\n  PROCEDURE GO(p IN VARCHAR2);\nEND {name};"
    lines = "".join(f"    l_sum := l_sum + {line};\n" for line in range(100))
    body = (
        f"CREATE OR REPLACE PACKAGE BODY {name} AS\n  PROCEDURE GO(p IN VARCHAR2) IS\n"
        f"    l_sum NUMBER := {version};\n  BEGIN\n{lines}  END GO;\nEND {name};"
    )
    return spec, body


def tree(made: World, version: int) -> list[Resource]:
    resources = [r for r in made.tree() if r.id.kind in (Kind.ENVIRONMENT, Kind.INSTANCE)]
    cycle = {"initial": None, "iterator": None, "final": None}
    for number in range(PACKAGES):
        name = f"BENCH_{number}"
        spec, body = texts(number, version)
        units = [
            {"file": f"{number}.pks", "type": "PACKAGE", "name": name},
            {"file": f"{number}.pkb", "type": "PACKAGE BODY", "name": name},
        ]
        operation = {"package": name, "lifecycle": cycle, "tasks": []}
        where = {"operation": f"op{number}", "environment": "test"}
        sources = {f"{number}.pks": spec, f"{number}.pkb": body}
        resources += [
            resource(Kind.PACKAGE, name, {"units": units, "tables": []}, sources),
            resource(Kind.OPERATION, f"op{number}", operation),
            resource(Kind.ASSIGNMENT, f"as{number}", where),
        ]
    return resources


def bare(schema: Schema, version: int) -> None:
    """What any program has to do at least."""
    with oracledb.connect(user=schema.user, password=schema.password, dsn=schema.dsn) as session:
        cursor = session.cursor()
        for number in range(PACKAGES):
            for text in texts(number, version):
                cursor.execute(text)


@pytest.mark.timeout(600)
def test_rollout(database: Database) -> None:
    names = [f"i{number:03d}" for number in range(SCHEMAS)]
    with world(database, *names) as made:
        with ThreadPoolExecutor(PARALLEL) as pool:
            started = time.perf_counter()
            list(pool.map(lambda name: bare(made.schemas[name], 1), names))
            floor = time.perf_counter() - started
        options = ApplyOptions(max_parallel=PARALLEL)
        made.apply(tree(made, 2), options)
        started = time.perf_counter()
        report = made.apply(tree(made, 3), options)
        taken = time.perf_counter() - started
        assert len(report.applied) == PACKAGES * (1 + SCHEMAS)
        started = time.perf_counter()
        assert made.plan(tree(made, 3)).plan.empty
        plan = time.perf_counter() - started
    units = SCHEMAS * PACKAGES * 2
    print(
        f"\n{units} units on {SCHEMAS} schemas: plan and apply {taken:.2f} s, "
        f"floor {floor:.2f} s, ratio {taken / floor:.2f}; no-op plan {plan:.2f} s"
    )
