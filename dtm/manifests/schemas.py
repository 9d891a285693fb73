"""The JSON Schemas of `schemas/`: one per kind and one for dtm.yaml; the source of truth for shape."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from dtm.model.resources import Kind

Schema = dict[str, Any]

SETTINGS = "settings"


@cache
def schema(name: str) -> Schema:
    """Return a schema by name: a kind in any case, or "settings".

    In a wheel the files are `dtm/schemas/*.json`; in a checkout they stand beside the package.
    """
    packaged = resources.files("dtm").joinpath("schemas")
    root = packaged if packaged.is_dir() else resources.files("dtm").joinpath("..", "schemas")
    loaded: Schema = json.loads(root.joinpath(f"{name.lower()}.json").read_text(encoding="utf-8"))
    return loaded


def for_kind(kind: Kind) -> Schema:
    """Return the schema of a kind."""
    return schema(kind.value)
