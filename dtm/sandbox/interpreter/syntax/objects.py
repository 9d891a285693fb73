"""Object types: CREATE TYPE ... AS OBJECT | UNDER, and their bodies.

PL/SQL Language Reference 19c, "CREATE TYPE Statement", "CREATE TYPE BODY Statement".
"""

from __future__ import annotations

from dtm.sandbox.interpreter.syntax.statements import StatementParser
from dtm.sandbox.interpreter.syntax.tree import (
    FieldDecl,
    Method,
    ObjectDecl,
    Param,
    Pos,
    SubprogramDecl,
    TypeRef,
)
from dtm.sandbox.kernel.errors import Unsupported

_KINDS = ("MEMBER", "STATIC", "CONSTRUCTOR", "MAP", "ORDER")
_WORDS = ("OVERRIDING", "FINAL", "INSTANTIABLE")
SELF = "SELF"


class ObjectParser(StatementParser):
    """Parses object types."""

    def object_type(self, pos: Pos, name: str) -> ObjectDecl:
        """From OBJECT or UNDER on."""
        under = None
        if self.accept("UNDER"):
            under = self.data_type()
        else:
            self.expect("OBJECT")
        if self.at("EXTERNAL"):
            raise Unsupported(612, "EXTERNAL object type", *self.pos)
        decl = ObjectDecl(pos, name, under, [], [])
        if self.accept("("):
            while True:
                self._element_of(decl)
                if not self.accept(","):
                    break
            self.expect(")")
        while self.at("NOT", "FINAL", "INSTANTIABLE", "PERSISTABLE"):
            positive = not self.accept("NOT")
            word = self.advance().value
            if word == "FINAL":
                decl.final = positive
            elif word == "INSTANTIABLE":
                decl.instantiable = positive
        return decl

    def _element_of(self, decl: ObjectDecl) -> None:
        if self.at("PRAGMA"):
            depth = 0
            while self.token is not self.eof and (depth or not self.at(",", ")", ";")):
                depth += {"(": 1, ")": -1}.get(self.advance().value, 0)
            return
        if self._at_method():
            decl.methods.append(self._method(decl.name, body=False))
            return
        pos = self.pos
        name = self.name(reserved_ok=True).name
        decl.attributes.append(FieldDecl(pos, name, self.data_type(), False, None))

    def _at_method(self) -> bool:
        """Does a method begin here? MAP, FINAL ... may be names of attributes."""
        if self.at("NOT"):
            return True
        following = self.peek()
        return self.at(*_KINDS, *_WORDS) and following.value in (
            "FUNCTION", "PROCEDURE", "NOT", *_KINDS, *_WORDS,
        )  # fmt: skip

    def _method(self, type_name: str, *, body: bool) -> SubprogramDecl:
        words: set[str] = set()
        while self.at("NOT", *_WORDS):
            negated = self.accept("NOT")
            word = self.advance().value
            words.add(f"NOT {word}" if negated else word)
        role = ""
        if self.at("MAP", "ORDER"):
            role = self.advance().value
        if not self.at("MEMBER", "STATIC", "CONSTRUCTOR"):
            self.fail("member static constructor")
        method = Method(self.advance().value, role, frozenset(words))
        if not self.at("FUNCTION", "PROCEDURE"):
            self.fail("function procedure")
        self.in_constructor = method.kind == "CONSTRUCTOR"
        decl = self.subprogram(listed=not body)
        decl.method = method
        if method.kind != "STATIC":
            self._with_self(decl, type_name)
        return decl

    @staticmethod
    def _with_self(decl: SubprogramDecl, type_name: str) -> None:
        """SELF is the first parameter, written or not: IN of a function, else IN OUT."""
        if decl.params and decl.params[0].name == SELF:
            return
        reads = decl.kind == "FUNCTION" and decl.method is not None
        if decl.method is not None and decl.method.kind == "CONSTRUCTOR":
            reads = False
        own = TypeRef(decl.pos, (type_name,))
        decl.params.insert(0, Param(decl.pos, SELF, "IN" if reads else "IN OUT", False, own, None))

    def object_body(self, type_name: str) -> list[SubprogramDecl]:
        """The definitions of a type body, up to END."""
        methods: list[SubprogramDecl] = []
        while not self.at("END"):
            if not self._at_method():
                self.fail("end final instantiable order overriding static member constructor map")
            methods.append(self._method(type_name, body=True))
        self.expect("END")
        self._end_name(type_name)
        self.accept(";")
        return methods
