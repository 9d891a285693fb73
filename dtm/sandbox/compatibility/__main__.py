"""`python -m dtm.sandbox.compatibility`: print COMPATIBILITY.md."""

from __future__ import annotations

import sys

from dtm.sandbox.compatibility.document import text

sys.stdout.write(text())
