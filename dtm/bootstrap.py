"""The composition root: builds adapters from settings; the cli calls it and nothing else does."""

from __future__ import annotations
