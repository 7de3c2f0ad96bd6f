"""A policy pack that judges nothing: what the engine and gRPC cost by themselves."""

# The names and arguments of the methods are the protocol's.
# ruff: noqa: N802

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer, add_AnalyzerServicer_to_server

# As the pack has them, so that only the judging differs.
_WORKERS = 4
_MESSAGE_LIMIT = 400 * 1024 * 1024


class _Silent(AnalyzerServicer):
    def __init__(self) -> None:
        self.ended = threading.Event()

    def Handshake(
        self, request: pb.AnalyzerHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.AnalyzerHandshakeResponse:
        return pb.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def GetAnalyzerInfo(self, request: Empty, context: grpc.ServicerContext) -> pb.AnalyzerInfo:
        # One policy: without any, the engine sends no configuration.
        policy = pb.PolicyInfo(name="nothing", enforcementLevel=pb.MANDATORY)
        return pb.AnalyzerInfo(name="empty", version="0.1.0", supportsConfig=True, policies=[policy])

    def ConfigureStack(
        self, request: pb.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> pb.AnalyzerStackConfigureResponse:
        return pb.AnalyzerStackConfigureResponse()

    def Configure(self, request: pb.ConfigureAnalyzerRequest, context: grpc.ServicerContext) -> Empty:
        return Empty()

    def Remediate(self, request: pb.AnalyzeRequest, context: grpc.ServicerContext) -> pb.RemediateResponse:
        return pb.RemediateResponse()

    def Analyze(self, request: pb.AnalyzeRequest, context: grpc.ServicerContext) -> pb.AnalyzeResponse:
        return pb.AnalyzeResponse()

    def AnalyzeStack(self, request: pb.AnalyzeStackRequest, context: grpc.ServicerContext) -> pb.AnalyzeResponse:
        return pb.AnalyzeResponse()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        self.ended.set()
        return Empty()


def main() -> None:
    silent = _Silent()
    limits = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=limits)
    add_AnalyzerServicer_to_server(silent, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    silent.ended.wait()
    server.stop(grace=1).wait()


main()
