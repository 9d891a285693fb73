"""Routines as SQL calls them: functions, a type's constructors, defaults of what a call leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.objects import attribute_constructor, same_parameters
from dtm.sandbox.interpreter.runtime import Frame, Routine, Runtime, UnitInfo
from dtm.sandbox.interpreter.types import CollectionType, ObjectType, PlType
from dtm.sandbox.interpreter.values import Instance
from dtm.sandbox.kernel.ports import FunctionRef

Value = Any


def function_refs(
    name: str, routines: Sequence[Routine], owner: str, unit: str
) -> FunctionRef | None:
    """The overloads of a function SQL may call; the handle names the unit and the routine."""
    refs = [_function_ref(name, routine, owner, unit) for routine in routines]
    callable_ones = [ref for ref in refs if ref is not None]
    if not callable_ones:
        return None
    return replace(callable_ones[0], overloads=tuple(callable_ones[1:]))


def _function_ref(name: str, routine: Routine, owner: str, unit: str) -> FunctionRef | None:
    if routine.returns is None:
        return None
    parameters = tuple(
        (param.name, bridge.sql_type(param.type), param.default is not None)
        for param in routine.params
    )
    home = routine.home or (owner, unit)
    returns = bridge.sql_type(routine.returns)
    shape = bridge.shape_of(routine.returns)
    return FunctionRef(name, returns, parameters, (home, routine), shape=shape)


def completed(routine: Routine, frame: Frame, values: list[Value]) -> list[Value]:
    """Defaults for the parameters a SQL call left out."""
    rest = routine.params[len(values) :]
    return [*values, *(None if p.default is None else p.default(frame) for p in rest)]


def constructor_ref(kind: PlType) -> FunctionRef | None:
    """A type's constructor for SQL."""
    sql = bridge.sql_type(kind)
    if isinstance(kind, CollectionType):
        element = bridge.sql_type(kind.element)
        return FunctionRef(kind.name, sql, (), (sql.user, None), elements=element)
    if not isinstance(kind, ObjectType) or not kind.instantiable:
        return None
    unit = UnitInfo(kind.owner, kind.name, "TYPE", definer=True)
    routines = [method.routine for method in kind.constructors]
    default = attribute_constructor(kind, unit)
    if not any(same_parameters(routine, default) for routine in routines):
        routines.append(default)
    refs = []
    for routine in routines:
        params = routine.params if routine.method is None else routine.params[1:]
        parameters = tuple(
            (p.name, bridge.sql_type(p.type), p.default is not None) for p in params
        )
        refs.append(FunctionRef(kind.name, sql, parameters, (sql.user, _without_self(routine))))
    return replace(refs[0], overloads=tuple(refs[1:]))


def _without_self(routine: Routine) -> Routine:
    """A constructor as SQL calls it."""
    if routine.method is None:
        return routine
    called = Routine(routine.name, routine.params[1:], routine.returns, routine.unit)
    called.method = routine.method
    return called


def construct(rt: Runtime, routine: Routine, values: list[Value]) -> Value:
    """Run an object type's constructor."""
    if routine.python is not None:
        return routine.python(rt, *values)
    kind = routine.method.home
    frame = Frame(rt, None, routine.unit, [])
    values = completed(routine, frame, values)
    fresh = Instance(kind, [bridge.from_sql(None, field.type) for field in kind.fields])
    body = rt.type_body(kind.owner, kind.name)[routine.method.routine.key]
    return rt.invoke_unit(body, None, [fresh, *values]).v[0]
