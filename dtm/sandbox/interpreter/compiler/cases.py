"""CASE expressions, and the type that several alternatives share.

PL/SQL Language Reference 19c, "CASE Expressions".
"""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter.compiler.operators import OperatorMixin
from dtm.sandbox.interpreter.compiler.symbols import Code, Run
from dtm.sandbox.interpreter.runtime import Frame
from dtm.sandbox.interpreter.syntax import tree
from dtm.sandbox.interpreter.syntax.tree import Expr
from dtm.sandbox.interpreter.types import (
    CLOB,
    DOUBLE,
    NULL,
    NUMBER,
    PLS_INTEGER,
    VARCHAR2,
    ObjectType,
    PlType,
    Scalar,
    is_number,
    is_text,
)
from dtm.sandbox.kernel.types import Kind

Value = Any


class CaseMixin(OperatorMixin):
    """Compiles CASE; the statement uses its conditions too."""

    def case(self, expr: tree.CaseExpr) -> Code:
        """A CASE expression; NULL when no branch is taken and there is no ELSE."""
        results = [self.expression(value) for _, value in expr.whens]
        if expr.otherwise is not None:
            results.append(self.expression(expr.otherwise))
        result_type = self.common_type(results)
        runs = [self.converted(r, result_type, expr.pos) for r in results]
        tests = self.case_tests(expr.selector, [when for when, _ in expr.whens])
        otherwise = runs[-1] if expr.otherwise is not None else None
        branches = list(zip(tests, runs, strict=False))

        def run(f: Frame) -> Value:
            for test, value in branches:
                if test(f):
                    return value(f)
            return None if otherwise is None else otherwise(f)

        if expr.selector is None:
            return Code(run, result_type)
        return Code(self.with_selector(expr.selector, run), result_type)

    def case_tests(self, selector: Expr | None, whens: list[Expr]) -> list[Run]:
        """The conditions of a CASE; with a selector they read it from the frame."""
        if selector is None:
            return [self.boolean(self.expression(when), when.pos) for when in whens]
        code = self.expression(selector)
        slot = self.layout.slot()
        self._case_slots[id(selector)] = (slot, code.run)
        held = Code(self.slot_loader(self.layout.level, slot), code.type)
        return [self.comparison("=", held, self.expression(w), w.pos).run for w in whens]

    @property
    def _case_slots(self) -> dict[int, tuple[int, Run]]:
        """Where the selectors being compiled are kept."""
        slots: dict[int, tuple[int, Run]] = self.__dict__.setdefault("case_slots", {})
        return slots

    def with_selector(self, selector: Expr, then: Run) -> Run:
        """Evaluate the selector once, then the branches."""
        slot, run = self._case_slots.pop(id(selector))

        def evaluate(f: Frame) -> Value:
            f.v[slot] = run(f)
            return then(f)

        return evaluate

    def common_type(self, codes: list[Code]) -> PlType:
        """The type several alternatives share (CASE, COALESCE, NVL)."""
        kinds = [code.type for code in codes if code.type.kind is not Kind.NULL]
        if not kinds:
            return NULL
        first = kinds[0]
        if isinstance(first, ObjectType):
            return _common_object(kinds)
        if not isinstance(first, Scalar):
            return first
        if all(is_number(k) for k in kinds):
            if any(k.kind in (Kind.BINARY_DOUBLE, Kind.BINARY_FLOAT) for k in kinds):
                return DOUBLE
            return PLS_INTEGER if all(k.kind is Kind.PLS_INTEGER for k in kinds) else NUMBER
        if is_text(first) or first.kind is Kind.CLOB:
            return CLOB if any(k.kind is Kind.CLOB for k in kinds) else VARCHAR2
        return Scalar(first.ora) if is_number(first) else first


def _common_object(kinds: list[PlType]) -> PlType:
    """The type that all alternatives are or inherit from; the first one when there is none."""
    candidate = kinds[0]
    while isinstance(candidate, ObjectType):
        target = candidate
        if all(isinstance(k, ObjectType) and k.steps_to(target) is not None for k in kinds):
            return target
        if candidate.supertype is None:
            break
        candidate = candidate.supertype
    return kinds[0]
