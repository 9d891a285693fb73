"""Checks between documents: references, duplicates, renames, selections, environment values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dtm.manifests.drafts import Draft
from dtm.manifests.findings import Finding, Findings
from dtm.manifests.paths import Path
from dtm.manifests.selection_index import InstanceIndex
from dtm.model.assignment import Selector
from dtm.model.declarations import InvalidValue, ParameterDecl
from dtm.model.diagnostics import Severity
from dtm.model.resources import Kind
from dtm.model.suggest import did_you_mean

Index = Mapping[Kind, Mapping[str, Draft]]


def refuse_duplicates(drafts: Sequence[Draft], findings: Findings) -> None:
    """Report documents of one kind whose names are equal, or differ only in case."""
    seen: dict[tuple[Kind, str], Draft] = {}
    for draft in drafts:
        key = (draft.kind, draft.name.casefold())
        first = seen.setdefault(key, draft)
        if first is draft:
            continue
        where = f"{first.place.file}"
        if first.name == draft.name:
            message = f'another {draft.kind.value} is named "{draft.name}", in {where}'
        else:
            message = f'"{first.name}" in {where} differs only in case'
        findings.add(draft.place, Finding(("metadata", "name"), "duplicate-name", message))


def check_renames(index: Index, findings: Findings) -> None:
    """Report a renamedFrom that names itself, something that still exists, or one claimed twice."""
    for drafts in index.values():
        claimed: dict[str, Draft] = {}
        for draft in drafts.values():
            old = draft.metadata.get("renamedFrom")
            if old is None:
                continue
            message = _rename_problem(draft, old, drafts, claimed)
            claimed.setdefault(old, draft)
            if message is not None:
                findings.add(draft.place, Finding(("metadata", "renamedFrom"), "rename", message))


def _rename_problem(
    draft: Draft, old: str, drafts: Mapping[str, Draft], claimed: Mapping[str, Draft]
) -> str | None:
    if old == draft.name:
        return "a resource cannot be renamed from its own name"
    if old in drafts:
        other = drafts[old]
        if other.metadata.get("renamedFrom") == draft.name:
            return f'a cycle: "{old}" says that it was renamed from "{draft.name}"'
        return f'{draft.kind.value} "{old}" still exists, in {other.place.file}'
    if old in claimed:
        return f'"{claimed[old].name}" also says that it was renamed from "{old}"'
    return None


class References:
    """Checks that what documents name exists and fits."""

    def __init__(self, index: Index, findings: Findings, doubtful: str) -> None:
        """`doubtful` is the text of files that could not be read in full: what occurs there may
        well be declared there, so a reference to it is not reported on top."""
        self._index = index
        self._findings = findings
        self._doubtful = doubtful.casefold()
        self._instances = InstanceIndex(index[Kind.INSTANCE])

    def check(self) -> None:
        """Check every document as far as its own shape allows; all of them count as existing."""
        checks: dict[Kind, Callable[[Draft], None]] = {
            Kind.INSTANCE: self._instance,
            Kind.OPERATION: self._operation,
            Kind.ASSIGNMENT: self._assignment,
        }
        for kind, check in checks.items():
            for draft in self._index[kind].values():
                if draft.checkable:
                    check(draft)

    def _refers(
        self, draft: Draft, path: Path, kind: Kind, name: str, *, at_key: bool = False
    ) -> bool:
        known = self._index[kind]
        if name in known:
            return True
        if name.casefold() in self._doubtful:
            return False
        hint = did_you_mean(name, known)
        if hint is None:
            listed = ", ".join(sorted(known)[:8]) + (", ..." if len(known) > 8 else "")
            hint = f"known: {listed}" if known else f"no {kind.value} is declared at all"
        message = f'there is no {kind.value} named "{name}"'
        self._findings.add(draft.place, Finding(path, "dangling-reference", message, hint, at_key))
        return False

    def _instance(self, draft: Draft) -> None:
        self._refers(draft, ("spec", "environment"), Kind.ENVIRONMENT, draft.spec["environment"])

    def _operation(self, draft: Draft) -> None:
        self._refers(draft, ("spec", "package"), Kind.PACKAGE, draft.spec["package"])
        for name in draft.spec.get("environments", {}):
            path = ("spec", "environments", name)
            self._refers(draft, path, Kind.ENVIRONMENT, name, at_key=True)

    def _assignment(self, draft: Draft) -> None:
        spec = draft.spec
        known = self._refers(draft, ("spec", "operation"), Kind.OPERATION, spec["operation"])
        env = spec["environment"]
        if known:
            self._parameters(draft)
        if not self._refers(draft, ("spec", "environment"), Kind.ENVIRONMENT, env):
            return
        selected = self._selected(draft, env)
        for number, override in enumerate(draft.raw_spec.get("overrides", ())):
            name = override.get("instance")
            if name is None:
                continue
            path = ("spec", "overrides", number, "instance")
            if self._refers(draft, path, Kind.INSTANCE, name) and name not in selected:
                message = f'instance "{name}" is not selected by this assignment'
                self._findings.add(draft.place, Finding(path, "dangling-reference", message))
        groups = any(isinstance(member, list) for member in spec.get("objects", ()))
        if groups and spec["concurrency"]["perInstance"] == 1:
            message = "an inner list of objects has no effect with perInstance: 1"
            hint = "set concurrency.perInstance to 2 or more"
            self._warn(draft, ("spec", "objects"), "no-effect", message, hint)

    def _selected(self, draft: Draft, env: str) -> set[str]:
        """Return the names of the selected instances; report those of other environments."""
        instances = self._index[Kind.INSTANCE]
        spec = draft.spec.get("instances", {})
        for number, name in enumerate(draft.raw_spec.get("instances", {}).get("names", ())):
            place = ("spec", "instances", "names", number)
            if not self._refers(draft, place, Kind.INSTANCE, name):
                continue
            other = instances[name].raw_spec.get("environment")
            if instances[name].intact("spec", "environment") and other != env:
                message = f'instance "{name}" belongs to environment {other}, not to {env}'
                self._findings.add(draft.place, Finding(place, "dangling-reference", message))
        selected = self._instances.select(env, Selector.from_spec(spec))
        if not selected and "names" not in spec and self._all_sound(instances):
            what = (
                "no instance of this environment has these labels"
                if spec
                else f"{env} has no instance"
            )
            path: Path = ("spec", "instances") if spec else ("spec", "environment")
            self._warn(draft, path, "nothing-selected", what, None)
        return selected

    def _all_sound(self, instances: Mapping[str, Draft]) -> bool:
        """Say whether an empty selection is one, and not the consequence of another mistake."""
        known = self._index[Kind.ENVIRONMENT]
        return not self._doubtful and all(
            draft.valid and draft.raw_spec.get("environment") in known
            for draft in instances.values()
        )

    def _parameters(self, draft: Draft) -> None:
        """Environment values must fit the operations that run there and declare them; every
        required parameter should have a value from somewhere."""
        operation = self._index[Kind.OPERATION][draft.spec["operation"]]
        environment = self._index[Kind.ENVIRONMENT].get(draft.spec["environment"])
        decls = operation.declarations
        if decls is None or environment is None or not environment.intact("spec", "parameters"):
            return
        given_there = environment.raw_spec.get("parameters", {})
        for given, value in given_there.items():
            decl = decls.get(given.upper())
            if decl is not None:
                self._fits(environment, given, value, decl, operation.name)
        if not draft.intact("spec", "parameters") or not draft.intact("spec", "overrides"):
            return
        in_environment = operation.spec.get("environments", {}).get(environment.name, {})
        set_names = {name.upper() for name in given_there} | in_environment.get(
            "parameters", {}
        ).keys()
        for layer in (draft.spec, *draft.spec.get("overrides", ())):
            set_names |= layer.get("parameters", {}).keys()
        for decl in decls.values():
            if decl.required and decl.default is None and decl.name not in set_names:
                message = f"no layer gives the required parameter {decl.name} a value"
                hint = f"set it here, or give --param {decl.name}=VALUE to each run"
                path = ("spec", "parameters")
                self._warn(draft, path, "no-value", message, hint)

    def _fits(
        self, environment: Draft, given: str, value: Any, decl: ParameterDecl, operation: str
    ) -> None:
        try:
            decl.check(value)
        except InvalidValue as error:
            message = f"{decl.name} of operation {operation}: {error}"
            path = ("spec", "parameters", given)
            found = Finding(path, "parameter-value", message, error.hint)
            self._findings.add(environment.place, found)

    def _warn(
        self, draft: Draft, path: Path, code: str, message: str, suggestion: str | None
    ) -> None:
        found = Finding(path, code, message, suggestion, at_key=True, severity=Severity.WARNING)
        self._findings.add(draft.place, found)
