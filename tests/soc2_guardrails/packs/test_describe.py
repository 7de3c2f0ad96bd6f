"""What a pack tells of itself over the protocol, and packs that tell nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.judge.registry import rules
from soc2_guardrails.packs import Control, PackError, describe
from soc2_guardrails.packs.process import serving

PACK = Path(__file__).resolve().parents[3] / "policies"
STOCK = Path(__file__).resolve().parents[2] / "policies" / "stock_pack"


def pack(folder: Path, program: str, manifest: str = "runtime: python\n") -> Path:
    (folder / "PulumiPolicy.yaml").write_text(manifest)
    (folder / "__main__.py").write_text(program)
    return folder


def test_the_rules_are_the_packs_own() -> None:
    told = describe(PACK)
    assert told.name == "soc2-guardrails"
    by_id = {rule.id: rule for rule in told.rules}
    assert set(by_id) == {"pack", *(rule.id for rule in rules())}
    for rule in rules():
        published = by_id[rule.id]
        assert published.title == rule.title
        assert published.rationale == rule.rationale
        assert published.remediation == rule.remediation
        assert published.severity == rule.severity.value
        assert published.criterion == rule.criterion
        assert len(published.controls) == len({rule.criterion, *rule.also, *rule.frameworks})
        assert set(published.settings) == {"onUnknown"}


def test_a_pack_of_the_stock_sdk_is_asked_the_same_way() -> None:
    told = describe(STOCK)
    assert told.name == "stock"
    assert {rule.id for rule in told.rules} == {rule.id for rule in rules()}


@pytest.mark.parametrize(
    ("tag", "control"),
    [
        ("CC6.6", Control("SOC 2", "CC6.6")),
        ("HIPAA 164.312(a)(2)(iv)", Control("HIPAA", "164.312(a)(2)(iv)")),
        ("ISO 27001 A.8.24", Control("ISO 27001", "A.8.24")),
        ("internal", Control("internal", "")),
    ],
)
def test_tags_name_controls(tag: str, control: Control) -> None:
    assert Control.of_tag(tag) == control


class TestNoAnswer:
    def test_a_folder_without_a_pack(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match=r"is no policy pack: .*with policyPack\.path in soc2\.yaml"):
            describe(tmp_path)

    def test_a_pack_of_another_language(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match="states the runtime 'nodejs'; only packs in Python"):
            describe(pack(tmp_path, "", "runtime: nodejs\n"))

    def test_one_that_fails_says_why(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match=r"does not start: [\s\S]*the disk is on fire"):
            describe(pack(tmp_path, "raise RuntimeError('the disk is on fire')"))

    def test_one_whose_virtualenv_is_missing(self, tmp_path: Path) -> None:
        manifest = "runtime: {name: python, options: {virtualenv: .venv}}\n"
        with pytest.raises(PackError, match=r"\.venv/bin/python: No such file"):
            describe(pack(tmp_path, "", manifest))

    def test_one_that_serves_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(PackError, match="answers with an error"):
            describe(pack(tmp_path, "import time\nprint(1, flush=True)\ntime.sleep(60)"))

    def test_one_that_never_starts_is_given_up(self, tmp_path: Path) -> None:
        silent = pack(tmp_path, "import time\ntime.sleep(600)")
        with pytest.raises(PackError, match=r"did not serve within 1 s"), serving(silent, {}, seconds=1):
            pass


def test_the_pack_gets_no_variable_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary")
    monkeypatch.setenv("SOC2_JOURNAL", str(tmp_path))
    program = "import os, sys\nsys.exit('saw ' + ' '.join(sorted({'GITHUB_TOKEN', 'SOC2_JOURNAL'} & set(os.environ))))"
    with pytest.raises(PackError, match=r"saw\s*$"):
        describe(pack(tmp_path, program))
