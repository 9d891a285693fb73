"""References: from a written name with selectors to a place, a value or a symbol.

PL/SQL Language Reference 19c, Appendix B "How PL/SQL Resolves Identifier Names".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.compiler.base import Base
from dtm.sandbox.interpreter.compiler.parts import (
    as_place,
    attribute_reader,
    element_store,
    there,
)
from dtm.sandbox.interpreter.compiler.symbols import (
    AttributeSymbol,
    BadSymbol,
    Code,
    CursorSymbol,
    ExceptionSymbol,
    LabelSymbol,
    PackageSymbol,
    Place,
    RoutineGroup,
    Symbol,
    TypeSymbol,
    Variable,
)
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import (
    Args,
    Attribute,
    Bind,
    Expr,
    Ident,
    Pos,
    Ref,
    Upcast,
)
from dtm.sandbox.interpreter.types import (
    CollectionType,
    CursorType,
    ObjectType,
    PlType,
    RecordType,
)
from dtm.sandbox.interpreter.values import Assoc, Record
from dtm.sandbox.kernel.errors import OraError, Unsupported

Value = Any
Thing = Place | Code | Symbol
_RESTRICTED_OBJECTS = ("TABLE", "VIEW", "MATERIALIZED VIEW")


class NamingMixin(Base):
    """Walks references."""

    def walk(self, ref: Ref, *, statement: bool = False) -> Thing:
        """What a reference means. In a statement the last part may be a procedure call."""
        thing, index = self._first(ref, statement=statement)
        while index < len(ref.parts):
            thing, index = self._step(thing, ref, index, statement=statement)
        if isinstance(thing, RoutineGroup) and not statement:
            return self.call(thing, None, ref.pos)
        return self._settled(thing, ref)

    def _settled(self, thing: Thing, ref: Ref) -> Thing:
        if isinstance(thing, Variable):
            return self.variable_place(thing)
        if isinstance(thing, BadSymbol):
            raise pls(ref.pos, 320)
        return thing

    def _first(self, ref: Ref, *, statement: bool) -> tuple[Thing, int]:
        head = ref.parts[0]
        if isinstance(head, Upcast):
            return self.upcast(head), 1
        if not isinstance(head, Ident):
            raise pls(ref.pos, 103, "Encountered a malformed name")
        if (
            head.name == "SQL"
            and not head.quoted
            and len(ref.parts) > 1
            and isinstance(ref.parts[1], Attribute)
        ):
            return self.sql_attribute(ref)
        symbol = self._local(ref, head)
        if isinstance(symbol, AttributeSymbol):
            return self.attribute(symbol, head.pos), 1
        if isinstance(symbol, RoutineGroup) and not symbol.known_at(head.pos):
            raise pls(head.pos, 313, head.name)
        if symbol is not None:
            return symbol, 1
        following = ref.parts[1] if len(ref.parts) > 1 else None
        if not head.quoted and not isinstance(following, Ident):
            args = following if isinstance(following, Args) else None
            built_in = self._built_in(head.name, args, head.pos)
            if built_in is not None:
                return built_in, 2 if args is not None else 1
        found = self._global(ref)
        if found is not None:
            return found
        self._undeclared(ref, statement=statement)
        raise AssertionError

    def _local(self, ref: Ref, head: Ident) -> Symbol | None:
        """The declaration of a name. A subprogram's own name qualifies what is declared in it
        only when such a name follows; else it is the subprogram itself."""
        symbol = self.scope.find(head.name)
        while isinstance(symbol, LabelSymbol):
            following = ref.parts[1] if len(ref.parts) > 1 else None
            if isinstance(following, Ident) and symbol.member(following.name) is not None:
                return symbol
            outer = symbol.scope.parent
            further = None if outer is None else outer.find(head.name)
            if further is None:
                return symbol if isinstance(following, Ident) else None
            symbol = further
        return symbol

    def _built_in(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        return self.standard(name, args, pos) or self.function_call(name, args, pos)

    def _global(self, ref: Ref) -> tuple[Thing, int] | None:
        path: list[str] = []
        for part in ref.parts:
            if not isinstance(part, Ident):
                break
            path.append(part.name)
        used = 2 if path[:2] == ["SYS", "STANDARD"] else 1
        if path[used - 1] == "STANDARD" and len(path) > used:
            args = ref.parts[used + 1] if len(ref.parts) > used + 1 else None
            actual = args if isinstance(args, Args) else None
            code = self._built_in(path[used], actual, ref.pos)
            if code is not None:
                return code, used + (2 if actual else 1)
        if len(path) >= 2 and path[-1] in ("NEXTVAL", "CURRVAL"):
            found = self.catalog.resolve(tuple(path[:-1]), self.schema)
            if found is not None and found[2] == "SEQUENCE":
                return self.sequence(found[0], found[1], path[-1], ref.pos), len(path)
        return self.global_symbol(path, ref.pos)

    def _undeclared(self, ref: Ref, *, statement: bool) -> None:
        names = [p.name for p in ref.parts if isinstance(p, Ident)]
        head = ref.parts[0]
        assert isinstance(head, Ident)  # noqa: S101
        dotted = ".".join(names)
        self.refuse_unsupplied(names[0], head.pos)
        found = self.catalog.resolve((names[0],), self.schema)
        if found is not None and found[2] in _RESTRICTED_OBJECTS:
            raise pls(head.pos, 357, dotted)
        if statement and len(names) == 1 and len(ref.parts) == 1:
            raise pls(head.pos, 201, names[0])
        raise pls(head.pos, 201, dotted)

    @staticmethod
    def refuse_component(thing: Symbol, name: str, pos: Pos) -> None:
        """A part of a supplied package that the sandbox has in part only."""
        if isinstance(thing, PackageSymbol) and thing.unit.owner == "SYS":
            built_in = registry.lookup(thing.unit.name)
            if built_in is not None and not built_in.complete:
                raise Unsupported(651, f"{built_in.name}.{name}", *pos)

    @staticmethod
    def refuse_unsupplied(name: str, pos: Pos) -> None:
        """A supplied package or type of Oracle's that the sandbox does not have."""
        if name in registry.NOT_SUPPLIED:
            raise Unsupported(650, name, *pos)

    # -------------------------------------------------------------- one step

    def _step(self, thing: Thing, ref: Ref, index: int, *, statement: bool) -> tuple[Thing, int]:
        part = ref.parts[index]
        if isinstance(thing, Variable):
            thing = self.variable_place(thing)
        if isinstance(thing, Place | Code):
            return self._select(thing, ref, index, statement=statement)
        if isinstance(thing, LabelSymbol | PackageSymbol):
            return self._member(thing, ref, index), index + 1
        if isinstance(thing, RoutineGroup):
            last = index == len(ref.parts) - 1
            if isinstance(part, Args):
                return self.call(thing, part, ref.pos, statement=statement and last), index + 1
            return self.call(thing, None, ref.pos), index
        if isinstance(thing, TypeSymbol) and isinstance(part, Args):
            return self.construct(thing.type, part, ref.pos), index + 1
        if isinstance(thing, CursorSymbol) and isinstance(part, Attribute):
            return self.cursor_attribute(thing, part), index + 1
        if isinstance(thing, BadSymbol):
            raise pls(ref.pos, 320)
        if isinstance(thing, TypeSymbol):
            if isinstance(thing.type, ObjectType) and isinstance(part, Ident):
                return self.methods(thing.type, part, "STATIC"), index + 1
            raise pls(ref.pos, 330)
        raise pls(ref.pos, 487, self._spelled(ref, index))

    def _member(self, thing: LabelSymbol | PackageSymbol, ref: Ref, index: int) -> Thing:
        part = ref.parts[index]
        if not isinstance(part, Ident):
            raise pls(ref.pos, 222 if isinstance(part, Args) else 208, self._spelled(ref, index))
        symbol = thing.member(part.name)
        if symbol is None:
            self.refuse_component(thing, part.name, part.pos)
            raise pls(part.pos, 302, part.name)
        return symbol

    @staticmethod
    def _spelled(ref: Ref, upto: int) -> str:
        return ".".join(p.name for p in ref.parts[:upto] if isinstance(p, Ident))

    def _select(
        self, thing: Place | Code, ref: Ref, index: int, *, statement: bool
    ) -> tuple[Thing, int]:
        part = ref.parts[index]
        kind = thing.type
        if isinstance(part, Attribute):
            if isinstance(kind, CursorType):
                return self.cursor_attribute(thing, part), index + 1
            raise pls(part.pos, 208, part.name)
        if isinstance(part, Ident):
            if isinstance(kind, RecordType):
                return self.field(thing, kind, part), index + 1
            if isinstance(kind, ObjectType):
                return self.object_member(thing, ref, index, statement=statement)
            if isinstance(kind, CollectionType):
                args = ref.parts[index + 1] if index + 1 < len(ref.parts) else None
                actual = args if isinstance(args, Args) else None
                code = self.method(
                    as_place(thing), part.name, actual, part.pos, statement=statement
                )
                return code, index + (1 if actual is None else 2)
            raise pls(ref.pos, 487, self._spelled(ref, index))
        if isinstance(kind, CollectionType) and isinstance(part, Args):
            return self._element(as_place(thing), kind, part), index + 1
        if index == 1 and isinstance(ref.parts[0], Ident):
            raise pls(ref.pos, 222, ref.parts[0].name)
        raise pls(ref.pos, 222, self._spelled(ref, index))

    def field(self, thing: Place | Code, record: RecordType | ObjectType, part: Ident) -> Place:
        """A record's field or an object's attribute: of a null object it is NULL, and assigning
        it raises ORA-06530."""
        position = record.position(part.name)
        if position is None:
            raise pls(part.pos, 302, part.name)
        pos = position
        outer = thing.load if isinstance(thing, Place) else thing.run
        if isinstance(record, ObjectType):
            load = attribute_reader(outer, pos)
        else:

            def load(f: Frame) -> Value:
                return outer(f).fields[pos]

        place = Place(record.fields[pos].type, load, problem=363, text=part.name)
        if isinstance(thing, Place):
            reach = thing.reach or thing.load
            place.problem, place.text = thing.problem, f"{thing.text}.{part.name}"
            place.reach = lambda f: there(reach(f)).fields[pos]
            if thing.store is not None:

                def store(f: Frame, value: Value) -> None:
                    there(reach(f)).fields[pos] = value

                place.store = store
        return place

    def _element(self, thing: Place, collection: CollectionType, part: Args) -> Place:
        if len(part.args) != 1 or part.args[0].name is not None:
            raise pls(part.pos, 306, thing.text)
        expr = part.args[0].value
        index_type = collection.index
        if index_type is None:
            from_code = self.expression(expr)
            key = self.converted(from_code, self.index_type(), expr.pos)
        else:
            key = self.converted(self.expression(expr), index_type, expr.pos)
        outer = thing.load

        def load(f: Frame) -> Value:
            container = outer(f)
            if container is None:
                raise OraError(6531)
            return container.get(key(f))

        place = Place(collection.element, load, problem=thing.problem, text=thing.text)
        if thing.store is not None:
            place.store = element_store(thing.reach or outer, key)
        place.reach = self._element_reach(thing.reach or outer, key, collection)
        return place

    def upcast(self, expr: Upcast) -> Place | Code:
        """TREAT and (object AS type); the compiler of objects has them."""
        raise NotImplementedError

    def attribute(self, symbol: AttributeSymbol, pos: Pos) -> Place:
        """An attribute in a method's body."""
        raise NotImplementedError

    def object_member(
        self, thing: Place | Code, ref: Ref, index: int, *, statement: bool
    ) -> tuple[Place | Code, int]:
        """An attribute or a method of an object."""
        raise NotImplementedError

    @staticmethod
    def methods(kind: ObjectType, part: Ident, wanted: str) -> RoutineGroup:
        """The methods of a name."""
        raise NotImplementedError

    def index_type(self) -> PlType:
        """The type of a nested table's subscript."""
        raise NotImplementedError

    def _element_reach(
        self,
        outer: Callable[[Frame], Value],
        key: Callable[[Frame], Value],
        collection: CollectionType,
    ) -> Callable[[Frame], Value]:
        """An element about to be changed in part; an associative array makes it on the way."""
        empty = self.initial_value(collection.element)
        creates = collection.how == "ASSOC"

        def reach(f: Frame) -> Value:
            container = outer(f)
            if container is None:
                raise OraError(6531)
            index = key(f)
            if creates and not container.exists(index):
                value = empty(f)
                container.put(index, value)
                return value
            return container.get(index)

        return reach

    def initial_value(self, pl_type: PlType) -> Callable[[Frame], Value]:
        """What a variable of a type holds before anything is assigned."""
        if isinstance(pl_type, RecordType):
            makers = [f.default or self.initial_value(f.type) for f in pl_type.fields]
            return lambda f: Record([make(f) for make in makers])
        if isinstance(pl_type, CollectionType) and pl_type.how == "ASSOC":
            return lambda _f: Assoc(pl_type)
        return lambda _f: None

    # -------------------------------------------------------------- results

    def place(self, expr: Expr) -> Place:
        """Something assignable; PLS-00363 and its kin otherwise."""
        if isinstance(expr, Bind):
            self.assigned_bind(expr)
            found = self.bind_place(expr)
            if found.store is None:
                raise found.refusal or pls(expr.pos, 363, found.text)
            return found
        if not isinstance(expr, Ref):
            raise pls(expr.pos, 321, "expression")
        thing = self.walk(expr)
        if isinstance(thing, Place) and thing.store is not None:
            return thing
        name = ".".join(p.name for p in expr.parts if isinstance(p, Ident))
        if isinstance(thing, Place):
            raise pls(expr.pos, thing.problem, thing.text or name)
        if isinstance(thing, Code):
            raise pls(expr.pos, 363, name)
        raise pls(expr.pos, 321, name)

    def bind_place(self, bind: Bind) -> Place:
        """Access to a :bind; the block compiler has it."""
        raise NotImplementedError

    def assigned_bind(self, bind: Bind) -> None:
        """The block may assign this bind; the block compiler keeps count."""
        raise NotImplementedError

    def value_of(self, ref: Ref) -> Code:
        """A reference used as a value."""
        thing = self.walk(ref)
        if isinstance(thing, Code):
            return thing
        if isinstance(thing, Place):
            return Code(thing.load, thing.type)
        name = ".".join(p.name for p in ref.parts if isinstance(p, Ident))
        if isinstance(thing, TypeSymbol):
            raise pls(ref.pos, 330)
        if isinstance(thing, CursorSymbol):
            raise pls(ref.pos, 487, name)
        if isinstance(thing, ExceptionSymbol | LabelSymbol | PackageSymbol):
            raise pls(ref.pos, 382)
        raise pls(ref.pos, 320)
