"""The canonical spec of an Operation: tasks, life cycle, declared parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dtm.manifests.canonical import Canonical, Spec
from dtm.manifests.paths import Path
from dtm.model.declarations import InvalidValue, ParameterDecl, ParameterType, canonical, convert
from dtm.model.suggest import did_you_mean

PHASES = ("initial", "iterator", "final")
SELF_COMMITTING = "self-committing"


def operation(ctx: Canonical, spec: Mapping[str, Any]) -> Spec:
    """Return the canonical spec; parameter values in `environments` are typed here."""
    declared = parameter_declarations(ctx, spec.get("parameters", {}))
    result: Spec = {
        "package": ctx.identifier(("spec", "package"), spec["package"]),
        "enabled": spec.get("enabled", True),
        "lifecycle": _lifecycle(ctx, spec.get("lifecycle", {})),
        "tasks": _tasks(ctx, spec["tasks"]),
        "parameters": declared,
    }
    if spec.get("limits"):
        result["limits"] = ctx.limits(("spec", "limits"), spec["limits"])
    decls = declarations(declared)
    overrides = {
        name: _override(ctx, ("spec", "environments", name), override, decls)
        for name, override in spec.get("environments", {}).items()
    }
    if overrides:
        result["environments"] = overrides
    return result


def declarations(parameters: Mapping[str, Any]) -> dict[str, ParameterDecl]:
    """Return typed declarations of a canonical `parameters:` block."""
    return {name: ParameterDecl.from_spec(name, decl) for name, decl in parameters.items()}


def typed_values(
    ctx: Canonical, path: Path, values: Mapping[str, Any], decls: Mapping[str, ParameterDecl]
) -> Spec:
    """Return canonical values of declared parameters; undeclared and unfit ones are reported."""
    result = {}
    by_given_name = {name.upper(): name for name in values}
    for name, value in ctx.parameters(path, values).items():
        place = (*path, by_given_name[name])
        decl = decls.get(name)
        if decl is None:
            hint = did_you_mean(name, decls) or f"declared: {', '.join(sorted(decls)) or 'none'}"
            message = f'the operation declares no parameter "{by_given_name[name]}"'
            ctx.refuse(place, "undeclared-parameter", message, hint, at_key=True)
            continue
        try:
            result[name] = canonical(decl.check(value))
        except InvalidValue as error:
            ctx.refuse(place, "parameter-value", f"{name}: {error}", error.hint)
    return result


def parameter_declarations(ctx: Canonical, parameters: Mapping[str, Any]) -> Spec:
    """Return canonical declarations by upper-case name; those that contradict themselves are left out."""
    result: Spec = {}
    for given, decl in parameters.items():
        name = given.upper()
        path = ("spec", "parameters", given)
        if name in result:
            message = f'"{given}" is already declared in another case; case does not count here'
            ctx.refuse(path, "duplicate-key", message, at_key=True)
        canonical_decl = _declaration(ctx, path, decl)
        if canonical_decl is not None:
            result[name] = canonical_decl
    return result


def _declaration(ctx: Canonical, path: Path, decl: Mapping[str, Any]) -> Spec | None:
    kind = ParameterType(decl["type"])
    result: Spec = {"type": kind.value, "required": decl.get("required", True)}
    if decl.get("description"):
        result["description"] = decl["description"]
    sound = True
    for key in ("minimum", "maximum", "enum", "default"):
        if key not in decl:
            continue
        if key in ("minimum", "maximum") and kind is ParameterType.STRING:
            ctx.refuse((*path, key), "parameter-value", f"a string parameter has no {key}")
            sound = False
            continue
        try:
            result[key] = _typed(kind, key, decl[key], result)
        except InvalidValue as error:
            ctx.refuse((*path, key), "parameter-value", f"{key}: {error}", error.hint)
            sound = False
    if sound and "minimum" in result and "maximum" in result:
        low, high = convert(kind, result["minimum"]), convert(kind, result["maximum"])
        if low > high:  # type: ignore[operator]
            ctx.refuse((*path, "minimum"), "parameter-value", "minimum is more than maximum")
            sound = False
    return result if sound else None


def _typed(kind: ParameterType, key: str, raw: Any, so_far: Spec) -> Any:
    if key == "enum":
        return [canonical(convert(kind, member)) for member in raw]
    if key == "default":
        return canonical(ParameterDecl.from_spec("", so_far).check(raw))
    return canonical(convert(kind, raw))


def _override(
    ctx: Canonical, path: Path, override: Mapping[str, Any], decls: Mapping[str, ParameterDecl]
) -> Spec:
    values = override.get("parameters", {})
    return {
        "enabled": override.get("enabled", True),
        "parameters": typed_values(ctx, (*path, "parameters"), values, decls),
        "limits": ctx.limits((*path, "limits"), override.get("limits", {})),
    }


def _lifecycle(ctx: Canonical, lifecycle: Mapping[str, Any]) -> Spec:
    result: Spec = {}
    for phase in PHASES:
        path = ("spec", "lifecycle", phase)
        given = lifecycle.get(phase, phase.upper())
        if given is None:
            result[phase] = None
            continue
        task = {"procedure": given} if isinstance(given, str) else given
        result[phase] = _task(
            ctx, path, {"procedure": phase.upper(), **task}, isinstance(given, str)
        )
    return result


def _tasks(ctx: Canonical, tasks: list[Mapping[str, Any]]) -> list[Spec]:
    result: list[Spec] = []
    seen: dict[str, str] = {}
    for number, member in enumerate(tasks):
        path: Path = ("spec", "tasks", number)
        if "parallel" not in member:
            result.append(_named_task(ctx, path, member, seen))
            continue
        path = (*path, "parallel")
        group = [
            _named_task(ctx, (*path, position), task, seen)
            for position, task in enumerate(member["parallel"])
        ]
        result.append({"parallel": group})
    return result


def _named_task(ctx: Canonical, path: Path, task: Mapping[str, Any], seen: dict[str, str]) -> Spec:
    name = task["name"]
    if name.casefold() in seen:
        message = f'another task is named "{seen[name.casefold()]}"'
        ctx.refuse(
            (*path, "name"),
            "duplicate-name",
            message,
            "task names are unique; case does not count",
        )
    elif name in PHASES:
        message = f'"{name}" is the name of a life cycle procedure'
        ctx.refuse((*path, "name"), "reserved-name", message)
    seen.setdefault(name.casefold(), name)
    return {"name": name, **_task(ctx, path, task, whole=False)}


def _task(ctx: Canonical, path: Path, task: Mapping[str, Any], whole: bool) -> Spec:
    """Return a task's canonical fields; `whole`: the value at `path` is the procedure itself."""
    place = path if whole else (*path, "procedure")
    result: Spec = {
        "procedure": ctx.identifier(place, task["procedure"]),
        "kind": task.get("kind", "atomic"),
        "enabled": task.get("enabled", True),
    }
    _restart(ctx, path, task, result)
    if "timeout" in task:
        result["timeout"] = ctx.duration((*path, "timeout"), task["timeout"])
    if task.get("session"):
        result["session"] = [" ".join(statement.split()) for statement in task["session"]]
    if "retry" in task:
        retry = dict(task["retry"])
        if "backoff" in retry:
            retry["backoff"] = ctx.duration((*path, "retry", "backoff"), retry["backoff"])
        result["retry"] = retry
    if task.get("description"):
        result["description"] = task["description"]
    return result


