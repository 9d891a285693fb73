"""Ways into a subprogram: built-in, packaged, stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.symbols import Run
from dtm.sandbox.interpreter.runtime import Frame, Routine
from dtm.sandbox.interpreter.syntax.tree import Pos
from dtm.sandbox.kernel.errors import Unsupported

Value = Any
Store = Callable[[Frame, Value], None]


def ticking(run: Run) -> Run:
    def now(f: Frame) -> Value:
        f.rt.env.tick()
        return run(f)

    return now


def python_call(
    routine: Routine, makers: list[Run], stores: list[tuple[int, Store]], pos: Pos
) -> Run:
    """The call of a built-in subprogram, written at `pos`."""
    function = routine.python
    assert function is not None  # noqa: S101
    takes = [i for i, p in enumerate(routine.params) if p.mode != "OUT"]
    incoming = [makers[i] for i in takes]
    if not stores:

        def plain(f: Frame) -> Value:
            values = [make(f) for make in incoming]
            try:
                return function(f.rt, *values)
            except Unsupported as refusal:
                if not refusal.place[0]:
                    refusal.put(*pos)
                raise

        return plain
    targets = [store for _, store in stores]
    returns = routine.returns is not None

    def run(f: Frame) -> Value:
        given = [make(f) for make in incoming]
        try:
            results = function(f.rt, *given)
        except Unsupported as refusal:
            if not refusal.place[0]:
                refusal.put(*pos)
            raise
        if not returns and len(targets) == 1:
            results = (results,)
        values = results[1:] if returns else results
        for store, value in zip(targets, values, strict=True):
            store(f, value)
        return results[0] if returns else None

    return run


def package_entry(routine: Routine) -> Callable[[Frame, list[Value]], Frame]:
    assert routine.home is not None  # noqa: S101
    owner, name = routine.home
    key = routine.key

    def enter(f: Frame, values: list[Value]) -> Frame:
        rt = f.rt
        state = rt.package(owner, name)
        return rt.invoke_unit(state.implementations[key], state.body, values)

    return enter


def standalone_entry(routine: Routine) -> Callable[[Frame, list[Value]], Frame]:
    unit = routine.unit
    owner, name, kind = unit.owner, unit.name, unit.type

    def enter(f: Frame, values: list[Value]) -> Frame:
        rt = f.rt
        current = rt.units.standalone(rt, owner, name, kind)
        return rt.invoke_unit(current, None, values)

    return enter


def first_of(runs: list[Run]) -> Run:
    """COALESCE: the first value that is not NULL; nothing behind it is evaluated."""

    def run(f: Frame) -> Value:
        for each in runs:
            value = each(f)
            if value is not None:
                return value
        return None

    return run


def either(first: Run, second: Run) -> Run:
    """NVL evaluates both of its arguments."""

    def run(f: Frame) -> Value:
        value, other = first(f), second(f)
        return other if value is None else value

    return run
