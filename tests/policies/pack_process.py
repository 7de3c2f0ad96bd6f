"""The pack as a process of its own, asked over its port the way the engine asks it.

A test states resources as plain Python with `Secret` and `UNKNOWN` where the engine would mark them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from policies.judge.resources import Resource, resource
from policies.judge.values import Raw
from policies.judge.wire import encode

PACK = Path(__file__).resolve().parents[2] / "policies"
ROOT = resource("pulumi:pulumi:Stack", "stack", {}, urn="urn:pulumi:stack::project::pulumi:pulumi:Stack::stack")


@dataclass(frozen=True)
class Answer:
    """What the pack said about a resource or a stack, for one rule or for all."""

    diagnostics: tuple[pb.AnalyzeDiagnostic, ...]
    not_applicable: tuple[pb.PolicyNotApplicable, ...]

    def of(self, rule: str) -> Answer:
        return Answer(
            tuple(d for d in self.diagnostics if d.policyName == rule),
            tuple(n for n in self.not_applicable if n.policy_name == rule),
        )

    @property
    def verdict(self) -> str:
        """pass, fail, unknown (deferred), redacted, waived, advice or not applicable, as a reader would tell."""
        if any(d.enforcementLevel == pb.MANDATORY for d in self.diagnostics):
            return "fail"
        if any("deferred" in d.message for d in self.diagnostics):
            return "unknown"
        if any(": redacted, " in d.message for d in self.diagnostics):
            return "redacted"
        if any(": waived until " in d.message for d in self.diagnostics):
            return "waived"
        if self.diagnostics:
            return "advice"
        return "not applicable" if self.not_applicable else "pass"

    @property
    def advisory(self) -> tuple[bool, ...]:
        """Of each message, whether it only advises."""
        return tuple(d.enforcementLevel == pb.ADVISORY for d in self.diagnostics)

    @property
    def text(self) -> str:
        """Everything the pack said, for looking for what must not be said."""
        return "\n".join([*(str(d) for d in self.diagnostics), *(str(n) for n in self.not_applicable)])

    @property
    def messages(self) -> list[str]:
        """The messages between the criterion, which every one of them starts with, and the rule's page at the end."""
        found = [re.fullmatch(r"(CC\d\.\d): (.*?)(?:\nsee: (.*))?", d.message, re.DOTALL) for d in self.diagnostics]
        assert all(found), self.text
        for diagnostic, match in zip(self.diagnostics, found, strict=True):
            if diagnostic.enforcementLevel == pb.MANDATORY:
                assert match
                assert match[3] == f"docs/rules/{diagnostic.policyName}.md", diagnostic.message
        return [match[2] for match in found if match]


def configured(config: Mapping[str, Any]) -> pb.ConfigureAnalyzerRequest:
    """What the engine makes of a policy configuration, by policy a level or an object with `enforcementLevel`."""
    request = pb.ConfigureAnalyzerRequest()
    for name, stated in config.items():
        properties = {"enforcementLevel": stated} if isinstance(stated, str) else dict(stated)
        level = properties.pop("enforcementLevel", "mandatory")
        request.policyConfig[name].enforcementLevel = pb.EnforcementLevel.Value(level.upper())
        ParseDict(properties, request.policyConfig[name].properties)
    return request


class PackProcess:
    """A running pack. The first call binds the connection, as the engine's does."""

    def __init__(
        self,
        *,
        preview: bool = True,
        stored: bool = False,
        config: Mapping[str, Any] | None = None,
        folder: Path = PACK,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._start(folder, environment)
        try:
            with suppress(grpc.RpcError):  # the stock SDK has no Handshake, which the engine takes as well
                self.stub.Handshake(pb.AnalyzerHandshakeRequest())
            if not stored:
                stack = pb.AnalyzerStackConfigureRequest(stack="stack", project="project", dry_run=preview)
                self.stub.ConfigureStack(stack)
            self.stub.Configure(configured(config or {}))
        except grpc.RpcError:
            self.kill()
            raise

    @classmethod
    def unconfigured(cls) -> PackProcess:
        """A pack that was started and asked who it is, and nothing more."""
        pack = cls.__new__(cls)
        pack._start(PACK)
        return pack

    def _start(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
            stdout=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = AnalyzerStub(self._channel)
        self.info: pb.AnalyzerInfo = self.stub.GetAnalyzerInfo(Empty())

    def judge(self, subject: Resource) -> Answer:
        """Analyze: one resource with its checked inputs."""
        return _answer(self.stub.Analyze(analyze_request(subject)))

    def remediate(self, subject: Resource, sent: Struct | None = None) -> pb.RemediateResponse:
        """Remediate: what the engine asks before Analyze, with the properties of the resource or as they are sent."""
        properties = encode(_raw(subject)) if sent is None else sent
        response: pb.RemediateResponse = self.stub.Remediate(
            pb.AnalyzeRequest(type=subject.type, urn=subject.urn, name=subject.name, properties=properties)
        )
        return response

    def judge_stack(self, *resources: Resource) -> Answer:
        """AnalyzeStack: every resource with its planned outputs, after each was analyzed with its inputs."""
        for each in resources:
            self.stub.Analyze(
                pb.AnalyzeRequest(
                    type=each.type, urn=each.urn, name=each.name, properties=encode(_raw(each, declared=True))
                )
            )
        return _answer(self.stub.AnalyzeStack(analyze_stack_request(resources)))

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self) -> int:
        """Waits for the pack to end by itself and gives its exit code."""
        self._channel.close()
        return self._process.wait(timeout=10)

    def kill(self) -> None:
        """Ends the pack as a crash or a full machine would."""
        self._process.kill()
        self.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self.wait()


def analyze_request(subject: Resource) -> pb.AnalyzeRequest:
    """What the engine sends before it touches a resource."""
    return pb.AnalyzeRequest(type=subject.type, urn=subject.urn, name=subject.name, properties=encode(_raw(subject)))


def analyze_stack_request(resources: Iterable[Resource]) -> pb.AnalyzeStackRequest:
    """What the engine sends at the end, with the stack's own resource first."""
    return pb.AnalyzeStackRequest(resources=map(_wire, (ROOT, *resources)))


def _raw(subject: Resource, *, declared: bool = False) -> dict[str, Raw]:
    return (subject.declared if declared else subject.properties).raw()


def _wire(subject: Resource) -> pb.AnalyzerResource:
    return pb.AnalyzerResource(
        type=subject.type,
        urn=subject.urn,
        name=subject.name,
        parent=subject.parent,
        properties=encode(_raw(subject)),
        propertyDependencies={
            key: pb.AnalyzerPropertyDependencies(urns=urns) for key, urns in subject.dependencies.items()
        },
    )


def _answer(response: pb.AnalyzeResponse) -> Answer:
    return Answer(tuple(response.diagnostics), tuple(response.not_applicable))


def violations(answers: Iterable[Answer]) -> set[str]:
    """The ids of the rules violated in any of the answers."""
    return {d.policyName for answer in answers for d in answer.diagnostics if d.enforcementLevel == pb.MANDATORY}
