"""DBMS_RANDOM. PL/SQL Packages and Types Reference 19c. Its numbers are not Oracle's."""

from __future__ import annotations

import random
import string as alphabet
from decimal import Decimal
from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.sql.functions import numeric

PACKAGE = registry.package(
    "DBMS_RANDOM",
    """PACKAGE dbms_random AS
  PROCEDURE seed(val IN BINARY_INTEGER);
  PROCEDURE seed(val IN VARCHAR2);
  FUNCTION value RETURN NUMBER;
  FUNCTION value(low IN NUMBER, high IN NUMBER) RETURN NUMBER;
  FUNCTION normal RETURN NUMBER;
  FUNCTION string(opt IN VARCHAR2, len IN NUMBER) RETURN VARCHAR2;
  FUNCTION random RETURN BINARY_INTEGER;
  PROCEDURE initialize(val IN BINARY_INTEGER);
  PROCEDURE terminate;
END;""",
    complete=True,
)
_ALPHABETS = {
    "U": alphabet.ascii_uppercase,
    "L": alphabet.ascii_lowercase,
    "A": alphabet.ascii_letters,
    "X": alphabet.ascii_uppercase + alphabet.digits,
    "P": "".join(chr(code) for code in range(32, 127)),
}


def _generator(rt: Runtime) -> random.Random:
    found: random.Random | None = rt.private.get("random")
    if found is None:
        found = rt.private["random"] = random.Random()  # noqa: S311  (DBMS_RANDOM is no secret)
    return found


def _seed(rt: Runtime, value: Any) -> None:
    _generator(rt).seed(str(value))


def _value(rt: Runtime) -> Any:
    """0 <= n < 1 with 38 digits."""
    return numeric.normalize(Decimal(_generator(rt).randrange(10**38)).scaleb(-38))


PACKAGE.body("SEED")(_seed)
PACKAGE.body("SEED")(_seed)
PACKAGE.body("INITIALIZE")(_seed)
PACKAGE.body("VALUE")(_value)


@PACKAGE.body("VALUE")
def value_between(rt: Runtime, low: Any, high: Any) -> Any:
    """low <= n < high"""
    if low is None or high is None:
        return None
    span = numeric.subtract(high, low)
    return numeric.add(low, numeric.multiply(span, _value(rt)))


@PACKAGE.body("NORMAL")
def normal(rt: Runtime) -> Any:
    """Standard normal distribution."""
    return numeric.from_float(_generator(rt).gauss(0.0, 1.0))


@PACKAGE.body("STRING")
def string(rt: Runtime, option: str | None, length: Any) -> str | None:
    """u U, l L, a A, x X, p P: other options count as u."""
    letters = _ALPHABETS.get((option or "U")[:1].upper(), alphabet.ascii_uppercase)
    generator = _generator(rt)
    return "".join(generator.choice(letters) for _ in range(int(length or 0))) or None


@PACKAGE.body("RANDOM")
def integer(rt: Runtime) -> int:
    """-2**31 <= n < 2**31"""
    return _generator(rt).randrange(-(2**31), 2**31)


@PACKAGE.body("TERMINATE")
def terminate(rt: Runtime) -> None:
    """Obsolete: start anew."""
    rt.private.pop("random", None)
