"""Which assignment a command means: one enabled one of the operation in the environment."""

from __future__ import annotations

from dtm.errors import UsageError
from dtm.model.assignment import Assignment
from dtm.model.environment import Environment
from dtm.model.inventory import Inventory
from dtm.model.suggest import did_you_mean


def one_assignment(
    inventory: Inventory, operation: str, env: str, name: str | None = None
) -> Assignment:
    """Return the assignment of that name, or the only enabled one; raises UsageError otherwise.

    A named one may be disabled: then the caller shows why nothing runs.
    """
    found = _only(inventory, operation, env, name)
    if found is None:
        disabled = [a.name for a in inventory.assignments(operation, env)]
        hint = f"disabled: {', '.join(disabled)}" if disabled else "declare an Assignment"
        raise UsageError(f"{operation} has no enabled assignment in {env}", hint=hint)
    return found


def assignment_or_environment(
    inventory: Inventory, operation: str, env: str, name: str | None = None
) -> Assignment | Environment:
    """Return the assignment as `one_assignment` does, or the environment where there is none."""
    return _only(inventory, operation, env, name) or inventory.environment(env)


def _only(inventory: Inventory, operation: str, env: str, name: str | None) -> Assignment | None:
    inventory.operation(operation)
    inventory.environment(env)
    candidates = inventory.assignments(operation, env)
    if name is not None:
        for assignment in candidates:
            if assignment.name == name:
                return assignment
        known = [assignment.name for assignment in candidates]
        hint = did_you_mean(name, known) or f"there: {', '.join(known) or 'none'}"
        raise UsageError(f'{operation} has no assignment "{name}" in {env}', hint=hint)
    enabled = [assignment for assignment in candidates if assignment.enabled]
    if len(enabled) > 1:
        names = ", ".join(assignment.name for assignment in enabled)
        raise UsageError(
            f"{operation} has {len(enabled)} enabled assignments in {env}: {names}",
            hint=f"choose one: --assignment {enabled[0].name}",
        )
    return enabled[0] if enabled else None
