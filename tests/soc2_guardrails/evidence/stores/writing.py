"""A process that creates records until it is killed: `python -m ... KIND ROOT FIRST_NUMBER`."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from soc2_guardrails.evidence.stores import open_store
from soc2_guardrails.workspace import FolderStore, GitStore, StoreSettings


def settings_of(kind: str) -> StoreSettings:
    """The store below the folder ROOT."""
    return GitStore(kind="git", remote="remote.git") if kind == "git" else FolderStore(path=Path("evidence"))


def content_of(name: str) -> bytes:
    """What is stored under a name: large enough to be cut off, and told from every other."""
    return name.encode() * 20_000


def main() -> None:
    kind, root, first = sys.argv[1:]
    store = open_store(settings_of(kind), Path(root))
    store.names()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in itertools.count(int(first)):
        name = f"shop/{number:09}.json"
        store.create(name, content_of(name))
        store.replace("shop/head.json", content_of(name))


if __name__ == "__main__":
    main()
