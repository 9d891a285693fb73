"""Jinja2 templates in manifests and PL/SQL files: strict, sandboxed, without access to files.

A template sees `vars` (dtm.yaml) and, depending on the place, `instance`, `environment` or
`package`. Anything undefined is an error. The sandbox matters because a plan of a pull request
renders text that nobody has reviewed yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dtm.model.suggest import did_you_mean

Context = Mapping[str, Any]

# What an expression of a template can raise besides Jinja2's own errors.
_RAISED = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_WHOLE = re.compile(r"\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*\Z", re.DOTALL)
_MARK = re.compile("\x00([0-9]+)\x00")
_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")


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


class _Marker(Extension):
    """Writes the template's line number into the output, at the start of each literal line."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the literal parts; everything else passes."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            pieces = token.value.split("\n")
            marked = [f"\x00{token.lineno + n}\x00{piece}" for n, piece in enumerate(pieces)]
            yield Token(token.lineno, "data", "\n".join(marked))


def env_name(text: object) -> str:
    """Return a text as a part of an environment variable's name: `sales-emea-1`, SALES_EMEA_1."""
    return re.sub(r"[^A-Za-z0-9]", "_", str(text)).upper()


def _environment(**options: Any) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the output is SQL, PL/SQL and names, never HTML
        **options,
    )
    made.filters["env_name"] = env_name
    return made


def is_template(text: str) -> bool:
    """Say whether a text holds any of Jinja2's marks."""
    return "{{" in text or "{%" in text or "{#" in text


class Renderer:
    """Renders texts with the variables of one working tree; compiled templates are kept."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = dict(variables)
        self._env = _environment()
        self._marking = _environment(extensions=[_Marker])
        self._compiled: dict[str, Any] = {}

    def value(self, text: str, context: Context) -> Any:
        """Render one text of a manifest; a text that is one expression keeps the value's type."""
        names = {"vars": self._variables, **context}
        try:
            if text not in self._compiled:
                self._compiled[text] = self._compile(text)
            result = self._compiled[text](names)
        except _RAISED as error:
            raise _problem(error, names, text.count("\n") + 1) from None
        if isinstance(result, str | int | float | bool):
            return result
        raise TemplateProblem(f"gives {type(result).__name__}, not a plain value", 1, None)

    def _compile(self, text: str) -> Any:
        whole = _WHOLE.match(text)
        if whole is None:
            template = self._env.from_string(text)
            return lambda names: template.render(names)
        expression = self._env.compile_expression(whole.group(1), undefined_to_none=False)

        def evaluate(names: Context) -> Any:
            result = expression(**names)
            return str(result) if isinstance(result, StrictUndefined) else result

        return evaluate

    def file(self, text: str, context: Context) -> Rendered:
        """Render a file and keep track of lines; raises TemplateProblem."""
        names = {"vars": self._variables, **context}
        try:
            plain = self._env.from_string(text).render(names)
            marked = self._marking.from_string(text).render(names)
        except _RAISED as error:
            raise _problem(error, names, text.count("\n") + 1) from None
        count = plain.count("\n") + 1
        if _MARK.sub("", marked) != plain:  # a filter measured or changed the marks
            return Rendered(plain, tuple(range(1, count + 1)))
        lines = []
        current = 1
        for line in marked.split("\n"):
            mark = _MARK.search(line)
            current = int(mark.group(1)) if mark else current
            lines.append(current)
        return Rendered(plain, tuple(lines))


def _problem(error: Exception, names: Context, lines: int) -> TemplateProblem:
    if isinstance(error, TemplateSyntaxError):
        return TemplateProblem(f"template: {error.message}", min(error.lineno, lines), None)
    message = str(error)
    hint = None
    if isinstance(error, UndefinedError):
        found = _UNDEFINED.search(message)
        if found and found.group(1):
            message = f'"{found.group(1)}" is undefined'
            hint = did_you_mean(found.group(1), names) or f"known: {', '.join(sorted(names))}"
        elif found:
            name = found.group(2)
            inner = {
                key for value in names.values() if isinstance(value, Mapping) for key in value
            }
            message = f'"{name}" is undefined'
            hint = did_you_mean(name, inner) or "variables are declared in dtm.yaml"
    return TemplateProblem(f"template: {message}", min(_line_of(error), lines), hint)


def _line_of(error: Exception) -> int:
    """Jinja2 rewrites the traceback so that its last frame is the template's line."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
