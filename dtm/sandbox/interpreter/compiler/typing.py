"""Types as written to types as compiled; schema objects and built-in packages by name."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.interpreter.compiler.mentions import WHOLE
from dtm.sandbox.interpreter.compiler.naming import NamingMixin
from dtm.sandbox.interpreter.compiler.symbols import (
    AttributeSymbol,
    BadSymbol,
    CursorSymbol,
    LabelSymbol,
    PackageSymbol,
    RoutineGroup,
    Symbol,
    TypeSymbol,
    Variable,
)
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Pos, TypeRef
from dtm.sandbox.interpreter.types import (
    MAX_VARCHAR2,
    PLS_INTEGER,
    STANDARD_TYPES,
    CursorType,
    ObjectType,
    PlType,
    RecordField,
    RecordType,
    Scalar,
    system_type,
)
from dtm.sandbox.kernel.types import Column, Kind, OraType

_NEEDS_LENGTH = frozenset({"VARCHAR2", "VARCHAR", "STRING", "NVARCHAR2", "RAW"})
_LENGTHS = frozenset({Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR, Kind.RAW, Kind.ROWID, Kind.LONG})


class TypingMixin(NamingMixin):
    """Resolves types and global names."""

    def index_type(self) -> PlType:
        return PLS_INTEGER

    def type_of(self, ref: TypeRef, *, sized: bool = False) -> PlType:
        """The type a reference names; `sized`: a variable's, where VARCHAR2 needs a length."""
        if ref.suffix == "TYPE":
            return self._anchored(ref)
        if ref.suffix == "ROWTYPE":
            return self._row(ref)
        found = self._named(ref)
        if not isinstance(found, Scalar):
            return found
        return self._constrained(found, ref, sized=sized)

    def _named(self, ref: TypeRef) -> PlType:
        path = ref.path
        symbol: Symbol | None = self.scope.find(path[0])
        own_name = isinstance(symbol, LabelSymbol) and len(path) == 1  # a constructor's type
        if isinstance(symbol, AttributeSymbol) or own_name:
            symbol = None
        rest = path[1:]
        if symbol is None and len(path) == 1 and path[0] in STANDARD_TYPES:
            return STANDARD_TYPES[path[0]]
        qualified = path[:-1] in (("STANDARD",), ("SYS", "STANDARD"))
        if symbol is None and qualified and path[-1] in STANDARD_TYPES:
            return STANDARD_TYPES[path[-1]]
        if symbol is None:
            found = self.global_symbol(list(path), ref.pos)
            if found is None:
                self.refuse_unsupplied(path[0], ref.pos)
                raise pls(ref.pos, 201, ".".join(path))
            symbol, used = found
            rest = path[used:]
        for name in rest:
            symbol = self._inside(symbol, name, ref.pos)
        if isinstance(symbol, BadSymbol):
            raise pls(ref.pos, 320)
        if not isinstance(symbol, TypeSymbol):
            raise pls(ref.pos, 488, ".".join(path))
        return symbol.type

    @staticmethod
    def _inside(symbol: Symbol, name: str, pos: Pos) -> Symbol:
        found = None
        if isinstance(symbol, PackageSymbol | LabelSymbol):
            found = symbol.member(name)
        if found is None:
            raise pls(pos, 302, name)
        return found

    def _constrained(self, base: Scalar, ref: TypeRef, *, sized: bool) -> Scalar:
        ora = base.ora
        if ref.numbers:
            ora = self._sized(ora, ref)
        elif sized and len(ref.path) == 1 and ref.path[0] in _NEEDS_LENGTH and ora.length is None:
            raise pls(ref.pos, 215)
        elif sized and ora.kind is Kind.CHAR and ora.length is None:
            ora = replace(ora, length=1)
        low, high = base.low, base.high
        if ref.bounds is not None:
            low, high = (self._static_integer(bound) for bound in ref.bounds)
        return replace(base, ora=ora, low=low, high=high, not_null=base.not_null or ref.not_null)

    def _static_integer(self, expr: object) -> int:
        code = self.expression(expr)  # type: ignore[arg-type]
        if not code.literal or not isinstance(code.value, int):
            raise pls(expr.pos, 382)  # type: ignore[attr-defined]
        return code.value

    def _sized(self, ora: OraType, ref: TypeRef) -> OraType:
        first = ref.numbers[0]
        if ora.kind in _LENGTHS:
            if not 1 <= first <= MAX_VARCHAR2:
                raise pls(ref.pos, 215)
            semantics = self.rt.context.nls.get("NLS_LENGTH_SEMANTICS", "BYTE")
            chars = semantics == "CHAR" if ref.char_used is None else ref.char_used
            return replace(ora, length=first, char_used=chars or ora.char_used)
        if ora.kind is Kind.NUMBER:
            if ref.path[0] == "FLOAT":
                return ora
            if not 1 <= first <= 38:
                raise pls(ref.pos, 216)
            scale = ref.numbers[1] if len(ref.numbers) > 1 else 0
            return replace(ora, precision=first, scale=scale)
        return replace(ora, precision=first)

    # -------------------------------------------------------------- %TYPE, %ROWTYPE

    def _anchored(self, ref: TypeRef) -> PlType:
        path = list(ref.path)
        symbol: Symbol | None = self.scope.find(path[0])
        rest = path[1:]
        if symbol is None:
            column = self._column(path)
            if column is not None:
                return self.column_type(column)
            found = self.global_symbol(path, ref.pos)
            if found is None:
                self.refuse_unsupplied(path[0], ref.pos)
                raise pls(ref.pos, 201, ".".join(path))
            symbol, used = found
            rest = path[used:]
        while rest and isinstance(symbol, PackageSymbol | LabelSymbol):
            symbol = self._inside(symbol, rest.pop(0), ref.pos)
        if isinstance(symbol, BadSymbol):
            raise pls(ref.pos, 320)
        if not isinstance(symbol, Variable | AttributeSymbol):
            raise pls(ref.pos, 206, ".".join(path))
        return self._component(symbol.type, rest, ref.pos)

    @staticmethod
    def _component(found: PlType, rest: list[str], pos: Pos) -> PlType:
        for name in rest:
            if not isinstance(found, RecordType | ObjectType):
                raise pls(pos, 302, name)
            position = found.position(name)
            if position is None:
                raise pls(pos, 302, name)
            found = found.fields[position].type
        return found

    def _column(self, path: list[str]) -> OraType | None:
        """table.column or owner.table.column."""
        if not 2 <= len(path) <= 3:
            return None
        found = self.catalog.resolve(tuple(path[:-1]), self.schema)
        if found is None or found[2] not in ("TABLE", "VIEW", "MATERIALIZED VIEW"):
            return None
        self.depend_on_columns(found, path[-1:])
        return self.catalog.column_type(found[0], found[1], path[-1])

    def _row(self, ref: TypeRef) -> PlType:
        symbol: Symbol | None = self.scope.find(ref.path[0])
        if symbol is None and len(ref.path) <= 2:
            found = self.catalog.resolve(ref.path, self.schema)
            columns = None if found is None else self.catalog.columns(found[0], found[1])
            if found is not None and columns is not None:
                self.depend_on_columns(found, (WHOLE,))
                return self.row_type(columns, ".".join(ref.path) + "%ROWTYPE")
        rest = list(ref.path[1:])
        if symbol is None:
            reached = self.global_symbol(list(ref.path), ref.pos)
            if reached is None:
                raise pls(ref.pos, 201, ".".join(ref.path))
            symbol, used = reached
            rest = list(ref.path[used:])
        while rest and isinstance(symbol, PackageSymbol | LabelSymbol):
            symbol = self._inside(symbol, rest.pop(0), ref.pos)
        if isinstance(symbol, CursorSymbol) and symbol.row is not None:
            return symbol.row
        if isinstance(symbol, Variable) and isinstance(symbol.type, CursorType):
            if symbol.type.row is not None:
                return symbol.type.row
            raise pls(ref.pos, 320)
        if isinstance(symbol, BadSymbol):
            raise pls(ref.pos, 320)
        raise pls(ref.pos, 310, ".".join(ref.path))

    # -------------------------------------------------------------- global names

    def global_symbol(self, path: list[str], pos: Pos) -> tuple[Symbol, int] | None:
        """A package, subprogram or type of a schema, or a built-in package."""
        for length in (1, 2):
            if length > len(path):
                break
            if length == 2 and path[0] == "SYS":
                built_in = self.resolver.built_in(self.rt, path[1])
                if built_in is not None:
                    return built_in, 2
            found = self.catalog.resolve(tuple(path[:length]), self.schema)
            symbol = None if found is None else self._object(found, pos)
            if symbol is not None:
                return symbol, length
            if length == 1:
                built_in = self.resolver.built_in(self.rt, path[0])
                if built_in is not None:
                    return built_in, 1
            supplied = system_type(tuple(path[:length]))
            if supplied is not None:
                return TypeSymbol(supplied.name, supplied), length
        return None

    def _object(self, found: tuple[str, str, str], pos: Pos) -> Symbol | None:
        owner, name, kind = found
        if owner == "SYS":
            return self.resolver.built_in(self.rt, name)
        if kind in ("PACKAGE", "PACKAGE BODY"):
            self._executable(owner, name, pos)
            self.depends.add((owner, name, "PACKAGE"))
            return self.resolver.package_symbol(self.rt, owner, name, pos)
        if kind in ("PROCEDURE", "FUNCTION"):
            self._executable(owner, name, pos)
            self.depends.add(found)
            routine = self.resolver.signature(self.rt, owner, name, kind, pos)
            return RoutineGroup(name, [routine], level=-1)
        if kind == "TYPE":
            self.depends.add(found)
            return TypeSymbol(name, self.resolver.schema_type(self.rt, owner, name, pos))
        return None

    def row_type(self, columns: tuple[Column, ...], name: str) -> RecordType:
        """The record a row of these columns is fetched into."""
        fields = [RecordField(column.name, self.column_type(column.type)) for column in columns]
        return RecordType(name, fields, rowtype=True)

    def column_type(self, ora: OraType) -> PlType:
        """A column's type; of a user type its own."""
        if ora.user is None or ora.user == ("", ""):
            return Scalar(ora)
        owner, name = ora.user
        return system_type(ora.user) or self.resolver.schema_type(self.rt, owner, name, (0, 0))

    def _executable(self, owner: str, name: str, pos: Pos) -> None:
        if owner != self.schema and not self.catalog.can_execute(owner, name, self.schema):
            raise pls(pos, 904, f"{owner}.{name}")
