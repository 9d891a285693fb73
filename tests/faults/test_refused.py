"""A run that an instance turns away, or that does not reach one: said clearly, and resumable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dtm.errors import ExitCode
from dtm.model.states import RunState, StreamState
from dtm.runner import watch
from dtm.runner.request import RunRequest
from dtm.runner.run import run
from tests.faults.conftest import Make
from tests.faults.world import FaultWorld


def reasons(world: FaultWorld) -> dict[str, tuple[str, str]]:
    rows = world.query("SELECT instance_name, state, state_reason FROM dtm_run_streams")
    return {name: (state, reason or "") for name, state, reason in rows}


def test_wrong_password_fails_its_stream_and_is_grouped(two: FaultWorld) -> None:
    east = two.schemas["east"]
    right, east.password = east.password, "Wrong_1234"
    report = two.run()
    assert report.exit_code is ExitCode.ERROR, report
    assert report.state is RunState.FAILED
    state, reason = reasons(two)["east"]
    assert state == "FAILED"
    assert reason.startswith("ORA-01017")
    (group,) = watch.errors(two.runner_deps())
    assert (group.code, group.task, len(group.failures)) == ("ORA-01017", "", 1)
    east.password = right
    two.logons = type(two.logons)()
    again = two.run(only=group.handles)
    assert again.exit_code is ExitCode.OK, again
    assert again.run_id == report.run_id
    two.assert_each_once("east")


@pytest.mark.slow
def test_missing_requirement_is_named_and_resumable(make: Make) -> None:
    with make("east", "west") as two:
        two.requires = {"objects": ["NOBODY.NOTHING"]}
        two.apply()
        report = two.run()
        assert report.exit_code is ExitCode.ERROR, report
        assert report.state is RunState.FAILED
        said = reasons(two)
        assert {state for state, _ in said.values()} == {"FAILED"}
        assert all("NOBODY.NOTHING" in reason for _, reason in said.values())
        (group,) = watch.errors(two.runner_deps())
        assert len(group.failures) == 2, "one cause, one group"
        two.requires = {}
        two.apply()
        assert two.run().exit_code is ExitCode.OK
        two.assert_each_once("east")
        two.assert_each_once("west")


@pytest.mark.slow
def test_an_instance_that_is_not_reached_stays_pending(two: FaultWorld) -> None:
    two.broken[two.schemas["east"].user] = "127.0.0.1:1/NOBODY"
    report = two.run()
    assert report.exit_code is ExitCode.DEGRADED, report
    assert report.state is RunState.HALTED
    state, reason = reasons(two)["east"]
    assert state == StreamState.PENDING
    assert "127.0.0.1:1" in reason or "DPY-6005" in reason
    assert [g.task for g in watch.errors(two.runner_deps())] == [""]
    two.broken.clear()
    assert two.run().exit_code is ExitCode.OK
    two.assert_each_once("east")
    assert watch.errors(two.runner_deps()) == ()


def test_a_helper_package_of_another_dtm_is_refused(ref: FaultWorld) -> None:
    versions = dict(ref.query("SELECT package, version FROM dtm_releases"))
    deps = replace(ref.runner_deps(), helper={"DTM": "of-the-next-dtm"})
    report = run(RunRequest("ref-op", "test"), deps)
    assert report.exit_code is ExitCode.ERROR, report
    assert "DTM released on east is of another dtm (`dtm apply`" in report.streams[0].message
    assert ref.calls("east").total() == 0
    deps = replace(deps, helper={"DTM": versions["DTM"]})
    assert run(RunRequest("ref-op", "test"), deps).exit_code is ExitCode.OK
