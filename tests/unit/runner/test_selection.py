"""Which assignment a command means, and what a run pins."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from dtm.errors import DtmError, NotApplied, UsageError
from dtm.model.inventory import Inventory
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.repository.runs_rows import PackagePin, ParameterPin
from dtm.runner.request import RunRequest
from dtm.runner.selection import (
    changed_parameters,
    package_pins,
    parameter_pins,
    resolve,
    select,
    unreleased,
    wanted,
    waves,
)


def make(kind: Kind, name: str, spec: dict[str, Any]) -> Resource:
    digest = hashlib.sha256(json.dumps([kind, name, spec]).encode()).hexdigest()
    return Resource(ResourceId(kind, name), {}, spec, digest)


def inventory(*assignments: dict[str, Any], **operation: Any) -> Inventory:
    connect = {"user": "U", "dsn": "h/s"}
    spec = {
        "package": "PKG",
        "lifecycle": {"initial": None, "iterator": None, "final": None},
        "tasks": [{"name": "t", "procedure": "T"}],
        "parameters": {"DAYS": {"type": "number", "default": 30}},
        **operation,
    }
    return Inventory.of(
        [
            make(Kind.ENVIRONMENT, "prod", {}),
            *(
                make(Kind.INSTANCE, f"i{n}", {"environment": "prod", "connect": connect})
                for n in range(1, 5)
            ),
            make(Kind.PACKAGE, "PKG", {}),
            make(Kind.OPERATION, "op", spec),
            *(
                make(
                    Kind.ASSIGNMENT,
                    a.pop("name", "as"),
                    {"operation": "op", "environment": "prod", **a},
                )
                for a in assignments
            ),
        ]
    )


REQUEST = RunRequest("op", "prod")


def test_the_only_enabled_assignment_is_it() -> None:
    found = select(inventory({"name": "x"}, {"name": "y", "enabled": False}), REQUEST)
    assert found.assignment.name == "x"
    assert found.packages == ("DTM", "PKG")


@pytest.mark.parametrize(
    ("request_", "error", "text"),
    [
        (RunRequest("opp", "prod"), NotApplied, 'no Operation "opp"'),
        (RunRequest("op", "prd"), NotApplied, 'no Environment "prd"'),
        (RunRequest("op", "prod"), UsageError, "2 assignments: x, y"),
        (RunRequest("op", "prod", assignment="z"), UsageError, 'no assignment "z"'),
        (RunRequest("op", "prod", assignment="off"), UsageError, "off is disabled"),
        (RunRequest("op", "prod", assignment="x", instances=("i9",)), UsageError, "i9"),
    ],
)
def test_refusals_name_what_is_wrong(
    request_: RunRequest, error: type[DtmError], text: str
) -> None:
    with pytest.raises(error, match=text):
        select(
            inventory({"name": "x"}, {"name": "y"}, {"name": "off", "enabled": False}), request_
        )


def test_no_assignment_at_all() -> None:
    with pytest.raises(UsageError, match="no enabled assignment"):
        select(inventory(), REQUEST)


def test_everything_disabled_is_nothing_to_run() -> None:
    with pytest.raises(UsageError, match="nothing to run"):
        wanted(select(inventory({}, enabled=False), REQUEST))


def test_operation_without_an_enabled_task() -> None:
    tasks = [{"name": "t", "procedure": "T", "enabled": False}]
    with pytest.raises(UsageError, match="no enabled task"):
        select(inventory({}, tasks=tasks), REQUEST)


def test_self_committing_task_cannot_be_tested_unless_it_says_so() -> None:
    tasks = [{"name": "t", "procedure": "T", "kind": "self-committing"}]
    with pytest.raises(UsageError, match="test mode, tasks commit inside: t"):
        select(inventory({}, tasks=tasks), RunRequest("op", "prod", test=True))
    tasks[0]["testable"] = True  # type: ignore[assignment]
    select(inventory({}, tasks=tasks), RunRequest("op", "prod", test=True))


def test_parameters_are_pinned_as_text_with_their_layer() -> None:
    selected = select(inventory({"parameters": {"DAYS": 90}}), REQUEST)
    (first, *_) = wanted(selected)
    assert parameter_pins(resolve(selected, first, {})) == (
        ParameterPin("DAYS", "number", "90", "assignment", "Assignment/as"),
    )
    (pin,) = parameter_pins(resolve(selected, first, {"days": "7"}))
    assert (pin.value, pin.layer) == ("7", "command line")


def test_param_that_differs_from_the_pin_is_told() -> None:
    selected = select(inventory({}), REQUEST)
    pins = [ParameterPin("DAYS", "number", "90", "assignment", "")]
    assert changed_parameters(selected, pins, {"DAYS": "90"}) is None
    assert changed_parameters(selected, pins, {"DAYS": "91"}) == "DAYS is pinned as '90', not '91'"


def test_new_versions_are_pinned_anew_on_resume() -> None:
    selected = select(inventory({}), REQUEST)
    releases = {("i1", "DTM"): "h1", ("i1", "PKG"): "v2"}
    before = {
        ("i1", "DTM"): PackagePin("i1", "DTM", 1, "h1", "START"),
        ("i1", "PKG"): PackagePin("i1", "PKG", 1, "v1", "START"),
    }
    assert package_pins(selected, ["i1"], releases, before) == (
        PackagePin("i1", "PKG", 2, "v2", "RESUME"),
    )
    assert unreleased(selected, "i1", releases) is None
    assert unreleased(selected, "i2", releases) == "DTM"


def test_waves_are_cut_from_the_sorted_instances() -> None:
    selected = select(inventory({"rollout": {"waves": [1, "50%", "100%"]}}), REQUEST)
    assert waves(selected, ["i4", "i2", "i1", "i3"]) == {"i1": 1, "i2": 2, "i3": 3, "i4": 3}
