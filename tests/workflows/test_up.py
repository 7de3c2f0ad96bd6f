"""On main: what was merged is planned anew, judged, and held against what was reviewed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import GitHub, Repository
from .runner import JobResult, Workflow

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="a machine's processes are found in /proc"),
]


def test_what_differs_from_the_review_asks_for_approval(project: Repository, tmp_path: Path, repository: Path) -> None:
    # Behaves on a pull request, and has more in mind for main.
    more = """
import os
import pulumi_github as github
if os.environ.get("GITHUB_EVENT_NAME") == "push":
    github.ActionsVariable("shadow", repository="storefront", variable_name="LOCALE", value="de")
"""
    merged = project.commit("merged", {"__main__.py": project.read("__main__.py") + more})
    github = GitHub(tmp_path, merged)
    rounds = 0

    def workflow() -> Workflow:
        nonlocal rounds
        rounds += 1
        return Workflow(
            repository / ".github" / "workflows" / "soc2-up.yml",
            tmp_path / str(rounds),
            project.origin,
            {"sha": merged, "repository": "acme/shop", "event_name": "push", "event": {}},
            project.provision,
            {},
            os.pathsep.join((str(github.folder), str(Path(sys.executable).parent))),
        )

    main = workflow()
    preview = main.run("preview")
    assert preview
    assert preview.result == "success", preview.log
    artifact = main.artifacts / "planned" / "planned.json"
    plan = json.loads(artifact.read_text())

    def reviewed(content: Mapping[str, Any]) -> JobResult:
        again = workflow()
        (again.artifacts / "planned").mkdir()
        (again.artifacts / "planned" / "planned.json").write_bytes(artifact.read_bytes())
        github.keep("planned", "planned.json", content)
        result = again.run("review", {"preview": JobResult("success", {}, "", "", tmp_path)})
        assert result
        return result

    without = {**plan, "resources": [each for each in plan["resources"] if not each["urn"].endswith("::shadow")]}
    assert len(without["resources"]) < len(plan["resources"])
    expectations: list[tuple[Mapping[str, Any], str]] = [(without, "true"), (plan, "false")]
    for content, differs in expectations:
        result = reviewed(content)
        assert result.result == "success", result.log
        assert result.outputs == {"differs": differs}
        assert ("shadow: was not part of what was reviewed" in result.log) == (content is without)
