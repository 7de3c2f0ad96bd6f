"""The sandbox's command line."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soc2_guardrails.engine import EngineError, ensure
from soc2_guardrails.settings import SettingsError

from .account import Account, AccountError, AccountObject
from .errors import NotAProjectError, SandboxError
from .home import Sandbox
from .mend import mend as mend_stack
from .secret_store import VARIABLE, SecretStore
from .secret_writing import seed as seed_store

PROGRAM = f"python -m {__package__}"

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="An embedded Vercel and GitHub account, and Pulumi runs in it: no real account, no token, no login.\n\n"
    "Everything it makes is below .soc2/sandbox: delete that folder to start afresh.",
    epilog="Examples:\n\n"
    f"  {PROGRAM} demo\n\n"
    f"  {PROGRAM} preview storefront-risky\n\n"
    f"  {PROGRAM} up storefront\n\n"
    f"  {PROGRAM} account list\n\n"
    f"  {PROGRAM} pulumi -- stack export --stack storefront",
)
account_app = typer.Typer(
    no_args_is_help=True,
    help="Look into the account, and change it behind Pulumi's back: that is how drift is shown.",
    epilog="Examples:\n\n"
    f"  {PROGRAM} account list\n\n"
    f"  {PROGRAM} account set my-project gitForkProtection false\n\n"
    f"  {PROGRAM} refresh storefront   (shows the drift)",
)
app.add_typer(account_app, name="account")

Stack = Annotated[str, typer.Argument(help="Name of a stack, as in stacks/Pulumi.STACK.yaml.")]
ObjectId = Annotated[str, typer.Argument(metavar="ID", help="Address or id, as `account list` shows it.")]
Pack = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Folder of the policy pack. By default the one that soc2.yaml names, policies/ of the project, or this "
        "package's own.",
    ),
]
Configuration = Annotated[
    Path | None,
    typer.Option(
        "--policy-pack-config",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        resolve_path=True,
        help="The policy configuration, in place of the one that soc2.yaml names.",
    ),
]
NoPack = Annotated[
    bool, typer.Option("--no-pack", help="Run `pulumi` itself: without a policy pack, and without a record.")
]

OwnValues = Annotated[
    bool,
    typer.Option(
        "--own-values",
        help="Take values for env:// references from this environment where it has them, not made-up ones.",
    ),
]


@app.command()
def demo() -> None:
    """The main job: a risky stack is refused, a sound one is deployed and previews clean."""
    from .demo import run  # noqa: PLC0415 - only this command needs it

    try:
        code = run(_open())
    except KeyboardInterrupt:
        _err.print("Interrupted. Run the same again: it goes on from where it was.")
        code = 130
    raise typer.Exit(code)


@app.command()
def preview(
    stack: Stack,
    pack: Pack = None,
    configuration: Configuration = None,
    no_pack: NoPack = False,
    own_values: OwnValues = False,
) -> None:
    """Show what a stack would change: `soc2 preview` in the sandbox."""
    if no_pack:
        _require_alone(pack, configuration)
        _operate("preview", stack, own_values=own_values)
    _judged("preview", stack, pack, configuration, own_values=own_values)


@app.command()
def up(
    stack: Stack,
    pack: Pack = None,
    configuration: Configuration = None,
    no_pack: NoPack = False,
    own_values: OwnValues = False,
) -> None:
    """Deploy a stack into the account: `soc2 up --yes` in the sandbox."""
    if no_pack:
        _require_alone(pack, configuration)
        _operate("up", stack, own_values=own_values)
    _judged("up", stack, pack, configuration, "--yes", own_values=own_values)


@app.command()
def refresh(stack: Stack) -> None:
    """Take what changed in the account into the state of a stack."""
    _operate("refresh", stack)


@app.command()
def destroy(stack: Stack) -> None:
    """Delete all that a stack made in the account."""
    _operate("destroy", stack)


@app.command()
def mend(stack: Stack) -> None:
    """Make a stack usable again after its run was killed: stale lock, pending operations."""
    mend_stack(_open(), stack, lambda line: _out.print(line, markup=False))


@app.command(epilog=f"Example: {VARIABLE}=vault://secret/soc2-demo {PROGRAM} seed")
def seed() -> None:
    """Write made-up secrets for all stacks into the manager that SOC2_DEMO_SECRETS names.

    What is there already is never overwritten.
    """
    sandbox = _open()
    if sandbox.store is None:
        raise SandboxError(
            f"{VARIABLE} is not set, and no manager is written to that was not named: set it to a folder such as "
            "vault://secret/soc2-demo or aws-sm://soc2-demo"
        )
    references = [one for stack in sandbox.stacks() for one in sandbox.project.stored_references(stack)]
    written, kept = seed_store(sandbox.store, references, os.environ)
    _out.print(f"Wrote {written} made-up values below {sandbox.store}.", markup=False)
    if kept:
        _out.print(f"{kept} secrets were there already, and were left as they are.", markup=False)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=f"Example: {PROGRAM} pulumi -- stack ls",
)
def pulumi(context: typer.Context) -> None:
    """Run any Pulumi command in the sandbox; put -- before its arguments."""
    _open().become_pulumi(*context.args)


@app.command(
    "exec",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=f"Examples:\n\n  {PROGRAM} exec -- soc2 evidence verify\n\n  {PROGRAM} exec -- soc2 doctor",
)
def execute(context: typer.Context) -> None:
    """Run any command in the sandbox's environment, from the folder of the project; put -- before it.

    Its `soc2` keeps records of the sandbox's own, which are never evidence.
    """
    if not context.args:
        raise typer.BadParameter("put -- and a command after it")
    _open().become(*context.args)


@app.command(epilog=f'Example: eval "$({PROGRAM} env)"')
def env() -> None:
    """Print shell lines that make `pulumi` and `soc2` of this shell those of the sandbox.

    Values for env:// references are secrets and not printed; `pulumi -- ...` passes them.
    """
    sandbox = _open()
    for name in sandbox.removed_names():
        _out.print(f"unset {shlex.quote(name)}", markup=False)
    for name, value in sandbox.settings().items():
        _out.print(f"export {name}={shlex.quote(value)}", markup=False)
    folders = ":".join(shlex.quote(str(folder)) for folder in sandbox.path())
    _out.print(f'export PATH={folders}:"$PATH"', markup=False)
    _out.print(f"cd {shlex.quote(str(sandbox.project.copy))}", markup=False)


@account_app.command("list")
def list_objects(as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False) -> None:
    """List the objects in the account."""
    objects = _account().list()
    if as_json:
        _print_json([_as_json(one) for one in objects])
        return
    if not objects:
        _out.print("The account is empty.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Type", "ID", "Made by"):
        # Folded, never cut off: ids are there to be copied.
        table.add_column(heading, overflow="fold")
    for one in objects:
        # Text, since a name may hold what Rich would take for markup.
        table.add_row(Text(one.type), Text(one.id), Text(one.urn or ""))
    _out.print(table)


@account_app.command()
def show(object_id: ObjectId) -> None:
    """Show an object with its properties, as JSON; secret values are not shown."""
    _print_json(_as_json(_account().get(object_id)))


@account_app.command("set")
def set_property(
    object_id: ObjectId,
    path: Annotated[str, typer.Argument(help="Property names and list positions joined by dots.")],
    value: Annotated[str, typer.Argument(help="JSON (true, 3, null removes); anything else is text.")],
) -> None:
    """Set a property of an object, behind Pulumi's back."""
    changed = _account().change(object_id, path, _json_or_text(value))
    _out.print(f"Changed {path} of {changed.address}.", markup=False)


