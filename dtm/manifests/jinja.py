"""Jinja2 behind the templates: strict, sandboxed, without access to files.

The sandbox matters because a plan of a pull request renders text that nobody has reviewed yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dtm.manifests.templates import Context, Rendered, TemplateProblem, env_name
from dtm.model.suggest import did_you_mean

# What an expression of a template can raise besides Jinja2's own errors.
_RAISED = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_WHOLE = re.compile(r"\{\{((?:(?!\}\}|\{\{).)*)\}\}\Z", re.DOTALL)
_MARK = re.compile("\x00([0-9]+)\x00")
_UNDEFINED = re.compile(r"'([^']+)' is undefined|has no attribute '([^']+)'")


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


class Engine:
    """Renders texts with names; compiled templates are kept."""

    def __init__(self) -> None:
        self._env = _environment()
        self._marking = _environment(extensions=[_Marker])
        self._compiled: dict[str, Any] = {}

    def value(self, text: str, names: Context) -> Any:
        """Render one text of a manifest; a text that is one expression keeps the value's type."""
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

    def file(self, text: str, names: Context) -> Rendered:
        """Render a file and keep track of lines; raises TemplateProblem."""
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
