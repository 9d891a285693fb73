"""`dtm rehearse`: execute an operation of the working tree on the sandbox, before any database does."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dtm.cli import sandbox
from dtm.cli.console import Invocation
from dtm.cli.execute import AssignmentOption, ModeOption, ParamOption
from dtm.cli.options import assignments_of, valid_tree
from dtm.errors import DatabaseError, DtmError, ExitCode, UsageError

if TYPE_CHECKING:
    from dtm.bootstrap import StandIn
    from dtm.cli.setup.scripts import Statement
    from dtm.manifests import Loaded
    from dtm.model.assignment import Assignment
    from dtm.model.instance import Instance
    from dtm.model.inventory import Inventory
    from dtm.oracle.session import OracleSession
    from dtm.reconcile.deps import Desired
    from dtm.runner.request import RunRequest

DIRECTORY = Path(".dtm/rehearsal")
REPOSITORY = "REPOSITORY"
SCRIPT = "rehearsal.sql"
_CORRECT = "correct the script; nothing but the sandbox was touched"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("rehearse")(rehearse)


def rehearse(
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Name of the operation.")],
    environment: Annotated[
        str, typer.Option("--env", "-e", metavar="ENV", help="As in this one.")
    ],
    assignment: AssignmentOption = None,
    instances: Annotated[
        list[str] | None,
        typer.Option(
            "--instance", metavar="NAME", help="As on this one; repeatable. Default: the first."
        ),
    ] = None,
    setup: Annotated[
        list[Path] | None,
        typer.Option("--setup", metavar="FILE", help="SQL to run first, as a DBA; repeatable."),
    ] = None,
    param: ParamOption = None,
    mode: ModeOption = "run",
    statements: Annotated[
        bool, typer.Option("--sql", help="Show every statement that was executed.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running.")] = False,
) -> int:
    """Execute an operation of the working tree on the sandbox: no database, no secret is needed.

    Creates a repository and the instances as empty sandbox databases, runs the file rehearsal.sql
    beside the operation's manifest (or --setup) on each instance, applies, and runs. The script
    creates what the operation works on; it may say &client (dtm's schema there) and &password.

    Exit code: that of the run. For a pull request, see docs/rehearsals.md.

    Example: dtm rehearse purge-orders --env dev --sql
    """
    from dtm.bootstrap import Wiring
    from dtm.model.selection import one_assignment
    from dtm.runner.request import RunRequest

    invocation: Invocation = context.obj
    if mode not in ("run", "test"):
        raise UsageError(f'--mode "{mode}" is neither run nor test')
    loaded = valid_tree(Wiring(invocation.root), invocation)
    assigned = one_assignment(loaded.inventory, operation, environment, assignment)
    request = RunRequest(
        operation=operation,
        environment=environment,
        assignment=assigned.name,
        parameters=assignments_of(param),
        test=mode == "test",
        outside_window=True,
    )
    members = _members(loaded.inventory, assigned, instances or [])
    scripts = setup or _own_script(loaded, operation)
    return Stage(invocation, loaded, members, scripts).perform(request, statements, keep)


def _members(
    inventory: Inventory, assigned: Assignment, names: Sequence[str]
) -> tuple[Instance, ...]:
    """The instances to rehearse on: those named, or the first one of the assignment."""
    found = inventory.instances(assigned.environment, assigned.instances)
    members = {each.name: each for each in found if each.enabled}
    if not members:
        raise UsageError(f"assignment {assigned.name} has no enabled instance")
    for name in names:
        if name not in members:
            raise UsageError(
                f"assignment {assigned.name} has no enabled instance {name}",
                hint=f"it has {', '.join(members)}",
            )
    return tuple(members[name] for name in dict.fromkeys(names)) or tuple(members.values())[:1]


def _own_script(loaded: Loaded, operation: str) -> list[Path]:
    """rehearsal.sql beside the operation's manifest, if there is one."""
    from dtm.model.resources import Kind, ResourceId

    location = loaded.inventory.resources[ResourceId(Kind.OPERATION, operation)].location
    if location is None:
        return []
    script = loaded.settings.root / Path(location.file).parent / SCRIPT
    return [script] if script.is_file() else []


def _service(instance: Instance) -> str:
    """The name of the database that stands in: the one the manifest expects, if it says so."""
    name = next(iter(instance.expect_db_unique_names), instance.name)
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _client(instance: Instance) -> str:
    """The client schema: behind a proxy logon `login[owner]` it is the owner's."""
    return instance.connect.user.rpartition("[")[2].rstrip("]").upper()


def _compile_error(session: OracleSession) -> str:
    # The database is new: whatever is invalid in it comes from this statement.
    sql = """SELECT type, owner || '.' || name, line, position, text FROM dba_errors
             ORDER BY owner, name, type, sequence"""
    kind, unit, line, column, text = session.query(sql)[0]
    return f"{kind} {unit} does not compile: line {line}, column {column} of it: {text.strip()}"


def _password() -> str:
    return "Rehearsal_" + secrets.token_hex(8)


@dataclass
class Stage:
    """The databases that stand in, and what is done on them."""

    invocation: Invocation
    loaded: Loaded
    members: tuple[Instance, ...]
    scripts: Sequence[Path]
    hosts: dict[str, str] = field(default_factory=dict)
    dba_password: str = field(default_factory=_password, repr=False)
    password: str = field(default_factory=_password, repr=False)

    @property
    def directory(self) -> Path:
        """Where the rehearsal's databases and state live."""
        return self.invocation.root / DIRECTORY

    def say(self, text: str) -> None:
        """Tell the reader something."""
        self.invocation.terminal.show(text)

    def perform(self, request: RunRequest, with_statements: bool, keep: bool) -> ExitCode:
        """Set up, play, and clear away unless it is to be kept."""
        try:
            self.set_up()
            code = self.play(request, with_statements=with_statements)
        finally:
            if not keep:
                self.clear()
        if keep:
            self.say(self.closing())
        return code

    def set_up(self) -> None:
        """Start empty databases, create the owners, run the scripts."""
        from dtm.cli.setup import scripts

        services = {REPOSITORY: REPOSITORY} | {_service(each): each.name for each in self.members}
        if len(services) != len(self.members) + 1:
            raise UsageError("two of these databases have one name", hint="rehearse them apart")
        self.say(f"Rehearsing on the sandbox: {', '.join(each.name for each in self.members)}")
        self.hosts = sandbox.start_fresh(self.directory, tuple(services), self.dba_password)
        owner = {"user": "DTM_REPO", "password": self.password}
        self._execute(
            REPOSITORY, "repository-owner.sql", scripts.shipped("repository-owner", owner)
        )
        for each in self.members:
            client = _client(each)
            values = {"user": client, "password": self.password}
            self._execute(
                _service(each), "client-owner.sql", scripts.shipped("client-owner", values)
            )
            marks = {"client": client, "password": self.password}
            for path in self.scripts:
                self._execute(_service(each), str(path), scripts.read(path, marks))

    def _execute(self, service: str, name: str, script: Sequence[Statement]) -> None:
        from dtm.bootstrap import direct_session

        session = direct_session(f"{self.hosts[service]}/{service}", "SYSTEM", self.dba_password)
        try:
            for statement in script:
                where = f"{name}:{statement.line}"
                try:
                    session.execute(statement.text)
                except DatabaseError as error:
                    raise DtmError(f"on {service}: {error}", where=where, hint=_CORRECT) from error
                if session.compile_warning:
                    raise DtmError(_compile_error(session), where=where, hint=_CORRECT)
        finally:
            session.close()

    def play(self, request: RunRequest, *, with_statements: bool) -> ExitCode:
        """Apply and run as `dtm apply` and `dtm run` do, and show what happened."""
        from dtm.cli import view_plan, view_run, view_watch
        from dtm.cli.live import progress
        from dtm.reconcile.apply import apply_plan
        from dtm.reconcile.deps import ApplyOptions
        from dtm.reconcile.make import make_plan
        from dtm.runner import watch
        from dtm.runner.run import run
        from dtm.runner.signals import SignalLadder

        wiring = self._wiring()
        deps = wiring.reconcile_deps()
        planned = make_plan(self._desired(wiring, request), deps)
        options = ApplyOptions(confirmed=frozenset(planned.plan.needs_confirmation))
        applied = apply_plan(
            planned, deps, options, report=lambda event: self.say(view_plan.apply_event(event))
        )
        if applied.exit_code is not ExitCode.OK:
            self.say(view_plan.apply_text(applied))
            return applied.exit_code
        signals = SignalLadder()
        signals.install()
        try:
            with progress(self.invocation.terminal) as reporter:
                report = run(request, wiring.runner_deps(reporter), signals)
        finally:
            signals.rest()
        reader = wiring.runner_deps()
        if with_statements:
            self.say(view_watch.log_text(watch.logs(reader, report.run_id, sql=True)))
        failures = watch.errors(reader, report.run_id)
        if failures:
            self.say(view_watch.errors_text(failures, advice=False))
        self.say(view_run.report_text(report, advice=False))
        return report.exit_code

    def _wiring(self) -> StandIn:
        from dtm.bootstrap import Address, StandIn

        def address(service: str, user: str) -> Address:
            return Address(f"{self.hosts[service]}/{service}", user, self.password)

        return StandIn(
            self.invocation.root,
            central=address(REPOSITORY, "DTM_REPO"),
            instances={m.name: address(_service(m), _client(m)) for m in self.members},
            directory=self.directory,
        )

    def _desired(self, wiring: StandIn, request: RunRequest) -> Desired:
        """The tree cut down to what is rehearsed: nothing else has a database here."""
        from dtm.model.resources import Kind, ResourceId

        operation = self.loaded.inventory.operation(request.operation)
        wanted = {
            ResourceId(Kind.ENVIRONMENT, request.environment),
            ResourceId(Kind.OPERATION, operation.name),
            ResourceId(Kind.PACKAGE, operation.package),
            ResourceId(Kind.ASSIGNMENT, request.assignment or ""),
            *(ResourceId(Kind.INSTANCE, each.name) for each in self.members),
        }
        whole = wiring.desired(self.loaded)
        return replace(whole, resources=tuple(r for r in whole.resources if r.id in wanted))

    def clear(self) -> None:
        """Stop the sandbox and remove everything of the rehearsal."""
        sandbox.call("reset", "--dir", str(self.directory))
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def closing(self) -> str:
        """How to look around in a rehearsal that was kept."""
        listed = "\n".join(f"  {host}/{service}" for service, host in self.hosts.items())
        return (
            f"The sandbox keeps running:\n{listed}\n"
            f"  SYSTEM's password is {self.dba_password}, dtm's schemas have {self.password}\n"
            f"dtm sandbox stop --dir {DIRECTORY} ends it."
        )
