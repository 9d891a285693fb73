"""Calls: overload choice, parameter passing, built-in functions.

PL/SQL Language Reference 19c, "PL/SQL Subprograms".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dtm.sandbox.interpreter.compiler.entries import (
    either,
    first_of,
    package_entry,
    python_call,
    standalone_entry,
    ticking,
)
from dtm.sandbox.interpreter.compiler.expressions import ExpressionMixin
from dtm.sandbox.interpreter.compiler.symbols import Code, Place, RoutineGroup, Run
from dtm.sandbox.interpreter.convert import distance
from dtm.sandbox.interpreter.raising import sqlcode, sqlerrm, sqlerrm_of
from dtm.sandbox.interpreter.runtime import Frame, Param, Routine
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Arg, Args, Bind, Expr, Pos, Ref
from dtm.sandbox.interpreter.types import (
    BLOB,
    BOOLEAN,
    CLOB,
    NULL,
    PLS_INTEGER,
    VARCHAR2,
    ObjectType,
    PlType,
    Scalar,
    is_composite,
)
from dtm.sandbox.interpreter.values import copy_value
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql.functions import registry

Value = Any
Store = Callable[[Frame, Value], None]
# SQL Language Reference lists them as SQL functions only.
_SQL_ONLY = frozenset(
    [
        "DECODE",
        "DUMP",
        "NVL2",
        "AVG",
        "COUNT",
        "SUM",
        "MIN",
        "MAX",
        "LISTAGG",
        "ROW_NUMBER",
        "RANK",
        "DENSE_RANK",
        "LAG",
        "LEAD",
        "FIRST_VALUE",
        "LAST_VALUE",
        "ROWNUM",
        "LEVEL",
        "PRIOR",
        "STDDEV",
        "VARIANCE",
        "MEDIAN",
        "VSIZE",
        "ORA_HASH",
        "WIDTH_BUCKET",
        "SYS_CONNECT_BY_PATH",
        "SYS_TYPEID",
        "USERENV_SQL",
        "LNNVL",
        "NANVL_SQL",
        "CONNECT_BY_ROOT",
        "GROUPING",
        "COLLECT",
        "NTILE",
        "CUME_DIST",
        "PERCENT_RANK",
        "RATIO_TO_REPORT",
    ]
)
_NOT_FUNCTIONS = frozenset({"ROWNUM", "LEVEL", "PRIOR"})
# In AL32UTF8 with the values the sandbox keeps, these count the same characters.
_SAME = {
    "SUBSTRC": "SUBSTR", "SUBSTR4": "SUBSTR", "INSTRC": "INSTR", "INSTR4": "INSTR",
    "LENGTHC": "LENGTH", "LENGTH4": "LENGTH",
}  # fmt: skip
_CONDITIONS = frozenset({"REGEXP_LIKE"})  # a condition in SQL, a BOOLEAN function here
# In PL/SQL the clock moves: every call reads it (in SQL it stands still for a statement).
_CLOCKS = frozenset(
    {"SYSDATE", "SYSTIMESTAMP", "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"}
)
_LAZY = frozenset({"NVL", "COALESCE"})


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
            raise pls(pos, 306, group.name)
        best = min(cost for cost, _, _ in fitting)
        chosen = [(r, m) for cost, r, m in fitting if cost == best]
        if len(chosen) > 1:
            raise pls(pos, 307, group.name)
        return chosen[0]

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
            if param.mode != "IN":
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
        run = self._invocation(group, routine, makers, stores)
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
    ) -> Run:
        if routine.python is not None:
            return python_call(routine, makers, stores)
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

    # -------------------------------------------------------------- built-in functions

    def function_call(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """A SQL function, evaluated here; PLS-00204 for those only SQL has."""
        if name in _SQL_ONLY and (args is not None or name in _NOT_FUNCTIONS):
            raise pls(pos, 204, name)
        name = _SAME.get(name, name)
        if not registry.lookup(name):
            return None
        codes = self.positional(args, name, pos)
        if name in _LAZY and len(codes) >= 2:
            return self._first_not_null(name, codes, pos)
        code = self.registry_call(name, codes, pos)
        if name in _CLOCKS:
            return Code(ticking(code.run), code.type)
        if name in _CONDITIONS:
            run = code.run
            return Code(lambda f: None if (v := run(f)) is None else bool(v), BOOLEAN)
        return code

    def positional(self, args: Args | None, name: str, pos: Pos) -> list[Code]:
        """Arguments of a function whose parameters have no names."""
        if args is None:
            return []
        if any(arg.name is not None or arg.key is not None for arg in args.args):
            raise pls(pos, 306, name)
        return [self.expression(arg.value) for arg in args.args]

    def _first_not_null(self, name: str, codes: list[Code], pos: Pos) -> Code:
        """NVL and COALESCE of any type, BOOLEAN too."""
        result: PlType = self.common_type(codes)
        runs = [self.converted(code, result, pos, name) for code in codes]
        run = first_of(runs) if name == "COALESCE" or codes[1].literal else either(*runs[:2])

        if result.kind is Kind.CHAR and isinstance(result, Scalar):
            result = VARCHAR2
        return Code(run, result)

    def standard(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """SQLCODE, SQLERRM, RAISE_APPLICATION_ERROR has its own package; EMPTY_CLOB, ..."""
        if name == "SQLCODE" and args is None:
            return Code(lambda f: sqlcode(f.rt.error), PLS_INTEGER)
        if name == "SQLERRM":
            if args is None:
                return Code(lambda f: sqlerrm(f.rt.error), VARCHAR2)
            codes = self.positional(args, name, pos)
            if len(codes) != 1:
                raise pls(pos, 306, name)
            number = self.converted(codes[0], PLS_INTEGER, pos)
            return Code(lambda f: sqlerrm_of(number(f) or 0), VARCHAR2)
        if name in ("EMPTY_CLOB", "EMPTY_BLOB") and (args is None or not args.args):
            empty: str | bytes = "" if name == "EMPTY_CLOB" else b""
            return Code(lambda _f: empty, CLOB if name == "EMPTY_CLOB" else BLOB)
        if name == "RAISE_APPLICATION_ERROR" or name in _STANDARD_ROUTINES:
            package = self.resolver.built_in(self.rt, "DBMS_STANDARD")
            symbol = None if package is None else package.members.get(name)
            if isinstance(symbol, RoutineGroup):
                return self.call(symbol, args, pos, statement=name not in _STANDARD_FUNCTIONS)
        return None


def _passes(source: PlType, target: PlType) -> bool:
    """Is a composite value passed as it is?"""
    if isinstance(source, ObjectType) and isinstance(target, ObjectType):
        return source.steps_to(target) is not None
    return source is target


_STANDARD_FUNCTIONS = frozenset({"INSERTING", "UPDATING", "DELETING"})
_STANDARD_ROUTINES = _STANDARD_FUNCTIONS
