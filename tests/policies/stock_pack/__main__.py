"""A policy pack of the stock Python SDK that serves this project's rules."""

import os
import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from policies.judge.registry import rules
from tests.policies.stock_sdk import ADVICE_VARIABLE, POLICIES_VARIABLE, advice_of, policies_of, replicated

served = rules()
count = int(os.environ.get(POLICIES_VARIABLE, len(served)))
policies = policies_of(replicated(served, count))
if ADVICE_VARIABLE in os.environ:
    policies += advice_of(served)
PolicyPack(name="stock", enforcement_level=EnforcementLevel.MANDATORY, policies=policies)
