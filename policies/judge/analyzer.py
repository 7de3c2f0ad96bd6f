"""The pack as a server of the Pulumi Analyzer protocol (`pulumi/analyzer.proto`)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer, add_AnalyzerServicer_to_server

from . import message, pack_policy, published, remedy
from .caller import Caller, Refused
from .configured import Configuration, Stated, as_published
from .enforcement import Enforcement, Remark
from .journal import JournalError
from .manifest import Manifest
from .operation import Operation
from .pack import Level, Pack
from .recorder import Recorder
from .registry import PackError, rules
from .resources import Resource, Stack
from .rule import NotApplicable, Redacted, ResourceRule, Rule, Severity, Violation
from .turns import InTime, Turns
from .values import Raw, Value
from .verdict import Verdict
from .waivers import Waived, utc_today
from .wire import decode

_MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes; what the Pulumi SDKs allow, since AnalyzeStack carries every resource of a stack in one message."""

_SEVERITIES = {
    Severity.LOW: pb.POLICY_SEVERITY_LOW,
    Severity.MEDIUM: pb.POLICY_SEVERITY_MEDIUM,
    Severity.HIGH: pb.POLICY_SEVERITY_HIGH,
    Severity.CRITICAL: pb.POLICY_SEVERITY_CRITICAL,
}
_LEVELS = {
    pb.ADVISORY: Level.ADVISORY,
    pb.MANDATORY: Level.MANDATORY,
    pb.DISABLED: Level.DISABLED,
    pb.REMEDIATE: Level.REMEDIATE,
}


