"""The short way through templates gives what Jinja2 gives, or nothing at all."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtm.manifests.jinja import Engine
from dtm.manifests.render import _NOTHING, Renderer, simple
from dtm.manifests.templates import TemplateProblem
from tests.unit.manifests import tree

NAMES: dict[str, dict[str, Any]] = {
    "vars": {"HOST": "db1", "PORT": 1521, "ON": True, "ODD": "{{ x }}", "items": "i", "RATE": 1.5},
    "instance": {"name": "sales-emea-1", "labels": {"app": "sales"}},
}
ENGINE = Engine()
PIECES = st.sampled_from(
    [
        *(
            "{{ vars.HOST }}",
            "{{vars.PORT}}",
            "{{ vars.ON }}",
            "{{ vars.ODD }}",
            "{{ vars.RATE }}",
        ),
        *("{{ instance.name|env_name }}", "{{ instance.name | env_name }}", "{{ instance.name }}"),
        *(
            "{{ vars.items }}",
            "{{ vars.NONE }}",
            "{{ instance.labels }}",
            "{{ instance.labels.app }}",
        ),
        *(
            "{{- vars.HOST }}",
            "{{ vars.HOST -}}",
            "{{ 'x' }}",
            "{# c #}",
            "{% if 1 %}",
            "{% endif %}",
        ),
        *("{", "}", "{{", "}}", "a", " ", "\n", "/", ":", "%}", "#}", "{%"),
    ]
)


@given(st.lists(PIECES, max_size=5).map("".join))
def test_the_short_way_agrees_with_jinja2(text):
    short = simple(text, NAMES)
    if short is _NOTHING:
        return
    assert ENGINE.value(text, NAMES) == short
    assert type(ENGINE.value(text, NAMES)) is type(short)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ vars.HOST }}:{{ vars.PORT }}/X", "db1:1521/X"),
        ("PW_{{ instance.name | env_name }}", "PW_SALES_EMEA_1"),
        ("{{ vars.PORT }}", 1521),
        ("{{ vars.ON }}", True),
    ],
)
def test_the_usual_templates_take_the_short_way(text, value):
    assert simple(text, NAMES) == value


def test_everything_else_is_jinja2():
    renderer = Renderer(NAMES["vars"])
    assert renderer.value("{{ vars.PORT + 1 }}", {}) == 1522
    assert renderer.value("{{ instance.labels.app | upper }}", NAMES) == "SALES"
    with pytest.raises(TemplateProblem, match='"NONE" is undefined'):
        renderer.value("{{ vars.NONE }}", {})
    with pytest.raises(TemplateProblem, match="not a plain value"):
        renderer.value("{{ instance.labels }}", NAMES)


def test_a_usual_tree_is_read_without_importing_jinja2_or_jsonschema(tmp_path):
    tree.write(tmp_path)
    code = (
        "import sys; from pathlib import Path; from dtm.manifests import load;"
        f"load(Path({str(tmp_path)!r}), {{}}).require();"
        "print([name for name in ('jinja2', 'jsonschema') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
