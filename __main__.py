"""The Pulumi program: checks the settings of the stack, then declares what they describe.

A stack whose file names a program of `stacks/` under `soc2-guardrails:program` is declared by that program instead.
"""

import importlib
import os
from pathlib import Path

import pulumi

from soc2_guardrails.secrets.values import SecretValues
from soc2_guardrails.settings import Document, SettingsError, check_keys, load, load_secrets, read_document
from stacks.composition import Composition

_STACKS = Path(__file__).resolve().parent / "stacks"
_NAMESPACE = "soc2-guardrails"


def _declare() -> None:
    config = pulumi.Config(_NAMESPACE)
    file = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
    try:
        check_keys(pulumi.runtime.get_config_env(), file=file)
        program = config.get("program")
        if program is not None:
            _run_program(program, file)
            return
        document = _document(file)
        settings = load(
            config.get_object("settings"),
            file=file,
            github_owner=pulumi.Config("github").get("owner"),
            document=document,
        )
        # All of them before anything is declared: a secret that cannot be read must not leave half of a change.
        values = SecretValues(load_secrets(settings, file=file, environment=os.environ, document=document))
    except pulumi.ConfigTypeError:
        # Not chained: the original message repeats the value, which may be a secret in the wrong place.
        message = f"{file}: config.{_NAMESPACE}:settings: given a text; allowed: a mapping with the key projects"
        raise pulumi.RunError(message) from None
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    Composition(settings, values).declare()


def _document(file: str) -> Document | None:
    """The stack file, for the lines that messages name; it need not be where this program is."""
    try:
        return read_document(_STACKS.parent / file, file)
    except SettingsError:
        return None


def _run_program(name: str, file: str) -> None:
    programs = sorted(path.stem for path in _STACKS.glob("[a-z]*.py") if path.stem != "composition")
    if name not in programs:
        raise pulumi.RunError(
            f"{file}: config.{_NAMESPACE}:program: there is no program {name!r} in stacks/; there is: "
            + ", ".join(programs)
        )
    importlib.import_module(f"stacks.{name}").declare()


_declare()
