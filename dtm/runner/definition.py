"""An operation as a runner needs it: the shape for decide, and tasks by phase and name. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.errors import UsageError
from dtm.model.names import split_qualified
from dtm.model.operation import Limits, Operation, Task, TaskKind
from dtm.model.states import Phase
from dtm.model.stream import TaskKey
from dtm.runner.decide import Shape


@dataclass(frozen=True, slots=True)
class Definition:
    """`known` names every task of the operation, disabled ones too."""

    operation: Operation
    limits: Limits
    shape: Shape
    known: frozenset[str]
    tasks: dict[tuple[Phase, str], Task]

    def task(self, key: TaskKey) -> Task:
        """The task of a key that decide made from `shape`."""
        return self.tasks[key.phase, key.task]

    def arguments(self, key: TaskKey, object_name: str | None) -> tuple[str | None, ...]:
        """What follows p_handle: owner and table for the iterator, p_after_error for final."""
        match key.phase:
            case Phase.ITERATOR:
                return _owner_and_name(object_name)
            case Phase.FINAL:
                return ("Y" if key.after_error else "N",)
            case Phase.INITIAL | Phase.TASK:
                return ()


def define(operation: Operation, limits: Limits, *, test_mode: bool = False) -> Definition:
    """Build the definition; UsageError if it has no enabled task, or cannot run in test mode."""
    life = operation.lifecycle
    phases = (
        (Phase.ITERATOR, life.iterator),
        (Phase.INITIAL, life.initial),
        (Phase.FINAL, life.final),
    )
    tasks = {(phase, task.name): task for phase, task in phases if task and task.enabled}
    enabled = {task.name: task for task in operation.tasks() if task.enabled}
    tasks |= {(Phase.TASK, name): task for name, task in enabled.items()}
    names = (tuple(t.name for t in step if t.enabled) for step in operation.steps)
    shape = Shape(
        iterator=_name(life.iterator),
        initial=_name(life.initial),
        final=_name(life.final),
        steps=tuple(step for step in names if step),
        iterations=limits.iterations,
        test_mode=test_mode,
    )
    if not shape.steps:
        raise UsageError(f"{operation.name} has no enabled task")
    if test_mode:
        _refuse_untestable(operation, tuple(tasks.values()))
    return Definition(
        operation, limits, shape, frozenset(t.name for t in operation.tasks()), tasks
    )


def _name(task: Task | None) -> str | None:
    return task.name if task and task.enabled else None


def _refuse_untestable(operation: Operation, tasks: tuple[Task, ...]) -> None:
    unfit = sorted(t.name for t in tasks if t.kind is TaskKind.SELF_COMMITTING and not t.testable)
    if unfit:
        raise UsageError(
            f"{operation.name} cannot run in test mode, tasks commit inside: {', '.join(unfit)}",
            hint="`testable: true` on a task says that its static SQL may run and commit",
        )


def _owner_and_name(object_name: str | None) -> tuple[str | None, str | None]:
    if object_name is None:
        return None, None
    qualified = split_qualified(object_name)
    return qualified.owner, qualified.name
