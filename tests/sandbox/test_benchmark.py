"""What the sandbox's providers cost beside one that keeps nothing: 1,000 resources through the real CLI.

Run it with `SOC2_BENCHMARK=1 pytest tests/sandbox/test_benchmark.py -s`. It takes ten minutes on two cores, nearly all
of them the CLI's own: its file backend writes the whole state again after every step of an update.
"""

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import pytest

from sandbox.home import Sandbox
from sandbox.shims import provider_versions
from tests.conftest import MakeSandbox

_HERE = Path(__file__).parent
_PREVIEW_LIMIT = 1.5
_DEPLOY_LIMIT = 3.0


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not os.environ.get("SOC2_BENCHMARK"), reason="takes ten minutes: set SOC2_BENCHMARK=1")
def test_a_thousand_resources_cost_little_more_than_with_an_echo_provider(
    make_sandbox: MakeSandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program"
    shutil.copytree(_HERE / "thousand", program)
    echo = make_sandbox(program, "echo")
    _put_echo_provider_into(echo)
    ours = make_sandbox(program, "ours")
    echo_preview, echo_deploy = _times(echo)
    our_preview, our_deploy = _times(ours)
    with capsys.disabled():
        sys.stdout.write(
            f"\npreview: {our_preview:.1f} s, echo {echo_preview:.1f} s; "
            f"deploy: {our_deploy:.1f} s, echo {echo_deploy:.1f} s\n"
        )
    assert our_preview <= _PREVIEW_LIMIT * echo_preview
    assert our_deploy <= _DEPLOY_LIMIT * echo_deploy


def _put_echo_provider_into(sandbox: Sandbox) -> None:
    version = provider_versions()["vercel"]
    plugin = sandbox.home / "plugins" / f"resource-vercel-v{version}" / "pulumi-resource-vercel"
    command = shlex.join([sys.executable, str(_HERE / "echo_provider.py")])
    plugin.write_text(f'#!/bin/sh\nexec {command} "$@"\n')


def _times(sandbox: Sandbox) -> tuple[float, float]:
    """Return how many seconds a preview and the deploy after it take."""
    sandbox.select("dev")
    started = time.monotonic()
    previewed = sandbox.preview("dev")
    between = time.monotonic()
    assert previewed.returncode == 0, previewed.stdout
    deployed = sandbox.up("dev")
    ended = time.monotonic()
    assert deployed.returncode == 0, deployed.stdout
    return between - started, ended - between
