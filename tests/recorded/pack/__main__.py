"""A policy pack whose one policy passes everything: it appends every request it is sent to the file named by RECORD_TO."""

import json
import os
import sys
import threading
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

_LIMIT = 400 * 1024 * 1024


class Recorder(analyzer_pb2_grpc.AnalyzerServicer):
    def __init__(self, path: str) -> None:
        self.ended = threading.Event()
        self._path = path
        self._lock = threading.Lock()

    def _write(self, method: str, request: Any) -> None:
        line = {"method": method, "request": json_format.MessageToDict(request, preserving_proto_field_name=True)}
        with self._lock, open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def Handshake(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.1.0")

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        # One policy: without any, the engine sends no configuration.
        policy = analyzer_pb2.PolicyInfo(name="p", enforcementLevel=analyzer_pb2.MANDATORY)
        return analyzer_pb2.AnalyzerInfo(name="recorder", version="0.1.0", supportsConfig=True, policies=[policy])

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._write("ConfigureStack", request)
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        self._write("Configure", request)
        return empty_pb2.Empty()

    def Remediate(self, request: Any, context: Any) -> Any:
        self._write("Remediate", request)
        return analyzer_pb2.RemediateResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        self._write("Analyze", request)
        return analyzer_pb2.AnalyzeResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        self._write("AnalyzeStack", request)
        return analyzer_pb2.AnalyzeResponse()

    def Cancel(self, request: Any, context: Any) -> Any:
        self.ended.set()
        return empty_pb2.Empty()


def main() -> None:
    recorder = Recorder(os.environ["RECORD_TO"])
    limits = [("grpc.max_receive_message_length", _LIMIT), ("grpc.max_send_message_length", _LIMIT)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=limits)
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(recorder, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    recorder.ended.wait()
    server.stop(grace=1).wait()


main()
