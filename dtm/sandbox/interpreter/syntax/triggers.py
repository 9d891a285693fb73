"""Triggers: simple and compound DML triggers, INSTEAD OF, CALL, DDL and LOGON triggers.

PL/SQL Language Reference 19c, "CREATE TRIGGER Statement".
"""

from __future__ import annotations

from dtm.sandbox.interpreter.syntax.objects import ObjectParser
from dtm.sandbox.interpreter.syntax.tree import (
    Block,
    Call,
    Decl,
    SubprogramDecl,
    TriggerHeader,
    Unit,
)
from dtm.sandbox.kernel.errors import Unsupported

_DML = ("INSERT", "UPDATE", "DELETE")
# Events of the database and of schemas that the sandbox has.
_EVENTS = ("ALTER", "ANALYZE", "COMMENT", "CREATE", "DDL", "DROP", "GRANT", "RENAME", "REVOKE",
           "TRUNCATE", "LOGON")  # fmt: skip


class TriggerParser(ObjectParser):
    """Parses triggers."""

    def unit_name(self) -> tuple[str | None, str]:
        """[schema.]name; the unit parser has it."""
        raise NotImplementedError

    def trigger(self) -> Unit:
        """From the name on."""
        pos = self.pos
        owner, name = self.unit_name()
        unit = Unit("TRIGGER", owner, name, pos)
        if self.accept("FOR"):
            timing = "COMPOUND"
        elif self.accept("INSTEAD", "OF"):
            timing = "INSTEAD OF"
        elif self.at("BEFORE", "AFTER"):
            timing = self.advance().value
        else:
            self.fail("before after instead for")
        header = unit.trigger = TriggerHeader(pos, timing, [], [], None, "", False, None)
        if timing in ("BEFORE", "AFTER") and not self.at(*_DML):
            self._event_trigger(header)
        else:
            self._dml_trigger(header)
        self._options_of(header)
        if timing == "COMPOUND":
            self._compound(unit, name)
        else:
            self._trigger_body(unit, name)
        return unit

    # -------------------------------------------------------------- headers

    def _dml_trigger(self, header: TriggerHeader) -> None:
        self._dml_events(header)
        self.expect("ON")
        if self.at("NESTED"):
            raise Unsupported(626, "trigger on a nested table", *self.pos)
        header.table_owner, header.table = self.unit_name()
        self._referencing(header)
        if self.accept("FOR", "EACH") and not self.accept("STATEMENT"):
            self.expect("ROW")
            header.row_level = True
        header.row_level = header.row_level or header.timing == "INSTEAD OF"

    def _dml_events(self, header: TriggerHeader) -> None:
        while True:
            if not self.at(*_DML):
                raise self.unexpected("delete insert update")
            header.events.append(self.advance().value)
            if header.events[-1] == "UPDATE" and self.accept("OF"):
                header.columns.append(self.name().name)
                while self.accept(","):
                    header.columns.append(self.name().name)
            if not self.accept("OR"):
                return

    def _event_trigger(self, header: TriggerHeader) -> None:
        while True:
            if not self.at(*_EVENTS):
                raise Unsupported(626, f"trigger on {self.token.text}", *self.pos)
            header.events.append(self.advance().value)
            if not self.accept("OR"):
                break
        self.expect("ON")
        self.accept("PLUGGABLE")
        if self.accept("DATABASE"):
            header.scope = "DATABASE"
            return
        header.scope = "SCHEMA"
        if not self.accept("SCHEMA"):
            header.table_owner = self.name().name
            self.expect(".", "SCHEMA")

    def _referencing(self, header: TriggerHeader) -> None:
        if not self.accept("REFERENCING"):
            return
        while self.at("OLD", "NEW"):
            word = self.advance().value
            self.accept("AS")
            alias = self.name().name
            if word == "OLD":
                header.old = alias
            else:
                header.new = alias

    def _options_of(self, header: TriggerHeader) -> None:
        """FOLLOWS, ENABLE, DISABLE, WHEN."""
        if self.at("PRECEDES"):
            raise Unsupported(624, "PRECEDES", *self.pos)
        if self.accept("FOLLOWS"):
            header.follows.append(self.unit_name())
            while self.accept(","):
                header.follows.append(self.unit_name())
        header.enabled = not self.accept("DISABLE")
        self.accept("ENABLE")
        if self.accept("WHEN"):
            self.expect("(")
            header.when = self.expression()  # here NEW and OLD stand without their colons
            self.expect(")")

    # -------------------------------------------------------------- bodies

    def _trigger_body(self, unit: Unit, name: str) -> None:
        if self.accept("CALL"):
            pos = self.pos
            call = Call(pos, self.reference())
            self.accept(";")
            unit.block = Block(pos, [], [call], [], pos)
            return
        if self.at("<<"):
            self.advance()
            self.name()
            self.expect(">>")
        decls: list[Decl] = []
        if self.accept("DECLARE"):
            decls = self.declarations()
        unit.block = self.block_body(decls, name)
        self.expect(";")

    def _compound(self, unit: Unit, name: str) -> None:
        """COMPOUND TRIGGER declarations, sections, END [name];"""
        self.expect("COMPOUND", "TRIGGER")
        while not self._at_section():
            if self.token is self.eof or self.at("END"):
                self.fail("after before instead")
            unit.decls.append(self.declaration())
        while self._at_section():
            section = self._section()
            assert unit.trigger is not None  # noqa: S101
            if section.name in [each.name for each in unit.trigger.sections]:
                self.fail("end")
            unit.trigger.sections.append(section)
        self.expect("END")
        self._end_name(name)
        self.expect(";")

    def _at_section(self) -> bool:
        return (self.at("BEFORE", "AFTER") and self.peek().value in ("STATEMENT", "EACH")) or (
            self.at_sequence("INSTEAD", "OF")
        )

    def _point(self) -> str:
        if self.accept("INSTEAD", "OF"):
            self.expect("EACH", "ROW")
            return "INSTEAD OF ROW"
        timing = self.advance().value
        if self.accept("STATEMENT"):
            return f"{timing} STATEMENT"
        self.expect("EACH", "ROW")
        return f"{timing} ROW"

    def _section(self) -> SubprogramDecl:
        pos = self.pos
        point = self._point()
        if not self.accept("IS"):
            self.expect("AS")
        decls: list[Decl] = [] if self.at("BEGIN") else self.declarations()
        self.expect("BEGIN")
        body = self.statements()
        handlers = self._handlers() if self.accept("EXCEPTION") else []
        end = self.pos
        self.expect("END")
        if self._point() != point:
            self.fail(point.lower())
        self.expect(";")
        block = Block(pos, decls, body, handlers, end)
        return SubprogramDecl(pos, "PROCEDURE", point, [], None, [], block)
