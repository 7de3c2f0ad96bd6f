"""The introspected schema is kept, found again without the SDK, and made again when it is damaged."""

import subprocess
import sys
from pathlib import Path

from sandbox.schema.cache import load

_ROOT = Path(__file__).parents[2]


def test_a_kept_schema_saves_the_import_of_the_sdk(tmp_path: Path) -> None:
    first = load("vercel", tmp_path)
    script = (
        "import sys, pathlib; from sandbox.schema.cache import load\n"
        f"load('vercel', pathlib.Path({str(tmp_path)!r}))\n"
        "sys.exit(1 if 'pulumiverse_vercel' in sys.modules else 0)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=_ROOT, check=True)
    assert load("vercel", tmp_path).resources.keys() == first.resources.keys()


def test_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    load("github", tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:1000])
    assert len(load("github", tmp_path).resources) == 88
    assert kept.read_bytes() == whole


def test_required_secret_and_nested_properties_are_read_from_the_sdk(tmp_path: Path) -> None:
    variable = load("vercel", tmp_path).resources["vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"]
    assert variable.inputs["sensitive"].required
    assert variable.inputs["sensitive"].type.kind == "boolean"
    assert not variable.inputs["comment"].required
    assert variable.outputs["comment"].required
    assert variable.secrets == {"value", "valueWo"}
    pages = load("github", tmp_path).resources["github:index/repositoryPages:RepositoryPages"]
    assert pages.inputs["repository"].required
    protection = load("github", tmp_path).resources["github:index/branchProtection:BranchProtection"]
    checks = protection.inputs["requiredStatusChecks"].type
    assert checks.kind == "array"
    assert checks.item is not None
    assert checks.item.fields is not None
    assert checks.item.fields.keys() == {"contexts", "strict"}
