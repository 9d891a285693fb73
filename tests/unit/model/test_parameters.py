from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dtm.errors import UsageError
from dtm.model import parameters, targets
from dtm.model.declarations import ParameterDecl, ParameterType, convert, text_of
from dtm.model.inventory import Inventory
from dtm.model.parameters import Layer
from dtm.model.resources import Kind, ResourceId
from tests.unit.model.factory import shop

INVENTORY = Inventory.of(shop())
OPERATION = INVENTORY.operation("purge")
ASSIGNMENT = INVENTORY.assignment("purge-prod")


def _days(instance: str | None, name: str | None, overrides: dict[str, str] | None = None):
    where = INVENTORY.instance(instance) if instance else None
    return parameters.resolve(INVENTORY, OPERATION, ASSIGNMENT, where, name, overrides)["DAYS"]


@pytest.mark.parametrize(
    ("instance", "name", "value", "layer"),
    [
        (None, None, 1, Layer.ASSIGNMENT),
        ("b1", "S.B", 1, Layer.ASSIGNMENT),
        ("a1", "S.B", 2, Layer.INSTANCE),
        ("b1", "S.A", 3, Layer.OBJECT),
        ("a1", "S.A", 4, Layer.INSTANCE_OBJECT),
    ],
)
def test_most_specific_layer_wins(instance, name, value, layer):
    resolved = _days(instance, name)
    assert (resolved.value, resolved.layer) == (Decimal(value), layer)


def test_an_object_is_more_specific_than_an_instance():
    resources = shop()
    assignment = resources[-1]
    overrides = [o for o in assignment.spec["overrides"] if not {"instance", "object"} <= o.keys()]
    for listed in (overrides, overrides[::-1]):
        spec = {**assignment.spec, "overrides": listed}
        inventory = Inventory.of([*resources[:-1], replace(assignment, spec=spec)])
        found = parameters.resolve(
            inventory,
            OPERATION,
            inventory.assignment("purge-prod"),
            inventory.instance("a1"),
            "S.A",
        )["DAYS"]
        assert (found.value, found.layer) == (Decimal(3), Layer.OBJECT)


def test_command_line_wins_and_is_case_insensitive():
    resolved = _days("a1", "S.A", {"days": "9"})
    assert (resolved.value, resolved.layer, resolved.origin) == (
        Decimal(9),
        Layer.COMMAND_LINE,
        "--param DAYS",
    )


def test_environment_layer_ignores_undeclared_names_and_default_is_named():
    resolved = parameters.resolve(INVENTORY, OPERATION, INVENTORY.environment("prod"))
    assert (resolved["DOP"].value, resolved["DOP"].layer) == (Decimal(8), Layer.ENVIRONMENT)
    assert resolved["DOP"].origin == "Environment/prod (prod.yaml:1:1)"
    assert (resolved["DAYS"].value, resolved["DAYS"].layer) == (Decimal(365), Layer.DEFAULT)
    assert resolved["CUTOFF"].value is None
    assert "UNRELATED" not in resolved


@pytest.mark.parametrize(
    ("overrides", "message", "hint"),
    [
        ({"DASY": "1"}, 'purge declares no parameter "DASY"', 'did you mean "DAYS"?'),
        ({"DOP": "0"}, "--param DOP: 0 is less than the minimum 1", None),
        ({"DOP": "65"}, "--param DOP: 65 is more than the maximum 64", None),
        ({"DOP": "many"}, "--param DOP: 'many' is not a number", None),
        ({"DOP": "NaN"}, "--param DOP: 'NaN' is not a number", None),
        (
            {"MODE": "ARCHIV"},
            "--param MODE: 'ARCHIV' is not one of ARCHIVE, DELETE",
            'did you mean "ARCHIVE"?',
        ),
    ],
)
def test_bad_command_line(overrides, message, hint):
    with pytest.raises(UsageError) as caught:
        _days(None, None, overrides)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_numbers_keep_38_digits_and_dates_are_utc():
    exact = ParameterDecl("N", ParameterType.NUMBER).parse(
        "0.12345678901234567890123456789012345678"
    )
    assert text_of(exact) == "0.12345678901234567890123456789012345678"
    with pytest.raises(ValueError, match="at most 38 digits"):
        ParameterDecl("N", ParameterType.NUMBER).parse("1" * 39)
    assert text_of(convert(ParameterType.NUMBER, 10**40)) == "1" + "0" * 40
    in_utc = convert(ParameterType.DATE, "2024-06-30T23:30:00+02:00")
    assert text_of(in_utc) == "2024-06-30T21:30:00"
    assert text_of(convert(ParameterType.DATE, "2024-06-30")) == "2024-06-30T00:00:00"


