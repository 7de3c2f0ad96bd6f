"""A Vault server to run: the one on PATH, or the one of this folder, built once into `.soc2/vault`."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

SECONDS_TO_BUILD: Final = 1800
"""A cold build takes some minutes on two idle cores."""

_SOURCE: Final = Path(__file__).resolve().parent
_CONFIGURATION: Final = """
storage "inmem" {}
disable_mlock = true
listener "tcp" {
  address = "%s"
  tls_disable = true
}
"""


class NoVaultError(Exception):
    """There is neither a Vault nor a Go to build one with."""


@dataclass(frozen=True)
class Binary:
    """An executable that can serve Vault's API."""

    path: Path
    is_vault: bool
    """Whether it is HashiCorp's command and not this folder's."""

    def command(self, address: str, directory: Path) -> list[str]:
        """The command that serves at an address with everything in memory; its files go below a directory."""
        if not self.is_vault:
            return [str(self.path), address]
        configuration = directory / "vault.hcl"
        configuration.write_text(_CONFIGURATION % address)
        return [str(self.path), "server", "-config", str(configuration)]


def find_or_build(directory: Path, announce: Callable[[str], None]) -> Binary:
    """The server on PATH, else the one built in a directory, else build it there after announcing that.

    Raises:
        NoVaultError: There is no way to get one.
        subprocess.CalledProcessError: It does not build.
    """
    if vault := shutil.which("vault"):
        return Binary(Path(vault), is_vault=True)
    sources = b"".join((_SOURCE / name).read_bytes() for name in ("go.mod", "go.sum", "main.go"))
    built = directory / f"vault-server-{hashlib.sha256(sources).hexdigest()[:12]}"
    directory.mkdir(parents=True, exist_ok=True)
    with FileLock(directory / "build.lock"):
        if not built.exists():
            _build(built, announce)
    return Binary(built, is_vault=False)


def _build(target: Path, announce: Callable[[str], None]) -> None:
    go = shutil.which("go")
    if go is None:
        raise NoVaultError("there is neither `vault` nor `go` on PATH; install one of them to run the tests with Vault")
    announce("building a Vault server for the tests, which takes some minutes the first time ...")
    part = target.with_suffix(".part")
    # Read-only, so that nothing moves the versions that go.mod and go.sum name.
    subprocess.run(
        [go, "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(part), "."],
        cwd=_SOURCE,
        env={**os.environ, "GOFLAGS": "-buildvcs=false"},
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=SECONDS_TO_BUILD,
    )
    part.rename(target)
