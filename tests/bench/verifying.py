"""`python -m tests.bench.verifying FOLDER KEY`: verifies one chain, and tells how long that took in how much memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from soc2_guardrails.evidence.signing import Trust
from soc2_guardrails.evidence.signing.keyed import read_public_key
from soc2_guardrails.evidence.stores.folder import Folder
from soc2_guardrails.evidence.verification import verify

_PER_MEGABYTE = 1024 * 1024 if sys.platform == "darwin" else 1024


def _main(folder: str, key: str) -> None:
    trust = Trust([read_public_key(Path(key))])
    began = time.perf_counter()
    report = verify(Folder(Path(folder)), trust)
    seconds = time.perf_counter() - began
    [chain] = report.chains
    told = {
        "records": chain.proved if report.verified else chain.records,
        "bad": str(chain.bad),
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MEGABYTE,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main(*sys.argv[1:])
