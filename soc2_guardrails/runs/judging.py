"""Judges a planned state again, away from the program that planned it.

The pack is asked as the engine asks it at a preview: every resource with its inputs, then the stack with what is
planned. What was masked is told as a secret that is not known yet, so a rule that needs the value defers, and none
takes the mask for the value.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct, Value
from pulumi.runtime.proto import analyzer_pb2 as pb

from soc2_guardrails.engine.events import PolicyReport
from soc2_guardrails.evidence.predicates import Operation, Phase
from soc2_guardrails.packs.session import PackSession

from .journal import VARIABLE
from .planned import SECRET, SIGNATURE, PlannedResource, PlannedState

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
