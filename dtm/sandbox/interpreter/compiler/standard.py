"""Functions of package STANDARD: those SQL has too, and PL/SQL's own.

PL/SQL Language Reference 19c, "PL/SQL Predefined Functions" in "Expressions"; SQL Language
Reference 19c, "Functions".
"""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter.compiler.calls import CallMixin
from dtm.sandbox.interpreter.compiler.entries import either, first_of, ticking
from dtm.sandbox.interpreter.compiler.matching import distinct
from dtm.sandbox.interpreter.compiler.symbols import Code, RoutineGroup
from dtm.sandbox.interpreter.raising import sqlcode, sqlerrm, sqlerrm_of
from dtm.sandbox.interpreter.registry import ATTRIBUTES
from dtm.sandbox.interpreter.syntax.errors import pls
from dtm.sandbox.interpreter.syntax.tree import Args, Pos
from dtm.sandbox.interpreter.types import (
    BLOB,
    BOOLEAN,
    CLOB,
    DOUBLE,
    NULL,
    PLS_INTEGER,
    VARCHAR2,
    CollectionType,
    PlType,
    Scalar,
)
from dtm.sandbox.kernel.errors import Unsupported
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.functions import registry
from dtm.sandbox.sql.translate_calls import UNSUPPORTED

Value = Any
# SQL Language Reference lists them as SQL functions only.
_SQL_ONLY = frozenset(
    [
        "DECODE",
        "DUMP",
        "NVL2",
        "AVG",
        "COUNT",
        "SUM",
        "MIN",
        "MAX",
        "LISTAGG",
        "ROW_NUMBER",
        "RANK",
        "DENSE_RANK",
        "LAG",
        "LEAD",
        "FIRST_VALUE",
        "LAST_VALUE",
        "ROWNUM",
        "LEVEL",
        "PRIOR",
        "STDDEV",
        "VARIANCE",
        "MEDIAN",
        "VSIZE",
        "ORA_HASH",
        "WIDTH_BUCKET",
        "SYS_CONNECT_BY_PATH",
        "SYS_TYPEID",
        "USERENV_SQL",
        "LNNVL",
        "NANVL_SQL",
        "CONNECT_BY_ROOT",
        "GROUPING",
        "COLLECT",
        "NTILE",
        "CUME_DIST",
        "PERCENT_RANK",
        "RATIO_TO_REPORT",
    ]
)
_NOT_FUNCTIONS = frozenset({"ROWNUM", "LEVEL", "PRIOR"})
# In AL32UTF8 with the values the sandbox keeps, these count the same characters.
_SAME = {
    "SUBSTRC": "SUBSTR", "SUBSTR4": "SUBSTR", "INSTRC": "INSTR", "INSTR4": "INSTR",
    "LENGTHC": "LENGTH", "LENGTH4": "LENGTH", "SUBSTR2": "SUBSTR", "INSTR2": "INSTR",
    "LENGTH2": "LENGTH",
}  # fmt: skip
_CONDITIONS = frozenset({"REGEXP_LIKE"})  # a condition in SQL, a BOOLEAN function here
# In PL/SQL the clock moves: every call reads it (in SQL it stands still for a statement).
_CLOCKS = frozenset(
    {"SYSDATE", "SYSTIMESTAMP", "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP"}
)
_LAZY = frozenset({"NVL", "COALESCE"})


# Values of package STANDARD.
_CONSTANTS: dict[str, tuple[float, PlType]] = {
    "BINARY_DOUBLE_INFINITY": (float("inf"), DOUBLE),
    "BINARY_DOUBLE_NAN": (float("nan"), DOUBLE),
    "BINARY_FLOAT_INFINITY": (float("inf"), Scalar(OraType(Kind.BINARY_FLOAT))),
    "BINARY_FLOAT_NAN": (float("nan"), Scalar(OraType(Kind.BINARY_FLOAT))),
}
# Parameters of STANDARD's functions that programs name, with the values of those left out.
_LEFT_OUT: Any = object()
_PARAMETERS: dict[str, tuple[tuple[str, Any], ...]] = {
    "REGEXP_LIKE": (("SRCSTR", _LEFT_OUT), ("PATTERN", _LEFT_OUT), ("MODIFIER", None)),
    "REGEXP_COUNT": (("SRCSTR", _LEFT_OUT), ("PATTERN", _LEFT_OUT), ("POSITION", 1),
                     ("MODIFIER", None)),
    "REGEXP_SUBSTR": (("SRCSTR", _LEFT_OUT), ("PATTERN", _LEFT_OUT), ("POSITION", 1),
                      ("OCCURRENCE", 1), ("MODIFIER", None), ("SUBEXPRESSION", 0)),
    "REGEXP_INSTR": (("SRCSTR", _LEFT_OUT), ("PATTERN", _LEFT_OUT), ("POSITION", 1),
                     ("OCCURRENCE", 1), ("RETURNPARAM", 0), ("MODIFIER", None),
                     ("SUBEXPRESSION", 0)),
    "REGEXP_REPLACE": (("SRCSTR", _LEFT_OUT), ("PATTERN", _LEFT_OUT), ("REPLACESTR", None),
                       ("POSITION", 1), ("OCCURRENCE", 0), ("MODIFIER", None)),
    "SUBSTR": (("STR1", _LEFT_OUT), ("POS", _LEFT_OUT), ("LEN", 2147483647)),
    "INSTR": (("STR1", _LEFT_OUT), ("STR2", _LEFT_OUT), ("POS", 1), ("NTH", 1)),
    "REPLACE": (("SRCSTR", _LEFT_OUT), ("OLDSUB", _LEFT_OUT), ("NEWSUB", None)),
}  # fmt: skip


