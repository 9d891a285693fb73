"""The procedures and functions the runner will call for an operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dtm.manifests.canonical_operation import PHASES, SELF_COMMITTING, all_tasks
from dtm.manifests.drafts import Draft
from dtm.manifests.paths import Path

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "iterator": ("p_handle", "p_owner", "p_table_name"),
    "final": ("p_handle", "p_after_error"),
}
_TASK_ARGUMENTS = ("p_handle",)


@dataclass(frozen=True, slots=True)
class Call:
    """A procedure call. `path` is where the manifest names the procedure, if it does."""

    task: str
    procedure: str
    path: Path | None
    arguments: tuple[str, ...]
    atomic: bool


def operation_calls(draft: Draft) -> Iterator[Call]:
    """Yield the calls of a canonical operation: its life cycle, then its tasks."""
    given = draft.raw_spec.get("lifecycle", {})
    for phase in PHASES:
        task = draft.spec["lifecycle"][phase]
        if task is None:
            continue
        path: Path | None = None
        if phase in given:
            path = ("spec", "lifecycle", phase)
            path = (*path, "procedure") if isinstance(given[phase], dict) else path
        arguments = _ARGUMENTS.get(phase, _TASK_ARGUMENTS)
        yield Call(phase, task["procedure"], path, arguments, task["kind"] != SELF_COMMITTING)
    for place, task in all_tasks(draft.spec):
        atomic = task["kind"] != SELF_COMMITTING
        path = (*place, "procedure")
        yield Call(task["name"], task["procedure"], path, _TASK_ARGUMENTS, atomic)


def probes(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Yield the probe functions of a canonical operation with their place."""
    lifecycle: Mapping[str, Any] = draft.spec["lifecycle"]
    around = [(("spec", "lifecycle", p), lifecycle[p]) for p in PHASES if lifecycle[p]]
    for path, task in (*around, *all_tasks(draft.spec)):
        if "probe" in task:
            yield (*path, "probe"), task["probe"]
