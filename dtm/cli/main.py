"""The entry point: `dtm`. Answers --version without importing anything, maps errors to exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dtm import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code (never 2 for a usage error)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments in (["--version"], ["-V"]):
        sys.stdout.write(f"dtm {__version__}\n")
        return 0
    # Imported here so that --version costs no more than starting Python.
    from dtm.cli.app import run

    return run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