class Analyzer(AnalyzerServicer):
    """Answers the engine.

    Args:
        manifest: name and version of the pack.
        all_rules: the rules of the pack.
        turns: where the judging is done, one request at a time.
        profile_folder: holds the profiles, a file each.
        recorder: where decisions are written down, None for nowhere.
        today: tells the day of the run, asked once.
    """

    def __init__(
        self,
        manifest: Manifest,
        all_rules: Iterable[Rule],
        turns: Turns,
        profile_folder: Path,
        recorder: Recorder | None = None,
        today: Callable[[], date] = utc_today,
    ) -> None:
        self._manifest = manifest
        self._recorder = recorder
        self._pack = Pack(tuple(all_rules), limit=InTime)
        self._turns = turns
        self._profile_folder = profile_folder
        self._rules = {rule.id: rule for rule in self._pack.rules}
        self._today = today()
        self._enforcement = Enforcement(Configuration(), self._rules, self._today, InTime)
        self._caller = Caller()
        # Until the engine says what it does, an unknown value is held against the resource.
        self._operation = Operation.UPDATE
        self._declared: dict[str, Value] = {}

    def Handshake(  # noqa: N802 - the protocol's name
        self, request: pb.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.AnalyzerHandshakeResponse:
        """Called first, by the engine that started this process."""
        with self._refusing(context):
            self._caller.admit_configuration(context.peer(), "Handshake")
        # An engine that shakes hands goes on to configure the stack that it previews or updates, before there is a
        # program that could keep it from doing so. Only over stored state does it leave that out.
        self._operate(Operation.STORED_STATE)
        return pb.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The pack's version."""
        with self._refusing(context):
            self._caller.admit(context.peer(), "GetPluginInfo")
        return plugin_pb2.PluginInfo(version=self._manifest.version)

    def GetAnalyzerInfo(self, request: Empty, context: grpc.ServicerContext) -> pb.AnalyzerInfo:  # noqa: N802
        """The pack and its rules, as `pulumi policy` and Pulumi Cloud show them."""
        with self._refusing(context):
            self._caller.admit(context.peer(), "GetAnalyzerInfo")
        schema = pack_policy.config_schema(published.rule_schema())
        return pb.AnalyzerInfo(
            name=self._manifest.name,
            displayName="SOC 2 guardrails",
            version=self._manifest.version,
            description=self._manifest.description,
            supportsConfig=True,
            policies=[
                pack_policy.info(
                    [file.stem for file in self._profile_folder.glob("*.yaml")], self._manifest.repository
                ),
                *(_policy_info(rule, schema, self._manifest.repository) for rule in self._pack.rules),
            ],
            repository=self._manifest.repository,
        )

    def ConfigureStack(  # noqa: N802
        self, request: pb.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> pb.AnalyzerStackConfigureResponse:
        """Takes from the engine whether this is a preview.

        The stack's own configuration and tags are not read: a pull request controls them.
        """
        with self._refusing(context):
            self._caller.admit_configuration(context.peer(), "ConfigureStack")
        self._operate(Operation.PREVIEW if request.dry_run else Operation.UPDATE)
        if self._recorder:
            self._recorder.stack = f"{request.organization}/{request.project}/{request.stack}"
        return pb.AnalyzerStackConfigureResponse()

    def Configure(self, request: pb.ConfigureAnalyzerRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Takes everything that is configured from the engine: levels, and the properties of each policy."""
        with self._refusing(context):
            self._caller.admit_configuration(context.peer(), "Configure")
        stated = {
            name: Stated(
                _LEVELS[config.enforcementLevel],
                MessageToDict(config.properties),
                chosen=config.enforcementLevel != pb.MANDATORY,
            )
            for name, config in request.policyConfig.items()
        }
        configured = as_published(stated, self._rules) or self._read(stated, context)
        self._enforcement = Enforcement(configured, self._rules, self._today, InTime)
        self._pack = Pack(self._pack.rules, configured.levels, limit=InTime)
        if self._recorder:
            self._recorder.configuration = request.SerializeToString(deterministic=True)
            self._recorder.settings = configured
        return Empty()

    def Remediate(self, request: pb.AnalyzeRequest, context: grpc.ServicerContext) -> pb.RemediateResponse:  # noqa: N802
        """Tightens what the rules that were asked to can tighten; called before Analyze, which judges the result."""
        with self._refusing(context):
            self._admit_judging(context, "Remediate")
            remediating = self._pack.remediating(request.type)
            if not remediating:
                return pb.RemediateResponse()
            return self._turns.take(lambda: self._remediated(remediating, request))

    def Analyze(self, request: pb.AnalyzeRequest, context: grpc.ServicerContext) -> pb.AnalyzeResponse:  # noqa: N802
        """Judges one resource before the engine touches it."""
        with self._refusing(context):
            self._admit_judging(context, "Analyze")
            raw = decode(request.properties, stored=self._stored)
            declared = Value(raw)
            self._declared[request.urn] = declared
            if not self._pack.speaks_of(request.type):
                return pb.AnalyzeResponse()
            resource = Resource(
                request.type, request.urn, request.name, declared, declared, parent=request.options.parent
            )
            return self._turns.take(lambda: self._answer(self._settled(self._pack.judge(resource)), [raw]))

    def AnalyzeStack(self, request: pb.AnalyzeStackRequest, context: grpc.ServicerContext) -> pb.AnalyzeResponse:  # noqa: N802
        """Judges the stack as a whole, for what is missing from it."""
        with self._refusing(context):
            self._admit_judging(context, "AnalyzeStack")
        raws: list[dict[str, Raw]] = []
        resources = []
        for each in request.resources:
            raw = decode(each.properties, stored=self._stored)
            raws.append(raw)
            planned = Value(raw)
            resources.append(
                Resource(
                    each.type,
                    each.urn,
                    each.name,
                    planned,
                    self._declared.get(each.urn, planned),
                    parent=each.parent,
                    dependencies={key: tuple(deps.urns) for key, deps in each.propertyDependencies.items()},
                )
            )
        stack = Stack(resources, self._enforcement.production)
        raws += [declared.raw() for declared in self._declared.values()]
        with self._refusing(context):
            response = self._turns.take(lambda: self._answer(self._settled(self._pack.judge_stack(stack)), raws))
            remarks = [self._remark(each, stack) for each in self._enforcement.remarks(stack)]
            if self._recorder:
                self._recorder.record_remarks(remarks, stack.root.urn if stack.root else "")
                self._recorder.stack_is_judged()
        response.diagnostics.extend(self._switched_off(stack))
        response.diagnostics.extend(remarks)
        return response

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """The engine asks the pack to end."""
        with self._refusing(context):
            self._caller.admit(context.peer(), "Cancel")
            if self._recorder:
                self._recorder.begin(self._pack.levels)
                self._recorder.end()
        self._turns.end()
        return Empty()

    def _admit_judging(self, context: grpc.ServicerContext, method: str) -> None:
        self._caller.admit_judging(context.peer(), method)
        if self._recorder:
            self._recorder.begin(self._pack.levels)

    def _read(self, stated: Mapping[str, Stated], context: grpc.ServicerContext) -> Configuration:
        # Pydantic takes a quarter of the start: it is loaded where somebody wrote something that has to be checked.
        from . import configuration, profiles, strict  # noqa: PLC0415

        try:
            named = profiles.profiles(self._profile_folder, self._rules)
            return configuration.configuration(stated, self._rules, named)
        except (PackError, strict.Unreadable) as error:
            self._unreadable(context, error)

    def _unreadable(self, context: grpc.ServicerContext, why: Exception) -> NoReturn:
        self._caller.spoil("its configuration could not be read")
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"the policy configuration cannot be read:\n{why}")
        raise AssertionError("abort always raises")

    @property
    def _stored(self) -> bool:
        return self._operation is Operation.STORED_STATE

    def _operate(self, operation: Operation) -> None:
        self._operation = operation
        if self._recorder:
            self._recorder.operation = operation

    def _settled(self, verdicts: list[Verdict]) -> list[Verdict]:
        return self._enforcement.settle(verdicts, self._operation)

    def _remark(self, remark: Remark, stack: Stack) -> pb.AnalyzeDiagnostic:
        return pack_policy.diagnostic(remark, self._manifest, stack.root.urn if stack.root else "")

    @contextmanager
    def _refusing(self, context: grpc.ServicerContext) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, str(refused))
        except JournalError as lost:
            self._caller.spoil(f"the decision journal is not what the pack wrote: {lost}")
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"the decision journal cannot be kept: {lost}")
        except BaseException as broken:  # not to be passed on: its text may quote a value, and gRPC answers to no other
            self._caller.spoil(f"it failed ({type(broken).__name__})")
            context.abort(grpc.StatusCode.INTERNAL, f"the policy pack itself failed ({type(broken).__name__})")

    def _remediated(self, remediating: Sequence[ResourceRule], request: pb.AnalyzeRequest) -> pb.RemediateResponse:
        response, remediations = remedy.remediate(
            remediating, request, self._manifest, self._enforcement.holds, InTime, stored=self._stored
        )
        if self._recorder:
            self._recorder.record_remediations(remediations)
        return response

    def _answer(self, verdicts: list[Verdict], judged: Iterable[dict[str, Raw]]) -> pb.AnalyzeResponse:
        response = pb.AnalyzeResponse()
        if any(verdict.findings for verdict in verdicts):
            self._tell(response, verdicts, message.secrets_in(judged))
        if self._recorder:
            self._recorder.record(verdicts, response)
        return response

    def _tell(self, response: pb.AnalyzeResponse, verdicts: list[Verdict], secrets: Sequence[str]) -> None:
        repository = self._manifest.repository
        for verdict in verdicts:
            for finding in verdict.findings:
                if isinstance(finding, NotApplicable):
                    response.not_applicable.add(
                        policy_name=verdict.rule.id, reason=message.not_applicable(finding, secrets)
                    )
                    continue
                level = pb.ADVISORY if self._pack.levels[verdict.rule.id] is Level.ADVISORY else pb.MANDATORY
                if isinstance(finding, Waived):
                    text = message.waived(verdict.rule, finding, secrets, repository=repository)
                    level = pb.ADVISORY
                elif isinstance(finding, Violation):
                    text = message.violation(verdict.rule, finding, secrets, repository=repository)
                    level = pb.ADVISORY if finding.advice else level
                elif isinstance(finding, Redacted):
                    text, level = message.redacted(verdict.rule, finding, secrets), pb.ADVISORY
                else:
                    text, level = message.deferred(verdict.rule, finding, secrets), pb.ADVISORY
                subject = finding.on or verdict.subject
                response.diagnostics.append(self._diagnostic(verdict.rule, text, level, subject.urn if subject else ""))

    def _switched_off(self, stack: Stack) -> Iterator[pb.AnalyzeDiagnostic]:
        root = stack.root
        for rule in self._pack.disabled:
            text = (
                f"{rule.criterion}: {rule.id} is switched off by the policy configuration, so nothing was judged\n"
                "mend: set its level, or that of `all`, to mandatory or advisory"
            )
            yield self._diagnostic(rule, text, pb.ADVISORY, root.urn if root else "")

    def _diagnostic(
        self, rule: Rule, text: str, level: pb.EnforcementLevel.ValueType, urn: str
    ) -> pb.AnalyzeDiagnostic:
        return pb.AnalyzeDiagnostic(
            policyName=rule.id,
            policyPackName=self._manifest.name,
            policyPackVersion=self._manifest.version,
            description=message.description(rule),
            message=text,
            enforcementLevel=level,
            urn=urn,
            severity=_SEVERITIES[rule.severity],
        )


def _policy_info(rule: Rule, schema: pb.PolicyConfigSchema, repository: str) -> pb.PolicyInfo:
    return pb.PolicyInfo(
        name=rule.id,
        displayName=rule.title,
        description=rule.rationale,
        message=rule.title,
        enforcementLevel=pb.MANDATORY,
        policy_type=pb.POLICY_TYPE_RESOURCE if isinstance(rule, ResourceRule) else pb.POLICY_TYPE_STACK,
        severity=_SEVERITIES[rule.severity],
        framework=pb.PolicyComplianceFramework(
            name="SOC 2", version="2017", reference=rule.criterion, specification=rule.title
        ),
        tags=[rule.criterion, *rule.also, *rule.frameworks],
        configSchema=schema,
        remediation_steps=rule.remediation,
        # A path alone is no address, and Pulumi Cloud would show it as a link.
        url=message.page(rule, repository) if repository else "",
    )


def serve(pack_directory: Path) -> None:
    """Serves the pack until the engine or a signal ends it. Prints the port on standard output, and nothing else.

    A pack that is not whole (a rule file that is no rule, a PulumiPolicy.yaml that cannot be read) says why on
    standard error and ends without a port, and the engine fails the run.
    """
    turns = Turns()
    try:
        manifest, found = Manifest.read(pack_directory), rules()
        recorder = Recorder.of(manifest, pack_directory)
        analyzer = Analyzer(manifest, found, turns, pack_directory / "profiles", recorder)
    except (PackError, JournalError) as error:
        sys.stderr.write(f"error: the policy pack cannot start: {error}\n")
        sys.exit(1)
    options = [
        ("grpc.max_send_message_length", _MESSAGE_LIMIT),
        ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ]
    server = grpc.server(turns, options=options)  # type: ignore[arg-type]  # any executor does; the stub wants a pool
    add_AnalyzerServicer_to_server(analyzer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # Decoded resources hold no cycles: scanning them again and again makes a large stack cost more than its size.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()
    turns.run()
    server.stop(grace=1).wait()
    # A call that came after the end waits for a turn that never comes, and must not hold the process.
    os._exit(0)
