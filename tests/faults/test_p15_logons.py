"""P15: permanent errors are not retried; at most one failed logon per account and run."""

from __future__ import annotations

from dtm.errors import ExitCode
from tests.faults import reference
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld


def test_wrong_password_is_tried_once_per_account(two: FaultWorld) -> None:
    tried: list[str] = []
    original = two.logons._open

    def counting(spec, secret, **more):
        tried.append(spec.user)
        return original(spec, secret, **more)

    two.logons._open = counting
    right = {schema.user: schema.password for schema in two.schemas.values()}
    try:
        for schema in two.schemas.values():
            schema.password += "x"
        report = two.run()
    finally:
        for schema in two.schemas.values():
            schema.password = right[schema.user]
    assert report.exit_code is ExitCode.ERROR, report
    assert all("ORA-01017" in stream.message for stream in report.streams)
    assert sorted(tried) == sorted(schema.user for schema in two.schemas.values())


def with_retry(**retry: object) -> list[dict[str, object]]:
    first: dict[str, object] = {"name": "a", "procedure": "A", "retry": retry}
    return [first, *reference.TASKS[1:]]


def test_permanent_error_is_not_retried(make: Make) -> None:
    with make(tasks=with_retry(attempts=3, backoff="1s")) as ref:
        ref.tell("east", "a", "FAIL", times=3)
        assert ref.run().exit_code is ExitCode.FAILED
        assert ref.calls("east")["a"] == 1


def test_declared_user_error_is_retried(make: Make) -> None:
    with make(tasks=with_retry(attempts=3, backoff="0s", on=["ORA-20500"])) as ref:
        ref.tell("east", "a", "FAIL", times=2)
        assert ref.run().exit_code is ExitCode.OK
        assert ref.calls("east")["a"] == 3
