"""Resources as rows of the plain tables a DBA reads; pure.

The canonical JSON is what dtm works with. These rows say the same in columns, written in the same
transaction, so that SQL*Plus needs no JSON functions (and 12.1 has none worth the name).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dtm.model.assignment import Assignment
from dtm.model.declarations import ParameterDecl, Value, text_of
from dtm.model.environment import Environment, RolloutPolicy
from dtm.model.instance import Instance
from dtm.model.operation import Operation, Task
from dtm.model.package import Package
from dtm.model.resources import Kind, Resource
from dtm.repository.versions import version_of

Row = dict[str, Any]
Rows = dict[str, list[Row]]  # by table, in lower case without the DTM_ prefix

TEXT_BYTES = 4000  # VARCHAR2 with MAX_STRING_SIZE = STANDARD

# Tables a resource of each kind has rows in, and the column that holds its name.
TABLES: Mapping[Kind, tuple[str, ...]] = {
    Kind.ENVIRONMENT: ("environments", "parameter_values", "labels"),
    Kind.INSTANCE: ("instances", "labels"),
    Kind.PACKAGE: ("packages", "labels"),
    Kind.OPERATION: ("operations", "tasks", "parameter_decls", "parameter_values", "labels"),
    Kind.ASSIGNMENT: ("assignments", "assignment_objects", "parameter_values", "labels"),
}


def rows_of(resource: Resource) -> Rows:
    """Return the rows of one resource by table."""
    flatten: dict[Kind, Callable[[Resource], Rows]] = {
        Kind.ENVIRONMENT: _environment,
        Kind.INSTANCE: _instance,
        Kind.PACKAGE: _package,
        Kind.OPERATION: _operation,
        Kind.ASSIGNMENT: _assignment,
    }
    rows = flatten[resource.id.kind](resource)
    rows["labels"] = [
        {"kind": resource.id.kind.value, "name": resource.id.name, "label": label, "value": value}
        for label, value in sorted(resource.metadata.get("labels", {}).items())
    ]
    return rows


def clip(text: str | None, limit: int = TEXT_BYTES) -> str | None:
    """Cut a text to `limit` bytes of UTF-8 without splitting a character; '' is NULL."""
    if not text:
        return None
    return text.encode()[:limit].decode(errors="ignore")


def flag(value: bool) -> str:
    """Return Y or N."""
    return "Y" if value else "N"


def _about(resource: Resource) -> Row:
    metadata = resource.metadata
    return {
        "description": clip(metadata.get("description")),
        "owner": clip(metadata.get("owner"), 128),
    }


def _policy(policy: RolloutPolicy) -> Row:
    return {
        "waves": clip(", ".join(str(wave) for wave in policy.waves), 1000),
        "max_failures": policy.max_failures,
    }


def _environment(resource: Resource) -> Rows:
    environment = Environment.from_resource(resource)
    row = {
        "name": environment.name,
        "enabled": flag(environment.enabled),
        "protected": flag(environment.protected),
        **_policy(environment.rollout),
        **_about(resource),
    }
    place = {"layer": "environment", "environment": environment.name}
    return {
        "environments": [row],
        "parameter_values": _values(resource, [(place, environment.parameters)]),
    }


def _instance(resource: Resource) -> Rows:
    instance = Instance.from_resource(resource)
    row = {
        "name": instance.name,
        "environment": instance.environment,
        "enabled": flag(instance.enabled),
        "db_user": instance.connect.user,
        "connect_target": clip(instance.connect.target),
        "expected_names": clip(", ".join(instance.expect_db_unique_names)),
        **_about(resource),
    }
    return {"instances": [row]}


def _package(resource: Resource) -> Rows:
    package = Package.from_resource(resource)
    row = {
        "name": package.name,
        "version": version_of(package).version,
        "enabled": flag(package.enabled),
        "compat": package.compat,
        **_about(resource),
    }
    return {"packages": [row]}


def _operation(resource: Resource) -> Rows:
    operation = Operation.from_resource(resource)
    row = {
        "name": operation.name,
        "package": operation.package,
        "enabled": flag(operation.enabled),
        "duration_s": operation.limits.duration_s,
        "iterations": operation.limits.iterations,
        **_about(resource),
    }
    layers = [
        ({"layer": "operation-environment", "environment": name}, override.parameters)
        for name, override in sorted(operation.environments.items())
    ]
    return {
        "operations": [row],
        "tasks": _tasks(operation),
        "parameter_decls": [
            _decl(operation.name, operation.parameters[name])
            for name in sorted(operation.parameters)
        ],
        "parameter_values": _values(resource, layers),
    }


def _tasks(operation: Operation) -> list[Row]:
    cycle = operation.lifecycle
    rows = [
        _task(operation.name, task.name.upper(), 0, 1, task)
        for task in (cycle.iterator, cycle.initial, cycle.final)
        if task is not None
    ]
    for step, members in enumerate(operation.steps, start=1):
        for member, task in enumerate(members, start=1):
            rows.append(_task(operation.name, "TASK", step, member, task))
    return rows


def _task(operation: str, phase: str, step: int, member: int, task: Task) -> Row:
    return {
        "operation": operation,
        "phase": phase,
        "step": step,
        "member": member,
        "name": task.name,
        "procedure_name": task.procedure,
        "task_kind": task.kind.value,
        "restart": None if task.kind.value == "atomic" else task.restart.value,
        "probe": task.probe,
        "timeout_s": task.timeout_s,
        "enabled": flag(task.enabled),
        "testable": flag(task.testable),
    }


def _decl(operation: str, decl: ParameterDecl) -> Row:
    return {
        "operation": operation,
        "name": decl.name,
        "data_type": decl.type.value,
        "required": flag(decl.required),
        "default_value": _text(decl.default),
        "minimum": _text(decl.minimum),
        "maximum": _text(decl.maximum),
        "allowed_values": clip(", ".join(text_of(value) for value in decl.enum)),
        "description": clip(decl.description),
    }


def _text(value: Value | None) -> str | None:
    return None if value is None else clip(text_of(value))


def _assignment(resource: Resource) -> Rows:
    assignment = Assignment.from_resource(resource)
    window = assignment.window
    row = {
        "name": assignment.name,
        "operation": assignment.operation,
        "environment": assignment.environment,
        "enabled": flag(assignment.enabled),
        "instances_at_once": assignment.concurrency.instances,
        "streams_per_instance": assignment.concurrency.per_instance,
        **_policy(assignment.rollout),
        "duration_s": assignment.limits.duration_s,
        "iterations": assignment.limits.iterations,
        "window_start": window.start if window else None,
        "window_duration_s": window.duration_s if window else None,
        "window_days": ",".join(window.days) or None if window else None,
        "window_timezone": window.timezone if window else None,
        "schedule": clip(assignment.schedule, 200),
        **_about(resource),
    }
    objects = [
        {
            "assignment": assignment.name,
            "position": position,
            "member": member,
            "object_name": entry.name,
            "enabled": flag(entry.enabled),
        }
        for position, group in enumerate(assignment.objects, start=1)
        for member, entry in enumerate(group, start=1)
    ]
    layers: list[tuple[Row, Mapping[str, Any]]] = [
        ({"layer": "assignment"}, assignment.parameters)
    ]
    layers += [
        (
            {"layer": "override", "instance": override.instance, "object_name": override.object},
            override.parameters,
        )
        for override in assignment.overrides
    ]
    scoped = [({**place, "environment": assignment.environment}, v) for place, v in layers]
    return {
        "assignments": [row],
        "assignment_objects": objects,
        "parameter_values": _values(resource, scoped),
    }


def _values(resource: Resource, layers: Iterable[tuple[Row, Mapping[str, Any]]]) -> list[Row]:
    rows: list[Row] = []
    for place, parameters in layers:
        for parameter in sorted(parameters):
            value = parameters[parameter]
            rows.append(
                {
                    "kind": resource.id.kind.value,
                    "name": resource.id.name,
                    "seq": len(rows) + 1,
                    "environment": None,
                    "instance": None,
                    "object_name": None,
                    **place,
                    "parameter": parameter,
                    "value": None if value is None else clip(str(value)),
                }
            )
    return rows
