"""Running the compiled units of an instance: package state, stored subprograms, blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.compiler.triggerunits import CompiledTrigger
from dtm.sandbox.interpreter.compiler.units import (
    Compilation,
    CompiledBlock,
    CompiledBody,
    CompiledSpec,
    UnitCompiler,
)
from dtm.sandbox.interpreter.runtime import (
    Frame,
    PackageState,
    Routine,
    RoutineKey,
    Runtime,
    UnitInfo,
)
from dtm.sandbox.interpreter.syntax.errors import CompileError, block_error, pls
from dtm.sandbox.interpreter.types import CollectionType, PlType
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import UnitError

if TYPE_CHECKING:
    pass
from dtm.sandbox.interpreter.unitstore import Entry, Key, UnitStore, as_owner

Value = Any
MAX_BLOCKS = 400


class Library(UnitStore):
    """Compiled units, user locks and pipes of one instance."""

    def package(self, rt: Runtime, owner: str, name: str) -> PackageState:
        """The session's state of a package: made, kept, or discarded (ORA-04068)."""
        key = (owner, name)
        state = rt.packages.get(key)
        if owner == "SYS" and registry.lookup(name) is not None:
            return self._built_in_state(rt, name)
        spec_entry = self.entry(rt, (owner, name, "PACKAGE"))
        body_entry = self.entry(rt, (owner, name, "PACKAGE BODY"))
        if spec_entry is None:
            raise _not_found(owner, name, "package")
        versions = (spec_entry.version, -1 if body_entry is None else body_entry.version)
        if state is not None:
            if state.versions == versions:
                # Compiled again from the same text, perhaps (a table changed): state is kept.
                self._usable(rt, spec_entry, (owner, name, "PACKAGE"))
                if body_entry is not None:
                    body = self._usable(rt, body_entry, (owner, name, "PACKAGE BODY"))
                    state.implementations = body.implementations
                state.checked = rt.catalog.version()
                return state
            del rt.packages[key]
            if state.stateful:
                raise _discarded(owner, name, state.versions[0] != versions[0])
        spec = self._usable(rt, spec_entry, (owner, name, "PACKAGE"))
        body = None
        if body_entry is not None:
            body = self._usable(rt, body_entry, (owner, name, "PACKAGE BODY"))
        elif spec.routines:
            raise _not_found(owner, name, "package body")
        return self._instantiate(rt, key, spec, body, versions)

    def _usable(self, rt: Runtime, entry: Entry, key: Key) -> Any:
        """The compiled unit; ORA-04063 when it has errors. Validates an INVALID one."""
        stored = rt.catalog.unit(*key)
        if stored is not None and stored.status != "VALID" and not entry.compilation.errors:
            self.settle(rt, stored, entry)
        if entry.compilation.result is None:
            raise _has_errors(key)
        return entry.compilation.result

    @staticmethod
    def _instantiate(
        rt: Runtime,
        key: tuple[str, str],
        spec: CompiledSpec,
        body: CompiledBody | None,
        versions: tuple[int, int],
    ) -> PackageState:
        info = spec.symbol.unit
        spec_frame = Frame(rt, None, info, [None] * spec.size)
        body_info = UnitInfo(info.owner, info.name, "PACKAGE BODY", definer=info.definer)
        body_frame = Frame(rt, spec_frame, body_info, [None] * (body.size if body else 0))
        state = PackageState(spec_frame, body_frame, versions)
        state.stateful = spec.stateful or (body is not None and body.stateful)
        state.serially_reusable = spec.serially_reusable
        state.checked = rt.catalog.version()
        if body is not None:
            state.implementations = body.implementations
        rt.packages[key] = state
        try:
            with as_owner(rt, info.owner if info.definer else None):
                _initialise(rt, spec_frame, spec.enter)
                if body is not None:
                    steps = [*body.enter]
                    if body.initialise is not None:
                        steps.append(body.initialise)
                    _initialise(rt, body_frame, steps)
        except OraError:
            rt.packages.pop(key, None)
            raise
        return state

    def _built_in_state(self, rt: Runtime, name: str) -> PackageState:
        spec = self._built_in_spec(rt, name)
        key = ("SYS", name)
        state = rt.packages.get(key)
        if state is None:
            state = self._instantiate(rt, key, spec, None, (0, 0))
        state.checked = rt.catalog.version()
        return state

    def standalone(self, rt: Runtime, owner: str, name: str, unit_type: str) -> Routine:
        """A stored subprogram to run."""
        key = (owner, name, unit_type)
        entry = self.entry(rt, key)
        if entry is None:
            raise _not_found(owner, name, unit_type.lower())
        routine: Routine = self._usable(rt, entry, key)
        return routine

    def type_body(self, rt: Runtime, owner: str, name: str) -> Mapping[RoutineKey, Routine]:
        """The methods of an object type; ORA-04067 without a body, ORA-04063 with errors in it."""
        key = (owner, name, "TYPE BODY")
        entry = self.entry(rt, key)
        if entry is None:
            raise _not_found(owner, name, "type body")
        methods: Mapping[RoutineKey, Routine] = self._usable(rt, entry, key)
        return methods

    def trigger(self, rt: Runtime, owner: str, name: str) -> CompiledTrigger:
        """A trigger to fire; ORA-04098 when it has errors."""
        key = (owner, name, "TRIGGER")
        entry = self.entry(rt, key)
        if entry is None or not isinstance(entry.compilation.result, CompiledTrigger):
            raise OraError(4098, f"{owner}.{name}")
        return entry.compilation.result

    def block(self, rt: Runtime, text: str, types: Mapping[str, PlType]) -> CompiledBlock:
        """An anonymous block, compiled for these bind types; ORA-06550 with its errors."""
        context = rt.context
        shape = tuple((name, _shape(kind)) for name, kind in types.items())
        user = context.effective_user or context.user
        version = rt.catalog.version()
        key = (text, shape, context.current_schema, user, version,
               context.nls.get("PLSQL_CCFLAGS"))  # fmt: skip
        with self.mutex:
            found = self.blocks.get(key)
            if found is None:
                found = self._compile_block(rt, text, types)
                if len(self.blocks) >= MAX_BLOCKS:
                    self.blocks.pop(next(iter(self.blocks)))
                self.blocks[key] = found
        if found.errors:
            raise block_error(found.errors)
        result: CompiledBlock = found.result
        return result

    def _compile_block(self, rt: Runtime, text: str, types: Mapping[str, PlType]) -> Compilation:
        info = UnitInfo("", "__anonymous_block", "BLOCK", definer=False)
        try:
            unit = self.parse(rt, text, info)
            if unit.kind != "BLOCK":
                raise pls(unit.pos, 103, f'Encountered the symbol "{unit.kind}"')
            compiler = UnitCompiler(rt, self, info, text)
            return compiler.compilation(compiler.block_unit(unit, types))
        except CompileError as error:
            return Compilation(None, [UnitError(*error.pos, error.text)])


