"""Static SQL: host variables, and running a statement from a frame.

The SQL engine resolves names; column names win over PL/SQL names there, as in Oracle ("PL/SQL
Language Reference 19c", Appendix B). What SQL's grammar does not know - subscripts, attributes,
:NEW.x, CURRENT OF - is replaced by generated host variables first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dtm.plsql.lexer import BIND, IDENT, OP, QUOTED, Token
from dtm.sandbox.interpreter import bridge
from dtm.sandbox.interpreter.compiler.mentions import mentions
from dtm.sandbox.interpreter.compiler.objects import ObjectMixin
from dtm.sandbox.interpreter.compiler.sqlcalls import function_refs
from dtm.sandbox.interpreter.compiler.symbols import (
    AttributeSymbol,
    Code,
    CursorSymbol,
    LabelSymbol,
    PackageSymbol,
    Place,
    RoutineGroup,
    Run,
    Symbol,
    Variable,
)
from dtm.sandbox.interpreter.registry import ATTRIBUTES
from dtm.sandbox.interpreter.runtime import MAX_SITES, Frame, Runtime
from dtm.sandbox.interpreter.syntax.errors import CompileError, pls
from dtm.sandbox.interpreter.syntax.expressions import ExpressionParser
from dtm.sandbox.interpreter.syntax.tree import Args, Attribute, Bind, Ident, Pos, Ref, SqlText
from dtm.sandbox.interpreter.types import (
    NUMBER,
    CollectionType,
    CursorType,
    PlType,
    RecordType,
    Scalar,
    ora_type,
)
from dtm.sandbox.interpreter.values import Record
from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.ports import Compiled, FunctionRef, HostVariable, SqlResult
from dtm.sandbox.kernel.types import Kind

Value = Any
Store = Callable[[Frame, Value], None]
Prepared = tuple[Compiled, list[Run]]  # a statement and how to get its host values


class SiteScope:
    """The HostScope of one statement: what names meant when it was compiled.

    While the unit compiles, `resolver` answers and the answers are kept; later compilations of the
    same text (after a DDL) use what is kept.
    """

    def __init__(self, resolver: HostMixin | None) -> None:
        self.resolver = resolver
        self.variables: dict[tuple[str, ...], HostVariable | None] = {}
        self.functions: dict[tuple[str, ...], FunctionRef | None] = {}

    def resolve(self, path: tuple[str, ...]) -> HostVariable | None:
        """See kernel.ports.HostScope."""
        if path not in self.variables and self.resolver is not None:
            self.variables[path] = self.resolver.host_variable(path)
        return self.variables.get(path)

    def resolve_function(self, path: tuple[str, ...]) -> FunctionRef | None:
        """See kernel.ports.HostScope."""
        if path not in self.functions and self.resolver is not None:
            self.functions[path] = self.resolver.host_function(path)
        return self.functions.get(path)


class SqlSite:
    """One static statement, compiled per session and catalog version."""

    __slots__ = ("binds", "invoker", "pos", "scope", "shared", "text")

    def __init__(
        self,
        text: str,
        scope: SiteScope,
        binds: dict[str, Run],
        pos: Pos,
        *,
        invoker: bool,
    ) -> None:
        self.text = text
        self.pos = pos  # where the text begins in the unit's source
        self.scope = scope
        self.binds = binds  # :placeholders of an anonymous block
        self.invoker = invoker
        # Of a unit that means the same in every session: a definer-rights one, or a block, whose
        # compiled code is kept per user and schema.
        self.shared: tuple[object, Prepared] | None = None

    def compiled(self, rt: Runtime) -> Prepared:
        """The statement and how to get its host values, for this session."""
        version: object = rt.catalog.version()
        if self.invoker:
            version = (version, rt.context.current_schema, rt.context.effective_user)
            found = rt.statements.get(self)
        else:
            found = self.shared
        if found is not None and found[0] == version:
            hit: Prepared = found[1]
            return hit
        compiled = rt.sql.compile(self.text, self.scope)
        getters: list[Run] = [
            self.binds[host] if isinstance(host, str) else host.key  # type: ignore[misc]
            for host in compiled.hosts
        ]
        prepared = (compiled, getters)
        if not self.invoker:
            self.shared = (version, prepared)
        else:
            if len(rt.statements) > MAX_SITES:
                rt.statements.clear()
            rt.statements[self] = (version, prepared)
        return prepared

    def run(self, f: Frame) -> tuple[Compiled, SqlResult]:
        """Run with the frame's values."""
        rt = f.rt
        try:
            compiled, getters = self.compiled(rt)
            result = rt.sql.run(compiled, [get(f) for get in getters])
        except Unsupported as refusal:
            if refusal.statement == self.text:
                line, column = refusal.place
                first, indent = self.pos
                refusal.put(first + line - 1, column + (indent - 1 if line == 1 else 0))
            raise
        return compiled, result

    def insert_many(self, f: Frame, slot: int, indexes: Sequence[int]) -> int:
        """FORALL: insert the rows of several indexes at once; how many, 0 when it takes `run` for
        each of them. `slot`: the index variable's."""
        rt = f.rt
        compiled, getters = self.compiled(rt)
        rows = []
        try:
            for f.v[slot] in indexes:
                rows.append([get(f) for get in getters])
        except OraError:
            return 0  # one by one shows which index it is
        return 0 if rt.sql.insert_many(compiled, rows) is None else len(rows)


