"""`dtm demo`: the whole story on the sandbox, each step headed by the command a person types."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dtm.cli import sandbox
from dtm.cli.console import Invocation, Terminal
from dtm.errors import DtmError, ExitCode, UsageError

if TYPE_CHECKING:
    from dtm.cli.setup.scripts import Statement
    from dtm.oracle.session import OracleSession

REPOSITORY = "REPOSITORY"
DEV = ("SALES_DEV_1", "SALES_DEV_2")
PROD = ("SALES_AMER_1", "SALES_APAC_1", "SALES_EMEA_1", "SALES_EMEA_2")
# On this one the archive is too small for what the first month moves there.
TIGHT = "SALES_EMEA_2"
ORDERS = 24000
SALES = Path("operations", "purge-orders", "rehearsal.sql")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("demo")(demo)


def demo(context: typer.Context) -> int:
    """Show an operation planned, applied, run, failed, fixed and resumed - without a database.

    Starts the sandbox with a repository and six instances, seeds a sales application, and leaves
    it running for you to look around; `dtm sandbox stop` ends it. Takes about a minute.
    """
    invocation: Invocation = context.obj
    root = invocation.root
    if not (root / SALES).is_file():
        raise UsageError(
            f"{root} has no {SALES}",
            hint="the demo runs in a checkout of dtm: ./dev demo",
        )
    started = time.monotonic()
    story = prepare(root, invocation.terminal)
    tell(story)
    story.say(f"\nThat took {time.monotonic() - started:.0f} s. {_closing(story)}")
    return ExitCode.OK


@dataclass(frozen=True)
class Story:
    """The demo's databases and how to speak to them."""

    root: Path
    terminal: Terminal
    hosts: Mapping[str, str]  # service -> host:port
    dba_password: str
    environment: Mapping[str, str]  # what the commands need: DSNs and passwords

    def say(self, text: str) -> None:
        """Tell the reader something."""
        self.terminal.show(text)

    def chapter(self, text: str) -> None:
        """Head a step."""
        self.say(f"\n=== {text}")

    def command(self, *arguments: str, expect: ExitCode = ExitCode.OK) -> None:
        """Type a command and show what it prints; the story ends if its exit code is another."""
        import subprocess

        self.say(f"$ dtm {' '.join(arguments)}")
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - our own interpreter and command
            [sys.executable, "-m", "dtm", "-C", str(self.root), *arguments],
            env={**os.environ, **self.environment},
            check=False,
        )
        self.say(f"(exit code {done.returncode})")
        if done.returncode != expect:
            raise DtmError(
                f"the demo expected exit code {int(expect)} here, not {done.returncode}",
                hint="dtm sandbox status shows what runs; please report what is printed above",
            )

    def dba(self, service: str) -> OracleSession:
        """Connect to a database as its DBA."""
        from dtm.bootstrap import direct_session

        return direct_session(f"{self.hosts[service]}/{service}", "SYSTEM", self.dba_password)


# ---------------------------------------------------------------- set-up


def prepare(root: Path, terminal: Terminal) -> Story:
    """Start a fresh sandbox, create the owners and seed the sales application."""
    import secrets
    from concurrent.futures import ThreadPoolExecutor

    from dtm.cli.setup import scripts

    directory = root / sandbox.DEFAULT
    words = {name: "Demo_" + secrets.token_hex(8) for name in ("dba", "repository", "client")}
    terminal.show("Starting the sandbox: one repository database and six instances ...")
    hosts = sandbox.start_fresh(directory, (REPOSITORY, *DEV, *PROD), words["dba"])
    environment = {
        "DTM_REPOSITORY_DSN": f"{hosts[REPOSITORY]}/{REPOSITORY}",
        "DTM_DEV_HOST": hosts[DEV[0]],
        "DTM_PROD_HOST": hosts[PROD[0]],
        "DTM_REPOSITORY_PASSWORD": words["repository"],
        "DTM_PASSWORD": words["client"],
    }
    story = Story(root, terminal, hosts, words["dba"], environment)
    _write_environment(root / ".dtm" / "demo.env", environment)
    terminal.show(f"Seeding the sales application: {ORDERS:,} orders on each instance ...")
    values = {"user": "DTM_REPO", "password": words["repository"]}
    _run(story, REPOSITORY, scripts.shipped("repository-owner", values))
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(lambda service: _seed(story, service, words["client"]), (*DEV, *PROD)))
    return story


def _seed(story: Story, service: str, password: str) -> None:
    from dtm.cli.setup import scripts

    sales = scripts.read(story.root / SALES, {"client": "DTM", "password": password})
    if service == TIGHT:
        sales.append(scripts.Statement("ALTER DATABASE DATAFILE 'archive01.dbf' RESIZE 120K", 0))
    owner = scripts.shipped("client-owner", {"user": "DTM", "password": password})
    _run(story, service, [*owner, *sales])


