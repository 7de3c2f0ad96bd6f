"""Runs the jobs of a workflow file as GitHub does: the file's own steps, in order, each job on a machine of its own.

A machine is a folder and whatever runs for it; it is gone when the job ends. Actions of others are replaced by what
they do here: a checkout is a clone, an artifact a file. Our own action runs its own steps.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .expressions import evaluate, fill, holds

_SECONDS = 240


@dataclass
class JobResult:
    """How a job ended.

    Attributes:
        result: success or failure.
        outputs: of the job.
        log: what its steps wrote.
        summary: its summary.
        machine: its folder, with all that was left in it.
    """

    result: str
    outputs: dict[str, str]
    log: str
    summary: str
    machine: Path

    @property
    def commands(self) -> list[str]:
        """The workflow commands that GitHub would have obeyed."""
        return list(_obeyed(self.log))


@dataclass
class _Job:
    machine: Path
    context: dict[str, Any]
    failed: bool = False
    log: str = ""
    steps: dict[str, Any] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.machine / "workspace"


class Workflow:
    """A workflow file in one run of it.

    Args:
        file: the workflow file.
        folder: where machines and artifacts go.
        origin: the repository that `actions/checkout` clones.
        github: the `github` context.
        provision: makes a checkout ready, in place of what set-up would download.
        environment: variables of every machine.
        path: folders before the PATH of every machine.
    """

    def __init__(
        self,
        file: Path,
        folder: Path,
        origin: Path,
        github: Mapping[str, Any],
        provision: Callable[[Path], None],
        environment: Mapping[str, str],
        path: str = "",
    ) -> None:
        self._stated = yaml.safe_load(file.read_text("utf-8"))
        self._folder = folder
        self._origin = origin
        self._github = dict(github)
        self._provision = provision
        self._environment = dict(environment)
        self._path = path
        # Artifacts belong to a run of a workflow; here one folder is enough, since the names are told apart by it.
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir(parents=True, exist_ok=True)

    def set(self, variable: str, value: str) -> None:
        """States a variable of the workflow's own `env` otherwise."""
        assert variable in self._stated["env"]
        self._stated["env"][variable] = value

    def run(self, name: str, needs: Mapping[str, JobResult] | None = None) -> JobResult | None:
        """Runs a job after those it needs; None where its condition does not hold."""
        stated = self._stated["jobs"][name]
        needed = {key: {"result": each.result, "outputs": each.outputs} for key, each in (needs or {}).items()}
        context: dict[str, Any] = {"github": {**self._github, "token": "gh-token"}, "needs": needed, "runner": {}}
        context["secrets"], context["vars"] = {}, {}
        context["env"] = {key: fill(str(value), context) for key, value in (self._stated.get("env") or {}).items()}
        before = all(each["result"] == "success" for each in needed.values())
        status = {"success": lambda: before, "failure": lambda: not before, "always": lambda: True}
        if not holds(str(stated.get("if", "success()")), context, {**status, "cancelled": lambda: False}):
            return None
        machine = self._folder / f"machine-{name}"
        for folder in ("workspace", "home", "tmp"):
            (machine / folder).mkdir(parents=True)
        job = _Job(machine, context)
        try:
            for step in stated["steps"]:
                self._step(job, step, job.workspace)
        finally:
            _end_machine(machine)
        context["steps"] = job.steps
        outputs = {key: fill(str(value), context) for key, value in (stated.get("outputs") or {}).items()}
        (machine / "log.txt").write_text(job.log, "utf-8")
        summary = machine / "summary.md"
        return JobResult(
            "failure" if job.failed else "success",
            outputs,
            job.log,
            summary.read_text("utf-8") if summary.exists() else "",
            machine,
        )

    def _step(self, job: _Job, step: Mapping[str, Any], action_path: Path, scope: dict[str, Any] | None = None) -> None:
        context = {**job.context, "steps": job.steps if scope is None else scope["steps"]}
        context["job"] = {"status": "failure" if job.failed else "success"}
        if scope is not None:
            context["inputs"] = scope["inputs"]
        status = {
            "success": lambda: not job.failed,
            "failure": lambda: job.failed,
            "always": lambda: True,
            "cancelled": lambda: False,
        }
        if not holds(str(step.get("if", "success()")), context, status):
            return
        stated = {key: fill(str(value), context, status) for key, value in (step.get("with") or {}).items()}
        environment = {key: fill(str(value), context, status) for key, value in (step.get("env") or {}).items()}
        outputs: dict[str, str] = {}
        if uses := step.get("uses"):
            ok = self._use(job, uses, stated, outputs, environment)
        else:
            ok = self._run(job, fill(step["run"], context, status), environment, action_path, outputs)
        if not ok:
            job.failed = True
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": outputs, "outcome": "success" if ok else "failure"}

    def _use(
        self, job: _Job, uses: str, stated: Mapping[str, str], outputs: dict[str, str], environment: Mapping[str, str]
    ) -> bool:
        action = uses.partition("@")[0]
        if action.startswith("./"):
            return self._composite(job, job.workspace / action, stated, outputs, environment)
        if action == "actions/checkout":
            return self._checkout(job, stated)
        if action == "actions/setup-python":
            return True
        if action == "actions/upload-artifact":
            source, target = job.workspace / stated["path"], self.artifacts / stated["name"]
            if not source.is_file():
                job.log += f"{source.name}: no such file to upload\n"
                return stated.get("if-no-files-found") != "error"
            target.mkdir(exist_ok=True)
            shutil.copyfile(source, target / source.name)
            return True
        if action == "actions/download-artifact":
            source = self.artifacts / stated["name"]
            if not source.is_dir():
                job.log += f"{stated['name']}: no such artifact\n"
                return False
            shutil.copytree(source, job.workspace / stated["path"])
            return True
        raise AssertionError(f"no stand-in for {uses}")

    def _checkout(self, job: _Job, stated: Mapping[str, str]) -> bool:
        target = job.workspace / stated.get("path", ".")
        ref = stated.get("ref") or str(self._github["sha"])
        for command in (
            ["git", "clone", "--quiet", "--no-checkout", str(self._origin), str(target)],
            ["git", "-C", str(target), "checkout", "--quiet", "--detach", _resolved(self._origin, ref)],
        ):
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self._provision(target)
        return True

    def _composite(
        self,
        job: _Job,
        folder: Path,
        stated: Mapping[str, str],
        outputs: dict[str, str],
        environment: Mapping[str, str],
    ) -> bool:
        action = yaml.safe_load((folder / "action.yml").read_text("utf-8"))
        unknown = stated.keys() - action["inputs"].keys()
        assert not unknown, f"the action has no inputs {unknown}"
        inputs = {key: stated.get(key, str(each.get("default", ""))) for key, each in action["inputs"].items()}
        missing = [key for key, each in action["inputs"].items() if each.get("required") and key not in stated]
        assert not missing, f"the action needs {missing}"
        scope: dict[str, Any] = {"inputs": inputs, "steps": {}}
        failed_before = job.failed
        for step in action["runs"]["steps"]:
            self._step(job, {**step, "env": {**environment, **(step.get("env") or {})}}, folder, scope)
        for key, each in (action.get("outputs") or {}).items():
            outputs[key] = fill(str(each["value"]), {"steps": scope["steps"]})
        return failed_before or not job.failed

    def _run(
        self, job: _Job, script: str, environment: Mapping[str, str], action_path: Path, outputs: dict[str, str]
    ) -> bool:
        files = {name: job.machine / f"{name.lower()}.txt" for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        values = {
            "PATH": os.pathsep.join(filter(None, (self._path, os.environ["PATH"]))),
            "HOME": str(job.machine / "home"),
            "TMPDIR": str(job.machine / "tmp"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action_path),
            "GITHUB_WORKSPACE": str(job.workspace),
            "GITHUB_STEP_SUMMARY": str(job.machine / "summary.md"),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "1001",
            "GITHUB_SHA": str(self._github["sha"]),
            "GITHUB_REPOSITORY": str(self._github["repository"]),
            "GITHUB_EVENT_NAME": str(self._github["event_name"]),
            "TEST_MACHINE": str(job.machine),
            **self._environment,
            **{key: str(value) for key, value in job.context["env"].items()},
            **environment,
            **{name: str(file) for name, file in files.items()},
        }
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=job.workspace,
            env=values,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
        job.log += ended.stdout
        for line in files["GITHUB_OUTPUT"].read_text("utf-8").splitlines():
            key, _, value = line.partition("=")
            outputs[key] = value
        # What a program writes there reaches the later steps of its own job, as on GitHub.
        for line in files["GITHUB_ENV"].read_text("utf-8").splitlines():
            key, _, value = line.partition("=")
            job.context["env"][key] = value
        return ended.returncode == 0


def _obeyed(log: str) -> Iterator[str]:
    """The workflow commands of a log that the runner obeys."""
    until: str | None = None
    for line in log.splitlines():
        command = line.lstrip()
        if until is not None:
            until = None if command == f"::{until}::" else until
        elif command.startswith("::stop-commands::"):
            until = command.removeprefix("::stop-commands::")
        elif command.startswith("::"):
            yield command


def _resolved(origin: Path, ref: str) -> str:
    command = ["git", "-C", str(origin), "rev-parse", "--verify", f"{ref}^{{commit}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _end_machine(machine: Path) -> None:
    """The machine goes away with everything that still runs on it."""
    mark = f"TEST_MACHINE={machine}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:
            continue


__all__ = ["JobResult", "Workflow", "evaluate"]
