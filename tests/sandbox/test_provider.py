"""How the sandbox's providers behave towards the engine, over a real plugin's port."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from sandbox.account import Account, Secret
from sandbox.provider import wire
from sandbox.provider.wire import UNKNOWN, reveal
from tests.processes import processes_of
from tests.sandbox.plugin import Plugin, message

PROJECT = "vercel:index/project:Project"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
ROUTE = "vercel:index/projectRoute:ProjectRoute"
DRAIN = "vercel:index/logDrain:LogDrain"
REPOSITORY = "github:index/repository:Repository"
PROTECTION = "github:index/branchProtection:BranchProtection"
ACTIONS_SECRET = "github:index/actionsSecret:ActionsSecret"
WEBHOOK = "github:index/repositoryWebhook:RepositoryWebhook"

CANARY = "canary-3f9a1c7e"


@pytest.fixture
def vercel(tmp_path: Path, kept_schemas: None) -> Iterator[Plugin]:
    with Plugin("vercel", tmp_path, team="shop") as plugin:
        yield plugin


@pytest.fixture
def github(tmp_path: Path, kept_schemas: None) -> Iterator[Plugin]:
    with Plugin("github", tmp_path, owner="shop") as plugin:
        yield plugin


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account.open(tmp_path / "account.db")


def _variable(project: Any, **inputs: Any) -> dict[str, Any]:
    return {
        "projectId": project,
        "key": "API_URL",
        "value": "x",
        "sensitive": False,
        "targets": ["production"],
        **inputs,
    }


def test_unknown_missing_and_mistyped_properties_are_refused_by_name(vercel: Plugin, github: Plugin) -> None:
    assert vercel.refusals(VARIABLE, {"key": "A", "projectId": "prj_1", "sensetive": True}) == {
        "unknown property 'sensetive' of ProjectEnvironmentVariable; did you mean 'sensitive'?",
        "missing property 'sensitive' of ProjectEnvironmentVariable: it is required",
    }
    assert vercel.refusals(PROJECT, {"name": "a", "gitRepository": {"type": "github", "rpo": "o/r"}}) == {
        "unknown property 'rpo' of Project.gitRepository; did you mean 'repo'?",
        "missing property 'repo' of Project.gitRepository: it is required",
    }
    refusals = github.refusals(
        PROTECTION,
        {"repositoryId": "r", "pattern": 1, "requiredStatusChecks": [{"strict": "yes"}], "enforceAdmins": None},
    )
    assert refusals == {
        "BranchProtection.pattern must be a string, not a number",
        "BranchProtection.requiredStatusChecks[0].strict must be a boolean, not a string",
    }


def test_a_refusal_shows_no_value(vercel: Plugin) -> None:
    refusals = vercel.refusals(VARIABLE, _variable("prj_1", sensitive=Secret(CANARY), targets=CANARY))
    assert len(refusals) == 2
    assert CANARY not in str(refusals)


def test_a_route_without_a_position_is_refused_with_the_mend(vercel: Plugin) -> None:
    refusals = vercel.refusals(ROUTE, {"projectId": "prj_1", "name": "a", "route": {"src": "/"}})
    [reason] = refusals
    assert "missing property 'position'" in reason
    assert "always set it" in reason


def test_an_unknown_input_passes_check(vercel: Plugin) -> None:
    checked = vercel.check(VARIABLE, _variable(UNKNOWN))
    assert checked["projectId"] is UNKNOWN


def test_schema_sensitive_inputs_become_secrets_also_nested_ones(vercel: Plugin, github: Plugin) -> None:
    assert vercel.check(VARIABLE, _variable("prj_1"))["value"] == Secret("x")
    project = vercel.check(
        PROJECT, {"name": "a", "passwordProtection": {"deploymentType": "all_deployments", "password": "p"}}
    )
    assert project["passwordProtection"]["password"] == Secret("p")
    hook = github.check(WEBHOOK, {"repository": "a", "events": ["push"], "configuration": {"url": "https://u"}})
    assert hook["configuration"]["url"] == Secret("https://u")


def test_github_shows_schema_defaults_in_check_and_vercel_only_in_the_plan(vercel: Plugin, github: Plugin) -> None:
    repository = github.check(REPOSITORY, {"name": "a"})
    assert repository["allowMergeCommit"] is True
    assert "allowAutoMerge" not in repository
    assert "allowMergeCommit" in repository["__defaults"]
    planned = github.plan(REPOSITORY, repository)
    assert planned["allowAutoMerge"] is False
    assert planned["hasIssues"] is None
    assert planned["nodeId"] is UNKNOWN

    project = vercel.check(PROJECT, {"name": "a"})
    assert project == {"name": "a"}
    planned = vercel.plan(PROJECT, project)
    assert planned["gitForkProtection"] is True
    assert planned["nodeVersion"] is UNKNOWN
    assert "buildCommand" not in planned


def test_a_missing_name_is_made_up_once_and_kept(vercel: Plugin) -> None:
    checked = vercel.check(PROJECT, {})
    assert checked["name"].startswith("it-")
    assert len(checked["name"]) == len("it-") + 7
    assert vercel.check(PROJECT, {}, earlier=checked)["name"] == checked["name"]
    other = {**checked, "name": "it-0000000"}
    assert vercel.check(PROJECT, {}, earlier=other)["name"] == "it-0000000"


def test_a_taken_name_is_refused_with_what_to_do(vercel: Plugin, github: Plugin) -> None:
    first, _ = vercel.make(PROJECT, {"name": "web"})
    with pytest.raises(grpc.RpcError) as refused:
        vercel.make(PROJECT, {"name": "web"}, "other")
    text = message(refused.value)
    assert "409" in text
    assert "project name web" in text
    assert f"pulumi import {PROJECT} other {first}" in text

    vercel.make(VARIABLE, _variable(first, targets=["production", "preview"]), "one")
    vercel.make(VARIABLE, _variable(first, targets=["development"]), "two")
    with pytest.raises(grpc.RpcError) as refused:
        vercel.make(VARIABLE, _variable(first, targets=["preview"]), "three")
    assert f"environment variable API_URL of {first} for preview" in message(refused.value)

    github.make(REPOSITORY, {"name": "web"})
    with pytest.raises(grpc.RpcError) as refused:
        github.make(REPOSITORY, {"name": "web"}, "other")
    assert "422" in message(refused.value)


def test_something_that_does_not_exist_cannot_be_referred_to(vercel: Plugin, github: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        vercel.make(VARIABLE, _variable("prj_none"))
    assert "404 Not Found: there is no Project 'prj_none'" in message(refused.value)
    with pytest.raises(grpc.RpcError) as refused:
        github.make(ACTIONS_SECRET, {"repository": "none", "secretName": "A", "plaintextValue": CANARY})
    assert "no Repository 'none'" in message(refused.value)
    assert CANARY not in message(refused.value)


def test_an_update_changes_what_was_given_and_replaces_where_it_must(vercel: Plugin) -> None:
    project, _ = vercel.make(PROJECT, {"name": "web"})
    checked = vercel.check(VARIABLE, _variable(project, targets=["production", "preview"]))
    object_id, state = vercel.create(VARIABLE, checked)

    reordered = vercel.check(VARIABLE, _variable(project, targets=["preview", "production"]))
    assert vercel.diff(VARIABLE, object_id, reordered, state).changes == provider_pb2.DiffResponse.DIFF_NONE

    changed = vercel.check(VARIABLE, _variable(project, value="y"))
    diff = vercel.diff(VARIABLE, object_id, changed, state)
    assert dict(diff.detailedDiff).keys() == {"value", "targets[0]", "targets[1]"}
    assert not diff.replaces
    assert vercel.update(VARIABLE, object_id, changed, state, preview=True)["comment"] is UNKNOWN
    updated = vercel.update(VARIABLE, object_id, changed, state)
    assert reveal(updated["value"]) == "y"
    assert updated["comment"] == ""

    renamed = vercel.check(VARIABLE, _variable(project, key="OTHER"))
    diff = vercel.diff(VARIABLE, object_id, renamed, updated)
    assert list(diff.replaces) == ["key"]
    assert diff.detailedDiff["key"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_a_log_drain_is_replaced_by_every_change(vercel: Plugin) -> None:
    inputs = {"deliveryFormat": "json", "endpoint": "https://a", "environments": ["production"], "sources": ["edge"]}
    checked = vercel.check(DRAIN, inputs)
    object_id, state = vercel.create(DRAIN, checked)
    diff = vercel.diff(DRAIN, object_id, {**checked, "sources": ["edge", "lambda"]}, state)
    assert list(diff.replaces) == ["sources[1]"]
    assert not diff.deleteBeforeReplace


def test_a_replacement_that_meets_its_own_name_comes_after_the_deletion(github: Plugin) -> None:
    for name in ("web", "api"):
        github.make(REPOSITORY, {"name": name}, name)
    token = "github:index/teamMembership:TeamMembership"
    checked = github.check(token, {"teamId": "1", "username": "octocat"})
    object_id, state = github.create(token, checked)
    diff = github.diff(token, object_id, {**checked, "username": "hubot"}, state)
    assert list(diff.replaces) == ["username"]
    assert not diff.deleteBeforeReplace
    pages = "github:index/repositoryCollaborator:RepositoryCollaborator"
    checked = github.check(pages, {"repository": "web", "username": "octocat"})
    object_id, state = github.create(pages, checked)
    diff = github.diff(pages, object_id, {**checked, "permission": "admin"}, state)
    assert list(diff.replaces) == ["permission"]
    assert diff.deleteBeforeReplace


def test_drift_shows_at_read_and_is_put_right(vercel: Plugin, account: Account) -> None:
    checked = vercel.check(PROJECT, {"name": "web", "framework": "nextjs"})
    object_id, state = vercel.create(PROJECT, checked)
    account.change(object_id, "gitForkProtection", False)
    account.change(object_id, "framework", "remix")
    _, drifted, inputs = vercel.read(PROJECT, object_id, state, checked)
    assert (drifted["gitForkProtection"], drifted["framework"]) == (False, "remix")
    assert inputs == {"name": "web", "framework": "remix"}
    diff = vercel.diff(PROJECT, object_id, checked, drifted)
    assert set(diff.detailedDiff) == {"gitForkProtection", "framework"}
    vercel.update(PROJECT, object_id, checked, drifted)
    assert account.get(object_id).properties["gitForkProtection"] is True


def test_what_was_deleted_out_of_band_reads_as_gone_with_all_below_it(vercel: Plugin, account: Account) -> None:
    project, project_state = vercel.make(PROJECT, {"name": "web"})
    variable, state = vercel.make(VARIABLE, _variable(project))
    account.remove(project)
    assert vercel.read(PROJECT, project, project_state)[0] == ""
    assert vercel.read(VARIABLE, variable, state)[0] == ""
    with pytest.raises(grpc.RpcError) as refused:
        vercel.update(PROJECT, project, {"name": "web"}, project_state)
    assert "pulumi refresh" in message(refused.value)
    vercel.delete(PROJECT, project, project_state)


def test_a_sensitive_value_is_never_given_back_nor_stored(vercel: Plugin, account: Account, tmp_path: Path) -> None:
    project, _ = vercel.make(PROJECT, {"name": "web"})
    checked = vercel.check(VARIABLE, _variable(project, value=CANARY, sensitive=True))
    object_id, state = vercel.create(VARIABLE, checked)
    assert state["value"] == Secret(CANARY)
    _, outputs, inputs = vercel.read(VARIABLE, object_id, state, checked)
    assert (outputs, inputs) == (state, checked)
    _, outputs, inputs = vercel.read(VARIABLE, object_id)
    assert "value" not in outputs
    assert inputs.keys() == {"projectId", "key", "sensitive", "targets"}
    assert CANARY not in str(account.list())
    files = b"".join(path.read_bytes() for path in tmp_path.glob("account.db*"))
    assert CANARY.encode() not in files


def test_a_write_only_value_is_sent_with_a_new_version_only_and_is_in_no_output(vercel: Plugin) -> None:
    project, _ = vercel.make(PROJECT, {"name": "web"})
    inputs = _variable(project, valueWo=CANARY, valueWoVersion=1.0)
    del inputs["value"]
    checked = vercel.check(VARIABLE, inputs)
    assert checked["valueWo"] == Secret(CANARY)
    object_id, state = vercel.create(VARIABLE, checked)
    assert CANARY not in str(reveal(state))
    assert vercel.read(VARIABLE, object_id, state, checked)[2] == checked
    same_version = vercel.diff(VARIABLE, object_id, {**checked, "valueWo": Secret("new")}, state)
    assert same_version.changes == provider_pb2.DiffResponse.DIFF_NONE
    new_version = vercel.diff(VARIABLE, object_id, {**checked, "valueWoVersion": 2.0}, state)
    assert set(new_version.detailedDiff) == {"valueWoVersion"}


def test_import_rebuilds_the_inputs(vercel: Plugin, github: Plugin) -> None:
    project, state = vercel.make(PROJECT, {"name": "web", "framework": "nextjs"})
    found, outputs, inputs = vercel.read(PROJECT, project)
    assert (found, outputs) == (project, state)
    assert inputs == {"name": "web", "framework": "nextjs"}

    variable, state = vercel.make(VARIABLE, _variable(project))
    found, _, inputs = vercel.read(VARIABLE, f"{project}/{variable}")
    assert found == variable
    assert inputs == {**_variable(project), "value": Secret("x")}

    github.make(REPOSITORY, {"name": "web", "visibility": "private"})
    found, outputs, inputs = github.read(REPOSITORY, "web")
    assert found == "web"
    assert not github.diff(REPOSITORY, "web", github.check(REPOSITORY, reveal(inputs)), outputs).detailedDiff


@pytest.mark.usefixtures("kept_schemas")
def test_an_interrupted_create_is_made_good_by_the_next_one(tmp_path: Path, account: Account) -> None:
    with Plugin("vercel", tmp_path) as plugin:
        checked = plugin.check(PROJECT, {"name": "web"})
        first, _ = plugin.create(PROJECT, checked)
        # Killed before the engine could record the answer.
        plugin.stop(signal.SIGKILL)
    with Plugin("vercel", tmp_path) as plugin:
        second, state = plugin.create(PROJECT, checked)
        assert second != first
        assert [found.id for found in account.list()] == [second]
        # The engine asks about an object that it knows: from now on the name is taken.
        plugin.diff(PROJECT, second, checked, state)
    with Plugin("vercel", tmp_path) as plugin:
        plugin.diff(PROJECT, second, checked, state)
        with pytest.raises(grpc.RpcError):
            plugin.create(PROJECT, checked)


@pytest.mark.usefixtures("kept_schemas")
def test_a_provider_killed_between_calls_leaves_a_whole_account(tmp_path: Path) -> None:
    made = []
    for number in range(3):
        with Plugin("vercel", tmp_path) as plugin:
            made.append(plugin.make(PROJECT, {"name": f"web-{number}"}, f"web-{number}")[0])
            plugin.stop(signal.SIGKILL)
        assert {found.id for found in Account.open(tmp_path / "account.db").list()} == set(made)


@pytest.mark.usefixtures("kept_schemas")
def test_parallel_calls_of_two_processes_lose_nothing(tmp_path: Path) -> None:
    with Plugin("vercel", tmp_path) as vercel, Plugin("github", tmp_path) as github:
        project, _ = vercel.make(PROJECT, {"name": "web"})
        github.make(REPOSITORY, {"name": "web"})

        def make(number: int) -> None:
            vercel.make(VARIABLE, _variable(project, key=f"KEY_{number}"), f"v{number}")
            secret = {"repository": "web", "secretName": f"S{number}", "plaintextValue": "x"}
            github.make(ACTIONS_SECRET, secret, f"s{number}")

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(make, range(200)))
    assert Account.open(tmp_path / "account.db").count() == 402


@pytest.mark.usefixtures("kept_schemas")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_traceback(tmp_path: Path, number: int) -> None:
    with Plugin("github", tmp_path) as plugin:
        assert plugin.stop(number) == (0, "")


@pytest.mark.usefixtures("kept_schemas")
def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m sandbox.provider vercel & echo $!; wait"
    environment = {**os.environ, "SOC2_SANDBOX": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("SOC2_ENGINE_PID", None)
    parent = subprocess.Popen(["/bin/sh", "-c", command], env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    plugin = int(parent.stdout.readline())
    assert parent.stdout.readline().strip().isdecimal()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while (plugin in processes_of(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert plugin not in processes_of(tmp_path)


@pytest.mark.usefixtures("kept_schemas")
def test_a_damaged_account_is_named_at_configure(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    path.write_bytes(b"no account")
    plugin = Plugin("vercel", tmp_path)
    try:
        with pytest.raises(grpc.RpcError) as refused:
            plugin.calls.Configure(provider_pb2.ConfigureRequest())
    finally:
        plugin.stop()
    assert str(path) in message(refused.value)
    assert "make clean-sandbox" in message(refused.value)
    assert path.read_bytes() == b"no account"


def test_unknown_types_configuration_and_data_sources_are_refused(vercel: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        vercel.check("vercel:index/projekt:Projekt", {})
    assert "no resource type vercel:index/projekt:Projekt" in message(refused.value)
    response = vercel.calls.CheckConfig(provider_pb2.CheckRequest(news=wire.encode({"apiTokn": CANARY})))
    assert [failure.reason for failure in response.failures] == [
        "unknown property 'apiTokn' of the vercel provider; did you mean 'apiToken'?"
    ]
    with pytest.raises(grpc.RpcError) as refused:
        vercel.calls.Invoke(provider_pb2.InvokeRequest(tok="vercel:index/getProject:getProject"))
    assert "no data sources" in message(refused.value)
    assert vercel.calls.GetPluginInfo(empty_pb2.Empty()).version == "5.21.1"
