"""Calls: overload choice, parameter passing, built-in functions.

PL/SQL Language Reference 19c, "PL/SQL Subprograms".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dtm.sandbox.interpreter.compiler.entries import (
    package_entry,
    python_call,
    standalone_entry,
)
from dtm.sandbox.interpreter.compiler.expressions import ExpressionMixin
from dtm.sandbox.interpreter.compiler.symbols import Code, Place, RoutineGroup, Run
from dtm.sandbox.interpreter.convert import distance
from dtm.sandbox.interpreter.runtime import Frame, Param, Routine
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Arg, Args, Bind, Expr, Pos, Ref
from dtm.sandbox.interpreter.types import (
    NULL,
    CollectionType,
    ObjectType,
    PlType,
    is_composite,
)
from dtm.sandbox.interpreter.values import copy_value
from dtm.sandbox.kernel.errors import OraError, Unsupported

Value = Any
Store = Callable[[Frame, Value], None]


@dataclass(slots=True)
class Actual:
    """One actual parameter before an overload is chosen."""

    arg: Arg
    code: Code
    place: Place | None


class CallMixin(ExpressionMixin):
    """Compiles calls."""

    # The compiler of objects has them: SELF of the method being compiled; the way into a method.
    own_actual: Callable[[Pos], Actual | None]
    method_entry: Callable[..., Callable[[Frame, list[Value]], Frame]]

    def call(
        self, group: RoutineGroup, args: Args | None, pos: Pos, *, statement: bool = False
    ) -> Code:
        """Choose an overload and compile the call."""
        actuals = [self._actual(arg) for arg in args.args] if args else []
        return self.called(group, actuals, pos, statement=statement)

    def called(
        self, group: RoutineGroup, actuals: list[Actual], pos: Pos, *, statement: bool
    ) -> Code:
        """The call with these actual parameters."""
        routine, matched = self._choose(group, actuals, pos, statement=statement)
        if statement and routine.returns is not None:
            raise pls(pos, 221, group.name)
        if not statement and routine.returns is None:
            raise pls(pos, 222, group.name)
        return self._emit(group, routine, matched, pos)

    def _actual(self, arg: Arg) -> Actual:
        expr: Expr = arg.value
        if isinstance(expr, Bind):
            place = self.bind_place(expr)
            return Actual(arg, Code(place.load, place.type), place)
        if isinstance(expr, Ref):
            thing = self.walk(expr)
            if isinstance(thing, Place):
                return Actual(arg, Code(thing.load, thing.type), thing)
            if isinstance(thing, Code):
                return Actual(arg, thing, None)
            return Actual(arg, self.value_of(expr), None)
        return Actual(arg, self.expression(expr), None)

    # -------------------------------------------------------------- overloads

    def _choose(
        self, group: RoutineGroup, actuals: list[Actual], pos: Pos, *, statement: bool
    ) -> tuple[Routine, list[Actual | None]]:
        fitting: list[tuple[int, Routine, list[Actual | None]]] = []
        wanted = [r for r in group.routines if (r.returns is None) == statement]
        for routine in wanted or group.routines:
            matched = self._match(routine, self._with_own(group, routine, actuals, pos))
            if matched is None:
                continue
            cost = self._cost(routine, matched)
            if cost is not None:
                fitting.append((cost, routine, matched))
        if not fitting:
            self._refuse_user_types(group, actuals, pos)
            raise pls(pos, 306, group.name)
        best = min(cost for cost, _, _ in fitting)
        chosen = [(r, m) for cost, r, m in fitting if cost == best]
        if len(chosen) > 1:
            raise pls(pos, 307, group.name)
        return chosen[0]

    @staticmethod
    def _refuse_user_types(group: RoutineGroup, actuals: list[Actual], pos: Pos) -> None:
        """DBMS_SQL binds, defines and reads values of schema types in Oracle, not here."""
        if any(routine.home == ("SYS", "DBMS_SQL") for routine in group.routines):
            for actual in actuals:
                kind = actual.code.type
                if isinstance(kind, CollectionType | ObjectType) and kind.owner not in (
                    None,
                    "SYS",
                ):
                    raise Unsupported(651, f"DBMS_SQL.{group.name} of a user's type", *pos)

    def _with_own(
        self, group: RoutineGroup, routine: Routine, actuals: list[Actual], pos: Pos
    ) -> list[Actual]:
        """SELF before the actual parameters of a method that has it."""
        if routine.method is None or routine.method.kind == "STATIC":
            return actuals
        own: Actual | None = group.own or self.own_actual(pos)
        return actuals if own is None else [own, *actuals]

    @staticmethod
    def _match(routine: Routine, actuals: list[Actual]) -> list[Actual | None] | None:
        """Actual parameters in the order of the formal ones; None marks a default."""
        params = routine.params
        matched: list[Actual | None] = [None] * len(params)
        positions = {param.name: index for index, param in enumerate(params)}
        for index, actual in enumerate(actuals):
            name = actual.arg.name
            target = index if name is None else positions.get(name, -1)
            if actual.arg.key is not None:
                return None
            if not 0 <= target < len(params) or matched[target] is not None:
                return None
            matched[target] = actual
        for param, found in zip(params, matched, strict=True):
            if found is None and param.default is None:
                return None
        return matched

    @staticmethod
    def _cost(routine: Routine, matched: list[Actual | None]) -> int | None:
        total = 0
        for param, actual in zip(routine.params, matched, strict=True):
            if actual is None:
                continue
            if param.mode != "OUT":
                cost = distance(actual.code.type, param.type)
                if cost is None:
                    return None
                total += cost
            substitutable = param.mode == "IN OUT" and isinstance(param.type, ObjectType)
            if param.mode != "IN" and not substitutable:
                cost = distance(param.type, actual.code.type)
                if cost is None:
                    return None
                total += cost if param.mode == "OUT" else 0
        return total

    # -------------------------------------------------------------- passing

    def _emit(
        self, group: RoutineGroup, routine: Routine, matched: list[Actual | None], pos: Pos
    ) -> Code:
        makers: list[Run] = []
        stores: list[tuple[int, Store]] = []
        for index, (param, actual) in enumerate(zip(routine.params, matched, strict=True)):
            if actual is None:
                makers.append(self._default(group, routine, param))
                continue
            makers.append(self._incoming(param, actual))
            if param.mode != "IN":
                stores.append((index, self._outgoing(param, actual, pos)))
        run = self._invocation(group, routine, makers, stores, pos)
        return Code(run, routine.returns or NULL)

    def _default(self, group: RoutineGroup, routine: Routine, param: Param) -> Run:
        default = param.default
        assert default is not None  # noqa: S101
        if routine.home is not None:
            owner, name = routine.home
            if routine.python is not None:
                return lambda f: default(f)
            return lambda f: default(f.rt.package(owner, name).spec)
        if group.package is None and group.level < 0:
            unit = routine.unit
            return lambda f: default(Frame(f.rt, None, unit, []))
        frame = self.frame_getter(group.level)
        return lambda f: default(frame(f))

    def _incoming(self, param: Param, actual: Actual) -> Run:
        if param.mode == "OUT":
            self._assignable(actual)
            return self.initial_value(param.type)
        run = actual.code.run
        if is_composite(param.type) and _passes(actual.code.type, param.type):
            shared = param.mode == "IN" or param.nocopy
            incoming: Run = run if shared else lambda f: copy_value(run(f))
        else:
            incoming = self.converted(actual.code, param.type, actual.arg.value.pos)
        if param.mode == "IN OUT":
            self._assignable(actual)
        return incoming

    def _assignable(self, actual: Actual) -> None:
        place = actual.place
        if isinstance(actual.arg.value, Bind):
            self.assigned_bind(actual.arg.value)
        if place is None or place.store is None:
            text = place.text if place is not None else "expression"
            number = place.problem if place is not None else 363
            raise pls(actual.arg.value.pos, number, text)

    def _outgoing(self, param: Param, actual: Actual, pos: Pos) -> Store:
        place = actual.place
        assert place is not None and place.store is not None  # noqa: S101, PT018
        store = place.store
        if is_composite(param.type) and (param.type is place.type or param.name == "SELF"):
            return store
        if isinstance(param.type, ObjectType) and isinstance(place.type, ObjectType):
            return _narrowing(store, place.type)
        convert = self.conversion(param.type, place.type, pos)
        if convert is None:
            return store
        return lambda f, value: store(f, convert(f.rt.env, value))

    def _invocation(
        self,
        group: RoutineGroup,
        routine: Routine,
        makers: list[Run],
        stores: list[tuple[int, Store]],
        pos: Pos,
    ) -> Run:
        if routine.python is not None:
            return python_call(routine, makers, stores, pos)
        if routine.method is not None:
            enter = self.method_entry(routine, exact=group.exact)
        elif routine.home is not None and group.package is not None:
            enter = package_entry(routine)
        elif group.level < 0:
            enter = standalone_entry(routine)
        else:
            enter = self._local_entry(group, routine)
        if not stores:
            if not makers:
                return lambda f: enter(f, []).ret
            if len(makers) == 1:
                first = makers[0]
                return lambda f: enter(f, [first(f)]).ret
            return lambda f: enter(f, [make(f) for make in makers]).ret

        def run(f: Frame) -> Value:
            callee = enter(f, [make(f) for make in makers])
            for index, store in stores:
                store(f, callee.v[index])
            return callee.ret

        return run

    def _local_entry(
        self, group: RoutineGroup, routine: Routine
    ) -> Callable[[Frame, list[Value]], Frame]:
        hops = self.layout.level - group.level
        if hops == 1:
            return lambda f, values: f.rt.invoke(routine, f.up, values)
        frame = self.frame_getter(group.level)
        return lambda f, values: f.rt.invoke(routine, frame(f), values)


def _narrowing(store: Store, target: ObjectType) -> Store:
    """An object back into a variable of a subtype: ORA-06502 when it is none of that."""

    def put(f: Frame, value: Value) -> None:
        if value is not None and value.type.steps_to(target) is None:
            raise OraError(6502, "")
        store(f, value)

    return put


def _passes(source: PlType, target: PlType) -> bool:
    """Is a composite value passed as it is?"""
    if isinstance(source, ObjectType) and isinstance(target, ObjectType):
        return source.steps_to(target) is not None
    return source is target
