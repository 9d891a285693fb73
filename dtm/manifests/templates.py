"""Values around templates: what is rendered, what came of it, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Context = Mapping[str, Any]


class TemplateProblem(Exception):
    """A template that cannot be rendered; `line` counts from 1 inside the text."""

    def __init__(self, message: str, line: int, suggestion: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered file. `lines[n]` is the template's line that line n + 1 of `text` came from."""

    text: str
    lines: tuple[int, ...]


def env_name(text: object) -> str:
    """Return a text as a part of an environment variable's name: `sales-emea-1`, SALES_EMEA_1."""
    return re.sub(r"[^A-Za-z0-9]", "_", str(text)).upper()


def is_template(text: str) -> bool:
    """Say whether a text holds any of Jinja2's marks."""
    return "{{" in text or "{%" in text or "{#" in text
