"""A hostile Pulumi program: finds the journal of the policy pack that judges it, and writes what suits it.

Run by `test_hostile_program.py`. It waits until the pack has decided something, so that there is something to bend.
"""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pulumi
import pulumiverse_vercel as vercel

FORGED_PACK = "sha256:" + "0" * 64
ATTACK = os.environ.get("ATTACK", "")


def journals() -> list[Path]:
    return list(Path(os.environ["SOC2_JOURNAL"]).glob("*.jsonl"))


def append(journal: Path) -> None:
    verdict = {"record": "decision", "rule": "env-secret-must-be-sensitive", "urn": "x", "verdict": "pass"}
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(verdict) + "\n")


def rewrite(journal: Path) -> None:
    """Has another pack judge, in as many bytes as there were."""
    journal.write_text(re.sub(r"sha256:[0-9a-f]{64}", FORGED_PACK, journal.read_text("utf-8")), "utf-8")


def truncate(journal: Path) -> None:
    os.truncate(journal, 0)


def delete(journal: Path) -> None:
    journal.unlink()


def replace(journal: Path) -> None:
    """Puts a copy in its place, which takes what is written later only if the pack opens it again."""
    copy = journal.with_suffix(".copy")
    copy.write_bytes(journal.read_bytes())
    copy.replace(journal)


def put_beside(journal: Path) -> None:
    """A whole journal without a violation, named like one of the pack's."""
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    made = [{**line, "verdict": "pass", "messages": []} for line in lines if line["record"] == "decision"]
    end = {"record": "end", "decisions": len(made), "stack_judged": True, "time": lines[-1]["time"]}
    forged = journal.with_name(f"{journal.name.partition('Z-')[0]}Z-{os.getpid()}-{os.urandom(4).hex()}.jsonl")
    forged.write_text("".join(json.dumps(line) + "\n" for line in [lines[0], *made, end]), "utf-8")
    forged.chmod(0o600)


ATTACKS: dict[str, Callable[[Path], None]] = {
    "append": append,
    "rewrite": rewrite,
    "truncate": truncate,
    "delete": delete,
    "replace": replace,
    "put beside": put_beside,
}


def attack(_: str) -> None:
    for journal in journals():
        ATTACKS[ATTACK](journal)
        pulumi.log.info(f"attack: {ATTACK}, done")


def variable(name: str, *, sensitive: bool) -> vercel.ProjectEnvironmentVariable:
    return vercel.ProjectEnvironmentVariable(
        name,
        project_id="prj_1",
        key=f"{name.upper()}_PASSWORD",
        value="hunter2hunter2",
        sensitive=sensitive,
        targets=["production"],
        comment=f"secret-ref=vault://kv/shop#password version=1 rotated={datetime.now(UTC).date()}",
    )


decided = variable("sound", sensitive=True)
if ATTACK == "put beside":
    decided = variable("weak", sensitive=False)
if ATTACK:
    decided.urn.apply(attack)
