"""Whatever stands in the files: `load` answers with diagnostics, never with an exception."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from dtm.manifests.loader import load
from dtm.manifests.reader import read
from tests.unit.manifests import tree
from tests.unit.manifests.test_schemas import EXAMPLES, _mutations

FRAGMENTS = [
    *("{{", "}}", "{%", "{{ x }}", "{{ vars.x }}", "{% for i in range(9) %}", "*a", "&a ", "<<: "),
    *("- ", "? ", ": ", "[", "]", "{", "}", "!!int ", "!!x ", "'", '"', "|\n", "\t", "\n", "\r"),
    *("#", "@", "null", "~", "true", "007", "1e999", ".nan", "9" * 60, "$IF", "/*", "q'[", "\x00"),
    *("\ufeff", "\u2028", "é", "--- ", "...", "%YAML 1.1\n", "/", ";", "END", "BEGIN"),
]
FILES = {
    **tree.FILES,
    **{f"ex-{name}.yaml": text for name, text in EXAMPLES.items() if name != "settings"},
    "dtm.yaml": EXAMPLES["settings"],
}


def _damaged(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randint(0, 12))
        piece = chance.choice([*FRAGMENTS, "", text[end : end + 40]])
        text = text[:start] + piece + text[chance.choice((start, end)) :]
    return text


def _check(root: Path, note: object) -> None:
    found = load(root, {})
    for diagnostic in found.diagnostics:
        assert diagnostic.location.line >= 1, note
    if not found.errors:
        inventory = found.inventory
        assert len(inventory.resources) == sum(
            map(
                len,
                (
                    inventory.environments,
                    inventory.all_instances,
                    inventory.packages,
                    inventory.operations,
                    inventory.all_assignments,
                ),
            )
        )


@pytest.mark.parametrize("seed", range(8))
def test_damaged_text(tmp_path, seed):
    chance = random.Random(seed)
    for _ in range(40):
        damaged = dict(FILES)
        for name in chance.sample(sorted(damaged), 2):
            damaged[name] = _damaged(damaged[name], chance)
        for name, text in damaged.items():
            (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        _check(tmp_path, {n: t for n, t in damaged.items() if t != FILES[n]})


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_values_of_any_type_in_any_place(tmp_path, name):
    chance = random.Random(name)
    mutated = list(_mutations(read(EXAMPLES[name]).documents[0].data))
    tree.write(tmp_path)
    file = "dtm.yaml" if name == "settings" else "example.yaml"
    for data in chance.sample(mutated, min(60, len(mutated))):
        (tmp_path / file).write_text(json.dumps(data))
        _check(tmp_path, data)
