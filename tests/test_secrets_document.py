"""docs/secrets.md: its references are ones, its plugin works as it stands, and its commands move a stack."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sandbox.home import Sandbox
from soc2_guardrails.secrets import Reference
from soc2_guardrails.secrets.forms import FORMS
from soc2_guardrails.secrets.registry import GROUP
from tests.aws_server import REGION, AwsServer
from tests.conftest import MakeSandbox

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = (REPOSITORY / "docs" / "secrets.md").read_text("utf-8")
CANARY = "canary-7710bd"


def block(language: str, containing: str) -> str:
    [found] = [
        text
        for kind, text in re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL)
        if kind == language and containing in text
    ]
    return str(found)


def test_every_manager_is_there_with_its_form_and_an_example() -> None:
    rows = re.findall(r"^\| [^|]+ \| `([a-z-]+://(?:\\\||[^`|])+)` \| `([^`]+)` \|$", DOCUMENT, re.MULTILINE)
    forms = {example.partition("://")[0]: form.replace("\\|", "|") for form, example in rows}
    assert forms == {scheme: form.text for scheme, form in FORMS.items()}
    for _, example in rows:
        assert str(Reference.parse(example)) == example


def test_every_reference_in_an_example_is_one() -> None:
    yaml = "\n".join(text for kind, text in re.findall(r"```(\w+)\n(.*?)```", DOCUMENT, re.DOTALL) if kind == "yaml")
    found = re.findall(r"[a-z-]+://\S+", yaml)
    assert len(found) > 5
    for text in found:
        Reference.parse(text)


def test_every_extra_is_one() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = set(re.findall(r"^\| [^|]+ \| `([a-z]+)` \| ", DOCUMENT, re.MULTILINE))
    assert named == set(extras) - {"dev", "editable"}


def test_the_plugin_works_as_it_stands(tmp_path: Path) -> None:
    entry_points = tomllib.loads(block("toml", "entry-points"))["project"]["entry-points"]
    (tmp_path / "keeper_source.py").write_text(block("python", "KeeperSource"))
    information = tmp_path / "keeper-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: keeper\nVersion: 1\n")
    lines = [f"{name} = {target}" for name, target in entry_points[GROUP].items()]
    (information / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines, ""]))
    script = (
        "import os\n"
        "from soc2_guardrails.secrets import Failure, Fetched, Reference, fetch_all\n"
        "there, gone = Reference.parse('keeper://shop/stripe#key'), Reference.parse('keeper://shop/paypal')\n"
        "answers = fetch_all([there, gone], os.environ)\n"
        "assert isinstance(answers[there], Fetched) and answers[there].value == os.environ['KEEPER_DEMO_VALUE']\n"
        "assert isinstance(answers[gone], Failure)\n"
        "print(answers[there], answers[gone].text)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(REPOSITORY)]),
            "KEEPER_DEMO_VALUE": CANARY,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "version='4'" in run.stdout
    assert "Keeper has no such record" in run.stdout
    assert CANARY not in run.stdout


@pytest.mark.engine
def test_the_commands_move_a_stack_to_a_key_service_and_a_bucket(make_sandbox: MakeSandbox, tmp_path: Path) -> None:
    stack, state = "storefront", tmp_path / "web.json"
    sandbox = make_sandbox()
    up = sandbox.up(stack)
    assert up.returncode == 0, up.stdout + up.stderr
    with AwsServer(tmp_path) as aws:
        key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
        aws.client("kms").create_alias(AliasName="alias/pulumi", TargetKeyId=key)
        bucket = aws.client("s3")
        bucket.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": REGION})
        bucket.put_bucket_versioning(Bucket="acme-state", VersioningConfiguration={"Status": "Enabled"})
        environment = {**sandbox.environment(), **aws.environment()}
        at_aws = f"&endpoint={aws.address}&s3ForcePathStyle=true"
        commands = [line.strip() for line in re.findall(r"^ {3}pulumi (.+)$", DOCUMENT, re.MULTILINE)]
        assert len(commands) == 6
        for command in commands:
            words = shlex.split(command.replace(" web.json", f" {state}").replace(" web", f" {stack}"))
            if words[0] == "login":  # of which the sandbox's own settings would know nothing
                environment["PULUMI_BACKEND_URL"] = words[1] + at_aws
                continue
            _pulumi(sandbox, environment, words)
            if "change-secrets-provider" in words:
                del environment["PULUMI_CONFIG_PASSPHRASE_FILE"]
        versions = bucket.list_object_versions(Bucket="acme-state")["Versions"]
        assert len([each for each in versions if each["Key"].endswith(f"/{stack}.json")]) > 1
    exported = state.read_text("utf-8")
    assert json.loads(exported)["deployment"]["secrets_providers"]["type"] == "cloud"
    values = json.loads((sandbox.directory / "placeholders.json").read_text("utf-8"))
    assert not [name for name, value in values.items() if value in exported]


def _pulumi(sandbox: Sandbox, environment: dict[str, str], words: list[str]) -> None:
    run = subprocess.run(
        [str(sandbox.engine.path), "--non-interactive", *words],
        cwd=sandbox.project.copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