class StandardMixin(CallMixin):
    """Compiles calls of package STANDARD."""

    def function_call(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """A SQL function, evaluated here; PLS-00204 for those only SQL has."""
        if name in _SQL_ONLY and (args is not None or name in _NOT_FUNCTIONS):
            raise pls(pos, 204, name)
        name = _SAME.get(name, name)
        if not registry.lookup(name):
            if name in UNSUPPORTED and args is not None:
                raise Unsupported(652, f"function {name}", *pos)
            return None
        codes = self._arguments(args, name, pos)
        if name in _LAZY and len(codes) >= 2:
            return self._first_not_null(name, codes, pos)
        code = self.registry_call(name, codes, pos)
        if name in _CLOCKS:
            return Code(ticking(code.run), code.type)
        if name in _CONDITIONS:
            run = code.run
            return Code(lambda f: None if (v := run(f)) is None else bool(v), BOOLEAN)
        return code

    def _arguments(self, args: Args | None, name: str, pos: Pos) -> list[Code]:
        """Arguments by position or by the names STANDARD has for them."""
        known = _PARAMETERS.get(name)
        if args is None or known is None or all(arg.name is None for arg in args.args):
            return self.positional(args, name, pos)
        names = [parameter for parameter, _ in known]
        given: dict[int, Code] = {}
        for index, arg in enumerate(args.args):
            if arg.name is not None and arg.name not in names:
                raise pls(pos, 306, name)
            at = index if arg.name is None else names.index(arg.name)
            if arg.key is not None or at in given or at >= len(names):
                raise pls(pos, 306, name)
            given[at] = self.expression(arg.value)
        codes: list[Code] = []
        for at in range(max(given) + 1):
            default = known[at][1]
            if at not in given and default is _LEFT_OUT:
                raise pls(pos, 306, name)
            codes.append(given.get(at) or _constant(default))
        return codes

    def positional(self, args: Args | None, name: str, pos: Pos) -> list[Code]:
        """Arguments of a function whose parameters have no names."""
        if args is None:
            return []
        if any(arg.name is not None or arg.key is not None for arg in args.args):
            raise pls(pos, 306, name)
        return [self.expression(arg.value) for arg in args.args]

    def _first_not_null(self, name: str, codes: list[Code], pos: Pos) -> Code:
        """NVL and COALESCE of any type, BOOLEAN too."""
        result: PlType = self.common_type(codes)
        runs = [self.converted(code, result, pos, name) for code in codes]
        run = first_of(runs) if name == "COALESCE" or codes[1].literal else either(*runs[:2])

        if result.kind is Kind.CHAR and isinstance(result, Scalar):
            result = VARCHAR2
        return Code(run, result)

    def _of_collection(self, name: str, args: Args, pos: Pos) -> Code:
        """CARDINALITY(nested table) and SET(nested table)."""
        codes = self.positional(args, name, pos)
        kind = codes[0].type if len(codes) == 1 else NULL
        if not isinstance(kind, CollectionType) or kind.how != "NESTED":
            raise pls(pos, 306, name)
        run = codes[0].run
        if name == "SET":
            return Code(lambda f: distinct(run(f)), kind)
        return Code(lambda f: None if (v := run(f)) is None else v.count(), PLS_INTEGER)

    def standard(self, name: str, args: Args | None, pos: Pos) -> Code | None:
        """SQLCODE, SQLERRM, RAISE_APPLICATION_ERROR has its own package; EMPTY_CLOB, ..."""
        if name == "SQLCODE" and args is None:
            return Code(lambda f: sqlcode(f.rt.error), PLS_INTEGER)
        if name == "SQLERRM":
            if args is None:
                return Code(lambda f: sqlerrm(f.rt.error), VARCHAR2)
            codes = self.positional(args, name, pos)
            if len(codes) != 1:
                raise pls(pos, 306, name)
            number = self.converted(codes[0], PLS_INTEGER, pos)
            return Code(lambda f: sqlerrm_of(number(f) or 0), VARCHAR2)
        if name in ("EMPTY_CLOB", "EMPTY_BLOB") and (args is None or not args.args):
            empty: str | bytes = "" if name == "EMPTY_CLOB" else b""
            return Code(lambda _f: empty, CLOB if name == "EMPTY_CLOB" else BLOB)
        constant = _CONSTANTS.get(name)
        if constant is not None and args is None:
            value, kind = constant
            return Code(lambda _f: value, kind)
        if name in ("CARDINALITY", "SET") and args is not None:
            return self._of_collection(name, args, pos)
        if name == "RAISE_APPLICATION_ERROR" or name in _STANDARD_FUNCTIONS:
            package = self.resolver.built_in(self.rt, "DBMS_STANDARD")
            member = ATTRIBUTES.get(name, name)
            symbol = None if package is None else package.members.get(member)
            if isinstance(symbol, RoutineGroup):
                return self.call(symbol, args, pos, statement=name not in _STANDARD_FUNCTIONS)
        return None


_STANDARD_FUNCTIONS = frozenset({"INSERTING", "UPDATING", "DELETING", *ATTRIBUTES})


def _constant(value: Value) -> Code:
    kind = NULL if value is None else PLS_INTEGER
    return Code(lambda _f: value, kind, literal=True, value=value)
