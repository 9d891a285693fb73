"""The schemas: complete, described, and read the same way by the fast path and by jsonschema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from dtm.manifests import schemas, shape
from dtm.manifests.explain import explain
from dtm.manifests.reader import read
from dtm.manifests.reference import markdown
from dtm.model.resources import Kind
from tests.unit.manifests import tree

NAMES = [*(kind.value for kind in Kind), schemas.SETTINGS]
ROOT = Path(__file__).parents[3] / "schemas"


def _fields(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        for number, member in enumerate(schema):
            yield from _fields(member, f"{path}[{number}]")
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            yield f"{path}.{name}", field
        for key, member in schema.items():
            yield from _fields(member, f"{path}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described_and_every_object_closed(name):
    schema = schemas.schema(name)
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    undescribed = [path for path, field in _fields(schema) if not field.get("description")]
    assert undescribed == []
    text = json.dumps(schema)
    assert text.count('"properties"') == text.count('"additionalProperties": false')


def test_shared_definitions_are_the_same_everywhere():
    seen: dict[str, Any] = {}
    for path in sorted(ROOT.glob("*.json")):
        for name, definition in json.loads(path.read_text()).get("definitions", {}).items():
            assert seen.setdefault(name, definition) == definition, f"{name} in {path.name}"
    assert {path.stem for path in ROOT.glob("*.json")} == {
        "manifest",
        *(name.lower() for name in NAMES),
    }


def _mutations(data: Any) -> Iterator[Any]:
    """Every document that differs from `data` in one place, by something of another shape."""
    strange = [None, True, 5, 0, -1, 1.5, "", "x", "5", "A.B", "50%", [], ["x"], {}, {"x": 1}]
    yield from strange
    if isinstance(data, dict):
        for key, value in data.items():
            yield {k: v for k, v in data.items() if k != key}
            yield {**data, key + "x": value}
            for mutated in _mutations(value):
                yield {**data, key: mutated}
    if isinstance(data, list):
        yield [*data, *data]
        for number, value in enumerate(data):
            for mutated in _mutations(value):
                yield [*data[:number], mutated, *data[number + 1 :]]


EXAMPLES = {
    "Environment": tree.ENVIRONMENT
    + "  parameters: {A: 1}\n  rollout: {waves: [1, 25%], maxFailures: 0}\n  protected: true\n",
    "Instance": tree.INSTANCE + "  expect: {dbUniqueName: [A]}\n",
    "Package": tree.PACKAGE + "  requires: {privileges: [X], objects: [A.B]}\n  compat: odtm\n",
    "Operation": tree.OPERATION
    + "  lifecycle: {initial: null, iterator: ITER, final: {procedure: F, kind: atomic}}\n"
    + "  environments: {prod: {enabled: false, limits: {duration: 1h, iterations: 3}}}\n",
    "Assignment": tree.ASSIGNMENT.replace(
        "objects: [sales.orders]", "objects: [a.b, [c.d, {object: e.f, enabled: false}]]"
    )
    + "  overrides: [{instance: a, object: a.b, parameters: {X: y}}]\n"
    + "  window: {start: '22:00', duration: 6h, days: [SAT]}\n  schedule: 0 22 * * SAT\n",
    "settings": "repository: {dsn: a, user: b, password: {command: [x]}}\n"
    "variables: {A: {env: B, default: 1}, C: true}\nidentifierBytes: 128\nexclude: []\n",
}


@pytest.mark.parametrize("name", NAMES)
def test_fast_and_slow_path_agree_on_every_single_mutation(name):
    schema = schemas.schema(name)
    fast, slow = shape.compile_schema(schema), Draft7Validator(schema)
    data = read(EXAMPLES[name]).documents[0].data
    assert fast(data)
    rejected = 0
    for mutated in _mutations(data):
        verdict = fast(mutated)
        assert verdict == slow.is_valid(mutated), mutated
        if not verdict:
            rejected += 1
            assert explain(schema, mutated), mutated
    assert rejected > 50


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(0, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=8,
)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["object", "array", "string", "integer", "number", "boolean"]),
        "enum": st.lists(JSON, min_size=1, max_size=3),
        "const": JSON,
        "minimum": st.integers(-1, 2),
        "maxLength": st.integers(0, 2),
        "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
        "required": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), st.just({"type": "string"})),
        "additionalProperties": st.booleans() | st.just({"type": "integer"}),
        "items": st.sampled_from([{"type": "string"}, {"minimum": 1}]),
        "anyOf": st.just([{"type": "string"}, {"type": "null"}]),
        "if": st.just({"type": "object"}),
        "then": st.just({"minProperties": 1}),
        "else": st.just({"maxItems": 1}),
    },
)


@given(SCHEMAS, JSON)
def test_fast_and_slow_path_agree_on_any_schema(schema, data):
    assert shape.compile_schema(schema)(data) == Draft7Validator(schema).is_valid(data)


def test_the_fast_path_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="'dependencies' is not supported"):
        shape.compile_schema({"dependencies": {}})


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_valid(name):
    schema = schemas.schema(name)
    assert schema["examples"]
    for example in schema["examples"]:
        assert explain(schema, example) == []


def test_the_reference_is_up_to_date():
    written = (ROOT.parent / "docs" / "manifests.md").read_text(encoding="utf-8")
    assert written == markdown(), "run: python -m dtm.manifests.reference > docs/manifests.md"
    anchors = set(re.findall(r"\]\(#([a-z-]+)\)", written))
    titles = {re.sub(r"[^a-z -]", "", t.lower()) for t in re.findall(r"(?m)^#+ (.*)$", written)}
    assert anchors <= {title.replace(" ", "-") for title in titles}


def test_one_schema_for_all_files_chooses_by_kind():
    whole = schemas.schema("manifest")
    chosen = {
        rule["if"]["properties"]["kind"]["const"]: rule["then"]["$ref"] for rule in whole["allOf"]
    }
    assert chosen == {kind.value: f"{kind.value.lower()}.json" for kind in Kind}
