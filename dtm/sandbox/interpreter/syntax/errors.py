"""Compile errors with their place, as USER_ERRORS and ORA-06550 show them."""

from __future__ import annotations

from collections.abc import Sequence

from dtm.sandbox.interpreter.syntax.tree import Pos
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import UnitError

# Texts: Oracle Database Error Messages 19c, "PLS-00001 to PLS-01921". Keep sorted.
PLS: dict[int, str] = {
    49: "bad bind variable '%s'",
    103: "%s",
    109: "unknown exception name '%s' in PRAGMA EXCEPTION_INIT",
    113: "END identifier '%s' must match '%s'",
    114: 'identifier "%s" too long',
    123: "program too large (%s)",
    127: "Pragma %s is not a supported pragma",
    201: "identifier '%s' must be declared",
    204: "function or pseudo-column '%s' may be used inside a SQL statement only",
    206: '%%TYPE must be applied to a variable, column, field or attribute, not to "%s"',
    208: "identifier '%s' is not a legal cursor attribute",
    215: "String length constraints must be in range (1 .. 32767)",
    216: "NUMBER precision constraint must be in range (1 .. 38)",
    218: "a variable declared NOT NULL must have an initialization assignment",
    221: "'%s' is not a procedure or is undefined",
    222: "no function with name '%s' exists in this scope",
    223: "parameterless procedure '%s' used as function",
    225: "subprogram or cursor '%s' reference is out of scope",
    230: "OUT and IN OUT formal parameters may not have default expressions",
    231: "function '%s' may not be used in SQL",
    302: "component '%s' must be declared",
    304: "cannot compile body of '%s' without its specification",
    305: "previous use of '%s' conflicts with this use",
    306: "wrong number or types of arguments in call to '%s'",
    307: "too many declarations of '%s' match this call",
    308: "this construct is not allowed as the origin of an assignment",
    310: "with %%ROWTYPE attribute, '%s' must name a table, cursor or cursor-variable",
    311: 'the declaration of "%s" is incomplete or malformed',
    312: "a positional parameter association may not follow a named association",
    313: "'%s' not declared in this scope",
    315: "Implementation restriction: unsupported table index type",
    320: "the declaration of the type of this expression is incomplete or malformed",
    321: "expression '%s' is inappropriate as the left hand side of an assignment statement",
    322: "declaration of a constant '%s' must contain an initialization assignment",
    323: "subprogram or cursor '%s' is declared in a package specification and must be defined"
    " in the package body",
    328: "A subprogram body must be defined for the forward declaration of %s.",
    330: "invalid use of type name or subtype name",
    357: "Table,View Or Sequence reference '%s' not allowed in this context",
    360: "cursor declaration without body needs return type",
    361: "IN cursor '%s' cannot be OPEN'ed",
    363: "expression '%s' cannot be used as an assignment target",
    364: "loop index variable '%s' use is invalid",
    365: "'%s' is an OUT parameter and cannot be read",
    366: "subtype of a NOT NULL type must also be NOT NULL",
    367: "a RAISE statement with no exception name must be inside an exception handler",
    370: "OTHERS handler must be last among the exception handlers of a block",
    371: "at most one declaration for '%s' is permitted",
    372: "In a procedure, RETURN statement cannot contain an expression",
    373: "EXIT/CONTINUE label '%s' must label a LOOP statement",
    375: "illegal GOTO statement; this GOTO cannot branch to label '%s'",
    376: "illegal EXIT/CONTINUE statement; it must appear inside a loop",
    382: "expression is of wrong type",
    386: "type mismatch found at '%s' between FETCH cursor and INTO variables",
    394: "wrong number of values in the INTO list of a FETCH statement",
    403: "expression '%s' cannot be used as an INTO-target of a SELECT/FETCH statement",
    404: "cursor '%s' must be declared with FOR UPDATE to use with CURRENT OF",
    405: "subquery not allowed in this context",
    408: "duplicate column name '%s' permitted in implicit attribute definition",
    410: "duplicate fields in RECORD,TABLE or argument list are not permitted",
    421: "circular synonym '%s'",
    428: "an INTO clause is expected in this SELECT statement",
    435: "DML statement without BULK In-BIND cannot be used inside FORALL",
    452: "Subprogram '%s' violates its associated pragma",
    455: "cursor '%s' cannot be used in dynamic SQL OPEN statement",
    456: "item '%s' is not a cursor",
    457: "expressions have to be of SQL types",
    483: "exception '%s' may appear in at most one exception handler in this block",
    484: "redundant exceptions '%s' and '%s' must appear in same exception handler",
    487: "Invalid reference to variable '%s'",
    488: "'%s' must be a type",
    494: "coercion into multiple record targets not supported",
    497: "cannot mix between single row and multi-row (BULK) in INTO list",
    503: "RETURN <value> statement required for this return from function",
    504: "type %s_BASE may not be used outside of package STANDARD",
    526: "A MAP or ORDER function is required for comparing objects in PL/SQL.",
    530: "Illegal type used for object type attribute: '%s'.",
    538: "subprogram or cursor '%s' is declared in an object type specification and must be defined"
    " in the object type body",
    539: "subprogram '%s' is declared in an object type body and must be defined in the object type"
    " specification",
    588: "unqualified instance attribute references allowed only in member methods",
    589: 'no attributes found in object type "%s"',
    590: "attempting to create a subtype UNDER a FINAL type",
    592: "operation '%s' is not supported on this type",
    593: 'default value of parameter "%s" in body must match that of spec',
    635: "method does not override",
    642: "local collection types not allowed in SQL statements",
    653: "aggregate/table functions are not allowed in PL/SQL scope",
    657: "Implementation restriction: bulk SQL with associative arrays with VARCHAR2 key is not"
    " supported.",
    658: "illegal %%ROWTYPE",
    670: "illegal use of NULL",
    701: "illegal ORACLE error number for PRAGMA EXCEPTION_INIT",
    706: "exception '%s' must be declared",
    707: "unsupported construct or internal error [%s]",
    710: "Pragma %s cannot be specified here",
    713: "attempting to instantiate a type that is NOT INSTANTIABLE",
    904: "insufficient privilege to access object %s",
    905: "object %s is invalid",
}


class CompileError(Exception):
    """One error at a place. `statement` adds Oracle's second line ("Statement ignored")."""

    def __init__(self, pos: Pos, text: str) -> None:
        super().__init__(text)
        self.pos = pos
        self.text = text


def pls(pos: Pos, number: int, *args: object) -> CompileError:
    """The PLS-nnnnn error with its text from the table."""
    template = PLS[number]
    return CompileError(pos, f"PLS-{number:05d}: {template % args if args else template % ()}")


def block_error(errors: Sequence[UnitError]) -> OraError:
    """ORA-06550 for an anonymous block: every error with its line and column."""
    lines = []
    for index, error in enumerate(errors):
        head = "" if index == 0 else "ORA-06550: "
        lines.append(f"{head}line {error.line}, column {error.position}:\n{error.text}")
    return OraError(6550, message="\n".join(lines))
