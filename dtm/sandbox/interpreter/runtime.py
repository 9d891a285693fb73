"""What compiled PL/SQL runs on: frames, the call stack, the state of one session.

Compiled code is shared by all sessions of an instance; everything that belongs to a session hangs
on `Runtime`, which each `Frame` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from dtm.sandbox.interpreter.output import Output
from dtm.sandbox.interpreter.raising import UserDefined
from dtm.sandbox.interpreter.types import PlType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import (
    CatalogPort,
    OpenCursor,
    SessionContext,
    SqlPort,
    StoredUnit,
    UnitError,
)
from dtm.sandbox.sql.functions.environment import Environment

Value = Any
MAX_SITES = 20000  # statements and functions a session keeps bound
MAX_CALLS = 1200  # nested subprogram calls; beyond: ORA-06500, as when Oracle's memory is spent
IN_TRIGGER, IN_SQL = 4092, 14552  # Runtime.guard: what COMMIT meets here
CHECK_EVERY = 256  # loop iterations between two looks at the interrupt flag

RETURN = "return"  # what a statement gives back when it ran into RETURN; see Exec


class LoopSignal:
    """EXIT or CONTINUE on its way to its loop."""

    __slots__ = ("again",)

    def __init__(self, *, again: bool) -> None:
        self.again = again


class FunctionSite:
    """A call of a SQL function in compiled code: the registry's choice of overload."""

    __slots__ = ("call",)

    def __init__(self, call: Any) -> None:
        self.call = call


class GotoSignal:
    """GOTO on its way to its label."""

    __slots__ = ("label",)

    def __init__(self, label: str) -> None:
        self.label = label


RoutineKey = tuple[str, int]


class UnitInfo:
    """The unit some code belongs to. `type` as USER_OBJECTS shows it; BLOCK has no owner."""

    __slots__ = ("definer", "name", "owner", "type")

    def __init__(self, owner: str, name: str, unit_type: str, *, definer: bool) -> None:
        self.owner = owner
        self.name = name
        self.type = unit_type
        self.definer = definer

    def place(self, line: int) -> str:
        """As an ORA-06512 line names it."""
        if self.type == "BLOCK":
            return f"ORA-06512: at line {line}"
        return f'ORA-06512: at "{self.owner}.{self.name}", line {line}'


class Param:
    """A formal parameter. `default` runs on the frame around the subprogram."""

    __slots__ = ("default", "mode", "name", "nocopy", "type")

    def __init__(
        self,
        name: str,
        pl_type: PlType,
        mode: str = "IN",
        default: Callable[[Frame], Value] | None = None,
        *,
        nocopy: bool = False,
    ) -> None:
        self.name = name
        self.type = pl_type
        self.mode = mode
        self.default = default
        self.nocopy = nocopy


class Routine:
    """A compiled procedure or function. `run` executes the body on a new frame; `python` stands in
    for it in a built-in package. `home`: the package it is declared in, None when local."""

    __slots__ = (
        "autonomous",
        "entry_line",
        "home",
        "key",
        "level",
        "method",
        "name",
        "options",
        "params",
        "pipelined",
        "python",
        "returns",
        "run",
        "size",
        "unit",
    )  # fmt: skip

    def __init__(
        self, name: str, params: Sequence[Param], returns: PlType | None, unit: UnitInfo
    ) -> None:
        self.name = name
        self.params = tuple(params)
        self.returns = returns
        self.unit = unit
        self.level = 0
        self.size = len(params)
        self.run: Callable[[Frame], object] | None = None
        self.python: Callable[..., Value] | None = None
        self.autonomous = False
        self.pipelined = False
        self.home: tuple[str, str] | None = None
        self.key: RoutineKey = (name, 0)  # name and number among its overloads
        self.options: tuple[str, ...] = ()
        self.entry_line = 0
        self.method: Any = None  # compiler.symbols.ObjectMethod of an object type's method

    def same_signature(self, other: Routine) -> bool:
        """Do specification and body agree (names, modes, types, result)?"""
        if len(self.params) != len(other.params) or not _same(self.returns, other.returns):
            return False
        return all(
            a.name == b.name and a.mode == b.mode and _same(a.type, b.type)
            for a, b in zip(self.params, other.params, strict=True)
        )


