"""Finding and getting the Pulumi CLI, with executables on PATH that stand for what a machine may have."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from soc2_guardrails.engine import Engine, EngineUnavailableError, Source, UnusableDirectoryError, ensure, search
from soc2_guardrails.engine.build import build, pinned_version

ROOT = Path(__file__).parents[3]
# Nothing listens there: the installer's site cannot be reached, on whatever machine this runs.
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}


def script(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def cli(path: Path, version: str) -> Path:
    return script(path, f"echo v{version}")


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, but for what `sh` itself needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "sleep", "touch", "chmod"):
        (folder / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(folder))
    for name, value in NO_NETWORK.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "project" / ".soc2" / "engine"


class TestSearch:
    def test_the_one_on_path_comes_first(self, on_path: Path, own: Path) -> None:
        path = cli(on_path / "pulumi", "3.260.1")
        cli(own / "pulumi", "3.250.0")
        assert search(own).engine == Engine(path, "3.260.1", Source.PATH)

    @pytest.mark.parametrize("version", ["3.100.0", "3.248.9", "3.249.0-rc.1", "2.300.0"])
    def test_one_that_is_too_old_is_told_and_passed_over(self, on_path: Path, own: Path, version: str) -> None:
        old = cli(on_path / "pulumi", version)
        built = cli(own / "pulumi", "3.250.0")
        found = search(own)
        assert found.engine == Engine(built, "3.250.0", Source.BUILT)
        assert found.rejected == (f"{old} is {version}, older than 3.249.0",)

    def test_the_oldest_that_will_do(self, on_path: Path, own: Path) -> None:
        cli(on_path / "pulumi", "3.249.0")
        assert search(own).rejected == ()

    def test_an_installed_one_is_found_below_bin(self, on_path: Path, own: Path) -> None:
        path = cli(own / "bin" / "pulumi", "3.272.0")
        assert search(own).engine == Engine(path, "3.272.0", Source.INSTALLED)

    @pytest.mark.parametrize("lines", [["exit 1"], ["echo hello"], []])
    def test_one_that_does_not_work_is_told(self, on_path: Path, own: Path, lines: list[str]) -> None:
        path = script(on_path / "pulumi", *lines)
        assert search(own).rejected == (f"{path} does not answer `pulumi version`",)

    def test_asking_a_version_leaves_the_users_home_alone(
        self, own: Path, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PATH", str(engine.path.parent))
        assert search(own).engine
        assert not (tmp_path / "home").exists()


class TestEnsure:
    def test_what_is_there_is_used_without_a_word(self, on_path: Path, own: Path) -> None:
        cli(own / "pulumi", "3.250.0")
        said: list[str] = []
        assert ensure(said.append, own).source is Source.BUILT
        assert said == []
        assert [path.name for path in own.iterdir()] == ["pulumi"]

    def test_when_nothing_works_one_message_tells_all(self, on_path: Path, own: Path) -> None:
        old = cli(on_path / "pulumi", "3.100.0")
        said: list[str] = []
        with pytest.raises(EngineUnavailableError) as refused:
            ensure(said.append, own)
        assert [way for way, _ in refused.value.attempts] == [
            "a CLI that is already there",
            "the official installer",
            "a build from Go modules",
        ]
        message = str(refused.value)
        for part in (
            f"{old} is 3.100.0, older than 3.249.0",
            "get.pulumi.com",
            "no `go` on PATH",
            "go.dev/doc/install",
        ):
            assert part in message
        assert f"Pulumi CLI: {old} is 3.100.0, older than 3.249.0" in said

    def test_a_build_gets_its_name_only_once_it_is_whole(self, on_path: Path, own: Path) -> None:
        fake = "#!/bin/sh\\necho v3.250.0\\n"
        script(
            on_path / "go",
            # go build -v -mod=readonly -ldflags FLAGS -o OUTPUT PACKAGE
            'test "$1 $3 $8" = "build -mod=readonly github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" || exit 9',
            f"printf '{fake}' > \"$7\"",
            f'test ! -e "{own}/pulumi" || exit 8',
            'chmod +x "$7"',
        )
        said: list[str] = []
        assert ensure(said.append, own) == Engine(own / "pulumi", "3.250.0", Source.BUILT)
        assert any("about 4 minutes" in line for line in said)
        assert sorted(path.name for path in own.iterdir()) == [".lock", "pulumi"]
        said.clear()
        script(on_path / "go", "exit 7")
        assert ensure(said.append, own).source is Source.BUILT
        assert said == []

    def test_a_failed_build_tells_its_last_line(self, on_path: Path, own: Path) -> None:
        script(on_path / "go", "echo first", "echo 'no space left on device' >&2", "exit 1")
        with pytest.raises(EngineUnavailableError, match="no space left on device"):
            ensure(lambda _: None, own)
        assert [path.name for path in own.iterdir()] == [".lock"]

    def test_a_binary_that_does_not_run_is_no_engine(self, on_path: Path, own: Path) -> None:
        script(on_path / "go", 'touch "$7"')
        with pytest.raises(EngineUnavailableError, match="it left no CLI that works"):
            ensure(lambda _: None, own)

    def test_leftovers_of_a_killed_set_up_are_cleared(self, on_path: Path, own: Path) -> None:
        (own / ".build-x").mkdir(parents=True)
        (own / ".build-x" / "pulumi").write_text("half")
        with pytest.raises(EngineUnavailableError):
            ensure(lambda _: None, own)
        assert not (own / ".build-x").exists()

    def test_a_folder_that_cannot_be_written_is_named(self, on_path: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(UnusableDirectoryError, match=r"Cannot write to .*file/engine"):
            ensure(lambda _: None, tmp_path / "file" / "engine")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_read_only_folder_is_named(self, on_path: Path, tmp_path: Path) -> None:
        tmp_path.chmod(0o555)
        with pytest.raises(UnusableDirectoryError, match="Permission denied"):
            ensure(lambda _: None, tmp_path / "engine")


class TestCommand:
    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "soc2_guardrails.engine", *args],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def test_help_teaches(self) -> None:
        shown = self.run("--help").stdout
        assert "official installer" in shown
        assert "--check" in shown

    def test_check_gets_nothing(self, on_path: Path, own: Path) -> None:
        checked = self.run("--check", "--directory", str(own))
        assert checked.returncode == 1
        assert not own.exists()

    def test_unavailable_is_a_message_and_an_exit_code(self, on_path: Path, own: Path) -> None:
        refused = self.run("--directory", str(own))
        assert refused.returncode == 1
        assert "What was tried:" in refused.stderr
        assert "Traceback" not in refused.stderr

    def test_interrupting_a_build_leaves_nothing_and_no_process(self, on_path: Path, own: Path, tmp_path: Path) -> None:
        mark = tmp_path / "building"
        script(on_path / "go", 'touch "$7"', f'touch "{mark}"', "sleep 300")
        with subprocess.Popen(
            [sys.executable, "-m", "soc2_guardrails.engine", "--directory", str(own)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            deadline = time.monotonic() + 30
            while not mark.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert mark.exists()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130
        assert errors == "Interrupted. Nothing half-done is left; run the same again to go on.\n"
        assert [path.name for path in own.iterdir()] == [".lock"]
        running = subprocess.run(
            ["/bin/ps", "axww", "-o", "command="], capture_output=True, text=True, check=True
        ).stdout
        assert str(on_path / "go") not in running


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_pinned_modules_build(tmp_path: Path, engine: Engine) -> None:
    if engine.source is not Source.BUILT or not shutil.which("go"):
        pytest.skip("takes minutes where the CLI has not been built before")
    build(tmp_path, lambda _: None)
    assert search_version(tmp_path / "pulumi") == pinned_version()


def search_version(path: Path) -> str:
    return subprocess.run([str(path), "version"], capture_output=True, text=True, check=True).stdout.strip()