def _run(story: Story, service: str, script: Sequence[Statement]) -> None:
    session = story.dba(service)
    try:
        for statement in script:
            session.execute(statement.text)
    finally:
        session.close()


def _write_environment(path: Path, values: Mapping[str, str]) -> None:
    """Keep the variables for the reader's own shell; only the owner may read the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"export {name}='{value}'\n" for name, value in values.items())


# ---------------------------------------------------------------- the story


def tell(story: Story) -> None:
    """Go through the steps; each command's exit code is checked."""
    story.chapter("1. Check the manifests: environments, instances, package, operation")
    story.command("validate")
    story.chapter("2. What would be created, and installed where?")
    story.command("plan", expect=ExitCode.CHANGES)
    story.chapter("3. Write the repository, install the packages everywhere")
    story.command("apply", "--yes")
    story.chapter("4. The same plan again: nothing to do")
    story.command("plan")
    story.chapter("5. Run it on production; one archive tablespace is too small")
    story.command("run", "purge-orders", "--env", "prod", expect=ExitCode.FAILED)
    story.chapter("6. What happened? Every stream, every attempt, every statement")
    story.command("status", "latest")
    story.command("logs", "latest", "--instance", "sales-emea-2", "--sql")
    story.chapter("7. The DBA fixes the cause")
    _fix(story, "ALTER DATABASE DATAFILE 'archive01.dbf' RESIZE 10M")
    story.chapter("8. The same command resumes at the failed task and repeats nothing")
    story.command("run", "purge-orders", "--env", "prod")
    story.command("status", "latest")
    story.chapter("9. Check in SQL: nothing lost, nothing done twice")
    _check(story)


def _fix(story: Story, statement: str) -> None:
    story.say(f"SQL> {statement};")
    session = story.dba(TIGHT)
    try:
        session.execute(statement)
    finally:
        session.close()
    story.say(f"Database altered.   (as SYSTEM on {TIGHT})")


_COUNT = """SELECT (SELECT COUNT(*) FROM sales.orders_archive),
       (SELECT COUNT(*) FROM sales.orders),
       (SELECT COUNT(*) FROM sales.order_lines_archive),
       (SELECT COUNT(*) FROM sales.order_lines)
FROM dual"""

_TWICE = """SELECT COUNT(*) FROM (
  SELECT handle, iteration, phase, task_name FROM dtm_run_attempts
  WHERE state = 'DONE' AND phase = 'TASK'
  GROUP BY handle, iteration, phase, task_name HAVING COUNT(*) > 1)"""


def _check(story: Story) -> None:
    """Count orders and lines on every instance, and tasks that completed more than once."""
    lines = sum(number % 3 + 1 for number in range(1, ORDERS + 1))
    story.say(f"{'instance':<14} {'archived':>9} {'left':>7} {'= orders':>9}   {'lines':>7}")
    for service in PROD:
        session = story.dba(service)
        try:
            archived, left, lines_archived, lines_left = session.query(_COUNT)[0]
        finally:
            session.close()
        whole, whole_lines = archived + left, lines_archived + lines_left
        story.say(f"{service:<14} {archived:>9,} {left:>7,} {whole:>9,}   {whole_lines:>7,}")
        if (whole, whole_lines) != (ORDERS, lines) or not archived:
            raise DtmError(f"{service} lost or doubled rows: {ORDERS:,} orders, {lines:,} lines")
    session = _repository(story)
    try:
        ((twice,),) = session.query(_TWICE)
    finally:
        session.close()
    story.say(f"tasks completed twice: {twice}")
    if twice:
        raise DtmError(f"{twice} tasks completed twice")


def _repository(story: Story) -> OracleSession:
    from dtm.bootstrap import direct_session

    values = story.environment
    return direct_session(
        values["DTM_REPOSITORY_DSN"], "DTM_REPO", values["DTM_REPOSITORY_PASSWORD"]
    )


def _closing(story: Story) -> str:
    shown = Path(os.path.relpath(story.root / ".dtm" / "demo.env"))
    steps: Sequence[tuple[str, str]] = (
        (f". {shown}", "your shell finds the databases"),
        ("dtm history purge-orders", "all runs of the operation"),
        ("dtm logs latest --sql", "every statement of the run"),
        ("dtm run purge-orders --env dev --preview", "what would run in dev"),
        ("dtm params purge-orders --env prod", "parameters and their origin"),
        ("dtm sandbox stop", "ends the sandbox"),
    )
    listed = "\n".join(f"  {command:<40} {what}" for command, what in steps)
    return (
        "The sandbox keeps running. Try next\n"
        f"(`./dev dtm` instead of `dtm` where it is not on your PATH):\n{listed}"
    )
