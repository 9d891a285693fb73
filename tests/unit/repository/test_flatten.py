"""Resources as rows of plain tables: every insert gets exactly the binds it names."""

from __future__ import annotations

import re
from typing import Any

from dtm.model.resources import Kind, Resource, ResourceId
from dtm.repository.flatten import TABLES, clip, rows_of
from dtm.repository.queries import load

SPECS: dict[Kind, dict[str, Any]] = {
    Kind.ENVIRONMENT: {
        "enabled": True,
        "protected": True,
        "parameters": {"DOP": 8},
        "rollout": {"waves": [1, "25%", "100%"], "maxFailures": 2},
    },
    Kind.INSTANCE: {
        "environment": "prod",
        "connect": {"user": "DTM", "dsn": "db1/SALES", "password": {"env": "SECRET_1"}},
        "expect": {"dbUniqueName": ["A", "B"]},
    },
    Kind.PACKAGE: {
        "units": [{"file": "p.pks", "type": "PACKAGE", "name": "P"}],
        "tables": [{"file": "t.sql", "type": "TABLE", "name": "T"}],
    },
    Kind.OPERATION: {
        "package": "P",
        "lifecycle": {"initial": None, "iterator": {"procedure": "ITERATOR"}, "final": None},
        "tasks": [
            {"name": "a", "procedure": "A", "kind": "self-committing", "restart": "safe"},
            {
                "parallel": [
                    {"name": "b", "procedure": "B", "timeout": "2h"},
                    {"name": "c", "procedure": "C", "enabled": False},
                ]
            },
        ],
        "parameters": {"DAYS": {"type": "number", "default": 365, "minimum": 30}},
        "environments": {"prod": {"parameters": {"DAYS": 400}}},
        "limits": {"duration": "4h", "iterations": 1000},
    },
    Kind.ASSIGNMENT: {
        "operation": "op",
        "environment": "prod",
        "objects": ["S.A", ["S.B", {"object": "S.C", "enabled": False}]],
        "parameters": {"DAYS": 730},
        "overrides": [{"instance": "i1", "object": "S.A", "parameters": {"DAYS": 60}}],
        "window": {"start": "22:00", "duration": "6h", "days": ["SAT", "SUN"]},
    },
}


def resource(kind: Kind) -> Resource:
    metadata = {"labels": {"app": "sales"}, "owner": "dba-team", "description": "words"}
    sources = {"p.pks": "create package p", "t.sql": "create table t"}
    texts = sources if kind is Kind.PACKAGE else {}
    return Resource(ResourceId(kind, "one"), metadata, SPECS[kind], "d" * 64, texts)


def test_rows_have_exactly_the_binds_of_their_insert():
    queries = load("flat")
    seen = set()
    for kind in Kind:
        rows = rows_of(resource(kind))
        assert set(rows) == set(TABLES[kind])
        for table, members in rows.items():
            binds = set(re.findall(r":(\w+)", queries[f"insert_{table}"]))
            for row in members:
                assert set(row) == binds, table
                seen.add(table)
    assert seen == {table for names in TABLES.values() for table in names}


def test_tasks_keep_series_groups_and_life_cycle_apart():
    rows = rows_of(resource(Kind.OPERATION))["tasks"]
    places = [(r["phase"], r["step"], r["member"], r["procedure_name"]) for r in rows]
    assert places == [
        ("ITERATOR", 0, 1, "ITERATOR"),
        ("TASK", 1, 1, "A"),
        ("TASK", 2, 1, "B"),
        ("TASK", 2, 2, "C"),
    ]
    assert [r["restart"] for r in rows] == [None, "safe", None, None]
    assert [r["timeout_s"] for r in rows] == [None, None, 7200, None]
    assert [r["enabled"] for r in rows] == ["Y", "Y", "Y", "N"]


def test_parameter_values_say_where_they_hold():
    rows = rows_of(resource(Kind.ASSIGNMENT))["parameter_values"]
    assert [
        (r["layer"], r["environment"], r["instance"], r["object_name"], r["value"]) for r in rows
    ] == [
        ("assignment", "prod", None, None, "730"),
        ("override", "prod", "i1", "S.A", "60"),
    ]


def test_no_secret_reference_reaches_the_plain_tables():
    rows = rows_of(resource(Kind.INSTANCE))
    assert "SECRET_1" not in str(rows)
    assert rows["instances"][0]["connect_target"] == "db1/SALES"


def test_clip_never_splits_a_character():
    assert clip("äää", 3) == "ä"
    assert clip("") is None
    assert clip(None) is None
