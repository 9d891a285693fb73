"""The reference of all manifests as Markdown, made from the schemas: docs/manifests.md.

Write it again after a change: `python -m dtm.manifests.reference > docs/manifests.md`; a test
compares the two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import yaml

from dtm.manifests import schemas
from dtm.manifests.codes import CODES
from dtm.model.resources import Kind

Schema = dict[str, Any]

_TYPES = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "null": "null",
}
_BLOCKS = {  # definitions that get a section of their own
    "connect": "Connection",
    "secret": "Secret reference",
    "expect": "Expectation",
    "rollout": "Rollout",
    "limits": "Limits",
    "task": "Task",
    "lifecycleTask": "Life cycle procedure",
    "retry": "Retry",
    "parameter": "Parameter declaration",
    "objectEntry": "Object",
}
_FORMS = {  # definitions with a short form, explained where they are used
    "duration": "[duration](#forms)",
    "name": "[name](#forms)",
    "identifier": "[Oracle name](#forms)",
    "objectName": "[OWNER.NAME](#forms)",
    "labels": "labels (text by name)",
    "parameterValues": "values by parameter name",
}
_INTRODUCTION = """\
# Manifests

<!-- Generated from schemas/ by `python -m dtm.manifests.reference`; edit the schemas. -->

A working tree is any directory of YAML files; `dtm.yaml` at its root holds the [settings](#dtmyaml).
Each document has `apiVersion: dtm/v1`, a `kind`, `metadata` with a name, and a `spec`; several documents
may share a file. For completion and checks while you type, put the schema into the first line:

    # yaml-language-server: $schema=../../schemas/operation.json

or map `schemas/manifest.json` to all files of the tree in your editor. `dtm validate` reports everything
that is wrong in one pass, with file, line and column.

YAML is read by version 1.2: only `true` and `false` are booleans (`yes`, `no`, `on`, `off` are text), dates
and `22:00` are text, numbers have no leading zeros. Secrets never stand in a manifest, only
[references](#secret-reference) to them.
"""
_FORMS_TEXT = """\
## Forms

| form | written as |
| --- | --- |
| name | letters, digits, `.`, `_`, `-`; at most 63; unique within a kind, also in another case |
| Oracle name | a letter, then letters, digits, `_`, `$`, `#`; case does not count; `"Quoted"` verbatim; at most 30 bytes (see `identifierBytes`) |
| OWNER.NAME | two Oracle names; never with a database link |
| duration | `30s`, `10m`, `2h`, `1h30m`, `1d` |
| date | ISO 8601: `2024-12-31`, `2024-12-31T23:59:00`; with an offset it is converted to UTC |

## Templates

Texts in manifests and in dtm.yaml, and PL/SQL files whose name ends in `.j2`, may be Jinja2 templates. They see
`vars.NAME` (the variables of dtm.yaml); in an Instance and in `instanceDefaults` also `instance.name`,
`instance.labels` and `environment.name`; in PL/SQL files `package.name`. The filter `env_name` makes a part of
an environment variable's name: `{{ instance.name | env_name }}` is `SALES_EMEA_1` for `sales-emea-1`.
Anything undefined is an error. A text that is one expression keeps the value's type.

## Parameter layers

Least to most specific: default of the operation, environment (names an operation does not declare are ignored
there), operation in that environment, assignment, assignment and instance, assignment and object, assignment with
instance and object, `--param` on the command line. `dtm params OPERATION --env E` shows each value with the layer,
file and line it came from. Parameter names are compared without regard to case.
"""


def markdown() -> str:
    """Return the whole reference."""
    parts = [_INTRODUCTION]
    definitions: dict[str, Schema] = {}
    for kind in Kind:
        schema = schemas.for_kind(kind)
        definitions.update(schema["definitions"])
        parts.append(_kind_section(kind.value, schema))
    settings = schemas.schema(schemas.SETTINGS)
    parts.append(_section("dtm.yaml", settings, settings, ""))
    parts.append("## Shared blocks\n")
    parts.append(_block("Metadata", schemas.for_kind(Kind.ENVIRONMENT)["properties"]["metadata"]))
    for name, title in _BLOCKS.items():
        parts.append(_block(title, definitions[name]))
    parts.append(_FORMS_TEXT)
    parts.append(_codes())
    return "\n".join(parts)


def _kind_section(title: str, schema: Schema) -> str:
    return _section(title, schema, schema["properties"]["spec"], "spec.")


def _section(title: str, schema: Schema, top: Schema, prefix: str) -> str:
    lines = [f"## {title}", "", schema["description"], ""]
    for example in schema.get("examples", ()):
        text = yaml.safe_dump(example, sort_keys=False, default_flow_style=None, width=96)
        lines += ["```yaml", text.rstrip(), "```", ""]
    lines += _table(top, prefix)
    return "\n".join([*lines, ""])


def _block(title: str, schema: Schema) -> str:
    mapping = next((m for m in schema.get("anyOf", ()) if m.get("type") == "object"), schema)
    lines = [f"### {title}", ""]
    text = schema.get("description") or schema.get("title", "")
    lines += [f"{text[0].upper()}{text[1:].rstrip('.')}.", "", *_table(mapping, ""), ""]
    return "\n".join(lines)


def _table(schema: Schema, prefix: str) -> list[str]:
    rows = ["| field | value | meaning |", "| --- | --- | --- |"]
    for path, field, required in _fields(schema, prefix):
        meaning = field.get("description", "")
        if "default" in field:
            meaning += f" Default: `{_value(field['default'])}`."
        if required:
            meaning = f"**Required.** {meaning}"
        rows.append(f"| `{path}` | {_type(field)} | {meaning.replace('|', chr(92) + '|')} |")
    return rows


def _fields(schema: Schema, prefix: str) -> Iterator[tuple[str, Schema, bool]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, field, name in required
        inner, suffix = _inner(field)
        if inner is not None:
            yield from _fields(inner, f"{path}{suffix}.")


def _inner(field: Schema) -> tuple[Schema | None, str]:
    """Return the mapping inside a field that has no section of its own, and its path's suffix."""
    if "properties" in field:
        return field, ""
    items = field.get("items", {})
    if "properties" in items:
        return items, "[]"
    if "then" in items:
        return items["then"], "[]"
    values = field.get("additionalProperties")
    if isinstance(values, dict) and "properties" in values:
        return values, ".NAME"
    return None, ""


def _type(field: Schema) -> str:
    name = _reference(field)
    if name in _BLOCKS:
        title = _BLOCKS[name]
        return f"[{title.lower()}](#{title.lower().replace(' ', '-')})"
    if name is not None:
        return _FORMS[name]
    if "enum" in field:
        return ", ".join(f"`{_value(member)}`" for member in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_plural(field['items'])}"
    if "anyOf" in field:
        return str(field.get("title", "")).replace("|", "or")
    values = field.get("additionalProperties")
    if field.get("type") == "object" and isinstance(values, dict) and "properties" not in values:
        return f"by name: {_type(values)}"
    kinds = field.get("type", "object")
    names = [_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(names)


def _plural(items: Schema) -> str:
    if "then" in items:
        return "[tasks](#task) and parallel groups"
    if "anyOf" in items or "enum" in items:
        return _type(items) if "enum" in items else str(items["title"])
    return _type(items)


def _reference(field: Schema) -> str | None:
    for place in (field, *field.get("allOf", ())):
        if "$ref" in place:
            return str(place["$ref"]).removeprefix("#/definitions/")
    return None


def _value(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=200).removesuffix("...\n").strip()


def _codes() -> str:
    rows = "\n".join(f"| `{code}` | {text} |" for code, text in sorted(CODES.items()))
    return (
        "## Diagnostic codes\n\n"
        "`dtm validate --output json`, `github` and `sarif` carry them; they do not change.\n\n"
        f"| code | meaning |\n| --- | --- |\n{rows}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(markdown())
