"""Parameter layers, least to most specific, and the value each parameter has for one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dtm.errors import UsageError
from dtm.model.assignment import Assignment, Override
from dtm.model.declarations import InvalidValue, ParameterDecl, ParameterType, Value
from dtm.model.environment import Environment
from dtm.model.instance import Instance
from dtm.model.inventory import Inventory
from dtm.model.operation import Operation
from dtm.model.resources import Kind, Location, ResourceId
from dtm.model.suggest import did_you_mean

Locate = Callable[[ResourceId, str], Location | None]


class Layer(StrEnum):
    """Where a value comes from; later members win."""

    DEFAULT = "operation default"
    ENVIRONMENT = "environment"
    OPERATION_ENVIRONMENT = "operation in environment"
    ASSIGNMENT = "assignment"
    INSTANCE = "assignment, instance"
    OBJECT = "assignment, object"
    INSTANCE_OBJECT = "assignment, instance and object"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class ResolvedParameter:
    """`value` is None for an optional parameter that no layer sets.

    `origin` names resource and place: `Assignment/purge-emea (operations/p.yaml:30:5)`.
    """

    name: str
    type: ParameterType
    value: Value | None
    layer: Layer
    origin: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One layer's entry for one parameter, before typing."""

    layer: Layer
    raw: Any
    source: ResourceId
    path: str


def resolve(
    inventory: Inventory,
    operation: Operation,
    where: Assignment | Environment,
    instance: Instance | None = None,
    object_name: str | None = None,
    overrides: Mapping[str, str] | None = None,
    *,
    locate: Locate | None = None,
) -> dict[str, ResolvedParameter]:
    """Return what `layered` returns; raises UsageError if a required parameter has no value."""
    result = layered(inventory, operation, where, instance, object_name, overrides, locate=locate)
    missing = [
        n for n, p in result.items() if p.value is None and operation.parameters[n].required
    ]
    if missing:
        raise UsageError(
            f"{operation.name}: no value for required parameter {', '.join(missing)}",
            hint=f"set it in the assignment, or give --param {missing[0]}=VALUE",
        )
    return result


def layered(
    inventory: Inventory,
    operation: Operation,
    where: Assignment | Environment,
    instance: Instance | None = None,
    object_name: str | None = None,
    overrides: Mapping[str, str] | None = None,
    *,
    locate: Locate | None = None,
) -> dict[str, ResolvedParameter]:
    """Return every declared parameter, by name, with its value and where it came from.

    `where` is the assignment, or the environment alone where there is none. `overrides` are
    `--param` texts. `locate` finds the line of a field; without it the document's place is named.
    Raises UsageError for an undeclared name or a value that does not fit.
    """
    candidates = _layers(inventory, operation, where)
    layers = [entry for entry in candidates if _applies(entry[1], instance, object_name)]
    result = {}
    typed = command_line(operation, overrides or {})
    for name, decl in sorted(operation.parameters.items()):
        if name in typed:
            result[name] = ResolvedParameter(
                name, decl.type, typed[name], Layer.COMMAND_LINE, f"--param {name}"
            )
            continue
        setting = _last(operation, decl, layers)
        value = _checked(decl, setting, inventory, locate)
        result[name] = ResolvedParameter(
            name, decl.type, value, setting.layer, _origin(setting, inventory, locate)
        )
    return result


def command_line(operation: Operation, overrides: Mapping[str, str]) -> dict[str, Value]:
    """Type the `--param` texts by the declarations; raises UsageError."""
    typed: dict[str, Value] = {}
    for given, text in overrides.items():
        name = given.upper()
        decl = operation.parameters.get(name)
        if decl is None:
            known = ", ".join(sorted(operation.parameters)) or "none"
            raise UsageError(
                f'{operation.name} declares no parameter "{given}"',
                hint=did_you_mean(given, operation.parameters) or f"declared: {known}",
            )
        try:
            typed[name] = decl.parse(text)
        except InvalidValue as error:
            raise UsageError(f"--param {name}: {error}", hint=error.hint) from None
    return typed


_Scope = tuple[str | None, str | None]  # instance, object; None: any
_LayerEntry = tuple[Layer, _Scope, Mapping[str, Any], ResourceId, str]


def _layers(
    inventory: Inventory, operation: Operation, where: Assignment | Environment
) -> Iterator[_LayerEntry]:
    """Every layer that could apply, least specific first."""
    anywhere: _Scope = (None, None)
    assignment = where if isinstance(where, Assignment) else None
    env = assignment.environment if assignment else where.name
    source = ResourceId(Kind.ENVIRONMENT, env)
    parameters = inventory.environment(env).parameters
    yield Layer.ENVIRONMENT, anywhere, parameters, source, "spec.parameters"
    in_env = operation.environments.get(env)
    if in_env is not None:
        source = ResourceId(Kind.OPERATION, operation.name)
        path = f"spec.environments.{env}.parameters"
        yield Layer.OPERATION_ENVIRONMENT, anywhere, in_env.parameters, source, path
    if assignment is None:
        return
    source = ResourceId(Kind.ASSIGNMENT, assignment.name)
    yield Layer.ASSIGNMENT, anywhere, assignment.parameters, source, "spec.parameters"
    numbered = list(enumerate(assignment.overrides))
    for wanted in (Layer.INSTANCE, Layer.OBJECT, Layer.INSTANCE_OBJECT):
        for number, override in numbered:
            if _layer_of(override) is wanted:
                scope = (override.instance, override.object)
                path = f"spec.overrides[{number}].parameters"
                yield wanted, scope, override.parameters, source, path


def _layer_of(override: Override) -> Layer:
    if override.instance is not None and override.object is not None:
        return Layer.INSTANCE_OBJECT
    return Layer.INSTANCE if override.instance is not None else Layer.OBJECT


def _applies(scope: _Scope, instance: Instance | None, object_name: str | None) -> bool:
    wanted_instance, wanted_object = scope
    return (
        wanted_instance is None or (instance is not None and instance.name == wanted_instance)
    ) and (wanted_object is None or wanted_object == object_name)


def _last(operation: Operation, decl: ParameterDecl, layers: list[_LayerEntry]) -> Setting:
    for layer, _, parameters, source, path in reversed(layers):
        if decl.name in parameters:
            return Setting(layer, parameters[decl.name], source, f"{path}.{decl.name}")
    source = ResourceId(Kind.OPERATION, operation.name)
    return Setting(Layer.DEFAULT, None, source, f"spec.parameters.{decl.name}")


def _checked(
    decl: ParameterDecl, setting: Setting, inventory: Inventory, locate: Locate | None
) -> Value | None:
    if setting.layer is Layer.DEFAULT:
        return decl.default
    try:
        return decl.check(setting.raw)
    except InvalidValue as error:
        where = _origin(setting, inventory, locate)
        raise UsageError(f"{decl.name}: {error}", where=where, hint=error.hint) from None


def _origin(setting: Setting, inventory: Inventory, locate: Locate | None) -> str:
    location = locate(setting.source, setting.path) if locate else None
    if location is None and setting.source in inventory.resources:
        location = inventory.resources[setting.source].location
    return f"{setting.source} ({location})" if location else str(setting.source)