def _same(left: PlType | None, right: PlType | None) -> bool:
    if left is None or right is None:
        return left is right
    if left is right:
        return True
    if left.kind is not right.kind:
        return False
    return left == right or left.describe() == right.describe()


class Frame:
    """The variables of one running subprogram (or block, or package). `up`: the frame around it."""

    __slots__ = ("line", "ret", "routine", "rt", "unit", "up", "v")

    def __init__(self, rt: Runtime, up: Frame | None, unit: UnitInfo, values: list[Value]) -> None:
        self.rt = rt
        self.up: Any = up
        self.unit = unit
        self.v = values
        self.line = 0
        self.ret: Value = None
        self.routine: Routine | None = None


class PackageState:
    """A package of one session. `versions`: of specification and body it was made from."""

    __slots__ = (
        "body",
        "checked",
        "failed",
        "implementations",
        "serially_reusable",
        "spec",
        "stateful",
        "versions",
    )

    def __init__(self, spec: Frame, body: Frame, versions: tuple[int, int]) -> None:
        self.spec = spec
        self.body = body
        self.versions = versions
        self.implementations: dict[RoutineKey, Routine] = {}
        self.stateful = False
        self.serially_reusable = False
        self.checked = -1
        self.failed = False


class ImplicitCursor:
    """SQL%FOUND, SQL%ROWCOUNT, SQL%BULK_ROWCOUNT, SQL%BULK_EXCEPTIONS."""

    __slots__ = ("bulk_errors", "bulk_rowcount", "rowcount")

    def __init__(self) -> None:
        self.rowcount: int | None = None
        self.bulk_rowcount: dict[int, int] = {}  # by the FORALL statement's subscripts
        self.bulk_errors: list[tuple[int, int]] = []  # (index, error code)


class UnitsPort(Protocol):
    """The instance's compiled units, as running code needs them."""

    def package(self, rt: Runtime, owner: str, name: str) -> PackageState:
        """The session's state of a package, made on first use."""

    def standalone(self, rt: Runtime, owner: str, name: str, unit_type: str) -> Routine:
        """A stored procedure or function."""

    def type_body(self, rt: Runtime, owner: str, name: str) -> Mapping[RoutineKey, Routine]:
        """The methods of an object type's body."""

    def run_block(
        self, rt: Runtime, text: str, binds: Mapping[str, Value], types: Mapping[str, PlType]
    ) -> dict[str, Value]:
        """An anonymous block inside a call (EXECUTE IMMEDIATE); the assigned binds."""

    def compile_stored(self, rt: Runtime, unit: StoredUnit) -> Sequence[UnitError]:
        """Compile a stored unit again."""


