"""`scripts/setup` and the Makefile, on a copy of what they read."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PYPROJECT = """\
[build-system]
requires = ["somewhere-else"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "small"
version = "1"
"""
BACKEND = """\
import zipfile


def build_editable(directory, settings=None, metadata=None):
    name = "small-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        about = "small-1.dist-info"
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{about}/entry_points.txt", "[console_scripts]\\nsoc2 = platform:platform\\n")
        wheel.writestr(f"{about}/RECORD", "")
    return name
"""
"""What builds the clone's editable installation; asking for what it says it requires would need the network."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project with no packages to install, and a CLI that is there already."""
    folder = tmp_path / "clone"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "backend.py").write_text(BACKEND)
    package = folder / "soc2_guardrails" / "engine"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("print('engine', flush=True)\n")
    return folder


def make(folder: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *args],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def old_python(folder: Path) -> Path:
    """A real older Python where there is one, else one that only tells its version."""
    real = sorted(Path.home().glob(".pyenv/versions/3.8.*/bin/python3"))
    if real:
        return real[0]
    path = folder / "python3"
    path.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.8.18 ;; *) exit 1 ;; esac\n')
    path.chmod(0o755)
    return path


class TestSetup:
    def test_a_second_run_does_nothing(self, clone: Path) -> None:
        first = make(clone, "setup")
        assert first.returncode == 0, first.stderr
        assert "making a virtualenv" in first.stdout
        python = clone / ".soc2" / "venv" / "bin" / "python"
        before = python.lstat().st_mtime_ns
        assert make(clone, "setup").stdout == "engine\n"
        assert python.lstat().st_mtime_ns == before

    def test_the_command_is_installed_once_and_anew_when_the_project_says_otherwise(self, clone: Path) -> None:
        assert "installing the command soc2" in make(clone, "setup").stdout
        command = clone / ".soc2" / "venv" / "bin" / "soc2"
        assert command.exists()
        assert make(clone, "setup").stdout == "engine\n"
        (clone / "pyproject.toml").write_text(f"{PYPROJECT}description = 'another'\n")
        assert "installing the command soc2" in make(clone, "setup").stdout
        command.unlink()
        assert "installing the command soc2" in make(clone, "setup").stdout
        assert command.exists()

    def test_a_command_that_cannot_be_installed_fails_and_is_tried_again(self, clone: Path) -> None:
        (clone / "backend.py").write_text("raise RuntimeError('broken')\n")
        for _ in range(2):
            refused = make(clone, "setup")
            assert refused.returncode != 0
            assert "pip could not install the project itself" in refused.stderr
            assert "engine" not in refused.stdout

    def test_changed_requirements_are_installed_into_the_same_virtualenv(self, clone: Path) -> None:
        make(clone, "setup")
        kept = clone / ".soc2" / "venv" / "kept"
        kept.touch()
        (clone / "requirements.txt").write_text("# nothing yet\n")
        second = make(clone, "setup")
        assert "installing the packages" in second.stdout
        assert kept.exists()

    def test_a_virtualenv_without_pip_is_made_anew(self, clone: Path) -> None:
        binaries = clone / ".soc2" / "venv" / "bin"
        binaries.mkdir(parents=True)
        (binaries / "python").symlink_to("/bin/false")
        again = make(clone, "setup")
        assert again.returncode == 0, again.stderr
        assert "making a virtualenv" in again.stdout

    def test_packages_that_cannot_be_installed_fail_and_are_tried_again(self, clone: Path) -> None:
        (clone / "requirements.txt").write_text("no-such-distribution @ file:///nowhere\n")
        for _ in range(2):
            refused = make(clone, "setup")
            assert refused.returncode != 0
            assert "pip could not install requirements.txt" in refused.stderr
            assert "engine" not in refused.stdout

    def test_an_old_python_is_named_with_the_mend(self, clone: Path) -> None:
        refused = make(clone, "setup", f"PYTHON={old_python(clone)}")
        assert refused.returncode != 0
        assert "Python 3.11 or later is needed" in refused.stderr
        assert " is 3.8." in refused.stderr
        assert "PYTHON=/path/to/python3.12" in refused.stderr
        assert not (clone / ".soc2" / "venv").exists()

    def test_a_newer_python_beside_an_old_one_is_found(self, clone: Path, tmp_path: Path) -> None:
        path = tmp_path / "bin"
        path.mkdir()
        (path / "python3").symlink_to(old_python(clone))
        new = path / "python3.11"
        new.write_text(f'#!/bin/sh\nexec "{Path(sys.base_prefix) / "bin" / "python3"}" "$@"\n')
        new.chmod(0o755)
        done = make(clone, "setup", PATH=f"{path}:/usr/bin:/bin")
        assert done.returncode == 0, done.stderr
        assert "making a virtualenv" in done.stdout

    def test_a_folder_that_cannot_be_written_is_named(self, clone: Path) -> None:
        (clone / ".soc2").touch()
        refused = make(clone, "setup")
        assert refused.returncode != 0
        assert f"cannot write to {clone}/.soc2" in refused.stderr

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_read_only_folder_is_named(self, clone: Path) -> None:
        clone.chmod(0o555)
        try:
            assert f"cannot write to {clone}/.soc2" in make(clone, "setup").stderr
        finally:
            clone.chmod(0o755)

    def test_interrupted_it_goes_on_where_it_was(self, clone: Path) -> None:
        assert make(clone, "setup").returncode == 0
        slow = clone / "soc2_guardrails" / "engine" / "__main__.py"
        ready = slow.read_text()
        slow.write_text("import time\nprint('engine', flush=True)\ntime.sleep(300)\n")
        with subprocess.Popen(
            ["scripts/setup"],
            cwd=clone,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "engine\n"
            time.sleep(0.2)
            # As a terminal does: the whole group.
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Run the same again to go on" in errors
        slow.write_text(ready)
        assert make(clone, "setup").stdout == "engine\n"


class TestMakefile:
    def test_help_is_the_default_and_describes_every_target(self, clone: Path) -> None:
        shown = make(clone).stdout
        for target in ("setup", "demo", "test", "lint", "bench", "clean", "clean-sandbox"):
            assert any(line.split()[0] == target and len(line.split()) > 3 for line in shown.splitlines()[1:]), target

    def test_clean_targets_delete_what_they_say(self, clone: Path) -> None:
        (clone / ".soc2" / "sandbox").mkdir(parents=True)
        (clone / ".soc2" / "engine").mkdir()
        make(clone, "clean-sandbox")
        assert [path.name for path in (clone / ".soc2").iterdir()] == ["engine"]
        make(clone, "clean")
        assert not (clone / ".soc2").exists()