@pytest.mark.parametrize(
    "raw", [True, None, "5", [1], float("inf"), float("nan"), 10**200, 1e-200]
)
def test_not_a_number(raw):
    with pytest.raises(ValueError, match="number"):
        convert(ParameterType.NUMBER, raw)


def test_targets_in_order_with_reasons():
    found = targets.targets(INVENTORY, ASSIGNMENT)
    assert [(t.instance, t.object, t.group, t.left_out) for t in found] == [
        ("a1", "S.A", 0, None),
        ("a1", "S.B", 1, None),
        ("a1", "S.C", 1, "object S.C is disabled"),
        ("b1", "S.A", 0, None),
        ("b1", "S.B", 1, "S.B is disabled on b1"),
        ("b1", "S.C", 1, "object S.C is disabled"),
    ]
    narrowed = targets.targets(INVENTORY, ASSIGNMENT, instances=["b1"], objects=["S.A"])
    assert [t.instance + str(t.object) for t in narrowed if t.left_out is None] == ["b1S.A"]
    with pytest.raises(UsageError, match='assignment purge-prod has no instance "c1"'):
        targets.targets(INVENTORY, ASSIGNMENT, instances=["c1"])


def test_limits_come_from_the_most_specific_place():
    found = targets.limits(OPERATION, ASSIGNMENT)
    assert (found.duration_s, found.iterations) == (6 * 3600, 20)


@pytest.mark.parametrize(
    ("kind", "name", "change", "reason"),
    [
        (Kind.ENVIRONMENT, "prod", {"enabled": False}, "environment prod is disabled"),
        (Kind.OPERATION, "purge", {"enabled": False}, "operation purge is disabled"),
        (
            Kind.OPERATION,
            "purge",
            {"environments": {"prod": {"enabled": False}}},
            "operation purge is disabled in prod",
        ),
        (Kind.ASSIGNMENT, "purge-prod", {"enabled": False}, "assignment purge-prod is disabled"),
        (
            Kind.INSTANCE,
            "a1",
            {"enabled": False},
            "instance a1 is disabled",
        ),
    ],
)
def test_why_targets_are_left_out(kind, name, change, reason):
    resources = [
        replace(r, spec={**r.spec, **change}) if r.id == ResourceId(kind, name) else r
        for r in shop()
    ]
    inventory = Inventory.of(resources)
    found = targets.targets(inventory, inventory.assignment("purge-prod"))
    assert found[0].left_out == reason
    assert (found[3].left_out is None) == (kind is Kind.INSTANCE)


def test_targets_without_objects():
    resources = [
        replace(
            r, spec={**r.spec, "objects": [], "overrides": [{"instance": "b1", "enabled": False}]}
        )
        if r.id.kind is Kind.ASSIGNMENT
        else r
        for r in shop()
    ]
    inventory = Inventory.of(resources)
    found = targets.targets(inventory, inventory.assignment("purge-prod"), instances=["b1"])
    assert [(t.instance, t.object, t.left_out) for t in found] == [
        ("a1", None, "not among --instance"),
        ("b1", None, "disabled on b1"),
    ]
