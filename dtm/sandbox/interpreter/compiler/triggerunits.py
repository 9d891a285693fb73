"""Triggers as units: slot 0 of a trigger's frame holds the TriggerEvent.

PL/SQL Language Reference 19c, "PL/SQL Triggers": "Correlation Names and Pseudorecords", "Compound
DML Triggers".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dtm.plsql.lexer import IDENT, QUOTED, lex
from dtm.sandbox.interpreter.compiler.objectunits import ObjectUnitMixin
from dtm.sandbox.interpreter.compiler.symbols import Exec, Layout, Place, Run
from dtm.sandbox.interpreter.runtime import Frame, Param, Routine
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.types import Scalar
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import TriggerEvent
from dtm.sandbox.kernel.types import Kind, OraType

Value = Any
_ANY = OraType(Kind.NULL)


@dataclass(slots=True, eq=False)
class CompiledTrigger:
    """A trigger; `when` decides whether the body runs. `sections` of a compound one by timing
    point, `enter` initialises what its declarative part declares."""

    routine: Routine
    when: Run | None
    sections: dict[str, Routine] = field(default_factory=dict)
    enter: list[Exec] = field(default_factory=list)


class TriggerUnitMixin(ObjectUnitMixin):
    """Compiles triggers."""

    trigger: tree.TriggerHeader | None = None

    def trigger_unit(self, unit: tree.Unit, owner: str) -> CompiledTrigger:
        """Any trigger."""
        header = unit.trigger
        assert header is not None  # noqa: S101
        self.trigger = header
        self.trigger_columns: dict[str, Scalar] = {}
        self.pseudo = {"NEW": Place(Scalar(_ANY), lambda _f: None)}
        if not header.scope:
            self._columns_of(header, owner)
        routine = Routine(unit.name, [Param("~EVENT", Scalar(_ANY))], None, self.unit)
        self.layout = Layout(0, 1)
        when = None
        if header.when is not None:
            level, header.row_level = header.row_level, not header.scope
            when = self.boolean(self.expression(_colons(header.when, header)), header.when.pos)
            header.row_level = level
        if header.timing == "COMPOUND":
            return self._compound(unit, header, CompiledTrigger(routine, when))
        block = unit.block
        assert block is not None  # noqa: S101
        self.routine = routine
        body = self.block(block)

        def run(f: Frame) -> None:
            body(f)

        routine.run = run
        routine.size = self.layout.size
        return CompiledTrigger(routine, when)

    def _columns_of(self, header: tree.TriggerHeader, owner: str) -> None:
        path = (
            (header.table,) if header.table_owner is None else (header.table_owner, header.table)
        )
        table = self.catalog.resolve(path, owner)
        if table is None:
            raise pls(header.pos, 201, header.table)
        words = {t.value for t in lex(self.source).tokens if t.kind in (IDENT, QUOTED)}
        self.depend_on_columns(table, words)
        columns = self.catalog.columns(table[0], table[1]) or ()
        self.trigger_columns = {column.name: Scalar(column.type) for column in columns}

    def _compound(
        self, unit: tree.Unit, header: tree.TriggerHeader, found: CompiledTrigger
    ) -> CompiledTrigger:
        found.enter = self.declarations(unit.decls)
        for section in header.sections:
            timing, _, level = section.name.rpartition(" ")
            header.timing, header.row_level = timing, level == "ROW"
            routine = Routine(section.name, [], None, self.unit)
            routine.level = 1
            routine.entry_line = section.pos[0]
            self.subprogram_body(section, routine)
            found.sections[section.name] = routine
        header.timing, header.row_level = "COMPOUND", False
        found.routine.size = self.layout.size
        return found

    # -------------------------------------------------------------- :NEW and :OLD

    def pseudo_place(self, bind: tree.Bind) -> Place:
        """:NEW.column, :OLD.column; only BEFORE ... FOR EACH ROW may assign :NEW."""
        header = self.trigger
        assert header is not None  # noqa: S101
        sides = {header.new: "new", header.old: "old"}
        side = sides.get(bind.name)
        name = bind.name if bind.member is None else f"{bind.name}.{bind.member}"
        plain = not header.sections
        if plain and side is not None and bind.member is not None and not header.row_level:
            raise OraError(4082)
        if side is None or bind.member is None or not header.row_level:
            raise pls(bind.pos, 49, name)
        kind = self.trigger_columns.get(bind.member)
        if kind is None:
            raise pls(bind.pos, 49, name)
        place = Place(kind, self._event_reader(side, bind.member), text=bind.member)
        if side == "new" and header.timing == "BEFORE":
            place.store = self._event_writer(bind.member)
        elif plain:
            place.refusal = OraError(4084 if side == "new" else 4085)
        return place

    def _event_reader(self, side: str, column: str) -> Run:
        event = self.slot_loader(0, 0)

        def load(f: Frame) -> Value:
            row = getattr(event(f), side)
            return None if row is None else row.get(column)

        return load

    def _event_writer(self, column: str) -> Callable[[Frame, Value], None]:
        event = self.slot_loader(0, 0)

        def store(f: Frame, value: Value) -> None:
            fired: TriggerEvent = event(f)
            if fired.new is not None:
                fired.new[column] = value

        return store


def _colons(expr: Any, header: tree.TriggerHeader) -> Any:
    """WHEN (NEW.X > 1): there NEW and OLD have no colon."""
    if isinstance(expr, tree.Ref):
        head = expr.parts[0]
        if isinstance(head, tree.Ident) and head.name in (header.new, header.old):
            member = expr.parts[1] if len(expr.parts) > 1 else None
            name = member.name if isinstance(member, tree.Ident) else None
            return tree.Bind(expr.pos, head.name, name)
        for part in expr.parts:
            if isinstance(part, tree.Args):
                for arg in part.args:
                    arg.value = _colons(arg.value, header)
        return expr
    for name in getattr(expr, "__slots__", ()):
        value = getattr(expr, name)
        if isinstance(value, list):
            setattr(expr, name, [_colons(item, header) for item in value])
        elif hasattr(value, "pos"):
            setattr(expr, name, _colons(value, header))
    return expr
