"""A package's PL/SQL as the checks need it: specification, body, who calls whom, what is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from dtm.manifests.sources import Source
from dtm.plsql.lexer import IDENT, OP, QUOTED, STRING, Token, lex
from dtm.plsql.outline import Subprogram, Unit, outline

HELPERS = ("DTM", "DOM")
GETTERS = {"GET_NUM_PARAM": "number", "GET_STRING_PARAM": "string", "GET_DATE_PARAM": "date"}
_HELPER_CALLS = frozenset({*GETTERS, "INITIALISE", "EXECUTE_IMMEDIATE", "OPERATION_COMPLETE"})
_STATEMENT_BEFORE = frozenset({";", "BEGIN", "THEN", "ELSE", "LOOP", ">>"})
_DDL = frozenset(
    {"ALTER", "ANALYZE", "CREATE", "DROP", "GRANT", "PURGE", "RENAME", "REVOKE", "TRUNCATE"}
)


@dataclass(frozen=True, slots=True)
class ParameterUse:
    """A call of a getter with a literal name; `getter` in upper case."""

    name: str
    getter: str
    token: Token


@dataclass(frozen=True)
class Routine:
    """The code of one top-level subprogram of the body, or of everything around them."""

    name: str
    tokens: tuple[Token, ...]
    autonomous: bool = False

    @cached_property
    def words(self) -> frozenset[str]:
        """Every identifier in it."""
        return frozenset(t.value for t in self.tokens if t.kind in (IDENT, QUOTED))

    def parameter_uses(self) -> Iterator[ParameterUse]:
        """Yield the calls DTM.GET_..._PARAM(handle, 'NAME') with a literal name."""
        for number, token in enumerate(self.tokens):
            if token.value in GETTERS and token.kind == IDENT and self._qualified(number):
                literal = _name_argument(self.tokens, number + 1)
                if literal is not None:
                    yield ParameterUse(literal.value.upper(), token.value, literal)

    def transaction_ends(self) -> Iterator[tuple[str, Token]]:
        """Yield COMMIT, ROLLBACK (not TO a savepoint) and literal DDL, with their place."""
        if self.autonomous:
            return
        for number, token in enumerate(self.tokens):
            if token.kind == IDENT and token.value in ("COMMIT", "ROLLBACK"):
                before = self.tokens[number - 1].value if number else ";"
                after = {t.value for t in self.tokens[number + 1 : number + 3]}
                if before in _STATEMENT_BEFORE and "TO" not in after:
                    yield token.value, token
            elif token.kind == STRING and self._executed(number):
                word = token.value.split(maxsplit=1)[:1]
                if word and word[0].upper() in _DDL:
                    yield f"DDL ({word[0].upper()})", token

    def _qualified(self, number: int) -> bool:
        return (
            number >= 2
            and self.tokens[number - 1].value == "."
            and self.tokens[number - 2].value in HELPERS
        )

    def _executed(self, number: int) -> bool:
        """Say whether the literal begins a statement for EXECUTE IMMEDIATE or the helper's."""
        before = [token.value for token in self.tokens[max(0, number - 6) : number]]
        return before[-2:] == ["EXECUTE", "IMMEDIATE"] or (
            "EXECUTE_IMMEDIATE" in before and before[-1] in (",", "=>")
        )


def helper_use(text: str, helper: str) -> Token | None:
    """Return the first place where one of the helper's subprograms is called by that name."""
    tokens = lex(text).tokens
    for number, token in enumerate(tokens[:-2]):
        if (
            token.value == helper
            and tokens[number + 1].value == "."
            and tokens[number + 2].value in _HELPER_CALLS
        ):
            return token
    return None


def _name_argument(tokens: tuple[Token, ...], number: int) -> Token | None:
    """Return the literal given for p_name: the second argument, or by name."""
    if number >= len(tokens) or tokens[number].value != "(":
        return None
    depth, position = 1, 1
    for at in range(number + 1, len(tokens)):
        token = tokens[at]
        if token.kind == OP and token.value in "()":
            depth += 1 if token.value == "(" else -1
            if depth == 0:
                return None
        elif depth == 1 and token.kind == OP and token.value == ",":
            position += 1
        elif token.kind == STRING and depth == 1:
            previous = [t.value for t in tokens[at - 2 : at]]
            by_name = previous == ["P_NAME", "=>"]
            if by_name or (position == 2 and previous[-1] == ","):
                ends = tokens[at + 1].value if at + 1 < len(tokens) else ")"
                return token if ends in (",", ")") else None
    return None


class PackageCode:
    """Specification and body of the package named `name`, as far as they are among the sources."""

    def __init__(self, name: str, sources: Iterable[Source]) -> None:
        self.name = name
        self.outlines = [(source, outline(source.text)) for source in sources]
        self.spec = self._unit("PACKAGE")
        self.body = self._unit("PACKAGE BODY")

    def _unit(self, kind: str) -> tuple[Source, Unit] | None:
        for source, found in self.outlines:
            for unit in found.units:
                if unit.kind == kind and unit.name == self.name:
                    return source, unit
        return None

    @property
    def sound(self) -> bool:
        """Whether no source has a syntax error, after which an outline may lack something."""
        return not any(found.errors for _, found in self.outlines)

    @property
    def readable(self) -> bool:
        """Whether the specification is there and not wrapped."""
        return self.spec is not None and not self.spec[1].wrapped

    def declared(self, name: str) -> tuple[Subprogram, ...]:
        """Return the declarations of that name in the specification."""
        return self.spec[1].find(name) if self.spec else ()

    def declared_names(self) -> list[str]:
        """Names of all subprograms of the specification."""
        return sorted({one.name for one in self.spec[1].subprograms}) if self.spec else []

    def may_declare(self, name: str) -> bool:
        """Say whether conditional compilation may bring in a subprogram the outline did not see."""
        if self.spec is None:
            return False
        text = self.spec[0].text.upper()
        return "$IF" in text and name in text

    @cached_property
    def _routines(self) -> tuple[dict[str, list[Routine]], Routine]:
        if self.body is None or self.body[1].wrapped:
            return {}, Routine("", ())
        source, unit = self.body
        tokens = lex(source.text).tokens
        routines: dict[str, list[Routine]] = {}
        outside = [t for t in tokens if unit.span.start <= t.offset < unit.span.end]
        for one in unit.subprograms:
            if not one.has_body:
                continue
            span = one.span
            inside = tuple(t for t in outside if span.start <= t.offset < span.end)
            outside = [t for t in outside if not span.start <= t.offset < span.end]
            autonomous = any(p.name.upper() == "AUTONOMOUS_TRANSACTION" for p in one.pragmas)
            routines.setdefault(one.name, []).append(Routine(one.name, inside, autonomous))
        return routines, Routine("", tuple(outside))

    def reachable(self, names: Iterable[str]) -> list[Routine]:
        """Return the body's routines that calls of `names` may run, the package's own block too."""
        routines, outside = self._routines
        found = [outside]
        pending = [name for name in names if name in routines]
        pending += [word for word in outside.words if word in routines and _called(outside, word)]
        seen: set[str] = set()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            for routine in routines[name]:
                found.append(routine)
                pending += [w for w in routine.words if w in routines and w not in seen]
        return found


def _called(outside: Routine, name: str) -> bool:
    """Forward declarations name a routine without calling it."""
    for number, token in enumerate(outside.tokens):
        if token.value == name and number:
            before = outside.tokens[number - 1].value
            if before not in ("PROCEDURE", "FUNCTION", "BODY", "END"):
                return True
    return False
