"""dtm.yaml: the repository's connection, local state, variables for templates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dtm.errors import ConfigurationError
from dtm.manifests import files, reader, schemas, shape
from dtm.manifests.connections import connection_problems
from dtm.manifests.explain import explain
from dtm.manifests.findings import Finding, Findings, Place
from dtm.manifests.render import Renderer
from dtm.manifests.rendering import render_tree, template_finding
from dtm.manifests.root import SETTINGS_FILE
from dtm.manifests.templates import TemplateProblem, is_template
from dtm.model.instance import ConnectSpec, SecretKind, SecretRef
from dtm.model.names import IDENTIFIER_BYTES

_PLACE = Place(SETTINGS_FILE)


@dataclass(frozen=True, slots=True)
class Settings:
    """`repository` is None where dtm.yaml names none; relative paths are meant from `root`."""

    root: Path
    repository: ConnectSpec | None = None
    repository_db_unique_names: tuple[str, ...] = ()
    state_dir: Path = Path(".dtm")
    manifests: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    identifier_bytes: int = IDENTIFIER_BYTES
    variables: Mapping[str, Any] = field(default_factory=dict)

    def located(self, spec: ConnectSpec) -> ConnectSpec:
        """Return a connection whose files and directories no longer depend on where dtm runs.

        Manifests keep them relative to dtm.yaml, so that a recorded spec is the same everywhere.
        """

        def path(text: str | None) -> str | None:
            return None if text is None else str(self.root / Path(text).expanduser())

        def secret(ref: SecretRef | None) -> SecretRef | None:
            if ref is None or ref.kind is not SecretKind.FILE or not isinstance(ref.value, str):
                return ref
            return SecretRef(ref.kind, path(ref.value) or "")

        return replace(
            spec,
            password=secret(spec.password),
            wallet=path(spec.wallet),
            wallet_password=secret(spec.wallet_password),
            tns_admin=path(spec.tns_admin),
        )


def read_settings(root: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read dtm.yaml alone; raises ConfigurationError naming the first thing wrong and its place."""
    findings = Findings()
    settings = load_settings(root, os.environ if environ is None else environ, findings)
    for found in findings.diagnostics():
        path = f"{found.path}: " if found.path else ""
        raise ConfigurationError(
            path + found.message, where=str(found.location), hint=found.suggestion
        )
    return settings


def load_settings(root: Path, environ: Mapping[str, str], findings: Findings) -> Settings:
    """Read dtm.yaml of a root; without one the defaults hold. What is wrong goes to `findings`."""
    defaults = Settings(root, state_dir=root / ".dtm")
    if not (root / SETTINGS_FILE).exists():
        return defaults
    data = _read(root, findings)
    if data is None:
        return defaults
    variables = _variables(data.get("variables", {}), environ, findings)
    renderer = Renderer(variables)

    def refuse(path: tuple[str | int, ...], problem: TemplateProblem) -> None:
        findings.add(_PLACE, template_finding(path, problem))

    fixed = {"variables": data.get("variables", {})}
    data = {**render_tree(data, renderer, {}, (), refuse, skip=frozenset({"variables"})), **fixed}
    repository = data.get("repository")
    connect = None
    if repository is not None:
        connect = _repository(repository, findings)
    return Settings(
        root=root,
        repository=connect,
        repository_db_unique_names=tuple(
            (repository or {}).get("expect", {}).get("dbUniqueName", ())
        ),
        state_dir=root / data.get("stateDir", ".dtm"),
        manifests=tuple(_inside(root, data.get("manifests", ["."]), findings)),
        exclude=tuple(data.get("exclude", ())),
        identifier_bytes=data.get("identifierBytes", IDENTIFIER_BYTES),
        variables=variables,
    )


def _read(root: Path, findings: Findings) -> dict[str, Any] | None:
    text = files.read_text(root, SETTINGS_FILE)
    if isinstance(text, reader.Problem):
        findings.add_at(SETTINGS_FILE, [text])
        return None
    findings.texts[SETTINGS_FILE] = text
    reading = reader.read(text)
    findings.add_at(SETTINGS_FILE, reading.problems)
    if reading.problems or not reading.documents:
        return None
    if len(reading.documents) > 1:
        second = Place(SETTINGS_FILE, 1)
        findings.add(second, Finding((), "settings", "dtm.yaml holds one document"))
    data = reading.documents[0].data
    if data is None:
        return None
    schema = schemas.schema(schemas.SETTINGS)
    if not shape.compile_schema(schema)(data):
        findings.add(_PLACE, *explain(schema, data))
        return None
    return data if isinstance(data, dict) else None


def _variables(
    declared: Mapping[str, Any], environ: Mapping[str, str], findings: Findings
) -> dict[str, Any]:
    values = {}
    for name, value in declared.items():
        if not isinstance(value, dict):
            values[name] = value
        elif value["env"] in environ:
            values[name] = environ[value["env"]]
        elif "default" in value:
            values[name] = value["default"]
        else:
            message = f'the environment variable "{value["env"]}" is not set'
            hint = "set it, or give a default"
            findings.add(_PLACE, Finding(("variables", name), "missing-variable", message, hint))
        if isinstance(value, str) and is_template(value):
            message = "a variable cannot be a template itself"
            findings.add(_PLACE, Finding(("variables", name), "template", message))
    return values


def _repository(spec: Mapping[str, Any], findings: Findings) -> ConnectSpec | None:
    problems = connection_problems(spec)
    for found in problems:
        findings.add(_PLACE, replace(found, path=("repository", *found.path)))
    return None if problems else ConnectSpec.from_spec(spec)


def _inside(root: Path, names: list[str], findings: Findings) -> list[str]:
    inside = []
    for number, name in enumerate(names):
        path = ("manifests", number)
        if not files.is_inside(root, name):
            message = f'"{name}" is outside the tree'
            findings.add(_PLACE, Finding(path, "outside-tree", message))
        elif not (root / name).exists():
            findings.add(_PLACE, Finding(path, "unreadable", f'"{name}" does not exist'))
        else:
            inside.append(name)
    return inside
