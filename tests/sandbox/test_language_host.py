"""The language host, driven by the real CLI and over its own port."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from sandbox.home import Sandbox
from tests.processes import processes_of, wait_until_none

MakeSandbox = Callable[..., Sandbox]


@pytest.fixture(autouse=True)
def only_with_this_host(request: pytest.FixtureRequest) -> None:
    if "make_sandbox" in request.fixturenames and request.getfixturevalue("engine").has_language_host:
        pytest.skip("this CLI has a language host of its own")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(textwrap.dedent(text))


def start(sandbox: Sandbox, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(sandbox.engine.path), "--non-interactive", "--color", "never", *args],
        cwd=sandbox.project.copy,
        env=sandbox.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_for(path: Path, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.05)


SLEEPING_PROGRAM = """
    import pathlib, time
    pathlib.Path({mark!r}).touch()
    time.sleep(300)
"""

SLEEPING_PACK = """
    import pathlib, time
    from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

    def check(args, report):
        pathlib.Path({mark!r}).touch()
        time.sleep(300)

    PolicyPack("sleeping", policies=[ResourceValidationPolicy(name="sleeps", description="sleeps", validate=check)])
"""


def write_pack(folder: Path, text: str) -> Path:
    folder.mkdir()
    write(folder, "PulumiPolicy.yaml", "runtime: python\nversion: 0.0.1\n")
    write(folder, "__main__.py", text)
    return folder


@pytest.mark.engine
class TestProgram:
    def test_gets_its_configuration_and_its_own_folder(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(program, "neighbour.py", "NAME = 'neighbour'")
        write(
            program,
            "__main__.py",
            """
            import pulumi

            def late(value):
                import lately
                return lately.NAME + value

            config = pulumi.Config()
            import neighbour
            pulumi.export("neighbour", neighbour.NAME)
            pulumi.export("plain", config.require("plain"))
            pulumi.export("late", pulumi.Output.from_input("!").apply(late))
            """,
        )
        write(program, "lately.py", "NAME = 'late'")
        (program / "stacks").mkdir()
        write(program / "stacks", "Pulumi.dev.yaml", "config:\n  soc2-guardrails:plain: open\n")
        sandbox = make_sandbox(program)
        assert sandbox.up("dev").returncode == 0
        outputs = json.loads(sandbox.pulumi("stack", "output", "--json", "--stack", "dev", check=True).stdout)
        assert outputs == {"neighbour": "neighbour", "plain": "open", "late": "late!"}

    def test_outputs_reach_the_state(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(
            program,
            "__main__.py",
            """
            import pulumi
            print("said by the program")
            pulumi.export("names", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
            pulumi.export("hidden", pulumi.Output.secret("canary-4711"))
            """,
        )
        sandbox = make_sandbox(program)
        up = sandbox.up("dev")
        assert up.returncode == 0, up.stdout + up.stderr
        assert "said by the program" in up.stdout
        assert "warning" not in up.stdout + up.stderr
        assert "canary-4711" not in up.stdout + up.stderr
        outputs = sandbox.pulumi("stack", "output", "--json", "--stack", "dev", check=True).stdout
        assert '"organization"' in outputs
        assert sandbox.preview("dev", "--expect-no-changes").returncode == 0

    def test_failure_is_shown_from_the_programs_own_line_on(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(program, "__main__.py", "def declare():\n    raise ValueError('no such shop')\n\ndeclare()\n")
        preview = make_sandbox(program).preview("dev")
        assert preview.returncode != 0
        shown = preview.stdout + preview.stderr
        assert "ValueError: no such shop" in shown
        assert f'File "{program}/__main__.py", line 4' in shown
        assert "sandbox/language" not in shown

    def test_run_error_is_shown_without_a_traceback(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(program, "__main__.py", "import pulumi\nraise pulumi.RunError('mend the stack file')\n")
        preview = make_sandbox(program).preview("dev")
        assert preview.returncode != 0
        assert "error: mend the stack file" in preview.stdout
        assert "Traceback" not in preview.stdout + preview.stderr

    def test_exit_code_of_the_program_fails_the_run(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(program, "__main__.py", "import sys\nsys.exit(3)\n")
        preview = make_sandbox(program).preview("dev")
        assert preview.returncode != 0
        assert "program ended with exit code 3" in preview.stdout

    def test_virtualenv_that_is_missing_is_named(self, make_sandbox: MakeSandbox, program: Path) -> None:
        write(program, "__main__.py", "")
        sandbox = make_sandbox(program)
        sandbox.select("dev")
        copied = sandbox.project.copy / "Pulumi.yaml"
        copied.write_text(copied.read_text().replace(sys.prefix, "nowhere"))
        with start(sandbox, "preview", "--stack", "dev") as cli:
            output = cli.communicate(timeout=60)[0].decode()
        assert cli.returncode != 0
        assert "'virtualenv' names" in output
        assert "python3 -m venv" in output


@pytest.mark.engine
class TestPack:
    def test_violations_and_output_of_a_pack_are_shown(
        self, make_sandbox: MakeSandbox, program: Path, tmp_path: Path
    ) -> None:
        write(
            program,
            "__main__.py",
            """
            import pulumi

            class Shop(pulumi.ComponentResource):
                def __init__(self, name):
                    super().__init__("soc2:test:Shop", name)

            Shop("shop")
            """,
        )
        pack = write_pack(
            tmp_path / "pack",
            """
            from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

            def check(args, report):
                if args.resource_type == "soc2:test:Shop":
                    report("shops are closed")

            PolicyPack(
                "closing",
                enforcement_level=EnforcementLevel.MANDATORY,
                policies=[ResourceValidationPolicy(name="closed", description="closed", validate=check)],
            )
            """,
        )
        preview = make_sandbox(program).preview("dev", pack=pack)
        assert preview.returncode != 0
        assert "shops are closed" in preview.stdout + preview.stderr

    def test_pack_that_does_not_start_fails_the_run(
        self, make_sandbox: MakeSandbox, program: Path, tmp_path: Path
    ) -> None:
        write(program, "__main__.py", "")
        pack = write_pack(tmp_path / "pack", "import sys\nprint('out of order', file=sys.stderr)\nsys.exit(9)\n")
        preview = make_sandbox(program).preview("dev", pack=pack)
        assert preview.returncode != 0
        assert "out of order" in preview.stdout + preview.stderr


@pytest.mark.engine
class TestEnding:
    @pytest.fixture
    def sandbox(self, make_sandbox: MakeSandbox, program: Path) -> Sandbox:
        (program / "__main__.py").touch()
        sandbox = make_sandbox(program)
        sandbox.select("dev")
        return sandbox

    @pytest.fixture
    def running(self, sandbox: Sandbox, program: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A preview that is in the middle of its program, with a pack beside it."""
        mark = tmp_path / "program-runs"
        write(program, "__main__.py", SLEEPING_PROGRAM.format(mark=str(mark)))
        pack = write_pack(tmp_path / "pack", SLEEPING_PACK.format(mark=str(tmp_path / "never")))
        with start(sandbox, "preview", "--stack", "dev", "--policy-pack", str(pack)) as cli:
            wait_for(mark)
            yield cli
            cli.kill()

    def test_killed_cli_leaves_no_process(self, running: subprocess.Popen[bytes], sandbox: Sandbox) -> None:
        before = processes_of(sandbox.directory)
        assert any("program.py" in command for command in before.values()), before
        assert any("pulumi.policy" in command for command in before.values()), before
        running.kill()
        running.wait()
        assert wait_until_none(sandbox.directory, seconds=10) == {}

    def test_killed_language_host_leaves_no_process(self, running: subprocess.Popen[bytes], sandbox: Sandbox) -> None:
        before = processes_of(sandbox.directory)
        (host,) = [pid for pid, command in before.items() if "sandbox.language" in command]
        os.kill(host, signal.SIGKILL)
        running.communicate(timeout=60)
        assert running.returncode != 0
        assert wait_until_none(sandbox.directory, seconds=10) == {}

    def test_interrupted_cli_ends_without_a_traceback(self, running: subprocess.Popen[bytes], sandbox: Sandbox) -> None:
        running.send_signal(signal.SIGINT)
        output = running.communicate(timeout=60)[0].decode()
        assert running.returncode != 0
        assert "Traceback" not in output
        assert "KeyboardInterrupt" not in output
        assert wait_until_none(sandbox.directory, seconds=10) == {}


class TestProtocol:
    @pytest.fixture
    def host(self) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-m", "sandbox.language", "127.0.0.1:1", "-verbose=3"],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            yield process
            process.kill()

    @pytest.fixture
    def stub(self, host: subprocess.Popen[str]) -> Iterator[language_pb2_grpc.LanguageRuntimeStub]:
        assert host.stdout
        port = int(host.stdout.readline())
        limit = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=limit) as channel:
            yield language_pb2_grpc.LanguageRuntimeStub(channel)

    @staticmethod
    def info(**options: str) -> language_pb2.ProgramInfo:
        struct = struct_pb2.Struct()
        struct.update(options)
        return language_pb2.ProgramInfo(root_directory="/", program_directory="/", entry_point=".", options=struct)

    def test_tells_the_plugins_the_sdks_ask_for(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        answer = stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=self.info()))
        assert {(one.name, one.kind, one.version) for one in answer.packages} == {
            ("vercel", "resource", "v5.21.1"),
            ("github", "resource", "v6.15.0"),
        }

    def test_takes_a_message_larger_than_grpcs_default(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        request = language_pb2.GetRequiredPackagesRequest(info=self.info(remark="x" * 8 * 1024 * 1024))
        assert len(stub.GetRequiredPackages(request).packages) == 2

    def test_tells_interpreter_and_dependencies(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        about = stub.About(language_pb2.AboutRequest(info=self.info()))
        assert (about.executable, about.version) == (sys.executable, ".".join(map(str, sys.version_info[:3])))
        asked = language_pb2.GetProgramDependenciesRequest(info=self.info())
        assert "pulumi" in {one.name for one in stub.GetProgramDependencies(asked).dependencies}

    def test_installs_nothing_without_a_virtualenv(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        asked = language_pb2.InstallDependenciesRequest(directory="/", info=self.info())
        (answer,) = stub.InstallDependencies(asked)
        assert b"nothing to install" in answer.stdout

    def test_refuses_a_type_checker(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        with pytest.raises(grpc.RpcError, match="typechecker"):
            stub.About(language_pb2.AboutRequest(info=self.info(typechecker="mypy")))

    def test_refuses_plugins_other_than_packs(self, stub: language_pb2_grpc.LanguageRuntimeStub) -> None:
        with pytest.raises(grpc.RpcError, match="resource"):
            list(stub.RunPlugin(language_pb2.RunPluginRequest(kind="resource", info=self.info())))

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_quietly_on_a_signal(
        self, host: subprocess.Popen[str], stub: language_pb2_grpc.LanguageRuntimeStub, number: signal.Signals
    ) -> None:
        stub.GetPluginInfo(empty_pb2.Empty())
        host.send_signal(number)
        _, errors = host.communicate(timeout=20)
        assert host.returncode == 0
        assert errors == ""
