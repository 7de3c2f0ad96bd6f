"""The stacks as the real engine runs them in a sandbox, without a policy pack."""

import json
import shutil
from pathlib import Path

import pytest

from sandbox.home import Sandbox
from tests.conftest import MakeSandbox

pytestmark = pytest.mark.engine

PROGRAM = ("__main__.py", "Pulumi.yaml", "components", "soc2_guardrails", "stacks")
CANARY = "canary-7d20c4"


@pytest.fixture
def copied_program(tmp_path: Path, repository: Path) -> Path:
    """The program of this repository where a test may add stacks of its own."""
    target = tmp_path / "program"
    target.mkdir()
    for name in PROGRAM:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


@pytest.mark.parametrize("stack", ["storefront", "clinic"])
def test_a_stack_deploys_and_then_has_no_changes(make_sandbox: MakeSandbox, stack: str) -> None:
    sandbox = make_sandbox()
    preview = sandbox.preview(stack)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    up = sandbox.up(stack)
    assert up.returncode == 0, up.stdout + up.stderr
    again = sandbox.preview(stack, "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    refreshed = sandbox.refresh(stack, "--expect-no-changes")
    assert refreshed.returncode == 0, refreshed.stdout + refreshed.stderr
    _assert_no_secret_in_plain_text(sandbox, stack, [preview.stdout, up.stdout, again.stdout, refreshed.stdout])
    destroyed = sandbox.destroy(stack)
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr


def test_the_risky_shop_is_a_valid_program(make_sandbox: MakeSandbox) -> None:
    preview = make_sandbox().preview("storefront-risky")
    assert preview.returncode == 0, preview.stdout + preview.stderr


def _assert_no_secret_in_plain_text(sandbox: Sandbox, stack: str, outputs: list[str]) -> None:
    secrets = json.loads((sandbox.directory / "placeholders.json").read_text("utf-8"))
    exported = sandbox.pulumi("stack", "export", "--stack", stack, check=True).stdout
    assert '"vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"' in exported
    stored = [path.read_text("utf-8") for path in sandbox.state.rglob("*.json")]
    assert secrets
    for name, value in secrets.items():
        assert all(value not in text for text in [exported, *stored, *outputs]), name


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("config: {}\n", "config.soc2-guardrails:settings: is missing; it needs a mapping with the key projects"),
        (
            f"config:\n  soc2-guardrails:setings: {CANARY}\n",
            "config.soc2-guardrails:setings: there is no such key; did you mean soc2-guardrails:settings?",
        ),
        (
            f"config:\n  soc2-guardrails:settings: {CANARY}\n",
            "config.soc2-guardrails:settings: given a text; allowed: a mapping with the key projects",
        ),
        (
            "config:\n  soc2-guardrails:program: storefront_rysky\n",
            "config.soc2-guardrails:program: there is no program 'storefront_rysky' in stacks/; there is:"
            " storefront_risky",
        ),
        (
            "config:\n  soc2-guardrails:settings:\n    projects:\n      web:\n        repository: acme/shop\n"
            f"        nodeVersion: 22\n        secrets: {{KEY: {{production: {CANARY}}}}}\n",
            "config.soc2-guardrails:settings.projects.web.nodeVersion: given 22; allowed: one of 20.x, 22.x, 24.x",
        ),
        (
            "config:\n  soc2-guardrails:settings:\n    projects:\n      web:\n        repository: acme/shop\n"
            '        headers: {extraHeaders: {X-Shop: "a\\nb"}}\n',
            'extraHeaders.X-Shop: given "a\\nb"; allowed: one line without control characters; there is a line feed at'
            " position 2",
        ),
    ],
)
def test_bad_settings_end_the_program_before_anything_is_declared(
    make_sandbox: MakeSandbox, copied_program: Path, content: str, told: str
) -> None:
    (copied_program / "stacks" / "Pulumi.bad.yaml").write_text(content)
    preview = make_sandbox(copied_program).preview("bad")
    output = preview.stdout + preview.stderr
    assert preview.returncode != 0
    assert "stacks/Pulumi.bad.yaml: " in output
    assert told in output
    assert "Traceback" not in output
    assert "soc2:index" not in output
    assert "vercel:index" not in output
    assert CANARY not in output


