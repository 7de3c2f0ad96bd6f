"""Get the Pulumi CLI through its official installer."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import longrun
from .search import installed_path

if TYPE_CHECKING:
    from .longrun import Progress

# The archive is some 150 MB, minutes on a slow line; a site that does not answer is given up much sooner.
_ANSWER_SECONDS = 20
_LIMIT_SECONDS = 900

# The SDK's call has neither a time limit nor an end on interrupt: it runs in a process of its own.
_INSTALL = """
import socket, subprocess, sys
from pulumi.automation import PulumiCommand
socket.setdefaulttimeout({seconds})
try:
    PulumiCommand.install(root=sys.argv[1])
except subprocess.CalledProcessError as error:
    sys.exit((error.output or b"").decode(errors="replace") or str(error))
except Exception as error:
    sys.exit(f"get.pulumi.com: {{error}}")
"""


def install(directory: Path, progress: Progress) -> None:
    """Install the CLI of the SDK's own version below `directory`.

    Raises:
        AttemptError: the installer's site did not answer in time, or the installer failed.
    """
    progress("Pulumi CLI: asking the official installer; it downloads some 150 MB ...")
    with tempfile.TemporaryDirectory(prefix=".install-", dir=directory) as name:
        root = Path(name)
        longrun.run(
            [sys.executable, "-c", _INSTALL.format(seconds=_ANSWER_SECONDS), str(root)],
            cwd=root,
            # The installer runs what it installed, which writes below its home.
            env={**os.environ, "PULUMI_HOME": str(root / "home"), "PULUMI_SKIP_UPDATE_CHECK": "true"},
            limit_seconds=_LIMIT_SECONDS,
            heartbeat=lambda seconds, _: progress(f"Pulumi CLI: downloading, {longrun.duration(seconds)}"),
        )
        (root / "bin").rename(installed_path(directory).parent)
