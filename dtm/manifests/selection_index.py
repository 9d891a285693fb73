"""Which instances a selector chooses, by set operations: thousands of assignments stay cheap."""

from __future__ import annotations

from collections.abc import Mapping

from dtm.manifests.drafts import Draft
from dtm.model.assignment import Selector


class InstanceIndex:
    """Instances by environment and by label; those without a sound document only by name."""

    def __init__(self, instances: Mapping[str, Draft]) -> None:
        self._by_environment: dict[str, set[str]] = {}
        self._by_label: dict[tuple[str, str], set[str]] = {}
        for name, draft in instances.items():
            environment = str(draft.raw_spec.get("environment"))
            self._by_environment.setdefault(environment, set()).add(name)
            labels = draft.metadata.get("labels", {})
            for label in labels.items():
                self._by_label.setdefault(label, set()).add(name)

    def select(self, environment: str, selector: Selector) -> set[str]:
        """Return the names a selector chooses in an environment (see `Selector.matches`)."""
        found = self._by_environment.get(environment, set())
        if selector.names:
            found = found & set(selector.names)
        for key, values in selector.labels.items():
            matching: set[str] = set()
            matching.update(*(self._by_label.get((key, value), ()) for value in values))
            found = found & matching
        return found
