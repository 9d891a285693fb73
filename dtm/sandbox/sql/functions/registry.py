"""The registry of built-in functions: signatures, overload choice, NULL rule, return types.

A signature is a string of family letters: required parameters, then after "|" the optional ones;
a final "*" repeats the last parameter. Families:

    T text (str)        N number (int, Decimal; float for a BINARY_DOUBLE argument)
    D date (DATE)       S timestamp without zone      Z timestamp with time zone
    I interval day to second (timedelta)              Y interval year to month (Months)
    R raw (bytes)       L CLOB (str)                  B BLOB (bytes)
    ? any value, passed as it is

Arguments of other types are converted as Oracle converts implicitly (conversion.converter).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.functions import conversion
from dtm.sandbox.sql.functions.environment import Environment

Value = Any
F = TypeVar("F", bound=Callable[..., Any])
Types = Sequence[OraType]
ReturnRule = Callable[[Types], OraType]
TargetRule = Callable[[Types], "list[OraType | None]"]

FAMILY_TYPES: dict[str, OraType] = {
    "T": OraType(Kind.VARCHAR2, length=4000),
    "N": OraType(Kind.NUMBER),
    "D": OraType(Kind.DATE),
    "S": OraType(Kind.TIMESTAMP, precision=9),
    "Z": OraType(Kind.TIMESTAMP_TZ, precision=9),
    "I": OraType(Kind.INTERVAL_DS),
    "Y": OraType(Kind.INTERVAL_YM),
    "R": OraType(Kind.RAW, length=2000),
    "L": OraType(Kind.CLOB),
    "B": OraType(Kind.BLOB),
}


@dataclass(frozen=True, slots=True)
class Function:
    """One overload. `call` takes kernel values (first an Environment if `wants_env`).

    Without `sees_null` a NULL argument makes the result NULL and `call` is not called.
    `stable` is False for functions that give another value at each call (SYS_GUID).
    """

    name: str
    required: str
    optional: str
    variadic: bool
    returns: OraType | ReturnRule
    call: Callable[..., Value]
    wants_env: bool
    sees_null: bool
    stable: bool
    target_rule: TargetRule | None  # for "?" parameters: what each argument is converted to
    key: str  # unique over all overloads

    def accepts(self, count: int) -> bool:
        if count < len(self.required):
            return False
        return self.variadic or count <= len(self.required) + len(self.optional)

    def families(self, count: int) -> str:
        """The family letters of `count` arguments."""
        letters = self.required + self.optional
        return (letters + letters[-1:] * count)[:count]

    def return_type(self, types: Sequence[OraType]) -> OraType:
        return self.returns(types) if callable(self.returns) else self.returns


Converter = Callable[[Environment, Value], Value]


@dataclass(frozen=True, slots=True)
class Call:
    """A function chosen for argument types: the conversions it needs and its result type."""

    function: Function
    targets: tuple[OraType | None, ...]  # None: the argument is passed as it is
    converters: tuple[Converter | None, ...]
    returns: OraType

    def bind(self, env: Environment) -> Callable[..., Value]:
        """A plain callable on kernel values for one session, conversions and NULL rule inside."""
        call = self.function.call
        body = (lambda *values: call(env, *values)) if self.function.wants_env else call
        converted = self._converting(env, body) if any(self.converters) else body
        return converted if self.function.sees_null else _strict(converted)

    def _converting(self, env: Environment, body: Callable[..., Value]) -> Callable[..., Value]:
        converters = self.converters

        def run(*values: Value) -> Value:
            return body(
                *[
                    value if convert is None or value is None else convert(env, value)
                    for value, convert in zip(values, converters, strict=True)
                ]
            )

        return run


def _strict(body: Callable[..., Value]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        return None if None in values else body(*values)

    return run


_functions: dict[str, list[Function]] = {}


def function(
    name: str,
    signature: str,
    returns: OraType | ReturnRule,
    *,
    env: bool = False,
    nulls: bool = False,
    stable: bool = True,
    targets: TargetRule | None = None,
) -> Callable[[F], F]:
    """Register the decorated callable as an overload of `name`; earlier overloads win ties."""

    def register(call: F) -> F:
        letters = signature.rstrip("*")
        required, _, optional = letters.partition("|")
        overloads = _functions.setdefault(name, [])
        overloads.append(
            Function(
                name=name,
                required=required,
                optional=optional,
                variadic=signature.endswith("*"),
                returns=returns,
                call=call,
                wants_env=env,
                sees_null=nulls,
                stable=stable,
                target_rule=targets,
                key=f"ora_{name.lower()}_{len(overloads)}",
            )
        )
        return call

    return register


def lookup(name: str) -> tuple[Function, ...]:
    """All overloads of the built-in `name` (upper case); empty when there is none."""
    return tuple(_functions.get(name, ()))


def names() -> tuple[str, ...]:
    """Every registered name, sorted."""
    return tuple(sorted(_functions))


def every() -> tuple[Function, ...]:
    """Every overload, in the order of names."""
    return tuple(f for name in names() for f in _functions[name])


def resolve(name: str, types: Sequence[OraType]) -> Call:
    """Choose the overload for argument types.

    OraError 904 for an unknown name, 938 / 939 for too few / many arguments (909 where a function
    takes one number of arguments only, or has overloads of several lengths), 932 when no
    conversion exists.
    """
    overloads = lookup(name)
    if not overloads:
        raise OraError(904, f'"{name}"')
    fitting = [f for f in overloads if f.accepts(len(types))]
    if not fitting:
        raise _wrong_count(overloads, len(types))
    chosen = min(fitting, key=lambda f: _cost(f, types))
    return build(chosen, types)


def _wrong_count(overloads: tuple[Function, ...], count: int) -> OraError:
    fixed = {len(f.required) for f in overloads if not (f.optional or f.variadic)}
    if len(fixed) == 1 and not any(f.optional or f.variadic for f in overloads):
        return OraError(909)
    if all(count < len(f.required) for f in overloads):
        return OraError(938)
    if all(count > len(f.required) + len(f.optional) for f in overloads):
        return OraError(939)
    return OraError(909)


def _cost(candidate: Function, types: Sequence[OraType]) -> int:
    """How far the arguments are from the parameters; conversions that do not exist cost most."""
    total = 0
    for letter, given in zip(candidate.families(len(types)), types, strict=True):
        if letter != "?":
            total += conversion.distance(given, FAMILY_TYPES[letter])
    return total


def build(chosen: Function, types: Sequence[OraType]) -> Call:
    """A call of this overload; OraError 932 when an argument cannot be converted."""
    targets = _targets(chosen, types)
    converters = tuple(
        None if target is None else conversion.converter(given, target)
        for given, target in zip(types, targets, strict=True)
    )
    return Call(chosen, tuple(targets), converters, chosen.return_type(types))


def _targets(chosen: Function, types: Sequence[OraType]) -> list[OraType | None]:
    if chosen.target_rule is not None:
        return chosen.target_rule(types)
    letters = chosen.families(len(types))
    return [None if letter == "?" else FAMILY_TYPES[letter] for letter in letters]