class HostMixin(ObjectMixin):
    """Prepares static SQL."""

    def host_variable(self, path: tuple[str, ...]) -> HostVariable | None:
        """What a name in SQL means here, if it is a variable."""
        if len(path) == 1 and path[0].startswith("~"):
            code = self.generated.get(path[0]) or self.generated_later[path[0]]
            return host_value(code.run, code.type)
        symbol = self._host_symbol(path)
        if not isinstance(symbol, Variable | LabelSymbol | PackageSymbol | AttributeSymbol):
            return None
        ref = Ref((0, 0), [Ident(name, (0, 0)) for name in path])
        try:
            thing = self.walk(ref)
        except CompileError:
            return None
        if not isinstance(thing, Place | Code) or isinstance(thing.type, RecordType):
            return None
        if thing.type.kind is Kind.BOOLEAN:
            raise pls((0, 0), 382)
        return host_value(thing.load if isinstance(thing, Place) else thing.run, thing.type)

    def _host_symbol(self, path: tuple[str, ...]) -> Symbol | None:
        symbol = self.scope.find(path[0])
        if symbol is None and len(path) > 1:
            try:
                found = self.global_symbol(list(path), (0, 0))
            except (CompileError, OraError):
                return None
            symbol = None if found is None else found[0]
        return symbol

    def host_function(self, path: tuple[str, ...]) -> FunctionRef | None:
        """A PL/SQL function called in SQL."""
        if len(path) == 1 and path[0] in ATTRIBUTES:
            path = ("DBMS_STANDARD", ATTRIBUTES[path[0]])
        symbol = self._host_symbol(path)
        package = None
        if isinstance(symbol, PackageSymbol | LabelSymbol) and len(path) > 1:
            package = symbol
            symbol = symbol.member(path[-1])
        if not isinstance(symbol, RoutineGroup) or symbol.methods:
            return None
        functions = [r for r in symbol.routines if r.returns is not None]
        if not functions:
            return None
        if symbol.level > 1 and package is None:
            raise pls((0, 0), 231, symbol.name)
        return function_refs(path[-1], functions, self.unit.owner, self.unit.name)

    @property
    def generated(self) -> dict[str, Code]:
        """Generated host variables of the statement being compiled."""
        found: dict[str, Code] = self.__dict__.setdefault("generated_hosts", {})
        return found

    def sequence(self, owner: str, name: str, what: str, pos: Pos) -> Code:
        """sequence.NEXTVAL in an expression (11.1 and later)."""
        text = f'SELECT "{owner}"."{name}".{what} FROM SYS.DUAL'
        site = SqlSite(text, SiteScope(None), {}, pos, invoker=False)
        try:
            site.compiled(self.rt)
        except OraError as error:
            raise CompileError(pos, f"PL/SQL: ORA-{error.code:05d}: {error.message}") from None
        return Code(lambda f: site.run(f)[1].rows[0][0], NUMBER)

    # -------------------------------------------------------------- preparing

    def site(self, sql: SqlText, replaced: Sequence[tuple[int, int, str]] = ()) -> SqlSite:
        """Compile a statement now, for its errors, and keep it. `replaced`: more (start, end,
        text) replacements by offset in `sql.text`."""
        self.generated.clear()
        scope = SiteScope(self)
        text = self._substituted(sql, list(replaced))
        binds: dict[str, Run] = {}
        for token in sql.tokens:
            if token.kind == BIND and not self.pseudo:
                binds[token.value] = self.bind_place(
                    Bind((token.line, token.column), token.value)
                ).load
        site = SqlSite(
            text,
            scope,
            binds,
            self.source_pos(sql.start),
            invoker=not self.unit.definer and self.unit.type != "BLOCK",
        )
        try:
            site.compiled(self.rt)
        except OraError as error:
            pos = self.source_pos(sql.start + error.offset)
            if isinstance(error, Unsupported):
                raise Unsupported(error.number, error.construct, *pos) from None
            raise CompileError(pos, f"PL/SQL: ORA-{error.code:05d}: {error.message}") from None
        except CompileError as error:
            raise CompileError(sql.pos if error.pos == (0, 0) else error.pos, error.text) from None
        compiled = site.compiled(self.rt)[0]
        words = mentions(sql.tokens, hosts=bool(compiled.hosts), relations=len(compiled.relations))
        for relation in compiled.relations:
            self.depend_on_columns(relation, words)
        scope.resolver = None
        return site

    def source_pos(self, offset: int) -> Pos:
        """Line and column of an offset in the unit's source."""
        line = self.source.count("\n", 0, offset) + 1
        return line, offset - (self.source.rfind("\n", 0, offset) + 1) + 1

    def _substituted(self, sql: SqlText, replaced: list[tuple[int, int, str]]) -> str:
        tokens = sql.tokens
        index = 0
        taken = [(sql.start + start, sql.start + end) for start, end, _ in replaced]
        while index < len(tokens):
            if any(start <= tokens[index].offset < end for start, end in taken):
                index += 1
                continue
            span = self._substitution(tokens, index)
            if span is None:
                index += 1
                continue
            last, code, text = span
            name = f"~{len(self.generated) + 1}"
            self.generated[name] = code
            start = tokens[index].offset - sql.start
            end = tokens[last - 1].end - sql.start
            replaced.append((start, end, text.format(f'"{name}"').ljust(end - start)))
            index = last
        out = sql.text
        for start, end, text in sorted(replaced, reverse=True):
            out = out[:start] + text + out[end:]
        return out

    def _substitution(self, tokens: list[Token], index: int) -> tuple[int, Code, str] | None:
        """A part that needs a generated host variable: (index behind it, value, its text)."""
        token = tokens[index]
        if token.kind == BIND:
            return self._pseudo_column(tokens, index) if self.pseudo else None
        if token.kind not in (IDENT, QUOTED):
            return None
        before = tokens[index - 1] if index else None
        if before is not None and before.value == "." and before.kind == OP:
            return None
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.value == "CURRENT" and following is not None and following.value == "OF":
            return self._current_of(tokens, index)
        if following is None or following.kind != OP or following.value not in (".", "(", "%"):
            return None
        return self._element_or_attribute(tokens, index)

    def _element_or_attribute(
        self, tokens: list[Token], index: int
    ) -> tuple[int, Code, str] | None:
        """collection(i), collection.COUNT, cursor%ROWCOUNT"""
        token, following = tokens[index], tokens[index + 1]
        symbol = self.scope.find(token.value)
        sql_attribute = token.value == "SQL" and following.value == "%"
        if not isinstance(symbol, Variable | CursorSymbol | LabelSymbol) and not sql_attribute:
            return None
        parser = ExpressionParser(self.source, tokens[index:])
        try:
            ref = parser.reference()
        except CompileError:
            return None
        if not any(isinstance(part, Args | Attribute) for part in ref.parts) and not (
            self._is_method(ref)
        ):
            return None
        try:
            code = self.value_of(ref)
        except CompileError:
            if isinstance(symbol, Variable) and isinstance(symbol.type, CollectionType):
                raise
            return None
        if isinstance(code.type, RecordType) or code.type.kind is Kind.BOOLEAN:
            raise pls(ref.pos, 382)
        return index + parser.index, code, "{}"

    def _is_method(self, ref: Ref) -> bool:
        last = ref.parts[-1]
        if not isinstance(last, Ident) or last.name not in ("COUNT", "FIRST", "LAST", "LIMIT"):
            return False
        symbol = self.scope.find(ref.parts[0].name)  # type: ignore[union-attr]
        return isinstance(symbol, Variable) and isinstance(symbol.type, CollectionType)

    def _pseudo_column(self, tokens: list[Token], index: int) -> tuple[int, Code, str] | None:
        if index + 2 >= len(tokens) or tokens[index + 1].value != ".":
            raise pls((tokens[index].line, tokens[index].column), 49, tokens[index].value)
        bind = Bind(
            (tokens[index].line, tokens[index].column),
            tokens[index].value,
            tokens[index + 2].value,
        )
        place = self.bind_place(bind)
        return index + 3, Code(place.load, place.type), "{}"

    def _current_of(self, tokens: list[Token], index: int) -> tuple[int, Code, str]:
        parser = ExpressionParser(self.source, tokens[index + 2 :])
        ref = parser.reference()
        return index + 2 + parser.index, self.current_rowid(ref), "ROWID = {}"

    def current_rowid(self, ref: Ref) -> Code:
        """The row a FOR UPDATE cursor stands on; the cursor compiler has it."""
        raise NotImplementedError

    # -------------------------------------------------------------- record forms

    def record_values(self, ref: Ref) -> list[tuple[str, str]]:
        """(field, generated host variable) of a record used in INSERT or UPDATE."""
        code = self.value_of(ref)
        if not isinstance(code.type, RecordType):
            raise pls(ref.pos, 382)
        run = code.run
        names: list[tuple[str, str]] = []
        for index, field in enumerate(code.type.fields):
            name = f"~r{index + 1}"
            self.generated_later[name] = Code(_field_reader(run, index), field.type)
            names.append((field.name, f'"{name}"'))
        return names

    @property
    def generated_later(self) -> dict[str, Code]:
        """Generated variables that survive the clearing in `site`."""
        found: dict[str, Code] = self.__dict__.setdefault("later_hosts", {})
        return found


def host_value(run: Run, kind: PlType) -> HostVariable:
    """A value of the program as SQL sees it."""
    if isinstance(kind, Scalar | CursorType):
        return HostVariable(run, ora_type(kind))
    return HostVariable(lambda f: bridge.to_sql(run(f)), bridge.sql_type(kind),
                        bridge.shape_of(kind))  # fmt: skip


def _field_reader(run: Run, index: int) -> Run:
    def read(f: Frame) -> Value:
        record: Record = run(f)
        return record.fields[index]

    return read
