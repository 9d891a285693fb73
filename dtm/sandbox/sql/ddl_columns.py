"""Column definitions and constraints as written (SQL Language Reference 19c, CREATE TABLE,
"constraint")."""

from __future__ import annotations

from dataclasses import dataclass, field

from dtm.sandbox.kernel.types import OraType
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Name, Tokens, parsed
from dtm.sandbox.sql.ddl_types import parse_type
from dtm.sandbox.sql.parse_statements import parse_condition, parse_expression

# Words that end a DEFAULT expression or an inline expression.
_COLUMN_STOPS = frozenset(
    "CONSTRAINT NOT NULL UNIQUE PRIMARY REFERENCES CHECK ENABLE DISABLE VISIBLE INVISIBLE "  # noqa: SIM905
    "GENERATED ENCRYPT".split()
)
_STATE_WORDS = {
    "ENABLE": ("enabled", True),
    "DISABLE": ("enabled", False),
    "VALIDATE": ("validated", True),
    "NOVALIDATE": ("validated", False),
    "DEFERRABLE": ("deferrable", True),
    "RELY": ("rely", True),
    "NORELY": ("rely", False),
}


@dataclass(slots=True)
class SequenceOptions:
    """START WITH, INCREMENT BY ... as written; None where not."""

    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    no_minimum: bool = False
    no_maximum: bool = False
    cycle: bool | None = None
    cache: int | None = None
    ordered: bool | None = None
    restart: bool = False
    start_limit: bool = False


@dataclass(slots=True)
class ConstraintDef:
    """A constraint as written. `type`: P, U, R, C, N (NOT NULL), 0 (NULL)."""

    type: str
    name: str | None = None
    columns: tuple[str, ...] = ()
    condition: str | None = None
    references: Name | None = None
    referenced_columns: tuple[str, ...] = ()
    delete_rule: str | None = None
    enabled: bool = True
    validated: bool | None = None
    deferrable: bool = False
    deferred: bool = False
    rely: bool = False
    index_name: Name | None = None
    index_tablespace: str | None = None
    index_text: str | None = None  # USING INDEX (CREATE INDEX ...)
    index_local: bool = False
    offset: int = 0


@dataclass(slots=True)
class ColumnDef:
    """A column as written. `type` is None in CTAS and for virtual columns without one."""

    name: str
    offset: int
    type: OraType | None = None
    default: str | None = None
    default_given: bool = False
    default_on_null: bool = False
    identity: str | None = None
    identity_options: SequenceOptions = field(default_factory=SequenceOptions)
    drop_identity: bool = False
    virtual: str | None = None
    invisible: bool | None = None
    constraints: list[ConstraintDef] = field(default_factory=list)


def parse_column(tokens: Tokens, *, char_semantics: bool, modify: bool = False) -> ColumnDef:
    """name [type] [DEFAULT ...] [constraints]."""
    offset = tokens.here.offset
    column = ColumnDef(tokens.identifier(), offset)
    if modify and tokens.accept("DROP", "IDENTITY"):
        column.drop_identity = True
        return column
    if not tokens.at_any(",", ")") and not tokens.at_end() and not _at_clause(tokens):
        column.type = parse_type(tokens, char_semantics=char_semantics)
    elif not modify and not _at_clause(tokens):
        column.type = None
    _column_clauses(tokens, column)
    return column


def _at_clause(tokens: Tokens) -> bool:
    return tokens.at_any("DEFAULT", "GENERATED", "AS", "COLLATE", *_COLUMN_STOPS)


