"""Operands brought to a form that compares, and operations with a literal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dtm.sandbox.interpreter.compiler.symbols import Code, Run
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.types import (
    PLS_MAX,
    PLS_MIN,
)
from dtm.sandbox.kernel.errors import OraError

Value = Any


def folded(code: Code, left: Code, right: Code) -> Code:
    """The value of an operation on two numeric literals. What would raise is left to run time."""
    numbers = (int, Decimal)
    if not isinstance(left.value, numbers) or not isinstance(right.value, numbers):
        return code
    no_frame: Any = None
    try:
        value = code.run(no_frame)
    except OraError:
        return code
    return Code(lambda _f: value, code.type, literal=True, value=value)


def compare_constant(op: str, compare: Callable[[Any, Any], bool], a: Run, constant: Value) -> Run:
    """The frequent comparison of a variable with a literal."""
    if op == "=":

        def equal(f: Frame) -> Value:
            x = a(f)
            return None if x is None else x == constant

        return equal

    def run(f: Frame) -> Value:
        x = a(f)
        return None if x is None else compare(x, constant)

    return run


def add_constant(a: Run, constant: int) -> Run:
    def run(f: Frame) -> Value:
        x = a(f)
        if x is None:
            return None
        value = x + constant
        if PLS_MIN <= value <= PLS_MAX:
            return value
        raise OraError(1426)

    return run


def unpadded(run: Run) -> Run:
    def text(f: Frame) -> Value:
        value = run(f)
        return None if value is None else value.rstrip(" ")

    return text


def months(run: Run) -> Run:
    def total(f: Frame) -> Value:
        value = run(f)
        return None if value is None else value.total

    return total


def multiset(run: Run) -> Run:
    """A nested table as a value that compares without order."""

    def elements(f: Frame) -> Value:
        value = run(f)
        if value is None:
            return None
        return sorted(value.items(), key=lambda item: (item is None, item))

    return elements