def test_a_number_and_a_list_reach_the_program_as_such(make_sandbox: MakeSandbox, copied_program: Path) -> None:
    """The CLI hands objects of a stack file over as JSON, in which types must survive."""
    (copied_program / "stacks" / "Pulumi.typed.yaml").write_text(
        "config:\n  soc2-guardrails:settings:\n    projects:\n      web:\n        repository: acme/shop\n"
        "        domains: [shop.acme.example]\n        headers: {hsts: {preload: false, maxAgeSeconds: 31536000}}\n"
        "        firewall: {rateLimits: [{name: a, path: /a, limit: 5}]}\n"
    )
    preview = make_sandbox(copied_program).preview("typed")
    assert preview.returncode == 0, preview.stdout + preview.stderr


def test_a_firewall_that_the_state_does_not_know_is_imported(make_sandbox: MakeSandbox, copied_program: Path) -> None:
    """Some versions of the provider make the firewall and then fail, which leaves it on Vercel without a state."""
    stack_file = copied_program / "stacks" / "Pulumi.shop.yaml"
    settings = "config:\n  soc2-guardrails:settings:\n    projects:\n      web:\n        repository: acme/shop\n"
    stack_file.write_text(settings)
    sandbox = make_sandbox(copied_program)
    made = sandbox.up("shop")
    assert made.returncode == 0, made.stdout + made.stderr
    exported = json.loads(sandbox.pulumi("stack", "export", "--stack", "shop", check=True).stdout)
    (firewall,) = (
        resource
        for resource in exported["deployment"]["resources"]
        if resource["type"] == "vercel:index/firewallConfig:FirewallConfig"
    )
    sandbox.pulumi("state", "delete", firewall["urn"], "--stack", "shop", "--yes", check=True)
    stack_file.write_text(f"{settings}        firewall: {{importId: {firewall['id']}}}\n")
    imported = sandbox.up("shop")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert "1 imported" in imported.stdout
    stack_file.write_text(settings)
    again = sandbox.preview("shop", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_rotated_secret_changes_what_uses_it_and_nothing_else(
    make_sandbox: MakeSandbox, copied_program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copied_program / "stacks" / "Pulumi.shop.yaml").write_text(
        "config:\n  soc2-guardrails:settings:\n    projects:\n      web:\n        repository: acme/shop\n"
        "        secrets: {KEY: {production: env://A_KEY}, OTHER: {production: env://B_KEY}}\n"
        "    repositories:\n      acme/shop:\n        requiredChecks: [build]\n"
        "        actionsSecrets: {TOKEN: {reference: env://A_TOKEN}}\n"
        "        dependabotSecrets: {TOKEN: {reference: env://B_TOKEN}}\n"
    )
    for name in ("A_KEY", "B_KEY", "A_TOKEN", "B_TOKEN"):
        monkeypatch.setenv(name, f"{CANARY}-{name}-first")
    sandbox = make_sandbox(copied_program, own_values=True)
    up = sandbox.up("shop")
    assert up.returncode == 0, up.stdout + up.stderr
    clean = sandbox.preview("shop", "--expect-no-changes")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    for name in ("A_KEY", "A_TOKEN"):
        monkeypatch.setenv(name, f"{CANARY}-{name}-second")
    rotated = sandbox.up("shop", "--diff")
    assert rotated.returncode == 0, rotated.stdout + rotated.stderr
    assert "2 updated" in rotated.stdout
    assert "::web-KEY-production" in rotated.stdout
    assert "::shop-actions-TOKEN" in rotated.stdout
    assert "::web-OTHER-production" not in rotated.stdout
    assert "::shop-dependabot-TOKEN" not in rotated.stdout
    again = sandbox.preview("shop", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    for run in (up, clean, rotated, again):
        assert CANARY not in run.stdout + run.stderr