def _column_clauses(tokens: Tokens, column: ColumnDef) -> None:
    while True:
        if tokens.accept_any("VISIBLE"):
            column.invisible = False
        elif tokens.accept_any("INVISIBLE"):
            column.invisible = True
        elif tokens.accept("SORT"):
            continue
        elif tokens.accept("DEFAULT"):
            column.default_on_null = tokens.accept("ON", "NULL")
            column.default = parsed(tokens.expression(_COLUMN_STOPS), parse_expression)
            column.default_given = True
        elif tokens.at("GENERATED") or tokens.at("AS"):
            _generated(tokens, column)
        elif tokens.at("COLLATE") or tokens.at("ENCRYPT"):
            tokens.unsupported(411, f"column clause {tokens.here.value}")
        elif tokens.at_any(
            "CONSTRAINT", "NOT", "NULL", "UNIQUE", "PRIMARY", "REFERENCES", "CHECK"
        ):
            column.constraints.append(_inline_constraint(tokens, column.name))
        else:
            return


def _generated(tokens: Tokens, column: ColumnDef) -> None:
    generation = "ALWAYS"
    if tokens.accept("GENERATED"):
        if tokens.accept("BY"):
            tokens.expect("DEFAULT")
            generation = "BY DEFAULT ON NULL" if tokens.accept("ON", "NULL") else "BY DEFAULT"
        else:
            tokens.accept("ALWAYS")
    tokens.expect("AS")
    if tokens.accept("IDENTITY"):
        column.identity = generation
        if tokens.accept("("):
            column.identity_options = parse_sequence_options(tokens)
            tokens.expect(")")
        else:
            column.identity_options = parse_sequence_options(tokens)
        return
    column.virtual = parsed(tokens.parenthesised(), parse_expression)
    tokens.accept("VIRTUAL")


def parse_sequence_options(tokens: Tokens) -> SequenceOptions:
    """The options of CREATE and ALTER SEQUENCE and of identity columns."""
    options = SequenceOptions()
    while True:
        if tokens.accept("START", "WITH"):
            if tokens.accept("LIMIT"):
                tokens.expect("VALUE")
                options.start_limit = True
            else:
                options.start = tokens.integer()
        elif tokens.accept("INCREMENT", "BY"):
            options.increment = tokens.integer()
        elif word := tokens.accept_any("MINVALUE", "MAXVALUE", "CACHE"):
            setattr(options, _SEQUENCE_NUMBERS[word], tokens.integer())
            if word == "CACHE" and (options.cache or 0) < 2:
                tokens.fail(4010)
        elif word := tokens.accept_any(*_SEQUENCE_FLAGS):
            attribute, value = _SEQUENCE_FLAGS[word]
            setattr(options, attribute, value)
        elif not tokens.accept_any("KEEP", "NOKEEP", "SCALE", "NOSCALE", "GLOBAL", "NOPARTITION"):
            return options


_SEQUENCE_NUMBERS = {"MINVALUE": "minimum", "MAXVALUE": "maximum", "CACHE": "cache"}
_SEQUENCE_FLAGS: dict[str, tuple[str, object]] = {
    "NOMINVALUE": ("no_minimum", True),
    "NOMAXVALUE": ("no_maximum", True),
    "CYCLE": ("cycle", True),
    "NOCYCLE": ("cycle", False),
    "NOCACHE": ("cache", 0),
    "ORDER": ("ordered", True),
    "NOORDER": ("ordered", False),
    "RESTART": ("restart", True),
}


def _inline_constraint(tokens: Tokens, column: str) -> ConstraintDef:
    name = tokens.identifier() if tokens.accept("CONSTRAINT") else None
    offset = tokens.here.offset
    if tokens.accept("NOT"):
        tokens.expect("NULL", 908)
        constraint = ConstraintDef("N", name, (column,))
    elif tokens.accept("NULL"):
        constraint = ConstraintDef("0", name, (column,))
    elif tokens.accept("UNIQUE"):
        constraint = ConstraintDef("U", name, (column,))
    elif tokens.accept("PRIMARY"):
        tokens.expect("KEY")
        constraint = ConstraintDef("P", name, (column,))
    elif tokens.at("REFERENCES"):
        constraint = ConstraintDef("R", name, (column,))
        _references(tokens, constraint)
    elif tokens.accept("CHECK"):
        constraint = ConstraintDef("C", name, (), parsed(tokens.parenthesised(), parse_condition))
    else:
        tokens.fail(905)
    constraint.offset = offset
    _state(tokens, constraint)
    return constraint


