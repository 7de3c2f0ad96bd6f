"""The protocol as the engine speaks it, and what happens when somebody else does."""

from __future__ import annotations

import ctypes
import platform
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from policies.judge.resources import resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.judge.wire import REDACTED, encode

from ..pack_process import PackProcess

VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
RULE = "env-secret-must-be-sensitive"
METHODS = pb.DESCRIPTOR.services_by_name["Analyzer"].methods_by_name  # what a later SDK adds has to be refused as well
WEAK: dict[str, Raw] = {"key": "DB_PASSWORD", "value": Secret("x"), "sensitive": False, "targets": ["production"]}


@pytest.fixture
def pack() -> Iterator[PackProcess]:
    running = PackProcess()
    yield running
    running.stop()


def test_info_names_every_rule_with_its_framework(preview: PackProcess) -> None:
    info = preview.info
    assert info.name == "soc2-guardrails"
    assert info.supportsConfig
    by_name = {policy.name: policy for policy in info.policies}
    sensitive = by_name[RULE]
    assert sensitive.framework.name == "SOC 2"
    assert sensitive.framework.reference == "CC6.6"
    assert sensitive.severity == pb.POLICY_SEVERITY_CRITICAL
    assert sensitive.enforcementLevel == pb.MANDATORY
    assert "NIST SC-28" in sensitive.tags
    assert sensitive.remediation_steps
    assert by_name["stack-firewall-per-exposed-project"].policy_type == pb.POLICY_TYPE_STACK


def test_a_level_from_the_engine_is_honoured_and_a_disabled_rule_is_told() -> None:
    pack = PackProcess(config={RULE: "disabled", "env-no-plaintext-credential": "advisory"})
    try:
        assert pack.judge(resource(VARIABLE, "weak", WEAK)).of(RULE).verdict == "pass"
        [told] = pack.judge_stack().of(RULE).diagnostics
        assert "switched off" in told.message
        assert told.enforcementLevel == pb.ADVISORY
    finally:
        pack.stop()


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"no-such-rule": pb.PolicyConfig(enforcementLevel=pb.MANDATORY)}, "no-such-rule: no rule is called that"),
        (
            {RULE: pb.PolicyConfig(properties=encode({"maxAge": 3}))},
            f"{RULE}.maxAge: there is no such key; there is onUnknown",
        ),
    ],
)
def test_configuration_that_it_cannot_read_stops_the_run(config: dict[str, pb.PolicyConfig], told: str) -> None:
    pack = PackProcess.unconfigured()
    try:
        with pytest.raises(grpc.RpcError) as refused:
            pack.stub.Configure(pb.ConfigureAnalyzerRequest(policyConfig=config))
        assert told in str(refused.value.details())
        # The engine stops here; were it to go on, the pack would not.
        with pytest.raises(grpc.RpcError):
            pack.judge(resource(VARIABLE, "weak", WEAK))
    finally:
        pack.stop()


def everything_off() -> pb.ConfigureAnalyzerRequest:
    return pb.ConfigureAnalyzerRequest(policyConfig={RULE: pb.PolicyConfig(enforcementLevel=pb.DISABLED)})


@pytest.mark.parametrize("method", METHODS)
def test_any_call_from_elsewhere_is_refused_and_spoils_the_run(pack: PackProcess, method: str) -> None:
    request = message_factory.GetMessageClass(METHODS[method].input_type)()
    # A pool of its own, or grpc would reuse this process's connection, which is the engine's here.
    elsewhere = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{pack.port}", elsewhere) as channel, pytest.raises(grpc.RpcError) as refused:
        getattr(AnalyzerStub(channel), method)(request)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.RpcError) as spoilt:
        pack.judge(resource(VARIABLE, "weak", WEAK))
    assert "tampered" in str(spoilt.value.details())
    with pytest.raises(grpc.RpcError):
        pack.judge_stack()


def test_configuration_after_judging_began_is_refused(pack: PackProcess) -> None:
    assert pack.judge(resource(VARIABLE, "weak", WEAK)).of(RULE).verdict == "fail"
    with pytest.raises(grpc.RpcError, match="after judging had begun"):
        pack.stub.Configure(everything_off())
    with pytest.raises(grpc.RpcError, match="tampered"):
        pack.judge(resource(VARIABLE, "weak", WEAK))


def test_configuration_a_second_time_is_refused(pack: PackProcess) -> None:
    with pytest.raises(grpc.RpcError, match="a second time"):
        pack.stub.Configure(everything_off())