class Runtime:
    """The PL/SQL side of one session."""

    def __init__(
        self, context: SessionContext, sql: SqlPort, catalog: CatalogPort, units: UnitsPort
    ) -> None:
        self.context = context
        self.sql = sql
        self.catalog = catalog
        self.units = units
        self.env = Environment(context)
        self.output = Output()
        self.cursor = ImplicitCursor()
        self.error: OraError | None = None  # what the innermost handler handles
        self.calls: list[Frame] = []
        self.packages: dict[tuple[str, str], PackageState] = {}
        self.type_bodies: dict[tuple[str, str], tuple[int, Mapping[RoutineKey, Routine]]] = {}
        self.bound: dict[
            object, Callable[..., Value]
        ] = {}  # call site -> function of this session
        self.statements: dict[object, tuple[object, Any]] = {}  # of invoker-rights units
        self.implicit: list[OpenCursor] = []
        self.private: dict[str, Any] = {}  # state of built-in packages by name
        self.guard = 0  # IN_TRIGGER or IN_SQL
        self.library: Any = None  # instance-wide: user locks, pipes
        self._located: tuple[OraError, Frame] | None = None

    # -------------------------------------------------------------- calls

    def invoke(self, routine: Routine, up: Frame | None, values: list[Value]) -> Frame:
        """Run a routine on a new frame; OUT values are in its first slots afterwards."""
        frame = Frame(self, up, routine.unit, values)
        values.extend([None] * (routine.size - len(values)))
        frame.line = routine.entry_line
        frame.routine = routine
        calls = self.calls
        if len(calls) >= MAX_CALLS:
            raise OraError(6500)
        calls.append(frame)
        try:
            if routine.autonomous:
                self._autonomous(routine, frame)
            else:
                routine.run(frame)  # type: ignore[misc]
        except OraError as error:
            self.locate(error, frame)
            raise
        finally:
            calls.pop()
        return frame

    def invoke_unit(self, routine: Routine, up: Frame | None, values: list[Value]) -> Frame:
        """Call into another unit: with its owner's name resolution and privileges if it is a
        definer-rights unit."""
        unit = routine.unit
        context = self.context
        if not unit.definer or context.effective_user == unit.owner:
            return self.invoke(routine, up, values)
        before = (context.effective_user, context.current_schema)
        context.effective_user = context.current_schema = unit.owner
        try:
            return self.invoke(routine, up, values)
        finally:
            context.effective_user, context.current_schema = before

    def _autonomous(self, routine: Routine, frame: Frame) -> None:
        guard, self.guard = self.guard, 0
        self.sql.begin_autonomous()
        try:
            routine.run(frame)  # type: ignore[misc]
        except OraError:
            self.sql.rollback()
            self.sql.end_autonomous()
            raise
        finally:
            self.guard = guard
        self.sql.end_autonomous()

    # -------------------------------------------------------------- errors

    def locate(self, error: OraError, frame: Frame) -> None:
        """Add the frame's line to the stack, once per frame an error passes."""
        located = self._located
        if located is not None and located[0] is error and located[1] is frame:
            return
        error.stack.append(frame.unit.place(frame.line))
        self._located = (error, frame)

    def reraise(self, error: OraError, frame: Frame) -> OraError:
        """RAISE without a name: the new place stands before the old ones."""
        error.stack.insert(0, frame.unit.place(frame.line))
        self._located = (error, frame)
        return error

    def transaction_allowed(self, what: str) -> None:
        """ORA-04092 in a trigger, ORA-14552 in a function that SQL called."""
        if self.guard == IN_TRIGGER:
            raise OraError(IN_TRIGGER, what)
        if self.guard:
            raise OraError(self.guard)

    def package(self, owner: str, name: str) -> PackageState:
        """The session's state of a package."""
        state = self.packages.get((owner, name))
        if state is not None and state.checked == self.catalog.version():
            return state
        return self.units.package(self, owner, name)

    def type_body(self, owner: str, name: str) -> Mapping[RoutineKey, Routine]:
        """The methods of an object type's body."""
        version = self.catalog.version()
        found = self.type_bodies.get((owner, name))
        if found is not None and found[0] == version:
            return found[1]
        methods = self.units.type_body(self, owner, name)
        self.type_bodies[(owner, name)] = (version, methods)
        return methods

    def function(self, site: FunctionSite) -> Callable[..., Value]:
        """A SQL function bound to this session."""
        found = self.bound.get(site)
        if found is None:
            if len(self.bound) > MAX_SITES:
                self.bound.clear()
            found = self.bound[site] = site.call.bind(self.env)
        return found


def final_error(error: OraError) -> OraError:
    """What the client sees of an unhandled exception."""
    if not isinstance(error, UserDefined):
        return error
    final = OraError(6510, message="PL/SQL: unhandled user-defined exception")
    final.stack = error.stack
    return final
