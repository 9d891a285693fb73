"""Templates in manifests and PL/SQL files. Anything undefined is an error.

A template sees `vars` (dtm.yaml) and, depending on the place, `instance`, `environment` or
`package`. `{{ vars.NAME }}` and `{{ instance.name | env_name }}`, nearly all there is in practice,
are read here; for anything else Jinja2 is imported, which costs more than reading a small tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dtm.manifests.templates import Context, Rendered, env_name

if TYPE_CHECKING:
    from dtm.manifests.jinja import Engine

_SIMPLE = re.compile(r"\{\{ *([a-z]+)\.([A-Za-z][A-Za-z0-9_]*) *(\| *env_name *)?\}\}")
_MARKS = re.compile(r"[{}]|[#%]\}")
_NOTHING = object()


class Renderer:
    """Renders texts with the variables of one working tree."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = dict(variables)

    def value(self, text: str, context: Context) -> Any:
        """Render one text of a manifest; a text that is one expression keeps the value's type.

        Raises TemplateProblem.
        """
        names = {"vars": self._variables, **context}
        result = simple(text, names)
        return self._engine.value(text, names) if result is _NOTHING else result

    def file(self, text: str, context: Context) -> Rendered:
        """Render a file and keep track of lines; raises TemplateProblem."""
        return self._engine.file(text, {"vars": self._variables, **context})

    @cached_property
    def _engine(self) -> Engine:
        from dtm.manifests.jinja import Engine  # noqa: PLC0415 - 60 ms that few trees need

        return Engine()


def simple(text: str, names: Context) -> Any:
    """Return what Jinja2 would, or `_NOTHING` where the text holds more than simple lookups.

    What is undefined goes to Jinja2 too, for its message.
    """
    pieces: list[str] = []
    end = 0
    for match in _SIMPLE.finditer(text):
        value = _lookup(names, match.group(1), match.group(2))
        if value is _NOTHING:
            return _NOTHING
        value = env_name(value) if match.group(3) else value
        if match.span() == (0, len(text)):
            return value
        pieces += [text[end : match.start()], str(value)]
        end = match.end()
        if text[end : end + 1] == "}":
            return _NOTHING
    pieces.append(text[end:])
    literal = "".join(pieces[::2])
    return _NOTHING if not end or _MARKS.search(literal) else "".join(pieces)


def _lookup(names: Context, name: str, key: str) -> Any:
    scope = names.get(name)
    if not isinstance(scope, dict) or hasattr(scope, key):  # Jinja2 prefers attributes: `items`
        return _NOTHING
    value = scope.get(key, _NOTHING)
    return value if isinstance(value, str | int | float | bool) else _NOTHING
