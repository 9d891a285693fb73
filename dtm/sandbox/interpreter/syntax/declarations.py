"""Declarations. PL/SQL Language Reference 19c, "PL/SQL Language Elements"."""

from __future__ import annotations

from dtm.plsql.lexer import IDENT, NUMBER, QUOTED
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.expressions import ExpressionParser
from dtm.sandbox.interpreter.syntax.stream import RESERVED
from dtm.sandbox.interpreter.syntax.tree import (
    Block,
    CollectionDecl,
    CursorDecl,
    Decl,
    ExceptionDecl,
    Expr,
    FieldDecl,
    Param,
    Pragma,
    RecordDecl,
    RefCursorDecl,
    SqlText,
    SubprogramDecl,
    SubtypeDecl,
    TypeRef,
    VarDecl,
)
from dtm.sandbox.kernel.errors import Unsupported

_OPTIONS = ("DETERMINISTIC", "PIPELINED", "PARALLEL_ENABLE", "RESULT_CACHE", "AUTHID",
            "ACCESSIBLE", "AGGREGATE", "SQL_MACRO", "DEFAULT")  # fmt: skip


class DeclarationParser(ExpressionParser):
    """Parses declarative parts; needs the statement parser for bodies."""

    in_constructor = False  # RETURN SELF AS RESULT

    def block_body(self, decls: list[Decl], name: str | None) -> Block:
        """BEGIN ... END; the statement parser has it."""
        raise NotImplementedError

    def sql_until(self, *stops: str) -> SqlText:
        """SQL text up to a stop; the statement parser has it."""
        raise NotImplementedError

    # -------------------------------------------------------------- types

    def data_type(self) -> TypeRef:
        pos = self.pos
        if self.at("REF"):
            raise Unsupported(610, "REF type", *pos)
        first = self.name(reserved_ok=self.at("LONG"))
        path = [first.name]
        while self.at(".") and self.peek().kind in (IDENT, QUOTED):
            self.advance()
            path.append(self.name(reserved_ok=True).name)
        if self.at("@"):
            raise Unsupported(604, "database link", *self.pos)
        if self.at("%"):
            self.advance()
            if not self.at("TYPE", "ROWTYPE"):
                self.fail("type rowtype")
            return TypeRef(pos, tuple(path), suffix=self.advance().value)
        if len(path) > 1 or first.quoted:
            ref = TypeRef(pos, tuple(path))
            if self.at("(") and self.peek().kind == NUMBER:
                self._constraints(ref)
            return ref
        return self._builtin_type(TypeRef(pos, (first.name,)))

    def _builtin_type(self, ref: TypeRef) -> TypeRef:
        word = ref.path[0]
        if word == "INTERVAL":
            return self._interval_type(ref)
        if word == "DOUBLE" and self.accept("PRECISION"):
            return TypeRef(ref.pos, ("DOUBLE PRECISION",))
        if word == "LONG" and self.accept("RAW"):
            return TypeRef(ref.pos, ("LONG RAW",))
        if word in ("CHAR", "CHARACTER", "NCHAR") and self.accept("VARYING"):
            ref.path = ("VARCHAR2",)
        if (
            (self.at("(") and self.peek().kind == NUMBER)
            or self.at_sequence("(", "*")
            or (self.at("(") and self.peek().value == "-")
        ):
            self._constraints(ref)
        if word == "TIMESTAMP" and self.accept("WITH"):
            local = self.accept("LOCAL")
            self.expect("TIME", "ZONE")
            ref.path = ("TIMESTAMP WITH LOCAL TIME ZONE" if local else "TIMESTAMP WITH TIME ZONE",)
        if self.accept("CHARACTER", "SET"):
            self.name(reserved_ok=True)
            if self.at("%"):
                self.advance()
                self.advance()
        return ref

    def _constraints(self, ref: TypeRef) -> None:
        self.expect("(")
        numbers: list[int] = []
        while True:
            sign = -1 if self.accept("-") else 1
            numbers.append(38 if self.accept("*") else sign * self.constant_number())
            if not self.accept(","):
                break
        if self.at("CHAR", "BYTE"):
            ref.char_used = self.advance().value == "CHAR"
        self.expect(")")
        ref.numbers = tuple(numbers)

    def _interval_type(self, ref: TypeRef) -> TypeRef:
        first = self._interval_field()
        self.expect("TO")
        last = self._interval_field()
        return TypeRef(ref.pos, (f"INTERVAL {first} TO {last}",))

    # -------------------------------------------------------------- parts

    def declarations(self) -> list[Decl]:
        """Up to BEGIN or END. Behind the first subprogram body stand subprograms, cursors and
        pragmas only. Language Reference, "Block": declare_section, item_list_2."""
        decls: list[Decl] = []
        bodies = False
        while not self.at("BEGIN", "END"):
            if self.token is self.eof:
                self.fail("begin end function pragma procedure subtype type <an identifier>")
            if bodies and not self.at("PROCEDURE", "FUNCTION", "CURSOR", "PRAGMA"):
                self.fail("begin end function pragma procedure")
            decl = self.declaration()
            bodies = bodies or (isinstance(decl, SubprogramDecl) and decl.body is not None)
            decls.append(decl)
        return decls

    def declaration(self) -> Decl:
        """One declaration with its semicolon."""
        pos = self.pos
        if self.at("PROCEDURE", "FUNCTION"):
            return self.subprogram()
        if self.at("CURSOR"):
            return self._cursor()
        if self.at("TYPE"):
            return self._type()
        if self.at("SUBTYPE"):
            return self._subtype()
        if self.at("PRAGMA"):
            return self.pragma()
        if self.token.kind == IDENT and self.token.value in RESERVED:
            self.fail("begin function pragma procedure subtype type <an identifier>")
        name = self.name().name
        if self.accept("EXCEPTION"):
            self.expect(";")
            return ExceptionDecl(pos, name)
        constant = self.accept("CONSTANT")
        if self.at(";", ":=", "("):
            self.fail(
                "constant exception <an identifier> table long double ref char time"
                " timestamp interval date binary national character nchar"
            )
        type_ref = self.data_type()
        not_null, default = self._default()
        self.expect(";")
        return VarDecl(pos, name, type_ref, constant, not_null, default)

    def _default(self) -> tuple[bool, Expr | None]:
        not_null = self.accept("NOT", "NULL")
        if not not_null:
            self.accept("NULL")
        default = self.expression() if self.accept(":=") or self.accept("DEFAULT") else None
        return not_null, default

    def pragma(self) -> Pragma:
        """PRAGMA name [(args)];"""
        pos = self.pos
        self.expect("PRAGMA")
        name = self.name().name
        args: list[Expr] = []
        if self.accept("("):
            while not self.at(")"):
                args.append(self.expression())
                if not self.accept(","):
                    break
            self.expect(")")
        self.expect(";")
        return Pragma(pos, name, args)

    def _subtype(self) -> Decl:
        pos = self.pos
        self.advance()
        name = self.name().name
        self.expect("IS")
        base = self.data_type()
        if self.accept("RANGE"):
            low = self._additive()
            self.expect("..")
            base.bounds = (low, self._additive())
        base.not_null = self.accept("NOT", "NULL")
        self.expect(";")
        return SubtypeDecl(pos, name, base)

    def _type(self) -> Decl:
        pos = self.pos
        self.advance()
        name = self.name().name
        self.expect("IS")
        decl: Decl
        if self.accept("RECORD"):
            decl = RecordDecl(pos, name, self._fields())
        elif self.accept("REF"):
            self.expect("CURSOR")
            decl = RefCursorDecl(pos, name, self.data_type() if self.accept("RETURN") else None)
        else:
            decl = self.collection(pos, name)
        self.expect(";")
        return decl

    def collection(self, pos: tuple[int, int], name: str) -> CollectionDecl:
        """TABLE OF ... [INDEX BY ...] or VARRAY(n) OF ..."""
        if self.accept("TABLE"):
            self.expect("OF")
            element = self._element()
            if self.accept("INDEX"):
                self.expect("BY")
                return CollectionDecl(pos, name, "ASSOC", element, self.data_type())
            return CollectionDecl(pos, name, "NESTED", element)
        if self.accept("VARRAY") or self.accept("VARYING", "ARRAY"):
            self.expect("(")
            limit = self.constant_number()
            self.expect(")", "OF")
            return CollectionDecl(pos, name, "VARRAY", self._element(), limit=limit)
        raise self.unexpected("( array new range record ref table varray varying")

    def _element(self) -> TypeRef:
        element = self.data_type()
        element.not_null = self.accept("NOT", "NULL")
        return element

    def _fields(self) -> list[FieldDecl]:
        fields: list[FieldDecl] = []
        self.expect("(")
        while True:
            pos = self.pos
            name = self.name(reserved_ok=self.at("TYPE", "SUBTYPE")).name
            type_ref = self.data_type()
            not_null, default = self._default()
            fields.append(FieldDecl(pos, name, type_ref, not_null, default))
            if not self.accept(","):
                break
        self.expect(")")
        return fields

    def _cursor(self) -> CursorDecl:
        self.advance()
        pos = self.pos
        name = self.name().name
        params = self.parameters(bare=True)
        returns = self.data_type() if self.accept("RETURN") else None
        query = None
        if self.accept("IS"):
            query = self.sql_until(";")
        self.expect(";")
        return CursorDecl(pos, name, params, returns, query)

    # -------------------------------------------------------------- subprograms

    def parameters(self, *, bare: bool = False) -> list[Param]:
        """Formal parameters; a cursor's (`bare`) are IN and may be constrained."""
        params: list[Param] = []
        if not self.accept("("):
            return params
        while True:
            pos = self.pos
            name = self.name().name
            mode = "IN"
            if self.accept("IN"):
                mode = "IN OUT" if self.accept("OUT") else "IN"
            elif self.accept("OUT"):
                mode = "OUT"
            if bare and mode != "IN":
                self.fail("in")
            nocopy = self.accept("NOCOPY")
            type_ref = self.data_type()
            if type_ref.numbers and not bare:
                raise CompileError(
                    pos,
                    'PLS-00103: Encountered the symbol "(" when expecting one of the'
                    " following:\n\n   := . ) , @ % default character",
                )
            _, default = self._default()
            if default is not None and mode != "IN":
                raise pls(pos, 230)
            params.append(Param(pos, name, mode, nocopy, type_ref, default))
            if not self.accept(","):
                break
        self.expect(")")
        return params

    def subprogram(self, *, standalone: bool = False, listed: bool = False) -> SubprogramDecl:
        """PROCEDURE or FUNCTION: a declaration or a definition. `listed`: a method of an object
        type, which ends at a comma."""
        kind = self.advance().value
        pos = self.pos
        constructor, self.in_constructor = self.in_constructor, False
        name = self.name(reserved_ok=listed).name
        if standalone and self.at("."):
            self.advance()
            name = self.name().name
        params = self.parameters()
        returns = None
        if kind == "FUNCTION":
            self.expect("RETURN")
            if constructor:
                self.expect("SELF", "AS", "RESULT")
                returns = TypeRef(pos, (name,))
            else:
                returns = self.data_type()
            if returns.numbers:
                self.fail(". @ % ; is authid as cluster order using external character")
        decl = SubprogramDecl(pos, kind, name, params, returns, self._options())
        if self.at("IS", "AS"):
            self.advance()
            decl.body = self._body(name)
        elif not listed:
            self.expect(";")
        return decl

    def _options(self) -> list[str]:
        options: list[str] = []
        while self.at(*_OPTIONS):
            pos = self.pos
            word = self.advance().value
            if word == "AUTHID":
                word = f"AUTHID {self.advance().value}"
            elif word == "DEFAULT":
                self.expect("COLLATION")
                self.advance()
            elif word == "AGGREGATE" or word == "SQL_MACRO":
                raise Unsupported(611, word, *pos)
            elif word == "PIPELINED" and self.at("USING", "ROW", "TABLE"):
                raise Unsupported(611, "PIPELINED USING", *pos)
            elif word in ("PARALLEL_ENABLE", "ACCESSIBLE", "RESULT_CACHE"):
                self._skip_option()
            options.append(word)
        return options

    def _skip_option(self) -> None:
        """ACCESSIBLE BY (...), PARALLEL_ENABLE (...), RESULT_CACHE RELIES_ON (...)"""
        self.accept("BY")
        self.accept("RELIES_ON")
        depth = 0
        while self.at("(") or depth:
            if self.token is self.eof:
                self.fail(")")
            depth += {"(": 1, ")": -1}.get(self.advance().value, 0)

    def _body(self, name: str) -> Block:
        if self.at("LANGUAGE", "EXTERNAL", "MLE"):
            raise Unsupported(612, f"{self.token.value} call specification", *self.pos)
        self.enter()
        decls = self.declarations()
        block = self.block_body(decls, name)
        self.expect(";")
        self.leave()
        return block