def test_unknowns_are_held_against_the_resource_until_the_engine_says_preview() -> None:
    pack = PackProcess.unconfigured()
    try:
        assert pack.judge(resource(VARIABLE, "v", {**WEAK, "sensitive": UNKNOWN})).of(RULE).verdict == "fail"
    finally:
        pack.stop()


def test_what_stored_state_does_not_show_is_told_and_nothing_is_concluded_from_it(
    preview: PackProcess, update: PackProcess, stored_state: PackProcess
) -> None:
    rule = "env-no-plaintext-credential"
    value = Secret(REDACTED)
    given = resource(VARIABLE, "v", {**WEAK, "key": "BACKEND", "value": value})
    answer = stored_state.judge(given).of(rule)
    assert answer.verdict == "redacted"
    [diagnostic] = answer.diagnostics
    assert diagnostic.enforcementLevel == pb.ADVISORY
    assert diagnostic.message.startswith("CC6.6: redacted, value is a secret")
    # A program that writes these words has written nothing else.
    assert {pack.judge(given).of(rule).verdict for pack in (preview, update)} == {"pass"}
    named = resource(VARIABLE, "v", {**WEAK, "value": value})
    assert {pack.judge(named).of(RULE).verdict for pack in (preview, update)} == {"fail"}


def test_the_words_for_a_secret_that_is_not_shown_hide_nothing_where_nothing_is_secret(
    stored_state: PackProcess,
) -> None:
    answer = stored_state.judge(resource(VARIABLE, "v", {**WEAK, "sensitive": REDACTED})).of(RULE)
    assert (answer.verdict, answer.messages[0].partition(",")[0]) == ("fail", "sensitive is not true or false")


def test_what_is_known_of_a_secret_that_stored_state_does_not_show_is_judged(stored_state: PackProcess) -> None:
    hidden = {**WEAK, "value": Secret(REDACTED)}
    assert stored_state.judge(resource(VARIABLE, "v", hidden)).of(RULE).verdict == "fail"
    assert stored_state.judge(resource(VARIABLE, "v", {**hidden, "sensitive": True})).of(RULE).verdict == "pass"


def test_nothing_of_stored_state_is_deferred(stored_state: PackProcess) -> None:
    answer = stored_state.judge(resource(VARIABLE, "v", {**WEAK, "sensitive": UNKNOWN})).of(RULE)
    assert answer.verdict == "fail"
    assert answer.messages[0].startswith("sensitive is not readable (a value that was not known when it was stored)")


def test_a_program_cannot_make_its_run_look_like_stored_state() -> None:
    pack = PackProcess()
    try:
        with pytest.raises(grpc.RpcError, match="a second time"):
            pack.stub.Handshake(pb.AnalyzerHandshakeRequest())
    finally:
        pack.stop()


def test_shapes_the_protocol_does_not_have_are_violations(preview: PackProcess) -> None:
    odd = encode({**WEAK, "key": {"4dabf18193072939515e22adb298388d": "something new"}})
    answer = preview.stub.Analyze(pb.AnalyzeRequest(type=VARIABLE, urn="urn:x", name="x", properties=odd))
    [diagnostic] = [d for d in answer.diagnostics if d.policyName == RULE]
    assert diagnostic.enforcementLevel == pb.MANDATORY
    assert diagnostic.message.startswith("CC6.6: key is not readable")


def test_names_cannot_rewrite_the_readers_terminal(preview: PackProcess) -> None:
    answer = preview.judge(resource(VARIABLE, "v", {**WEAK, "key": "PASSWORD\x1b[2J\r\n✅ passed"})).of(RULE)
    assert "\x1b" not in answer.messages[0]
    assert "\r" not in answer.messages[0]
    assert "\\x1b[2J" in answer.messages[0]


def test_cancel_from_the_engine_ends_the_pack() -> None:
    pack = PackProcess()
    pack.stub.Cancel(Empty())
    assert pack.wait() == 0


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="tgkill by its number")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_on_a_signal_whichever_thread_gets_it(number: signal.Signals) -> None:
    pack = PackProcess()
    *_, last = sorted(int(thread.name) for thread in Path(f"/proc/{pack.pid}/task").iterdir())
    assert last != pack.pid
    tgkill = 234
    assert ctypes.CDLL(None).syscall(tgkill, pack.pid, last, number) == 0
    assert pack.wait() == 0
