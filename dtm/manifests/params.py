"""What `dtm params` shows: each parameter of an operation, its value and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.errors import UsageError
from dtm.manifests.loader import Loaded
from dtm.model import parameters
from dtm.model.assignment import Assignment
from dtm.model.declarations import text_of
from dtm.model.instance import Instance
from dtm.model.names import InvalidName, split_qualified
from dtm.model.selection import assignment_or_environment
from dtm.model.suggest import did_you_mean
from dtm.model.targets import targets


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: names as typed; `overrides` are `--param` texts."""

    operation: str
    environment: str
    assignment: str | None = None
    instance: str | None = None
    object: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One line of the answer; `value` None: no layer gives one."""

    name: str
    type: str
    value: str | None
    required: bool
    layer: str
    origin: str
    description: str


def parameter_rows(loaded: Loaded, question: Question) -> tuple[ParameterRow, ...]:
    """Answer, by parameter name; raises UsageError for names that do not exist.

    Without an assignment in the environment, what holds for the environment alone is shown.
    """
    inventory = loaded.inventory
    operation = inventory.operation(question.operation)
    where = assignment_or_environment(
        inventory, question.operation, question.environment, question.assignment
    )
    instance = inventory.instance(question.instance) if question.instance else None
    name = _object_name(question.object)
    if isinstance(where, Assignment):
        _refuse_outside(loaded, where, question, name)
    elif instance is not None:
        _refuse_foreign(instance, question.environment)
    found = parameters.layered(
        inventory, operation, where, instance, name, dict(question.overrides), locate=loaded.locate
    )
    return tuple(
        ParameterRow(
            name=parameter.name,
            type=parameter.type.value,
            value=None if parameter.value is None else text_of(parameter.value),
            required=operation.parameters[parameter.name].required,
            layer=parameter.layer.value,
            origin=parameter.origin,
            description=operation.parameters[parameter.name].description,
        )
        for parameter in found.values()
    )


def _object_name(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(split_qualified(text, limit=128))
    except InvalidName as error:
        raise UsageError(f"--object: {error}") from None


def _refuse_outside(
    loaded: Loaded, where: Assignment, question: Question, name: str | None
) -> None:
    """An instance or object that the assignment does not have is a mistake, not an answer."""
    targets(
        loaded.inventory,
        where,
        instances=[question.instance] if question.instance else [],
        objects=[name] if name else [],
    )


def _refuse_foreign(instance: Instance, environment: str) -> None:
    if instance.environment != environment:
        raise UsageError(
            f'instance "{instance.name}" belongs to environment {instance.environment}',
            hint=did_you_mean(instance.environment, [environment]),
        )
