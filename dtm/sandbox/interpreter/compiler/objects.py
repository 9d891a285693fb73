"""Objects in expressions: constructors, methods, TREAT, IS OF, comparison by MAP and ORDER.

PL/SQL Language Reference 19c, "CREATE TYPE Statement"; Object-Relational Developer's Guide 19c,
"Basic Components of Oracle Objects" (methods, inheritance, dynamic dispatch).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter.compiler.calls import Actual
from dtm.sandbox.interpreter.compiler.collections import CollectionMixin
from dtm.sandbox.interpreter.compiler.symbols import (
    AttributeSymbol,
    Code,
    Place,
    RoutineGroup,
    Run,
    Variable,
)
from dtm.sandbox.interpreter.runtime import Frame, Param, Routine, Runtime
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Arg, Args, Ident, Pos, Ref
from dtm.sandbox.interpreter.types import BOOLEAN, NUMBER, ObjectType, PlType
from dtm.sandbox.interpreter.values import Instance, copy_value
from dtm.sandbox.kernel.errors import OraError

Value = Any


class ObjectMixin(CollectionMixin):
    """Compiles what object types bring."""

    # -------------------------------------------------------------- attributes, methods

    def attribute(self, symbol: AttributeSymbol, pos: Pos) -> Place:
        """An attribute named without SELF in a method's body."""
        own = self.scope.find("SELF")
        if not isinstance(own, Variable) or not isinstance(own.type, ObjectType):
            raise pls(pos, 588)
        return self.field(self.variable_place(own), own.type, Ident(symbol.name, pos))

    def object_member(
        self, thing: Place | Code, ref: Ref, index: int, *, statement: bool
    ) -> tuple[Place | Code, int]:
        """object.attribute or object.method[(arguments)]"""
        kind, part = thing.type, ref.parts[index]
        assert isinstance(kind, ObjectType) and isinstance(part, Ident)  # noqa: S101, PT018
        if kind.position(part.name) is not None:
            return self.field(thing, kind, part), index + 1
        following = ref.parts[index + 1] if index + 1 < len(ref.parts) else None
        args = following if isinstance(following, Args) else None
        used = index + (1 if args is None else 2)
        group = self.methods(kind, part, "MEMBER")
        group.own = self._own(thing, part.pos)
        group.exact = isinstance(thing, Place) and thing.exact
        last = statement and used == len(ref.parts)
        return self.call(group, args, part.pos, statement=last), used

    @staticmethod
    def methods(kind: ObjectType, part: Ident, wanted: str) -> RoutineGroup:
        """The methods of a name; PLS-00302 when there is none."""
        found = [
            method.routine
            for method in kind.methods
            if method.routine.name == part.name and method.kind == wanted
        ]
        if not found:
            raise pls(part.pos, 302, part.name)
        return RoutineGroup(part.name, found, level=-1)

    @staticmethod
    def _own(thing: Place | Code, pos: Pos) -> Actual:
        """SELF as the first actual parameter."""
        place = thing if isinstance(thing, Place) else None
        run = thing.load if isinstance(thing, Place) else thing.run
        return Actual(Arg(Ref(pos, [Ident("SELF", pos)])), Code(run, thing.type), place)

    def own_actual(self, pos: Pos) -> Actual | None:
        """SELF of the method being compiled, for a method called without it."""
        own = self.scope.find("SELF")
        if not isinstance(own, Variable) or not isinstance(own.type, ObjectType):
            return None
        return self._own(self.variable_place(own), pos)

    def method_entry(
        self, routine: Routine, *, exact: bool
    ) -> Callable[[Frame, list[Value]], Frame]:
        return method_entry(routine.method, exact=exact)

    # -------------------------------------------------------------- constructors

    def construct_object(self, kind: ObjectType, args: Args, pos: Pos) -> Code:
        """type(...): a constructor of its own, or the attribute-value constructor."""
        if not kind.complete:
            raise pls(pos, 311, kind.name)
        if not kind.instantiable:
            raise pls(pos, 713)
        routines = [method.routine for method in kind.constructors]
        default = attribute_constructor(kind, self.unit)
        if not any(same_parameters(routine, default) for routine in routines):
            routines.append(default)
        group = RoutineGroup(kind.name, routines, level=-1)
        makers = [self.initial_value(field.type) for field in kind.fields]
        fresh = Place(
            kind, lambda f: Instance(kind, [make(f) for make in makers]), lambda _f, _value: None
        )
        group.own = self._own(fresh, pos)
        return self.call(group, args, pos)

    # -------------------------------------------------------------- TREAT, IS OF

    def upcast(self, expr: tree.Upcast) -> Place | Code:
        """TREAT(x AS type), and (x AS type) before a method."""
        target = self._objects_type(self.type_of(expr.type), expr.pos)
        thing: Any = None
        if isinstance(expr.operand, Ref):
            thing = self.walk(expr.operand)
        if not isinstance(thing, Place | Code):
            thing = self.expression(expr.operand)
        source = self._objects_type(thing.type, expr.pos)
        if source.steps_to(target) is None and target.steps_to(source) is None:
            raise pls(expr.pos, 382)
        if isinstance(thing, Code):
            return Code(_treated(thing.run, target), target)
        place = Place(target, _treated(thing.load, target), thing.store, text=thing.text)
        place.problem, place.exact = thing.problem, expr.exact
        if thing.reach is not None:
            place.reach = _treated(thing.reach, target)
        return place

    @staticmethod
    def _objects_type(kind: PlType, pos: Pos) -> ObjectType:
        if not isinstance(kind, ObjectType):
            raise pls(pos, 382)
        return kind

    def is_of(self, expr: tree.IsOf) -> Code:
        """IS OF: NULL for a null object."""
        code = self.expression(expr.operand)
        self._objects_type(code.type, expr.pos)
        wanted = [
            (only, self._objects_type(self.type_of(ref), ref.pos)) for only, ref in expr.types
        ]
        run, negated = code.run, expr.negated

        def test(f: Frame) -> Value:
            value = run(f)
            if value is None:
                return None
            found = any(
                value.type.same(kind) if only else value.type.steps_to(kind) is not None
                for only, kind in wanted
            )
            return found != negated

        return Code(test, BOOLEAN)

    # -------------------------------------------------------------- comparison

    def compared_objects(self, left: Code, right: Code, pos: Pos, op: str) -> tuple[Run, Run]:
        """By the MAP or ORDER method; PLS-00526 without one."""
        kind = left.type
        assert isinstance(kind, ObjectType)  # noqa: S101
        found = next((method for method in kind.methods if method.role), None)
        if found is None:
            raise pls(pos, 526)
        if found.role == "MAP":
            return self.comparable(
                self._mapped(found, left, pos), self._mapped(found, right, pos), pos, op
            )
        group = RoutineGroup(found.routine.name, [found.routine], level=-1)
        group.own = self._own(left, pos)
        actual = Actual(Arg(Ref(pos, [Ident("SELF", pos)])), right, None)
        order = self.called(group, [actual], pos, statement=False)
        number = self.converted(order, NUMBER, pos)
        a, b = left.run, right.run
        unknown: Run = lambda f: None if a(f) is None or b(f) is None else number(f)  # noqa: E731
        return unknown, lambda _f: 0

    def _mapped(self, method: Any, operand: Code, pos: Pos) -> Code:
        group = RoutineGroup(method.routine.name, [method.routine], level=-1)
        group.own = self._own(operand, pos)
        code = self.called(group, [], pos, statement=False)
        run, value = code.run, operand.run
        return Code(lambda f: None if value(f) is None else run(f), code.type)


