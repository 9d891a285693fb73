"""`python -m dtm` is `dtm`."""

from __future__ import annotations

import sys

from dtm.cli.main import main

sys.exit(main())
