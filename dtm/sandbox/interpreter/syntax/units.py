"""Whole units: what follows CREATE, and anonymous blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dtm.plsql.lexer import lex
from dtm.sandbox.interpreter.syntax.conditional import Constant, Preprocessor
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import (
    Decl,
    ObjectDecl,
    Unit,
)
from dtm.sandbox.interpreter.syntax.triggers import TriggerParser
from dtm.sandbox.kernel.errors import Unsupported


class UnitParser(TriggerParser):
    """Parses one unit; the text may begin with CREATE or with the type word."""

    def unit(self) -> Unit:
        """CREATE [OR REPLACE] ..., the text of USER_SOURCE, or an anonymous block."""
        replace = force = False
        if self.accept("CREATE"):
            replace = self.accept("OR", "REPLACE")
            force = self.accept("FORCE")
            self.accept("EDITIONABLE") or self.accept("NONEDITIONABLE")
        start = self.token.offset
        pos = self.pos
        if self.accept("PACKAGE"):
            unit = self._package(body=self.accept("BODY"))
        elif self.at("PROCEDURE", "FUNCTION"):
            unit = self._standalone()
        elif self.accept("TRIGGER"):
            unit = self.trigger()
        elif self.accept("TYPE"):
            unit = self._type_unit()
        elif self.at("DECLARE", "BEGIN", "<<"):
            unit = self._anonymous()
        else:
            self.fail("package procedure function trigger type")
        unit.replace = replace
        unit.force = force
        unit.pos = pos
        unit.body_start = start
        if self.token is not self.eof:
            self.fail()
        return unit

    def unit_name(self) -> tuple[str | None, str]:
        """[schema.]name"""
        name = self.name().name
        if self.accept("."):
            return name, self.name().name
        return None, name

    def _package(self, *, body: bool) -> Unit:
        pos = self.pos
        owner, name = self.unit_name()
        unit = Unit("PACKAGE BODY" if body else "PACKAGE", owner, name, pos)
        unit.invoker = "AUTHID CURRENT_USER" in self._options()
        if not self.at("IS", "AS"):
            if self.at("WRAPPED"):
                raise Unsupported(620, "wrapped PL/SQL unit", *self.pos)
            self.fail("is as authid")
        self.advance()
        unit.decls = self.declarations()
        if self.at("BEGIN"):
            unit.block = self.block_body([], name)
        else:
            self.expect("END")
            self._end_name(name)
        self.expect(";")
        return unit

    def _standalone(self) -> Unit:
        index = self.index
        self.advance()
        owner, name = self.unit_name()
        self.index = index
        decl = self.subprogram(standalone=True)
        if decl.body is None:
            self.index -= 1
            self.fail("is as")
        unit = Unit(decl.kind, owner, name, decl.pos, subprogram=decl)
        unit.invoker = "AUTHID CURRENT_USER" in decl.options
        return unit

    def _anonymous(self) -> Unit:
        pos = self.pos
        label = None
        if self.accept("<<"):
            label = self.name().name
            self.expect(">>")
        self.accept("DECLARE")
        decls: list[Decl] = [] if self.at("BEGIN") else self.declarations()
        block = self.block_body(decls, label)
        block.label = label
        self.expect(";")
        return Unit("BLOCK", None, "__anonymous_block", pos, block=block)

    def _type_unit(self) -> Unit:
        body = self.accept("BODY")
        pos = self.pos
        owner, name = self.unit_name()
        unit = Unit("TYPE BODY" if body else "TYPE", owner, name, pos)
        if body:
            if not self.accept("IS"):
                self.expect("AS")
            unit.decls = [*self.object_body(name)]
            return unit
        self.accept("FORCE")
        if self.accept("OID"):
            self.advance()
        unit.invoker = "AUTHID CURRENT_USER" in self._options()
        if self.token is self.eof or self.accept(";"):
            unit.decls = [ObjectDecl(pos, name, None, [], [], complete=False)]
            return unit
        if not self.at("UNDER") and not self.accept("IS"):
            self.expect("AS")
        if self.at("OPAQUE"):
            raise Unsupported(622, "opaque type", *self.pos)
        if self.at("OBJECT", "UNDER"):
            unit.decls = [self.object_type(pos, name)]
        else:
            unit.decls = [self.collection(pos, name)]
        self.accept(";")
        return unit


def parse_unit(source: str, inquiries: Mapping[str, Any], constant: Constant) -> Unit:
    """Parse a unit after conditional compilation. CompileError or Unsupported."""
    tokens = Preprocessor(source, inquiries, constant).run(lex(source).tokens)
    parser = UnitParser(source, tokens)
    try:
        return parser.unit()
    except RecursionError:
        raise pls(parser.pos, 123, "Diana nodes") from None
