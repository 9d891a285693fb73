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
from tests.bench.test_runner import server_cpu_s
from tests.conftest import Database, Schema
from tests.contract.repository.world import World, resource, world

pytestmark = pytest.mark.bench

SCHEMAS = 20
PACKAGES = 10
PARALLEL = 8
ROUNDS = 3


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
    """What any program has to do at least: what dtm changed, the bodies."""
    with oracledb.connect(user=schema.user, password=schema.password, dsn=schema.dsn) as session:
        cursor = session.cursor()
        for number in range(PACKAGES):
            cursor.execute(texts(number, version)[1])


def floor(made: World, version: int) -> float:
    """Seconds of the bare driver; the texts are those that dtm has just put there: no drift."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        started = time.perf_counter()
        list(pool.map(lambda schema: bare(schema, version), made.schemas.values()))
        return time.perf_counter() - started


@pytest.mark.timeout(600)
def test_rollout(database: Database) -> None:
    names = [f"i{number:03d}" for number in range(SCHEMAS)]
    options = ApplyOptions(max_parallel=PARALLEL)
    with world(database, *names) as made:
        made.apply(tree(made, 1), options)
        for version in range(2, 2 + ROUNDS):
            started, cpu = time.perf_counter(), server_cpu_s(database)
            report = made.apply(tree(made, version), options)
            taken, cpu = time.perf_counter() - started, server_cpu_s(database) - cpu
            assert len(report.applied) == PACKAGES * (1 + SCHEMAS)
            least_cpu = server_cpu_s(database)
            least = floor(made, version)
            least_cpu = server_cpu_s(database) - least_cpu
            started = time.perf_counter()
            assert made.plan(tree(made, version)).plan.empty
            plan = time.perf_counter() - started
            print(
                f"\n{SCHEMAS * PACKAGES} changed units on {SCHEMAS} schemas: plan and apply"
                f" {taken:.2f} s, of it CPU of the server {cpu:.2f} s; floor {least:.2f} s and"
                f" {least_cpu:.2f} s: {taken / least:.2f} x; no-op plan {plan:.2f} s"
            )
