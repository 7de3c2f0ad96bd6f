"""Build the Pulumi CLI from pinned Go modules, for a machine that reaches package registries only."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import longrun
from .errors import AttemptError
from .search import built_path

if TYPE_CHECKING:
    from .longrun import Progress

_MODULES = Path(__file__).with_name("cli")
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_LIMIT_SECONDS = 3600


def build(directory: Path, progress: Progress) -> None:
    """Build the CLI that `cli/go.mod` pins into `directory`.

    Raises:
        AttemptError: there is no Go, or the build failed.
    """
    go = shutil.which("go")
    if go is None:
        raise AttemptError("no `go` on PATH")
    version = pinned_version()
    progress(
        f"Pulumi CLI: building {version} from its Go modules. This fetches and compiles some hundred modules: "
        "about 4 minutes on two cores, once. Interrupted, it goes on from where it was."
    )
    with tempfile.TemporaryDirectory(prefix=".build-", dir=directory) as name:
        binary = Path(name) / "pulumi"
        linked = f"-s -w -X {_VERSION_VARIABLE}={version}"
        longrun.run(
            [go, "build", "-v", "-mod=readonly", "-ldflags", linked, "-o", str(binary), _PACKAGE],
            cwd=_MODULES,
            # The folder of this package is in the user's checkout: its state is not the CLI's.
            env={**os.environ, "GOFLAGS": "-buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"},
            limit_seconds=_LIMIT_SECONDS,
            heartbeat=lambda seconds, lines: progress(
                f"Pulumi CLI: building, {longrun.duration(seconds)}, {lines} modules and packages so far"
            ),
        )
        binary.rename(built_path(directory))


def pinned_version() -> str:
    """The version of the CLI that `cli/go.mod` pins, with its leading `v`."""
    pin = re.search(r"github\.com/pulumi/pulumi/pkg/v3 (v\S+)", (_MODULES / "go.mod").read_text("utf-8"))
    if pin is None:
        raise AttemptError(f"{_MODULES / 'go.mod'} pins no github.com/pulumi/pulumi/pkg/v3")
    return pin[1]
