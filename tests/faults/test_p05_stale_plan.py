"""P5: a stale plan is refused, and says which ingredient changed."""

from __future__ import annotations

import pytest

from dtm.errors import ExitCode, StalePlan
from dtm.reconcile import planfile
from dtm.reconcile.apply import apply_plan
from dtm.reconcile.deps import ApplyOptions
from dtm.repository.records import Outcome
from tests.contract.repository.conftest import migrated, one, two
from tests.contract.repository.world import (
    NEXT_BODY,
    World,
    body_of,
)

__all__ = ["migrated", "one", "two"]  # fixtures of the repository's tests


def saved(world: World) -> str:
    return planfile.save(world.plan(world.tree(body=NEXT_BODY)).plan)


@pytest.mark.parametrize("ingredient", ["serial", "lineage", "instance", "manifests", "tool"])
def test_a_stale_plan_is_refused_and_says_why(one: World, ingredient: str) -> None:
    one.apply()
    plan = planfile.load(saved(one))
    tree, deps = one.tree(body=NEXT_BODY), {}
    expected = {
        "serial": "repository serial was 1, is 2",
        "lineage": "repository lineage was",
        "instance": "instance east no longer holds what it held",
        "manifests": "manifest digest was",
        "tool": "tool version was 1.0, is 1.1",
    }[ingredient]
    if ingredient == "serial":
        one.do("repository", "UPDATE dtm_repository SET serial = serial + 1")
    elif ingredient == "lineage":
        one.do("repository", "UPDATE dtm_repository SET lineage = 'another'")
    elif ingredient == "instance":
        one.do("east", "DROP PACKAGE tidy")
    elif ingredient == "manifests":
        tree = one.tree(body=NEXT_BODY, enabled=True)
    else:
        deps = {"tool_version": "1.1"}
    with pytest.raises(StalePlan) as caught:
        one.apply(tree, ApplyOptions(saved=plan), **deps)
    assert expected in caught.value.message
    assert caught.value.message.count(";") == 0, "only that ingredient changed"
    assert "'one'" in body_of(one, "east") or ingredient == "instance"
    assert one.query("SELECT COUNT(*) FROM dtm_applies") == [(1,)]


def test_a_fresh_plan_file_is_applied(one: World) -> None:
    one.apply()
    plan = planfile.load(saved(one))
    report = one.apply(one.tree(body=NEXT_BODY), ApplyOptions(saved=plan))
    assert report.exit_code is ExitCode.OK
    assert "'two'" in body_of(one, "east")


def test_a_plan_that_somebody_overtook_while_it_was_looked_at_is_stale(one: World) -> None:
    planned = one.plan()
    one.apply()
    with pytest.raises(StalePlan, match="changed while the plan was being looked at"):
        apply_plan(planned, one.deps())


def test_an_instance_that_changed_since_the_plan_is_not_installed_over(two: World) -> None:
    two.apply()
    planned = two.plan(two.tree(body=NEXT_BODY))
    two.do("east", "DROP PACKAGE tidy")
    report = apply_plan(planned, two.deps())
    found = {one.change.instance: one.outcome for one in report.applied if one.change.instance}
    assert found == {"east": Outcome.STALE, "west": Outcome.DONE}
    assert report.exit_code is ExitCode.STALE
    assert body_of(two, "east") == ""