def at_constraint(tokens: Tokens) -> bool:
    """True when an out-of-line constraint comes next (and not a column of such a name)."""
    named = tokens.ahead(2).value in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "REF", "SCOPE")
    return (
        (tokens.at("CONSTRAINT") and named)
        or tokens.at("PRIMARY", "KEY")
        or tokens.at("UNIQUE", "(")
        or tokens.at("FOREIGN", "KEY")
        or tokens.at("CHECK", "(")
    )


def parse_constraint(tokens: Tokens) -> ConstraintDef:
    """An out-of-line constraint."""
    name = tokens.identifier() if tokens.accept("CONSTRAINT") else None
    offset = tokens.here.offset
    if tokens.accept("PRIMARY"):
        tokens.expect("KEY")
        constraint = ConstraintDef("P", name, tokens.path())
    elif tokens.accept("UNIQUE"):
        constraint = ConstraintDef("U", name, tokens.path())
    elif tokens.accept("FOREIGN"):
        tokens.expect("KEY")
        constraint = ConstraintDef("R", name, tokens.path())
        _references(tokens, constraint)
    elif tokens.accept("CHECK"):
        constraint = ConstraintDef("C", name, (), parsed(tokens.parenthesised(), parse_condition))
    else:
        tokens.fail(904, "")
    constraint.offset = offset
    _state(tokens, constraint)
    return constraint


def _references(tokens: Tokens, constraint: ConstraintDef) -> None:
    tokens.expect("REFERENCES")
    constraint.references = tokens.name()
    if tokens.at("("):
        constraint.referenced_columns = tokens.path()
    if tokens.accept("ON"):
        tokens.expect("DELETE")
        if tokens.accept("CASCADE"):
            constraint.delete_rule = "CASCADE"
        else:
            tokens.expect("SET")
            tokens.expect("NULL")
            constraint.delete_rule = "SET NULL"


def _state(tokens: Tokens, constraint: ConstraintDef) -> None:
    """The constraint's state clauses, in any order."""
    while True:
        if tokens.accept("INITIALLY"):
            constraint.deferred = tokens.accept_any("IMMEDIATE", "DEFERRED") == "DEFERRED"
            constraint.deferrable |= constraint.deferred
        elif tokens.accept("NOT", "DEFERRABLE"):
            constraint.deferrable = False
        elif tokens.at("USING", "INDEX"):
            _using_index(tokens, constraint)
        elif tokens.at("EXCEPTIONS", "INTO"):
            tokens.unsupported(412, "EXCEPTIONS INTO")
        elif word := tokens.accept_any(*_STATE_WORDS):
            attribute, value = _STATE_WORDS[word]
            setattr(constraint, attribute, value)
        else:
            break


def _using_index(tokens: Tokens, constraint: ConstraintDef) -> None:
    tokens.expect("USING")
    tokens.expect("INDEX")
    if tokens.at("("):
        constraint.index_text = tokens.parenthesised()
        return
    properties: dict[str, str] = {}
    while True:
        found = parse_physical(tokens)
        properties.update(found)
        if word := tokens.accept_any("LOCAL", "GLOBAL"):
            constraint.index_local = word == "LOCAL"
            if tokens.at("PARTITION"):
                tokens.unsupported(433, "globally partitioned index")
            if tokens.at("("):
                tokens.parenthesised()
            properties[word] = ""
        elif not found:
            break
    constraint.index_tablespace = properties.get("TABLESPACE")
    if (
        not properties
        and tokens.here.kind in ("ident", "quoted")
        and not tokens.at_any(*_STATE_WORDS)
    ):
        constraint.index_name = tokens.name(2158)
