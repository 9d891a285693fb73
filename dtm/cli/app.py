"""The command tree. Each command group is a module of its own; this one only gathers them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from dtm.cli.console import Invocation, make_terminal
from dtm.errors import DtmError, ExitCode, UsageError

# Typer carries its own copy of click; the base of BadParameter is its UsageError in every version.
CommandLineError: type[Exception] = typer.BadParameter.__mro__[1]

_HELP = """Declarative, restartable maintenance operations over many Oracle databases.

YAML manifests describe environments, instances, packages, operations and parameters.
`dtm plan` and `dtm apply` bring them to the central repository and roll the PL/SQL out;
`dtm run` executes operations: in parallel, durable, restartable from the failed task.
"""

_EPILOG = """Exit codes: 0 done, 1 error, 2 changes, 3 failed (resumable), 4 locked, 5 stale plan,
6 degraded, 7 halted, 130 interrupted.

Start here: dtm demo | dtm validate | dtm plan | dtm apply | dtm run OPERATION --env E
"""

app = typer.Typer(
    name="dtm",
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _globals(
    context: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(
            "-C",
            "--directory",
            metavar="DIR",
            help="Tree of manifests; default: nearest dtm.yaml.",
        ),
    ] = None,
) -> None:
    from dtm.bootstrap import tree_root

    if directory is not None and not directory.is_dir():
        raise UsageError(f"-C: {directory} is not a directory")
    context.obj = Invocation(root=tree_root(directory), terminal=make_terminal())


def _register() -> None:
    """Import the command modules; each adds its commands to `app`."""
    from dtm.cli import commands

    commands.register(app)


def _unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Report a defect of dtm in one line and keep the traceback in a file of its own."""
    import tempfile
    import traceback

    descriptor, path = tempfile.mkstemp(prefix="dtm-crash-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as log:
        log.writelines(traceback.format_exception(kind, error, trace))
    sys.stderr.write(
        f"Error: dtm failed unexpectedly ({kind.__name__}: {error}).\n"
        f"  -> This is a defect of dtm; nothing is lost. Please report {path}\n"
    )


def run(arguments: list[str]) -> int:
    """Run one command line; expected errors become a message and their exit code."""
    sys.excepthook = _unexpected
    _register()
    try:
        # Not app(...): calling a Typer object installs an excepthook of its own.
        code = typer.main.get_command(app).main(
            args=arguments, prog_name="dtm", standalone_mode=False
        )
    except DtmError as error:
        make_terminal().failure(error)
        return int(error.exit_code)
    except CommandLineError as error:
        sys.stderr.write(_usage(error))
        return int(ExitCode.ERROR)
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("Interrupted.\n")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) went away: nobody is left to tell.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return int(ExitCode.OK)
    return int(code or 0)


def _usage(error: Exception) -> str:
    """A usage error with the command to ask for help."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "dtm"
    text = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
    return f"Error: {text}\n  -> {path} --help shows what there is\n"