@account_app.command()
def remove(object_id: ObjectId) -> None:
    """Delete an object, and all that lives below it, behind Pulumi's back."""
    for address in _account().remove(object_id):
        _out.print(f"Removed {address}.", markup=False)


def _operate(command: str, stack: str, *, own_values: bool = False) -> NoReturn:
    sandbox = _open(own_values=own_values)
    sandbox.become_pulumi(*sandbox.operation(command, stack))


def _require_alone(pack: Path | None, configuration: Path | None) -> None:
    if pack or configuration:
        raise typer.BadParameter(
            "nothing judges with it; leave out --pack and --policy-pack-config", param_hint="--no-pack"
        )


def _judged(
    command: str, stack: str, pack: Path | None, configuration: Path | None, *options: str, own_values: bool
) -> NoReturn:
    sandbox = _open(own_values=own_values)
    sandbox.ready(stack)
    judges = ("--policy-pack", str(pack.resolve())) if pack else ()
    configured = ("--policy-pack-config", str(configuration)) if configuration else ()
    sandbox.become(*sandbox.soc2_line(command, "--stack", stack, *options, *judges, *configured))


def _project_folder() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").exists():
            return folder
    raise NotAProjectError(here, "there is no Pulumi.yaml here or in a folder above")


def _open(*, own_values: bool = False) -> Sandbox:
    project = _project_folder()
    engine = ensure(lambda line: _err.print(line, markup=False), project / ".soc2" / "engine")
    store = SecretStore.named(os.environ)
    sandbox = Sandbox.open(_directory(), repository=project, engine=engine, own_values=own_values, store=store)
    if names := sandbox.removed_names():
        listed = ", ".join(names)
        _err.print(f"Credentials of this environment that the sandbox does not get: {listed}", markup=False)
    return sandbox


def _directory() -> Path:
    return _project_folder() / ".soc2" / "sandbox"


def _account() -> Account:
    _directory().mkdir(parents=True, exist_ok=True)
    return Account.open(_directory() / "account.db")


def _as_json(one: AccountObject) -> dict[str, Any]:
    return {
        "address": one.address,
        "type": one.type,
        "id": one.id,
        "parent": one.parent,
        "urn": one.urn,
        "properties": one.properties,
    }


def _print_json(value: object) -> None:
    # A write-only value is an object of the account's own; its representation says what it is.
    _out.print(json.dumps(value, indent=2, ensure_ascii=False, default=repr), markup=False)


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def main() -> None:
    """Run the command line; an error that names its mend is shown as it is, with exit code 1."""
    try:
        app(prog_name=PROGRAM)
    except (SandboxError, EngineError, SettingsError, AccountError) as error:
        _err.print(str(error), markup=False)
        sys.exit(1)
    except OSError as error:
        _err.print(f"{error.filename or 'The sandbox'}: {error.strerror}", markup=False)
        sys.exit(1)
