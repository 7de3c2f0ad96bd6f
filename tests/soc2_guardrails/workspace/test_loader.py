"""`soc2.yaml`: where it is found, what its paths mean, and how one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soc2_guardrails.settings import SettingsError
from soc2_guardrails.workspace import FolderStore, S3Store, Workspace, WorkspaceSettings
from soc2_guardrails.workspace.schema import SCHEMA_NAME, workspace_schema

ROOT = Path(__file__).resolve().parents[3]


def refused(folder: Path, text: str) -> str:
    (folder / "soc2.yaml").write_text(text)
    with pytest.raises(SettingsError) as error:
        Workspace.find(folder)
    return str(error.value)


class TestFinding:
    def test_upwards_from_the_current_folder(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("policyPack: {path: judged}\n")
        below = tmp_path / "a" / "b"
        below.mkdir(parents=True)
        found = Workspace.find(below)
        assert found.file == tmp_path / "soc2.yaml"
        assert found.root == tmp_path
        assert found.pack == tmp_path / "judged"

    def test_the_current_folder_comes_before_the_project(self, tmp_path: Path) -> None:
        here, project = tmp_path / "here", tmp_path / "project"
        for folder in (here, project):
            folder.mkdir()
            (folder / ".git").mkdir()
            (folder / "soc2.yaml").write_text("")
        assert Workspace.find(here, project).root == here
        (here / "soc2.yaml").unlink()
        assert Workspace.find(here, project).root == project

    def test_not_above_the_repository(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("policyPack: {path: somebody-elses}\n")
        repository = tmp_path / "repository"
        (repository / ".git").mkdir(parents=True)
        assert Workspace.find(repository).file is None

    def test_without_one_the_defaults_hold_from_the_projects_folder(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / "Pulumi.yaml").touch()
        below = tmp_path / "a"
        below.mkdir()
        found = Workspace.find(below)
        assert found.root == tmp_path
        assert found.settings == WorkspaceSettings()

    def test_an_empty_file_states_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("# nothing yet\n")
        assert Workspace.find(tmp_path).settings == WorkspaceSettings()


class TestPaths:
    def test_start_from_the_files_folder(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("policyPack: {configuration: rules/policy.json}\n")
        below = tmp_path / "below"
        below.mkdir()
        found = Workspace.find(below)
        assert found.pack_configuration == tmp_path / "rules" / "policy.json"
        assert found.path(Path("/absolute")) == Path("/absolute")
        assert found.path(Path("~/key.pem")) == Path.home() / "key.pem"

    def test_a_project_without_a_pack_is_judged_by_this_one(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        assert Workspace.find(tmp_path).pack == ROOT / "policies"

    def test_a_pack_that_is_stated_is_never_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("policyPack: {path: policies}\n")
        assert Workspace.find(tmp_path).pack == tmp_path / "policies"


class TestStores:
    def test_each_kind_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_text("evidence: {store: {kind: s3, bucket: records, retainDays: null}}\n")
        assert Workspace.find(tmp_path).settings.evidence.store == S3Store(
            kind="s3", bucket="records", retain_days=None
        )
        (tmp_path / "soc2.yaml").write_text("evidence: {store: {kind: folder, path: kept}}\n")
        assert Workspace.find(tmp_path).settings.evidence.store == FolderStore(path=Path("kept"))


class TestRefusal:
    def test_names_file_line_key_and_the_nearest(self, tmp_path: Path) -> None:
        told = refused(tmp_path, "policyPack:\n  path: policies\n  configration: policy.json\n")
        assert told == (
            f"{tmp_path}/soc2.yaml: line 3: policyPack.configration: there is no such key; did you mean configuration? "
            "Allowed: path, configuration, digest"
        )

    def test_names_every_problem_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        told = refused(
            tmp_path,
            "policyPack:\n  digest: abc\n"
            "evidence:\n  store:\n    kind: s3\n    retainDays: '5'\n  signing: {how: ky}\n",
        )
        lines = told.splitlines()
        assert lines[0].endswith("4 problems")
        assert [line.split(":")[0].strip() for line in lines[1:]] == ["line 2", "line 4", "line 6", "line 7"]
        assert 'policyPack.digest: given "abc"; allowed: the pack\'s content digest' in lines[1]
        assert "evidence.store.bucket: is missing; needed: the name of a bucket" in lines[2]
        assert 'evidence.store.retainDays: given "5"; allowed: a whole number of at least 1' in lines[3]
        assert 'evidence.signing.how: given "ky"; allowed: one of auto, keyless, key, none' in lines[4]

    @pytest.mark.parametrize(
        ("store", "told"),
        [
            ("{kind: ftp}", 'evidence.store.kind: given "ftp"; allowed: one of folder, git, s3'),
            ("{path: x}", "evidence.store.kind: is missing; needed: one of folder, git, s3"),
            ("5", "evidence.store: given 5; allowed: a mapping with the key kind, one of folder, git, s3"),
            ("{kind: git, brnch: x}", "evidence.store.brnch: there is no such key; did you mean branch?"),
        ],
    )
    def test_kinds_of_store(self, tmp_path: Path, store: str, told: str) -> None:
        assert told in refused(tmp_path, f"evidence:\n  store: {store}\n")

    def test_keys_in_snake_case_are_unknown(self, tmp_path: Path) -> None:
        assert "policy_pack: there is no such key; did you mean policyPack?" in refused(tmp_path, "policy_pack: {}\n")

    def test_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        assert "line 2, column 1: the key 'evidence' stands twice" in refused(tmp_path, "evidence: {}\nevidence: {}\n")

    @pytest.mark.parametrize("text", ["[1, 2]\n", "&a [*a]\n", "policyPack: [", "\x00"])
    def test_what_is_no_mapping(self, tmp_path: Path, text: str) -> None:
        assert str(tmp_path / "soc2.yaml") in refused(tmp_path, text)

    def test_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "soc2.yaml").write_bytes(b"\xff\xfe\xff")
        with pytest.raises(SettingsError, match="no YAML in UTF-8"):
            Workspace.find(tmp_path)


class TestThisRepository:
    def test_its_own_file_is_one(self) -> None:
        found = Workspace.find(ROOT / "stacks")
        assert found.file == ROOT / "soc2.yaml"
        assert found.pack == ROOT / "policies"
        assert (ROOT / "soc2.yaml").read_text().startswith(f"# yaml-language-server: $schema={SCHEMA_NAME}\n")

    def test_its_schema_is_current(self) -> None:
        assert (ROOT / SCHEMA_NAME).read_text("utf-8") == workspace_schema(), "run `soc2 schema`"
        assert set(json.loads(workspace_schema())["properties"]) == {"policyPack", "evidence"}
