"""Object types and their bodies as units.

PL/SQL Language Reference 19c, "CREATE TYPE Statement", "CREATE TYPE BODY Statement".
"""

from __future__ import annotations

from dtm.sandbox.interpreter.compiler.declaring import DeclarationMixin
from dtm.sandbox.interpreter.compiler.symbols import (
    AttributeSymbol,
    Layout,
    ObjectMethod,
    RoutineGroup,
    TypeSymbol,
)
from dtm.sandbox.interpreter.runtime import Routine, RoutineKey
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.types import (
    CursorType,
    ObjectType,
    RecordField,
    RecordType,
    Scalar,
)
from dtm.sandbox.kernel.types import Kind

_ONLY_PLSQL = (Kind.BOOLEAN, Kind.PLS_INTEGER, Kind.ROWID, Kind.LONG)


class ObjectUnitMixin(DeclarationMixin):
    """Compiles object types."""

    def object_type(self, decl: tree.ObjectDecl, kind: ObjectType) -> ObjectType:
        """Fill `kind`, which the type's own name means meanwhile."""
        kind.final, kind.instantiable, kind.complete = decl.final, decl.instantiable, decl.complete
        if not decl.complete:
            return kind
        self.scope.symbols[decl.name] = TypeSymbol(decl.name, kind)
        self.layout = Layout(-1)
        if decl.under is not None:
            self._inherit(decl.under, kind)
        for attribute in decl.attributes:
            try:
                self._attribute(attribute, kind)
            except CompileError as error:
                self.record(error)
        if not kind.fields:
            self.record(pls(decl.pos, 589, decl.name))
        for method in decl.methods:
            try:
                self._method(method, kind)
            except CompileError as error:
                self.record(error)
        return kind

    def _inherit(self, under: tree.TypeRef, kind: ObjectType) -> None:
        above = self.type_of(under)
        if not isinstance(above, ObjectType) or not above.complete:
            raise pls(under.pos, 320)
        if above.final:
            raise pls(under.pos, 590)
        kind.supertype = above
        above.subtypes[f"{kind.owner}.{kind.name}"] = kind
        kind.fields = list(above.fields)
        kind.methods = list(above.methods)

    def _attribute(self, attribute: tree.FieldDecl, kind: ObjectType) -> None:
        if kind.position(attribute.name) is not None:
            raise pls(attribute.pos, 410)
        found = self.type_of(attribute.type, sized=True)
        if isinstance(found, RecordType | CursorType) or (
            isinstance(found, Scalar) and found.kind in _ONLY_PLSQL
        ):
            raise pls(attribute.pos, 530, ".".join(attribute.type.path))
        kind.fields.append(RecordField(attribute.name, found))

    def _method(self, decl: tree.SubprogramDecl, kind: ObjectType) -> None:
        described = decl.method
        assert described is not None  # noqa: S101
        routine = self.signature_of(decl)
        routine.home = None
        method = ObjectMethod(routine, described.kind, described.role, described.words, kind)
        routine.method = method
        overridden = self._overridden(method, kind)
        if overridden is None and "OVERRIDING" in method.words:
            raise pls(decl.pos, 635)
        own = [m for m in (*kind.methods, *kind.constructors) if m.home is kind]
        routine.key = (decl.name, len([m for m in own if m.routine.name == decl.name]))
        if described.kind == "CONSTRUCTOR":
            routine.params[0].nocopy = True  # made for this call
            kind.constructors.append(method)
        elif overridden is not None:
            method.index = overridden.index
            method.role = method.role or overridden.role
            kind.methods[overridden.index] = method
        else:
            method.index = len(kind.methods)
            kind.methods.append(method)

    @staticmethod
    def _overridden(method: ObjectMethod, kind: ObjectType) -> ObjectMethod | None:
        """The inherited method of the same name and parameters."""
        for other in kind.methods:
            if (
                other.home is not kind
                and other.kind == method.kind
                and same_method(other.routine, method.routine)
            ):
                found: ObjectMethod = other
                return found
        return None

    # -------------------------------------------------------------- bodies

    def object_body(self, unit: tree.Unit, kind: ObjectType) -> dict[RoutineKey, Routine]:
        """The methods a type body defines."""
        for field in kind.fields:
            self.scope.symbols[field.name] = AttributeSymbol(field.name, field.type)
        for method in kind.methods:
            group = self.scope.symbols.get(method.routine.name)
            if not isinstance(group, RoutineGroup):
                group = RoutineGroup(method.routine.name, level=-1, methods=True)
                self.scope.symbols[group.name] = group
            group.routines.append(method.routine)
        self.layout = Layout(-1)
        wanted = {
            method.routine.key: method
            for method in (*kind.methods, *kind.constructors)
            if method.home is kind and "NOT INSTANTIABLE" not in method.words
        }
        bodies: dict[RoutineKey, Routine] = {}
        for decl in unit.decls:
            assert isinstance(decl, tree.SubprogramDecl)  # noqa: S101
            try:
                self._method_body(decl, wanted, bodies)
            except CompileError as error:
                self.record(error)
        for key, method in wanted.items():
            if key not in bodies:
                self.record(pls(unit.pos, 538, method.routine.name))
        return bodies

    def _method_body(
        self,
        decl: tree.SubprogramDecl,
        wanted: dict[RoutineKey, ObjectMethod],
        bodies: dict[RoutineKey, Routine],
    ) -> None:
        routine = self.signature_of(decl)
        routine.home = None
        found = next(
            (
                method
                for key, method in wanted.items()
                if key not in bodies
                and decl.method is not None
                and method.kind == decl.method.kind
                and same_method(method.routine, routine)
            ),
            None,
        )
        if found is None or decl.body is None:
            raise pls(decl.pos, 539, decl.name)
        routine.method, routine.key = found, found.routine.key
        bodies[routine.key] = routine
        self.subprogram_body(decl, routine)


def same_method(left: Routine, right: Routine) -> bool:
    """The same name and the same parameters, SELF's type apart."""
    if left.name != right.name or len(left.params) != len(right.params):
        return False
    return all(
        a.name == b.name
        and a.mode == b.mode
        and (a.name == "SELF" or (a.type.kind is b.type.kind
                                  and a.type.describe() == b.type.describe()))
        for a, b in zip(left.params, right.params, strict=True)
    )  # fmt: skip
