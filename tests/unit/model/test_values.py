from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtm.errors import UsageError
from dtm.model import names
from dtm.model.durations import format_duration, parse_date, parse_duration
from dtm.model.environment import RolloutPolicy
from dtm.model.inventory import Inventory
from dtm.model.suggest import did_you_mean
from tests.unit.model.factory import shop


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("0s", 0)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(0, 366 * 86400))
def test_durations_have_one_canonical_text(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2 h", "-2h", "30m2h", "2H", "1e3s", "9" * 5000 + "s"]
)
def test_bad_durations(text):
    with pytest.raises(ValueError, match=r"duration|longer than a year"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["2024-02-30", "01/02/2024", "2024-1-2", "20240102", "٢٠٢٤-01-02"]
)
def test_bad_dates(text):
    with pytest.raises(ValueError, match="date"):
        parse_date(text)


def test_names_follow_oracle():
    assert names.normalise("sales_1$#") == "SALES_1$#"
    assert names.normalise('"Mixed Case"') == "Mixed Case"
    assert names.split_qualified('sales."Order Lines"').sql == '"SALES"."Order Lines"'
    assert str(names.split_qualified('sales."Order Lines"')) == 'SALES."Order Lines"'
    assert str(names.split_qualified('"SALES".orders')) == "SALES.ORDERS"


@pytest.mark.parametrize(
    "text", ["", "1A", "A-B", "A@LINK", '"A""B"', "A" * 31, "Ä", 'A" OR "1', "A.B", "_A", "A\n"]
)
def test_not_an_oracle_name(text):
    with pytest.raises(names.InvalidName):
        names.normalise(text)


@pytest.mark.parametrize("text", ["A", "A.B.C", "A.B@L", "A..B", ".B", "A.", '"A.B', "A.B; DROP"])
def test_not_a_qualified_name(text):
    with pytest.raises(names.InvalidName):
        names.split_qualified(text)


def test_lock_names_fit_and_differ():
    long = names.lock_name("S", "operation" * 50, "OBJECT" * 50)
    assert len(long.encode()) <= names.LOCK_NAME_BYTES
    assert names.lock_name("S", "a", "bc") != names.lock_name("S", "ab", "c")
    assert names.lock_name("S", "a") != names.lock_name("W", "a")
    assert names.code_lock_name("DTM") == "DTM$CODE$DTM"
    assert len(names.code_lock_name("X" * 128).encode()) <= names.LOCK_NAME_BYTES


@pytest.mark.parametrize(
    ("waves", "total", "sizes"),
    [
        ([1, "25%", "100%"], 40, [1, 9, 30]),
        ([1, "25%", "100%"], 1, [1]),
        ([5], 12, [5, 7]),
        (["100%"], 0, []),
        (["1%", "2%"], 3, [1, 2]),
    ],
)
def test_waves_are_cumulative_and_cover_everything(waves, total, sizes):
    policy = RolloutPolicy.from_spec({"waves": waves})
    members = list(range(total))
    cut = [members[part] for part in policy.slices(total)]
    assert [len(part) for part in cut] == sizes
    assert [member for part in cut for member in part] == members


def test_inventory_lookups_suggest():
    inventory = Inventory.of(shop())
    assert [i.name for i in inventory.instances("prod")] == ["a1", "b1"]
    assert [len(step) for step in inventory.operation("purge").steps] == [1, 2]
    with pytest.raises(UsageError) as caught:
        inventory.operation("prge")
    assert caught.value.hint == 'did you mean "purge"?'
    with pytest.raises(UsageError) as caught:
        inventory.package("X")
    assert caught.value.hint == "there is no Package at all"


def test_suggestions_ignore_case():
    assert did_you_mean("retention-days", ["RETENTION_DAYS"]) == 'did you mean "RETENTION_DAYS"?'
    assert did_you_mean("zzz", ["RETENTION_DAYS"]) is None