def _restart(ctx: Canonical, path: Path, task: Mapping[str, Any], result: Spec) -> None:
    """Fill in `restart`, `probe` and `testable`, which depend on the kind."""
    if result["kind"] != SELF_COMMITTING:
        for key in ("restart", "probe", "testable"):
            if task.get(key):
                message = f"{key} is for self-committing tasks; this one is atomic"
                ctx.refuse(
                    (*path, key), "conflict", message, "add kind: self-committing", at_key=True
                )
        return
    restart = task.get("restart", "manual")
    result["restart"] = restart
    if task.get("testable"):
        result["testable"] = True
    if "probe" in task:
        result["probe"] = ctx.identifier((*path, "probe"), task["probe"])
        if restart != "probe":
            message = f"probe is given, but restart is {restart}"
            ctx.refuse((*path, "probe"), "conflict", message, "write restart: probe", at_key=True)
    elif restart == "probe":
        ctx.refuse(
            path, "missing-field", '"probe" is missing; restart: probe needs it', at_key=True
        )


def all_tasks(spec: Mapping[str, Any]) -> Iterator[tuple[Path, Spec]]:
    """Yield every task of a canonical operation with its path."""
    for number, member in enumerate(spec["tasks"]):
        path: Path = ("spec", "tasks", number)
        if "parallel" in member:
            for position, task in enumerate(member["parallel"]):
                yield (*path, "parallel", position), task
        else:
            yield path, member
