"""The slow path of schema validation: what is wrong with a document, in words, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from dtm.manifests.findings import Finding
from dtm.manifests.paths import Path, is_secret, looks_secret
from dtm.model.suggest import did_you_mean

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Schema = dict[str, Any]

_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
}
_YAML_1_1 = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def explain(schema: Schema, data: Any) -> list[Finding]:
    """Return every deviation of `data` from `schema`; empty if there is none."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - 0.1 s that valid documents never pay

    findings: list[Finding] = []
    for error in _leaves(Draft7Validator(schema).iter_errors(data)):
        findings.extend(_finding(error))
    misspelt = {(found.path[:-1], found.suggestion) for found in findings if found.at_key}
    return [found for found in dict.fromkeys(findings) if not _misspelt(found, misspelt)]


def _misspelt(found: Finding, misspelt: set[tuple[Path, str | None]]) -> bool:
    """Say whether a missing field is there under a name that `did you mean` corrects."""
    name = found.message.split('"')[1:2]
    wanted = f'did you mean "{name[0]}"?' if name else None
    return found.code == "missing-field" and (found.path, wanted) in misspelt


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Follow anyOf to the branch that was meant, allOf and if/then to the error itself."""
    for error in errors:
        if error.validator == "anyOf" and error.context:
            meant = _meant(error)
            if meant is None:
                yield error
            else:
                yield from _leaves(meant)
        else:
            yield error


def _meant(error: ValidationError) -> list[ValidationError] | None:
    """Return the errors of the branch whose type fits the value, or None if no branch does."""
    depth = len(error.absolute_path)
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [
        inner
        for inner in branches.values()
        if not any(e.validator == "type" and len(e.absolute_path) == depth for e in inner)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _finding(error: ValidationError) -> Iterator[Finding]:
    path = cast("Path", tuple(error.absolute_path))
    value, rule = error.instance, cast("Any", error.validator_value)
    schema = cast("Schema", error.schema)
    if is_secret(path) and not isinstance(value, dict):
        yield literal_secret(path)
        return
    if looks_secret(path) and isinstance(value, str):
        value = "***"
    match error.validator:
        case "additionalProperties":
            yield from _unknown_fields(path, value, schema)
        case "required":
            yield from (
                Finding(path, "missing-field", f'"{name}" is missing', at_key=True)
                for name in _missing(error, rule)
            )
        case "type":
            yield _wrong_type(path, value, rule, schema)
        case "enum" | "const":
            yield _wrong_value(path, value, rule if isinstance(rule, list) else [rule])
        case "pattern":
            is_name = list(error.relative_schema_path)[-2:-1] == ["propertyNames"]
            place = (*path, str(value)) if is_name else path
            message = f"{shown(value)} is not {schema['title']}"
            yield Finding(place, "invalid-value", message, at_key=is_name)
        case "anyOf":
            wanted = schema.get("title") or "of an allowed type"
            yield Finding(path, "wrong-type", f"expected {wanted}, found {describe(value)}")
        case "uniqueItems":
            yield Finding(path, "duplicate-item", "the list names something twice")
        case _:
            yield Finding(path, "invalid-value", _limit(str(error.validator), rule, value))


def _unknown_fields(path: Path, value: Any, schema: Any) -> Iterator[Finding]:
    known = list(schema.get("properties", {}))
    for name in value:
        if name not in known:
            hint = did_you_mean(str(name), known)
            if hint is None:
                unused = [field for field in known if field not in value]
                hint = f"fields here: {', '.join(unused)}" if unused else None
            message = f'unknown field "{name}"'
            yield Finding((*path, name), "unknown-field", message, hint, at_key=True)


def _missing(error: ValidationError, rule: Sequence[str]) -> list[str]:
    """jsonschema gives one error per missing name; find which one it means."""
    return [name for name in rule if error.message.startswith(f"{name!r} ")]


def _wrong_type(path: Path, value: Any, rule: Any, schema: Any) -> Finding:
    names = [rule] if isinstance(rule, str) else list(rule)
    wanted = schema.get("title") or " or ".join(_NAMES[name] for name in names)
    hint = None
    if isinstance(value, str) and "boolean" in names and value.lower() in _YAML_1_1:
        hint = f"write {_YAML_1_1[value.lower()]}; yes, no, on and off are plain text"
    elif "string" in names and isinstance(value, int | float):
        quoted = str(value).lower() if isinstance(value, bool) else str(value)
        hint = f'quote it: "{quoted}"'
        if not re.search(schema.get("pattern", ""), quoted):
            hint = f"for example {schema['examples'][0]}" if "examples" in schema else None
    elif isinstance(value, str) and {"integer", "number"} & set(names) and value.isdigit():
        hint = "write it without quotes"
    elif "array" in names and isinstance(value, str):
        hint = "write it as a list: [...]"
    return Finding(path, "wrong-type", f"expected {wanted}, found {describe(value)}", hint)


def _wrong_value(path: Path, value: Any, allowed: list[Any]) -> Finding:
    choices = [str(choice) for choice in allowed]
    hint = did_you_mean(value, choices) if isinstance(value, str) else None
    if len(choices) == 1:
        return Finding(path, "wrong-value", f"{shown(value)} must be {choices[0]}", hint)
    return Finding(path, "wrong-value", f"{shown(value)} is not one of {', '.join(choices)}", hint)


def _limit(keyword: str, rule: Any, value: Any) -> str:
    """Word the keywords that bound a number or a size."""
    match keyword:
        case "minimum":
            return f"{value} is less than {rule}"
        case "maximum":
            return f"{value} is more than {rule}"
        case "minLength" | "minItems" | "minProperties" if not value:
            return "must not be empty"
        case "minItems" | "minProperties":
            return f"needs at least {rule} members, has {len(value)}"
        case "maxItems" | "maxProperties":
            return f"allows at most {rule} member{'s' if rule > 1 else ''}, has {len(value)}"
        case "maxLength":
            return f"is longer than {rule} characters"
        case _:
            raise ValueError(f"no words for schema keyword {keyword!r}")


def literal_secret(path: Path) -> Finding:
    """Return the finding for a secret written into a manifest; the value is never repeated."""
    return Finding(
        path,
        "literal-secret",
        "a secret must be a reference, never the secret itself",
        "write {env: NAME}, {file: PATH} or {command: [program, argument]}",
    )


def shown(value: Any) -> str:
    """Return a value for a message: short, on one line, as YAML would show it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return '"' + text.replace("\n", "\\n") + '"' if isinstance(value, str) else text


def describe(value: Any) -> str:
    """Return kind and value: `text "yes"`, `a number 5`, `a list`."""
    if isinstance(value, bool) or value is None:
        return shown(value)
    if isinstance(value, str):
        return f"text {shown(value)}"
    return f"the number {shown(value)}" if isinstance(value, int | float) else shown(value)
