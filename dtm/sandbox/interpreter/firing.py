"""Firing triggers. PL/SQL Language Reference 19c, "PL/SQL Triggers"."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter.compiler.triggerunits import CompiledTrigger
from dtm.sandbox.interpreter.runtime import IN_TRIGGER, Frame, Runtime, final_error
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent

# Of compound triggers: the statement that fires and the frame with its variables, outermost first.
States = list[tuple[object, Frame]]


def fire(
    rt: Runtime, owner: str, name: str, trigger: CompiledTrigger, event: TriggerEvent
) -> None:
    """Run a trigger; what it raises gets ORA-04088, and ORA-00604 when no statement fired it."""
    fired: list[TriggerEvent] = rt.private.setdefault("triggers", [])
    states: dict[tuple[str, str], States] = rt.private.setdefault("compound", {})
    if not fired:
        _forget_finished(states, event)
    fired.append(event)
    guard, rt.guard = rt.guard, IN_TRIGGER
    try:
        _run(rt, trigger, event, states.setdefault((owner, name), []))
    except OraError as error:
        raise _reported(final_error(error), f"{owner}.{name}", event) from None
    finally:
        rt.guard = guard
        fired.pop()


def _run(rt: Runtime, trigger: CompiledTrigger, event: TriggerEvent, states: States) -> None:
    row = event.old is not None or event.new is not None
    if trigger.when is not None and (row or event.facts):
        frame = Frame(rt, None, trigger.routine.unit, [event])
        frame.v.extend([None] * trigger.routine.size)
        if not trigger.when(frame):
            return
    if not trigger.sections:
        rt.invoke_unit(trigger.routine, None, [event])
        return
    state = _state(rt, trigger, event, states)
    section = trigger.sections.get(event.point)
    if section is not None:
        rt.invoke_unit(section, state, [])


def _state(rt: Runtime, trigger: CompiledTrigger, event: TriggerEvent, states: States) -> Frame:
    """The variables of a compound trigger: initialised once for the firing statement."""
    for index, (statement, frame) in enumerate(states):
        if statement is event.statement:
            del states[index + 1 :]  # statements inside it have ended
            frame.v[0] = event
            return frame
    frame = Frame(rt, None, trigger.routine.unit, [event, *[None] * trigger.routine.size])
    for step in trigger.enter:
        step(frame)
    states.append((event.statement, frame))
    return frame


def _forget_finished(states: dict[tuple[str, str], States], event: TriggerEvent) -> None:
    """No trigger is running: only the variables of the statement that fires now are of use."""
    for kept in states.values():
        kept[:] = [entry for entry in kept if entry[0] is event.statement]


def _reported(error: OraError, name: str, event: TriggerEvent) -> OraError:
    if not event.facts:
        error.stack.append(f"ORA-04088: error during execution of trigger '{name}'")
        return error
    outer: Any = OraError(604, 1)
    outer.stack = [f"ORA-{error.code:05d}: {error.message}", *error.stack]
    found: OraError = outer
    return found
