"""Stack files are found and read, and what is wrong with a file is told with line and column."""

from pathlib import Path

import pytest

from soc2_guardrails.settings import (
    SettingsError,
    load_stack_file,
    read_stack_file,
    required_environment,
    stack_names,
)

STACKS = Path(__file__).resolve().parents[3] / "stacks"
SETTINGS = "config:\n  soc2-guardrails:settings:\n    projects:\n      web: {repository: acme/shop}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (stacks / "Pulumi.shop.yaml").write_text(SETTINGS)
    (stacks / "README.md").write_text("no stack file")
    return stacks


def refusal(folder: Path, stack: str = "shop") -> str:
    with pytest.raises(SettingsError) as caught:
        load_stack_file(folder, stack, {})
    return str(caught.value)


def test_the_stacks_there_are(folder: Path) -> None:
    (folder / "Pulumi.clinic.yaml").write_text(SETTINGS)
    assert stack_names(folder) == ("clinic", "shop")
    assert stack_names(folder / "missing") == ()


def test_a_stack_file_is_read(folder: Path) -> None:
    stack_file = read_stack_file(folder, "shop")
    assert stack_file.label == "stacks/Pulumi.shop.yaml"
    assert stack_file.config == {"soc2-guardrails:settings": {"projects": {"web": {"repository": "acme/shop"}}}}
    settings = load_stack_file(folder, "shop", {})
    assert settings is not None
    assert list(settings.projects) == ["web"]


def test_no_such_stack(folder: Path) -> None:
    (folder / "Pulumi.clinic.yaml").write_text(SETTINGS)
    assert refusal(folder, "shpo") == (
        "stacks/Pulumi.shpo.yaml: there is no stack 'shpo'; did you mean shop? Allowed: clinic, shop"
    )
    assert refusal(folder, "xyz") == "stacks/Pulumi.xyz.yaml: there is no stack 'xyz'; allowed: clinic, shop"


def test_no_stack_at_all(tmp_path: Path) -> None:
    assert refusal(tmp_path, "shop").endswith(f"there is no stack 'shop'; there is no stack file in {tmp_path}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file is empty; it needs a mapping under the key config"),
        ("# nothing yet\n", "the file is empty; it needs a mapping under the key config"),
        ("- a\n", "config: is missing or no mapping; settings stand below this key"),
        ("config:\n", "config: is missing or no mapping; settings stand below this key"),
        ("config: {}\n", "config.soc2-guardrails:settings: is missing; it needs a mapping with the key projects"),
        (
            "config:\n  soc2-guardrails:setings: {}\n",
            "config.soc2-guardrails:setings: there is no such key; did you mean soc2-guardrails:settings? Allowed:"
            " soc2-guardrails:settings, soc2-guardrails:program",
        ),
        ("config:\n  a: [1\nb: 2\n", "line 3, column 2: expected ',' or ']', but got ':'"),
        ("config:\n\ta: 1\n", "line 2, column 1: found character '\\t' that cannot start any token"),
        ("config:\n  a: 1\n  a: 2\n", "line 3, column 3: the key 'a' stands twice"),
        ("config:\n  1: 2\n", "line 2, column 3: a key that is no text"),
    ],
)
def test_a_file_that_cannot_be_used(folder: Path, content: str, told: str) -> None:
    (folder / "Pulumi.shop.yaml").write_text(content)
    message = refusal(folder)
    prefix = "stacks/Pulumi.shop.yaml: "
    assert message.startswith(prefix)
    assert message == prefix + told


def test_yaml_makes_no_objects(folder: Path) -> None:
    (folder / "Pulumi.shop.yaml").write_text("config: !!python/object/apply:os.system ['true']\n")
    assert refusal(folder).startswith("stacks/Pulumi.shop.yaml: line 1, column 9: could not determine a constructor")


def test_a_file_in_another_encoding(folder: Path) -> None:
    (folder / "Pulumi.shop.yaml").write_bytes(b"config: \xff\n")
    assert refusal(folder) == "stacks/Pulumi.shop.yaml: the file is no YAML in UTF-8: UnicodeDecodeError"


def test_a_stack_with_a_program_has_no_settings(folder: Path) -> None:
    (folder / "Pulumi.shop.yaml").write_text("config:\n  soc2-guardrails:program: storefront_risky\n")
    assert load_stack_file(folder, "shop", {}) is None
    assert required_environment(folder, "shop") == ()


@pytest.mark.parametrize("stack", stack_names(STACKS))
def test_the_stacks_of_this_project_are_allowed(stack: str) -> None:
    needed = required_environment(STACKS, stack)
    load_stack_file(STACKS, stack, dict.fromkeys(needed, "x" * 40))


def test_what_a_stack_needs_from_the_environment() -> None:
    assert "STOREFRONT_STRIPE_SECRET_KEY" in required_environment(STACKS, "storefront")
