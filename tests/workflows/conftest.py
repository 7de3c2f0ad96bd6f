"""A repository with a base and a pull request, and the runs of its workflows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soc2_guardrails.engine import Engine

from .runner import JobResult, Workflow

_PARTS = (
    ".github",
    "__main__.py",
    "action.yml",
    "components",
    "policies",
    "Pulumi.yaml",
    "pyproject.toml",
    "requirements.txt",
    "sandbox",
    "scripts",
    "soc2_guardrails",
    "stacks",
)
_AUTHOR = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@acme.example", "-c", "commit.gpgsign=false")


class Repository:
    """The repository of the tests: `main`, and a branch with the change."""

    def __init__(self, origin: Path, root: Path, engine: Engine) -> None:
        self.origin = origin
        self._root = root
        self._engine = engine

    def git(self, *arguments: str) -> str:
        """Runs git in it."""
        command = ["git", "-C", str(self.origin), *_AUTHOR, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, branch: str, files: Mapping[str, str]) -> str:
        """Commits files on a branch that starts at main; gives the SHA. Empty content deletes."""
        if branch != "main":
            self.git("checkout", "--quiet", "-B", branch, "main")
        for name, content in files.items():
            file = self.origin / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if content:
                executable = file.exists() and os.access(file, os.X_OK)
                file.write_text(content)
                file.chmod(0o755 if executable else 0o644)
            else:
                file.unlink()
        self.git("add", "--all", "--force", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")
        sha = self.git("rev-parse", "HEAD")
        self.git("checkout", "--quiet", "main")
        return sha

    def read(self, name: str) -> str:
        """A file of main."""
        return (self.origin / name).read_text("utf-8")

    def provision(self, checkout: Path) -> None:
        """Stands in for what set-up would download: a virtualenv of the checkout's own, and the CLI.

        A checkout that requires something else than main does is left to its own set-up.
        """
        required = checkout / "requirements.txt"
        if not required.exists() or required.read_text() != self.read("requirements.txt"):
            return
        venv = checkout / ".soc2" / "venv"
        venv.parent.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        packages = venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        (packages / "shared.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
        (packages / "project.pth").write_text(f"{checkout}\n")
        for name in ("requirements.txt", "pyproject.toml"):
            shutil.copyfile(self.origin / name, venv / f"installed-{name}")
        command = venv / "bin" / "soc2"
        command.write_text(f"#!{venv}/bin/python\nfrom soc2_guardrails.command.app import main\nmain()\n")
        command.chmod(0o755)
        (checkout / ".soc2" / "engine").symlink_to(self._engine.path.parent)


@pytest.fixture
def project(tmp_path: Path, repository: Path, engine: Engine) -> Repository:
    """A copy of this repository, as it is in the work tree, on the branch main."""
    origin = tmp_path / "origin"
    origin.mkdir()
    for part in _PARTS:
        source = repository / part
        if source.is_dir():
            shutil.copytree(source, origin / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, origin / part)
    made = Repository(origin, tmp_path, engine)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(origin)], check=True)
    made.commit("main", {})
    return made


_GH = """\
#!{python}
import json, pathlib, shutil, sys
arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps(arguments) + "\\n")
path = next(each for each in arguments if each.startswith("repos/")) if arguments[0] == "api" else ""
if arguments[:2] == ["run", "download"]:
    artifact = pathlib.Path({artifacts!r}, arguments[arguments.index("--name") + 1])
    if not artifact.exists():
        sys.exit("no such artifact")
    shutil.copytree(artifact, arguments[arguments.index("--dir") + 1])
elif path.endswith("/commits/{head}/pulls"):
    print("{head}")
elif "/actions/workflows/" in path:
    print(1000)
elif path.endswith("/pulls"):
    print({number})
"""


class GitHub:
    """Stands in for `gh`, and remembers what it was asked.

    Attributes:
        artifacts: a folder for each artifact of an earlier run.
    """

    def __init__(self, folder: Path, head: str, number: str = "7") -> None:
        self.folder = folder / "gh"
        self.folder.mkdir()
        self.artifacts = self.folder / "artifacts"
        self.artifacts.mkdir()
        self._log = self.folder / "log.jsonl"
        command = self.folder / "gh"
        command.write_text(
            _GH.format(
                python=sys.executable, log=str(self._log), artifacts=str(self.artifacts), head=head, number=number
            )
        )
        command.chmod(0o755)

    def keep(self, artifact: str, name: str, content: Mapping[str, Any]) -> None:
        """Leaves an artifact, as an earlier run would have."""
        folder = self.artifacts / artifact
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))

    @property
    def statuses(self) -> list[dict[str, str]]:
        """The commit statuses that were set, in order."""
        calls = [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []
        return [
            {"sha": call[1].rpartition("/")[2], **dict(each.split("=", 1) for each in call if "=" in each)}
            for call in calls
            if call[0] == "api" and "/statuses/" in call[1]
        ]


@dataclass(frozen=True)
class Judged:
    """What came of a pull request."""

    preview: JobResult
    judge: JobResult
    status: dict[str, str]
    head: str

    @property
    def report(self) -> dict[str, Any]:
        """The report of the judge."""
        told: dict[str, Any] = json.loads((self.judge.machine / "workspace" / "report.json").read_text("utf-8"))
        return told


PullRequest = Callable[..., Judged]


@pytest.fixture
def pull_request(project: Repository, tmp_path: Path, repository: Path) -> PullRequest:
    """Make a pull request and run what judges it: `pull_request(files, stack=..., number=..., known=...)`.

    `known` is the report of main.
    """

    def run(
        files: Mapping[str, str],
        stack: str = "storefront",
        number: str = "7",
        known: Mapping[str, Any] | None = None,
    ) -> Judged:
        head = project.commit("change", files)
        github = GitHub(tmp_path, head, number)
        if known:
            github.keep("judged", "report.json", known)

        def workflow(name: str, event: Mapping[str, Any]) -> Workflow:
            context = {"sha": head, "repository": "acme/shop", "event_name": next(iter(event)), "event": event}
            made = Workflow(
                repository / ".github" / "workflows" / name,
                tmp_path,
                project.origin,
                context,
                project.provision,
                {"GITHUB_API_URL": "http://127.0.0.1:9"},
                os.pathsep.join((str(github.folder), str(Path(sys.executable).parent))),
            )
            made.set("STACK", stack)
            return made

        repository_of_event = {"default_branch": "main"}
        preview = workflow("soc2-preview.yml", {"pull_request": {"number": 7}, "repository": repository_of_event}).run(
            "preview"
        )
        assert preview
        judge = workflow(
            "soc2-judge.yml",
            {
                "workflow_run": {
                    "id": 1000,
                    "event": "pull_request",
                    "conclusion": preview.result,
                    "head_sha": head,
                    "head_branch": "change",
                    "head_repository": {"full_name": "acme/shop", "owner": {"login": "acme"}},
                },
                "repository": repository_of_event,
            },
        ).run("judge")
        assert judge
        [status] = github.statuses
        return Judged(preview, judge, status, head)

    return run
