"""The anonymous block of a task call, and what is asked after a failure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import pytest

from dtm.model.names import InvalidName
from dtm.model.states import Phase
from dtm.oracle.calls import (
    CallKind,
    CallOutcome,
    FrozenParameter,
    MarkerKey,
    Outcome,
    StreamStart,
    TaskCall,
    begin_stream,
    run_task,
)
from dtm.oracle.errors import OracleError
from dtm.oracle.session import OracleSession

KEY = MarkerKey("19", 3, Phase.ITERATOR, "iterator", 0)
CALL = TaskCall(KEY, CallKind.ATOMIC, "MILL", "NEXT$SACK", "7", ("GRAIN", None))


class Fake:
    """A session that answers each call with the next of `answers` (an exception is raised)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.batches: list[list[Mapping[str, Any]]] = []

    def call(self, block: str, binds: Mapping[str, Any], out: Mapping[str, Any]) -> Any:
        self.calls.append((block, binds))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert set(answer) == set(out)
        return answer

    def query(self, sql: str, binds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return [(0,)]

    def execute(self, sql: str, binds: Mapping[str, Any]) -> int:
        return 1

    def execute_many(
        self, sql: str, rows: list[Mapping[str, Any]], *, commit: bool = False
    ) -> int:
        self.batches.append(rows)
        return len(rows)

    def commit(self) -> None:
        return

    @property
    def session(self) -> OracleSession:
        return cast("OracleSession", self)


def test_the_block_of_a_call():
    fake = Fake({"outcome": "DONE", "logged": 0}, {"outcome": "DONE", "logged": 2})
    assert run_task(fake.session, CALL) == CallOutcome(Outcome.DONE, logged=False)
    assert run_task(fake.session, CALL).logged
    (block, binds), _ = fake.calls
    assert '    "MILL"."NEXT$SACK"(:handle, :arg1, :arg2);\n    dtm.task_end;' in block
    assert binds == {
        "handle": "19",
        "iteration": 3,
        "phase": "ITERATOR",
        "task": "iterator",
        "start_no": 0,
        "kind": "ATOMIC",
        "attempt": "7",
        "arg1": "GRAIN",
        "arg2": None,
    }


@pytest.mark.parametrize("name", ['A"; DROP TABLE x; --', "", "a@link", "x" * 129])
def test_names_reach_the_block_quoted_or_not_at_all(name):
    fake = Fake()
    call = TaskCall(KEY, CallKind.ATOMIC, "MILL", name, "7")
    with pytest.raises(InvalidName):
        run_task(fake.session, call)
    assert fake.calls == []


def test_a_failure_is_completed_from_the_helpers_memory():
    failure = OracleError("ORA-20777: the stone broke\nORA-06512: at line 1")
    fake = Fake(failure, {"error_text": "whole stack", "outcome": "COMMITTED_INSIDE"})
    with pytest.raises(OracleError) as caught:
        run_task(fake.session, CALL)
    assert caught.value.full_text == "whole stack"
    assert caught.value.committed_inside


def test_a_lost_connection_is_not_asked_again():
    fake = Fake(OracleError("DPY-4011: closed\nORA-03113: end-of-file"))
    with pytest.raises(OracleError) as caught:
        run_task(fake.session, CALL)
    assert len(fake.calls) == 1
    assert caught.value.full_text.startswith("DPY-4011")


def test_a_second_failure_does_not_hide_the_first():
    fake = Fake(OracleError("ORA-20777: the stone broke"), OracleError("ORA-03113: end-of-file"))
    with pytest.raises(OracleError, match="the stone broke") as caught:
        run_task(fake.session, CALL)
    assert caught.value.__notes__ == ["its details could not be read: ORA-03113: end-of-file"]


@pytest.mark.parametrize(
    ("value", "type_", "text", "number"),
    [
        (7, "number", "7", 7),
        (Decimal("0.10"), "number", "0.1", Decimal("0.10")),
        (dt.datetime.fromisoformat("2024-02-29"), "date", "2024-02-29T00:00:00", None),
        ("x", "string", "x", None),
        (None, "number", None, None),
    ],
)
def test_parameters_are_frozen_as_text_and_typed(value, type_, text, number):
    fake = Fake()
    begin_stream(fake.session, StreamStart("1", "r", "op"), [FrozenParameter("dop", type_, value)])
    ((row,),) = fake.batches
    assert (row["name"], row["value_type"]) == ("DOP", type_.upper())
    assert (row["string_value"], row["number_value"]) == (text, number)
    assert row["date_value"] == (value if type_ == "date" else None)