def _initialise(rt: Runtime, frame: Frame, steps: Sequence[Any]) -> None:
    try:
        for step in steps:
            step(frame)
    except OraError as error:
        rt.locate(error, frame)
        raise


def _shape(kind: PlType) -> object:
    return kind if not isinstance(kind, CollectionType) else (kind.how, kind.element)


def _called(owner: str, name: str) -> str:
    return f'ORA-06508: PL/SQL: could not find program unit being called: "{owner}.{name}"'


def _not_found(owner: str, name: str, what: str) -> OraError:
    error = OraError(4067, f'{what} "{owner}.{name}"')
    error.stack.append(_called(owner, name))
    return error


def _has_errors(key: Key) -> OraError:
    owner, name, kind = key
    error = OraError(4063, f'{kind.lower()} "{owner}.{name}"')
    error.stack.append(_called(owner, name))
    return error


def _discarded(owner: str, name: str, spec_changed: bool) -> OraError:
    what = "package" if spec_changed else "package body"
    error = OraError(4068, "")
    error.stack.extend(
        [
            f'ORA-04061: existing state of {what} "{owner}.{name}" has been invalidated',
            f'ORA-04065: not executed, altered or dropped {what} "{owner}.{name}"',
            _called(owner, name),
        ]
    )
    return error
