"""Executing sequences of statements, branches and exception handlers."""

from __future__ import annotations

from dtm.sandbox.interpreter.compiler.symbols import (
    Exec,
    Run,
)
from dtm.sandbox.interpreter.raising import (
    ExceptionId,
    UserDefined,
    catchable,
)
from dtm.sandbox.interpreter.runtime import Frame, GotoSignal
from dtm.sandbox.kernel.errors import OraError


def plain(steps: list[tuple[int, Exec]]) -> Exec:
    if len(steps) == 1:
        line, only = steps[0]

        def single(f: Frame) -> object:
            f.line = line
            return only(f)

        return single

    def run(f: Frame) -> object:
        for line, step in steps:
            f.line = line
            signal = step(f)
            if signal is not None:
                return signal
        return None

    return run


def labelled(steps: list[tuple[int, Exec]], labels: dict[str, int]) -> Exec:
    """A sequence that GOTO may jump in; jumping back looks at the interrupt flag."""

    def run(f: Frame) -> object:
        index = 0
        while index < len(steps):
            line, step = steps[index]
            f.line = line
            signal = step(f)
            index += 1
            if signal is None:
                continue
            if type(signal) is GotoSignal and signal.label in labels:
                index = labels[signal.label]
                f.rt.context.interrupt_check()
                continue
            return signal
        return None

    return run


def single_if(test: Run, body: Exec, otherwise: Exec | None) -> Exec:
    if otherwise is None:
        return lambda f: body(f) if test(f) else None
    other = otherwise
    return lambda f: body(f) if test(f) else other(f)


def matches(identities: list[ExceptionId] | None, error: OraError) -> bool:
    if identities is None:
        return True
    if isinstance(error, UserDefined):
        return any(identity is error.identity for identity in identities)
    return any(identity.code == error.code for identity in identities)


def guarded(body: Exec, handlers: list[tuple[list[ExceptionId] | None, Exec]]) -> Exec:
    def run(f: Frame) -> object:
        try:
            return body(f)
        except OraError as error:
            rt = f.rt
            if not catchable(error):
                raise
            handler = next((h for names, h in handlers if matches(names, error)), None)
            if handler is None:
                raise
            rt.locate(error, f)
            caught = error
        before = rt.error
        rt.error = caught
        try:
            return handler(f)
        finally:
            rt.error = before

    return run