def _treated(load: Run, target: ObjectType) -> Run:
    def treated(f: Frame) -> Value:
        value = load(f)
        if value is None or value.type.steps_to(target) is None:
            return None
        return value

    return treated


def same_parameters(routine: Routine, default: Routine) -> bool:
    """Does a constructor of the type's own hide the attribute-value constructor?"""
    own = routine.params[1:]
    return len(own) == len(default.params) and all(
        a.name == b.name and a.type.kind is b.type.kind
        for a, b in zip(own, default.params, strict=True)
    )


def attribute_constructor(kind: ObjectType, unit: Any) -> Routine:
    """The constructor every object type has: one parameter for each attribute."""
    params = [Param(field.name, field.type) for field in kind.fields]
    routine = Routine(kind.name, params, kind, unit)

    def make(_rt: Runtime, *values: Value) -> Instance:
        return Instance(kind, [copy_value(value) for value in values])

    routine.python = make
    return routine


def method_entry(method: Any, *, exact: bool) -> Callable[[Frame, list[Value]], Frame]:
    """Into a method: that of the object's own type (dynamic dispatch), unless it is `exact`."""
    index, kind = method.index, method.kind

    def enter(f: Frame, values: list[Value]) -> Frame:
        rt = f.rt
        found = method
        if kind == "MEMBER":
            own = values[0]
            if own is None:
                raise OraError(30625)
            if not exact:
                found = own.type.methods[index]
        home = found.home
        bodies = rt.type_body(home.owner, home.name)
        frame = rt.invoke_unit(bodies[found.routine.key], None, values)
        if kind == "CONSTRUCTOR":
            frame.ret = frame.v[0]
        return frame

    return enter
