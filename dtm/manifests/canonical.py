"""Shape-valid specs to canonical ones: defaults filled in, names, durations and values normalised.

Two manifests that mean the same give the same canonical spec, hence the same digest. What the
schema cannot say about a single document is reported here; what needs another document is in
`references`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dtm.manifests.findings import Finding
from dtm.manifests.paths import Path
from dtm.model.durations import format_duration, parse_duration
from dtm.model.names import InvalidName, normalise, split_qualified
from dtm.model.resources import Kind

Report = Callable[[Finding], None]
Spec = dict[str, Any]
_canonical_json = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":")
).encode


def digest(kind: Kind, metadata: Mapping[str, Any], spec: Any, sources: Mapping[str, str]) -> str:
    """Return the sha256 (hex) of a canonical resource; order of keys and layout do not count."""
    whole = {"kind": kind.value, "metadata": metadata, "spec": spec, "sources": sources}
    return hashlib.sha256(_canonical_json(whole).encode()).hexdigest()


class Canonical:
    """Normalises one document; findings go to `report` with paths from the document's root."""

    def __init__(
        self, report: Report, identifier_bytes: int, taken_out: Sequence[Path] = ()
    ) -> None:
        """`taken_out`: paths of fields that were wrong and are missing from the spec now."""
        self._report = report
        self._limit = identifier_bytes
        self._incomplete = {path[:-1] for path in taken_out}

    def refuse(
        self,
        path: Path,
        code: str,
        message: str,
        suggestion: str | None = None,
        *,
        at_key: bool = False,
    ) -> None:
        """Report one finding, unless it may only follow from a field that was taken out."""
        mapping = path if code == "missing-field" else path[:-1]
        if code in ("missing-field", "conflict") and mapping in self._incomplete:
            return
        self._report(Finding(path, code, message, suggestion, at_key))

    def identifier(self, path: Path, text: str) -> str:
        """Return an Oracle name as the dictionary stores it."""
        try:
            return normalise(text, limit=self._limit)
        except InvalidName as error:
            self.refuse(path, "oracle-name", str(error))
            return text.upper()

    def object_name(self, path: Path, text: str) -> str:
        """Return OWNER.NAME in its canonical text."""
        try:
            return str(split_qualified(text, limit=self._limit))
        except InvalidName as error:
            self.refuse(path, "oracle-name", str(error))
            return text.upper()

    def duration(self, path: Path, text: str) -> str:
        """Return the canonical text of a duration of at least a second."""
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            self.refuse(path, "invalid-value", str(error))
            return text
        if seconds == 0 and path[-1] != "backoff":
            self.refuse(path, "invalid-value", "a duration of nothing")
        return format_duration(seconds)

    def parameters(self, path: Path, values: Mapping[str, Any]) -> Spec:
        """Return values by upper-case name; names that differ only in case are refused."""
        result: Spec = {}
        for name, value in values.items():
            upper = name.upper()
            if upper in result:
                message = f'"{name}" is already given in another case; case does not count here'
                self.refuse((*path, name), "duplicate-key", message, at_key=True)
            whole = isinstance(value, float) and value.is_integer()
            result[upper] = int(value) if whole else value
        return result

    def limits(self, path: Path, limits: Mapping[str, Any]) -> Spec:
        """Return a `limits:` block."""
        result = dict(limits)
        if "duration" in limits:
            result["duration"] = self.duration((*path, "duration"), limits["duration"])
        return result

    def rollout(self, path: Path, rollout: Mapping[str, Any]) -> Spec:
        """Return a `rollout:` block; waves that shrink are refused."""
        waves = rollout.get("waves", ["100%"])
        for kind in (int, str):
            sizes = [
                (number, int(str(wave).removesuffix("%")))
                for number, wave in enumerate(waves)
                if isinstance(wave, kind)
            ]
            for (_, before), (number, size) in pairwise(sizes):
                if size <= before:
                    message = "waves are cumulative: each must be larger than the one before"
                    self.refuse((*path, "waves", number), "invalid-value", message)
        result: Spec = {"waves": list(waves)}
        if "maxFailures" in rollout:
            result["maxFailures"] = rollout["maxFailures"]
        return result


def metadata(canonical: Canonical, kind: Kind, raw: Mapping[str, Any]) -> Spec:
    """Return metadata without the name and without what is empty."""
    result = {key: value for key, value in raw.items() if key != "name" and value != {}}
    if kind is Kind.PACKAGE and "renamedFrom" in result:
        path = ("metadata", "renamedFrom")
        result["renamedFrom"] = canonical.identifier(path, result["renamedFrom"])
    return result


def environment(canonical: Canonical, spec: Mapping[str, Any]) -> Spec:
    """Return the canonical spec; instanceDefaults are not part of it, instances hold them."""
    return {
        "enabled": spec.get("enabled", True),
        "protected": spec.get("protected", False),
        "parameters": canonical.parameters(("spec", "parameters"), spec.get("parameters", {})),
        "rollout": {
            "maxFailures": 0,
            **canonical.rollout(("spec", "rollout"), spec.get("rollout", {})),
        },
    }


def instance(spec: Mapping[str, Any]) -> Spec:
    """Return the canonical spec of an instance after its environment's defaults were merged in."""
    result: Spec = {
        "environment": spec["environment"],
        "enabled": spec.get("enabled", True),
        "connect": dict(spec.get("connect", {})),
    }
    names = spec.get("expect", {}).get("dbUniqueName")
    if names:
        result["expect"] = {"dbUniqueName": sorted({name.upper() for name in names})}
    return result


def package(canonical: Canonical, spec: Mapping[str, Any]) -> Spec:
    """Return the canonical spec without `units` and `tables`, which `sources` adds."""
    requires = spec.get("requires", {})
    path = ("spec", "requires", "objects")
    result: Spec = {
        "enabled": spec.get("enabled", True),
        "requires": {
            "privileges": sorted(
                {" ".join(p.upper().split()) for p in requires.get("privileges", ())}
            ),
            "objects": sorted(
                {
                    canonical.object_name((*path, number), name)
                    for number, name in enumerate(requires.get("objects", ()))
                }
            ),
        },
    }
    if "compat" in spec:
        result["compat"] = spec["compat"]
    return result
