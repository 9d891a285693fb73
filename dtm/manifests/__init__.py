"""YAML in git to model values: line numbers, schema, templates, references, diagnostics.

Reads files and the environment variables that dtm.yaml names, nothing else: no database, no secret.
"""

from dtm.manifests.loader import Loaded, load
from dtm.manifests.settings import Settings, find_root, read_settings

__all__ = ["Loaded", "Settings", "find_root", "load", "read_settings"]
